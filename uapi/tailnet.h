/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Generic netlink interface of the tailnet module.
 *
 * tailnet.yaml beside this file is the specification; scripts/check-uapi.sh
 * proves that the two agree. Enums only ever grow at their end. All integers
 * are in host order unless a comment says big endian. All commands need
 * CAP_NET_ADMIN in the user namespace of the device's network namespace; those
 * that touch sockets need it in the namespace that created the device too.
 */
#ifndef _UAPI_TAILNET_H
#define _UAPI_TAILNET_H

#define TAILNET_GENL_NAME "tailnet"
#define TAILNET_GENL_VERSION 1

#define TAILNET_MCGRP_PEER "peer"	/* sessions and endpoints of peers */
#define TAILNET_MCGRP_PATH "path"	/* a peer wants a path */
#define TAILNET_MCGRP_DEVICE "device"	/* configuration, sockets, clones */
#define TAILNET_MCGRP_ADMISSION "admission"	/* tailnet lock: who, and the lock */

#define TAILNET_KEY_LEN 32		/* bytes of any key */
#define TAILNET_LOCK_MAX_KEYS 512	/* trusted keys of a device */
#define TAILNET_LOCK_MAX_LAYERS 16	/* layers of a signature */

/**
 * enum tailnet_cmd - commands and, ending in _NTF, notifications
 * @TAILNET_CMD_DEV_GET: do: one device by DEV_IFINDEX or DEV_IFNAME; dump: all
 *	of the caller's namespace
 * @TAILNET_CMD_DEV_SET: change device settings
 * @TAILNET_CMD_PEER_GET: do: one peer by PUBLIC_KEY; dump: all of one device.
 *	A peer with many allowed IPs takes several messages, the later ones
 *	with PEER_CONTINUED
 * @TAILNET_CMD_PEER_NEW: add peers; EEXIST if one is there already
 * @TAILNET_CMD_PEER_SET: change peers; ENOENT if one is not there, unless its
 *	nest has PEER_OP SET
 * @TAILNET_CMD_PEER_DEL: remove peers; ENOENT if one is not there
 * @TAILNET_CMD_TXN_BEGIN: open a transaction, answers with A_TXN_TOKEN; one per
 *	device, owned by the sending socket, aborted when that socket closes
 * @TAILNET_CMD_TXN_ADD: hand items (A_DEV settings, A_PEER nests, A_LOCK) to it
 * @TAILNET_CMD_TXN_COMMIT: apply all of it, or nothing
 * @TAILNET_CMD_TXN_ABORT: forget it
 * @TAILNET_CMD_STATS_GET: drop counters of one device (do) or all (dump)
 * @TAILNET_CMD_PEER_NTF: notification, group peer
 * @TAILNET_CMD_PATH_NTF: notification, group path
 * @TAILNET_CMD_DEV_NTF: notification, group device
 * @TAILNET_CMD_LOCK_GET: the tailnet lock of one device (do) or of all (dump,
 *	which leaves the keys out)
 * @TAILNET_CMD_LOCK_SET: trust exactly the keys of A_LOCK, and turn the lock on
 *	if it is off. All peers have been judged by them when it returns. With no
 *	keys nobody is admitted. ESTALE unless LOCK_GENERATION is above any that
 *	the device had; the device may be given one by TXN_ADD too, and then a
 *	transaction changes peers and keys in one step
 * @TAILNET_CMD_LOCK_OFF: turn the lock off, which no other command does;
 *	ESTALE unless LOCK_GENERATION is the one in force, ENOENT if it is off
 * @TAILNET_CMD_LOCK_NTF: notification, group admission
 *
 * A request of PEER_NEW, PEER_SET or PEER_DEL may hold many A_PEER nests; they
 * are applied all or none.
 */
enum tailnet_cmd {
	TAILNET_CMD_UNSPEC,
	TAILNET_CMD_DEV_GET,
	TAILNET_CMD_DEV_SET,
	TAILNET_CMD_PEER_GET,
	TAILNET_CMD_PEER_NEW,
	TAILNET_CMD_PEER_SET,
	TAILNET_CMD_PEER_DEL,
	TAILNET_CMD_TXN_BEGIN,
	TAILNET_CMD_TXN_ADD,
	TAILNET_CMD_TXN_COMMIT,
	TAILNET_CMD_TXN_ABORT,
	TAILNET_CMD_STATS_GET,
	TAILNET_CMD_PEER_NTF,
	TAILNET_CMD_PATH_NTF,
	TAILNET_CMD_DEV_NTF,
	TAILNET_CMD_LOCK_GET,
	TAILNET_CMD_LOCK_SET,
	TAILNET_CMD_LOCK_OFF,
	TAILNET_CMD_LOCK_NTF,

	__TAILNET_CMD_MAX
};

#define TAILNET_CMD_MAX (__TAILNET_CMD_MAX - 1)

/**
 * enum tailnet_a - top level attributes of every message
 * @TAILNET_A_DEV: nest of enum tailnet_a_dev; every request names its device
 *	in here by DEV_IFINDEX or DEV_IFNAME (exactly one)
 * @TAILNET_A_PEER: nest of enum tailnet_a_peer, repeated
 * @TAILNET_A_TXN: nest of enum tailnet_a_txn
 * @TAILNET_A_STATS: nest of enum tailnet_a_stats, out
 * @TAILNET_A_GENERATION: u64, out: the table's generation; in every answer,
 *	dump message and notification. In, on PEER_NEW, PEER_SET, PEER_DEL,
 *	DEV_SET, LOCK_SET, LOCK_OFF and TXN_BEGIN: refuse with ESTALE unless the
 *	table is at this generation
 * @TAILNET_A_EVENT: u32 enum tailnet_event, in notifications
 * @TAILNET_A_LOCK: nest of enum tailnet_a_lock
 */
enum tailnet_a {
	TAILNET_A_UNSPEC,
	TAILNET_A_DEV,
	TAILNET_A_PEER,
	TAILNET_A_TXN,
	TAILNET_A_STATS,
	TAILNET_A_GENERATION,
	TAILNET_A_EVENT,
	TAILNET_A_PAD,
	TAILNET_A_LOCK,

	__TAILNET_A_MAX
};

#define TAILNET_A_MAX (__TAILNET_A_MAX - 1)

/**
 * enum tailnet_a_dev - a device
 * @TAILNET_A_DEV_IFINDEX: u32
 * @TAILNET_A_DEV_IFNAME: string, at most 15 bytes
 * @TAILNET_A_DEV_PRIVATE_KEY: 32 bytes, in only, never leaves; all zero
 *	removes the key. Setting it clamps it
 * @TAILNET_A_DEV_PUBLIC_KEY: 32 bytes, out; absent while there is no key
 * @TAILNET_A_DEV_LISTEN_PORT: u16; the module makes its own sockets on this
 *	port, 0 lets it choose one. Out: the port in force; while there are no
 *	sockets, the port wanted
 * @TAILNET_A_DEV_SOCK4: s32, in: descriptor of a UDP socket, AF_INET, of the
 *	calling task; the module keeps it alive. -1 gives it up. If it has the
 *	port of the one before, or is bound to it later (SO_REUSEPORT), the one
 *	before leaves that port
 * @TAILNET_A_DEV_SOCK6: s32, in: the same, AF_INET6, with IPV6_V6ONLY
 * @TAILNET_A_DEV_FWMARK: u32; mark of outgoing datagrams and their routing
 * @TAILNET_A_DEV_FLAGS: bitfield32 of TAILNET_DEV_F_*
 * @TAILNET_A_DEV_ORPHAN_TIMEOUT: u32 seconds, 0 = never: give up adopted
 *	sockets this long after the netlink socket that handed them over closed
 * @TAILNET_A_DEV_ORPHANED: flag, out: that netlink socket has closed
 * @TAILNET_A_DEV_SOCKETS: u32 enum tailnet_sockets, out: whose sockets are used
 * @TAILNET_A_DEV_PEERS: u32, out: number of peers
 */
enum tailnet_a_dev {
	TAILNET_A_DEV_UNSPEC,
	TAILNET_A_DEV_IFINDEX,
	TAILNET_A_DEV_IFNAME,
	TAILNET_A_DEV_PRIVATE_KEY,
	TAILNET_A_DEV_PUBLIC_KEY,
	TAILNET_A_DEV_LISTEN_PORT,
	TAILNET_A_DEV_SOCK4,
	TAILNET_A_DEV_SOCK6,
	TAILNET_A_DEV_FWMARK,
	TAILNET_A_DEV_FLAGS,
	TAILNET_A_DEV_ORPHAN_TIMEOUT,
	TAILNET_A_DEV_ORPHANED,
	TAILNET_A_DEV_SOCKETS,
	TAILNET_A_DEV_PEERS,

	__TAILNET_A_DEV_MAX
};

#define TAILNET_A_DEV_MAX (__TAILNET_A_DEV_MAX - 1)

/*
 * Device flags. MANAGED: an agent configures this device; settable only while
 * it has no peers. GSO: send batches as UDP super-packets. GRO: accept merged
 * datagrams. INLINE: small loads are encrypted and decrypted where they arise
 * instead of on a worker. EQUAL_TAIL: a batch of 8 or more equal datagrams
 * gets a one-byte datagram 0x07 behind it, for receivers that mishandle
 * batches without a short last datagram. GSO, GRO and INLINE start on.
 */
#define TAILNET_DEV_F_MANAGED		(1U << 0)
#define TAILNET_DEV_F_GSO		(1U << 1)
#define TAILNET_DEV_F_GRO		(1U << 2)
#define TAILNET_DEV_F_INLINE		(1U << 3)
#define TAILNET_DEV_F_EQUAL_TAIL	(1U << 4)

enum tailnet_sockets {
	TAILNET_SOCKETS_NONE,		/* device down, or sockets given up */
	TAILNET_SOCKETS_OWN,		/* made by the module */
	TAILNET_SOCKETS_ADOPTED,	/* handed over by an agent */
};

/**
 * enum tailnet_a_peer - a peer
 * @TAILNET_A_PEER_PUBLIC_KEY: 32 bytes; names the peer in every nest
 * @TAILNET_A_PEER_PRESHARED_KEY: 32 bytes, in only; all zero removes it
 * @TAILNET_A_PEER_HAS_PSK: flag, out
 * @TAILNET_A_PEER_NODE_ID: u64, an agent's own number for the peer
 * @TAILNET_A_PEER_FLAGS: bitfield32 of TAILNET_PEER_F_*
 * @TAILNET_A_PEER_ENDPOINT: nest of enum tailnet_a_endpoint; in, an empty one
 *	takes the endpoint away
 * @TAILNET_A_PEER_KEEPALIVE: u16 seconds, 0 = off
 * @TAILNET_A_PEER_REPLACE_ALLOWEDIPS: flag, in: forget the old ones first
 * @TAILNET_A_PEER_ALLOWEDIP: nest of enum tailnet_a_allowedip, repeated
 * @TAILNET_A_PEER_OP: u8 enum tailnet_peer_op, in TXN_ADD, default SET; in
 *	PEER_SET, SET only, default UPDATE
 * @TAILNET_A_PEER_CONTINUED: flag, out: more allowed IPs of the peer before
 * @TAILNET_A_PEER_LAST_HANDSHAKE_SEC: s64, out, wall clock; 0 = never
 * @TAILNET_A_PEER_LAST_HANDSHAKE_NSEC: u32, out
 * @TAILNET_A_PEER_RX_BYTES: u64, out: message bytes, overhead included
 * @TAILNET_A_PEER_TX_BYTES: u64, out
 * @TAILNET_A_PEER_RX_PACKETS: u64, out
 * @TAILNET_A_PEER_TX_PACKETS: u64, out
 * @TAILNET_A_PEER_STATE: u32 enum tailnet_session, out
 * @TAILNET_A_PEER_HANDSHAKE_ATTEMPTS: u32, out: retries of the one under way
 * @TAILNET_A_PEER_EXPIRES: s64, seconds since the epoch, wall clock, 0 = never:
 *	from then on the module does not talk with the peer, whoever else is
 *	there. A later time, or a clock put back, ends that
 * @TAILNET_A_PEER_LAYER: nest of enum tailnet_a_layer, repeated, at most 16,
 *	in: the peer's node-key signature, outermost layer first. Replaces the
 *	one it had. Kept, and judged, whether or not the lock is on
 * @TAILNET_A_PEER_NO_SIGNATURE: flag, in: forget the signature that it had; not
 *	together with PEER_LAYER
 * @TAILNET_A_PEER_VERDICT: u32 enum tailnet_verdict, out, and in notifications
 * @TAILNET_A_PEER_VERDICT_NAME: string, out: its stable name
 * @TAILNET_A_PEER_TRUSTED_KEY: 32 bytes, out: the trusted key by which it is
 *	admitted
 */
enum tailnet_a_peer {
	TAILNET_A_PEER_UNSPEC,
	TAILNET_A_PEER_PUBLIC_KEY,
	TAILNET_A_PEER_PRESHARED_KEY,
	TAILNET_A_PEER_HAS_PSK,
	TAILNET_A_PEER_NODE_ID,
	TAILNET_A_PEER_FLAGS,
	TAILNET_A_PEER_ENDPOINT,
	TAILNET_A_PEER_KEEPALIVE,
	TAILNET_A_PEER_REPLACE_ALLOWEDIPS,
	TAILNET_A_PEER_ALLOWEDIP,
	TAILNET_A_PEER_OP,
	TAILNET_A_PEER_CONTINUED,
	TAILNET_A_PEER_LAST_HANDSHAKE_SEC,
	TAILNET_A_PEER_LAST_HANDSHAKE_NSEC,
	TAILNET_A_PEER_RX_BYTES,
	TAILNET_A_PEER_TX_BYTES,
	TAILNET_A_PEER_RX_PACKETS,
	TAILNET_A_PEER_TX_PACKETS,
	TAILNET_A_PEER_STATE,
	TAILNET_A_PEER_HANDSHAKE_ATTEMPTS,
	TAILNET_A_PEER_PAD,
	TAILNET_A_PEER_EXPIRES,
	TAILNET_A_PEER_LAYER,
	TAILNET_A_PEER_NO_SIGNATURE,
	TAILNET_A_PEER_VERDICT,
	TAILNET_A_PEER_VERDICT_NAME,
	TAILNET_A_PEER_TRUSTED_KEY,

	__TAILNET_A_PEER_MAX
};

#define TAILNET_A_PEER_MAX (__TAILNET_A_PEER_MAX - 1)

/*
 * Peer flags. ROAM: the endpoint follows authenticated packets, as plain
 * WireGuard peers expect; without it the endpoint is what was set. UNSIGNED: the
 * peer needs no signature for as much as the peer API; see
 * TAILNET_VERDICT_PEER_API. OBSOLETE: the agent remembers that the node rotated
 * this key away, which the table does not show any more; see
 * TAILNET_VERDICT_OBSOLETE.
 */
#define TAILNET_PEER_F_ROAM		(1U << 0)
#define TAILNET_PEER_F_UNSIGNED		(1U << 1)
#define TAILNET_PEER_F_OBSOLETE		(1U << 2)

/* What an A_PEER nest of a transaction asks for. */
enum tailnet_peer_op {
	TAILNET_PEER_OP_SET,		/* change, create if absent */
	TAILNET_PEER_OP_NEW,		/* create, EEXIST if present */
	TAILNET_PEER_OP_UPDATE,		/* change, ENOENT if absent */
	TAILNET_PEER_OP_DEL,		/* remove, ENOENT if absent */
};

/*
 * What the tailnet lock of the device says about a peer. While it is on, a peer
 * takes part only as ADMITTED, or for as much as that allows, as PEER_API. Any
 * other is suspended: it stays listed, with its settings and the allowed IPs it
 * was given, but has no session, none of those allowed IPs carries a packet, and
 * its handshakes are dropped. It goes on when a later set of keys, signature or
 * table admits it.
 *
 * PEER_API: the peer has no signature and the flag UNSIGNED. It may have a
 * session, but no address: as long as the module has no packet filter that could
 * keep it to the peer API, its allowed IPs carry nothing.
 *
 * OBSOLETE: the signature is valid, but a signature of a peer in the table says
 * that the node has a newer key; or two such signatures contradict each other.
 */
enum tailnet_verdict {
	TAILNET_VERDICT_OFF,		/* there is no lock */
	TAILNET_VERDICT_ADMITTED,
	TAILNET_VERDICT_PEER_API,
	TAILNET_VERDICT_UNSIGNED,	/* no signature */
	TAILNET_VERDICT_KIND,		/* a kind of layer where it has no place */
	TAILNET_VERDICT_NODE_KEY,	/* signature of another node key */
	TAILNET_VERDICT_PUBKEY,		/* a deeper node key is malformed */
	TAILNET_VERDICT_NO_KEY_ID,	/* does not say which key signed */
	TAILNET_VERDICT_UNTRUSTED,	/* a key signed that is not trusted */
	TAILNET_VERDICT_SIGNATURE,	/* the trusted key did not sign this */
	TAILNET_VERDICT_NO_WRAPPING,	/* nobody may sign the rotation */
	TAILNET_VERDICT_WRAPPING,	/* that key is none that can sign */
	TAILNET_VERDICT_ROTATION,	/* that key did not sign this */
	TAILNET_VERDICT_OBSOLETE,	/* rotated away */
};

enum tailnet_session {
	TAILNET_SESSION_NONE,
	TAILNET_SESSION_HANDSHAKE,	/* being made, no usable one */
	TAILNET_SESSION_UP,
};

/**
 * enum tailnet_a_endpoint - where a peer is reached
 * @TAILNET_A_ENDPOINT_ADDR: 4 or 16 bytes, network order
 * @TAILNET_A_ENDPOINT_PORT: u16, big endian, not 0
 * @TAILNET_A_ENDPOINT_SCOPE: u32, interface index for a link-local IPv6 address
 */
enum tailnet_a_endpoint {
	TAILNET_A_ENDPOINT_UNSPEC,
	TAILNET_A_ENDPOINT_ADDR,
	TAILNET_A_ENDPOINT_PORT,
	TAILNET_A_ENDPOINT_SCOPE,

	__TAILNET_A_ENDPOINT_MAX
};

#define TAILNET_A_ENDPOINT_MAX (__TAILNET_A_ENDPOINT_MAX - 1)

/**
 * enum tailnet_a_allowedip - one prefix that a peer may speak for
 * @TAILNET_A_ALLOWEDIP_ADDR: 4 or 16 bytes, network order; host bits are
 *	cleared
 * @TAILNET_A_ALLOWEDIP_PREFIX_LEN: u8, at most 32 or 128
 * @TAILNET_A_ALLOWEDIP_FLAGS: u32 of TAILNET_ALLOWEDIP_F_*, in
 */
enum tailnet_a_allowedip {
	TAILNET_A_ALLOWEDIP_UNSPEC,
	TAILNET_A_ALLOWEDIP_ADDR,
	TAILNET_A_ALLOWEDIP_PREFIX_LEN,
	TAILNET_A_ALLOWEDIP_FLAGS,

	__TAILNET_A_ALLOWEDIP_MAX
};

#define TAILNET_A_ALLOWEDIP_MAX (__TAILNET_A_ALLOWEDIP_MAX - 1)

#define TAILNET_ALLOWEDIP_F_REMOVE	(1U << 0)

/**
 * enum tailnet_a_layer - one layer of a node-key signature
 * @TAILNET_A_LAYER_KIND: u8; 1 direct, 2 rotation, 3 credential
 * @TAILNET_A_LAYER_PUBKEY: 1 to 34 bytes: node key with its prefix "np"
 * @TAILNET_A_LAYER_KEY_ID: 1 to 32 bytes: key that signed
 * @TAILNET_A_LAYER_SIGNATURE: 64 bytes
 * @TAILNET_A_LAYER_WRAPPING: 32 bytes: key that may sign a rotation above
 *
 * What a layer does not have is left out. All that its signer hashed must be
 * there, needed or not. In only: signatures are not told again.
 */
enum tailnet_a_layer {
	TAILNET_A_LAYER_UNSPEC,
	TAILNET_A_LAYER_KIND,
	TAILNET_A_LAYER_PUBKEY,
	TAILNET_A_LAYER_KEY_ID,
	TAILNET_A_LAYER_SIGNATURE,
	TAILNET_A_LAYER_WRAPPING,

	__TAILNET_A_LAYER_MAX
};

#define TAILNET_A_LAYER_MAX (__TAILNET_A_LAYER_MAX - 1)

/**
 * enum tailnet_a_lock - the tailnet lock of a device
 * @TAILNET_A_LOCK_ON: flag, out
 * @TAILNET_A_LOCK_GENERATION: u64, not 0: of the set of keys. Out: the highest
 *	that the device had, even if the lock is off; 0 = none yet
 * @TAILNET_A_LOCK_HEAD: 32 bytes: hash of the authority's last update, for
 *	people; zeros if none was given
 * @TAILNET_A_LOCK_KEY: 32 bytes, repeated, at most 512: public keys
 * @TAILNET_A_LOCK_NUM_KEYS: u32, out
 * @TAILNET_A_LOCK_OFF_REASON: u32 enum tailnet_lock_off, in, LOCK_OFF, and in
 *	the notification about it
 * @TAILNET_A_LOCK_COUNT: nest of enum tailnet_a_verdict, repeated, out: one for
 *	each verdict
 * @TAILNET_A_LOCK_CHECKED: u64, out: signatures checked since the device was
 *	made; a peer's is not checked again if only the keys change
 */
enum tailnet_a_lock {
	TAILNET_A_LOCK_UNSPEC,
	TAILNET_A_LOCK_ON,
	TAILNET_A_LOCK_GENERATION,
	TAILNET_A_LOCK_HEAD,
	TAILNET_A_LOCK_KEY,
	TAILNET_A_LOCK_NUM_KEYS,
	TAILNET_A_LOCK_OFF_REASON,
	TAILNET_A_LOCK_COUNT,
	TAILNET_A_LOCK_CHECKED,
	TAILNET_A_LOCK_PAD,

	__TAILNET_A_LOCK_MAX
};

#define TAILNET_A_LOCK_MAX (__TAILNET_A_LOCK_MAX - 1)

/* What whoever turns a lock off has seen, for the record. */
enum tailnet_lock_off {
	TAILNET_LOCK_OFF_UNSPEC,
	TAILNET_LOCK_OFF_DISABLED,	/* a disablement secret that fits */
	TAILNET_LOCK_OFF_LOCAL,		/* the owner of this machine */
	TAILNET_LOCK_OFF_OTHER,		/* that the tailnet is another one */
};

/**
 * enum tailnet_a_verdict - how many peers a verdict is about
 * @TAILNET_A_VERDICT_VALUE: u32 enum tailnet_verdict, out
 * @TAILNET_A_VERDICT_NAME: string, out: its stable name
 * @TAILNET_A_VERDICT_PEERS: u32, out: peers now
 */
enum tailnet_a_verdict {
	TAILNET_A_VERDICT_UNSPEC,
	TAILNET_A_VERDICT_VALUE,
	TAILNET_A_VERDICT_NAME,
	TAILNET_A_VERDICT_PEERS,

	__TAILNET_A_VERDICT_MAX
};

#define TAILNET_A_VERDICT_MAX (__TAILNET_A_VERDICT_MAX - 1)

/**
 * enum tailnet_a_txn - a transaction
 * @TAILNET_A_TXN_TOKEN: u32; out of TXN_BEGIN, in for the others
 * @TAILNET_A_TXN_MODE: u32 enum tailnet_txn_mode, in TXN_BEGIN
 */
enum tailnet_a_txn {
	TAILNET_A_TXN_UNSPEC,
	TAILNET_A_TXN_TOKEN,
	TAILNET_A_TXN_MODE,

	__TAILNET_A_TXN_MAX
};

#define TAILNET_A_TXN_MAX (__TAILNET_A_TXN_MAX - 1)

/*
 * MERGE: peers not named stay as they are. REPLACE: peers not named go, the
 * allowed IPs of those named are exactly the ones given; sessions, counters
 * and timestamps of those named stay.
 */
enum tailnet_txn_mode {
	TAILNET_TXN_MERGE,
	TAILNET_TXN_REPLACE,
};

/**
 * enum tailnet_a_stats - counters of one device
 * @TAILNET_A_STATS_DROP: nest of enum tailnet_a_drop, repeated, one per reason
 */
enum tailnet_a_stats {
	TAILNET_A_STATS_UNSPEC,
	TAILNET_A_STATS_DROP,

	__TAILNET_A_STATS_MAX
};

#define TAILNET_A_STATS_MAX (__TAILNET_A_STATS_MAX - 1)

/**
 * enum tailnet_a_drop - one drop reason
 * @TAILNET_A_DROP_REASON: string, its stable name
 * @TAILNET_A_DROP_COUNT: u64 packets
 */
enum tailnet_a_drop {
	TAILNET_A_DROP_UNSPEC,
	TAILNET_A_DROP_REASON,
	TAILNET_A_DROP_COUNT,
	TAILNET_A_DROP_PAD,

	__TAILNET_A_DROP_MAX
};

#define TAILNET_A_DROP_MAX (__TAILNET_A_DROP_MAX - 1)

/* What a notification tells. The A_DEV nest names the device. */
enum tailnet_event {
	TAILNET_EVENT_UNSPEC,
	TAILNET_EVENT_SESSION_UP,	/* peer: a session was made */
	TAILNET_EVENT_SESSION_DOWN,	/* peer: its keys were wiped */
	TAILNET_EVENT_ENDPOINT,		/* peer: authenticated from elsewhere */
	TAILNET_EVENT_WANT_PATH,	/* path: packets wait, no endpoint */
	TAILNET_EVENT_UNREACHABLE,	/* path: handshake given up */
	TAILNET_EVENT_CONFIG,		/* device: a new generation */
	TAILNET_EVENT_SOCKET_GONE,	/* device: an adopted socket closed */
	TAILNET_EVENT_ORPHANED,		/* device: its agent went away */
	TAILNET_EVENT_VMFORK,		/* device: the machine was cloned */
	TAILNET_EVENT_EXPIRED,		/* peer: its time came, it is cut off */
	TAILNET_EVENT_ADMITTED,		/* admission: a peer goes on */
	TAILNET_EVENT_REFUSED,		/* admission: a peer is suspended */
	TAILNET_EVENT_LOCK_ON,		/* admission: the lock is on now */
	TAILNET_EVENT_LOCK_CHANGED,	/* admission: other keys are trusted */
	TAILNET_EVENT_LOCK_OFF,		/* admission: the lock is off now */
};

#endif /* _UAPI_TAILNET_H */
