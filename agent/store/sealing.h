/* SPDX-License-Identifier: GPL-2.0-only */
/* The text of a sealed state file, made of entries and a data key, and back. */
#ifndef STORE_SEALING_H
#define STORE_SEALING_H

#include "base/err.h"
#include "base/secret.h"
#include "wire/sealed_json.h"
#include "wire/state_json.h"

/**
 * sealing_build() - put entries into a box
 * @map:	the entries
 * @key:	data key
 * @blob:	the same as sealed by the TPM
 * @ret:	text of the file; owned by the caller
 *
 * Return: 0 or -ENOMEM.
 */
int sealing_build(const struct state_map *map, struct secret32 *key,
		  const struct sealed_blob *blob, struct secret_buf *ret);

/**
 * sealing_open() - take them out
 * @file:	as read
 * @key:	data key
 * @detail:	filled on some errors
 * @ret:	the entries; owned by the caller
 *
 * Return: 0, -ENOMEM, TNE_STATE_TAG, TNE_STATE_FORMAT or TNE_TOO_LONG.
 */
int sealing_open(const struct sealed_file *file, struct secret32 *key,
		 struct err_detail *detail, struct state_map *ret);

/**
 * sealing_check() - does a reader get out what went in?
 * @text:	of a file
 * @key:	data key
 * @want:	the entries
 *
 * Return: 0, -ENOMEM, TNE_STATE_TAG or TNE_STATE_FORMAT.
 */
int sealing_check(const struct secret_buf *text, struct secret32 *key,
		  const struct state_map *want);

#endif /* STORE_SEALING_H */
