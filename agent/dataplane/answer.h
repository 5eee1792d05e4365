/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DATAPLANE_ANSWER_H
#define DATAPLANE_ANSWER_H

#include "model/wanted.h"
#include "model/wg_device.h"

#include <stdint.h>

struct nlmsghdr;

/*
 * Netlink messages of the module to typed values, the way back of batch.c. All
 * return 0, TNE_NO_FAMILY_ANSWER for a message that lacks what it must hold, or
 * -ENOMEM.
 */

/**
 * answer_device() - read a device
 * @msg:	answer to DEV_GET
 * @dev:	all zero; filled but for its peers
 */
int answer_device(const struct nlmsghdr *msg, struct wg_device *dev);

/**
 * answer_peers() - read peers
 * @msg:	answer to PEER_GET
 * @dev:	peers are appended; a peer continued goes on with the last one
 */
int answer_peers(const struct nlmsghdr *msg, struct wg_device *dev);

/**
 * answer_token() - read the token of a transaction
 * @msg:	answer to TXN_BEGIN
 * @ret:	the token
 */
int answer_token(const struct nlmsghdr *msg, uint32_t *ret);

/**
 * answer_generation() - read the generation of the table
 * @msg:	any answer
 * @ret:	the generation
 */
int answer_generation(const struct nlmsghdr *msg, uint64_t *ret);

/**
 * answer_event() - read what a notification is about
 * @msg:	the notification
 * @ret:	enum tailnet_event, or a number that we do not know
 */
int answer_event(const struct nlmsghdr *msg, uint32_t *ret);

/**
 * answer_lock() - read the tailnet lock of a device
 * @msg:	answer to LOCK_GET of one device
 * @ret:	all zero; owned by the caller, on error too
 */
int answer_lock(const struct nlmsghdr *msg, struct wanted_lock *ret);

/**
 * answer_drops() - read the drop counters of a device
 * @msg:	answer to STATS_GET
 * @drops:	all zero; filled. To be freed by the caller, on error too
 */
int answer_drops(const struct nlmsghdr *msg, struct wg_drops *drops);

#endif /* DATAPLANE_ANSWER_H */
