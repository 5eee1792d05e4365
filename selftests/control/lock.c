// SPDX-License-Identifier: GPL-2.0-only
#include "lock.h"

#include <argon2.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define SECRET_MAX	4096	/* ours */

/* --- hashes ----------------------------------------------------------------- */

void lock_hash(const void *data, size_t n, uint8_t ret[LOCK_HASH])
{
	unsigned int len = LOCK_HASH;

	if (!EVP_Digest(data, n, ret, &len, EVP_blake2s256(), NULL))
		abort();
}

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

const char *lock_hash_text(const uint8_t hash[LOCK_HASH],
			   char out[LOCK_HASH_TEXT])
{
	unsigned int bits = 0, left = 0;
	size_t i, n = 0;

	for (i = 0; i < LOCK_HASH; i++) {
		bits = bits << 8 | hash[i];
		for (left += 8; left >= 5; left -= 5)
			out[n++] = digits[bits >> (left - 5) & 31];
	}
	if (left)
		out[n++] = digits[bits << (5 - left) & 31];
	out[n] = '\0';
	return out;
}

bool lock_hash_parse(const char *s, uint8_t ret[LOCK_HASH])
{
	unsigned int bits = 0, left = 0;
	uint8_t hash[LOCK_HASH];
	const char *at;
	size_t n = 0;

	if (!s || strlen(s) != LOCK_HASH_TEXT - 1)
		return false;
	for (; *s; s++) {
		at = strchr(digits, *s);
		if (!at)
			return false;
		bits = bits << 5 | (at - digits);
		left += 5;
		if (left >= 8) {
			left -= 8;
			hash[n++] = bits >> left;
		}
	}
	memcpy(ret, hash, sizeof(hash));
	return true;
}

/* --- updates ---------------------------------------------------------------- */

struct lock_aum *lock_find(const struct lock *l, const uint8_t hash[LOCK_HASH])
{
	struct lock_aum *a;

	for (a = l->aums; a && memcmp(a->hash, hash, LOCK_HASH); a = a->next)
		;
	return a;
}

struct lock_aum *lock_parent(const struct lock *l, const struct lock_aum *a)
{
	return a->has_prev ? lock_find(l, a->prev) : NULL;
}

struct lock_aum *lock_add(struct lock *l, const void *data, size_t n)
{
	struct slice all = { data, n }, item;
	uint8_t hash[LOCK_HASH];
	const uint8_t *prev;
	struct lock_aum *a;
	uint64_t kind = 0;

	if (!cbor_whole(all) || all.p[0] >> 5 != CBOR_MAP)
		return NULL;
	lock_hash(data, n, hash);
	a = lock_find(l, hash);
	if (a)
		return a;
	if (l->n_aums >= LOCK_AUMS_MAX)
		return NULL;
	a = calloc(1, sizeof(*a) + n);
	if (!a)
		abort();
	memcpy(a->hash, hash, LOCK_HASH);
	memcpy(a->data, data, n);
	a->len = n;
	if (cbor_field_bytes(all, AUM_PREV, LOCK_HASH, &prev)) {
		memcpy(a->prev, prev, LOCK_HASH);
		a->has_prev = true;
	}
	if (cbor_field(all, AUM_KIND, &item) && cbor_number(item, &kind))
		a->kind = kind;
	a->next = l->aums;
	l->aums = a;
	l->n_aums++;
	return a;
}

static void forget_aums(struct lock *l)
{
	struct lock_aum *a;

	while ((a = l->aums)) {
		l->aums = a->next;
		free(a);
	}
	l->n_aums = 0;
}

void lock_done(struct lock *l)
{
	forget_aums(l);
	buf_done(&l->pending);
	buf_done(&l->secret);
	buf_done(&l->support);
	memset(l, 0, sizeof(*l));
}

bool lock_begin(struct lock *l, const void *genesis, size_t n)
{
	struct lock fresh = {};
	struct lock_aum *a = lock_add(&fresh, genesis, n);

	if (!a)
		return false;
	memcpy(fresh.genesis, a->hash, LOCK_HASH);
	memcpy(fresh.head, a->hash, LOCK_HASH);
	fresh.state = LOCK_ON;
	lock_done(l);
	*l = fresh;
	return true;
}

void lock_end(struct lock *l, const void *secret, size_t n)
{
	l->state = LOCK_OFF;
	buf_take(&l->secret, buf_len(&l->secret));
	buf_add(&l->secret, secret, n);
}

/* Source: tailscale tka/disablement.go: Argon2i, 4 passes, 16 MiB, 4 lanes. */
static bool disablement_value(const void *secret, size_t n, uint8_t ret[32])
{
	static const char salt[] = "tailscale network-lock disablement salt";

	return argon2i_hash_raw(4, 16 << 10, 4, secret, n, salt,
				sizeof(salt) - 1, ret, 32) == ARGON2_OK;
}

bool lock_secret_ok(const struct lock *l, const void *secret, size_t n)
{
	const struct lock_aum *a = lock_find(l, l->head);
	struct slice state, values, item, value;
	uint8_t want[32];
	size_t i;

	while (a && a->kind != LOCK_CHECKPOINT)
		a = lock_parent(l, a);
	if (!a || n > SECRET_MAX || !disablement_value(secret, n, want) ||
	    !cbor_field((struct slice){ a->data, a->len }, AUM_STATE, &state) ||
	    !cbor_field(state, STATE_VALUES, &values))
		return false;
	for (i = 0; cbor_element(values, i, &item); i++)
		if (cbor_bytes(item, &value) && value.n == sizeof(want) &&
		    !memcmp(value.p, want, sizeof(want)))
			return true;
	return false;
}

/* --- node-key signatures ---------------------------------------------------- */

bool lock_sig_node(struct slice sig, uint8_t ret[KEY_LEN])
{
	const uint8_t *pubkey;

	if (!cbor_whole(sig) ||
	    !cbor_field_bytes(sig, NKS_PUBKEY, NKS_PUBKEY_LEN, &pubkey) ||
	    memcmp(pubkey, "np", 2))
		return false;
	memcpy(ret, pubkey + 2, KEY_LEN);
	return true;
}

bool lock_sig_signer(struct slice sig, struct slice *ret)
{
	struct slice item;

	while (cbor_field(sig, NKS_NESTED, &item))
		sig = item;
	return cbor_field(sig, NKS_KEY_ID, &item) && cbor_bytes(item, ret);
}
