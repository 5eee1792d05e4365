/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests to rtnetlink and their answers. Changes nothing by itself.
 */
#ifndef SYSTEM_RTNL_CONN_H
#define SYSTEM_RTNL_CONN_H

#include "base/cleanup.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct nl_msg;
struct nlmsghdr;
struct rtnl_conn;

/**
 * typedef rtnl_answer_fn - takes one answer
 * @ctx:	of the request
 * @msg:	the message, borrowed during the call
 *
 * Return: 0, or the error that the request shall end with.
 */
typedef int (*rtnl_answer_fn)(void *ctx, const struct nlmsghdr *msg);

/**
 * rtnl_conn_open() - connect
 * @ret: the connection, owned by the caller
 *
 * Return: 0 or -errno.
 */
int rtnl_conn_open(struct rtnl_conn **ret);

/**
 * rtnl_conn_free() - close
 * @conn: the connection or NULL
 */
void rtnl_conn_free(struct rtnl_conn *conn);

DEFINE_CLEANUP(rtnl_conn, struct rtnl_conn *, rtnl_conn_free)

/**
 * rtnl_conn_port() - our netlink port
 * @conn: the connection
 *
 * Return: the port.
 */
uint32_t rtnl_conn_port(const struct rtnl_conn *conn);

/**
 * rtnl_conn_do() - send a request and wait until it is done
 * @conn:	the connection
 * @msg:	the request, borrowed
 * @detail:	set on error, to the kernel's own words where it has some
 *
 * Return: 0 or -errno.
 */
int rtnl_conn_do(struct rtnl_conn *conn, struct nl_msg *msg,
		 struct err_detail *detail);

/**
 * rtnl_conn_dump() - send a request for all objects
 * @conn:	the connection
 * @msg:	the request, borrowed
 * @fn:		gets each object
 * @ctx:	for @fn
 *
 * The kernel leaves out what the request's header and attributes exclude.
 *
 * Return: 0, -errno, what @fn returned, or -EINTR if the objects changed
 * meanwhile and what @fn saw is no consistent picture.
 */
int rtnl_conn_dump(struct rtnl_conn *conn, struct nl_msg *msg,
		   rtnl_answer_fn fn, void *ctx);

#endif /* SYSTEM_RTNL_CONN_H */
