// SPDX-License-Identifier: GPL-2.0-only
#include "dataplane/genl_conn.h"

#include <errno.h>
#include <stdlib.h>

#include <linux/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>

struct genl_conn {
	struct nl_conn *nl;
	int family;
};

static int resolve(struct genl_conn *conn, const char *family)
{
	int r = genl_ctrl_resolve(nl_conn_sock(conn->nl), family);

	if (r == -NLE_OBJ_NOTFOUND)
		return TNE_NO_MODULE;
	if (r < 0)
		return -EIO;
	conn->family = r;
	return 0;
}

/* @family: name of a generic netlink family, if @protocol is that */
static int open_conn(int protocol, const char *family, struct genl_conn **ret)
{
	struct genl_conn *conn auto_clean(genl_conn) =
		calloc(1, sizeof(*conn));
	int r;

	if (!conn)
		return -ENOMEM;
	r = nl_conn_open(protocol, false, &conn->nl);
	if (r == 0 && family)
		r = resolve(conn, family);
	if (r < 0)
		return r;
	*ret = steal(conn);
	return 0;
}

int genl_conn_open(const char *family, struct genl_conn **ret)
{
	return open_conn(NETLINK_GENERIC, family, ret);
}

int genl_conn_open_route(struct genl_conn **ret)
{
	return open_conn(NETLINK_ROUTE, NULL, ret);
}

void genl_conn_free(struct genl_conn *conn)
{
	if (!conn)
		return;
	nl_conn_free(conn->nl);
	free(conn);
}

int genl_conn_family(const struct genl_conn *conn)
{
	return conn->family;
}

int genl_conn_do(struct genl_conn *conn, struct nl_msg *msg, nl_answer_fn fn,
		 void *ctx, struct nl_refusal *refusal)
{
	return nl_conn_do(conn->nl, msg, fn, ctx, refusal);
}

int genl_conn_dump(struct genl_conn *conn, struct nl_msg *msg,
		   nl_answer_fn fn, void *ctx, struct nl_refusal *refusal)
{
	return nl_conn_dump(conn->nl, msg, fn, ctx, refusal);
}
