// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink by hand: a library would refuse to build most of what is sent here.
 */
#include "nl.h"

#include "net.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/**
 * nl_head() - the header of a message
 * @b:		message
 *
 * Return: header.
 */
struct nlmsghdr *nl_head(struct nlbuf *b)
{
	return (struct nlmsghdr *)b->data;
}

/**
 * nl_begin() - start a message
 * @b:		message
 * @type:	family
 * @flags:	besides NLM_F_REQUEST and NLM_F_ACK
 * @cmd:	command
 */
void nl_begin(struct nlbuf *b, uint16_t type, uint16_t flags, uint8_t cmd)
{
	struct genlmsghdr *g = (void *)(b->data + NLMSG_HDRLEN);

	memset(b->data, 0, NLMSG_HDRLEN + GENL_HDRLEN);
	nl_head(b)->nlmsg_type = type;
	nl_head(b)->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	g->cmd = cmd;
	g->version = 1;
	b->len = NLMSG_HDRLEN + GENL_HDRLEN;
	nl_head(b)->nlmsg_len = (uint32_t)b->len;
}

/**
 * nl_put() - append an attribute
 * @b:		message
 * @type:	type, with flags
 * @data:	payload
 * @len:	bytes of it
 */
void nl_put(struct nlbuf *b, uint16_t type, const void *data, size_t len)
{
	struct nlattr *a = (void *)(b->data + b->len);
	size_t total = NLA_ALIGN(NLA_HDRLEN + len);

	if (b->len + total > NL_MAX)
		die("netlink message too long");
	memset(a, 0, total);
	a->nla_type = type;
	a->nla_len = (uint16_t)(NLA_HDRLEN + len);
	if (len)
		memcpy((uint8_t *)a + NLA_HDRLEN, data, len);
	b->len += total;
	nl_head(b)->nlmsg_len = (uint32_t)b->len;
}

/**
 * nl_put_u8() - append a number
 * @b:		message
 * @type:	type
 * @v:		value
 */
void nl_put_u8(struct nlbuf *b, uint16_t type, uint8_t v)
{
	nl_put(b, type, &v, sizeof(v));
}

/**
 * nl_put_u16() - append a number
 * @b:		message
 * @type:	type
 * @v:		value
 */
void nl_put_u16(struct nlbuf *b, uint16_t type, uint16_t v)
{
	nl_put(b, type, &v, sizeof(v));
}

/**
 * nl_put_u32() - append a number
 * @b:		message
 * @type:	type
 * @v:		value
 */
void nl_put_u32(struct nlbuf *b, uint16_t type, uint32_t v)
{
	nl_put(b, type, &v, sizeof(v));
}

/**
 * nl_put_u64() - append a number
 * @b:		message
 * @type:	type
 * @v:		value
 */
void nl_put_u64(struct nlbuf *b, uint16_t type, uint64_t v)
{
	nl_put(b, type, &v, sizeof(v));
}

/**
 * nl_nest() - begin a nest
 * @b:		message
 * @type:	type, without flags
 *
 * Return: what nl_end() wants.
 */
size_t nl_nest(struct nlbuf *b, uint16_t type)
{
	size_t at = b->len;

	nl_put(b, type | NLA_F_NESTED, NULL, 0);
	return at;
}

/**
 * nl_end() - end a nest
 * @b:		message
 * @nest:	from nl_nest()
 */
void nl_end(struct nlbuf *b, size_t nest)
{
	struct nlattr *a = (void *)(b->data + nest);

	if (b->len - nest > UINT16_MAX)
		die("nest too long");
	a->nla_len = (uint16_t)(b->len - nest);
}

static void find_family(const struct nlmsghdr *msg, void *ctx)
{
	const uint8_t *p = (const uint8_t *)msg + NLMSG_HDRLEN + GENL_HDRLEN;
	const uint8_t *end = (const uint8_t *)msg + msg->nlmsg_len;
	uint16_t *id = ctx;

	while (end - p >= NLA_HDRLEN) {
		const struct nlattr *a = (const void *)p;

		if (a->nla_type == CTRL_ATTR_FAMILY_ID)
			memcpy(id, p + NLA_HDRLEN, sizeof(*id));
		p += NLA_ALIGN(a->nla_len);
	}
}

/**
 * nl_open() - open a socket and look the family up
 * @nl:		result
 * @family:	name
 *
 * Return: 0, or -1 when there is no such family.
 */
int nl_open(struct nl *nl, const char *family)
{
	static struct nlbuf b;
	struct sockaddr_nl sa = { .nl_family = AF_NETLINK };
	socklen_t len = sizeof(sa);
	int one = 1, size = 4 << 20;
	struct answer ans;

	memset(nl, 0, sizeof(*nl));
	nl->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (nl->fd < 0 || bind(nl->fd, (struct sockaddr *)&sa, sizeof(sa)) ||
	    getsockname(nl->fd, (struct sockaddr *)&sa, &len))
		die("netlink socket: %s", strerror(errno));
	nl->port = sa.nl_pid;
	setsockopt(nl->fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(nl->fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	setsockopt(nl->fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one,
		   sizeof(one));
	setsockopt(nl->fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	setsockopt(nl->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));

	nl_begin(&b, GENL_ID_CTRL, 0, CTRL_CMD_GETFAMILY);
	nl_put(&b, CTRL_ATTR_FAMILY_NAME, family, strlen(family) + 1);
	nl_call(nl, &b, find_family, &nl->family, &ans);
	if (ans.err || !nl->family) {
		close(nl->fd);
		return -1;
	}
	return 0;
}

/**
 * nl_close() - close the socket
 * @nl:		socket
 */
void nl_close(struct nl *nl)
{
	close(nl->fd);
}

/**
 * nl_send() - send a message with a new sequence number
 * @nl:		socket
 * @b:		message; all of @len goes out, whatever its header says
 *
 * Return: 0 or -errno.
 */
int nl_send(struct nl *nl, struct nlbuf *b)
{
	nl_head(b)->nlmsg_seq = ++nl->seq;
	nl_head(b)->nlmsg_pid = nl->port;
	if (send(nl->fd, b->data, b->len, 0) < 0)
		return -errno;
	return 0;
}

/* The text of an ack or of the end of a dump, if it has one. */
static void read_text(const struct nlmsghdr *h, size_t skip,
		      struct answer *ret)
{
	const uint8_t *p = (const uint8_t *)h + NLMSG_HDRLEN + skip;
	const uint8_t *end = (const uint8_t *)h + h->nlmsg_len;

	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	while (end - p >= NLA_HDRLEN) {
		const struct nlattr *a = (const void *)p;

		if (a->nla_len < NLA_HDRLEN || a->nla_len > end - p)
			die("answer with a broken attribute");
		if (a->nla_type == NLMSGERR_ATTR_MSG) {
			ret->has_text = a->nla_len > NLA_HDRLEN + 1;
			snprintf(ret->text, sizeof(ret->text), "%.*s",
				 a->nla_len - NLA_HDRLEN,
				 (const char *)p + NLA_HDRLEN);
		}
		p += NLA_ALIGN(a->nla_len);
	}
}

/* Return: whether that was the last message of the answer. */
static bool take(const struct nlmsghdr *h, bool dump, nl_each each, void *ctx,
		 struct answer *ret)
{
	const struct nlmsgerr *e = NLMSG_DATA(h);
	size_t skip;

	if (h->nlmsg_type == NLMSG_ERROR) {
		ret->err = e->error;
		skip = sizeof(*e);
		/* Without NLM_F_CAPPED the whole request is in it. */
		if (!(h->nlmsg_flags & NLM_F_CAPPED))
			skip += NLMSG_ALIGN(e->msg.nlmsg_len) - NLMSG_HDRLEN;
		read_text(h, skip, ret);
		/* A dump that began has its end as a message of its own. */
		return !dump || ret->err;
	}
	if (h->nlmsg_type == NLMSG_DONE) {
		memcpy(&ret->err, NLMSG_DATA(h), sizeof(ret->err));
		if (ret->err > 0)
			ret->err = 0;
		read_text(h, sizeof(int), ret);
		return true;
	}
	if (h->nlmsg_type != NLMSG_NOOP && each)
		each(h, ctx);
	return false;
}

/**
 * nl_answer() - receive the answer to the last request
 * @nl:		socket
 * @dump:	it was a dump
 * @each:	called for each message, or NULL
 * @ctx:	for @each
 * @ms:		how long to wait for the next message
 * @ret:	how it ended
 */
void nl_answer(struct nl *nl, bool dump, nl_each each, void *ctx,
	       unsigned int ms, struct answer *ret)
{
	static uint8_t buf[1 << 18] __attribute__((aligned(8)));
	struct pollfd pfd = { .fd = nl->fd, .events = POLLIN };
	const struct nlmsghdr *h;
	unsigned int left;
	ssize_t n;

	memset(ret, 0, sizeof(*ret));
	for (;;) {
		if (poll(&pfd, 1, (int)ms) <= 0)
			return;
		n = recv(nl->fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (n < 0) {
			if (errno != ENOBUFS && errno != ENOMEM &&
			    errno != EFAULT)
				die("netlink recv: %s", strerror(errno));
			ret->got = true;
			ret->lost = true;
			ret->err = -errno;
			return;
		}
		left = (unsigned int)n;
		for (h = (void *)buf; NLMSG_OK(h, left);
		     h = NLMSG_NEXT(h, left)) {
			if (h->nlmsg_seq != nl->seq)
				continue;
			if (take(h, dump, each, ctx, ret)) {
				ret->got = true;
				return;
			}
		}
	}
}

/**
 * nl_call() - send a request and wait for how it ends
 * @nl:		socket
 * @b:		request
 * @each:	called for each message of the answer, or NULL
 * @ctx:	for @each
 * @ret:	how it ended; dies when it does not within 30 s
 */
void nl_call(struct nl *nl, struct nlbuf *b, nl_each each, void *ctx,
	     struct answer *ret)
{
	bool dump = (nl_head(b)->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	int err = nl_send(nl, b);

	if (err) {
		memset(ret, 0, sizeof(*ret));
		ret->got = true;
		ret->lost = true;
		ret->err = err;
		return;
	}
	nl_answer(nl, dump, each, ctx, 30000, ret);
	if (!ret->got)
		die("no answer to a netlink request within 30 s");
}
