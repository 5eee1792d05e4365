/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bytes of the four WireGuard messages and the limits that belong to
 * them, as the tests need them. Deliberately not shared with the module: a
 * wrong offset there must not be repeated here.
 *
 * Source: WireGuard, "Next Generation Kernel Network Tunnel", sections 5.4
 * and 6.1 (layouts), 6 (constants).
 */
#ifndef HOSTILE_WIRE_H
#define HOSTILE_WIRE_H

#include <stdint.h>

#define KEY_LEN		32
#define HASH_LEN	32
#define TAG_LEN		16
#define MAC_LEN		16
#define TAI_LEN		12
#define XNONCE_LEN	24

enum wire_type {
	WIRE_INIT = 1,
	WIRE_RESP = 2,
	WIRE_COOKIE = 3,
	WIRE_DATA = 4,
};

struct wire_init {
	uint32_t type;			/* little endian, as all integers here */
	uint32_t sender;
	uint8_t ephemeral[KEY_LEN];
	uint8_t enc_static[KEY_LEN + TAG_LEN];
	uint8_t enc_tai[TAI_LEN + TAG_LEN];
	uint8_t mac1[MAC_LEN];
	uint8_t mac2[MAC_LEN];
} __attribute__((packed));

struct wire_resp {
	uint32_t type;
	uint32_t sender;
	uint32_t receiver;
	uint8_t ephemeral[KEY_LEN];
	uint8_t enc_empty[TAG_LEN];
	uint8_t mac1[MAC_LEN];
	uint8_t mac2[MAC_LEN];
} __attribute__((packed));

struct wire_cookie {
	uint32_t type;
	uint32_t receiver;
	uint8_t nonce[XNONCE_LEN];
	uint8_t enc_cookie[MAC_LEN + TAG_LEN];
} __attribute__((packed));

struct wire_data {
	uint32_t type;
	uint32_t receiver;
	uint64_t counter;
	uint8_t sealed[];
} __attribute__((packed));

_Static_assert(sizeof(struct wire_init) == 148, "initiation");
_Static_assert(sizeof(struct wire_resp) == 92, "response");
_Static_assert(sizeof(struct wire_cookie) == 64, "cookie reply");
_Static_assert(sizeof(struct wire_data) == 16, "data header");

/* Datagrams never exceed this: 65535 - 8 (UDP) - 20 (IPv4). */
#define WIRE_MAX		65507
#define DATA_OVERHEAD		(sizeof(struct wire_data) + TAG_LEN)

/* Packets. Usable replay window: 8192 bits less one 64-bit word. */
#define WINDOW_DEFAULT		8128
#define REJECT_AFTER_MESSAGES	(UINT64_MAX - WINDOW_DEFAULT - 1)

/* Milliseconds. A peer's initiations closer than this are dropped. */
#define INIT_GAP_MS		20
/* Nanoseconds. Stamps are rounded down to this before they are sent. */
#define TAI_GRAIN_NS		(1u << 24)

#endif
