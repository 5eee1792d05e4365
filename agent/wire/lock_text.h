/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What people write and read about the tailnet lock: keys with votes,
 * disablement values and secrets.
 *
 * Source: tailscale cmd/tailscale/cli/tailnet-lock.go, parseNLArgs.
 */
#ifndef WIRE_LOCK_TEXT_H
#define WIRE_LOCK_TEXT_H

#include "base/arena.h"
#include "base/secret.h"
#include "crypto/key_text.h"

#include <stddef.h>
#include <stdint.h>

#define LOCK_TEXT_VALUE "disablement:"
#define LOCK_TEXT_SECRET "disablement-secret:"

/* Longest secret or value in an argument; ours. */
#define LOCK_TEXT_BYTES_MAX 4096	/* bytes */

enum lock_text_kind {
	LOCK_TEXT_KEY,		/* "tlpub:" or "nlpub:", perhaps "?VOTES" */
	LOCK_TEXT_BYTES,	/* either of the two above */
};

/**
 * struct lock_text - an argument
 * @kind: what it is
 * @key: a key
 * @votes: of the key; 1 if it does not say
 * @bytes: a secret or a value; the text does not tell which it is meant for
 */
struct lock_text {
	enum lock_text_kind kind;
	struct lock_public key;
	uint64_t votes;
	struct bytes bytes;
};

/**
 * lock_text_parse() - read an argument
 * @text:	the argument
 * @mem:	owns the bytes of @ret
 * @ret:	what it says
 *
 * Return: 0, TNE_KEY_FORMAT, TNE_TOO_LONG or -ENOMEM.
 */
int lock_text_parse(const char *text, struct arena *mem,
		    struct lock_text *ret);

/**
 * lock_text_hex() - hexadecimal digits alone
 * @text:	of either case, a pair for each byte
 * @max:	most bytes
 * @mem:	owns @ret
 * @ret:	the bytes
 *
 * Return: 0, TNE_KEY_FORMAT, TNE_TOO_LONG or -ENOMEM.
 */
int lock_text_hex(const char *text, size_t max, struct arena *mem,
		  struct bytes *ret);

/**
 * lock_text_put_hex() - write bytes
 * @bytes:	written
 * @upper:	upper case: secrets and updates to be signed by others are
 * @mem:	owns @ret
 * @ret:	terminated
 *
 * Return: 0 or -ENOMEM.
 */
int lock_text_put_hex(struct bytes bytes, bool upper, struct arena *mem,
		      const char **ret);

#endif /* WIRE_LOCK_TEXT_H */
