/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Known answers of the tailnet lock: files of JSON in the folder $VECTORS, or
 * else in selftests/vectors. Their form is told in the README.md beside them.
 */
#ifndef TKA_H
#define TKA_H

#include "base/arena.h"
#include "crypto/key.h"
#include "model/aum.h"
#include "wire/json.h"

#include <jansson.h>
#include <stdbool.h>

/*
 * A file, such as "tka/nks.json", for json_decref(); NULL, and the test has
 * failed, if it cannot be read.
 */
json_t *tka_load(const char *file);

/* Is there such a file? Some are optional. */
bool tka_has(const char *file);

/* Fields; the program ends if they are missing or of another type. */
const json_t *tka_get(const json_t *object, const char *name);
const char *tka_text(const json_t *object, const char *name);
bool tka_bool(const json_t *object, const char *name);
/* Hexadecimal; borrowed from @mem. Not NULL, even if empty. */
struct bytes tka_bytes(const json_t *object, const char *name,
		       struct arena *mem);
struct bytes tka_value_bytes(const json_t *value, struct arena *mem);
/* The same; null gives something that is not set. */
struct opt_bytes tka_opt_bytes(const json_t *object, const char *name,
			       struct arena *mem);
/* The same with a fixed length. */
void tka_fixed(const json_t *object, const char *name, void *ret, size_t len);
/* A decimal number in a text. */
uint64_t tka_u64(const json_t *object, const char *name);

/* An update in "fields" of tka-reference; NULL texts and lists count as empty. */
struct aum tka_aum(const json_t *fields, struct arena *mem);

/* A copy of some bytes that ends where its memory ends, to be freed. */
uint8_t *tka_exact(struct bytes bytes, size_t len);

#endif /* TKA_H */
