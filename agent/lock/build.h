/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Updates that this node makes: they are sent to the server and come back by
 * the next sync, as those of everybody else. Nothing here is stored.
 *
 * Source: tailscale tka/builder.go; tka/tka.go, MakeRetroactiveRevocation.
 */
#ifndef LOCK_BUILD_H
#define LOCK_BUILD_H

#include "base/arena.h"
#include "lock/authority.h"
#include "lock/sign.h"
#include "model/aum.h"

#include <stddef.h>
#include <stdint.h>

/* A checkpoint is added when so many updates lie behind the last one. */
#define BUILD_CHECKPOINT_EVERY 50

/**
 * struct builder - updates being made
 * @authority: borrowed
 * @signer: signs them; borrowed
 * @mem: owns what is made; borrowed
 * @state: after the updates so far
 * @update: bytes of each
 * @n: how many
 * @cap: room for how many
 */
struct builder {
	const struct authority *authority;
	const struct lock_signer *signer;
	struct arena *mem;
	struct lock_state state;
	struct bytes *update;
	size_t n;
	size_t cap;
};

/**
 * build_begin() - updates that follow the head
 * @authority:	not changed; must not change before build_finish()
 * @signer:	our own key
 * @mem:	see above
 * @ret:	the builder; needs no freeing
 *
 * Return: 0 or TNE_LOCK_SIGNER if the key is not trusted.
 */
int build_begin(const struct authority *authority,
		const struct lock_signer *signer, struct arena *mem,
		struct builder *ret);

/*
 * Add an update. They return 0; TNE_LOCK_AUM or TNE_LOCK_APPLY if it is not
 * possible, TNE_LOCK_LIMIT for more keys than LOCK_KEYS_MAX, or -ENOMEM.
 */
int build_add_key(struct builder *builder, const struct lock_key *key);
int build_remove_key(struct builder *builder, struct bytes key_id);
int build_set_votes(struct builder *builder, struct bytes key_id,
		    uint64_t votes);
/* All notes of the key are replaced; sorted as in struct lock_meta. */
int build_set_meta(struct builder *builder, struct bytes key_id,
		   const struct lock_meta *meta);

/**
 * build_finish() - the updates, with a checkpoint behind them if it is time
 * @builder:	the builder
 *
 * Return: 0, or an error as above; the updates are in @builder.
 */
int build_finish(struct builder *builder);

/**
 * build_genesis() - the first update of a new authority
 * @keys:	trusted, that of @signer among them
 * @n_keys:	how many
 * @values:	disablement values of LOCK_VALUE_LEN bytes
 * @n_values:	how many
 * @id:	two random numbers that name the authority
 * @signer:	our own key
 * @mem:	owns @ret
 * @ret:	the update
 *
 * Return: 0, TNE_LOCK_AUM, TNE_LOCK_SIGNER or -ENOMEM.
 */
int build_genesis(const struct lock_key *keys, size_t n_keys,
		  const struct bytes *values, size_t n_values,
		  const uint64_t id[2], const struct lock_signer *signer,
		  struct arena *mem, struct bytes *ret);

/**
 * build_revocation() - an update that undoes what compromised keys have done
 * @authority:	not changed
 * @ids:	keys to be revoked
 * @n_ids:	how many
 * @our_id:	our own key
 * @fork_from:	the last update that is to count; NULL = the last one before
 *		any of the keys was trusted
 * @mem:	owns @ret
 * @ret:	the update, not signed yet
 *
 * It wins over what the keys have signed once its own signers have more votes.
 *
 * Return: 0, TNE_LOCK_PARENT, TNE_LOCK_APPLY if none of the keys is trusted or
 * no other one is left, or -ENOMEM.
 */
int build_revocation(const struct authority *authority,
		     const struct bytes *ids, size_t n_ids,
		     struct bytes our_id, const struct aum_hash *fork_from,
		     struct arena *mem, struct bytes *ret);

/**
 * build_cosign() - add our signature to an update
 * @update:	its bytes
 * @signer:	our own key
 * @mem:	owns @ret
 * @ret:	the update with one signature more
 *
 * Return: 0, TNE_CBOR, TNE_LOCK_AUM, TNE_LOCK_EXISTS if we have signed it
 * already, or -ENOMEM.
 */
int build_cosign(struct bytes update, const struct lock_signer *signer,
		 struct arena *mem, struct bytes *ret);

#endif /* LOCK_BUILD_H */
