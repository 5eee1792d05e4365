// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "base/array.h"
#include "fail_alloc.h"
#include "wire/wg_conf.h"

#define PRIV "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo="
#define PUB1 "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo="
#define PUB2 "3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08="
#define PSK  "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="

static const char whole[] =
	"# a comment\n"
	"[Interface]\n"
	"PrivateKey = " PRIV "\n"
	"ListenPort = 51820\n"
	"FwMark = 0x10\n"
	"GSO = off\n"
	"\n"
	"[Peer]\n"
	"PublicKey = " PUB1 " # behind a value\n"
	"PresharedKey = " PSK "\n"
	"Endpoint = [2001:db8::1]:5\n"
	"AllowedIPs = 10.0.0.0/24, fd00::/64\n"
	"allowedips = 10.1.0.1\n"
	"PersistentKeepalive = 25\n"
	"\n"
	"[peer]\r\n"
	"\tPublic Key=" PUB2 "\r\n"
	"Endpoint = host.example:7\n"
	"Roam = off";

static int parse(const char *s, size_t len, bool replace,
		 struct err_detail *detail, struct wg_config *config)
{
	/* No terminator, and no byte to spare: reading on is seen. */
	char *copy = malloc(len ? len : 1);
	struct secret_buf buf = { .data = copy, .len = len, .cap = len };
	int r;

	if (!copy)
		return -1;
	memcpy(copy, s, len);
	r = wg_conf_parse(&buf, replace, detail, config);
	free(copy);
	return r;
}

static void reads_everything(void)
{
	struct wg_config c;
	struct err_detail detail;

	CHECK_EQ(parse(whole, strlen(whole), false, &detail, &c), 0);
	CHECK(!c.replace && c.unique);
	CHECK_EQ(c.set, WG_DEV_KEY | WG_DEV_PORT | WG_DEV_FWMARK);
	CHECK_EQ(secret32_expose(c.private_key)[0], 0x77);
	CHECK_EQ(c.listen_port, 51820);
	CHECK_EQ(c.fwmark, 16);
	CHECK(c.switch_set[WG_SWITCH_GSO] && !c.switch_on[WG_SWITCH_GSO]);
	CHECK(!c.switch_set[WG_SWITCH_GRO] && !c.switch_set[WG_SWITCH_INLINE]);
	CHECK_EQ(c.n_peers, 2);
	CHECK_EQ(c.peers[0].set, WG_PEER_PSK | WG_PEER_ENDPOINT |
		 WG_PEER_KEEPALIVE | WG_PEER_REPLACE_IPS);
	CHECK_EQ(secret32_expose(c.peers[0].psk)[0], 'A');
	CHECK_EQ(c.peers[0].endpoint.addr_len, 16);
	CHECK_EQ(c.peers[0].endpoint.port, 5);
	CHECK_EQ(c.peers[0].keepalive_s, 25);
	CHECK_EQ(c.peers[0].prefixes.n, 3);
	CHECK_EQ(c.peers[0].prefixes.item[2].bits, 32);
	CHECK_EQ(c.peers[1].set, WG_PEER_ENDPOINT | WG_PEER_REPLACE_IPS |
		 WG_PEER_ROAM);
	CHECK(!c.peers[1].roam);
	CHECK(strcmp(c.peers[1].host, "host.example") == 0);
	wg_config_done(&c);
}

/* A whole configuration says no to what it does not mention. */
static void replacing_fills_in_defaults(void)
{
	static const char s[] = "[Peer]\nPublicKey=" PUB1 "\n";
	struct wg_config c;
	struct err_detail detail;

	CHECK_EQ(parse(s, strlen(s), true, &detail, &c), 0);
	CHECK(c.replace);
	CHECK_EQ(c.set, WG_DEV_KEY | WG_DEV_PORT | WG_DEV_FWMARK);
	CHECK(!c.private_key && !c.listen_port && !c.fwmark);
	CHECK_EQ(c.peers[0].set, WG_PEER_PSK | WG_PEER_KEEPALIVE |
		 WG_PEER_REPLACE_IPS | WG_PEER_ROAM);
	CHECK(!c.peers[0].psk && c.peers[0].roam);
	wg_config_done(&c);

	CHECK_EQ(parse(s, strlen(s), false, &detail, &c), 0);
	CHECK_EQ(c.set, 0);
	CHECK_EQ(c.peers[0].set, WG_PEER_REPLACE_IPS);
	wg_config_done(&c);
}

static void folds_sections_of_one_peer(void)
{
	static const char s[] =
		"[Peer]\nPublicKey=" PUB1 "\nAllowedIPs=10.0.0.1\n"
		"PresharedKey=" PSK "\nEndpoint=host.example:1\n"
		"[Peer]\nPublicKey=" PUB2 "\nAllowedIPs=10.0.0.2\n"
		"[Peer]\nPublicKey=" PUB1 "\nAllowedIPs=10.0.0.3\n"
		"Endpoint=192.0.2.1:2\n"
		"[Peer]\nPublicKey=" PUB1 "\nPersistentKeepalive=9\n"
		"AllowedIPs=10.0.0.4\n";
	struct wg_config c;
	struct err_detail detail;

	CHECK_EQ(parse(s, strlen(s), true, &detail, &c), 0);
	CHECK_EQ(c.n_peers, 2);
	CHECK(c.peers[0].psk && !c.peers[0].host);
	CHECK_EQ(c.peers[0].endpoint.port, 2);
	CHECK_EQ(c.peers[0].keepalive_s, 9);
	CHECK_EQ(c.peers[0].prefixes.n, 1);
	CHECK_EQ(c.peers[0].prefixes.item[0].addr[3], 4);
	CHECK_EQ(c.peers[1].prefixes.item[0].addr[3], 2);
	wg_config_done(&c);
}

static void refuses(void)
{
	static const struct {
		const char *name;
		const char *s;
		const char *says;
	} cases[] = {
		{ "setting outside a section", "PublicKey=" PUB1 "\n",
		  "line 1: " },
		{ "unknown section", "[Interface]\n[Bogus]\n", "line 2: " },
		{ "words behind a section", "[Peer] x\n", "line 1: " },
		{ "no equals sign", "[Peer]\nPublicKey\n", "line 2: " },
		{ "setting of the other section",
		  "[Interface]\nPublicKey=" PUB1 "\n", "`PublicKey'" },
		{ "setting of the other section",
		  "[Peer]\nPublicKey=" PUB1 "\nListenPort=5\n",
		  "`ListenPort'" },
		{ "setting of wg-quick", "[Interface]\nAddress=10.0.0.1\n",
		  "`Address'" },
		{ "empty value", "[Peer]\nPublicKey=" PUB1 "\nAllowedIPs=\n",
		  "AllowedIPs has no value" },
		{ "comment in place of a value",
		  "[Interface]\nListenPort=#5\n", "ListenPort has no value" },
		{ "peer without key", "[Peer]\nAllowedIPs=10.0.0.1\n",
		  "missing a public key" },
		{ "peer without key, then another",
		  "[Peer]\n[Peer]\nPublicKey=" PUB1 "\n",
		  "line 2: A peer is missing a public key" },
		{ "peer without key at the end",
		  "[Peer]\nPublicKey=" PUB1 "\n[Peer]",
		  "line 3: A peer is missing a public key" },
		{ "two equals signs", "[Peer]\nPublicKey== " PUB1 "\n",
		  "line 2: Key is not" },
		{ "port", "[Interface]\nListenPort=65536\n", "line 2: Port" },
		{ "keepalive",
		  "[Peer]\nPublicKey=" PUB1 "\nPersistentKeepalive=65536\n",
		  "line 3: " },
		{ "switch", "[Interface]\nGRO=yes\n", "neither on nor off" },
		{ "sign", "[Peer]\nPublicKey=" PUB1 "\nAllowedIPs=+10.0.0.1\n",
		  "+10.0.0.1" },
		{ "other comment sign", "; x\n[Interface]\n", "line 1: " },
		{ "NUL", "[Interface]\nListenPort=5\0005\n", "Port" },
		{ "placeholder of showconf",
		  "[Interface]\nPrivateKey = (hidden)\n",
		  "Replace (hidden) by the key" },
		{ "placeholder of a preshared key",
		  "[Peer]\nPublicKey=" PUB1 "\nPresharedKey=(hidden)\n",
		  "Replace (hidden) by the key" },
	};
	struct err_detail detail;
	struct wg_config c;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t len = strlen(cases[i].s);

		test_case("%s", cases[i].name);
		if (strcmp(cases[i].name, "NUL") == 0)
			len = strlen("[Interface]\nListenPort=5") + 3;
		CHECK(parse(cases[i].s, len, true, &detail, &c) < 0);
		if (!strstr(detail.text, cases[i].says))
			test_fail(__FILE__, __LINE__, "says: %s", detail.text);
		CHECK(!test_failed);
	}
}

/* Wherever a secret is put by mistake, messages do not repeat it. */
static void never_shows_secrets(void)
{
	static const char *const cases[] = {
		"[Interface]\nPrivateKey=" PRIV "x\n",
		"[Interface]\nPrivateKye=" PRIV "\n",
		"[Peer]\nPublicKey=" PUB1 "\nPresharedKey=x" PRIV "\n",
		"PrivateKey=" PRIV "\n",
		"[Interface]\n" PRIV "\n",
		"[Interface\nPrivateKey=" PRIV "\n",
		"[" PRIV "]\n",
	};
	struct err_detail detail;
	struct wg_config c;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i]);
		CHECK(parse(cases[i], strlen(cases[i]), true, &detail, &c) <
		      0);
		CHECK(detail.text[0]);
		CHECK(!strstr(detail.text, "dwdtCnMYpX08"));
	}
}

static void every_truncation(void)
{
	struct err_detail detail;
	struct wg_config c;
	size_t len, good = 0;

	for (len = 0; len <= strlen(whole); len++) {
		test_case("%zu bytes", len);
		if (parse(whole, len, len % 2, &detail, &c) == 0) {
			good++;
			wg_config_done(&c);
		} else {
			CHECK(detail.text[0]);
		}
	}
	CHECK(good > 10 && good < strlen(whole));
}

static int parse_whole(void *ctx)
{
	struct secret_buf buf = {
		.data = (char *)whole, .len = strlen(whole),
		.cap = strlen(whole),
	};
	struct err_detail detail;
	struct wg_config c;
	int r = wg_conf_parse(&buf, true, &detail, &c);

	(void)ctx;
	if (r == 0)
		wg_config_done(&c);
	return r;
}

static void every_allocation(void)
{
	CHECK_EQ(fail_alloc_each(parse_whole, NULL), 6);
}

/* Many peers with many addresses: no limit but memory, and no square time. */
static void many_peers(void)
{
	size_t n = 20000, i, len = 0;
	char *s = malloc(n * 160);
	struct err_detail detail;
	struct node_public key = { 0 };
	struct key_text text;
	struct wg_config c;

	CHECK(s);
	for (i = 0; i < n; i++) {
		memcpy(key.byte, &i, sizeof(i));
		len += sprintf(s + len,
			       "[Peer]\nPublicKey=%s\nPresharedKey=" PSK
			       "\nAllowedIPs=10.%zu.%zu.%zu\n",
			       key_format_public(&key, &text), i >> 16,
			       i >> 8 & 255, i & 255);
	}
	CHECK_EQ(parse(s, len, true, &detail, &c), 0);
	CHECK_EQ(c.n_peers, n);
	for (i = 0; i < n; i++)
		CHECK_EQ(memcmp(c.peers[i].key.byte, &i, sizeof(i)), 0);
	wg_config_done(&c);
	free(s);
}

static const struct test tests[] = {
	TEST(reads_everything),
	TEST(replacing_fills_in_defaults),
	TEST(folds_sections_of_one_peer),
	TEST(refuses),
	TEST(never_shows_secrets),
	TEST(every_truncation),
	TEST(every_allocation),
	TEST(many_peers),
};

TEST_MAIN(tests)
