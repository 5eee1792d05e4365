/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a notification of the kernel means to us, and when to act on it.
 * Pure: bytes and time come in as arguments.
 */
#ifndef SYSTEM_CHANGE_H
#define SYSTEM_CHANGE_H

#include "model/ip.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nlmsghdr;

/* Addresses, links or default routes of the host are not what they were. */
#define CHANGE_HOST	(1U << 0)
/* Something of ours has gone: call rtnl_set() again. */
#define CHANGE_REPAIR	(1U << 1)
/* Our link is gone. */
#define CHANGE_LINK	(1U << 2)

/* Source: tailscale net/netmon/netmon.go, debounce. */
#define CHANGE_SETTLE_MS	1000
/*
 * Others may fight with us for the rules: then we lose slowly.
 * Source: tailscale wgengine/router/osrouter/router_linux.go, ruleRestorePending.
 */
#define CHANGE_REPAIR_BURST	10
#define CHANGE_REPAIR_MS	5000

#define CHANGE_NEVER		UINT64_MAX
#define CHANGE_KNOWN_MAX	1024

/**
 * struct change_known - something that has been reported before
 * @ifindex: link
 * @addr: address on it; none: the link itself
 * @up: the link can carry packets
 */
struct change_known {
	uint32_t ifindex;
	struct ip_addr addr;
	bool up;
};

/**
 * struct change - what is known and what is to be reported
 * @ifindex: our link, 0 = none
 * @mtu: that our link should have, 0 = any
 * @port: of our own requests, 0 = none
 * @known: seen before; what does not fit in is news each time
 * @n_known: how many
 * @pending: bits of CHANGE_* that wait
 * @host_due_ms: when CHANGE_HOST and CHANGE_LINK may be told
 * @tokens: repairs that may be told at once
 * @token_ms: when the number of tokens was last right
 */
struct change {
	uint32_t ifindex;
	uint32_t mtu;
	uint32_t port;
	struct change_known known[CHANGE_KNOWN_MAX];
	size_t n_known;
	unsigned int pending;
	uint64_t host_due_ms;
	unsigned int tokens;
	uint64_t token_ms;
};

/**
 * change_init() - nothing known, nothing to report
 * @c:		initialised
 * @now_ms:	monotonic time, ms
 */
void change_init(struct change *c, uint64_t now_ms);

/**
 * change_parse() - what one message means
 * @c:		what is known; is added to
 * @msg:	a whole message from the kernel
 *
 * Not news: what we have done ourselves, addresses and links that are as they
 * were, routes other than default routes, and everything of our own link and
 * table, unless something was taken away.
 *
 * Return: bits of CHANGE_*; 0 for a message that is malformed or no news.
 */
unsigned int change_parse(struct change *c, const struct nlmsghdr *msg);

/**
 * change_note() - something has changed
 * @c:		gets it
 * @bits:	of CHANGE_*
 * @now_ms:	monotonic time, ms
 */
void change_note(struct change *c, unsigned int bits, uint64_t now_ms);

/**
 * change_due() - when there will be something to take
 * @c: what waits
 *
 * Return: monotonic time in ms, or CHANGE_NEVER.
 */
uint64_t change_due(const struct change *c);

/**
 * change_take() - what there is to report now
 * @c:		what waits
 * @now_ms:	monotonic time, ms
 *
 * Return: bits of CHANGE_*, which then no longer wait.
 */
unsigned int change_take(struct change *c, uint64_t now_ms);

#endif /* SYSTEM_CHANGE_H */
