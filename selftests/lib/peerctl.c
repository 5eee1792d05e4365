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
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tnl.h"

static const char base64[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static const char *const events[] = {
	[TAILNET_EVENT_SESSION_UP] = "session-up",
	[TAILNET_EVENT_SESSION_DOWN] = "session-down",
	[TAILNET_EVENT_ENDPOINT] = "endpoint",
	[TAILNET_EVENT_EXPIRED] = "expired",
};

static void decode(const char *text, unsigned char *key)
{
	unsigned int bits = 0, n = 0, len = 0;

	for (; *text && *text != '='; text++) {
		const char *at = strchr(base64, *text);

		if (!at)
			tnl_die("not a key");
		bits = bits << 6 | (at - base64);
		n += 6;
		if (n >= 8) {
			n -= 8;
			if (len == TAILNET_KEY_LEN)
				tnl_die("not a key");
			key[len++] = bits >> n;
		}
	}
	if (len != TAILNET_KEY_LEN)
		tnl_die("not a key");
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
			tnl_die("usage");
	}
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

int main(int argc, char **argv)
{
	unsigned char key[TAILNET_KEY_LEN];
	struct nlattr *nest;
	struct nl_msg *msg;
	bool set;

	if (argc < 3)
		tnl_die("usage");
	tnl_open("peerctl", argv[1]);
	if (argc == 3 && !strcmp(argv[2], "watch"))
		return tnl_watch(TAILNET_MCGRP_PEER, on_event);
	if (argc < 4)
		tnl_die("usage");
	set = !strcmp(argv[2], "set");
	decode(argv[3], key);
	msg = tnl_msg(set ? TAILNET_CMD_PEER_SET : TAILNET_CMD_PEER_GET);
	nest = nla_nest_start(msg, TAILNET_A_PEER);
	nla_put(msg, TAILNET_A_PEER_PUBLIC_KEY, sizeof(key), key);
	if (set)
		put_settings(msg, argc - 4, argv + 4);
	nla_nest_end(msg, nest);
	return tnl_report(tnl_talk(msg, on_peer, NULL));
}
