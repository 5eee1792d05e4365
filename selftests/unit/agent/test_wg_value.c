// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "base/array.h"
#include "wire/wg_value.h"

#include <inttypes.h>

static struct wg_text text(const char *s)
{
	return (struct wg_text){ s, strlen(s) };
}

static void ports(void)
{
	static const struct {
		const char *s;
		int port;	/* -1 = refused */
	} cases[] = {
		{ "0", 0 }, { "1", 1 }, { "65535", 65535 }, { "00080", 80 },
		{ "65536", -1 }, { "4294967296", -1 }, { "4294967297", -1 },
		{ "18446744073709551617", -1 }, { "", -1 }, { "-1", -1 },
		{ "+1", -1 }, { " 1", -1 }, { "1 ", -1 }, { "0x10", -1 },
		{ "ssh", -1 }, { "1.0", -1 },
	};
	struct err_detail detail;
	uint16_t port;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		bool good = cases[i].port >= 0;
		int r;

		test_case("'%s'", cases[i].s);
		port = 7;
		r = wg_parse_port(text(cases[i].s), &detail, &port);
		CHECK_EQ(r, good ? 0 : TNE_CONF_SYNTAX);
		CHECK(good || port == 7);
		CHECK(!good || port == cases[i].port);
	}
}

static void fwmarks(void)
{
	static const struct {
		const char *s;
		int64_t mark;	/* -1 = refused */
	} cases[] = {
		{ "off", 0 }, { "OFF", 0 }, { "0", 0 }, { "10", 10 },
		{ "010", 10 }, { "0x10", 16 }, { "0xffffffff", 0xffffffff },
		{ "0xABCDEF", 0xabcdef }, { "4294967295", 0xffffffff },
		{ "4294967296", -1 }, { "0x100000000", -1 }, { "0x", -1 },
		{ "0X1f", -1 }, { "x1", -1 }, { "1f", -1 }, { "-1", -1 },
		{ "", -1 }, { "of", -1 }, { "off ", -1 },
	};
	struct err_detail detail;
	uint32_t mark;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		bool good = cases[i].mark >= 0;
		int r;

		test_case("'%s'", cases[i].s);
		r = wg_parse_fwmark(text(cases[i].s), &detail, &mark);
		CHECK_EQ(r, good ? 0 : TNE_CONF_SYNTAX);
		if (r == 0)
			CHECK_EQ(mark, cases[i].mark);
	}
}

static void endpoints(void)
{
	static const struct {
		const char *s;
		const char *host;	/* NULL = numbers */
		uint8_t addr_len;	/* 0 with host NULL = refused */
		uint16_t port;
	} cases[] = {
		{ "192.0.2.1:51820", NULL, 4, 51820 },
		{ "[192.0.2.1]:1", NULL, 4, 1 },
		{ "[2001:db8::1]:65535", NULL, 16, 65535 },
		{ "2001:db8::1:5", NULL, 16, 5 },
		{ "[::ffff:192.0.2.1]:5", NULL, 16, 5 },
		{ "[fe80::1%eth0]:5", "fe80::1%eth0", 0, 5 },
		{ "host.example:5", "host.example", 0, 5 },
		{ "[host.example]:5", "host.example", 0, 5 },
		{ "a:b:5", "a:b", 0, 5 },
		{ "192.0.2.1", NULL, 0, 0 },
		{ "192.0.2.1:", NULL, 0, 0 },
		{ "192.0.2.1:0", NULL, 0, 0 },
		{ "192.0.2.1:65536", NULL, 0, 0 },
		{ "192.0.2.1:http", NULL, 0, 0 },
		{ "192.0.2.1:-5", NULL, 0, 0 },
		{ ":5", NULL, 0, 0 },
		{ "", NULL, 0, 0 },
		{ ":", NULL, 0, 0 },
		{ "[", NULL, 0, 0 },
		{ "[]", NULL, 0, 0 },
		{ "[]:5", NULL, 0, 0 },
		{ "[::1", NULL, 0, 0 },
		{ "[::1]", NULL, 0, 0 },
		{ "[::1:5", NULL, 0, 0 },
		{ "[:5", NULL, 0, 0 },
	};
	struct err_detail detail;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct wg_peer_config peer = { 0 };
		bool good = cases[i].host || cases[i].addr_len;
		int r;

		test_case("'%s'", cases[i].s);
		r = wg_parse_endpoint(text(cases[i].s), &detail, &peer);
		CHECK_EQ(r, good ? 0 : TNE_CONF_SYNTAX);
		CHECK_EQ(peer.set, good ? WG_PEER_ENDPOINT : 0);
		CHECK_EQ(peer.endpoint.addr_len, cases[i].addr_len);
		CHECK_EQ(peer.endpoint.port, cases[i].port);
		CHECK(!peer.host == !cases[i].host);
		if (peer.host)
			CHECK(strcmp(peer.host, cases[i].host) == 0);
		free(peer.host);
	}
}

static void allowed_ips(void)
{
	static const struct {
		const char *s;
		int n;		/* -1 = refused */
		uint8_t bits;	/* of the last one */
		bool host_bits;	/* of the last one */
	} cases[] = {
		{ "10.0.0.1", 1, 32, false },
		{ "10.0.0.1/32", 1, 32, false },
		{ "10.0.0.1/24", 1, 24, true },
		{ "10.0.0.128/25", 1, 25, false },
		{ "10.0.0.192/25", 1, 25, true },
		{ "0.0.0.0/0", 1, 0, false },
		{ "0.0.0.1/0", 1, 0, true },
		{ "128.0.0.0/0", 1, 0, true },
		{ "fd00::1", 1, 128, false },
		{ "::/0", 1, 0, false },
		{ "fd00::/8,10.0.0.0/08", 2, 8, false },
		{ "fd00::/129", -1 },
		{ "10.0.0.0/33", -1 },
		{ "10.0.0.0/", -1 },
		{ "10.0.0.0/-1", -1 },
		{ "10.0.0.0/ 8", -1 },
		{ "10.0.0.0/8/8", -1 },
		{ "10.0.0.0/256", -1 },
		{ "10.0.0.0/4294967296", -1 },
		{ "10.0.0", -1 },
		{ "10.0.0.0.0", -1 },
		{ "", -1 },
		{ ",", -1 },
		{ "10.0.0.1,", -1 },
		{ "10.0.0.1,,10.0.0.2", -1 },
		{ "host.example", -1 },
		{ "fe80::1%lo/64", -1 },
		{ "+", -1 },
		{ "+-10.0.0.1", -1 },
		{ "-10.0.0.1", 1, 32, false },
		{ "10.0.0.1,+10.0.0.2/31", 2, 31, false },
	};
	struct err_detail detail;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct wg_prefixes list = { 0 };
		bool good = cases[i].n >= 0;
		bool any;
		int r;

		test_case("'%s'", cases[i].s);
		r = wg_parse_allowed_ips(text(cases[i].s), true, &detail,
					 &list, &any);
		CHECK_EQ(r, good ? 0 : TNE_CONF_SYNTAX);
		if (r == 0) {
			const struct wg_prefix *last = &list.item[list.n - 1];

			CHECK_EQ(list.n, cases[i].n);
			CHECK_EQ(last->bits, cases[i].bits);
			CHECK_EQ(wg_prefix_has_host_bits(last),
				 cases[i].host_bits);
			CHECK_EQ(any, strpbrk(cases[i].s, "+-") != NULL);
			CHECK_EQ(last->remove, cases[i].s[0] == '-');
		}
		wg_prefixes_done(&list);
	}
}

static void signs_belong_to_set(void)
{
	struct wg_prefixes list = { 0 };
	struct err_detail detail;
	bool any;

	CHECK_EQ(wg_parse_allowed_ips(text("10.0.0.1"), false, &detail, &list,
				      &any), 0);
	CHECK_EQ(wg_parse_allowed_ips(text("+10.0.0.1"), false, &detail, &list,
				      &any), TNE_CONF_SYNTAX);
	CHECK_EQ(wg_parse_allowed_ips(text("-10.0.0.1"), false, &detail, &list,
				      &any), TNE_CONF_SYNTAX);
	wg_prefixes_done(&list);
}

static void key_files(void)
{
#define K "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo="
	static const struct {
		const char *s;
		int r;
		bool empty;
	} cases[] = {
		{ K, 0, false }, { K "\n", 0, false },
		{ K " \t\r\n\n", 0, false }, { "", 0, true },
		{ " \t", 0, true }, { "\n" K, TNE_KEY_FORMAT },
		{ " " K, TNE_KEY_FORMAT }, { K "x", TNE_KEY_FORMAT },
		{ K "\n" K, TNE_KEY_FORMAT }, { "(hidden)", TNE_KEY_FORMAT },
	};
	struct secret32 *key = secret32_new();
	struct err_detail detail;
	bool empty;
	size_t i;

	CHECK(key);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%zu", i);
		detail.text[0] = 0;
		CHECK_EQ(wg_parse_key_file(text(cases[i].s), &detail, key,
					   &empty), cases[i].r);
		if (cases[i].r == 0)
			CHECK_EQ(empty, cases[i].empty);
		CHECK(!strstr(detail.text, "dwdtCnMY"));
	}
	secret32_free(key);
}

static void details_are_one_plain_line(void)
{
	static char junk[1000];
	struct err_detail detail;
	uint16_t port;
	size_t i;

	for (i = 0; i < sizeof(junk); i++)
		junk[i] = 1 + i % 255;
	CHECK_EQ(wg_parse_port((struct wg_text){ junk, sizeof(junk) }, &detail,
			       &port), TNE_CONF_SYNTAX);
	for (i = 0; detail.text[i]; i++)
		CHECK((unsigned char)detail.text[i] >= 0x20 &&
		      detail.text[i] != 0x7f);
	CHECK(i > 0 && i < 300);
}

static const struct test tests[] = {
	TEST(ports),
	TEST(fwmarks),
	TEST(endpoints),
	TEST(allowed_ips),
	TEST(signs_belong_to_set),
	TEST(key_files),
	TEST(details_are_one_plain_line),
};

TEST_MAIN(tests)
