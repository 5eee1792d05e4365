/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one loop of a process: descriptors, timers, signals, deferred calls.
 *
 * Everything that is registered is a struct inside of its owner's, so that
 * nothing here needs memory later, and an owner that goes away takes its
 * registrations back. All functions may be called inside of callbacks, for
 * the very object that is being called back as well; after an object was taken
 * back it is not called any more. No callback runs before the function that
 * registered it has returned.
 */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include "base/cleanup.h"
#include "base/list.h"
#include "loop/timer_heap.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include <sys/epoll.h>

struct clock;
struct loop;

/**
 * struct loop_io - a watched descriptor
 * @fn: called with the events that came: EPOLLIN, EPOLLOUT, EPOLLHUP, EPOLLERR
 * @ctx: for @fn
 * @fd: -1 = not watched
 * @events: what is waited for
 */
struct loop_io {
	void (*fn)(void *ctx, uint32_t events);
	void *ctx;
	int fd;
	uint32_t events;
};

/**
 * struct loop_timer - a call at some time
 * @fn: called once for each time the timer was set
 * @ctx: for @fn
 * @node: in the heap
 * @set: will it be called?
 */
struct loop_timer {
	void (*fn)(void *ctx);
	void *ctx;
	struct timer_node node;
	bool set;
};

/**
 * struct loop_later - a call from the loop itself, as soon as possible
 * @fn: called once for each time it was set
 * @ctx: for @fn
 * @link: in the loop
 */
struct loop_later {
	void (*fn)(void *ctx);
	void *ctx;
	struct list link;
};

/**
 * struct loop_signal - a watched signal
 * @fn: called with the signal's number
 * @ctx: for @fn
 * @signo: 0 = not watched
 * @link: in the loop
 */
struct loop_signal {
	void (*fn)(void *ctx, int signo);
	void *ctx;
	int signo;
	struct list link;
};

/**
 * loop_new() - a loop
 * @clock:	what timers go by; borrowed until loop_free(). Of any clock but
 *		clock_system() it is taken that it stands still: the loop never
 *		sleeps until a timer is due, loop_turn() and loop_advance() of
 *		the test drive it
 * @ret:	the loop, owned by the caller
 *
 * The process ignores SIGPIPE from now on.
 *
 * Return: 0 or -errno.
 */
int loop_new(const struct clock *clock, struct loop **ret);

/**
 * loop_free() - end a loop
 * @loop: the loop or NULL; all registrations have been taken back before, or
 *	are never touched again
 */
void loop_free(struct loop *loop);

DEFINE_CLEANUP(loop, struct loop *, loop_free)

/**
 * loop_run() - run until loop_stop()
 * @loop: the loop
 *
 * Return: the status given to loop_stop(), or -errno if waiting failed.
 */
int loop_run(struct loop *loop);

/**
 * loop_stop() - let loop_run() return after the current callback
 * @loop:	the loop
 * @status:	what it returns, 0 or more; the first one counts
 */
void loop_stop(struct loop *loop, int status);

/**
 * loop_turn() - one round: wait, then call what is due
 * @loop:	the loop
 * @wait_ms:	longest wait, in real time
 *
 * Return: number of calls made, or -errno.
 */
int loop_turn(struct loop *loop, int wait_ms);

/**
 * loop_advance() - let a simulated clock run on, calling timers on the way
 * @loop:	a loop with the clock of a struct clock_sim
 * @ms:		how far
 *
 * The clock stops at each timer that is due, and descriptors that are ready are
 * served there too.
 */
void loop_advance(struct loop *loop, uint64_t ms);

/**
 * loop_now_ms() - boot time at the start of this round
 * @loop: the loop
 *
 * Return: ms.
 */
uint64_t loop_now_ms(const struct loop *loop);

/**
 * loop_clock() - the clock of a loop
 * @loop: the loop
 *
 * Return: borrowed from the loop.
 */
const struct clock *loop_clock(const struct loop *loop);

/**
 * loop_io_init() - set up a watch, unused at first
 * @io:		the watch
 * @fn:		called
 * @ctx:	for @fn
 */
void loop_io_init(struct loop_io *io, void (*fn)(void *ctx, uint32_t events),
		  void *ctx);

/**
 * loop_io_set() - watch a descriptor, or change what is waited for
 * @loop:	the loop
 * @io:		the watch
 * @fd:		the descriptor; borrowed, to be taken back before it is closed.
 *		A watch on another descriptor is taken back first
 * @events:	EPOLLIN, EPOLLOUT; with 0 only hang-up and errors are told
 *
 * Return: 0 or -errno.
 */
int loop_io_set(struct loop *loop, struct loop_io *io, int fd,
		uint32_t events);

/**
 * loop_io_del() - take a watch back
 * @loop:	the loop
 * @io:		the watch, in use or not
 */
void loop_io_del(struct loop *loop, struct loop_io *io);

/**
 * loop_timer_init() - set up a timer, unused at first
 * @timer:	the timer
 * @fn:		called
 * @ctx:	for @fn
 */
void loop_timer_init(struct loop_timer *timer, void (*fn)(void *ctx),
		     void *ctx);

/**
 * loop_timer_set() - call once after some time; anew if it was set
 * @loop:	the loop
 * @timer:	the timer
 * @after_ms:	from loop_now_ms() on; 0 = in the next round
 */
void loop_timer_set(struct loop *loop, struct loop_timer *timer,
		    uint64_t after_ms);

/**
 * loop_timer_cancel() - do not call
 * @loop:	the loop
 * @timer:	the timer, set or not
 */
void loop_timer_cancel(struct loop *loop, struct loop_timer *timer);

/**
 * loop_later_init() - set up a deferred call, unused at first
 * @later:	the call
 * @fn:		called
 * @ctx:	for @fn
 */
void loop_later_init(struct loop_later *later, void (*fn)(void *ctx),
		     void *ctx);

/**
 * loop_later_set() - call once, in the next round
 * @loop:	the loop
 * @later:	the call; if it was set it stays where it is
 */
void loop_later_set(struct loop *loop, struct loop_later *later);

/**
 * loop_later_cancel() - do not call
 * @later: the call, set or not
 */
void loop_later_cancel(struct loop_later *later);

/**
 * loop_signal_init() - set up the watch of a signal, unused at first
 * @sig:	the watch
 * @fn:		called
 * @ctx:	for @fn
 */
void loop_signal_init(struct loop_signal *sig,
		      void (*fn)(void *ctx, int signo), void *ctx);

/**
 * loop_signal_add() - watch a signal
 * @loop:	the loop
 * @sig:	the watch, unused
 * @signo:	the signal; blocked from now on, for the loop's life; programs that
 *		are started must not inherit that
 *
 * Return: 0 or -errno.
 */
int loop_signal_add(struct loop *loop, struct loop_signal *sig, int signo);

/**
 * loop_signal_del() - take the watch of a signal back
 * @sig: the watch, in use or not
 */
void loop_signal_del(struct loop_signal *sig);

#endif /* LOOP_LOOP_H */
