/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The sealed state file: a plain one in a box, and the key of the box as only
 * the TPM of this machine can read it. Everything in here is ciphertext.
 */
#ifndef WIRE_SEALED_JSON_H
#define WIRE_SEALED_JSON_H

#include "base/err.h"
#include "base/secret.h"

#include <stddef.h>
#include <stdint.h>

/* Most bytes; ours. The vendors' private parts differ, 158 to 222 were seen. */
#define SEALED_PRIVATE_MAX	1024
#define SEALED_PUBLIC_MAX	512
/* Source: NaCl, crypto_secretbox_xsalsa20poly1305. */
#define SEALED_NONCE_LEN	24
#define SEALED_TAG_LEN		16

/**
 * enum state_form - what kind of state file it is
 * @STATE_FORM_EMPTY: no bytes, or nothing but zeros: cut short by a crash
 * @STATE_FORM_PLAIN: anything that is not one of the others
 * @STATE_FORM_SEALED: the members data, key and nonce, and no others
 * @STATE_FORM_NEWER: these, and a version that we do not know
 */
enum state_form {
	STATE_FORM_EMPTY,
	STATE_FORM_PLAIN,
	STATE_FORM_SEALED,
	STATE_FORM_NEWER,
};

/**
 * struct sealed_blob - a data key as sealed by a TPM
 * @private:	inside of a TPM2B_PRIVATE, without its size
 * @private_len: of @private, 1 or more
 * @public:	a TPMT_PUBLIC as on the wire, without the size of a TPM2B
 * @public_len:	of @public, 1 or more
 */
struct sealed_blob {
	uint8_t private[SEALED_PRIVATE_MAX];
	size_t private_len;
	uint8_t public[SEALED_PUBLIC_MAX];
	size_t public_len;
};

/**
 * struct sealed_file - a sealed file
 * @blob:	the key
 * @nonce:	of the box
 * @box:	tag, then ciphertext; owned
 * @box_len:	of @box, more than SEALED_TAG_LEN
 */
struct sealed_file {
	struct sealed_blob blob;
	uint8_t nonce[SEALED_NONCE_LEN];
	uint8_t *box;
	size_t box_len;
};

/**
 * state_form_find() - which form has a file?
 * @text:	the file
 * @len:	of @text
 *
 * Looks at the names of the outermost members only. Whether the file is JSON at
 * all is for the reader of that form to say.
 *
 * Source: tailscale ipn/store/stores.go, migration of state files.
 *
 * Return: its form.
 */
enum state_form state_form_find(const char *text, size_t len);

/**
 * sealed_json_parse() - read a sealed file
 * @text:	the file
 * @len:	of @text
 * @detail:	filled on error
 * @ret:	owned by the caller
 *
 * Source: tailscale feature/tpm/tpm.go, encryptedData.
 *
 * Return: 0, -ENOMEM, TNE_TOO_LONG or TNE_STATE_FORMAT.
 */
int sealed_json_parse(const char *text, size_t len, struct err_detail *detail,
		      struct sealed_file *ret);

/**
 * sealed_json_build() - write a sealed file
 * @file:	what is in it
 * @ret:	owned by the caller
 *
 * Byte for byte what the stock daemon writes.
 *
 * Return: 0 or -ENOMEM.
 */
int sealed_json_build(const struct sealed_file *file, struct secret_buf *ret);

/**
 * sealed_file_done() - free the contents
 * @file: all zero afterwards
 */
void sealed_file_done(struct sealed_file *file);

#endif /* WIRE_SEALED_JSON_H */
