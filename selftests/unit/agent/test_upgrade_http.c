// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "base/array.h"
#include "base/buf.h"
#include "base/err.h"
#include "wire/upgrade_http.h"

#include <errno.h>

static void request(void)
{
	static const char start[] =
		"POST /ts2021 HTTP/1.1\r\n"
		"Host: [2001:db8::1]:443\r\n"
		"Upgrade: tailscale-control-protocol\r\n"
		"Connection: upgrade\r\n"
		"X-Tailscale-Handshake: AHEBAGB7";
	uint8_t initiation[CONTROL_INITIATION_LEN] = {
		0x00, 0x71, 0x01, 0x00, 0x60, 0x7b,
	};
	struct buf buf;

	buf_init(&buf, 4096);
	CHECK_EQ(upgrade_http_build("2001:db8::1", 443, initiation, &buf), 0);
	CHECK_MEM(buf_data(&buf), start, strlen(start));
	/* 101 bytes are 136 characters of base64. */
	CHECK_EQ(buf_len(&buf), strlen(start) - 8 + 136 +
		 strlen("\r\nContent-Length: 0\r\n\r\n"));
	CHECK_MEM(buf_data(&buf) + buf_len(&buf) - 4, "\r\n\r\n", 4);
	buf_done(&buf);
}

#define OK "HTTP/1.1 101 Switching Protocols\r\n"
#define UP "Upgrade: tailscale-control-protocol\r\n"
#define CON "Connection: upgrade\r\n"

static void answers(void)
{
	static const struct {
		const char *name;
		const char *text;
		int want;
		size_t rest;
	} cases[] = {
		{ "usual", OK UP CON "\r\n", 0, 0 },
		{ "bytes behind", OK UP CON "\r\n\x02\x01zz", 0, 4 },
		{ "other case", OK "UPGRADE:tailscale-control-protocol \r\n\r\n",
		  0, 0 },
		{ "bare newlines", "HTTP/1.1 101 X\nUpgrade: "
		  "tailscale-control-protocol\n\n", 0, 0 },
		{ "no reason", "HTTP/1.1 101\r\n" UP "\r\n", 0, 0 },
		{ "1.0", "HTTP/1.0 101 X\r\n" UP "\r\n", 0, 0 },
		{ "no upgrade", OK CON "\r\n", TNE_UPGRADE, 0 },
		{ "another upgrade", OK "Upgrade: websocket\r\n\r\n",
		  TNE_UPGRADE, 0 },
		{ "longer upgrade", OK
		  "Upgrade: tailscale-control-protocol2\r\n\r\n", TNE_UPGRADE,
		  0 },
		{ "200", "HTTP/1.1 200 OK\r\n" UP "\r\n", TNE_UPGRADE, 0 },
		{ "301", "HTTP/1.1 301 Moved\r\nLocation: x\r\n\r\n",
		  TNE_UPGRADE, 0 },
		{ "500", "HTTP/1.1 500 No\r\n\r\n", TNE_UPGRADE, 0 },
		{ "HTTP/2", "HTTP/2 101 X\r\n", TNE_HTTP_HEADER, 0 },
		{ "1.2", "HTTP/1.2 101 X\r\n", TNE_HTTP_HEADER, 0 },
		{ "four digits", "HTTP/1.1 1010 X\r\n", TNE_HTTP_HEADER, 0 },
		{ "two digits", "HTTP/1.1 10 X\r\n", TNE_HTTP_HEADER, 0 },
		{ "SSH", "SSH-2.0-OpenSSH\r\n", TNE_HTTP_HEADER, 0 },
		{ "empty line first", "\r\n", TNE_HTTP_HEADER, 0 },
		{ "no colon", OK "x\r\n", TNE_HTTP_HEADER, 0 },
		{ "no name", OK ": x\r\n", TNE_HTTP_HEADER, 0 },
		{ "folded", OK UP " x: y\r\n", TNE_HTTP_HEADER, 0 },
		{ "nothing", "", -EAGAIN, 0 },
		{ "cut", OK UP CON "\r", -EAGAIN, 0 },
	};
	struct err_detail detail;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t len = strlen(cases[i].text);
		uint8_t *copy = malloc(len ? len : 1);
		struct cursor c = { copy, len };

		CHECK(copy);
		test_case("%s", cases[i].name);
		memcpy(copy, cases[i].text, len);
		detail.text[0] = 0;
		CHECK_EQ(upgrade_http_parse(&c, &detail), cases[i].want);
		CHECK_EQ(c.len, cases[i].want < 0 ? len : cases[i].rest);
		CHECK_EQ(detail.text[0] != 0, cases[i].want < 0 &&
			 cases[i].want != -EAGAIN);
		free(copy);
	}
}

static void every_prefix_wants_more(void)
{
	static const char text[] = OK UP CON "\r\n";
	struct err_detail detail;
	size_t len;

	for (len = 0; len < sizeof(text) - 1; len++) {
		uint8_t *copy = malloc(len ? len : 1);
		struct cursor c = { copy, len };

		CHECK(copy);
		memcpy(copy, text, len);
		CHECK_EQ(upgrade_http_parse(&c, &detail), -EAGAIN);
		free(copy);
	}
}

static void longest_header(void)
{
	static char text[UPGRADE_HEADER_MAX + 100];
	struct err_detail detail;
	size_t fill = UPGRADE_HEADER_MAX - strlen(OK UP "X: \r\n\r\n");
	struct cursor c = { (uint8_t *)text, 0 };
	char *end = text;

	end = stpcpy(end, OK UP "X: ");
	memset(end, 'a', fill);
	end = stpcpy(end + fill, "\r\n\r\n");
	c.len = end - text;
	CHECK_EQ(c.len, UPGRADE_HEADER_MAX);
	CHECK_EQ(upgrade_http_parse(&c, &detail), 0);
	/* One byte more. */
	end = text + strlen(OK UP "X: ");
	memset(end, 'a', fill + 1);
	end = stpcpy(end + fill + 1, "\r\n\r\n");
	c = (struct cursor){ (uint8_t *)text, end - text };
	CHECK_EQ(upgrade_http_parse(&c, &detail), TNE_TOO_LONG);
	c.len = UPGRADE_HEADER_MAX - 1;
	CHECK_EQ(upgrade_http_parse(&c, &detail), -EAGAIN);
}

static const struct test tests[] = {
	TEST(request),
	TEST(answers),
	TEST(every_prefix_wants_more),
	TEST(longest_header),
};
TEST_MAIN(tests)
