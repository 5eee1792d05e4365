/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DATAPLANE_BATCH_H
#define DATAPLANE_BATCH_H

#include "base/cleanup.h"
#include "base/err.h"
#include "dataplane/plan.h"
#include "model/wg_config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nl_refusal;
struct nl_msg;

/*
 * Typed values to netlink messages; with answer.c, the way back, the only code
 * that knows the layout of the attributes. Builders return a message owned by
 * the caller, or NULL without memory.
 */

/*
 * Longest message. The kernel takes one of up to the socket's send buffer
 * (net.core.wmem_default, 208 KiB); its attributes end at 65535 bytes. Ours,
 * well below both, and a multiple of what a peer needs.
 */
#define BATCH_MSG_MAX 32768	/* bytes */

/**
 * struct batch - messages to be sent in their order
 * @msg: owned
 * @n: in use
 * @cap: allocated
 */
struct batch {
	struct nl_msg **msg;
	size_t n;
	size_t cap;
};

/**
 * batch_msg_free() - wipe and free a message
 * @msg: the message or NULL
 */
void batch_msg_free(struct nl_msg *msg);

DEFINE_CLEANUP(batch_msg, struct nl_msg *, batch_msg_free)

/**
 * batch_done() - wipe and free messages
 * @batch: the messages
 */
void batch_done(struct batch *batch);

static inline void batch_cleanup(struct batch *batch)
{
	batch_done(batch);
}

/**
 * batch_dev_get() - ask for devices
 * @family:	number of the family
 * @ifname:	one device; NULL = all of them, to be sent as a dump
 */
struct nl_msg *batch_dev_get(int family, const char *ifname);

/**
 * batch_peer_get() - ask for peers
 * @family:	number of the family
 * @ifname:	their device
 * @key:	one peer; NULL = all of them, to be sent as a dump
 */
struct nl_msg *batch_peer_get(int family, const char *ifname,
			      const struct node_public *key);

/**
 * batch_stats_get() - ask for the drop counters
 * @family:	number of the family
 * @ifname:	one device; NULL = all of them, to be sent as a dump
 */
struct nl_msg *batch_stats_get(int family, const char *ifname);

/**
 * batch_lock_get() - ask for the tailnet lock
 * @family:	number of the family
 * @ifname:	the device
 */
struct nl_msg *batch_lock_get(int family, const char *ifname);

/**
 * batch_lock_off() - turn the tailnet lock off
 * @family:	number of the family
 * @ifname:	the device
 * @lock:	the one that is on; its generation and the reason count
 */
struct nl_msg *batch_lock_off(int family, const char *ifname,
			      const struct wanted_lock *lock);

/**
 * batch_txn_begin() - open a transaction
 * @family:	number of the family
 * @ifname:	the device
 * @replace:	peers that will not be named go
 * @generation:	of the table the change was made for, refused if it is at
 *		another one; NULL = whatever it is at
 */
struct nl_msg *batch_txn_begin(int family, const char *ifname, bool replace,
			       const uint64_t *generation);

/**
 * batch_txn_commit() - apply a transaction
 * @family:	number of the family
 * @ifname:	the device
 * @token:	of the transaction
 */
struct nl_msg *batch_txn_commit(int family, const char *ifname,
				uint32_t token);

/**
 * batch_txn_abort() - forget a transaction
 * @family:	number of the family
 * @ifname:	the device
 * @token:	of the transaction
 */
struct nl_msg *batch_txn_abort(int family, const char *ifname, uint32_t token);

/**
 * batch_txn_items() - put a configuration into a transaction
 * @family:	number of the family
 * @ifname:	the device
 * @token:	of the transaction
 * @config:	endpoints looked up and key files read
 * @ret:	messages of at most BATCH_MSG_MAX bytes, owned by the caller;
 *		none if there is nothing to change
 *
 * A peer that is known to be absent is left out if it is to be removed, and
 * becomes a roaming peer, as in wg(8), if nothing else is said.
 *
 * Return: 0 or -ENOMEM.
 */
int batch_txn_items(int family, const char *ifname, uint32_t token,
		    const struct wg_config *config, struct batch *ret);

/**
 * batch_plan_items() - put a plan into a transaction
 * @family:	number of the family
 * @ifname:	the device
 * @token:	of a transaction that replaces if the plan does
 * @plan:	not empty
 * @ret:	messages of at most BATCH_MSG_MAX bytes, owned by the caller
 *
 * Additions must find no such peer, changes and removals must find one: what
 * the kernel has is what the plan was made from, or it says so.
 *
 * Return: 0 or -ENOMEM.
 */
int batch_plan_items(int family, const char *ifname, uint32_t token,
		     const struct plan *plan, struct batch *ret);

/**
 * struct batch_adoption - a device is taken over by an agent
 * @fd4: UDP socket, IPv4, or -1
 * @fd6: the same, IPv6
 * @fwmark: mark of outgoing datagrams
 * @manage: set the managed flag, for which there must be no peers
 */
struct batch_adoption {
	int fd4;
	int fd6;
	uint32_t fwmark;
	bool manage;
};

/**
 * batch_dev_adopt() - hand sockets to a device
 * @family:	number of the family
 * @ifname:	the device
 * @adoption:	what it is given; both descriptors -1 take its sockets away
 */
struct nl_msg *batch_dev_adopt(int family, const char *ifname,
			       const struct batch_adoption *adoption);

/**
 * batch_refused_peer() - which peer was a request refused for?
 * @msg:	the request
 * @refusal:	the reason
 * @ret:	its key
 *
 * Return: true if the reason points at one.
 */
bool batch_refused_peer(struct nl_msg *msg, const struct nl_refusal *refusal,
			struct node_public *ret);

/**
 * batch_explain() - say which part of a request was refused
 * @msg:	the request
 * @refusal:	the reason
 * @err:	the code
 * @detail:	filled
 *
 * Return: @err.
 */
int batch_explain(struct nl_msg *msg, const struct nl_refusal *refusal,
		  int err, struct err_detail *detail);

#endif /* DATAPLANE_BATCH_H */
