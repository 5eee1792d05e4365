// SPDX-License-Identifier: GPL-2.0-only
#include "crypto/state_box.h"

#include "base/err.h"

#include <errno.h>

#include <sodium.h>

_Static_assert(crypto_secretbox_NONCEBYTES == STATE_BOX_NONCE_LEN &&
	       crypto_secretbox_MACBYTES == STATE_BOX_TAG_LEN &&
	       crypto_secretbox_KEYBYTES == SECRET_LEN, "sizes of secretbox");

void state_box_seal(struct secret32 *key, const uint8_t *nonce,
		    const void *plain, size_t len, uint8_t *ret)
{
	crypto_secretbox_easy(ret, plain, len, nonce, secret32_expose(key));
}

int state_box_open(struct secret32 *key, const uint8_t *nonce,
		   const uint8_t *box, size_t len, struct secret_buf *ret)
{
	if (len < STATE_BOX_TAG_LEN)
		return TNE_STATE_TAG;
	if (secret_buf_reserve(ret, len) < 0)
		return -ENOMEM;
	if (crypto_secretbox_open_easy((uint8_t *)ret->data + ret->len, box,
				       len, nonce, secret32_expose(key)))
		return TNE_STATE_TAG;
	ret->len += len - STATE_BOX_TAG_LEN;
	return 0;
}
