/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tailnet lock as values: an update of the authority (AUM), the keys it
 * trusts and its whole state. All parts are borrowed from the memory that the
 * value was made in.
 *
 * Source: tailscale tka/aum.go, tka/key.go, tka/state.go.
 */
#ifndef MODEL_AUM_H
#define MODEL_AUM_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AUM_HASH_LEN 32		/* bytes, BLAKE2s-256 */
#define AUM_HASH_TEXT_LEN 52	/* characters of base32 */

#define LOCK_KEY_ID_LEN 32	/* bytes; of kind 1: the public key */
#define LOCK_SIG_LEN 64		/* bytes, Ed25519 */

/**
 * struct aum_hash - names an update
 * @byte: of its complete encoding
 */
struct aum_hash {
	uint8_t byte[AUM_HASH_LEN];
};

/**
 * struct aum_hash_text - the same in base32, terminated
 * @c: the characters
 */
struct aum_hash_text {
	char c[AUM_HASH_TEXT_LEN + 1];
};

/**
 * struct opt_bytes - bytes, perhaps none, or null
 * @set: not null
 * @b: the bytes; none if null
 *
 * For fields that are written even when they are null.
 */
struct opt_bytes {
	bool set;
	struct bytes b;
};

/**
 * struct lock_meta_pair - something noted beside a key
 * @name: UTF-8, not terminated, NUL is a character like others
 * @value: likewise
 */
struct lock_meta_pair {
	struct bytes name;
	struct bytes value;
};

/**
 * struct lock_meta - all that is noted beside a key
 * @item: sorted by length of the name, then by its bytes; each name once
 * @n: how many
 */
struct lock_meta {
	const struct lock_meta_pair *item;
	size_t n;
};

#define LOCK_KEY_25519 1

/**
 * struct lock_key - a key that the authority trusts
 * @kind: LOCK_KEY_25519; others are refused by aum_check()
 * @votes: its weight in a fork
 * @id: the public key, and what names it; any length, only those of
 *	LOCK_KEY_ID_LEN bytes can sign
 * @meta: notes
 */
struct lock_key {
	uint8_t kind;
	uint64_t votes;
	struct opt_bytes id;
	struct lock_meta meta;
};

/**
 * struct lock_state - what an authority is at some update
 * @has_last: there is an update
 * @last: the newest one that has been applied
 * @has_values: @values is not null
 * @values: of which one has to be matched to turn the lock off
 * @n_values: how many
 * @has_keys: @keys is not null
 * @keys: trusted, in the order in which they came
 * @n_keys: how many
 * @id1: names the authority, with @id2
 * @id2: the rest of the name
 */
struct lock_state {
	bool has_last;
	struct aum_hash last;
	bool has_values;
	const struct opt_bytes *values;
	size_t n_values;
	bool has_keys;
	const struct lock_key *keys;
	size_t n_keys;
	uint64_t id1;
	uint64_t id2;
};

/* Others exist; they change nothing but move the head. */
enum aum_kind {
	AUM_ADD_KEY = 1,
	AUM_REMOVE_KEY = 2,
	AUM_NO_OP = 3,
	AUM_UPDATE_KEY = 4,
	AUM_CHECKPOINT = 5,
};

/**
 * struct aum_sig - a signature of an update
 * @key_id: who made it
 * @sig: the signature
 */
struct aum_sig {
	struct opt_bytes key_id;
	struct opt_bytes sig;
};

/**
 * struct aum - an update of the authority
 * @kind: see enum aum_kind; 0 and unknown ones are legal
 * @prev: hash of the one before; null in the first of all
 * @key: added key, or NULL
 * @key_id: names the key that is changed or removed; may be empty
 * @state: of a checkpoint, or NULL
 * @has_votes: @votes counts
 * @votes: new weight of a key
 * @meta: new notes of a key
 * @sigs: who has signed it
 * @n_sigs: how many
 */
struct aum {
	uint8_t kind;
	struct opt_bytes prev;
	const struct lock_key *key;
	struct bytes key_id;
	const struct lock_state *state;
	bool has_votes;
	uint64_t votes;
	struct lock_meta meta;
	const struct aum_sig *sigs;
	size_t n_sigs;
};

/**
 * struct lock_offer - how far a side has come
 * @head: its newest update
 * @ancestor: earlier ones, newest first
 * @n: how many
 */
struct lock_offer {
	struct aum_hash head;
	const struct aum_hash *ancestor;
	size_t n;
};

#define AUM_KIND_TEXT_MAX 16

/**
 * aum_kind_text() - what people call a kind
 * @kind:	a kind
 * @ret:	its text, terminated
 *
 * Return: @ret.
 */
const char *aum_kind_text(uint8_t kind, char ret[AUM_KIND_TEXT_MAX]);

/**
 * aum_prev() - the update before
 * @aum:	an update
 * @ret:	its hash
 *
 * Return: true if there is one, and its hash is of the right length.
 */
bool aum_prev(const struct aum *aum, struct aum_hash *ret);

/**
 * aum_hash_eq() - do two hashes name one update?
 * @a: one
 * @b: the other
 *
 * Return: true if so.
 */
bool aum_hash_eq(const struct aum_hash *a, const struct aum_hash *b);

/**
 * aum_hash_cmp() - order of hashes, for sorting and for choosing in a fork
 * @a: one
 * @b: the other
 *
 * Return: as memcmp().
 */
int aum_hash_cmp(const struct aum_hash *a, const struct aum_hash *b);

/**
 * aum_hash_parse() - read a hash
 * @s:		text, not terminated
 * @len:	its length
 * @ret:	the hash
 *
 * The four bits that the last character has left over are not looked at, so a
 * hash has several texts: compare hashes, not texts.
 *
 * Return: 0 or TNE_KEY_FORMAT.
 */
int aum_hash_parse(const char *s, size_t len, struct aum_hash *ret);

/**
 * aum_hash_format() - write a hash
 * @hash:	the hash
 * @ret:	its text
 *
 * Return: the text in @ret.
 */
const char *aum_hash_format(const struct aum_hash *hash,
			    struct aum_hash_text *ret);

/**
 * lock_meta_by_name() - notes in the order in which people get them
 * @meta:	the notes
 *
 * Return: @meta->n pairs sorted by the bytes of their names, to be freed; the
 * texts are borrowed. NULL without memory.
 */
struct lock_meta_pair *lock_meta_by_name(const struct lock_meta *meta);

/**
 * bytes_eq() - are two pieces of data the same?
 * @a: one
 * @b: the other
 *
 * Return: true if so.
 */
bool bytes_eq(struct bytes a, struct bytes b);

#endif /* MODEL_AUM_H */
