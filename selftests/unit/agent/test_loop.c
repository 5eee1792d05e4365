// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "base/array.h"
#include "base/clock.h"
#include "loop/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <sys/socket.h>

static struct clock_sim sim;
static struct loop *loop;
static char trace[256];

static void begin(void)
{
	clock_sim_init(&sim, 0);
	trace[0] = 0;
	if (loop_new(&sim.clock, &loop) < 0)
		abort();
}

static void end(void)
{
	loop_free(loop);
}

struct named {
	const char *name;
	struct loop_timer timer;
	struct loop_later later;
	struct loop_io io;
	struct loop_signal sig;
	struct named *victim;
	int repeat;
	int fd[2];
};

static void note(struct named *n)
{
	strcat(trace, n->name);
}

static void timer_fn(void *ctx)
{
	struct named *n = ctx;

	note(n);
	if (n->victim)
		loop_timer_cancel(loop, &n->victim->timer);
	if (n->repeat-- > 0)
		loop_timer_set(loop, &n->timer, 0);
}

static void timers_in_order(void)
{
	static const struct { const char *name; unsigned int at; } cases[] = {
		{ "e", 50 }, { "b", 20 }, { "a", 0 }, { "c", 20 }, { "f", 51 },
		{ "d", 49 },
	};
	struct named n[ARRAY_SIZE(cases)] = { 0 };
	size_t i;

	begin();
	for (i = 0; i < ARRAY_SIZE(n); i++) {
		n[i].name = cases[i].name;
		loop_timer_init(&n[i].timer, timer_fn, &n[i]);
		loop_timer_set(loop, &n[i].timer, cases[i].at);
	}
	CHECK_EQ(trace[0], 0);
	loop_advance(loop, 19);
	CHECK(strcmp(trace, "a") == 0);
	loop_advance(loop, 1);
	CHECK(strcmp(trace, "abc") == 0);
	loop_timer_cancel(loop, &n[5].timer);
	loop_timer_cancel(loop, &n[5].timer);
	loop_advance(loop, 31);
	CHECK(strcmp(trace, "abcef") == 0);
	end();
}

static void timer_cancels_another_due_now(void)
{
	struct named b = { .name = "b" }, a = { .name = "a", .victim = &b };

	begin();
	loop_timer_init(&a.timer, timer_fn, &a);
	loop_timer_init(&b.timer, timer_fn, &b);
	loop_timer_set(loop, &a.timer, 5);
	loop_timer_set(loop, &b.timer, 5);
	loop_advance(loop, 10);
	CHECK(strcmp(trace, "a") == 0);
	end();
}

/* One that sets itself to 0 must let the others live. */
static void zero_timer_waits_its_turn(void)
{
	struct named a = { .name = "a", .repeat = 1000000 };

	begin();
	loop_timer_init(&a.timer, timer_fn, &a);
	loop_timer_set(loop, &a.timer, 0);
	CHECK_EQ(loop_turn(loop, 0), 1);
	CHECK_EQ(loop_turn(loop, 0), 1);
	CHECK(strcmp(trace, "aa") == 0);
	loop_timer_cancel(loop, &a.timer);
	end();
}

static int random_calls;
static uint64_t last_at, last_seq;
static bool disorder;

static void random_fn(void *ctx)
{
	struct loop_timer *timer = ctx;

	random_calls++;
	if (timer->node.at_ms < last_at ||
	    (timer->node.at_ms == last_at && timer->node.seq < last_seq))
		disorder = true;
	last_at = timer->node.at_ms;
	last_seq = timer->node.seq;
	if (timer->node.at_ms != loop_now_ms(loop))
		disorder = true;
}

/* The heap against what it promises. */
static void many_timers(void)
{
	static struct loop_timer timer[500];
	unsigned int seed = 1, i, set = 0;

	begin();
	last_at = 0;
	for (i = 0; i < 500; i++)
		loop_timer_init(&timer[i], random_fn, &timer[i]);
	for (i = 0; i < 20000; i++) {
		struct loop_timer *t = &timer[rand_r(&seed) % 500];

		if (rand_r(&seed) % 3 == 0)
			loop_timer_cancel(loop, t);
		else
			loop_timer_set(loop, t, 1 + rand_r(&seed) % 1000);
		if (i % 50 == 0)
			loop_advance(loop, rand_r(&seed) % 20);
	}
	for (i = 0; i < 500; i++)
		set += timer[i].set;
	random_calls = 0;
	loop_advance(loop, 1000);
	CHECK_EQ(random_calls, set);
	CHECK(!disorder);
	end();
}

static void later_fn(void *ctx)
{
	struct named *n = ctx;

	note(n);
	if (n->victim)
		loop_later_cancel(&n->victim->later);
	if (n->repeat-- > 0)
		loop_later_set(loop, &n->later);
}

static void laters(void)
{
	struct named c = { .name = "c" }, d = { .name = "d" };
	struct named a = { .name = "a", .repeat = 1 };
	struct named b = { .name = "b", .victim = &c };

	begin();
	loop_later_init(&a.later, later_fn, &a);
	loop_later_init(&b.later, later_fn, &b);
	loop_later_init(&c.later, later_fn, &c);
	loop_later_init(&d.later, later_fn, &d);
	loop_later_set(loop, &a.later);
	loop_later_set(loop, &b.later);
	loop_later_set(loop, &c.later);
	loop_later_set(loop, &d.later);
	loop_later_set(loop, &a.later);
	CHECK_EQ(trace[0], 0);
	loop_turn(loop, 0);
	CHECK(strcmp(trace, "abd") == 0);
	loop_turn(loop, 0);
	CHECK(strcmp(trace, "abda") == 0);
	CHECK_EQ(loop_turn(loop, 0), 0);
	end();
}

static void io_fn(void *ctx, uint32_t events)
{
	struct named *n = ctx;

	(void)events;
	note(n);
	if (n->victim) {
		loop_io_del(loop, &n->victim->io);
		loop_io_del(loop, &n->io);
	}
}

static void open_pair(struct named *n)
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, n->fd) < 0)
		abort();
	loop_io_init(&n->io, io_fn, n);
}

/* Both are ready in one round; whichever is first takes both back. */
static void io_takes_back_another(void)
{
	struct named b = { .name = "x" }, a = { .name = "x", .victim = &b };

	b.victim = &a;
	begin();
	open_pair(&a);
	open_pair(&b);
	CHECK_EQ(loop_io_set(loop, &a.io, a.fd[0], EPOLLIN), 0);
	CHECK_EQ(loop_io_set(loop, &b.io, b.fd[0], EPOLLIN), 0);
	CHECK_EQ(loop_turn(loop, 0), 0);
	CHECK_EQ(write(a.fd[1], "x", 1), 1);
	CHECK_EQ(write(b.fd[1], "x", 1), 1);
	CHECK_EQ(loop_turn(loop, 1000), 1);
	CHECK_EQ(loop_turn(loop, 0), 0);
	CHECK(strcmp(trace, "x") == 0);
	close(a.fd[0]);
	close(a.fd[1]);
	close(b.fd[0]);
	close(b.fd[1]);
	end();
}

static void io_changes_what_it_waits_for(void)
{
	struct named a = { .name = "a" };

	begin();
	open_pair(&a);
	CHECK_EQ(loop_io_set(loop, &a.io, a.fd[0], EPOLLIN), 0);
	CHECK_EQ(loop_turn(loop, 0), 0);
	CHECK_EQ(loop_io_set(loop, &a.io, a.fd[0], EPOLLIN | EPOLLOUT), 0);
	CHECK_EQ(loop_turn(loop, 0), 1);
	CHECK_EQ(loop_io_set(loop, &a.io, a.fd[0], EPOLLIN), 0);
	CHECK_EQ(loop_turn(loop, 0), 0);
	/* To another descriptor. */
	CHECK_EQ(loop_io_set(loop, &a.io, a.fd[1], EPOLLOUT), 0);
	CHECK_EQ(loop_turn(loop, 0), 1);
	loop_io_del(loop, &a.io);
	loop_io_del(loop, &a.io);
	CHECK_EQ(loop_turn(loop, 0), 0);
	CHECK_EQ(loop_io_set(loop, &a.io, 999, EPOLLIN), -EBADF);
	close(a.fd[0]);
	close(a.fd[1]);
	end();
}

static void signal_fn(void *ctx, int signo)
{
	struct named *n = ctx;

	note(n);
	if (signo == SIGUSR2)
		loop_stop(loop, 7);
	if (n->victim)
		loop_signal_del(&n->victim->sig);
}

static void signals(void)
{
	struct named a = { .name = "a" }, b = { .name = "b" };
	struct named c = { .name = "c", .victim = &b };
	sigset_t set;

	begin();
	loop_signal_init(&a.sig, signal_fn, &a);
	loop_signal_init(&b.sig, signal_fn, &b);
	loop_signal_init(&c.sig, signal_fn, &c);
	CHECK_EQ(loop_signal_add(loop, &a.sig, SIGUSR1), 0);
	CHECK_EQ(loop_signal_add(loop, &c.sig, SIGUSR1), 0);
	CHECK_EQ(loop_signal_add(loop, &b.sig, SIGUSR1), 0);
	raise(SIGUSR1);
	loop_turn(loop, 1000);
	CHECK(strcmp(trace, "ac") == 0);
	loop_signal_del(&a.sig);
	loop_signal_del(&c.sig);
	CHECK_EQ(loop_signal_add(loop, &a.sig, SIGUSR2), 0);
	raise(SIGUSR2);
	CHECK_EQ(loop_run(loop), 7);
	CHECK(strcmp(trace, "aca") == 0);
	loop_signal_del(&a.sig);
	end();
	sigemptyset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
}

static void stop_fn(void *ctx)
{
	(void)ctx;
	loop_stop(loop, 3);
	loop_stop(loop, 4);
}

/* With the machine's own clock. */
static void real_time(void)
{
	struct loop_timer timer, late;
	uint64_t before = clock_boot_ms(clock_system());

	CHECK_EQ(loop_new(clock_system(), &loop), 0);
	loop_timer_init(&timer, stop_fn, NULL);
	loop_timer_init(&late, stop_fn, NULL);
	loop_timer_set(loop, &late, 3600000);
	loop_timer_set(loop, &timer, 20);
	CHECK_EQ(loop_run(loop), 3);
	CHECK(clock_boot_ms(clock_system()) - before >= 20);
	CHECK(late.set && !timer.set);
	loop_timer_cancel(loop, &late);
	end();
}

static const struct test tests[] = {
	TEST(timers_in_order),
	TEST(timer_cancels_another_due_now),
	TEST(zero_timer_waits_its_turn),
	TEST(many_timers),
	TEST(laters),
	TEST(io_takes_back_another),
	TEST(io_changes_what_it_waits_for),
	TEST(signals),
	TEST(real_time),
};
TEST_MAIN(tests)
