/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tells when something on the host has changed that a node has to know of.
 *
 * The owner watches netmon_fd() and calls netmon_read() when there is something
 * to read; then it sets a timer to netmon_due(), and calls netmon_take() when
 * that is reached. Time is an argument throughout.
 */
#ifndef SYSTEM_NETMON_H
#define SYSTEM_NETMON_H

#include "base/cleanup.h"
#include "system/change.h"

#include <stdint.h>

struct netmon;

/**
 * netmon_open() - begin to watch
 * @ret: the monitor, owned by the caller
 *
 * Return: 0 or -errno.
 */
int netmon_open(struct netmon **ret);

/**
 * netmon_free() - stop watching
 * @mon: the monitor or NULL
 */
void netmon_free(struct netmon *mon);

DEFINE_CLEANUP(netmon, struct netmon *, netmon_free)

/**
 * netmon_set_own() - say what is ours
 * @mon:	the monitor
 * @ifindex:	of our link; 0 = none
 * @mtu:	that it should have, bytes; 0 = any
 * @port:	rtnl_port(); changes that came from there are not reported
 */
void netmon_set_own(struct netmon *mon, uint32_t ifindex, uint32_t mtu,
		    uint32_t port);

/**
 * netmon_fd() - the descriptor to watch for reading
 * @mon: the monitor
 *
 * Return: the descriptor, borrowed, not blocking.
 */
int netmon_fd(const struct netmon *mon);

/**
 * netmon_read() - read what has come in
 * @mon:	the monitor
 * @now_ms:	monotonic time, ms
 *
 * Reads a bounded part; the descriptor stays readable if there is more. Where
 * the kernel had to drop messages, everything may have changed.
 *
 * Return: 0 or -errno.
 */
int netmon_read(struct netmon *mon, uint64_t now_ms);

/**
 * netmon_due() - when to call netmon_take()
 * @mon: the monitor
 *
 * Return: monotonic time in ms; CHANGE_NEVER if there is nothing to report.
 */
uint64_t netmon_due(const struct netmon *mon);

/**
 * netmon_take() - what has changed
 * @mon:	the monitor
 * @now_ms:	monotonic time, ms
 *
 * Return: bits of CHANGE_*; each is reported once. 0 before it is due.
 */
unsigned int netmon_take(struct netmon *mon, uint64_t now_ms);

#endif /* SYSTEM_NETMON_H */
