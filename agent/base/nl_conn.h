/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests to the kernel by netlink, of whatever kind, and their answers. One
 * at a time, and waiting: the kernel answers before the call is over.
 */
#ifndef BASE_NL_CONN_H
#define BASE_NL_CONN_H

#include "base/cleanup.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct nl_conn;
struct nl_msg;
struct nl_sock;
struct nlmsghdr;

/**
 * struct nl_refusal - why the kernel refused a request
 * @text: its own words; empty if it gave none
 * @has_attr: @attr_offset counts
 * @attr_offset: of the bad attribute in the request, bytes
 * @has_missing: @missing_type counts
 * @missing_type: attribute that should have been there
 * @missing_nest: offset of the nest that lacks it, bytes; 0 = the message
 */
struct nl_refusal {
	char text[256];
	bool has_attr;
	uint32_t attr_offset;
	bool has_missing;
	uint32_t missing_type;
	uint32_t missing_nest;
};

/**
 * typedef nl_answer_fn - takes one answer
 * @ctx:	of the request
 * @msg:	the message, borrowed during the call
 *
 * Return: 0, or the error that the request shall end with.
 */
typedef int (*nl_answer_fn)(void *ctx, const struct nlmsghdr *msg);

/**
 * nl_conn_open() - connect
 * @protocol:	NETLINK_ROUTE, NETLINK_GENERIC
 * @strict:	what a dump's request excludes is left out by the kernel, and
 *		what it does not understand is an error
 * @ret:	the connection, owned by the caller
 *
 * Return: 0 or -errno.
 */
int nl_conn_open(int protocol, bool strict, struct nl_conn **ret);

/**
 * nl_conn_free() - close
 * @conn: the connection or NULL
 */
void nl_conn_free(struct nl_conn *conn);

DEFINE_CLEANUP(nl_conn, struct nl_conn *, nl_conn_free)

/**
 * nl_conn_sock() - libnl's side of a connection
 * @conn: before the first request
 *
 * Return: borrowed.
 */
struct nl_sock *nl_conn_sock(const struct nl_conn *conn);

/**
 * nl_conn_port() - our netlink port
 * @conn: the connection
 *
 * Return: the port.
 */
uint32_t nl_conn_port(const struct nl_conn *conn);

/**
 * nl_conn_do() - send a request and wait until it is done
 * @conn:	the connection
 * @msg:	the request, borrowed
 * @fn:		gets the answers; may be NULL
 * @ctx:	for @fn
 * @refusal:	filled on error, all zero if the kernel gave no reason
 *
 * Return: 0, -errno, or what @fn returned.
 */
int nl_conn_do(struct nl_conn *conn, struct nl_msg *msg, nl_answer_fn fn,
	       void *ctx, struct nl_refusal *refusal);

/**
 * nl_conn_dump() - send a request for all objects
 * @conn:	the connection
 * @msg:	the request, borrowed
 * @fn:		gets each message
 * @ctx:	for @fn
 * @refusal:	as in nl_conn_do()
 *
 * Return: 0, -errno, what @fn returned, or -EINTR if the objects changed
 * meanwhile and what @fn saw is no consistent picture.
 */
int nl_conn_dump(struct nl_conn *conn, struct nl_msg *msg, nl_answer_fn fn,
		 void *ctx, struct nl_refusal *refusal);

/**
 * nl_refusal_parse() - read the reason behind an error code
 * @msg:	message of type NLMSG_ERROR or NLMSG_DONE
 * @ret:	the reason; all zero if there is none
 *
 * Source: linux/netlink.h, NLMSGERR_ATTR_*; the attributes stand behind the
 * code, and behind as much of the request as the kernel sends back.
 */
void nl_refusal_parse(const struct nlmsghdr *msg, struct nl_refusal *ret);

#endif /* BASE_NL_CONN_H */
