/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Updates and node-key signatures, made and signed. The server has two keys:
 * its own, which a tester may make a trusted one, and a stranger's, which
 * nobody trusts.
 */
#ifndef CONTROL_LOCK_MAKE_H
#define CONTROL_LOCK_MAKE_H

#include "lock.h"

/**
 * struct signer - an Ed25519 key pair
 */
struct signer {
	uint8_t pub[32];
	uint8_t priv[64];
};

/* Follows from the Noise key, so it is kept with --state. */
void signer_own(const struct server *srv, struct signer *ret);
void signer_stranger(struct signer *ret);

/**
 * struct made_key - a trusted key
 */
struct made_key {
	uint8_t pub[32];
	uint64_t votes;
};

/* A checkpoint without parent that has both state ids @id. */
void make_genesis(struct buf *b, const struct made_key *keys, size_t n_keys,
		  const uint8_t (*values)[32], size_t n_values, uint64_t id,
		  const struct signer *by);

enum made_kind {
	MADE_ADD_KEY = 1,
	MADE_REMOVE_KEY = 2,
	MADE_NO_OP = 3,
};

/* An update behind @prev, about @key if it is about one; @by NULL leaves the
 * signatures out.
 */
void make_update(struct buf *b, const uint8_t prev[LOCK_HASH],
		 enum made_kind kind, const struct made_key *key,
		 const struct signer *by);

/* A direct signature; @wrapping may be NULL. */
void make_sig(struct buf *b, const uint8_t node_key[KEY_LEN],
	      const uint8_t *wrapping, const struct signer *by);
/* A rotation of @nested that is signed without a private key. That verifies
 * where wrapping keys of small order are taken: @nested must have 32 zero
 * bytes there.
 */
void make_forged_rotation(struct buf *b, const uint8_t node_key[KEY_LEN],
			  struct slice nested);

#endif /* CONTROL_LOCK_MAKE_H */
