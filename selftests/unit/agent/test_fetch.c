// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/err.h"
#include "fail_alloc.h"
#include "loop/fetch.h"
#include "loop/loop.h"
#include "loop/transfers.h"
#include "noise_server.h"

#include <errno.h>
#include <unistd.h>

#define CERT "/tmp/test_fetch.cert.pem"
#define KEY "/tmp/test_fetch.key.pem"

static struct clock_sim sim;
static struct loop *loop;
static struct transfers *transfers;
static bool over;
static int result, status;
static char body[256], retry_after[64];
static size_t body_len;

static void done(void *ctx, int err, const struct err_detail *detail,
		 const struct fetch_response *response)
{
	(void)ctx;
	(void)detail;
	over = true;
	result = err;
	status = response ? response->status : 0;
	body_len = response ? response->body_len : 0;
	if (body_len && body_len < sizeof(body)) {
		memcpy(body, response->body, body_len);
		body[body_len] = 0;
	}
	strcpy(retry_after, response ? response->retry_after : "");
}

static void begin(const struct clock *clock, const char *ca)
{
	struct host_override override = { .host = "server.invalid" };
	const struct transfers_options options = {
		.no_proxy = true, .ca_file = ca,
		.overrides = &override, .n_overrides = 1,
	};

	resolve_parse_addr("127.0.0.1", &override.addr);
	if (loop_new(clock, &loop) < 0 ||
	    transfers_new(loop, &options, &transfers) < 0)
		abort();
}

static void end(void)
{
	transfers_free(transfers);
	loop_free(loop);
}

static int run(const struct fetch_request *request)
{
	uint64_t start_ms = clock_boot_ms(clock_system());
	struct fetch *fetch;
	int r;

	over = false;
	r = fetch_start(transfers, request, done, NULL, &fetch);
	while (r == 0 && !over &&
	       clock_boot_ms(clock_system()) - start_ms < 20000)
		loop_turn(loop, 50);
	return r == 0 && !over ? 1 : r < 0 ? r : result;
}

static struct fetch_request get(const char *scheme, uint16_t port)
{
	static char url[128];

	snprintf(url, sizeof(url), "%s://server.invalid:%u/x", scheme, port);
	return (struct fetch_request){
		.method = FETCH_GET, .url = url, .body_max = 100,
		.redirects_max = 3, .timeout_ms = 5000,
	};
}

#define HEAD "HTTP/1.1 200 OK\r\nRetry-After: 9 \r\nConnection: close\r\n\r\n"

static void methods(void)
{
	static const struct noise_server_options options = {
		.http = HEAD "hello",
	};
	static const char *const headers[] = { "X-A: b" };
	struct noise_server server;
	struct fetch_request request;

	noise_server_start(&options, &server);
	begin(clock_system(), NULL);
	request = get("http", server.port);
	CHECK_EQ(run(&request), 0);
	CHECK_EQ(status, 200);
	CHECK(strcmp(body, "hello") == 0 && strcmp(retry_after, "9") == 0);
	CHECK(strcmp((char *)server.shared->http_request,
		     "GET /x HTTP/1.1") == 0);
	request.method = FETCH_POST;
	request.body = "abc";
	request.body_len = 3;
	request.headers = headers;
	request.n_headers = 1;
	CHECK_EQ(run(&request), 0);
	CHECK(strcmp((char *)server.shared->http_request,
		     "POST /x HTTP/1.1") == 0);
	request.method = FETCH_HEAD;
	CHECK_EQ(run(&request), 0);
	CHECK_EQ(body_len, 0);
	CHECK(strcmp((char *)server.shared->http_request,
		     "HEAD /x HTTP/1.1") == 0);
	end();
	noise_server_stop(&server);
}

static void limits(void)
{
	static char http[2000];
	struct noise_server_options options = { .http = http };
	struct noise_server server;
	struct fetch_request request;
	int extra;

	begin(clock_system(), NULL);
	for (extra = 0; extra < 2; extra++) {
		sprintf(http, HEAD "%0*d", 100 + extra, 0);
		noise_server_start(&options, &server);
		request = get("http", server.port);
		CHECK_EQ(run(&request), extra ? TNE_TOO_LONG : 0);
		CHECK_EQ(body_len, extra ? 0 : 100);
		request.body_max = 1000;
		request.header_max = strlen(HEAD) - extra;
		CHECK_EQ(run(&request), extra ? TNE_TOO_LONG : 0);
		noise_server_stop(&server);
	}
	end();
}

static void redirects(void)
{
	static const char loops[] = "HTTP/1.1 302 Found\r\nLocation: /y\r\n"
				    "Connection: close\r\n\r\n";
	static const struct noise_server_options options = { .http = loops };
	static const struct noise_server_options target = {
		.http = HEAD "end",
	};
	struct noise_server_options secure = {
		.tls = true, .cert = CERT, .key = KEY,
	};
	struct noise_server server, other, from_tls;
	struct fetch_request request;
	char to_http[200];

	begin(clock_system(), CERT);
	noise_server_start(&options, &server);
	request = get("http", server.port);
	CHECK_EQ(run(&request), TNE_REDIRECT);
	CHECK_EQ(server.shared->connections, 4);
	request.redirects_max = 0;
	CHECK_EQ(run(&request), TNE_REDIRECT);
	request.method = FETCH_POST;
	request.redirects_max = 3;
	CHECK_EQ(run(&request), 0);
	CHECK_EQ(status, 302);

	noise_server_start(&target, &other);
	sprintf(to_http, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%u/"
		"\r\nConnection: close\r\n\r\n", other.port);
	secure.http = to_http;
	noise_server_start(&secure, &from_tls);
	request = get("https", from_tls.port);
	sprintf((char *)request.url, "https://localhost:%u/", from_tls.port);
	/* The secret way does not lead to an open one. */
	CHECK_EQ(run(&request), TNE_REDIRECT);
	CHECK_EQ(other.shared->connections, 0);
	noise_server_stop(&from_tls);
	noise_server_stop(&other);
	noise_server_stop(&server);
	end();
}

static void bad_urls(void)
{
	static const char *const urls[] = {
		"", "x", "ftp://127.0.0.1/", "file:///etc/passwd",
		"http://", "gopher://127.0.0.1/",
	};
	struct fetch_request request = get("http", 1);
	size_t i;

	begin(clock_system(), NULL);
	for (i = 0; i < ARRAY_SIZE(urls); i++) {
		test_case("%s", urls[i]);
		request.url = urls[i];
		CHECK_EQ(run(&request), TNE_URL);
	}
	end();
}

static void times_out(void)
{
	static const struct noise_server_options silent = { .silent = true };
	struct noise_server server;
	struct fetch_request request;
	struct fetch *fetch;
	int i;

	noise_server_start(&silent, &server);
	clock_sim_init(&sim, 0);
	begin(&sim.clock, NULL);
	request = get("http", server.port);
	over = false;
	CHECK_EQ(fetch_start(transfers, &request, done, NULL, &fetch), 0);
	for (i = 0; i < 10; i++)
		loop_turn(loop, 5);
	loop_advance(loop, 4999);
	CHECK(!over);
	loop_advance(loop, 1);
	CHECK(over);
	CHECK_EQ(result, -ETIMEDOUT);
	end();
	noise_server_stop(&server);
}

static void cancelled(void)
{
	static const struct noise_server_options options = {
		.http = HEAD "hello",
	};
	struct noise_server server;
	struct fetch_request request;
	struct fetch *fetch;
	int turns, i;

	noise_server_start(&options, &server);
	begin(clock_system(), NULL);
	request = get("http", server.port);
	over = false;
	for (turns = 0; turns < 4; turns++) {
		CHECK_EQ(fetch_start(transfers, &request, done, NULL, &fetch),
			 0);
		for (i = 0; i < turns && !over; i++)
			loop_turn(loop, 0);
		if (!over)
			fetch_cancel(fetch);
		over = false;
		loop_turn(loop, 20);
		CHECK(!over);
	}
	fetch_cancel(NULL);
	end();
	noise_server_stop(&server);
}

static void survives_lack_of_memory(void)
{
	static const struct noise_server_options options = {
		.http = HEAD "hello",
	};
	struct noise_server server;
	struct fetch_request request;
	size_t n = 0, failed = 0;
	int r;

	noise_server_start(&options, &server);
	begin(clock_system(), NULL);
	request = get("http", server.port);
	/* Without the watch of a socket it may be late, or still succeed. */
	do {
		fail_alloc_at(n++);
		r = run(&request);
		CHECK(r <= 0);
		failed += r < 0;
	} while (fail_alloc_happened());
	fail_alloc_at(SIZE_MAX);
	CHECK_EQ(r, 0);
	CHECK(failed >= 5);
	/* And nothing of it is left behind. */
	CHECK_EQ(run(&request), 0);
	end();
	noise_server_stop(&server);
}

static const struct test tests[] = {
	TEST(methods),
	TEST(limits),
	TEST(redirects),
	TEST(bad_urls),
	TEST(times_out),
	TEST(cancelled),
	TEST(survives_lack_of_memory),
};

int main(int argc, char **argv)
{
	int r;

	noise_server_certificate(CERT, KEY);
	r = test_main(tests, ARRAY_SIZE(tests), argc, argv);
	unlink(CERT);
	unlink(KEY);
	return r;
}
