/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The recovery key of a sealed state: 160 bits that a person keeps on paper,
 * as eight groups of four letters and digits. The data key is boxed with what
 * is derived from it (see TPM_OP_DERIVE), so no TPM is needed to have it back.
 */
#ifndef CRYPTO_RECOVERY_H
#define CRYPTO_RECOVERY_H

#include "base/secret.h"

#include <stddef.h>
#include <stdint.h>

#define RECOVERY_LEN		20	/* bytes */
#define RECOVERY_TEXT_LEN	39	/* "ABCD-EFGH-...", without terminator */
#define RECOVERY_WRAP_LEN	72	/* bytes: nonce, tag, data key */

/**
 * recovery_format() - a key for a person
 * @key:	RECOVERY_LEN bytes
 * @ret:	terminated; to be wiped by the caller
 *
 * Source: RFC 4648, section 6 (base32), in groups.
 */
void recovery_format(const uint8_t *key, char ret[RECOVERY_TEXT_LEN + 1]);

/**
 * recovery_parse() - what a person has typed
 * @text:	in capitals or not; spaces and dashes do not count, 0, 1 and 8 are
 *		read as O, I and B
 * @len:	of @text
 * @ret:	RECOVERY_LEN bytes, not changed on error
 *
 * Return: 0 or TNE_RECOVERY_KEY.
 */
int recovery_parse(const char *text, size_t len, uint8_t *ret);

/**
 * recovery_wrap() - box a data key
 * @kek:	as derived from the recovery key
 * @key:	data key
 * @ret:	RECOVERY_WRAP_LEN bytes
 */
void recovery_wrap(struct secret32 *kek, struct secret32 *key, uint8_t *ret);

/**
 * recovery_unwrap() - have a data key back
 * @kek:	as derived from the recovery key
 * @wrap:	RECOVERY_WRAP_LEN bytes
 * @key:	data key, filled on success
 *
 * Return: 0 or TNE_RECOVERY_KEY.
 */
int recovery_unwrap(struct secret32 *kek, const uint8_t *wrap,
		    struct secret32 *key);

#endif /* CRYPTO_RECOVERY_H */
