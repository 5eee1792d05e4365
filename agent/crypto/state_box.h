/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The box around a sealed state: XSalsa20 and Poly1305, the tag first. Nothing
 * beside the contents is bound to it.
 *
 * Source: tailscale feature/tpm/tpm.go, which uses NaCl's secretbox.
 */
#ifndef CRYPTO_STATE_BOX_H
#define CRYPTO_STATE_BOX_H

#include "base/secret.h"

#include <stddef.h>
#include <stdint.h>

#define STATE_BOX_NONCE_LEN	24
#define STATE_BOX_TAG_LEN	16

/**
 * state_box_seal() - close a box
 * @key:	its key
 * @nonce:	STATE_BOX_NONCE_LEN bytes, never the same twice with one key
 * @plain:	contents
 * @len:	of @plain
 * @ret:	@len + STATE_BOX_TAG_LEN bytes
 */
void state_box_seal(struct secret32 *key, const uint8_t *nonce,
		    const void *plain, size_t len, uint8_t *ret);

/**
 * state_box_open() - open a box
 * @key:	its key
 * @nonce:	STATE_BOX_NONCE_LEN bytes
 * @box:	tag and ciphertext
 * @len:	of @box
 * @ret:	the contents are appended
 *
 * Return: 0, -ENOMEM, or TNE_STATE_TAG if it was not closed with this key and
 * nonce, or was changed since.
 */
int state_box_open(struct secret32 *key, const uint8_t *nonce,
		   const uint8_t *box, size_t len, struct secret_buf *ret);

#endif /* CRYPTO_STATE_BOX_H */
