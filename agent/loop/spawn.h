/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * This program, started anew, for work that may block or that handles what
 * strangers say. It has none of our memory, descriptors and environment.
 */
#ifndef LOOP_SPAWN_H
#define LOOP_SPAWN_H

#include <sys/types.h>

/**
 * spawn_self() - start this program
 * @argv:	arguments; the first one names it in lists of processes
 * @env:	all of its environment
 * @in:		becomes its standard input; below 0: it has none
 * @out:	becomes its standard output; below 0: ours is
 * @ret:	the process
 *
 * Standard error stays, all other descriptors are closed in it, signals are as
 * for any program that is started.
 *
 * Return: 0 or -errno.
 */
int spawn_self(char *const argv[], char *const env[], int in, int out,
	       pid_t *ret);

/**
 * spawn_humble() - for the started program: drop what it does not need
 * @max_s:	longest time that it may live
 *
 * It has no rights, leaves no core dump, and ends with whoever started it.
 */
void spawn_humble(unsigned int max_s);

/**
 * spawn_end() - kill a process and take its status
 * @pid: of spawn_self(); 0 or below: nothing is done
 */
void spawn_end(pid_t pid);

#endif /* LOOP_SPAWN_H */
