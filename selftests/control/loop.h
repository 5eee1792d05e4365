/* SPDX-License-Identifier: GPL-2.0-only */
/* One epoll loop with timers, and work put off until the current event is done. */
#ifndef CONTROL_LOOP_H
#define CONTROL_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct loop_io;

typedef void (*loop_io_fn)(void *arg, uint32_t events);
typedef void (*loop_timer_fn)(void *arg);

/**
 * struct timer - embedded in its owner; all zero is an idle one
 * @next:	list of armed timers
 * @at_ms:	monotonic time at which it fires
 * @fn:		called once
 * @arg:	for @fn
 * @armed:	is it in the list
 */
struct timer {
	struct timer *next;
	int64_t at_ms;
	loop_timer_fn fn;
	void *arg;
	bool armed;
};

struct loop *loop_new(void);
void loop_free(struct loop *l);

/* Watch @fd for EPOLL* @events. The handle dies with loop_unwatch(), which
 * does not close @fd and may be called from any callback.
 */
struct loop_io *loop_watch(struct loop *l, int fd, uint32_t events,
			   loop_io_fn fn, void *arg);
void loop_change(struct loop_io *io, uint32_t events);
void loop_unwatch(struct loop_io *io);

/* Arm or re-arm. */
void loop_timer(struct loop *l, struct timer *t, int64_t in_ms,
		loop_timer_fn fn, void *arg);
void loop_cancel(struct loop *l, struct timer *t);

/* Called before each wait, to finish what callbacks left. */
void loop_before_wait(struct loop *l, loop_timer_fn fn, void *arg);

/* Until loop_stop(). */
void loop_run(struct loop *l);
void loop_stop(struct loop *l);

int64_t clock_mono_ms(void);
int64_t clock_wall_ms(void);

#endif /* CONTROL_LOOP_H */
