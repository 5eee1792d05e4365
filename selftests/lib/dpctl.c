// SPDX-License-Identifier: GPL-2.0-only
/*
 * The data plane part of the agent by itself, told by a script what to want.
 *
 * usage: dpctl FIFO
 *
 * Reads commands, one a line, and answers each with one line on standard
 * output, "ok ..." or "error NAME TEXT":
 *   link add|del|find NAME
 *   take PORT			give the last link found sockets, as its agent
 *   key FILE			private key
 *   peer KEY NODE EXPIRES ENDPOINT PREFIX...
 *				wanted; ENDPOINT is ADDR:PORT, IPv4, or "none"
 *   many N			so many more peers, of no use
 *   drop KEY			not wanted
 *   sync			by the peers named since the last time
 *   full			look at all of them
 *   events			kinds of what was told since the last time
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/apply.h"
#include "dataplane/events.h"
#include "dataplane/genl_conn.h"
#include "dataplane/link.h"

#define WORDS_MAX 16
#define NAMED_MAX 20000

static const char *const kinds[] = {
	[EVENT_SESSION_UP] = "session-up",
	[EVENT_SESSION_DOWN] = "session-down",
	[EVENT_ENDPOINT] = "endpoint",
	[EVENT_EXPIRED] = "expired",
	[EVENT_WANT_PATH] = "want-path",
	[EVENT_UNREACHABLE] = "unreachable",
	[EVENT_CONFIG] = "config",
	[EVENT_SOCKET_GONE] = "socket-gone",
	[EVENT_ORPHANED] = "orphaned",
	[EVENT_VMFORK] = "vmfork",
};

static struct genl_conn *conn, *route;
static struct events *events;
static struct apply_state state;
static struct wanted want;
static struct secret32 *secret;
static struct node_public named[NAMED_MAX];
static size_t n_named;
static char ifname[WG_NAME_MAX + 1];
static char told[4096];

static void answer(int r, const struct err_detail *detail)
{
	if (r < 0)
		printf("error %s %s\n",
		       r > -4096 ? strerrorname_np(-r) : "TNE",
		       detail ? detail->text : "");
	else
		printf("ok\n");
}

static void on_event(void *ctx, const struct event *event)
{
	size_t at = strlen(told);

	(void)ctx;
	snprintf(told + at, sizeof(told) - at, " %s", kinds[event->kind]);
}

static void on_lost(void *ctx)
{
	size_t at = strlen(told);

	(void)ctx;
	snprintf(told + at, sizeof(told) - at, " lost");
}

static void do_link(char **w)
{
	struct err_detail detail = { "" };
	struct link_state link;
	int r;

	if (!strcmp(w[1], "add")) {
		r = link_create(route, w[2], &detail);
	} else if (!strcmp(w[1], "del")) {
		r = link_delete(route, w[2], &detail);
	} else {
		r = link_find(route, w[2], &detail, &link);
		if (r == 0)
			snprintf(ifname, sizeof(ifname), "%s", w[2]);
	}
	answer(r, &detail);
}

static void do_take(char **w)
{
	static struct link_sockets sockets = { -1, -1, 0 };
	struct link_wish wish = {
		.port = atoi(w[1]), .fwmark = LINK_FWMARK, .manage = true,
	};
	struct link_sockets got;
	struct err_detail detail;
	int r = link_take(conn, ifname, &wish, &detail, &got);

	if (r < 0) {
		answer(r, &detail);
		return;
	}
	link_sockets_done(&sockets);
	sockets = got;
	want.dev.managed = true;
	want.dev.fwmark = LINK_FWMARK;
	printf("ok %u\n", sockets.port);
}

static void do_key(char **w)
{
	char text[KEY_TEXT_LEN + 1] = "";
	FILE *f = fopen(w[1], "r");
	int r = -ENOENT;

	if (f) {
		if (fread(text, 1, KEY_TEXT_LEN, f) == KEY_TEXT_LEN)
			r = key_parse_secret(text, KEY_TEXT_LEN, secret);
		fclose(f);
	}
	if (r == 0)
		wanted_set_private_key(&want.dev, secret);
	answer(r, NULL);
}

static void name(const struct node_public *key)
{
	if (n_named < NAMED_MAX)
		named[n_named++] = *key;
}

static int parse_prefix(char *text, struct wanted_peer *peer)
{
	struct wg_prefix prefix = { 0 };
	char *bits = strchr(text, '/');

	if (bits)
		*bits++ = 0;
	prefix.addr_len = strchr(text, ':') ? 16 : 4;
	prefix.bits = bits ? atoi(bits) : 8 * prefix.addr_len;
	if (inet_pton(prefix.addr_len == 4 ? AF_INET : AF_INET6, text,
		      prefix.addr) != 1)
		return -EINVAL;
	return wg_prefixes_add(&peer->prefixes, &prefix);
}

static int fill_peer(int n, char **w, struct wanted_peer *peer)
{
	char *port = strrchr(w[4], ':');
	int i, r = 0;

	peer->node_id = strtoull(w[2], NULL, 0);
	peer->expires_s = strtoll(w[3], NULL, 0);
	if (port) {
		*port++ = 0;
		peer->endpoint.addr_len = 4;
		peer->endpoint.port = atoi(port);
		if (inet_pton(AF_INET, w[4], peer->endpoint.addr) != 1)
			return -EINVAL;
	}
	for (i = 5; i < n && r == 0; i++)
		r = parse_prefix(w[i], peer);
	return r;
}

static void do_peer(int n, char **w)
{
	struct wanted_peer *peer;
	struct node_public key;
	int r = key_parse_public(w[1], strlen(w[1]), &key);

	if (r < 0) {
		answer(r, NULL);
		return;
	}
	peer = wanted_peer_new(&key);
	r = peer ? fill_peer(n, w, peer) : -ENOMEM;
	if (r == 0)
		r = wanted_put(&want, peer);
	name(&key);
	answer(r, NULL);
}

static void do_many(char **w)
{
	int i, r = 0;

	for (i = 0; i < atoi(w[1]) && r == 0; i++) {
		struct node_public key = { { 9, i, i >> 8, i >> 16 } };
		struct wanted_peer *peer = wanted_peer_new(&key);
		struct wg_prefix prefix = {
			.addr = { 10, 128 + (i >> 16), i >> 8, i },
			.addr_len = 4, .bits = 32,
		};

		peer->node_id = 1000 + i;
		r = wg_prefixes_add(&peer->prefixes, &prefix);
		if (r == 0)
			r = wanted_put(&want, peer);
		name(&key);
	}
	answer(r, NULL);
}

static void do_drop(char **w)
{
	struct node_public key;
	int r = key_parse_public(w[1], strlen(w[1]), &key);

	if (r == 0 && !wanted_remove(&want, &key))
		r = -ENOENT;
	name(&key);
	answer(r, NULL);
}

static void do_sync(bool full)
{
	struct apply_report report;
	struct err_detail detail = { "" };
	int r = apply_wanted(conn, ifname, &state, &want, full ? NULL : named,
			     n_named, &detail, &report);

	if (r < 0) {
		answer(r, &detail);
	} else {
		n_named = 0;
		printf("ok sent=%d resynced=%d refused=%zu conflicts=%zu peers=%zu generation=%" PRIu64 "\n",
		       report.sent, report.resynced, report.n_refused,
		       report.n_conflicts, want.n_peers, state.generation);
	}
	apply_report_done(&report);
}

static void do_events(void)
{
	int r = events_read(events);

	if (r < 0)
		answer(r, NULL);
	else
		printf("ok%s\n", told);
	told[0] = 0;
}

static void command(int n, char **w)
{
	if (n == 3 && !strcmp(w[0], "link"))
		do_link(w);
	else if (n == 2 && !strcmp(w[0], "take"))
		do_take(w);
	else if (n == 2 && !strcmp(w[0], "key"))
		do_key(w);
	else if (n >= 5 && !strcmp(w[0], "peer"))
		do_peer(n, w);
	else if (n == 2 && !strcmp(w[0], "many"))
		do_many(w);
	else if (n == 2 && !strcmp(w[0], "drop"))
		do_drop(w);
	else if (n == 1 && (!strcmp(w[0], "sync") || !strcmp(w[0], "full")))
		do_sync(w[0][0] == 'f');
	else if (n == 1 && !strcmp(w[0], "events"))
		do_events();
	else
		printf("error usage\n");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct event_fns fns = { .event = on_event, .lost = on_lost };
	char line[4096], *words[WORDS_MAX], *save;
	FILE *in;
	int n, r;

	if (argc != 2 || secret_init() < 0) {
		fprintf(stderr, "usage: dpctl FIFO\n");
		return 2;
	}
	secret = secret32_new();
	r = genl_conn_open("tailnet", &conn);
	if (r == 0)
		r = genl_conn_open_route(&route);
	if (r == 0)
		r = events_open(&fns, &events);
	if (r < 0) {
		fprintf(stderr, "dpctl: %s\n", err_text(r));
		return 1;
	}
	want.dev.on[WG_SWITCH_GSO] = true;
	want.dev.on[WG_SWITCH_GRO] = true;
	want.dev.on[WG_SWITCH_INLINE] = true;
	/* Opened for writing too, so that the end of one writer is no end. */
	n = open(argv[1], O_RDWR | O_CLOEXEC);
	in = n < 0 ? NULL : fdopen(n, "r");
	if (!in) {
		perror(argv[1]);
		return 1;
	}
	printf("ok ready\n");
	fflush(stdout);
	while (fgets(line, sizeof(line), in)) {
		n = 0;
		for (char *w = strtok_r(line, " \n", &save);
		     w && n < WORDS_MAX; w = strtok_r(NULL, " \n", &save))
			words[n++] = w;
		if (n)
			command(n, words);
	}
	return 0;
}
