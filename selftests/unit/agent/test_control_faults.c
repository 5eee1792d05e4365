// SPDX-License-Identifier: GPL-2.0-only
/* The same way, where everything goes wrong that can. */
#include "test.h"

#include "base/array.h"
#include "conn_rig.h"
#include "fail_alloc.h"

#include <errno.h>
#include <unistd.h>

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
		rig_begin(&options);
		CHECK_EQ(rig_request(&ask), 0);
		rig_run_closed();
		/* Our bytes may meet a closed socket before we read its. */
		CHECK(rig.closed_err == cases[i].want ||
		      (cases[i].want == TNE_CLOSED &&
		       rig.closed_err == -ECONNRESET));
		CHECK_EQ(rig.connected, cases[i].handshake);
		CHECK_EQ(ask.err, rig.closed_err);
		CHECK(!strchr(rig.closed_text, 27));
		rig_end();
	}
}

/* Bytes of an honest exchange: early payload, SETTINGS, one small answer. */
static size_t honest_length(void)
{
	struct ask ask = { .path = "/echo" };
	size_t len;

	rig_begin(&(struct noise_server_options){ .early = true });
	rig_request(&ask);
	rig_run(&ask.over);
	len = rig.server.shared->output;
	rig_end();
	return ask.err == 0 && ask.over ? len : 0;
}

static void closed_at_every_byte(void)
{
	size_t len = honest_length(), at;

	CHECK(len > 300 && len < 2000);
	noise_server_start(&(struct noise_server_options){ .early = true,
							   .cut = true },
			   &rig.server);
	for (at = 0; at < len; at++) {
		struct ask ask = { .path = "/echo" };

		test_case("byte %zu of %zu", at, len);
		rig.server.shared->cut_at = at;
		CHECK_EQ(rig_begin_client(), 0);
		CHECK_EQ(rig_request(&ask), 0);
		rig_run_closed();
		CHECK(rig.closed && ask.over);
		CHECK(rig.closed_err < 0);
		/* Behind the end of the answer only the window update is cut. */
		CHECK(ask.err < 0 || at > len - 40);
		rig_end_client();
	}
	noise_server_stop(&rig.server);
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
			   &rig.server);
	for (at = start; at < len - 40; at++) {
		struct ask ask = { .path = "/echo" };

		test_case("byte %zu of %zu", at, len);
		rig.server.shared->cut_at = at;
		CHECK_EQ(rig_begin_client(), 0);
		CHECK_EQ(rig_request(&ask), 0);
		rig_run_closed();
		CHECK(rig.closed && ask.over);
		CHECK(rig.closed_err < 0 && ask.err < 0);
		CHECK_EQ(ask.got, 0);
		rig_end_client();
	}
	noise_server_stop(&rig.server);
}

static void cancel_itself(struct ask *ask)
{
	h2_cancel(ask->stream);
}

static void free_all(struct ask *ask)
{
	(void)ask;
	control_conn_free(rig.conn);
	rig.conn = NULL;
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
			rig_begin(&(struct noise_server_options){ 0 });
			CHECK_EQ(rig_request(&ask), 0);
			for (i = 0; i < 1000 && !ask.status; i++)
				loop_turn(rig.loop, 10);
			/* What must not come has its time to come. */
			for (i = 0; i < 30; i++)
				loop_turn(rig.loop, 5);
			if (call == 2)
				rig_run(&ask.over);
			CHECK(ask.status == 200 && !never);
			CHECK_EQ(ask.over, call == 2);
			CHECK_EQ(rig.conn == NULL, deed == 1 || call == 2);
			CHECK(!rig.closed);
			if (rig.conn) {
				CHECK_EQ(rig_request(&other), 0);
				rig_run(&other.over);
				CHECK_EQ(other.err, 0);
			}
			rig_end();
		}
	}
}

static void freed_when_connected(void)
{
	rig.free_when_connected = true;
	rig_begin(&(struct noise_server_options){ 0 });
	rig_run(&rig.connected);
	rig.free_when_connected = false;
	CHECK(rig.connected && !rig.conn);
	loop_turn(rig.loop, 20);
	rig_end();
}

static void request_again(struct ask *ask)
{
	struct ask next = { .path = "/echo" };

	(void)ask;
	/* Nobody takes it any more. */
	rig.closed_err = rig_request(&next) == TNE_H2_GOAWAY ? -1 : 1;
}

static void request_while_closing(void)
{
	struct ask ask = { .path = "/close", .on_end = request_again };

	rig_begin(&(struct noise_server_options){ 0 });
	CHECK_EQ(rig_request(&ask), 0);
	rig_run_closed();
	CHECK(rig.closed_err < 0);
	rig_end();
}

static void freed_at_any_time(void)
{
	int turns;

	for (turns = 0; turns < 12; turns++) {
		struct ask ask = { .path = "/big/500000" };
		int i;

		rig_begin(&(struct noise_server_options){ .early = true });
		CHECK_EQ(rig_request(&ask), 0);
		for (i = 0; i < turns; i++)
			loop_turn(rig.loop, 2);
		rig_end();
	}
}

static int connect_and_ask(void *ctx)
{
	struct ask ask = { .path = "/echo" };
	int r;

	(void)ctx;
	r = rig_begin_client();
	if (r == 0)
		r = rig_request(&ask);
	if (r == 0) {
		rig_run(&ask.over);
		r = ask.over ? ask.err : -1;
		/* What comes behind the answer may need memory, too. */
		if (r == 0 && rig.closed)
			r = rig.closed_err;
	}
	rig_end_client();
	return r;
}

static void survives_lack_of_memory(void)
{
	size_t n = 0, failed = 0;
	int r;

	noise_server_start(&(struct noise_server_options){ .early = true },
			   &rig.server);
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
	noise_server_stop(&rig.server);
}

static const struct test tests[] = {
	TEST(malformed),
	TEST(closed_at_every_byte),
	TEST(flipped_at_every_byte),
	TEST(deeds_inside_of_calls),
	TEST(freed_when_connected),
	TEST(request_while_closing),
	TEST(freed_at_any_time),
	TEST(survives_lack_of_memory),
};

int main(int argc, char **argv)
{
	if (secret_init() < 0)
		return 2;
	return test_main(tests, ARRAY_SIZE(tests), argc, argv);
}
