/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System calls of the state of which one fails, or is the last thing that the
 * process does. For one test program each, so all of it is global.
 */
#ifndef ODD_IO_H
#define ODD_IO_H

#include "store/state.h"

#define ODD_IO_CRASH 42	/* exit status of a process that was ended so */

/* How many calls there were. */
extern int odd_calls;
/* The number of the call that fails with EIO; -1 = none, as in the next. */
extern int odd_fail_at;
/* The number of the one before which the process ends. */
extern int odd_crash_at;
/* A write is cut to so many bytes, so that a crash finds half a file. */
extern size_t odd_chunk;

/**
 * odd_io() - the calls
 *
 * Return: static data.
 */
const struct state_io *odd_io(void);

/**
 * odd_io_strike() - count a call
 *
 * For calls that a test plays by itself. Does not return if it is the last one.
 *
 * Return: true if it has to fail; errno is set.
 */
bool odd_io_strike(void);

/**
 * odd_io_run() - do something in a process of its own
 * @fn: done; what it returns is the status
 *
 * Return: the status, ODD_IO_CRASH, or -1 if there is none.
 */
int odd_io_run(int (*fn)(void));

#endif /* ODD_IO_H */
