/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What people are shown of the tailnet lock. All parts are borrowed.
 *
 * Source: tailscale ipn/ipnstate/ipnstate.go, TailnetLockStatus and
 * TailnetLockUpdate.
 */
#ifndef MODEL_LOCK_STATUS_H
#define MODEL_LOCK_STATUS_H

#include "crypto/key_text.h"
#include "model/aum.h"
#include "model/ip.h"
#include "model/node_sig.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct lock_peer - a peer under the lock
 * @name: with all labels
 * @id: number
 * @stable_id: the name of it that lasts
 * @ip: its addresses
 * @n_ip: how many
 * @key: its node key
 * @sig: its signature; without layers if there is none that can be read
 * @reason: why it is not let in; NULL = not told
 */
struct lock_peer {
	const char *name;
	int64_t id;
	const char *stable_id;
	const struct ip_addr *ip;
	size_t n_ip;
	struct node_public key;
	struct node_sig sig;
	const char *reason;
};

/**
 * struct lock_status - state of the lock on this node
 * @enabled: it is on
 * @has_head: @head is set
 * @head: newest update
 * @head_s: when it came, seconds since the epoch; 0 = not known
 * @has_public: @public is set
 * @public: our own lock key
 * @has_node_key: @node_key is set
 * @node_key: our own node key
 * @signed_: others would let us in
 * @has_sig: we have a signature
 * @sig: ours; without layers if it cannot be read
 * @keys: trusted
 * @n_keys: how many
 * @visible: peers that are let in
 * @n_visible: how many
 * @filtered: peers that are not
 * @n_filtered: how many
 * @state_id: the first half of the authority's name
 * @trouble: what is wrong with the lock itself; NULL or "" = nothing
 */
struct lock_status {
	bool enabled;
	bool has_head;
	struct aum_hash head;
	int64_t head_s;
	bool has_public;
	struct lock_public public;
	bool has_node_key;
	struct node_public node_key;
	bool signed_;
	bool has_sig;
	struct node_sig sig;
	const struct lock_key *keys;
	size_t n_keys;
	const struct lock_peer *visible;
	size_t n_visible;
	const struct lock_peer *filtered;
	size_t n_filtered;
	uint64_t state_id;
	const char *trouble;
};

/**
 * struct lock_update - an update in the log
 * @hash: names it
 * @raw: its bytes
 * @aum: what they say
 */
struct lock_update {
	struct aum_hash hash;
	struct bytes raw;
	struct aum aum;
};

#endif /* MODEL_LOCK_STATUS_H */
