// SPDX-License-Identifier: GPL-2.0-only
#include "loop.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

struct loop_io {
	struct loop *loop;
	struct loop_io *next_dead;
	int fd;
	loop_io_fn fn;
	void *arg;
	bool dead;
};

struct loop {
	int epoll;
	bool stop;
	struct timer *timers;
	struct loop_io *dead;
	loop_timer_fn before;
	void *before_arg;
};

static int64_t clock_ms(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

int64_t clock_mono_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

int64_t clock_wall_ms(void)
{
	return clock_ms(CLOCK_REALTIME);
}

struct loop *loop_new(void)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (!l)
		abort();
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (l->epoll < 0) {
		perror("tn-control: epoll");
		exit(1);
	}
	return l;
}

/* An event already fetched may still name a handle: free only after the batch. */
static void bury(struct loop *l)
{
	struct loop_io *io;

	while ((io = l->dead)) {
		l->dead = io->next_dead;
		free(io);
	}
}

void loop_free(struct loop *l)
{
	bury(l);
	close(l->epoll);
	free(l);
}

struct loop_io *loop_watch(struct loop *l, int fd, uint32_t events,
			   loop_io_fn fn, void *arg)
{
	struct loop_io *io = calloc(1, sizeof(*io));
	struct epoll_event ev = { .events = events, .data.ptr = io };

	if (!io)
		abort();
	io->loop = l;
	io->fd = fd;
	io->fn = fn;
	io->arg = arg;
	if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &ev)) {
		perror("tn-control: epoll_ctl");
		exit(1);
	}
	return io;
}

void loop_change(struct loop_io *io, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = io };

	epoll_ctl(io->loop->epoll, EPOLL_CTL_MOD, io->fd, &ev);
}

void loop_unwatch(struct loop_io *io)
{
	if (!io || io->dead)
		return;
	epoll_ctl(io->loop->epoll, EPOLL_CTL_DEL, io->fd, NULL);
	io->dead = true;
	io->next_dead = io->loop->dead;
	io->loop->dead = io;
}

void loop_cancel(struct loop *l, struct timer *t)
{
	struct timer **p;

	if (!t->armed)
		return;
	for (p = &l->timers; *p; p = &(*p)->next) {
		if (*p == t) {
			*p = t->next;
			break;
		}
	}
	t->armed = false;
}

/* The list is sorted by time. */
void loop_timer(struct loop *l, struct timer *t, int64_t in_ms,
		loop_timer_fn fn, void *arg)
{
	struct timer **p;

	loop_cancel(l, t);
	t->at_ms = clock_mono_ms() + (in_ms > 0 ? in_ms : 0);
	t->fn = fn;
	t->arg = arg;
	t->armed = true;
	for (p = &l->timers; *p && (*p)->at_ms <= t->at_ms; p = &(*p)->next)
		;
	t->next = *p;
	*p = t;
}

void loop_before_wait(struct loop *l, loop_timer_fn fn, void *arg)
{
	l->before = fn;
	l->before_arg = arg;
}

/* Only what was due at the start: a timer of 0 ms must not starve the rest. */
static void run_timers(struct loop *l)
{
	int64_t now = clock_mono_ms();
	struct timer *t;

	while ((t = l->timers) && t->at_ms <= now) {
		l->timers = t->next;
		t->armed = false;
		t->fn(t->arg);
	}
}

static int wait_ms(const struct loop *l)
{
	int64_t left;

	if (!l->timers)
		return -1;
	left = l->timers->at_ms - clock_mono_ms();
	if (left < 0)
		return 0;
	return left > 60000 ? 60000 : (int)left;
}

void loop_run(struct loop *l)
{
	struct epoll_event events[64];
	struct loop_io *io;
	int i, n;

	while (!l->stop) {
		if (l->before)
			l->before(l->before_arg);
		n = epoll_wait(l->epoll, events, 64, wait_ms(l));
		if (n < 0 && errno != EINTR) {
			perror("tn-control: epoll_wait");
			exit(1);
		}
		for (i = 0; i < n; i++) {
			io = events[i].data.ptr;
			if (!io->dead)
				io->fn(io->arg, events[i].events);
		}
		run_timers(l);
		bury(l);
	}
}

void loop_stop(struct loop *l)
{
	l->stop = true;
}
