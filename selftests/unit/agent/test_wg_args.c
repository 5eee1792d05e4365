// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "base/array.h"
#include "fail_alloc.h"
#include "wire/wg_conf.h"

#define PUB1 "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo="
#define PUB2 "3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08="

#define ARGS_MAX 32

/* @line: arguments separated by one space; '' = an empty one, _ = a space */
static int parse(const char *line, struct err_detail *detail,
		 struct wg_config *config)
{
	static char copy[2048];
	char *argv[ARGS_MAX], *s, *c;
	int argc = 0;

	snprintf(copy, sizeof(copy), "%s", line);
	for (s = strtok(copy, " "); s && argc < ARGS_MAX;
	     s = strtok(NULL, " ")) {
		if (strcmp(s, "''") == 0)
			*s = 0;
		for (c = s; *c; c++) {
			if (*c == '_')
				*c = ' ';
		}
		argv[argc++] = s;
	}
	return wg_conf_parse_args(argv, argc, detail, config);
}

static void reads_everything(void)
{
	struct err_detail detail;
	struct wg_config c;

	CHECK_EQ(parse("listen-port 5 listen-port 6 fwmark 0x7 private-key /k gso off gro on inline off peer "
		       PUB1 " preshared-key /p endpoint h:8 persistent-keepalive 9 allowed-ips 10.0.0.1,fd00::/8 roam off peer "
		       PUB2 " remove", &detail, &c), 0);
	CHECK_EQ(c.set, WG_DEV_KEY | WG_DEV_PORT | WG_DEV_FWMARK);
	CHECK_EQ(c.listen_port, 6);
	CHECK_EQ(c.fwmark, 7);
	CHECK(strcmp(c.key_file, "/k") == 0);
	CHECK(c.switch_set[WG_SWITCH_GSO] && !c.switch_on[WG_SWITCH_GSO]);
	CHECK(c.switch_set[WG_SWITCH_GRO] && c.switch_on[WG_SWITCH_GRO]);
	CHECK(c.switch_set[WG_SWITCH_INLINE] && !c.switch_on[WG_SWITCH_INLINE]);
	CHECK_EQ(c.n_peers, 2);
	CHECK_EQ(c.peers[0].set, WG_PEER_PSK | WG_PEER_ENDPOINT |
		 WG_PEER_KEEPALIVE | WG_PEER_REPLACE_IPS | WG_PEER_ROAM);
	CHECK(strcmp(c.peers[0].psk_file, "/p") == 0);
	CHECK_EQ(c.peers[0].prefixes.n, 2);
	CHECK(!c.peers[0].roam && !c.peers[0].remove);
	CHECK(c.peers[1].remove);
	CHECK(!c.replace && !c.unique);
	wg_config_done(&c);
}

static void allowed_ips(void)
{
	static const struct {
		const char *args;
		int n;			/* -1 = refused */
		bool replace;
	} cases[] = {
		{ "allowed-ips ''", 0, true },
		{ "allowed-ips _", 0, true },
		{ "allowed-ips 10.0.0.1", 1, true },
		{ "allowed-ips _10.0.0.1_,_fd00::1_", 2, true },
		{ "allowed-ips 10.0.0.1 allowed-ips 10.0.0.2", 2, true },
		{ "allowed-ips +10.0.0.1", 1, false },
		{ "allowed-ips -10.0.0.1", 1, false },
		{ "allowed-ips 10.0.0.1,+10.0.0.2,-10.0.0.3", 3, false },
		{ "allowed-ips +10.0.0.1 allowed-ips -10.0.0.2", 2, false },
		{ "allowed-ips 10.0.0.1 allowed-ips -10.0.0.2", -1 },
		{ "allowed-ips -10.0.0.1 allowed-ips 10.0.0.2", -1 },
		{ "allowed-ips -10.0.0.1 allowed-ips ''", -1 },
		{ "allowed-ips '' allowed-ips -10.0.0.1", -1 },
		{ "allowed-ips 10.0.0.1,", -1 },
	};
	struct err_detail detail;
	struct wg_config c;
	char line[300];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].args);
		snprintf(line, sizeof(line), "peer %s %s", PUB1,
			 cases[i].args);
		if (cases[i].n < 0) {
			CHECK_EQ(parse(line, &detail, &c), TNE_CONF_SYNTAX);
			continue;
		}
		CHECK_EQ(parse(line, &detail, &c), 0);
		CHECK_EQ(c.peers[0].prefixes.n, cases[i].n);
		CHECK_EQ(!!(c.peers[0].set & WG_PEER_REPLACE_IPS),
			 cases[i].replace);
		CHECK_EQ(c.peers[0].set & ~WG_PEER_REPLACE_IPS, 0);
		wg_config_done(&c);
	}
}

static void refuses(void)
{
	static const struct {
		const char *args;
		const char *says;
	} cases[] = {
		{ "bogus", "Invalid argument: bogus" },
		{ "bogus 5", "Invalid argument: bogus" },
		{ "listen-port", "listen-port (its value is missing)" },
		{ "peer", "peer (its value is missing)" },
		{ "remove", "Invalid argument: remove" },
		{ "PEER " PUB1, "Invalid argument: PEER" },
		{ "peer abc", "Key is not the correct length or format: `abc'" },
		{ "endpoint 192.0.2.1:5", "behind peer KEY" },
		{ "allowed-ips 10.0.0.1", "behind peer KEY" },
		{ "roam on", "behind peer KEY" },
		{ "peer " PUB1 " listen-port 5", "before the first peer" },
		{ "peer " PUB1 " gso off", "before the first peer" },
		{ "peer " PUB1 " endpoint", "endpoint (its value is missing)" },
		{ "peer " PUB1 " roam maybe", "neither on nor off: `maybe'" },
		{ "listen-port 65536", "`65536'" },
		{ "fwmark x", "`x'" },
		{ "private-key " PUB1, "name of a file" },
		{ "peer " PUB1 " preshared-key " PUB2, "name of a file" },
	};
	struct err_detail detail;
	struct wg_config c;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].args);
		CHECK(parse(cases[i].args, &detail, &c) < 0);
		if (!strstr(detail.text, cases[i].says))
			test_fail(__FILE__, __LINE__, "says: %s", detail.text);
		CHECK(!test_failed);
		CHECK(!strstr(cases[i].args, "key " PUB2) ||
		      !strstr(detail.text, PUB2));
	}
}

static int parse_some(void *ctx)
{
	struct err_detail detail;
	struct wg_config c;
	int r;

	(void)ctx;
	r = parse("peer " PUB1 " endpoint h:8 endpoint i:8 allowed-ips 10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.4,10.0.0.5",
		  &detail, &c);
	if (r == 0)
		wg_config_done(&c);
	return r;
}

static void every_allocation(void)
{
	CHECK_EQ(fail_alloc_each(parse_some, NULL), 6);
}

static const struct test tests[] = {
	TEST(reads_everything),
	TEST(allowed_ips),
	TEST(refuses),
	TEST(every_allocation),
};

TEST_MAIN(tests)
