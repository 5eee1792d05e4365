// SPDX-License-Identifier: GPL-2.0-only
/* The whole way to a server in another process, over TCP. */
#include "test.h"

#include "base/array.h"
#include "base/clock.h"
#include "control/control_conn.h"
#include "fail_alloc.h"
#include "loop/loop.h"
#include "loop/transfers.h"
#include "noise_server.h"

#include <errno.h>
#include <unistd.h>

#define CERT "/tmp/test_control_conn.cert.pem"
#define KEY "/tmp/test_control_conn.key.pem"

#define PATIENCE_MS 20000	/* real time that a test may take */

/* One request, and what became of it. */
struct ask {
	const char *method;
	const char *path;
	const uint8_t *body;
	size_t body_len;
	struct h2_stream *stream;
	int status;
	char content_type[64];
	char retry_after[64];
	size_t got;
	bool wrong;		/* a byte of the pattern */
	bool over;
	int err;
	void (*on_response)(struct ask *ask);
	void (*on_data)(struct ask *ask);
	void (*on_end)(struct ask *ask);
};

static struct clock_sim sim;
static const struct clock *which_clock;
static struct noise_server server;
static struct loop *loop;
static struct transfers *transfers;
static struct secret32 *machine;
static struct dial_memory memory;
static struct control_conn *conn;
static bool connected, drained, closed;
static int closed_err;
static char closed_text[400];
static bool free_when_connected;
static bool over_tls;
static bool by_proxy;

static void on_connected(void *ctx)
{
	(void)ctx;
	connected = true;
	if (free_when_connected) {
		control_conn_free(conn);
		conn = NULL;
	}
}

static void on_draining(void *ctx)
{
	(void)ctx;
	drained = true;
}

static void on_closed(void *ctx, int err, const struct err_detail *detail)
{
	(void)ctx;
	closed = true;
	closed_err = err;
	strcpy(closed_text, detail->text);
}

static int open_to(const char *url, const struct machine_public *key)
{
	const struct control_conn_config config = {
		.transfers = transfers,
		.server_url = url,
		.server = key,
		.machine = machine,
		.version = CONTROL_VERSION,
		.memory = &memory,
	};
	const struct control_conn_calls calls = {
		.connected = on_connected,
		.draining = on_draining,
		.closed = on_closed,
	};

	return control_conn_open(&config, &calls, &conn);
}

static int begin_client(void)
{
	const struct transfers_options options = { .no_proxy = !by_proxy };
	char url[64];
	int r;

	connected = false;
	drained = false;
	closed = false;
	closed_err = 0;
	conn = NULL;
	memset(&memory, 0, sizeof(memory));
	loop = NULL;
	transfers = NULL;
	machine = secret32_new();
	if (!machine)
		return -ENOMEM;
	memset(secret32_expose(machine), 0x11, SECRET_LEN);
	r = loop_new(which_clock ? which_clock : clock_system(), &loop);
	if (r == 0)
		r = transfers_new(loop, &options, &transfers);
	snprintf(url, sizeof(url), "%s://127.0.0.1:%u/",
		 over_tls ? "https" : "http", server.port);
	if (by_proxy)
		strcpy(url, "http://server.invalid:1234");
	if (r == 0)
		r = open_to(url, &server.public);
	return r;
}

static void end_client(void)
{
	control_conn_free(conn);
	transfers_free(transfers);
	loop_free(loop);
	secret32_free(machine);
}

static void begin(const struct noise_server_options *options)
{
	noise_server_start(options, &server);
	if (begin_client() < 0)
		abort();
}

static void end(void)
{
	end_client();
	noise_server_stop(&server);
}

static void on_response(void *ctx, const struct h2_response *response)
{
	struct ask *ask = ctx;

	ask->status = response->status;
	strcpy(ask->content_type, response->content_type);
	strcpy(ask->retry_after, response->retry_after);
	if (ask->on_response)
		ask->on_response(ask);
}

static void on_data(void *ctx, const uint8_t *data, size_t len)
{
	struct ask *ask = ctx;
	size_t i;

	for (i = 0; i < len; i++) {
		uint8_t want = ask->body_len ?
			ask->body[(ask->got + i) % ask->body_len] :
			NOISE_SERVER_PATTERN(ask->got + i);

		if (data[i] != want)
			ask->wrong = true;
	}
	ask->got += len;
	if (ask->on_data)
		ask->on_data(ask);
}

static void on_end(void *ctx, int err)
{
	struct ask *ask = ctx;

	ask->over = true;
	ask->err = err;
	if (ask->on_end)
		ask->on_end(ask);
}

static int request(struct ask *ask)
{
	static const struct h2_header headers[] = {
		{ "ts-lb", "nodekey:00" }, { "content-type", "text/plain" },
	};
	const struct h2_request req = {
		.method = ask->method ? ask->method : "POST",
		.path = ask->path,
		.headers = headers,
		.n_headers = 2,
		.body = ask->body,
		.body_len = ask->body_len,
	};
	const struct h2_stream_calls calls = {
		.response = on_response, .data = on_data, .end = on_end,
		.ctx = ask,
	};

	return control_conn_request(conn, &req, &calls, &ask->stream);
}

/* Run until @done, or the connection is closed, or all patience is gone. */
static void run(const bool *done)
{
	uint64_t start = clock_boot_ms(clock_system());

	while (!*done && !closed &&
	       clock_boot_ms(clock_system()) - start < PATIENCE_MS)
		loop_turn(loop, 50);
}

static void run_closed(void)
{
	run(&closed);
}

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
		begin(&cases[i]);
		run(&connected);
		CHECK(connected && !closed);
		CHECK_EQ(request(&ask), 0);
		run(&ask.over);
		CHECK(ask.over);
		CHECK_EQ(ask.err, 0);
		CHECK_EQ(ask.status, 200);
		CHECK(strcmp(ask.content_type, "text/x") == 0);
		CHECK(strcmp(ask.retry_after, "17") == 0);
		CHECK_EQ(ask.got, 5);
		CHECK(!ask.wrong && !closed && !drained);
		early = control_conn_early(conn);
		CHECK(early);
		CHECK_EQ(early->present, cases[i].early);
		CHECK_EQ(early->has_challenge, cases[i].early &&
			 !cases[i].early_text);
		CHECK(!early->has_challenge ||
		      memcmp(early->challenge.byte, server.public.byte,
			     KEY_LEN) == 0);
		CHECK_EQ(server.shared->connections, 1);
		end();
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
		begin(&cases[i].options);
		CHECK_EQ(request(&ask), 0);
		run_closed();
		CHECK_EQ(closed_err, cases[i].want);
		CHECK(ask.over);
		CHECK_EQ(ask.err, cases[i].want);
		end();
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
		begin(&options);
		for (i = 0; i < 30; i++) {
			memset(body[i], i + 1, sizeof(body[i]));
			ask[i].path = i == 7 ? "/big/300000" : "/echo";
			ask[i].body = i == 7 ? NULL : body[i];
			ask[i].body_len = i == 7 ? 0 : 1000;
			CHECK_EQ(request(&ask[i]), 0);
		}
		for (i = 0; i < 30; i++)
			run(&ask[i].over);
		for (i = 0, over = 0; i < 30; i++) {
			test_case("request %zu", i);
			CHECK_EQ(ask[i].err, 0);
			CHECK(!ask[i].wrong);
			CHECK_EQ(ask[i].got, i == 7 ? 300000 : 1000);
			over += ask[i].over;
		}
		CHECK_EQ(over, 30);
		CHECK(!closed);
		end();
	}
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
	begin(options);
	CHECK_EQ(request(&hang), 0);
	CHECK_EQ(request(&big), 0);
	CHECK_EQ(request(&echo), 0);
	run(&big.over);
	run(&echo.over);
	CHECK(big.over && echo.over && !hang.over);
	CHECK_EQ(big.err, 0);
	CHECK_EQ(big.got, 20000000);
	CHECK_EQ(echo.err, 0);
	CHECK_EQ(echo.got, sizeof(body));
	CHECK(!big.wrong && !echo.wrong && !closed);
	end();
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

	over_tls = true;
	big_bodies_over(&options);
	over_tls = false;
}

/* The proxy is asked for a tunnel, and looks the name up. */
static void through_a_proxy(void)
{
	struct ask ask = { .path = "/big/100000" };
	char proxy[64];

	noise_server_start(&(struct noise_server_options){ .early = true },
			   &server);
	snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%u", server.port);
	setenv("http_proxy", proxy, 1);
	by_proxy = true;
	CHECK_EQ(begin_client(), 0);
	by_proxy = false;
	CHECK_EQ(request(&ask), 0);
	run(&ask.over);
	unsetenv("http_proxy");
	CHECK(strcmp((char *)server.shared->connect,
		     "CONNECT server.invalid:1234 HTTP/1.1") == 0);
	CHECK_EQ(ask.err, 0);
	CHECK_EQ(ask.got, 100000);
	end();
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

	begin(&(struct noise_server_options){ 0 });
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ask ask = {
			.method = cases[i].method, .path = "/echo",
			.body = (const uint8_t *)"abc",
			.body_len = cases[i].len,
		};

		test_case("%s %zu", cases[i].method, cases[i].len);
		CHECK_EQ(request(&ask), 0);
		run(&ask.over);
		CHECK_EQ(ask.err, 0);
		CHECK_EQ(ask.got, cases[i].len);
	}
	end();
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

	begin(&(struct noise_server_options){ 0 });
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ask ask = { .path = cases[i].path };

		test_case("%s", cases[i].path);
		CHECK_EQ(request(&ask), 0);
		run(&ask.over);
		CHECK(ask.over && !closed);
		CHECK_EQ(ask.err, cases[i].err);
		CHECK_EQ(ask.status, cases[i].status);
	}
	end();
}

static void goaway(void)
{
	struct ask slow = { .path = "/hang" }, last = { .path = "/goaway" };
	struct ask after = { .path = "/echo" };

	begin(&(struct noise_server_options){ 0 });
	CHECK_EQ(request(&slow), 0);
	CHECK_EQ(request(&last), 0);
	run(&last.over);
	CHECK_EQ(last.err, 0);
	CHECK(drained && !closed && !slow.over);
	CHECK_EQ(request(&after), TNE_H2_GOAWAY);
	h2_cancel(slow.stream);
	loop_turn(loop, 0);
	run_closed();
	CHECK_EQ(closed_err, TNE_H2_GOAWAY);
	CHECK(!slow.over);
	end();
}

/* None of them was looked at, sent or not: all may be sent again. */
static void goaway_of_what_was_sent(void)
{
	struct ask ask[5] = {
		{ .path = "/goaway0" }, { .path = "/hang" },
		{ .path = "/hang" }, { .path = "/hang" }, { .path = "/hang" },
	};
	size_t i;

	begin(&(struct noise_server_options){ .max_streams = 2 });
	run(&connected);
	CHECK_EQ(request(&ask[0]), 0);
	for (i = 1; i < 5; i++)
		CHECK_EQ(request(&ask[i]), 0);
	run_closed();
	CHECK(drained);
	CHECK_EQ(closed_err, TNE_H2_GOAWAY);
	for (i = 0; i < 5; i++) {
		test_case("request %zu", i);
		CHECK(ask[i].over);
		CHECK_EQ(ask[i].err, TNE_H2_REFUSED);
	}
	end();
}

static void push_is_refused(void)
{
	struct ask ask = { .path = "/push" };

	begin(&(struct noise_server_options){ 0 });
	CHECK_EQ(request(&ask), 0);
	run_closed();
	CHECK_EQ(closed_err, TNE_H2);
	CHECK_EQ(ask.err, TNE_H2);
	end();
}

static void server_goes_away(void)
{
	struct ask hang = { .path = "/hang" }, ask = { .path = "/close" };

	begin(&(struct noise_server_options){ 0 });
	CHECK_EQ(request(&hang), 0);
	CHECK_EQ(request(&ask), 0);
	run_closed();
	CHECK(hang.over && ask.over && connected);
	CHECK(ask.err == TNE_CLOSED || ask.err == -ECONNRESET);
	CHECK_EQ(hang.err, closed_err);
	CHECK_EQ(request(&ask), TNE_H2_GOAWAY);
	end();
}

static void other_key(void)
{
	struct machine_public key;

	noise_server_start(&(struct noise_server_options){ 0 }, &server);
	key = server.public;
	server.public.byte[3] ^= 1;
	CHECK_EQ(begin_client(), 0);
	run_closed();
	CHECK(!connected);
	/* It cannot even read who we are, and says nothing more. */
	CHECK_EQ(closed_err, TNE_CLOSED);
	server.public = key;
	end();
}

/* Wrong at each stage, by bytes that are not Noise. */
static void malformed(void)
{
	static uint8_t long_error[3 + 65535] = { 3, 255, 255, 'x', 27 };
	static const uint8_t bad_response[51] = { 2, 0, 48, 9 };
	static const uint8_t low_order[51] = { 2, 0, 48 };
	static uint8_t record[4097] = { 4, 0x0f, 0xfe };
	static const struct {
		const char *name;
		const void *bytes;
		size_t len;
		int want;
		bool handshake;
	} cases[] = {
		{ "nothing", "", 0, TNE_CLOSED, false },
		{ "type 4", "\4\0\60", 3, TNE_CONTROL_TYPE, false },
		{ "type 1", "\1", 1, TNE_CONTROL_TYPE, false },
		{ "length 49", "\2\0\61", 3, TNE_CONTROL_LENGTH, false },
		{ "length 47", "\2\0\57", 3, TNE_CONTROL_LENGTH, false },
		{ "half", "\2\0\60abc", 6, TNE_CLOSED, false },
		{ "bad tag", bad_response, 51, TNE_NOISE_TAG, false },
		{ "low order", low_order, 51, TNE_NOISE_DH, false },
		{ "error", "\3\0\2no", 5, TNE_CONTROL_REFUSED, false },
		{ "empty error", "\3\0\0", 3, TNE_CONTROL_REFUSED, false },
		{ "long error", long_error, sizeof(long_error),
		  TNE_CONTROL_REFUSED, false },
		{ "cut error", "\3\0\3no", 5, TNE_CLOSED, false },
		{ "record of type 5", "\5\0\60", 3, TNE_CONTROL_TYPE, true },
		{ "record of type 2", "\2\0\60", 3, TNE_CONTROL_TYPE, true },
		{ "record of 15", "\4\0\17", 3, TNE_CONTROL_LENGTH, true },
		{ "record of 4097", record, 4097, TNE_CONTROL_LENGTH, true },
		{ "record of 65535", "\4\377\377", 3, TNE_CONTROL_LENGTH,
		  true },
		{ "record of zeros", "\4\0\20\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
		  19, TNE_NOISE_TAG, true },
		{ "cut record", "\4\0\20\0", 4, TNE_CLOSED, true },
		{ "no record", "", 0, TNE_CLOSED, true },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct noise_server_options options = { 0 };
		struct ask ask = { .path = "/echo" };

		if (cases[i].handshake) {
			options.after_handshake = cases[i].bytes;
			options.after_handshake_len = cases[i].len;
		} else {
			options.after_upgrade = cases[i].bytes;
			options.after_upgrade_len = cases[i].len;
		}
		test_case("%s", cases[i].name);
		begin(&options);
		CHECK_EQ(request(&ask), 0);
		run_closed();
		/* Our bytes may meet a closed socket before we read its. */
		CHECK(closed_err == cases[i].want ||
		      (cases[i].want == TNE_CLOSED &&
		       closed_err == -ECONNRESET));
		CHECK_EQ(connected, cases[i].handshake);
		CHECK_EQ(ask.err, closed_err);
		CHECK(!strchr(closed_text, 27));
		end();
	}
}

/* Bytes of an honest exchange: early payload, SETTINGS, one small answer. */
static size_t honest_length(void)
{
	struct ask ask = { .path = "/echo" };
	size_t len;

	begin(&(struct noise_server_options){ .early = true });
	request(&ask);
	run(&ask.over);
	len = server.shared->output;
	end();
	return ask.err == 0 && ask.over ? len : 0;
}

static void closed_at_every_byte(void)
{
	size_t len = honest_length(), at;

	CHECK(len > 300 && len < 2000);
	noise_server_start(&(struct noise_server_options){ .early = true,
							   .cut = true },
			   &server);
	for (at = 0; at < len; at++) {
		struct ask ask = { .path = "/echo" };

		test_case("byte %zu of %zu", at, len);
		server.shared->cut_at = at;
		CHECK_EQ(begin_client(), 0);
		CHECK_EQ(request(&ask), 0);
		run_closed();
		CHECK(closed && ask.over);
		CHECK(closed_err < 0);
		/* Behind the end of the answer only the window update is cut. */
		CHECK(ask.err < 0 || at > len - 40);
		end_client();
	}
	noise_server_stop(&server);
}

static void flipped_at_every_byte(void)
{
	size_t len = honest_length(), at;
	/* Behind the header of the upgrade, whose words may change. */
	size_t start = strlen("HTTP/1.1 101 Switching Protocols\r\n"
			      "Upgrade: tailscale-control-protocol\r\n"
			      "Connection: upgrade\r\n\r\n");

	CHECK(len > start);
	noise_server_start(&(struct noise_server_options){ .early = true,
							   .flip = true },
			   &server);
	for (at = start; at < len - 40; at++) {
		struct ask ask = { .path = "/echo" };

		test_case("byte %zu of %zu", at, len);
		server.shared->cut_at = at;
		CHECK_EQ(begin_client(), 0);
		CHECK_EQ(request(&ask), 0);
		run_closed();
		CHECK(closed && ask.over);
		CHECK(closed_err < 0 && ask.err < 0);
		CHECK_EQ(ask.got, 0);
		end_client();
	}
	noise_server_stop(&server);
}

static void cancel_itself(struct ask *ask)
{
	h2_cancel(ask->stream);
}

static void free_all(struct ask *ask)
{
	(void)ask;
	control_conn_free(conn);
	conn = NULL;
}

static void (*const deeds[])(struct ask *) = { cancel_itself, free_all };

/* Each callback may cancel or free; what is freed is not called any more. */
static void deeds_inside_of_calls(void)
{
	size_t deed, call;

	for (deed = 0; deed < 2; deed++) {
		for (call = 0; call < 3; call++) {
			struct ask ask = { .path = "/big/100000" };
			struct ask other = { .path = "/echo" };
			bool never = false;
			int i;

			test_case("deed %zu in call %zu", deed, call);
			if (call == 0)
				ask.on_response = deeds[deed];
			if (call == 1)
				ask.on_data = deeds[deed];
			if (call == 2)
				ask.on_end = free_all;
			begin(&(struct noise_server_options){ 0 });
			CHECK_EQ(request(&ask), 0);
			for (i = 0; i < 1000 && !ask.status; i++)
				loop_turn(loop, 10);
			for (i = 0; i < 30; i++)
				loop_turn(loop, 5);
			CHECK(ask.status == 200 && !never);
			CHECK_EQ(ask.over, call == 2);
			CHECK_EQ(conn == NULL, deed == 1 || call == 2);
			CHECK(!closed);
			if (conn) {
				CHECK_EQ(request(&other), 0);
				run(&other.over);
				CHECK_EQ(other.err, 0);
			}
			end();
		}
	}
}

static void freed_when_connected(void)
{
	free_when_connected = true;
	begin(&(struct noise_server_options){ 0 });
	run(&connected);
	free_when_connected = false;
	CHECK(connected && !conn);
	loop_turn(loop, 20);
	end();
}

static void request_again(struct ask *ask)
{
	struct ask next = { .path = "/echo" };

	(void)ask;
	/* Nobody takes it any more. */
	closed_err = request(&next) == TNE_H2_GOAWAY ? -1 : 1;
}

static void request_while_closing(void)
{
	struct ask ask = { .path = "/close", .on_end = request_again };

	begin(&(struct noise_server_options){ 0 });
	CHECK_EQ(request(&ask), 0);
	run_closed();
	CHECK(closed_err < 0);
	end();
}

static void freed_at_any_time(void)
{
	int turns;

	for (turns = 0; turns < 12; turns++) {
		struct ask ask = { .path = "/big/500000" };
		int i;

		begin(&(struct noise_server_options){ .early = true });
		CHECK_EQ(request(&ask), 0);
		for (i = 0; i < turns; i++)
			loop_turn(loop, 2);
		end();
	}
}

static void refuses_bad_requests(void)
{
	struct ask ask = { .path = "echo" };
	struct control_conn *other = NULL;

	begin(&(struct noise_server_options){ 0 });
	CHECK_EQ(request(&ask), -EINVAL);
	other = conn;
	CHECK_EQ(open_to("ftp://127.0.0.1", &server.public), TNE_URL);
	CHECK(conn == other);
	end();
}

/* Silence is answered by a PING, and its own silence by the end. */
static void keepalive(void)
{
	struct ask ask = { .path = "/echo" }, hang = { .path = "/hang" };
	int i;

	clock_sim_init(&sim, 0);
	which_clock = &sim.clock;
	begin(&(struct noise_server_options){ 0 });
	which_clock = NULL;
	CHECK_EQ(request(&ask), 0);
	CHECK_EQ(request(&hang), 0);
	run(&ask.over);
	CHECK_EQ(ask.err, 0);
	for (i = 0; i < 20; i++)
		loop_turn(loop, 5);
	/* The server answers each PING: for hours nothing happens. */
	for (i = 0; i < 5; i++) {
		loop_advance(loop, H2_IDLE_MS);
		loop_turn(loop, 0);
		/* Two seconds, if the answer came in the turn before. */
		loop_turn(loop, 2000);
		loop_turn(loop, 20);
		CHECK(!closed);
	}
	/* It is stopped, and the world goes on. */
	kill(server.pid, SIGSTOP);
	loop_advance(loop, H2_IDLE_MS);
	loop_turn(loop, 20);
	CHECK(!closed);
	loop_advance(loop, H2_PING_MS);
	CHECK(closed);
	CHECK_EQ(closed_err, -ETIMEDOUT);
	end_client();
	noise_server_stop(&server);
}

static void silent_server(void)
{
	struct ask hang = { .path = "/echo" };
	int i;

	clock_sim_init(&sim, 0);
	which_clock = &sim.clock;
	begin(&(struct noise_server_options){ .silent = true });
	which_clock = NULL;
	CHECK_EQ(request(&hang), 0);
	for (i = 0; i < 20; i++)
		loop_turn(loop, 5);
	loop_advance(loop, DIAL_DEADLINE_MS - 1);
	CHECK(!closed);
	loop_advance(loop, 1);
	CHECK(closed);
	CHECK_EQ(closed_err, -ETIMEDOUT);
	CHECK_EQ(hang.err, -ETIMEDOUT);
	end();
}

static int connect_and_ask(void *ctx)
{
	struct ask ask = { .path = "/echo" };
	int r;

	(void)ctx;
	r = begin_client();
	if (r == 0)
		r = request(&ask);
	if (r == 0) {
		run(&ask.over);
		r = ask.over ? ask.err : -1;
		/* What comes behind the answer may need memory, too. */
		if (r == 0 && closed)
			r = closed_err;
	}
	end_client();
	return r;
}

static void survives_lack_of_memory(void)
{
	size_t n = 0, failed = 0;
	int r;

	noise_server_start(&(struct noise_server_options){ .early = true },
			   &server);
	/* Without the watch of a socket it may be late, or still succeed. */
	do {
		fail_alloc_at(n++);
		r = connect_and_ask(NULL);
		CHECK(r <= 0);
		failed += r < 0;
	} while (fail_alloc_happened());
	fail_alloc_at(SIZE_MAX);
	CHECK_EQ(r, 0);
	CHECK(failed > 20);
	noise_server_stop(&server);
}

static const struct test tests[] = {
	TEST(connects),
	TEST(early_payload_of_a_broken_server),
	TEST(many_at_once),
	TEST(big_bodies),
	TEST(big_bodies_in_tls),
	TEST(through_a_proxy),
	TEST(methods),
	TEST(answers_of_all_kinds),
	TEST(goaway),
	TEST(goaway_of_what_was_sent),
	TEST(push_is_refused),
	TEST(server_goes_away),
	TEST(other_key),
	TEST(malformed),
	TEST(closed_at_every_byte),
	TEST(flipped_at_every_byte),
	TEST(deeds_inside_of_calls),
	TEST(freed_when_connected),
	TEST(request_while_closing),
	TEST(freed_at_any_time),
	TEST(refuses_bad_requests),
	TEST(keepalive),
	TEST(silent_server),
	TEST(survives_lack_of_memory),
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
