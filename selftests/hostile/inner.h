/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOSTILE_INNER_H
#define HOSTILE_INNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Every packet that the tool sends through the tunnel carries a mark: which
 * case it belongs to, and whether it is a good one. Whatever comes back or is
 * delivered can so be charged to the case that caused it.
 */
#define MARK_GOOD	0x60d00000u
#define MARK_BAD	0xbad00000u
#define MARK_KIND	0xfff00000u

/* The port on which the victim's side listens. */
#define SINK_PORT	7777

/**
 * enum inner_kind - what was found in a plaintext
 * @INNER_KEEPALIVE:	nothing
 * @INNER_ECHO_REPLY:	ICMP or ICMPv6 echo reply with a mark
 * @INNER_UDP:		UDP with a mark
 * @INNER_OTHER:	anything else
 */
enum inner_kind {
	INNER_KEEPALIVE,
	INNER_ECHO_REPLY,
	INNER_UDP,
	INNER_OTHER,
};

/**
 * struct inner_addrs - addresses inside the tunnel
 * @us4:	ours
 * @them4:	the victim's
 * @us6:	ours
 * @them6:	the victim's
 */
struct inner_addrs {
	uint8_t us4[4];
	uint8_t them4[4];
	uint8_t us6[16];
	uint8_t them6[16];
};

size_t inner_pad(size_t len);
size_t inner_echo4(const struct inner_addrs *a, uint32_t mark, size_t fill,
		   uint8_t *ret);
size_t inner_echo6(const struct inner_addrs *a, uint32_t mark, size_t fill,
		   uint8_t *ret);
size_t inner_udp4(const struct inner_addrs *a, uint32_t mark, size_t fill,
		  uint8_t *ret);
size_t inner_udp6(const struct inner_addrs *a, uint32_t mark, size_t fill,
		  uint8_t *ret);
void inner_fix4(uint8_t *ip);
void inner_fix_udp(uint8_t *ip);
enum inner_kind inner_parse(const uint8_t *ip, size_t len, uint32_t *ret_mark);

#endif
