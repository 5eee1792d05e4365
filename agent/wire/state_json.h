/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The plain state file: one JSON object of names and bytes in base64.
 *
 * It has a reader of its own because it is full of private keys: a general one
 * would leave copies of them all over the heap.
 */
#ifndef WIRE_STATE_JSON_H
#define WIRE_STATE_JSON_H

#include "base/err.h"
#include "base/secret.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STATE_JSON_MAX	(16u << 20)	/* bytes of a file; ours */
#define STATE_ENTRY_MAX	4096		/* entries; ours */
#define STATE_NAME_MAX	4096		/* bytes of a name; ours */

/**
 * struct state_bytes - contents of an entry
 * @data:	borrowed, not terminated
 * @len:	of @data
 */
struct state_bytes {
	const char *data;
	size_t len;
};

/**
 * struct state_entry - an entry of a map
 * @name:	owned, without zero bytes
 * @at:		where its bytes begin in the map's
 * @len:	how many
 * @null:	written as null instead of an empty text
 */
struct state_entry {
	char *name;
	size_t at;
	size_t len;
	bool null;
};

/**
 * struct state_map - all entries, in the order of their names
 * @entry:	owned
 * @n:		in use
 * @cap:	allocated
 * @bytes:	of all entries
 */
struct state_map {
	struct state_entry *entry;
	size_t n;
	size_t cap;
	struct secret_buf bytes;
};

/**
 * state_json_parse() - read a plain state file
 * @text:	the file
 * @len:	of @text
 * @detail:	filled on error, never with any of the contents
 * @ret:	the entries, owned by the caller
 *
 * Any order and white space; a name twice is an error. Base64 may lack its
 * padding.
 * Source: tailscale ipn/store/stores.go, FileStore.
 *
 * Return: 0, -ENOMEM, TNE_TOO_LONG or TNE_STATE_FORMAT; a sealed file is for
 * sealed_json_parse().
 */
int state_json_parse(const char *text, size_t len, struct err_detail *detail,
		     struct state_map *ret);

/**
 * state_json_build() - write a plain state file
 * @map:	the entries
 * @out:	appended to
 *
 * Byte for byte what the stock daemon writes for the same entries.
 *
 * Return: 0 or -ENOMEM.
 */
int state_json_build(const struct state_map *map, struct secret_buf *out);

/**
 * state_json_build_compact() - write the contents of a sealed file
 * @map:	the entries
 * @out:	appended to
 *
 * The same without white space, as the stock daemon does it there.
 *
 * Return: 0 or -ENOMEM.
 */
int state_json_build_compact(const struct state_map *map,
			     struct secret_buf *out);

/**
 * state_map_find() - an entry by its name
 * @map:	searched
 * @name:	wanted
 *
 * Return: borrowed, or NULL.
 */
const struct state_entry *state_map_find(const struct state_map *map,
					 const char *name);

/**
 * state_map_bytes() - contents of an entry
 * @map:	its map
 * @entry:	of @map
 *
 * Return: borrowed until the map changes.
 */
struct state_bytes state_map_bytes(const struct state_map *map,
				   const struct state_entry *entry);

/**
 * state_map_set() - add or replace an entry
 * @map:	changed on success only
 * @name:	of the entry
 * @data:	contents; NULL = null
 * @len:	of @data
 *
 * The bytes that were there before stay in memory until the map is freed.
 *
 * Return: 0, -ENOMEM or TNE_TOO_LONG.
 */
int state_map_set(struct state_map *map, const char *name, const void *data,
		  size_t len);

/**
 * state_map_remove() - take an entry away
 * @map:	changed
 * @name:	of the entry, which need not be there
 */
void state_map_remove(struct state_map *map, const char *name);

/**
 * state_map_copy() - the same entries in memory of their own
 * @from:	copied
 * @ret:	owned by the caller
 *
 * Return: 0 or -ENOMEM.
 */
int state_map_copy(const struct state_map *from, struct state_map *ret);

/**
 * state_map_done() - wipe and free the contents
 * @map: empty afterwards
 */
void state_map_done(struct state_map *map);

static inline void state_map_cleanup(struct state_map *map)
{
	state_map_done(map);
}

#endif /* WIRE_STATE_JSON_H */
