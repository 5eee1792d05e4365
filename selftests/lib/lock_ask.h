/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What can be asked of a device's tailnet lock. Those that return int give 0 or
 * a negative errno of the module, as tnl_talk() does.
 */
#ifndef LIB_LOCK_ASK_H
#define LIB_LOCK_ASK_H

#include <stddef.h>
#include <stdint.h>

#include "nodesig.h"

struct nl_msg;

/* What becomes of a flag of a peer. */
enum lock_flag { LOCK_FLAG_AS_IS, LOCK_FLAG_ON, LOCK_FLAG_OFF };

/* Parts of a request: trusted keys; a peer with @num layers. */
void lock_put_keys(struct nl_msg *msg, uint64_t generation,
		   uint8_t (*keys)[32], size_t num);
void lock_put_peer(struct nl_msg *msg, const uint8_t *key,
		   const struct tn_nodesig_layer *layers, unsigned int num,
		   enum lock_flag flag);

int lock_set(uint64_t generation, uint8_t (*keys)[32], size_t num);
int lock_off(uint64_t generation, uint32_t reason);

/* @cmd: TAILNET_CMD_PEER_... */
int lock_peer(uint8_t cmd, const uint8_t *key,
	      const struct tn_nodesig_layer *layers, unsigned int num);
int lock_peer_forget(const uint8_t *key);
int lock_peer_flag(const uint8_t *key, enum lock_flag flag);
/* TAILNET_PEER_F_OBSOLETE */
int lock_peer_obsolete(const uint8_t *key, enum lock_flag flag);

/* The name of a peer's verdict, or "gone"; until the next call. */
const char *lock_verdict(const uint8_t *key);

/* One above what the device had; ends the program if that cannot be read. */
uint64_t lock_next_generation(void);

/* Prints the lock in one line of NAME=VALUE words. */
int lock_show(void);

#endif /* LIB_LOCK_ASK_H */
