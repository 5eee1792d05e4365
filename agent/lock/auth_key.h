/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Auth keys that bring a credential of the tailnet lock along:
 * "KEY--TLCREDENTIAL-PRIVATE", both in base64 without padding.
 *
 * Source: tailscale tka/tka.go, DecodeWrappedAuthkey.
 */
#ifndef LOCK_AUTH_KEY_H
#define LOCK_AUTH_KEY_H

#include "base/arena.h"
#include "base/secret.h"
#include "lock/sign.h"

#include <stddef.h>

/**
 * struct auth_key - an auth key, taken apart
 * @len: bytes of the text that are for the server
 * @credential: empty = there is none, and all of the text is for the server
 * @delegate: the key that the credential is for; its seed is owned
 */
struct auth_key {
	size_t len;
	struct bytes credential;
	struct lock_signer delegate;
};

/**
 * auth_key_parse() - take an auth key apart
 * @text:	the key as people have it
 * @mem:	owns the credential, which is no secret without its key
 * @ret:	for auth_key_done()
 *
 * What is not wrapped, or not well, is taken as a plain auth key.
 *
 * Return: 0 or -ENOMEM.
 */
int auth_key_parse(const char *text, struct arena *mem, struct auth_key *ret);

/**
 * auth_key_done() - wipe and free the contents
 * @key: an auth key
 */
void auth_key_done(struct auth_key *key);

/**
 * auth_key_wrap() - put an auth key and a credential together
 * @text:	a plain auth key
 * @credential:	for @delegate
 * @delegate:	a key of its own for each auth key
 * @out:	the text is appended
 *
 * Return: 0 or -ENOMEM.
 */
int auth_key_wrap(const char *text, struct bytes credential,
		  const struct lock_signer *delegate, struct secret_buf *out);

#endif /* LOCK_AUTH_KEY_H */
