// SPDX-License-Identifier: GPL-2.0-only
#include "base/nl_conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/netlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

/*
 * The kernel fills dump messages up to 32 KiB; an answer to a single request
 * is smaller. Twice that.
 */
#define RECEIVE_LEN 65536	/* bytes */

struct nl_conn {
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

static int set_options(const struct nl_sock *sock, bool strict)
{
	int r = set_option(sock, NETLINK_EXT_ACK);

	/* Keeps the keys of a refused request out of the answer. */
	if (r == 0)
		r = set_option(sock, NETLINK_CAP_ACK);
	/* Dumps of one table only: some hosts have a million routes. */
	if (r == 0 && strict)
		r = set_option(sock, NETLINK_GET_STRICT_CHK);
	return r;
}

int nl_conn_open(int protocol, bool strict, struct nl_conn **ret)
{
	struct nl_conn *conn auto_clean(nl_conn) = calloc(1, sizeof(*conn));
	int r;

	if (!conn)
		return -ENOMEM;
	conn->buf = malloc(RECEIVE_LEN);
	conn->sock = nl_socket_alloc();
	if (!conn->buf || !conn->sock)
		return -ENOMEM;
	if (nl_connect(conn->sock, protocol) < 0)
		return -EPROTONOSUPPORT;
	/* Answers are read by this file, not by libnl. */
	nl_socket_disable_auto_ack(conn->sock);
	r = set_options(conn->sock, strict);
	if (r < 0)
		return r;
	*ret = steal(conn);
	return 0;
}

void nl_conn_free(struct nl_conn *conn)
{
	if (!conn)
		return;
	nl_socket_free(conn->sock);
	free(conn->buf);
	free(conn);
}

struct nl_sock *nl_conn_sock(const struct nl_conn *conn)
{
	return conn->sock;
}

uint32_t nl_conn_port(const struct nl_conn *conn)
{
	return nl_socket_get_local_port(conn->sock);
}

static void take_reason(const struct nlattr *attr, struct nl_refusal *ret)
{
	size_t len = nla_len(attr);

	switch (nla_type(attr)) {
	case NLMSGERR_ATTR_MSG:
		if (len >= sizeof(ret->text))
			len = sizeof(ret->text) - 1;
		memcpy(ret->text, nla_data(attr), len);
		ret->text[len] = 0;
		break;
	case NLMSGERR_ATTR_OFFS:
		ret->has_attr = len >= sizeof(uint32_t);
		if (ret->has_attr)
			ret->attr_offset = nla_get_u32(attr);
		break;
	case NLMSGERR_ATTR_MISS_TYPE:
		ret->has_missing = len >= sizeof(uint32_t);
		if (ret->has_missing)
			ret->missing_type = nla_get_u32(attr);
		break;
	case NLMSGERR_ATTR_MISS_NEST:
		if (len >= sizeof(uint32_t))
			ret->missing_nest = nla_get_u32(attr);
		break;
	}
}

void nl_refusal_parse(const struct nlmsghdr *msg, struct nl_refusal *ret)
{
	const unsigned char *data = nlmsg_data(msg);
	size_t len = nlmsg_datalen(msg), skip = sizeof(int);
	const struct nlattr *attr;
	int left;

	memset(ret, 0, sizeof(*ret));
	if (!(msg->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (msg->nlmsg_type == NLMSG_ERROR) {
		struct nlmsgerr err;

		if (len < sizeof(err))
			return;
		memcpy(&err, data, sizeof(err));
		skip = sizeof(err);
		if (!(msg->nlmsg_flags & NLM_F_CAPPED) &&
		    err.msg.nlmsg_len > sizeof(err.msg))
			skip += NLMSG_ALIGN(err.msg.nlmsg_len -
					    sizeof(err.msg));
	}
	if (skip > len)
		return;
	attr = (const struct nlattr *)(data + skip);
	for (left = len - skip; nla_ok(attr, left);
	     attr = nla_next(attr, &left))
		take_reason(attr, ret);
}

/**
 * struct wait - a request whose answers are awaited
 * @seq: its sequence number
 * @dump: does NLMSG_DONE end it, or an acknowledgement?
 * @fn: gets the answers
 * @ctx: for @fn
 * @refusal: to be filled
 * @inconsistent: the objects changed during the dump
 * @result: error of @fn
 */
struct wait {
	uint32_t seq;
	bool dump;
	nl_answer_fn fn;
	void *ctx;
	struct nl_refusal *refusal;
	bool inconsistent;
	int result;
};

/* The end of a request: its error code stands first in either message. */
static int take_end(struct wait *w, const struct nlmsghdr *msg)
{
	int err = 0;

	if (nlmsg_datalen(msg) >= (int)sizeof(err))
		memcpy(&err, nlmsg_data(msg), sizeof(err));
	if (err < 0) {
		nl_refusal_parse(msg, w->refusal);
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
	switch (msg->nlmsg_type) {
	case NLMSG_NOOP:
		return false;
	case NLMSG_DONE:
		if (!w->dump)
			return false;
		*ret = take_end(w, msg);
		return true;
	case NLMSG_ERROR:
		*ret = take_end(w, msg);
		return true;
	}
	if (w->fn && w->result == 0)
		w->result = w->fn(w->ctx, msg);
	return false;
}

static int receive(struct nl_conn *conn, struct wait *w)
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

static int request(struct nl_conn *conn, struct nl_msg *msg,
		   unsigned int flags, struct wait *w)
{
	struct nlmsghdr *header = nlmsg_hdr(msg);
	ssize_t n;

	memset(w->refusal, 0, sizeof(*w->refusal));
	header->nlmsg_flags |= NLM_F_REQUEST | flags;
	/* A message is sent again after a retry: it needs its own number. */
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

int nl_conn_do(struct nl_conn *conn, struct nl_msg *msg, nl_answer_fn fn,
	       void *ctx, struct nl_refusal *refusal)
{
	struct wait w = { .fn = fn, .ctx = ctx, .refusal = refusal };

	return request(conn, msg, NLM_F_ACK, &w);
}

int nl_conn_dump(struct nl_conn *conn, struct nl_msg *msg, nl_answer_fn fn,
		 void *ctx, struct nl_refusal *refusal)
{
	struct wait w = {
		.dump = true, .fn = fn, .ctx = ctx, .refusal = refusal,
	};

	return request(conn, msg, NLM_F_DUMP, &w);
}
