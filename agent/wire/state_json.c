// SPDX-License-Identifier: GPL-2.0-only
#include "wire/state_json.h"

#include "base/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#define BASE64_STRICT	sodium_base64_VARIANT_ORIGINAL
#define BASE64_LOOSE	sodium_base64_VARIANT_ORIGINAL_NO_PADDING

/**
 * struct reader - a file being read
 * @p: next byte
 * @end: behind the last one
 * @start: first byte, for positions in messages
 * @detail: for errors
 */
struct reader {
	const char *p;
	const char *end;
	const char *start;
	struct err_detail *detail;
};

static int bad(struct reader *r, const char *what)
{
	return err_explain(r->detail, TNE_STATE_FORMAT,
			   "not a state file: %s at byte %zu", what,
			   (size_t)(r->p - r->start));
}

static void skip_space(struct reader *r)
{
	while (r->p < r->end && strchr(" \t\r\n", *r->p) && *r->p)
		r->p++;
}

static bool take(struct reader *r, char c)
{
	skip_space(r);
	if (r->p == r->end || *r->p != c)
		return false;
	r->p++;
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Four hexadecimal digits; below 0 if they are not. */
static int32_t take_unit(struct reader *r)
{
	int32_t unit = 0;
	int i, digit;

	if (r->end - r->p < 4)
		return -1;
	for (i = 0; i < 4; i++) {
		digit = hex_digit(r->p[i]);
		if (digit < 0)
			return -1;
		unit = unit << 4 | digit;
	}
	r->p += 4;
	return unit;
}

static void put_utf8(struct secret_buf *out, uint32_t c)
{
	char *to = out->data + out->len;

	if (c < 0x80) {
		to[0] = c;
		out->len += 1;
	} else if (c < 0x800) {
		to[0] = 0xc0 | c >> 6;
		to[1] = 0x80 | (c & 0x3f);
		out->len += 2;
	} else if (c < 0x10000) {
		to[0] = 0xe0 | c >> 12;
		to[1] = 0x80 | (c >> 6 & 0x3f);
		to[2] = 0x80 | (c & 0x3f);
		out->len += 3;
	} else {
		to[0] = 0xf0 | c >> 18;
		to[1] = 0x80 | (c >> 12 & 0x3f);
		to[2] = 0x80 | (c >> 6 & 0x3f);
		to[3] = 0x80 | (c & 0x3f);
		out->len += 4;
	}
}

/* Source: RFC 8259, section 7. No escape is longer than what it stands for. */
static int take_escape(struct reader *r, struct secret_buf *out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *known;
	int32_t unit, low;

	if (r->p == r->end)
		return bad(r, "text without end");
	if (*r->p != 'u') {
		known = *r->p ? strchr(from, *r->p) : NULL;
		if (!known)
			return bad(r, "unknown escape");
		r->p++;
		out->data[out->len++] = to[known - from];
		return 0;
	}
	r->p++;
	unit = take_unit(r);
	if (unit <= 0 || (unit & 0xfc00) == 0xdc00)
		return bad(r, "bad escape");
	if ((unit & 0xfc00) == 0xd800) {
		if (r->end - r->p < 2 || r->p[0] != '\\' || r->p[1] != 'u')
			return bad(r, "half a character");
		r->p += 2;
		low = take_unit(r);
		if (low < 0 || (low & 0xfc00) != 0xdc00)
			return bad(r, "half a character");
		unit = 0x10000 + ((unit & 0x3ff) << 10 | (low & 0x3ff));
	}
	put_utf8(out, unit);
	return 0;
}

/* How many bytes the character at the front has; 0 = it is not UTF-8. */
static size_t utf8_len(const char *s, const char *end)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *u = (const unsigned char *)s;
	size_t len = u[0] < 0x80 ? 1 : u[0] < 0xc2 ? 0 : u[0] < 0xe0 ? 2 :
		u[0] < 0xf0 ? 3 : u[0] < 0xf5 ? 4 : 0;
	uint32_t c;
	size_t i;

	if (len < 2 || (size_t)(end - s) < len)
		return len < 2 ? len : 0;
	c = u[0] & (0x7f >> len);
	for (i = 1; i < len; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (u[i] & 0x3f);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	return len;
}

/* A text into @out, which is emptied first. */
static int take_string(struct reader *r, struct secret_buf *out)
{
	size_t len;
	int err;

	if (!take(r, '"'))
		return bad(r, "text expected");
	/* Nothing gets longer, so this is room for all of it. */
	out->len = 0;
	err = secret_buf_reserve(out, r->end - r->p + 1);
	if (err < 0)
		return err;
	while (r->p < r->end && *r->p != '"') {
		if (*r->p == '\\') {
			r->p++;
			err = take_escape(r, out);
			if (err < 0)
				return err;
			continue;
		}
		len = utf8_len(r->p, r->end);
		if (len == 0 || (unsigned char)*r->p < 0x20)
			return bad(r, "bad character in a text");
		memcpy(out->data + out->len, r->p, len);
		out->len += len;
		r->p += len;
	}
	if (r->p == r->end)
		return bad(r, "text without end");
	r->p++;
	return 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct state_entry *)a)->name,
		      ((const struct state_entry *)b)->name);
}

/* The index of @name, or that before which it belongs. */
static size_t place_of(const struct state_map *map, const char *name,
		       bool *ret_found)
{
	size_t low = 0, high = map->n, mid;
	int order;

	*ret_found = false;
	while (low < high) {
		mid = low + (high - low) / 2;
		order = strcmp(map->entry[mid].name, name);
		if (order == 0) {
			*ret_found = true;
			return mid;
		}
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Append, wherever it belongs; @ret is borrowed. */
static int add_entry(struct state_map *map, const char *name, size_t len,
		     struct state_entry **ret)
{
	struct state_entry *entry;

	if (map->n >= STATE_ENTRY_MAX || len > STATE_NAME_MAX)
		return TNE_TOO_LONG;
	entry = array_grow(map->entry, map->n, &map->cap, sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	map->entry = entry;
	entry += map->n;
	memset(entry, 0, sizeof(*entry));
	entry->name = strndup(name, len);
	if (!entry->name)
		return -ENOMEM;
	map->n++;
	*ret = entry;
	return 0;
}

/* Base64 at the end of the map's bytes is replaced by what it stands for. */
static int decode_value(struct reader *r, const struct secret_buf *text,
			struct state_map *map, struct state_entry *entry)
{
	bool padded = text->len > 0 && text->data[text->len - 1] == '=';
	const char *end = NULL;
	size_t len = 0;

	entry->at = map->bytes.len;
	if (text->len == 0)
		return 0;
	if (secret_buf_reserve(&map->bytes, text->len) < 0)
		return -ENOMEM;
	if (sodium_base642bin((unsigned char *)map->bytes.data + entry->at,
			      text->len, text->data, text->len, NULL, &len,
			      &end, padded ? BASE64_STRICT : BASE64_LOOSE) ||
	    end != text->data + text->len)
		return bad(r, "value is not base64");
	entry->len = len;
	map->bytes.len += len;
	return 0;
}

static int take_value(struct reader *r, struct secret_buf *text,
		      struct state_map *map, struct state_entry *entry)
{
	int err;

	skip_space(r);
	if (r->end - r->p >= 4 && memcmp(r->p, "null", 4) == 0) {
		r->p += 4;
		entry->null = true;
		entry->at = map->bytes.len;
		return 0;
	}
	err = take_string(r, text);
	return err < 0 ? err : decode_value(r, text, map, entry);
}

static int take_entry(struct reader *r, struct secret_buf *text,
		      struct state_map *map)
{
	struct state_entry *entry;
	int err = take_string(r, text);

	if (err < 0)
		return err;
	err = add_entry(map, text->data, text->len, &entry);
	if (err == TNE_TOO_LONG)
		return err_explain(r->detail, err,
				   "the state file has too many or too long names");
	if (err < 0)
		return err;
	if (!take(r, ':'))
		return bad(r, "':' expected");
	return take_value(r, text, map, entry);
}

static int take_entries(struct reader *r, struct secret_buf *text,
			struct state_map *map)
{
	int err;

	if (!take(r, '{'))
		return bad(r, "'{' expected");
	if (!take(r, '}')) {
		do {
			err = take_entry(r, text, map);
			if (err < 0)
				return err;
		} while (take(r, ','));
		if (!take(r, '}'))
			return bad(r, "'}' expected");
	}
	skip_space(r);
	return r->p < r->end ? bad(r, "more than one document") : 0;
}

static int check_names(struct reader *r, const struct state_map *map)
{
	size_t i;

	for (i = 1; i < map->n; i++) {
		if (strcmp(map->entry[i - 1].name, map->entry[i].name) == 0)
			return bad(r, "a name occurs twice, no value was taken");
	}
	return 0;
}

int state_json_parse(const char *text, size_t len, struct err_detail *detail,
		     struct state_map *ret)
{
	struct reader r = { .p = text, .end = text + len, .start = text,
			    .detail = detail };
	struct secret_buf __attribute__((cleanup(secret_buf_cleanup)))
		scratch = { 0 };
	struct state_map map = { 0 };
	int err;

	if (len > STATE_JSON_MAX)
		return err_explain(detail, TNE_TOO_LONG,
				   "the state file is too long");
	err = take_entries(&r, &scratch, &map);
	if (err == 0 && map.n) {
		qsort(map.entry, map.n, sizeof(*map.entry), compare);
		err = check_names(&r, &map);
	}
	if (err < 0) {
		state_map_done(&map);
		return err;
	}
	*ret = map;
	return 0;
}

static int put(struct secret_buf *out, const char *s, size_t len)
{
	if (secret_buf_reserve(out, len) < 0)
		return -ENOMEM;
	memcpy(out->data + out->len, s, len);
	out->len += len;
	return 0;
}

/*
 * As the reference writes texts: its encoder also escapes what would be markup
 * in HTML, and the two line ends that JavaScript does not know.
 * Source: Go encoding/json, appendString.
 */
static int put_char(struct secret_buf *out, const char *s, size_t len)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	unsigned char c = *s;
	const char *known = c ? strchr(from, c) : NULL;
	char escape[7];

	if (known) {
		escape[0] = '\\';
		escape[1] = to[known - from];
		return put(out, escape, 2);
	}
	if (c < 0x20 || c == '<' || c == '>' || c == '&') {
		sodium_bin2hex(escape + 4, 3, &c, 1);
		return put(out, memcpy(escape, "\\u00", 4), 6);
	}
	if (len == 3 && memcmp(s, "\xe2\x80", 2) == 0 &&
	    ((unsigned char)s[2] & 0xfe) == 0xa8)
		return put(out, (s[2] & 1) ? "\\u2029" : "\\u2028", 6);
	return put(out, s, len);
}

static int put_name(struct secret_buf *out, const char *name, bool compact)
{
	const char *end = name + strlen(name);
	size_t len;
	int r = put(out, "\"", 1);

	for (; name < end && r == 0; name += len) {
		len = utf8_len(name, end);
		if (len == 0) {
			len = 1;
			r = put(out, "\\ufffd", 6);
		} else {
			r = put_char(out, name, len);
		}
	}
	return r == 0 ? put(out, "\": ", compact ? 2 : 3) : r;
}

static int put_value(struct secret_buf *out, const struct state_map *map,
		     const struct state_entry *entry)
{
	size_t len = sodium_base64_encoded_len(entry->len, BASE64_STRICT);

	if (entry->null)
		return put(out, "null", 4);
	if (entry->len == 0)
		return put(out, "\"\"", 2);
	if (secret_buf_reserve(out, len + 2) < 0)
		return -ENOMEM;
	out->data[out->len++] = '"';
	sodium_bin2base64(out->data + out->len, len,
			  (const unsigned char *)map->bytes.data + entry->at,
			  entry->len, BASE64_STRICT);
	/* The length has the terminator in it. */
	out->len += len - 1;
	out->data[out->len++] = '"';
	return 0;
}

static int build(const struct state_map *map, bool compact,
		 struct secret_buf *out)
{
	const char *first = compact ? "" : "\n  ";
	const char *next = compact ? "," : ",\n  ";
	size_t i;
	int r = put(out, "{", 1);

	for (i = 0; i < map->n && r == 0; i++) {
		r = put(out, i ? next : first, strlen(i ? next : first));
		if (r == 0)
			r = put_name(out, map->entry[i].name, compact);
		if (r == 0)
			r = put_value(out, map, &map->entry[i]);
	}
	if (r == 0 && map->n && !compact)
		r = put(out, "\n", 1);
	return r == 0 ? put(out, "}", 1) : r;
}

int state_json_build(const struct state_map *map, struct secret_buf *out)
{
	return build(map, false, out);
}

int state_json_build_compact(const struct state_map *map,
			     struct secret_buf *out)
{
	return build(map, true, out);
}

const struct state_entry *state_map_find(const struct state_map *map,
					 const char *name)
{
	bool found;
	size_t i = place_of(map, name, &found);

	return found ? &map->entry[i] : NULL;
}

struct state_bytes state_map_bytes(const struct state_map *map,
				   const struct state_entry *entry)
{
	const char *data = entry->len ? map->bytes.data + entry->at : "";

	return (struct state_bytes){ .data = data, .len = entry->len };
}

/* What is replaced or removed is a key perhaps; its place is not used again. */
static void wipe(struct state_map *map, const struct state_entry *entry)
{
	if (entry->len)
		secret_wipe(map->bytes.data + entry->at, entry->len);
}

int state_map_set(struct state_map *map, const char *name, const void *data,
		  size_t len)
{
	struct state_entry *entry, new;
	bool found;
	size_t i;
	int r;

	if (map->bytes.len > STATE_JSON_MAX || len > STATE_JSON_MAX)
		return TNE_TOO_LONG;
	r = secret_buf_reserve(&map->bytes, len + 1);
	if (r < 0)
		return r;
	i = place_of(map, name, &found);
	if (!found) {
		r = add_entry(map, name, strlen(name), &entry);
		if (r < 0)
			return r;
		new = *entry;
		memmove(&map->entry[i + 1], &map->entry[i],
			(map->n - 1 - i) * sizeof(*entry));
		map->entry[i] = new;
	}
	entry = &map->entry[i];
	if (found)
		wipe(map, entry);
	entry->at = map->bytes.len;
	entry->len = len;
	entry->null = !data;
	if (len)
		memcpy(map->bytes.data + map->bytes.len, data, len);
	map->bytes.len += len;
	return 0;
}

void state_map_remove(struct state_map *map, const char *name)
{
	bool found;
	size_t i = place_of(map, name, &found);

	if (!found)
		return;
	wipe(map, &map->entry[i]);
	free(map->entry[i].name);
	map->n--;
	memmove(&map->entry[i], &map->entry[i + 1],
		(map->n - i) * sizeof(*map->entry));
}

int state_map_copy(const struct state_map *from, struct state_map *ret)
{
	struct state_map copy = { 0 };
	struct state_bytes bytes;
	size_t i;
	int r = 0;

	for (i = 0; i < from->n && r == 0; i++) {
		bytes = state_map_bytes(from, &from->entry[i]);
		r = state_map_set(&copy, from->entry[i].name,
				  from->entry[i].null ? NULL : bytes.data,
				  bytes.len);
	}
	if (r < 0) {
		state_map_done(&copy);
		return r;
	}
	*ret = copy;
	return 0;
}

void state_map_done(struct state_map *map)
{
	size_t i;

	for (i = 0; i < map->n; i++)
		free(map->entry[i].name);
	free(map->entry);
	secret_buf_done(&map->bytes);
	memset(map, 0, sizeof(*map));
}
