/* SPDX-License-Identifier: GPL-2.0-only */
/* The node itself: everything that makes this host a member of a tailnet. */
#ifndef NODE_OWN_H
#define NODE_OWN_H

#include "base/cleanup.h"
#include "base/err.h"
#include "crypto/key_text.h"
#include "node.h"

#include <stdbool.h>
#include <stdint.h>

struct keeper;
struct aum_hash;
struct loop;
struct node_own;
struct side;
struct state;
struct transfers;

#define NODE_OWN_CONTROL_URL "https://controlplane.tailscale.com"

/**
 * struct node_own_settings - what can be changed while the node runs
 * @control_url: server of a node that was never up; NULL = Tailscale's
 * @control_key: the only key that the server may have; zero = any
 * @obey_exit: the server may order this process to end
 */
struct node_own_settings {
	const char *control_url;
	struct machine_public control_key;
	bool obey_exit;
};

/**
 * struct node_own_config - what the node is built from
 * @loop: borrowed until node_own_free(), like the next four
 * @transfers: for the control server
 * @keeper: keeps the state, and knows how it is
 * @state: the state file
 * @side: the file beside it
 * @tun: name of the device
 * @port: UDP port, 0 = any
 * @lock_genesis: first update of the only tailnet lock that the node may be
 *	under, and always is; NULL = the first one that the server names
 * @settings: those that can be changed later
 */
struct node_own_config {
	struct loop *loop;
	struct transfers *transfers;
	struct keeper *keeper;
	struct state *state;
	struct side *side;
	const char *tun;
	uint16_t port;
	const struct aum_hash *lock_genesis;
	struct node_own_settings settings;
};

/**
 * node_own_new() - build the node and let it begin
 * @config:	copied; its texts are borrowed until node_own_free(), those of
 *		the settings until node_own_set()
 * @detail:	filled on error
 * @ret:	owned by the caller
 *
 * A device that an agent before has left is taken over as it is; nothing of it
 * changes until the control server has said how it shall be.
 *
 * Return: 0, TNE_NO_MODULE, what identity_load() returns, or -errno.
 */
int node_own_new(const struct node_own_config *config,
		 struct err_detail *detail, struct node_own **ret);

/**
 * node_own_set() - change settings
 * @node:	the node
 * @settings:	copied; their texts are borrowed, those of before are not any
 *		more
 */
void node_own_set(struct node_own *node,
		  const struct node_own_settings *settings);

/**
 * node_own_free() - end; kernel and host stay as they are
 * @node: the node or NULL
 */
void node_own_free(struct node_own *node);

DEFINE_CLEANUP(node_own, struct node_own *, node_own_free)

/**
 * node_own_api() - the functions for the local API
 *
 * Return: static data; their first argument is the node.
 */
const struct node_api *node_own_api(void);

/**
 * node_own_undo() - undo what a node has set up on this host
 * @tun:	name of the device
 * @detail:	filled on error
 *
 * For an agent that does not run: addresses, routes, rules and the device.
 *
 * Return: 0 or the first error; it goes on after one.
 */
int node_own_undo(const char *tun, struct err_detail *detail);

#endif /* NODE_OWN_H */
