// SPDX-License-Identifier: GPL-2.0-only
#include "loop/loop.h"

#include "base/clock.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/signalfd.h>
#include <sys/timerfd.h>

#define BATCH 64	/* events taken from the kernel at once */

/**
 * struct loop - the loop
 * @clock: what timers go by
 * @epoll: descriptors
 * @timer_fd: wakes for @timers; -1 with a simulated clock
 * @timer_io: watch of @timer_fd
 * @armed_ms: what @timer_fd is set to, 0 = not set
 * @signal_fd: -1 before the first signal
 * @signal_io: watch of @signal_fd
 * @signal_set: signals that @signal_fd gives
 * @signals: struct loop_signal
 * @laters: struct loop_later
 * @timers: struct loop_timer
 * @seq: number of the next timer that is set
 * @now_ms: boot time at the start of the round
 * @event: what the kernel gave; watches that are taken back are cleared in it
 * @n_events: how many
 * @stopping: loop_stop() was called
 * @status: its argument
 */
struct loop {
	const struct clock *clock;
	int epoll;
	int timer_fd;
	struct loop_io timer_io;
	uint64_t armed_ms;
	int signal_fd;
	struct loop_io signal_io;
	sigset_t signal_set;
	struct list signals;
	struct list laters;
	struct timer_heap timers;
	uint64_t seq;
	uint64_t now_ms;
	struct epoll_event event[BATCH];
	int n_events;
	bool stopping;
	int status;
};

/* The heap is looked at after each round; here only the descriptor is calmed. */
static void timer_fd_ready(void *ctx, uint32_t events)
{
	struct loop *loop = ctx;
	uint64_t n;
	ssize_t r;

	(void)events;
	r = read(loop->timer_fd, &n, sizeof(n));
	(void)r;
	loop->armed_ms = 0;
}

static int open_timer(struct loop *loop)
{
	/* A simulated clock has nobody to wake it. */
	if (loop->clock != clock_system())
		return 0;
	loop->timer_fd = timerfd_create(CLOCK_BOOTTIME,
					TFD_NONBLOCK | TFD_CLOEXEC);
	if (loop->timer_fd < 0)
		return -errno;
	loop_io_init(&loop->timer_io, timer_fd_ready, loop);
	return loop_io_set(loop, &loop->timer_io, loop->timer_fd, EPOLLIN);
}

int loop_new(const struct clock *clock, struct loop **ret)
{
	struct loop *loop auto_clean(loop) = calloc(1, sizeof(*loop));
	int r;

	if (!loop)
		return -ENOMEM;
	loop->clock = clock;
	loop->timer_fd = -1;
	loop->signal_fd = -1;
	list_init(&loop->signals);
	list_init(&loop->laters);
	sigemptyset(&loop->signal_set);
	loop->now_ms = clock_boot_ms(clock);
	/* A connection that breaks while it is written to is an error code. */
	signal(SIGPIPE, SIG_IGN);
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0)
		return -errno;
	r = open_timer(loop);
	if (r < 0)
		return r;
	*ret = steal(loop);
	return 0;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	if (loop->signal_fd >= 0)
		close(loop->signal_fd);
	if (loop->timer_fd >= 0)
		close(loop->timer_fd);
	if (loop->epoll >= 0)
		close(loop->epoll);
	free(loop);
}

/* Set the descriptor to the first timer, if it is not. */
static int arm(struct loop *loop)
{
	struct itimerspec spec = { 0 };
	uint64_t at_ms = 0;

	if (loop->timer_fd < 0)
		return 0;
	if (loop->timers.root)
		at_ms = loop->timers.root->at_ms ? loop->timers.root->at_ms : 1;
	if (at_ms == loop->armed_ms)
		return 0;
	spec.it_value.tv_sec = at_ms / 1000;
	spec.it_value.tv_nsec = at_ms % 1000 * 1000000;
	if (timerfd_settime(loop->timer_fd, TFD_TIMER_ABSTIME, &spec, NULL) < 0)
		return -errno;
	loop->armed_ms = at_ms;
	return 0;
}

/* Return: number of events, or -errno. */
static int wait_events(struct loop *loop, int wait_ms)
{
	int n;

	if (!list_empty(&loop->laters) ||
	    (loop->timers.root && loop->timers.root->at_ms <= loop->now_ms))
		wait_ms = 0;
	n = epoll_wait(loop->epoll, loop->event, BATCH, wait_ms);
	if (n < 0 && errno == EINTR)
		return 0;
	return n < 0 ? -errno : n;
}

static int call_ios(struct loop *loop)
{
	int called = 0, i;

	for (i = 0; i < loop->n_events && !loop->stopping; i++) {
		struct loop_io *io = loop->event[i].data.ptr;

		/* Taken back by a callback of this round. */
		if (!io)
			continue;
		io->fn(io->ctx, loop->event[i].events);
		called++;
	}
	loop->n_events = 0;
	return called;
}

/*
 * Timers that callbacks set now wait for the next round, or one that sets itself
 * to 0 would keep the descriptors waiting for ever: they have a later number,
 * and are due later than all that are due already.
 */
static int call_timers(struct loop *loop)
{
	uint64_t end = loop->seq;
	int called = 0;

	while (loop->timers.root && loop->timers.root->at_ms <= loop->now_ms &&
	       loop->timers.root->seq < end && !loop->stopping) {
		struct loop_timer *timer = list_entry(loop->timers.root,
						      struct loop_timer, node);

		timer_heap_del(&loop->timers, &timer->node);
		timer->set = false;
		timer->fn(timer->ctx);
		called++;
	}
	return called;
}

static int call_laters(struct loop *loop)
{
	struct list due;
	int called = 0;

	/* What callbacks add goes to the next round. */
	list_move_all(&loop->laters, &due);
	while (!list_empty(&due) && !loop->stopping) {
		struct loop_later *later = list_entry(due.next,
						      struct loop_later, link);

		list_del(&later->link);
		later->fn(later->ctx);
		called++;
	}
	/* Only if it was stopped: nothing may stay linked to this frame. */
	while (!list_empty(&due)) {
		struct list *link = due.next;

		list_del(link);
		list_add(&loop->laters, link);
	}
	return called;
}

int loop_turn(struct loop *loop, int wait_ms)
{
	int n, called;

	loop->now_ms = clock_boot_ms(loop->clock);
	n = arm(loop);
	if (n < 0)
		return n;
	n = wait_events(loop, wait_ms);
	if (n < 0)
		return n;
	loop->n_events = n;
	loop->now_ms = clock_boot_ms(loop->clock);
	called = call_ios(loop);
	called += call_timers(loop);
	called += call_laters(loop);
	return called;
}

int loop_run(struct loop *loop)
{
	int r;

	while (!loop->stopping) {
		r = loop_turn(loop, -1);
		if (r < 0)
			return r;
	}
	loop->stopping = false;
	return loop->status;
}

void loop_stop(struct loop *loop, int status)
{
	if (loop->stopping)
		return;
	loop->stopping = true;
	loop->status = status;
}

void loop_advance(struct loop *loop, uint64_t ms)
{
	struct clock_sim *sim = (struct clock_sim *)loop->clock;
	uint64_t end = sim->now_ms + ms, next;

	assert(loop->clock != clock_system());
	for (;;) {
		while (loop_turn(loop, 0) > 0)
			;
		if (sim->now_ms == end)
			return;
		next = end;
		if (loop->timers.root && loop->timers.root->at_ms < end)
			next = loop->timers.root->at_ms;
		sim->now_ms = next;
	}
}

uint64_t loop_now_ms(const struct loop *loop)
{
	return loop->now_ms;
}

const struct clock *loop_clock(const struct loop *loop)
{
	return loop->clock;
}

void loop_io_init(struct loop_io *io, void (*fn)(void *ctx, uint32_t events),
		  void *ctx)
{
	*io = (struct loop_io){ .fn = fn, .ctx = ctx, .fd = -1 };
}

int loop_io_set(struct loop *loop, struct loop_io *io, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = io };
	int op = EPOLL_CTL_ADD;

	if (io->fd == fd && io->events == events)
		return 0;
	if (io->fd == fd)
		op = EPOLL_CTL_MOD;
	else
		loop_io_del(loop, io);
	if (epoll_ctl(loop->epoll, op, fd, &event) < 0)
		return -errno;
	io->fd = fd;
	io->events = events;
	return 0;
}

void loop_io_del(struct loop *loop, struct loop_io *io)
{
	int i;

	if (io->fd < 0)
		return;
	epoll_ctl(loop->epoll, EPOLL_CTL_DEL, io->fd, NULL);
	io->fd = -1;
	for (i = 0; i < loop->n_events; i++) {
		if (loop->event[i].data.ptr == io)
			loop->event[i].data.ptr = NULL;
	}
}

void loop_timer_init(struct loop_timer *timer, void (*fn)(void *ctx),
		     void *ctx)
{
	*timer = (struct loop_timer){ .fn = fn, .ctx = ctx };
}

void loop_timer_set(struct loop *loop, struct loop_timer *timer,
		    uint64_t after_ms)
{
	loop_timer_cancel(loop, timer);
	if (after_ms > UINT64_MAX / 2)
		after_ms = UINT64_MAX / 2;
	timer->node.at_ms = loop->now_ms + after_ms;
	timer->node.seq = loop->seq++;
	timer_heap_add(&loop->timers, &timer->node);
	timer->set = true;
}

void loop_timer_cancel(struct loop *loop, struct loop_timer *timer)
{
	if (!timer->set)
		return;
	timer_heap_del(&loop->timers, &timer->node);
	timer->set = false;
}

void loop_later_init(struct loop_later *later, void (*fn)(void *ctx), void *ctx)
{
	*later = (struct loop_later){ .fn = fn, .ctx = ctx };
	list_init(&later->link);
}

void loop_later_set(struct loop *loop, struct loop_later *later)
{
	if (list_empty(&later->link))
		list_add(&loop->laters, &later->link);
}

void loop_later_cancel(struct loop_later *later)
{
	list_del(&later->link);
}

/*
 * One signal at a time, and the list anew for each: callbacks may change it.
 * Each watch of the number is called; one that a callback removes, not.
 */
static void tell_signal(struct loop *loop, int signo)
{
	struct list seen;

	list_move_all(&loop->signals, &seen);
	while (!list_empty(&seen)) {
		struct loop_signal *sig = list_entry(seen.next,
						     struct loop_signal, link);

		list_del(&sig->link);
		list_add(&loop->signals, &sig->link);
		if (sig->signo == signo)
			sig->fn(sig->ctx, signo);
	}
}

static void signal_fd_ready(void *ctx, uint32_t events)
{
	struct loop *loop = ctx;
	struct signalfd_siginfo info;

	(void)events;
	while (!loop->stopping &&
	       read(loop->signal_fd, &info, sizeof(info)) == sizeof(info))
		tell_signal(loop, info.ssi_signo);
}

void loop_signal_init(struct loop_signal *sig,
		      void (*fn)(void *ctx, int signo), void *ctx)
{
	*sig = (struct loop_signal){ .fn = fn, .ctx = ctx };
	list_init(&sig->link);
}

int loop_signal_add(struct loop *loop, struct loop_signal *sig, int signo)
{
	sigset_t set = loop->signal_set;
	int fd;

	assert(sig->signo == 0);
	if (sigaddset(&set, signo) < 0)
		return -errno;
	fd = signalfd(loop->signal_fd, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	loop->signal_set = set;
	if (loop->signal_fd < 0) {
		loop->signal_fd = fd;
		loop_io_init(&loop->signal_io, signal_fd_ready, loop);
	}
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	sig->signo = signo;
	list_add(&loop->signals, &sig->link);
	return loop_io_set(loop, &loop->signal_io, loop->signal_fd, EPOLLIN);
}

void loop_signal_del(struct loop_signal *sig)
{
	sig->signo = 0;
	list_del(&sig->link);
}
