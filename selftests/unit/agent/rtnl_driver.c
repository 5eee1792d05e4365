// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hands for netns_rtnl.sh: calls system/rtnl.h and system/netmon.h as told.
 *
 *	set KIND LINK [--steps N] WORD...	WORD as in parse_word()
 *	undo KIND LINK
 *	watch KIND LINK WORD...		set, then repair until told to stop
 *	attached KIND LINK
 */
#include "base/array.h"
#include "model/routes.h"
#include "system/netmon.h"
#include "system/rtnl.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WORDS_MAX 32768

static struct ip_prefix selfs[16], attached[256], addrs[WORDS_MAX];
static struct routes_peer peers[WORDS_MAX];
static struct routes_input input;
static bool use_attached = true;

static int fail(int r, const struct err_detail *detail)
{
	printf("error %d: %s\n", r, *detail->text ? detail->text : err_text(r));
	return 1;
}

static void die(const char *what, const char *word)
{
	fprintf(stderr, "rtnl_driver: %s %s\n", what, word);
	exit(2);
}

static struct ip_prefix prefix(const char *word)
{
	struct ip_prefix p;

	if (ip_prefix_parse(word, strlen(word), &p) < 0)
		die("no prefix:", word);
	return p;
}

/* Thousands of peers: COUNT of them from an address on. */
static void add_many(const char *word)
{
	struct ip_addr a = { .byte = { 100, 64 }, .len = 4 };
	unsigned int i, n = atoi(word);

	for (i = 0; i < n && input.n_peers < WORDS_MAX; i++) {
		struct routes_peer *peer = &peers[input.n_peers];

		a.byte[1] = 64 + (i >> 16);
		a.byte[2] = i >> 8;
		a.byte[3] = i;
		addrs[input.n_peers] = ip_prefix_of(&a);
		peer->allowed = (struct ip_prefixes){
			&addrs[input.n_peers++], 1 };
	}
}

/* self=A/N peer=P/N many=COUNT routes exit lan noattached mtu=N */
static void parse_word(const char *word)
{
	const char *value = strchr(word, '=');

	value = value ? value + 1 : "";
	if (!strncmp(word, "self=", 5)) {
		selfs[input.self.n++] = prefix(value);
	} else if (!strncmp(word, "peer=", 5)) {
		addrs[input.n_peers] = prefix(value);
		peers[input.n_peers].allowed =
			(struct ip_prefixes){ &addrs[input.n_peers], 1 };
		input.n_peers++;
	} else if (!strncmp(word, "many=", 5)) {
		add_many(value);
	} else if (!strncmp(word, "mtu=", 4)) {
		input.mtu = atoi(value);
	} else if (!strcmp(word, "routes")) {
		input.accept_routes = true;
	} else if (!strcmp(word, "exit")) {
		input.exit_node = true;
	} else if (!strcmp(word, "lan")) {
		input.lan_access = true;
	} else if (!strcmp(word, "noattached")) {
		use_attached = false;
	} else {
		die("unknown word", word);
	}
}

static int want_of(const struct host_state *have, struct host_config *ret)
{
	input.self.item = selfs;
	input.peers = peers;
	input.ipv6 = have->has_ipv6;
	input.attached = (struct ip_prefixes){ attached, 0 };
	if (have->addrs.n > ARRAY_SIZE(attached))
		die("too many addresses on", "the host");
	if (use_attached)
		input.attached.n = rtnl_attached(have, attached);
	return routes_build(&input, ret);
}

/* As many steps as there were before a crash. */
static int set_steps(struct rtnl *rtnl, const char *link, size_t steps,
		     struct err_detail *detail)
{
	struct host_state have auto_clean(host_state) = { 0 };
	struct host_config want auto_clean(host_config) = { 0 };
	struct host_plan plan auto_clean(host_plan) = { 0 };
	int r = rtnl_read(rtnl, link, &have, detail);

	if (r == 0)
		r = want_of(&have, &want);
	if (r == 0)
		r = host_plan_make(&have, &want, &plan);
	if (r == 0 && plan.n > steps)
		plan.n = steps;
	if (r == 0)
		r = rtnl_apply(rtnl, have.ifindex, &plan, detail);
	return r < 0 ? r : (int)plan.n;
}

static int set(struct rtnl *rtnl, const char *link, struct err_detail *detail)
{
	struct host_state have auto_clean(host_state) = { 0 };
	struct host_config want auto_clean(host_config) = { 0 };
	int r = rtnl_read(rtnl, link, &have, detail);

	if (r == 0)
		r = want_of(&have, &want);
	return r < 0 ? r : rtnl_set(rtnl, link, &want, detail);
}

static int show_attached(struct rtnl *rtnl, const char *link)
{
	struct host_state have auto_clean(host_state) = { 0 };
	struct err_detail detail = { 0 };
	char text[IP_PREFIX_TEXT_MAX];
	int r = rtnl_read(rtnl, link, &have, &detail);
	size_t i, n;

	if (r < 0)
		return fail(r, &detail);
	n = rtnl_attached(&have, attached);
	for (i = 0; i < n; i++)
		printf("%s\n", ip_prefix_format(&attached[i], text));
	return 0;
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

static uint32_t index_of(struct rtnl *rtnl, const char *link)
{
	struct host_state have auto_clean(host_state) = { 0 };

	return rtnl_read(rtnl, link, &have, NULL) < 0 ? 0 : have.ifindex;
}

/* Until standard input ends. */
static int watch(struct rtnl *rtnl, const char *link)
{
	struct netmon *mon auto_clean(netmon) = NULL;
	struct err_detail detail = { 0 };
	int r = netmon_open(&mon);

	if (r == 0) {
		netmon_set_own(mon, index_of(rtnl, link), 0, rtnl_port(rtnl));
		r = set(rtnl, link, &detail);
	}
	if (r < 0)
		return fail(r, &detail);
	printf("ready %d\n", r);
	for (;;) {
		struct pollfd fds[] = {
			{ .fd = netmon_fd(mon), .events = POLLIN },
			{ .fd = 0, .events = POLLIN },
		};
		uint64_t due = netmon_due(mon), now = now_ms();
		unsigned int bits;
		int wait = due == CHANGE_NEVER ? -1 :
			   due > now ? (int)(due - now) : 0;

		if (poll(fds, 2, wait) < 0 && errno != EINTR)
			return 1;
		if (fds[1].revents)
			return 0;
		if (fds[0].revents && netmon_read(mon, now_ms()) < 0)
			return 1;
		bits = netmon_take(mon, now_ms());
		if (bits & CHANGE_LINK)
			printf("link gone\n");
		if (bits & CHANGE_HOST)
			printf("host changed\n");
		if (bits & (CHANGE_HOST | CHANGE_REPAIR)) {
			r = set(rtnl, link, &detail);
			if (r < 0)
				fail(r, &detail);
			else if (bits & CHANGE_REPAIR)
				printf("repaired %d\n", r);
		}
	}
}

int main(int argc, char **argv)
{
	struct rtnl *rtnl auto_clean(rtnl) = NULL;
	struct err_detail detail = { 0 };
	size_t steps = SIZE_MAX;
	int i = 4, r;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 4)
		die("usage:", "VERB KIND LINK [WORD]...");
	if (argc > 5 && !strcmp(argv[4], "--steps")) {
		steps = atoi(argv[5]);
		i = 6;
	}
	for (; i < argc; i++)
		parse_word(argv[i]);
	r = rtnl_open(argv[2], &rtnl);
	if (r < 0)
		return fail(r, &detail);
	if (!strcmp(argv[1], "attached"))
		return show_attached(rtnl, argv[3]);
	if (!strcmp(argv[1], "watch"))
		return watch(rtnl, argv[3]);
	if (!strcmp(argv[1], "undo"))
		r = rtnl_undo(rtnl, argv[3], &detail);
	else if (steps != SIZE_MAX)
		r = set_steps(rtnl, argv[3], steps, &detail);
	else
		r = set(rtnl, argv[3], &detail);
	if (r < 0)
		return fail(r, &detail);
	printf("ok %d\n", r);
	return 0;
}
