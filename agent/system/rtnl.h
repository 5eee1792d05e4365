/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Puts addresses, routes and rules on the host and takes them away again.
 *
 * Whatever carries HOST_PROTOCOL is ours. Routes without a link (throw,
 * unreachable) carry the index of the link of their instance as their metric,
 * so that two instances can be told apart; those of an instance that is gone
 * are removed by whoever comes next.
 */
#ifndef SYSTEM_RTNL_H
#define SYSTEM_RTNL_H

#include "base/cleanup.h"
#include "base/err.h"
#include "model/host_config.h"
#include "model/host_plan.h"

#include <stdint.h>

#define RTNL_KIND "tailnet"	/* of the links of all instances */

struct rtnl;

/**
 * rtnl_open() - connect to the kernel
 * @kind:	kind of the links of all instances: RTNL_KIND; tests have others
 * @ret:	the connection, owned by the caller
 *
 * Return: 0 or -errno.
 */
int rtnl_open(const char *kind, struct rtnl **ret);

/**
 * rtnl_free() - close the connection; the host stays as it is
 * @rtnl: the connection or NULL
 */
void rtnl_free(struct rtnl *rtnl);

DEFINE_CLEANUP(rtnl, struct rtnl *, rtnl_free)

/**
 * rtnl_port() - what our changes are marked with in notifications
 * @rtnl: the connection
 *
 * Return: the netlink port.
 */
uint32_t rtnl_port(const struct rtnl *rtnl);

/**
 * rtnl_read() - what there is
 * @rtnl:	the connection
 * @link:	name of our link; there need not be one
 * @ret:	the state; owned by the caller
 * @detail:	set on error
 *
 * Return: 0, -errno, or TNE_TOO_LONG.
 */
int rtnl_read(struct rtnl *rtnl, const char *link, struct host_state *ret,
	      struct err_detail *detail);

/**
 * rtnl_attached() - networks that the host is directly connected to
 * @state:	as read
 * @ret:	with room for all of @state->addrs; masked, may repeat
 *
 * Networks of single addresses, of loopback and link-local addresses and of
 * other instances are left out.
 *
 * Return: how many.
 */
size_t rtnl_attached(const struct host_state *state, struct ip_prefix *ret);

/**
 * rtnl_apply() - take the steps of a plan
 * @rtnl:	the connection
 * @ifindex:	of our link
 * @plan:	the steps
 * @detail:	set on error: the step and why it failed
 *
 * On failure the steps that were taken are taken back. To add what has come
 * into being meanwhile is an error, to remove what has gone is none.
 *
 * Return: 0 or -errno.
 */
int rtnl_apply(struct rtnl *rtnl, uint32_t ifindex,
	       const struct host_plan *plan, struct err_detail *detail);

/**
 * rtnl_set() - make the host as it is wanted
 * @rtnl:	the connection
 * @link:	name of our link
 * @want:	sorted
 * @detail:	set on error
 *
 * Reads what is there and changes only what differs: at the start of the agent,
 * after a change, and when others have removed something of ours.
 *
 * Return: number of steps taken, -ENODEV without the link, -EADDRINUSE from
 * host_config_check(), or as rtnl_read() and rtnl_apply().
 */
int rtnl_set(struct rtnl *rtnl, const char *link,
	     const struct host_config *want, struct err_detail *detail);

/**
 * rtnl_undo() - remove everything of this instance
 * @rtnl:	the connection
 * @link:	name of our link; it may be gone already. It stays, but down
 * @detail:	set on error
 *
 * Goes on after an error and returns the first one.
 *
 * Return: 0 or -errno.
 */
int rtnl_undo(struct rtnl *rtnl, const char *link, struct err_detail *detail);

#endif /* SYSTEM_RTNL_H */
