// SPDX-License-Identifier: GPL-2.0-only
/* The whole way to a server in another process, over TCP. */
#include "test.h"

#include "base/array.h"
#include "conn_rig.h"
#include "control/h2_mem.h"
#include "freed.h"
#include "fail_alloc.h"

#include <errno.h>
#include <unistd.h>

#define CERT "/tmp/test_control_conn.cert.pem"
#define KEY "/tmp/test_control_conn.key.pem"

static void connects(void)
{
	static const struct noise_server_options cases[] = {
		{ .early = false },
		{ .early = true },
		{ .early = true, .early_text = "{}" },
		{ .early = true, .piece = 1 },
		{ .early = true, .piece = 3, .empty = 200, .dribble = true },
		{ .piece = 1, .dribble = true },
		{ .empty = 100 },
		{ .max_streams = 1 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ask ask = {
			.path = "/echo", .body = (const uint8_t *)"hello",
			.body_len = 5,
		};
		const struct control_early *early;

		test_case("case %zu", i);
		rig_begin(&cases[i]);
		rig_run(&rig.connected);
		CHECK(rig.connected && !rig.closed);
		CHECK_EQ(rig_request(&ask), 0);
		rig_run(&ask.over);
		CHECK(ask.over);
		CHECK_EQ(ask.err, 0);
		CHECK_EQ(ask.status, 200);
		CHECK(strcmp(ask.content_type, "text/x") == 0);
		CHECK(strcmp(ask.retry_after, "17") == 0);
		CHECK_EQ(ask.got, 5);
		CHECK(!ask.wrong && !rig.closed && !rig.drained);
		early = control_conn_early(rig.conn);
		CHECK(early);
		CHECK_EQ(early->present, cases[i].early);
		CHECK_EQ(early->has_challenge, cases[i].early &&
			 !cases[i].early_text);
		CHECK(!early->has_challenge ||
		      memcmp(early->challenge.byte, rig.server.public.byte,
			     KEY_LEN) == 0);
		CHECK_EQ(rig.server.shared->connections, 1);
		rig_end();
	}
}

static void early_payload_of_a_broken_server(void)
{
	static const struct {
		struct noise_server_options options;
		int want;
	} cases[] = {
		{ { .early = true, .early_text = "{" }, TNE_CONTROL_EARLY },
		{ { .early = true, .early_text = "[]" }, TNE_CONTROL_EARLY },
		{ { .early = true, .early_len = 65537 }, TNE_CONTROL_LENGTH },
		{ { .early = true, .early_len = 1U << 31 },
		  TNE_CONTROL_LENGTH },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ask ask = { .path = "/echo" };

		test_case("case %zu", i);
		rig_begin(&cases[i].options);
		CHECK_EQ(rig_request(&ask), 0);
		rig_run_closed();
		CHECK_EQ(rig.closed_err, cases[i].want);
		CHECK(ask.over);
		CHECK_EQ(ask.err, cases[i].want);
		rig_end();
	}
}

/* Before it is connected requests wait; several are answered out of order. */
static void many_at_once(void)
{
	static const unsigned int max[] = { 0, 3 };
	static uint8_t body[30][1000];
	struct ask ask[30];
	size_t i, m, over;

	for (m = 0; m < 2; m++) {
		struct noise_server_options options = {
			.max_streams = max[m],
		};

		memset(ask, 0, sizeof(ask));
		rig_begin(&options);
		for (i = 0; i < 30; i++) {
			memset(body[i], i + 1, sizeof(body[i]));
			ask[i].path = i == 7 ? "/big/300000" : "/echo";
			ask[i].body = i == 7 ? NULL : body[i];
			ask[i].body_len = i == 7 ? 0 : 1000;
			CHECK_EQ(rig_request(&ask[i]), 0);
		}
		for (i = 0; i < 30; i++)
			rig_run(&ask[i].over);
		for (i = 0, over = 0; i < 30; i++) {
			test_case("request %zu", i);
			CHECK_EQ(ask[i].err, 0);
			CHECK(!ask[i].wrong);
			CHECK_EQ(ask[i].got, i == 7 ? 300000 : 1000);
			over += ask[i].over;
		}
		CHECK_EQ(over, 30);
		CHECK(!rig.closed);
		rig_end();
	}
}

/* What is sent may be an auth key: no part of the way keeps it. */
static void bodies_are_wiped(void)
{
	static const char body[] = "{\"AuthKey\":\"tskey-secret\"}";
	struct ask ask = {
		.path = "/echo", .body = (const uint8_t *)body,
		.body_len = sizeof(body) - 1,
	};

	freed_watch("tskey-secret");
	rig_begin(&(struct noise_server_options){ 0 });
	CHECK_EQ(rig_request(&ask), 0);
	rig_run(&ask.over);
	CHECK_EQ(ask.got, sizeof(body) - 1);
	rig_end();
	CHECK_EQ(freed.with_it, 0);
	freed_watch(NULL);
}

/* So are fields, which the library copies, moves and frees as they are. */
static void fields_are_wiped(void)
{
	nghttp2_mem mem = h2_mem();
	char *p;

	freed_watch("field-secret");
	p = mem.malloc(20, NULL);
	CHECK(p);
	strcpy(p, "a field-secret");
	p = mem.realloc(p, 100000, NULL);
	CHECK(p);
	CHECK_EQ(strcmp(p, "a field-secret"), 0);
	mem.free(p, NULL);
	CHECK_EQ(freed.with_it, 0);
	freed_watch(NULL);
}

static void big_bodies_over(const struct noise_server_options *options)
{
	static uint8_t body[900000];
	struct ask big = { .path = "/big/20000000", .method = "GET" };
	struct ask hang = { .path = "/hang" };
	struct ask echo = {
		.path = "/echo", .body = body, .body_len = sizeof(body),
	};
	size_t i;

	for (i = 0; i < sizeof(body); i++)
		body[i] = i * 3 + (i >> 7);
	rig_begin(options);
	CHECK_EQ(rig_request(&hang), 0);
	CHECK_EQ(rig_request(&big), 0);
	CHECK_EQ(rig_request(&echo), 0);
	rig_run(&big.over);
	rig_run(&echo.over);
	CHECK(big.over && echo.over && !hang.over);
	CHECK_EQ(big.err, 0);
	CHECK_EQ(big.got, 20000000);
	CHECK_EQ(echo.err, 0);
	CHECK_EQ(echo.got, sizeof(body));
	CHECK(!big.wrong && !echo.wrong && !rig.closed);
	rig_end();
}

/*
 * What is sent goes out in pieces, and there are more of them than the socket
 * takes: the stream is gone when the next one is due.
 */
static void bodies_nobody_wants(void)
{
	static uint8_t body[8 << 20];
	struct ask first = { .path = "/echo" }, after = { .path = "/echo" };
	struct ask lost[3], given_up = {
		.path = "/hang", .body = body, .body_len = sizeof(body),
	};
	size_t i;

	rig_begin(&(struct noise_server_options){ .window = 32 << 20 });
	CHECK_EQ(rig_request(&first), 0);
	rig_run(&first.over);
	/* What the server keeps makes it slow enough for the socket to fill. */
	CHECK_EQ(rig_request(&given_up), 0);
	for (i = 0; i < 3; i++) {
		lost[i] = (struct ask){ .path = "/reset_early", .body = body,
					.body_len = sizeof(body) };
		CHECK_EQ(rig_request(&lost[i]), 0);
	}
	for (i = 0; i < 3; i++) {
		rig_run(&lost[i].over);
		CHECK_EQ(lost[i].err, TNE_H2_RESET);
	}
	h2_cancel(given_up.stream);
	CHECK_EQ(rig_request(&after), 0);
	rig_run(&after.over);
	CHECK_EQ(after.err, 0);
	CHECK(!given_up.over && !rig.closed);
	rig_end();
}

static void big_bodies(void)
{
	big_bodies_over(&(struct noise_server_options){ .early = true });
}

static void big_bodies_in_tls(void)
{
	const struct noise_server_options options = {
		.early = true, .tls = true, .cert = CERT, .key = KEY,
	};

	rig.over_tls = true;
	big_bodies_over(&options);
	rig.over_tls = false;
}

/* The proxy is asked for a tunnel, and looks the name up. */
static void through_a_proxy(void)
{
	struct ask ask = { .path = "/big/100000" };
	char proxy[64];

	noise_server_start(&(struct noise_server_options){ .early = true },
			   &rig.server);
	snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%u", rig.server.port);
	setenv("http_proxy", proxy, 1);
	rig.by_proxy = true;
	CHECK_EQ(rig_begin_client(), 0);
	rig.by_proxy = false;
	CHECK_EQ(rig_request(&ask), 0);
	rig_run(&ask.over);
	unsetenv("http_proxy");
	CHECK(strcmp((char *)rig.server.shared->connect,
		     "CONNECT server.invalid:1234 HTTP/1.1") == 0);
	CHECK_EQ(ask.err, 0);
	CHECK_EQ(ask.got, 100000);
	rig_end();
}

/* Methods with and without a body, as the protocol has them. */
static void methods(void)
{
	static const struct {
		const char *method;
		size_t len;
	} cases[] = {
		{ "GET", 3 }, { "PATCH", 3 }, { "GET", 0 }, { "POST", 0 },
	};
	size_t i;

	rig_begin(&(struct noise_server_options){ 0 });
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ask ask = {
			.method = cases[i].method, .path = "/echo",
			.body = (const uint8_t *)"abc",
			.body_len = cases[i].len,
		};

		test_case("%s %zu", cases[i].method, cases[i].len);
		CHECK_EQ(rig_request(&ask), 0);
		rig_run(&ask.over);
		CHECK_EQ(ask.err, 0);
		CHECK_EQ(ask.got, cases[i].len);
	}
	rig_end();
}

static void answers_of_all_kinds(void)
{
	static const struct {
		const char *path;
		int err;
		int status;
	} cases[] = {
		{ "/status/404", 0, 404 },
		{ "/status/500", 0, 500 },
		{ "/reset", TNE_H2_RESET, 0 },
		{ "/refuse", TNE_H2_REFUSED, 0 },
		{ "/interim", 0, 200 },
		{ "/headers/64/1", 0, 200 },
		{ "/headers/65/1", TNE_H2_HEADERS, 0 },
		{ "/headers/300/1", TNE_H2_HEADERS, 0 },
		/* ":status" and "200" are 10 bytes, a name is 8. */
		{ "/headers/2/32750", 0, 200 },
		{ "/headers/2/32751", TNE_H2_HEADERS, 0 },
		{ "/headers/2/60000", TNE_H2_HEADERS, 0 },
		{ "/echo", 0, 200 },
	};
	size_t i;

	rig_begin(&(struct noise_server_options){ 0 });
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ask ask = { .path = cases[i].path };

		test_case("%s", cases[i].path);
		CHECK_EQ(rig_request(&ask), 0);
		rig_run(&ask.over);
		CHECK(ask.over && !rig.closed);
		CHECK_EQ(ask.err, cases[i].err);
		CHECK_EQ(ask.status, cases[i].status);
	}
	rig_end();
}

static void goaway(void)
{
	struct ask slow = { .path = "/hang" }, last = { .path = "/goaway" };
	struct ask after = { .path = "/echo" };

	rig_begin(&(struct noise_server_options){ 0 });
	CHECK_EQ(rig_request(&slow), 0);
	CHECK_EQ(rig_request(&last), 0);
	rig_run(&last.over);
	CHECK_EQ(last.err, 0);
	CHECK(rig.drained && !rig.closed && !slow.over);
	CHECK_EQ(rig_request(&after), TNE_H2_GOAWAY);
	h2_cancel(slow.stream);
	loop_turn(rig.loop, 0);
	rig_run_closed();
	CHECK_EQ(rig.closed_err, TNE_H2_GOAWAY);
	CHECK(!slow.over);
	rig_end();
}

/* None of them was looked at, sent or not: all may be sent again. */
static void goaway_of_what_was_sent(void)
{
	struct ask ask[5] = {
		{ .path = "/goaway0" }, { .path = "/hang" },
		{ .path = "/hang" }, { .path = "/hang" }, { .path = "/hang" },
	};
	size_t i;

	rig_begin(&(struct noise_server_options){ .max_streams = 2 });
	rig_run(&rig.connected);
	CHECK_EQ(rig_request(&ask[0]), 0);
	for (i = 1; i < 5; i++)
		CHECK_EQ(rig_request(&ask[i]), 0);
	rig_run_closed();
	CHECK(rig.drained);
	CHECK_EQ(rig.closed_err, TNE_H2_GOAWAY);
	for (i = 0; i < 5; i++) {
		test_case("request %zu", i);
		CHECK(ask[i].over);
		CHECK_EQ(ask[i].err, TNE_H2_REFUSED);
	}
	rig_end();
}

static void push_is_refused(void)
{
	struct ask ask = { .path = "/push" };

	rig_begin(&(struct noise_server_options){ 0 });
	CHECK_EQ(rig_request(&ask), 0);
	rig_run_closed();
	CHECK_EQ(rig.closed_err, TNE_H2);
	CHECK_EQ(ask.err, TNE_H2);
	rig_end();
}

static void server_goes_away(void)
{
	struct ask hang = { .path = "/hang" }, ask = { .path = "/close" };

	rig_begin(&(struct noise_server_options){ 0 });
	CHECK_EQ(rig_request(&hang), 0);
	CHECK_EQ(rig_request(&ask), 0);
	rig_run_closed();
	CHECK(hang.over && ask.over && rig.connected);
	CHECK(ask.err == TNE_CLOSED || ask.err == -ECONNRESET);
	CHECK_EQ(hang.err, rig.closed_err);
	CHECK_EQ(rig_request(&ask), TNE_H2_GOAWAY);
	rig_end();
}

static void other_key(void)
{
	struct machine_public key;

	noise_server_start(&(struct noise_server_options){ 0 }, &rig.server);
	key = rig.server.public;
	rig.server.public.byte[3] ^= 1;
	CHECK_EQ(rig_begin_client(), 0);
	rig_run_closed();
	CHECK(!rig.connected);
	/* It cannot even read who we are, and says nothing more. */
	CHECK_EQ(rig.closed_err, TNE_CLOSED);
	rig.server.public = key;
	rig_end();
}

static void refuses_bad_requests(void)
{
	struct ask ask = { .path = "echo" };
	struct control_conn *other = NULL;

	rig_begin(&(struct noise_server_options){ 0 });
	CHECK_EQ(rig_request(&ask), -EINVAL);
	other = rig.conn;
	CHECK_EQ(rig_open_to("ftp://127.0.0.1", &rig.server.public), TNE_URL);
	CHECK(rig.conn == other);
	rig_end();
}

/* Silence is answered by a PING, and its own silence by the end. */
static void keepalive(void)
{
	struct ask ask = { .path = "/echo" }, hang = { .path = "/hang" };
	int i;

	clock_sim_init(&rig.sim, 0);
	rig.which_clock = &rig.sim.clock;
	rig_begin(&(struct noise_server_options){ 0 });
	rig.which_clock = NULL;
	CHECK_EQ(rig_request(&ask), 0);
	CHECK_EQ(rig_request(&hang), 0);
	rig_run(&ask.over);
	CHECK_EQ(ask.err, 0);
	for (i = 0; i < 20; i++)
		loop_turn(rig.loop, 5);
	/* The server answers each PING: for hours nothing happens. */
	for (i = 0; i < 5; i++) {
		loop_advance(rig.loop, H2_IDLE_MS);
		loop_turn(rig.loop, 0);
		/* Two seconds, if the answer came in the turn before. */
		loop_turn(rig.loop, 2000);
		loop_turn(rig.loop, 20);
		CHECK(!rig.closed);
	}
	/* It is stopped, and the world goes on. */
	kill(rig.server.pid, SIGSTOP);
	loop_advance(rig.loop, H2_IDLE_MS);
	loop_turn(rig.loop, 20);
	CHECK(!rig.closed);
	loop_advance(rig.loop, H2_PING_MS);
	CHECK(rig.closed);
	CHECK_EQ(rig.closed_err, -ETIMEDOUT);
	rig_end_client();
	noise_server_stop(&rig.server);
}

static void silent_server(void)
{
	struct ask hang = { .path = "/echo" };
	int i;

	clock_sim_init(&rig.sim, 0);
	rig.which_clock = &rig.sim.clock;
	rig_begin(&(struct noise_server_options){ .silent = true });
	rig.which_clock = NULL;
	CHECK_EQ(rig_request(&hang), 0);
	for (i = 0; i < 20; i++)
		loop_turn(rig.loop, 5);
	loop_advance(rig.loop, DIAL_DEADLINE_MS - 1);
	CHECK(!rig.closed);
	loop_advance(rig.loop, 1);
	CHECK(rig.closed);
	CHECK_EQ(rig.closed_err, -ETIMEDOUT);
	CHECK_EQ(hang.err, -ETIMEDOUT);
	rig_end();
}

static const struct test tests[] = {
	TEST(connects),
	TEST(early_payload_of_a_broken_server),
	TEST(many_at_once),
	TEST(bodies_are_wiped),
	TEST(fields_are_wiped),
	TEST(big_bodies),
	TEST(bodies_nobody_wants),
	TEST(big_bodies_in_tls),
	TEST(through_a_proxy),
	TEST(methods),
	TEST(answers_of_all_kinds),
	TEST(goaway),
	TEST(goaway_of_what_was_sent),
	TEST(push_is_refused),
	TEST(server_goes_away),
	TEST(other_key),
	TEST(refuses_bad_requests),
	TEST(keepalive),
	TEST(silent_server),
};

int main(int argc, char **argv)
{
	int r;

	if (secret_init() < 0)
		return 2;
	noise_server_certificate(CERT, KEY);
	r = test_main(tests, ARRAY_SIZE(tests), argc, argv);
	unlink(CERT);
	unlink(KEY);
	return r;
}
