/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRE_JSON_H
#define WIRE_JSON_H

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/opt_bool.h"
#include "base/rfc3339.h"
#include "model/ip.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

/*
 * Reading JSON of outsiders, with types and bounds.
 *
 * A field that is missing or null is "absent"; unknown fields are nobody's
 * business; of a repeated one the last counts. Each getter returns 1 and the
 * value, 0 if it is absent (@ret is not touched), or TNE_JSON_VALUE if there is
 * something else in its place; those that copy, -ENOMEM as well.
 */

/* Most values and levels in one text; ours. */
#define JSON_VALUES_MAX (8U << 20)
#define JSON_DEPTH_MAX 1024

/**
 * struct json_text - a text, borrowed from the JSON
 * @s: terminated; no NUL inside
 * @len: bytes of UTF-8
 */
struct json_text {
	const char *s;
	size_t len;
};

DEFINE_CLEANUP(json, json_t *, json_decref)

/**
 * json_read() - parse a text whose outermost value is an object
 * @text:	need not be terminated
 * @len:	bytes
 * @detail:	filled on error; never shows the text
 * @ret:	the object, for json_decref()
 *
 * Whole numbers too big for 64 bits do not make the text wrong: they become
 * fractional ones, which no getter of whole numbers takes. Same for fractional
 * ones too big for a double, they become a very big one.
 *
 * Return: 0, TNE_JSON, TNE_TOO_LONG above JSON_VALUES_MAX or JSON_DEPTH_MAX, or
 * -ENOMEM.
 */
int json_read(const char *text, size_t len, struct err_detail *detail,
	      json_t **ret);

/**
 * json_take_text() - a text
 * @value:	NULL and null are absent
 * @max:	longest, bytes
 * @ret:	the text, borrowed from @value
 */
int json_take_text(const json_t *value, size_t max, struct json_text *ret);

/**
 * json_get_text() - a field that is a text
 * @object:	the object
 * @name:	of the field
 * @max:	longest, bytes
 * @ret:	the text, borrowed from @object
 */
int json_get_text(const json_t *object, const char *name, size_t max,
		  struct json_text *ret);

/**
 * json_copy_text() - a copy of a field that is a text
 * @object:	the object
 * @name:	of the field
 * @max:	longest, bytes
 * @mem:	owns the copy
 * @ret:	the copy
 */
int json_copy_text(const json_t *object, const char *name, size_t max,
		   struct arena *mem, const char **ret);

/**
 * json_get_int() - a field that is a whole number
 * @object:	the object
 * @name:	of the field
 * @min:	smallest
 * @max:	largest
 * @ret:	the number
 */
int json_get_int(const json_t *object, const char *name, int64_t min,
		 int64_t max, int64_t *ret);

/**
 * json_take_int() - a whole number
 * @value:	NULL and null are absent
 * @min:	smallest
 * @max:	largest
 * @ret:	the number
 */
int json_take_int(const json_t *value, int64_t min, int64_t max, int64_t *ret);

/**
 * json_get_number() - a field that is a number of any kind
 * @object:	the object
 * @name:	of the field
 * @ret:	the number
 */
int json_get_number(const json_t *object, const char *name, double *ret);

/**
 * json_get_bool() - a field that is true or false
 * @object:	the object
 * @name:	of the field
 * @ret:	the value
 */
int json_get_bool(const json_t *object, const char *name, bool *ret);

/**
 * json_get_opt_bool() - the same with three values
 * @object:	the object
 * @name:	of the field
 * @ret:	OPT_TRUE or OPT_FALSE
 */
int json_get_opt_bool(const json_t *object, const char *name,
		      enum opt_bool *ret);

/**
 * json_get_object() - a field that is an object
 * @object:	the object
 * @name:	of the field
 * @ret:	the field, borrowed from @object
 */
int json_get_object(const json_t *object, const char *name, json_t **ret);

/**
 * json_get_array() - a field that is an array
 * @object:	the object
 * @name:	of the field
 * @max:	most elements
 * @ret:	the field, borrowed from @object
 */
int json_get_array(const json_t *object, const char *name, size_t max,
		   json_t **ret);

/**
 * json_get_time() - a field that is a time
 * @object:	the object
 * @name:	of the field
 * @ret:	the time; not set for the zero time
 */
int json_get_time(const json_t *object, const char *name,
		  struct timestamp *ret);

/**
 * json_get_ip() - a field that is an address
 * @object:	the object
 * @name:	of the field
 * @ret:	the address; none for an empty text
 */
int json_get_ip(const json_t *object, const char *name, struct ip_addr *ret);

/**
 * json_take_bytes() - binary data in base64
 * @value:	NULL and null are absent
 * @max:	most bytes
 * @mem:	owns the copy
 * @ret:	the data
 *
 * Source: RFC 4648, section 4, with padding.
 */
int json_take_bytes(const json_t *value, size_t max, struct arena *mem,
		    struct bytes *ret);

/**
 * json_copy_bytes() - a field that is binary data in base64
 * @object:	the object
 * @name:	of the field
 * @max:	most bytes
 * @mem:	owns the copy
 * @ret:	the data
 *
 * Source: RFC 4648, section 4, with padding.
 */
int json_copy_bytes(const json_t *object, const char *name, size_t max,
		    struct arena *mem, struct bytes *ret);

/**
 * json_take_bytes_list() - an array of binary data in base64
 * @array:	NULL and null are one without elements
 * @max_len:	most bytes of an element; none may be absent or empty
 * @mem:	owns the copies
 * @ret:	the list
 * @ret_n:	how many
 *
 * Return: 0, TNE_JSON_VALUE or -ENOMEM.
 */
int json_take_bytes_list(const json_t *array, size_t max_len,
			 struct arena *mem, const struct bytes **ret,
			 size_t *ret_n);

/**
 * json_copy_bytes_list() - a field that is such an array
 * @object:	the object
 * @name:	of the field; absent and null are one without elements
 * @max:	most elements
 * @max_len:	as above, like the others
 * @mem:	owns the copies
 * @ret:	the list
 * @ret_n:	how many
 *
 * Return: 0, TNE_JSON_VALUE or -ENOMEM.
 */
int json_copy_bytes_list(const json_t *object, const char *name, size_t max,
			 size_t max_len, struct arena *mem,
			 const struct bytes **ret, size_t *ret_n);

/**
 * json_copy_texts() - a field that is an array of texts
 * @object:	the object
 * @name:	of the field
 * @max:	most texts
 * @max_len:	longest text, bytes; an element that is longer or no text is
 *		left out
 * @mem:	owns the copy
 * @ret:	the texts
 */
int json_copy_texts(const json_t *object, const char *name, size_t max,
		    size_t max_len, struct arena *mem, struct text_list *ret);

/**
 * json_copy_raw() - a value as text
 * @value:	any value
 * @mem:	owns the copy
 * @ret:	compact JSON; numbers written anew
 *
 * Return: 0 or -ENOMEM.
 */
int json_copy_raw(const json_t *value, struct arena *mem, const char **ret);

/**
 * json_key_int() - the name of a field as a whole number
 * @name:	in decimal, nothing else
 * @ret:	the number
 *
 * Return: 0 or TNE_JSON_VALUE.
 */
int json_key_int(const char *name, int64_t *ret);

#endif /* WIRE_JSON_H */
