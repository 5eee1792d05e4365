/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DATAPLANE_GENL_CONN_H
#define DATAPLANE_GENL_CONN_H

#include "base/cleanup.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct genl_conn;
struct nl_msg;
struct nlmsghdr;

/**
 * struct genl_refusal - why the kernel refused a request
 * @text: its own words; empty if it gave none
 * @has_attr: @attr_offset counts
 * @attr_offset: of the bad attribute in the request, bytes
 * @has_missing: @missing_type counts
 * @missing_type: attribute that should have been there
 * @missing_nest: offset of the nest that lacks it, bytes; 0 = the message
 */
struct genl_refusal {
	char text[256];
	bool has_attr;
	uint32_t attr_offset;
	bool has_missing;
	uint32_t missing_type;
	uint32_t missing_nest;
};

/**
 * typedef genl_answer_fn - takes one answer
 * @ctx:	of the request
 * @msg:	the message, borrowed during the call
 *
 * Return: 0, or the error that the request shall end with.
 */
typedef int (*genl_answer_fn)(void *ctx, const struct nlmsghdr *msg);

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
int genl_conn_do(struct genl_conn *conn, struct nl_msg *msg, genl_answer_fn fn,
		 void *ctx, struct genl_refusal *refusal);

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
		   genl_answer_fn fn, void *ctx, struct genl_refusal *refusal);

/**
 * genl_refusal_parse() - read the reason behind an error code
 * @msg:	message of type NLMSG_ERROR or NLMSG_DONE
 * @ret:	the reason; all zero if there is none
 *
 * Source: linux/netlink.h, NLMSGERR_ATTR_*; the attributes stand behind the
 * code, and behind as much of the request as the kernel sends back.
 */
void genl_refusal_parse(const struct nlmsghdr *msg, struct genl_refusal *ret);

#endif /* DATAPLANE_GENL_CONN_H */
