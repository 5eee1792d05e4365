/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a sealed state file has no room for, in a file beside it: how the
 * storage key is called, and the data key once more under a recovery key.
 * Nothing in it is of use without the TPM or the recovery key, and nothing in it
 * is believed where it would open anything.
 */
#ifndef WIRE_SEAL_JSON_H
#define WIRE_SEAL_JSON_H

#include "base/err.h"
#include "base/secret.h"

#include <stddef.h>
#include <stdint.h>

#define SEAL_JSON_MAX	(16u << 10)	/* bytes; ours */
#define SEAL_NAME_MAX	66		/* bytes: algorithm and longest digest */
#define SEAL_SALT_LEN	16
#define SEAL_WRAP_LEN	72		/* nonce, tag and 32 bytes */
#define SEAL_WRAPS_MAX	2

/**
 * struct seal_extras - contents of the file
 * @parent:	name of the TPM's storage key
 * @parent_len:	of @parent; 0 = not known
 * @handle:	its persistent handle; 0 = it is derived each time
 * @salt:	of the recovery key
 * @wrap:	a data key, boxed with what is derived from the recovery key.
 *		While the data key changes there are those of both
 * @n_wraps:	0 = there is no recovery key
 * @counter:	index of the NV counter, 0 = none
 * @decrypted_s: when the state was made plain, seconds since 1970; 0 = it was not
 */
struct seal_extras {
	uint8_t parent[SEAL_NAME_MAX];
	size_t parent_len;
	uint32_t handle;
	uint8_t salt[SEAL_SALT_LEN];
	uint8_t wrap[SEAL_WRAPS_MAX][SEAL_WRAP_LEN];
	size_t n_wraps;
	uint32_t counter;
	int64_t decrypted_s;
};

/**
 * seal_json_parse() - read the file
 * @text:	the file
 * @len:	of @text
 * @detail:	filled on error
 * @ret:	filled
 *
 * Source: ours.
 *
 * Return: 0, -ENOMEM, TNE_TOO_LONG or TNE_STATE_FORMAT.
 */
int seal_json_parse(const char *text, size_t len, struct err_detail *detail,
		    struct seal_extras *ret);

/**
 * seal_json_build() - write the file
 * @extras:	its contents
 * @ret:	owned by the caller
 *
 * Return: 0 or -ENOMEM.
 */
int seal_json_build(const struct seal_extras *extras, struct secret_buf *ret);

#endif /* WIRE_SEAL_JSON_H */
