// SPDX-License-Identifier: GPL-2.0-only
#include "store/sealing.h"

#include "crypto/state_box.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

/* The box, closed. */
static int close_box(const struct state_map *map, struct secret32 *key,
		     struct sealed_file *file)
{
	struct secret_buf __attribute__((cleanup(secret_buf_cleanup)))
		plain = { 0 };
	int r = state_json_build_compact(map, &plain);

	if (r < 0)
		return r;
	file->box_len = plain.len + STATE_BOX_TAG_LEN;
	file->box = malloc(file->box_len);
	if (!file->box)
		return -ENOMEM;
	randombytes_buf(file->nonce, sizeof(file->nonce));
	state_box_seal(key, file->nonce, plain.data, plain.len, file->box);
	return 0;
}

int sealing_open(const struct sealed_file *file, struct secret32 *key,
		 struct err_detail *detail, struct state_map *ret)
{
	struct secret_buf __attribute__((cleanup(secret_buf_cleanup)))
		plain = { 0 };
	int r = state_box_open(key, file->nonce, file->box, file->box_len,
			       &plain);

	if (r == 0)
		r = state_json_parse(plain.data, plain.len, detail, ret);
	return r;
}

static bool same_map(const struct state_map *a, const struct state_map *b)
{
	struct state_bytes x, y;
	size_t i;

	if (a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++) {
		x = state_map_bytes(a, &a->entry[i]);
		y = state_map_bytes(b, &b->entry[i]);
		if (strcmp(a->entry[i].name, b->entry[i].name) != 0 ||
		    x.len != y.len || memcmp(x.data, y.data, x.len) != 0)
			return false;
	}
	return true;
}

int sealing_check(const struct secret_buf *text, struct secret32 *key,
		  const struct state_map *want)
{
	struct sealed_file file = { 0 };
	struct err_detail detail;
	struct state_map map = { 0 };
	int r = sealed_json_parse(text->data, text->len, &detail, &file);

	if (r == 0)
		r = sealing_open(&file, key, &detail, &map);
	if (r == 0 && !same_map(&map, want))
		r = TNE_STATE_FORMAT;
	state_map_done(&map);
	sealed_file_done(&file);
	return r;
}

int sealing_build(const struct state_map *map, struct secret32 *key,
		  const struct sealed_blob *blob, struct secret_buf *ret)
{
	struct sealed_file file = { .blob = *blob };
	int r = close_box(map, key, &file);

	if (r == 0)
		r = sealed_json_build(&file, ret);
	sealed_file_done(&file);
	return r;
}
