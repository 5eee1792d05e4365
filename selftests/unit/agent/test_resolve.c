// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/err.h"
#include "fail_alloc.h"
#include "loop/loop.h"
#include "loop/resolve.h"

static struct loop *loop;
static int result;
static struct resolve_answer answer;

static void done(void *ctx, int err, const struct resolve_answer *a)
{
	(void)ctx;
	result = err;
	if (a)
		answer = *a;
	loop_stop(loop, 0);
}

static int look_up(const char *host)
{
	struct resolve *resolve;
	int r;

	result = 1;
	r = resolve_start(loop, host, done, NULL, &resolve);
	if (r < 0)
		return r;
	/* Never before the start has returned. */
	if (result != 1)
		return -1;
	loop_run(loop);
	return result;
}

static void addresses_in_text(void)
{
	CHECK_EQ(loop_new(clock_system(), &loop), 0);
	CHECK_EQ(look_up("192.0.2.7"), 0);
	CHECK_EQ(answer.n, 1);
	CHECK_EQ(answer.addr[0].family, AF_INET);
	CHECK_MEM(answer.addr[0].byte, "\xc0\x00\x02\x07", 4);
	CHECK_EQ(look_up("[2001:db8::1]"), 0);
	CHECK_EQ(answer.addr[0].family, AF_INET6);
	CHECK_EQ(answer.addr[0].byte[15], 1);
	CHECK_EQ(look_up("2001:db8::2"), 0);
	CHECK_EQ(answer.addr[0].byte[15], 2);
	loop_free(loop);
}

static void names(void)
{
	CHECK_EQ(loop_new(clock_system(), &loop), 0);
	CHECK_EQ(look_up("localhost"), 0);
	CHECK(answer.n >= 1);
	CHECK(answer.addr[0].family == AF_INET ?
	      answer.addr[0].byte[0] == 127 : answer.addr[0].byte[15] == 1);
	CHECK_EQ(look_up("no such name"), TNE_NAME_LOOKUP);
	loop_free(loop);
}

static void refuses_no_names(void)
{
	char host[300];

	CHECK_EQ(loop_new(clock_system(), &loop), 0);
	CHECK_EQ(look_up(""), TNE_NAME_LOOKUP);
	memset(host, 'a', sizeof(host));
	host[254] = 0;
	CHECK_EQ(look_up(host), TNE_NAME_LOOKUP);
	loop_free(loop);
}

static void cancelled(void)
{
	static const char *const hosts[] = { "192.0.2.7", "localhost" };
	struct resolve *resolve;
	size_t i;

	CHECK_EQ(loop_new(clock_system(), &loop), 0);
	for (i = 0; i < ARRAY_SIZE(hosts); i++) {
		result = 1;
		CHECK_EQ(resolve_start(loop, hosts[i], done, NULL, &resolve),
			 0);
		resolve_cancel(resolve);
		loop_turn(loop, 50);
		loop_turn(loop, 0);
		CHECK_EQ(result, 1);
	}
	resolve_cancel(NULL);
	loop_free(loop);
}

static int one_lookup(void *ctx)
{
	return look_up(ctx);
}

static void survives_lack_of_memory(void)
{
	CHECK_EQ(loop_new(clock_system(), &loop), 0);
	CHECK_EQ(fail_alloc_each(one_lookup, "192.0.2.1"), 1);
	loop_free(loop);
}

static const struct test tests[] = {
	TEST(addresses_in_text),
	TEST(names),
	TEST(refuses_no_names),
	TEST(cancelled),
	TEST(survives_lack_of_memory),
};
TEST_MAIN(tests)
