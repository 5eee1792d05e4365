// SPDX-License-Identifier: GPL-2.0-only
/* The race of plain HTTP and TLS, against servers in other processes. */
#include "test.h"

#include "base/array.h"
#include "base/clock.h"
#include "control/dial.h"
#include "control/noise_conn.h"
#include "loop/loop.h"
#include "loop/transfers.h"
#include "noise_server.h"

#include <errno.h>
#include <unistd.h>

#define CERT "/tmp/test_dial.cert.pem"
#define KEY "/tmp/test_dial.key.pem"

static struct clock_sim sim;
static struct loop *loop;
static struct transfers *transfers;
static struct secret32 *machine;
static struct noise_server plain, tls;
static struct dial *dial;
static bool over;
static int result;
static char text[400];
static bool got_session;

static void done(void *ctx, int err, const struct err_detail *detail,
		 struct noise_session *session)
{
	(void)ctx;
	over = true;
	result = err;
	strcpy(text, detail->text);
	got_session = session && session->stream && session->send &&
		      session->receive;
}

static void begin(const struct noise_server_options *http,
		  const struct noise_server_options *https)
{
	const struct transfers_options options = { .no_proxy = true };

	noise_server_start(http, &plain);
	noise_server_start(https, &tls);
	clock_sim_init(&sim, 0);
	machine = secret32_new();
	if (!machine || loop_new(&sim.clock, &loop) < 0 ||
	    transfers_new(loop, &options, &transfers) < 0)
		abort();
	memset(secret32_expose(machine), 0x11, SECRET_LEN);
	over = false;
	got_session = false;
	dial = NULL;
}

static void end(void)
{
	dial_free(dial);
	transfers_free(transfers);
	loop_free(loop);
	secret32_free(machine);
	noise_server_stop(&plain);
	noise_server_stop(&tls);
}

static int start(uint16_t http, uint16_t https, uint64_t after_ms)
{
	const struct dial_target target = {
		.host = "127.0.0.1",
		.schedule = { http, https, after_ms },
		.server = plain.public,
		.machine = machine,
		.version = CONTROL_VERSION,
	};

	return dial_start(transfers, &target, done, NULL, &dial);
}

/* Descriptors only; the clock stands. */
static void turns(int ms)
{
	uint64_t start_ms = clock_boot_ms(clock_system());

	while (!over && clock_boot_ms(clock_system()) - start_ms < (uint64_t)ms)
		loop_turn(loop, 5);
}

static const struct noise_server_options honest, silent = { .silent = true };
static const struct noise_server_options secure = {
	.tls = true, .cert = CERT, .key = KEY, .early = true,
};

static void http_wins(void)
{
	begin(&honest, &secure);
	CHECK_EQ(start(plain.port, tls.port, 500), 0);
	turns(5000);
	CHECK(over && got_session);
	CHECK_EQ(result, 0);
	CHECK_EQ(tls.shared->connections, 0);
	loop_advance(loop, 100000);
	CHECK_EQ(tls.shared->connections, 0);
	end();
}

/* A black hole: TLS starts after 500 ms, and not before. */
static void https_after_a_while(void)
{
	begin(&silent, &secure);
	CHECK_EQ(start(plain.port, tls.port, 500), 0);
	turns(50);
	loop_advance(loop, 499);
	turns(50);
	CHECK(!over);
	CHECK_EQ(tls.shared->connections, 0);
	loop_advance(loop, 1);
	turns(5000);
	CHECK(over && got_session);
	CHECK_EQ(result, 0);
	CHECK_EQ(tls.shared->connections, 1);
	end();
}

/* Nobody listens: TLS starts at once. */
static void https_at_once(void)
{
	begin(&honest, &secure);
	noise_server_stop(&plain);
	CHECK_EQ(start(plain.port, tls.port, 500), 0);
	turns(5000);
	CHECK(over && got_session);
	CHECK_EQ(result, 0);
	noise_server_start(&honest, &plain);
	end();
}

static void https_first(void)
{
	begin(&honest, &secure);
	CHECK_EQ(start(0, tls.port, 0), 0);
	turns(5000);
	CHECK(over && got_session);
	CHECK_EQ(plain.shared->connections, 0);
	end();
}

static void neither_speaks_the_other(void)
{
	begin(&honest, &secure);
	CHECK_EQ(start(tls.port, plain.port, 500), 0);
	turns(300);
	/* The plain server waits for the end of a header. */
	CHECK(!over);
	loop_advance(loop, DIAL_DEADLINE_MS);
	CHECK(over && !got_session);
	CHECK_EQ(result, -ETIMEDOUT);
	CHECK(strstr(text, "(TLS): no answer") && strstr(text, "; "));
	end();
}

static void no_way_left(void)
{
	static const struct noise_server_options forbidden = {
		.http = "HTTP/1.1 404 No\r\n\r\n", .after_upgrade = "\4",
		.after_upgrade_len = 1,
	};

	begin(&forbidden, &secure);
	CHECK_EQ(start(plain.port, 0, 500), 0);
	turns(5000);
	/* Without another way it fails at once. */
	CHECK(over);
	CHECK_EQ(result, TNE_CONTROL_TYPE);
	end();
}

static void deadline(void)
{
	begin(&silent, &silent);
	CHECK_EQ(start(plain.port, tls.port, 500), 0);
	turns(50);
	loop_advance(loop, DIAL_DEADLINE_MS - 1);
	CHECK(!over);
	loop_advance(loop, 1);
	CHECK(over);
	CHECK_EQ(result, -ETIMEDOUT);
	CHECK(strstr(text, "no answer"));
	end();
}

/* A key that the server does not prove is told above all else. */
static void bad_key_is_told(void)
{
	static const uint8_t response[51] = { 2, 0, 48, 9 };
	static const struct noise_server_options bad = {
		.after_upgrade = response,
		.after_upgrade_len = sizeof(response),
	};

	begin(&bad, &honest);
	noise_server_stop(&tls);
	CHECK_EQ(start(plain.port, tls.port, 500), 0);
	turns(5000);
	CHECK(over);
	CHECK_EQ(result, TNE_NOISE_TAG);
	noise_server_start(&honest, &tls);
	end();
}

static void given_up(void)
{
	int i;

	for (i = 0; i < 10; i++) {
		begin(&honest, &secure);
		CHECK_EQ(start(i % 2 ? 0 : plain.port, tls.port, 0), 0);
		turns(i);
		dial_free(dial);
		dial = NULL;
		over = false;
		loop_advance(loop, 20000);
		CHECK(!over);
		end();
	}
}

static const struct test tests[] = {
	TEST(http_wins),
	TEST(https_after_a_while),
	TEST(https_at_once),
	TEST(https_first),
	TEST(neither_speaks_the_other),
	TEST(no_way_left),
	TEST(deadline),
	TEST(bad_key_is_told),
	TEST(given_up),
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
