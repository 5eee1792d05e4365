// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets what an agent sets and the command line tool does not, and shows it.
 *
 * usage: peerctl DEV set PUBLIC-KEY [expires SECONDS] [node ID] [no-endpoint]
 *	  peerctl DEV get PUBLIC-KEY
 *	  peerctl DEV watch
 *
 * SECONDS are of the wall clock, "never" is 0. Prints "error NAME" with the
 * module's own words behind it, and ends with 1, if the module refuses. "get"
 * prints NAME=VALUE words. "watch" prints "event NAME PUBLIC-KEY" for each
 * notification of group peer, after "ready".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../uapi/tailnet.h"

static const char base64[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static const char *const events[] = {
	[TAILNET_EVENT_SESSION_UP] = "session-up",
	[TAILNET_EVENT_SESSION_DOWN] = "session-down",
	[TAILNET_EVENT_ENDPOINT] = "endpoint",
	[TAILNET_EVENT_EXPIRED] = "expired",
};

static void die(const char *what)
{
	fprintf(stderr, "peerctl: %s\n", what);
	exit(2);
}

static void decode(const char *text, unsigned char *key)
{
	unsigned int bits = 0, n = 0, len = 0;

	for (; *text && *text != '='; text++) {
		const char *at = strchr(base64, *text);

		if (!at)
			die("not a key");
		bits = bits << 6 | (at - base64);
		n += 6;
		if (n >= 8) {
			n -= 8;
			if (len == TAILNET_KEY_LEN)
				die("not a key");
			key[len++] = bits >> n;
		}
	}
	if (len != TAILNET_KEY_LEN)
		die("not a key");
}

static void encode(const unsigned char *key, char *text)
{
	unsigned int i, bits = 0, n = 0;

	for (i = 0; i < TAILNET_KEY_LEN; i++) {
		bits = bits << 8 | key[i];
		for (n += 8; n >= 6; n -= 6)
			*text++ = base64[bits >> (n - 6) & 63];
	}
	*text++ = base64[bits << (6 - n) & 63];
	*text++ = '=';
	*text = 0;
}

static int64_t number(const char *text)
{
	return strcmp(text, "never") ? strtoll(text, NULL, 0) : 0;
}

static void put_settings(struct nl_msg *msg, int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "expires") && i + 1 < argc)
			nla_put_s64(msg, TAILNET_A_PEER_EXPIRES,
				    number(argv[++i]));
		else if (!strcmp(argv[i], "node") && i + 1 < argc)
			nla_put_u64(msg, TAILNET_A_PEER_NODE_ID,
				    number(argv[++i]));
		else if (!strcmp(argv[i], "no-endpoint"))
			/* libnl's own nests do not stay when they are empty */
			nla_put(msg, TAILNET_A_PEER_ENDPOINT | NLA_F_NESTED, 0,
				NULL);
		else
			die("usage");
	}
}

static int on_error(struct sockaddr_nl *who, struct nlmsgerr *e, void *arg)
{
	const struct nlmsghdr *nlh = (struct nlmsghdr *)e - 1;
	struct nlattr *attr, *text = NULL;
	int len = sizeof(*e);

	(void)who;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		len += e->msg.nlmsg_len - sizeof(e->msg);
	attr = (struct nlattr *)((char *)e + len);
	if (nlh->nlmsg_flags & NLM_F_ACK_TLVS)
		text = nla_find(attr, nlh->nlmsg_len - sizeof(*nlh) - len,
				NLMSGERR_ATTR_MSG);
	printf("error %s %s\n", strerrorname_np(-e->error),
	       text ? nla_get_string(text) : "");
	*(int *)arg = 1;
	return NL_STOP;
}

static int on_ack(struct nl_msg *msg, void *arg)
{
	(void)msg;
	*(int *)arg = 0;
	return NL_STOP;
}

static struct nlattr *find_peer(struct nl_msg *msg, struct nlattr **peer)
{
	struct nlattr *top = nlmsg_find_attr(nlmsg_hdr(msg), GENL_HDRLEN,
					     TAILNET_A_PEER);

	if (!top || nla_parse_nested(peer, TAILNET_A_PEER_MAX, top, NULL))
		return NULL;
	return top;
}

static int on_peer(struct nl_msg *msg, void *arg)
{
	struct nlattr *peer[TAILNET_A_PEER_MAX + 1];
	struct nlattr *gen = nlmsg_find_attr(nlmsg_hdr(msg), GENL_HDRLEN,
					     TAILNET_A_GENERATION);

	(void)arg;
	if (!find_peer(msg, peer) || peer[TAILNET_A_PEER_CONTINUED])
		return NL_OK;
	printf("node=%" PRIu64 " expires=%" PRId64 " endpoint=%d state=%u generation=%" PRIu64 "\n",
	       nla_get_u64(peer[TAILNET_A_PEER_NODE_ID]),
	       nla_get_s64(peer[TAILNET_A_PEER_EXPIRES]),
	       !!peer[TAILNET_A_PEER_ENDPOINT],
	       nla_get_u32(peer[TAILNET_A_PEER_STATE]),
	       gen ? nla_get_u64(gen) : 0);
	return NL_OK;
}

static int on_event(struct nl_msg *msg, void *arg)
{
	struct nlattr *event = nlmsg_find_attr(nlmsg_hdr(msg), GENL_HDRLEN,
					       TAILNET_A_EVENT);
	struct nlattr *peer[TAILNET_A_PEER_MAX + 1];
	char text[64] = "";
	unsigned int n;

	(void)arg;
	if (!event)
		return NL_OK;
	n = nla_get_u32(event);
	if (find_peer(msg, peer))
		encode(nla_data(peer[TAILNET_A_PEER_PUBLIC_KEY]), text);
	printf("event %s %s\n",
	       n < sizeof(events) / sizeof(events[0]) && events[n] ?
	       events[n] : "unknown", text);
	fflush(stdout);
	return NL_OK;
}

static int watch(struct nl_sock *nl)
{
	int group = genl_ctrl_resolve_grp(nl, TAILNET_GENL_NAME,
					  TAILNET_MCGRP_PEER);

	if (group < 0 || nl_socket_add_membership(nl, group))
		die("cannot join the group");
	nl_socket_disable_seq_check(nl);
	nl_socket_modify_cb(nl, NL_CB_VALID, NL_CB_CUSTOM, on_event, NULL);
	printf("ready\n");
	fflush(stdout);
	while (nl_recvmsgs_default(nl) != -NLE_BAD_SOCK)
		;
	return 1;
}

int main(int argc, char **argv)
{
	unsigned char key[TAILNET_KEY_LEN];
	int family, state = -1, on = 1;
	struct nlattr *nest;
	struct nl_sock *nl;
	struct nl_msg *msg;
	struct nl_cb *cb;
	bool set;

	nl = nl_socket_alloc();
	if (!nl || genl_connect(nl))
		die("no generic netlink");
	family = genl_ctrl_resolve(nl, TAILNET_GENL_NAME);
	if (family < 0)
		die("no netlink family");
	if (argc == 3 && !strcmp(argv[2], "watch"))
		return watch(nl);
	if (argc < 4)
		die("usage");
	set = !strcmp(argv[2], "set");
	decode(argv[3], key);
	setsockopt(nl_socket_get_fd(nl), SOL_NETLINK, NETLINK_EXT_ACK, &on,
		   sizeof(on));

	msg = nlmsg_alloc();
	genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, NLM_F_ACK,
		    set ? TAILNET_CMD_PEER_SET : TAILNET_CMD_PEER_GET, 1);
	nest = nla_nest_start(msg, TAILNET_A_DEV);
	nla_put_string(msg, TAILNET_A_DEV_IFNAME, argv[1]);
	nla_nest_end(msg, nest);
	nest = nla_nest_start(msg, TAILNET_A_PEER);
	nla_put(msg, TAILNET_A_PEER_PUBLIC_KEY, sizeof(key), key);
	if (set)
		put_settings(msg, argc - 4, argv + 4);
	nla_nest_end(msg, nest);

	cb = nl_cb_alloc(NL_CB_DEFAULT);
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, &state);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_ack, &state);
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_peer, NULL);
	if (nl_send_auto(nl, msg) < 0)
		die("cannot send");
	while (state < 0)
		if (nl_recvmsgs(nl, cb) < 0 && state < 0)
			die("cannot receive");
	return state;
}
