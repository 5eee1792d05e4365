// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "base/array.h"
#include "base/err.h"
#include "model/ip.h"

/* Read, and written in the one canonical way; NULL = refused. */
static void addresses(void)
{
	static const struct {
		const char *text;
		const char *back;
	} cases[] = {
		{ "0.0.0.0", "0.0.0.0" },
		{ "255.255.255.255", "255.255.255.255" },
		{ "100.64.0.7", "100.64.0.7" },
		{ "::", "::" },
		{ "::1", "::1" },
		{ "1::", "1::" },
		{ "FD7A:115C:A1E0::7", "fd7a:115c:a1e0::7" },
		{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
		{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
		{ "2001:0:0:1:0:0:0:1", "2001:0:0:1::1" },
		{ "::ffff:192.0.2.1", "::ffff:192.0.2.1" },
		{ "::192.0.2.1", "::c000:201" },
		{ "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8" },
		{ "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0" },
		{ "", NULL },
		{ " 1.2.3.4", NULL },
		{ "1.2.3.4 ", NULL },
		{ "1.2.3", NULL },
		{ "1.2.3.4.5", NULL },
		{ "01.2.3.4", NULL },
		{ "1.2.3.256", NULL },
		{ "0x1.2.3.4", NULL },
		{ "1", NULL },
		{ "fe80::1%eth0", NULL },
		{ "1:2:3:4:5:6:7", NULL },
		{ "1:2:3:4:5:6:7:8:9", NULL },
		{ "1::2::3", NULL },
		{ "12345::", NULL },
		{ ":1:2:3:4:5:6:7", NULL },
		{ "[::1]", NULL },
		{ "1:2:3:4:5:6:7:8888888888888888888888888888888888888888", NULL },
	};
	char text[IP_TEXT_MAX];
	struct ip_addr ip;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *s = cases[i].text;

		test_case("%s", s);
		CHECK_EQ(ip_parse(s, strlen(s), &ip),
			 cases[i].back ? 0 : TNE_IP_FORMAT);
		if (cases[i].back)
			CHECK(strcmp(ip_format(&ip, text),
				     cases[i].back) == 0);
	}
	CHECK_EQ(ip_parse("1.2.3.4\0.", 9, &ip), TNE_IP_FORMAT);
	ip.len = 0;
	CHECK(*ip_format(&ip, text) == 0);
}

static void prefixes(void)
{
	static const struct {
		const char *text;
		const char *back;
		bool had_bits;
	} cases[] = {
		{ "100.64.0.1/32", "100.64.0.1/32", false },
		{ "10.1.2.3/8", "10.0.0.0/8", true },
		{ "10.255.2.3/9", "10.128.0.0/9", true },
		{ "0.0.0.0/0", "0.0.0.0/0", false },
		{ "fd7a::1/128", "fd7a::1/128", false },
		{ "fd7a::1/127", "fd7a::/127", true },
		{ "::/0", "::/0", false },
		{ "10.0.0.0/33", NULL, false },
		{ "::/129", NULL, false },
		{ "10.0.0.0/08", NULL, false },
		{ "10.0.0.0/", NULL, false },
		{ "10.0.0.0/-1", NULL, false },
		{ "10.0.0.0/+8", NULL, false },
		{ "10.0.0.0/8 ", NULL, false },
		{ "10.0.0.0", NULL, false },
		{ "/8", NULL, false },
		{ "10.0.0.0/255.0.0.0", NULL, false },
	};
	char text[IP_PREFIX_TEXT_MAX];
	struct ip_prefix prefix;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *s = cases[i].text;

		test_case("%s", s);
		CHECK_EQ(ip_prefix_parse(s, strlen(s), &prefix),
			 cases[i].back ? 0 : TNE_IP_FORMAT);
		if (!cases[i].back)
			continue;
		CHECK_EQ(ip_prefix_mask(&prefix), cases[i].had_bits);
		CHECK(strcmp(ip_prefix_format(&prefix, text),
			     cases[i].back) == 0);
		CHECK(!ip_prefix_mask(&prefix));
	}
}

static void ports(void)
{
	static const struct {
		const char *text;
		const char *back;
	} cases[] = {
		{ "192.0.2.1:41641", "192.0.2.1:41641" },
		{ "192.0.2.1:0", "192.0.2.1:0" },
		{ "[2001:db8::1]:65535", "[2001:db8::1]:65535" },
		{ "192.0.2.1:65536", NULL },
		{ "192.0.2.1:01", NULL },
		{ "192.0.2.1:", NULL },
		{ "192.0.2.1", NULL },
		{ "[192.0.2.1]:1", NULL },
		{ "2001:db8::1:1", NULL },
		{ "[2001:db8::1]", NULL },
		{ "[2001:db8::1]:", NULL },
		{ "[fe80::1%1]:1", NULL },
		{ "host:1", NULL },
		{ ":1", NULL },
		{ "", NULL },
	};
	char text[IP_PORT_TEXT_MAX];
	struct ip_port port;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *s = cases[i].text;

		test_case("%s", s);
		CHECK_EQ(ip_port_parse(s, strlen(s), &port),
			 cases[i].back ? 0 : TNE_IP_FORMAT);
		if (cases[i].back)
			CHECK(strcmp(ip_port_format(&port, text),
				     cases[i].back) == 0);
	}
}

static struct ip_prefix net(const char *s)
{
	struct ip_prefix ret = { 0 };

	if (ip_prefix_parse(s, strlen(s), &ret) < 0)
		test_fail(__FILE__, __LINE__, "%s", s);
	return ret;
}

static struct ip_addr addr(const char *s)
{
	struct ip_addr ret = { 0 };

	if (ip_parse(s, strlen(s), &ret) < 0)
		test_fail(__FILE__, __LINE__, "%s", s);
	return ret;
}

static void contains(void)
{
	static const struct {
		const char *net;
		const char *ip;
		bool in;
	} cases[] = {
		{ "10.0.0.0/8", "10.255.1.2", true },
		{ "10.0.0.0/8", "11.0.0.0", false },
		{ "10.0.0.0/9", "10.128.0.0", false },
		{ "0.0.0.0/0", "255.1.2.3", true },
		{ "0.0.0.0/0", "::1", false },
		{ "::/0", "1.2.3.4", false },
		{ "10.0.0.1/32", "10.0.0.1", true },
		{ "10.0.0.1/32", "10.0.0.0", false },
		{ "fd7a:115c:a1e0::/48", "fd7a:115c:a1e0:ffff::1", true },
		{ "fd7a:115c:a1e0::/47", "fd7a:115c:a1e1::1", true },
		{ "fd7a:115c:a1e0::/48", "fd7a:115c:a1e1::1", false },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ip_prefix n = net(cases[i].net), single;
		struct ip_addr a = addr(cases[i].ip);

		test_case("%s in %s", cases[i].ip, cases[i].net);
		CHECK_EQ(ip_prefix_contains(&n, &a), cases[i].in);
		single = ip_prefix_of(&a);
		CHECK(ip_prefix_is_single(&single));
		CHECK_EQ(ip_prefix_overlaps(&n, &single), cases[i].in);
		CHECK_EQ(ip_prefix_overlaps(&single, &n), cases[i].in);
	}
}

static void ranges(void)
{
	static const struct {
		const char *from;
		const char *to;
		int n;
		const char *first;
		const char *last;
	} cases[] = {
		{ "10.0.0.0", "10.0.0.0", 1, "10.0.0.0/32", "10.0.0.0/32" },
		{ "10.0.0.0", "10.0.0.255", 1, "10.0.0.0/24", "10.0.0.0/24" },
		{ "10.0.0.1", "10.0.0.6", 4, "10.0.0.1/32", "10.0.0.6/32" },
		{ "0.0.0.0", "255.255.255.255", 1, "0.0.0.0/0", "0.0.0.0/0" },
		{ "0.0.0.1", "255.255.255.254", 62, "0.0.0.1/32",
		  "255.255.255.254/32" },
		{ "255.255.255.255", "255.255.255.255", 1,
		  "255.255.255.255/32", "255.255.255.255/32" },
		{ "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 1, "::/0",
		  "::/0" },
		{ "::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", 254,
		  "::1/128", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/128" },
		{ "8000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 1,
		  "8000::/1", "8000::/1" },
		{ "10.0.0.1", "10.0.0.0", TNE_IP_FORMAT, "", "" },
		{ "10.0.0.1", "::1", TNE_IP_FORMAT, "", "" },
	};
	struct ip_prefix nets[IP_RANGE_PREFIXES_MAX];
	char text[IP_PREFIX_TEXT_MAX];
	size_t i;
	int n;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ip_addr from = addr(cases[i].from);
		struct ip_addr to = addr(cases[i].to);

		test_case("%s-%s", cases[i].from, cases[i].to);
		n = ip_range_prefixes(&from, &to, nets);
		CHECK_EQ(n, cases[i].n);
		if (n < 0)
			continue;
		CHECK(strcmp(ip_prefix_format(&nets[0], text),
			     cases[i].first) == 0);
		CHECK(strcmp(ip_prefix_format(&nets[n - 1], text),
			     cases[i].last) == 0);
	}
}

/* All ranges of a small net, address by address. */
static void ranges_are_exact(void)
{
	struct ip_prefix nets[IP_RANGE_PREFIXES_MAX];
	struct ip_addr from = addr("10.0.0.0"), to = from, ip = from;
	int a, b, c, i, n, hits;

	for (a = 0; a < 64; a++) {
		for (b = a; b < 64; b++) {
			from.byte[3] = a;
			to.byte[3] = b;
			n = ip_range_prefixes(&from, &to, nets);
			test_case("%d-%d", a, b);
			CHECK(n > 0);
			for (c = 0; c < 70; c++) {
				ip.byte[3] = c;
				for (hits = 0, i = 0; i < n; i++)
					hits += ip_prefix_contains(&nets[i],
								   &ip);
				CHECK_EQ(hits, c >= a && c <= b);
			}
		}
	}
}

static void link_local(void)
{
	struct ip_addr a = addr("169.254.1.1"), b = addr("febf::1");
	struct ip_addr c = addr("fec0::1"), d = addr("169.253.1.1");

	CHECK(ip_is_link_local(&a));
	CHECK(ip_is_link_local(&b));
	CHECK(!ip_is_link_local(&c));
	CHECK(!ip_is_link_local(&d));
}

static const struct test tests[] = {
	TEST(addresses),
	TEST(prefixes),
	TEST(ports),
	TEST(contains),
	TEST(ranges),
	TEST(ranges_are_exact),
	TEST(link_local),
};
TEST_MAIN(tests)
