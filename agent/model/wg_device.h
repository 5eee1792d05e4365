/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MODEL_WG_DEVICE_H
#define MODEL_WG_DEVICE_H

#include "crypto/key.h"

#include "base/cleanup.h"
#include "model/lock_verdict.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WG_NAME_MAX 15	/* bytes of an interface name */

/**
 * struct wg_prefix - an address prefix
 * @addr: network order; @addr_len bytes of it count
 * @addr_len: 4 or 16
 * @bits: length of the prefix, at most 8 * @addr_len
 * @remove: in a change: take it away instead of adding it
 * @primary: in a wanted view: before others who ask for it
 */
struct wg_prefix {
	uint8_t addr[16];
	uint8_t addr_len;
	uint8_t bits;
	bool remove;
	bool primary;
};

/**
 * struct wg_prefixes - a growing list of prefixes
 * @item: owned
 * @n: in use
 * @cap: allocated
 */
struct wg_prefixes {
	struct wg_prefix *item;
	size_t n;
	size_t cap;
};

/**
 * struct wg_endpoint - a UDP address
 * @addr: network order; @addr_len bytes of it count
 * @addr_len: 4 or 16; 0 = there is no endpoint
 * @port: host order, not 0
 * @scope: interface index of a link-local IPv6 address, else 0
 */
struct wg_endpoint {
	uint8_t addr[16];
	uint8_t addr_len;
	uint16_t port;
	uint32_t scope;
};

/**
 * struct wg_peer - a peer as the module reports it
 * @key: names it
 * @node_id: an agent's number for it, 0 = none
 * @has_psk: there is a preshared key
 * @roam: the endpoint follows authenticated packets
 * @keepalive_s: seconds, 0 = off
 * @expires_s: cut off from then on, wall clock, seconds since the epoch;
 *	0 = never
 * @endpoint: where it is reached
 * @handshake_s: wall clock of the last handshake, seconds; 0 = never
 * @handshake_ns: nanoseconds beside it
 * @rx_bytes: received
 * @tx_bytes: sent
 * @unsigned_ok: needs no signature for the peer API
 * @rotated: its key is one that the agent remembers as rotated away
 * @verdict: of the tailnet lock
 * @prefixes: allowed IPs
 */
struct wg_peer {
	struct node_public key;
	uint64_t node_id;
	bool has_psk;
	bool roam;
	uint16_t keepalive_s;
	int64_t expires_s;
	struct wg_endpoint endpoint;
	int64_t handshake_s;
	uint32_t handshake_ns;
	uint64_t rx_bytes;
	uint64_t tx_bytes;
	bool unsigned_ok;
	bool rotated;
	enum lock_verdict verdict;
	struct wg_prefixes prefixes;
};

/* Settings of a device that are on or off. */
enum wg_switch {
	WG_SWITCH_GSO,
	WG_SWITCH_GRO,
	WG_SWITCH_INLINE,
	WG_SWITCHES,
};

/* Whose UDP sockets a device uses. */
enum wg_sockets {
	WG_SOCKETS_NONE,
	WG_SOCKETS_OWN,
	WG_SOCKETS_ADOPTED,
};

/**
 * struct wg_device - a device as the module reports it
 * @ifindex: its index
 * @name: its name
 * @has_key: there is a private key, and so @key
 * @managed: an agent configures it
 * @orphaned: that agent has gone
 * @on: state of each switch
 * @sockets: whose sockets carry it
 * @listen_port: 0 = chosen when it comes up
 * @fwmark: 0 = off
 * @key: its public key
 * @generation: of its table of peers
 * @peers: owned; in the order of the dump
 * @n_peers: in use
 * @cap_peers: allocated
 */
struct wg_device {
	uint32_t ifindex;
	char name[WG_NAME_MAX + 1];
	bool has_key;
	bool managed;
	bool orphaned;
	bool on[WG_SWITCHES];
	enum wg_sockets sockets;
	uint16_t listen_port;
	uint32_t fwmark;
	struct node_public key;
	uint64_t generation;
	struct wg_peer *peers;
	size_t n_peers;
	size_t cap_peers;
};

/**
 * struct wg_drop - a counter of dropped packets
 * @reason: its name
 * @packets: how many
 */
struct wg_drop {
	char reason[64];
	uint64_t packets;
};

/**
 * struct wg_drops - the counters of one device
 * @ifindex: its index
 * @name: its name
 * @item: owned
 * @n: in use
 * @cap: allocated
 */
struct wg_drops {
	uint32_t ifindex;
	char name[WG_NAME_MAX + 1];
	struct wg_drop *item;
	size_t n;
	size_t cap;
};

/**
 * struct wg_devices - several devices
 * @item: owned
 * @n: in use
 * @cap: allocated
 */
struct wg_devices {
	struct wg_device *item;
	size_t n;
	size_t cap;
};

/**
 * wg_prefixes_add() - append a prefix
 * @list:	the list, all zero at first
 * @prefix:	copied
 *
 * Return: 0 or -ENOMEM.
 */
int wg_prefixes_add(struct wg_prefixes *list, const struct wg_prefix *prefix);

/**
 * wg_prefixes_done() - free the contents
 * @list: the list
 */
void wg_prefixes_done(struct wg_prefixes *list);

/**
 * wg_prefix_has_host_bits() - is an address bit set behind the prefix?
 * @prefix: the prefix
 *
 * Return: true if so.
 */
bool wg_prefix_has_host_bits(const struct wg_prefix *prefix);

/**
 * wg_device_add_peer() - append a peer
 * @dev: the device
 *
 * Return: the peer, all zero, borrowed until the next one is added; NULL
 * without memory.
 */
struct wg_peer *wg_device_add_peer(struct wg_device *dev);

/**
 * wg_device_drop_peers() - forget the peers
 * @dev: the device
 */
void wg_device_drop_peers(struct wg_device *dev);

/**
 * wg_device_done() - free the contents
 * @dev: the device
 */
void wg_device_done(struct wg_device *dev);

/**
 * wg_device_sort_recent() - peers with the latest handshake first
 * @dev: the device; peers of equal time keep their order
 *
 * Return: 0 or -ENOMEM.
 */
int wg_device_sort_recent(struct wg_device *dev);

/**
 * wg_devices_add() - append a device
 * @list: the list, all zero at first
 *
 * Return: the device, all zero, borrowed until the next is added; NULL without
 * memory.
 */
struct wg_device *wg_devices_add(struct wg_devices *list);

/**
 * wg_devices_done() - free the contents
 * @list: the list
 */
void wg_devices_done(struct wg_devices *list);

static inline void wg_devices_cleanup(struct wg_devices *list)
{
	wg_devices_done(list);
}

static inline void wg_device_cleanup(struct wg_device *dev)
{
	wg_device_done(dev);
}

/**
 * wg_drops_done() - free the contents
 * @drops: the counters
 */
void wg_drops_done(struct wg_drops *drops);

#endif /* MODEL_WG_DEVICE_H */
