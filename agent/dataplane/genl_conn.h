/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DATAPLANE_GENL_CONN_H
#define DATAPLANE_GENL_CONN_H

#include "base/cleanup.h"
#include "base/nl_conn.h"

struct genl_conn;
struct nl_msg;

/**
 * genl_conn_open() - connect to a generic netlink family
 * @family:	its name
 * @ret:	the connection, owned by the caller
 *
 * Asking for a family lets the kernel load its module.
 *
 * Return: 0, TNE_NO_MODULE or -errno.
 */
int genl_conn_open(const char *family, struct genl_conn **ret);

/**
 * genl_conn_open_route() - connect to rtnetlink instead
 * @ret:	the connection, owned by the caller
 *
 * For the same requests and answers; genl_conn_family() is 0.
 *
 * Return: 0 or -errno.
 */
int genl_conn_open_route(struct genl_conn **ret);

/**
 * genl_conn_free() - close a connection
 * @conn: the connection or NULL; its open transaction is aborted by the kernel
 */
void genl_conn_free(struct genl_conn *conn);

DEFINE_CLEANUP(genl_conn, struct genl_conn *, genl_conn_free)

/**
 * genl_conn_family() - number of the family, for building messages
 * @conn: the connection
 *
 * Return: the number.
 */
int genl_conn_family(const struct genl_conn *conn);

/**
 * genl_conn_do() - send a request and wait until it is done
 * @conn:	the connection
 * @msg:	the request, borrowed
 * @fn:		gets the answers; may be NULL
 * @ctx:	for @fn
 * @refusal:	filled on error, all zero if the kernel gave no reason
 *
 * Return: 0, -errno, or what @fn returned.
 */
int genl_conn_do(struct genl_conn *conn, struct nl_msg *msg, nl_answer_fn fn,
		 void *ctx, struct nl_refusal *refusal);

/**
 * genl_conn_dump() - send a request for all objects
 * @conn:	the connection
 * @msg:	the request, borrowed
 * @fn:		gets each message
 * @ctx:	for @fn
 * @refusal:	as in genl_conn_do()
 *
 * Return: 0, -errno, what @fn returned, or -EINTR if the objects changed
 * meanwhile and what @fn saw is no consistent picture.
 */
int genl_conn_dump(struct genl_conn *conn, struct nl_msg *msg,
		   nl_answer_fn fn, void *ctx, struct nl_refusal *refusal);

#endif /* DATAPLANE_GENL_CONN_H */
