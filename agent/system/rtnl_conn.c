// SPDX-License-Identifier: GPL-2.0-only
#include "system/rtnl_conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/netlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

/* The kernel fills dump messages up to 32 KiB. Twice that. */
#define RECEIVE_LEN 65536	/* bytes */

struct rtnl_conn {
	struct nl_sock *sock;
	unsigned char *buf;
};

static int set_option(const struct nl_sock *sock, int option)
{
	int on = 1;

	if (setsockopt(nl_socket_get_fd(sock), SOL_NETLINK, option, &on,
		       sizeof(on)) < 0)
		return -errno;
	return 0;
}

int rtnl_conn_open(struct rtnl_conn **ret)
{
	struct rtnl_conn *conn auto_clean(rtnl_conn) = calloc(1, sizeof(*conn));
	int r;

	if (!conn)
		return -ENOMEM;
	conn->buf = malloc(RECEIVE_LEN);
	conn->sock = nl_socket_alloc();
	if (!conn->buf || !conn->sock)
		return -ENOMEM;
	if (nl_connect(conn->sock, NETLINK_ROUTE) < 0)
		return -EPROTONOSUPPORT;
	/* Answers are read by this file, not by libnl. */
	nl_socket_disable_auto_ack(conn->sock);
	r = set_option(conn->sock, NETLINK_EXT_ACK);
	if (r == 0)
		r = set_option(conn->sock, NETLINK_CAP_ACK);
	/* Dumps of one table only: some hosts have a million routes. */
	if (r == 0)
		r = set_option(conn->sock, NETLINK_GET_STRICT_CHK);
	if (r < 0)
		return r;
	*ret = steal(conn);
	return 0;
}

void rtnl_conn_free(struct rtnl_conn *conn)
{
	if (!conn)
		return;
	nl_socket_free(conn->sock);
	free(conn->buf);
	free(conn);
}

uint32_t rtnl_conn_port(const struct rtnl_conn *conn)
{
	return nl_socket_get_local_port(conn->sock);
}

/**
 * struct wait - a request whose answers are awaited
 * @seq: its sequence number
 * @fn: gets the answers; NULL: there are none but the end
 * @ctx: for @fn
 * @detail: to be set, or NULL
 * @inconsistent: the objects changed during the dump
 * @result: error of @fn
 */
struct wait {
	uint32_t seq;
	rtnl_answer_fn fn;
	void *ctx;
	struct err_detail *detail;
	bool inconsistent;
	int result;
};

/* The kernel's words stand behind the error code and our request's header. */
static void explain(const struct nlmsghdr *msg, int err,
		    struct err_detail *detail)
{
	size_t len = nlmsg_datalen(msg), skip = sizeof(int);
	const struct nlattr *attr;

	err_explain(detail, err, "%s", err_text(err));
	if (!(msg->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (msg->nlmsg_type == NLMSG_ERROR)
		skip = sizeof(struct nlmsgerr);
	if (skip > len)
		return;
	attr = nla_find((const struct nlattr *)((const unsigned char *)
						nlmsg_data(msg) + skip),
			len - skip, NLMSGERR_ATTR_MSG);
	if (attr)
		err_explain(detail, err, "%.*s (%s)",
			    (int)strnlen(nla_data(attr), nla_len(attr)),
			    (const char *)nla_data(attr), err_text(err));
}

/* The end of a request: its error code stands first in either message. */
static int take_end(struct wait *w, const struct nlmsghdr *msg)
{
	int err = 0;

	if (nlmsg_datalen(msg) >= (int)sizeof(err))
		memcpy(&err, nlmsg_data(msg), sizeof(err));
	if (err < 0) {
		explain(msg, err, w->detail);
		return err;
	}
	if (w->result < 0)
		return w->result;
	return w->inconsistent ? -EINTR : 0;
}

/* Return: true if the request is over, with its result in *ret. */
static bool take_message(struct wait *w, const struct nlmsghdr *msg, int *ret)
{
	if (msg->nlmsg_seq != w->seq)
		return false;
	if (msg->nlmsg_flags & NLM_F_DUMP_INTR)
		w->inconsistent = true;
	if (msg->nlmsg_type == NLMSG_NOOP)
		return false;
	if (msg->nlmsg_type == NLMSG_DONE || msg->nlmsg_type == NLMSG_ERROR) {
		*ret = take_end(w, msg);
		return true;
	}
	if (w->fn && w->result == 0)
		w->result = w->fn(w->ctx, msg);
	return false;
}

static int receive(struct rtnl_conn *conn, struct wait *w)
{
	for (;;) {
		struct sockaddr_nl from = { 0 };
		socklen_t from_len = sizeof(from);
		const struct nlmsghdr *msg;
		ssize_t n;
		int left, r;

		n = recvfrom(nl_socket_get_fd(conn->sock), conn->buf,
			     RECEIVE_LEN, MSG_TRUNC, (struct sockaddr *)&from,
			     &from_len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n > RECEIVE_LEN)
			return -EMSGSIZE;
		/* Other processes may send to this socket too. */
		if (from.nl_pid != 0)
			continue;
		msg = (const struct nlmsghdr *)conn->buf;
		for (left = n; nlmsg_ok(msg, left);
		     msg = nlmsg_next((struct nlmsghdr *)msg, &left)) {
			if (take_message(w, msg, &r))
				return r;
		}
	}
}

static int request(struct rtnl_conn *conn, struct nl_msg *msg,
		   unsigned int flags, struct wait *w)
{
	struct nlmsghdr *header = nlmsg_hdr(msg);
	ssize_t n;

	header->nlmsg_flags |= NLM_F_REQUEST | flags;
	header->nlmsg_seq = NL_AUTO_SEQ;
	nl_complete_msg(conn->sock, msg);
	w->seq = header->nlmsg_seq;
	do
		n = send(nl_socket_get_fd(conn->sock), header,
			 header->nlmsg_len, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return receive(conn, w);
}

int rtnl_conn_do(struct rtnl_conn *conn, struct nl_msg *msg,
		 struct err_detail *detail)
{
	struct wait w = { .detail = detail };
	int r = request(conn, msg, NLM_F_ACK, &w);

	if (r < 0 && detail && !*detail->text)
		err_explain(detail, r, "%s", err_text(r));
	return r;
}

int rtnl_conn_dump(struct rtnl_conn *conn, struct nl_msg *msg,
		   rtnl_answer_fn fn, void *ctx)
{
	struct wait w = { .fn = fn, .ctx = ctx };

	return request(conn, msg, NLM_F_DUMP, &w);
}
