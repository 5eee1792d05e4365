/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MODEL_WG_CONFIG_H
#define MODEL_WG_CONFIG_H

#include "model/wg_device.h"

#include "base/cleanup.h"
#include "base/secret.h"
#include "crypto/key.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a struct wg_peer_config changes. */
#define WG_PEER_PSK		(1U << 0)
#define WG_PEER_ENDPOINT	(1U << 1)
#define WG_PEER_KEEPALIVE	(1U << 2)
#define WG_PEER_REPLACE_IPS	(1U << 3)
#define WG_PEER_ROAM		(1U << 4)

/* What a struct wg_config changes. */
#define WG_DEV_KEY		(1U << 0)
#define WG_DEV_PORT		(1U << 1)
#define WG_DEV_FWMARK		(1U << 2)

/* What is known of the table before the change. */
enum wg_presence {
	WG_PRESENCE_UNKNOWN,
	WG_PRESENT,
	WG_ABSENT,
};

/**
 * struct wg_peer_config - a wanted change of one peer
 * @key: names it
 * @set: WG_PEER_*: which of the fields below count
 * @remove: remove it; everything else is ignored
 * @folded: an earlier one has taken this one in
 * @presence: does the device have it?
 * @roam: the endpoint follows authenticated packets
 * @keepalive_s: seconds, 0 = off
 * @psk: borrowed from the arena of the configuration; NULL removes it
 * @psk_file: where to read @psk from; borrowed from the arguments, or NULL
 * @host: endpoint that has to be looked up, as written; owned, or NULL
 * @endpoint: the endpoint; its address is not known yet while there is @host
 * @prefixes: allowed IPs to add or remove
 */
struct wg_peer_config {
	struct node_public key;
	unsigned int set;
	bool remove;
	bool folded;
	enum wg_presence presence;
	bool roam;
	uint16_t keepalive_s;
	struct secret32 *psk;
	const char *psk_file;
	char *host;
	struct wg_endpoint endpoint;
	struct wg_prefixes prefixes;
};

/**
 * struct wg_config - a wanted change of a device
 * @set: WG_DEV_*: which of the fields below count
 * @replace: peers that are not named go
 * @unique: no peer is named twice
 * @switch_set: which of @switch_on count
 * @switch_on: wanted state of each switch
 * @listen_port: 0 = the module chooses
 * @fwmark: 0 = off
 * @private_key: borrowed from @arena; NULL removes it
 * @key_file: where to read @private_key from; borrowed from the arguments
 * @peers: owned, applied in this order
 * @n_peers: in use
 * @cap_peers: allocated
 * @arena: owns the secrets
 */
struct wg_config {
	unsigned int set;
	bool replace;
	bool unique;
	bool switch_set[WG_SWITCHES];
	bool switch_on[WG_SWITCHES];
	uint16_t listen_port;
	uint32_t fwmark;
	struct secret32 *private_key;
	const char *key_file;
	struct wg_peer_config *peers;
	size_t n_peers;
	size_t cap_peers;
	struct secret_arena *arena;
};

/**
 * wg_config_add_peer() - append a peer
 * @config: the configuration
 *
 * Return: the peer, all zero, borrowed until the next is added; NULL without
 * memory.
 */
struct wg_peer_config *wg_config_add_peer(struct wg_config *config);

/**
 * wg_config_fold() - make one of several sections about the same peer
 * @config: the configuration
 *
 * What a later one sets wins, its allowed IPs replace earlier ones. The kernel
 * does the same in a merge; in a replacement it adds up what it is given.
 *
 * Return: 0 or -ENOMEM.
 */
int wg_config_fold(struct wg_config *config);

/**
 * wg_config_done() - free the contents and wipe the secrets
 * @config: the configuration
 */
void wg_config_done(struct wg_config *config);

static inline void wg_config_cleanup(struct wg_config *config)
{
	wg_config_done(config);
}

#endif /* MODEL_WG_CONFIG_H */
