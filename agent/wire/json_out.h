/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRE_JSON_OUT_H
#define WIRE_JSON_OUT_H

#include "base/opt_bool.h"
#include "base/rfc3339.h"
#include "base/secret.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Writing JSON into memory that may hold secrets: requests carry keys, and a
 * JSON library leaves copies behind.
 *
 * Running out of memory is remembered and said at the end by json_out_end(), so
 * that the functions in between return nothing. @name is the name of a field,
 * or NULL for an element of an array and for the outermost value.
 */

#define JSON_OUT_DEPTH_MAX 32

/**
 * struct json_out - a JSON text being written
 * @buf: the text so far
 * @err: 0, or why it cannot be completed
 * @depth: objects and arrays that are open
 * @any: has the one at this depth anything in it?
 */
struct json_out {
	struct secret_buf buf;
	int err;
	unsigned int depth;
	bool any[JSON_OUT_DEPTH_MAX + 1];
};

void json_out_open_object(struct json_out *out, const char *name);
void json_out_close_object(struct json_out *out);
void json_out_open_array(struct json_out *out, const char *name);
void json_out_close_array(struct json_out *out);
/* What is no UTF-8 is replaced by U+FFFD. */
void json_out_text(struct json_out *out, const char *name, const char *text);
void json_out_text_len(struct json_out *out, const char *name, const char *text,
		       size_t len);
void json_out_int(struct json_out *out, const char *name, int64_t value);
void json_out_uint(struct json_out *out, const char *name, uint64_t value);
/* What is not finite becomes 0. */
void json_out_number(struct json_out *out, const char *name, double value);
void json_out_bool(struct json_out *out, const char *name, bool value);
void json_out_null(struct json_out *out, const char *name);
void json_out_time(struct json_out *out, const char *name,
		   const struct timestamp *time);
/* Base64; null if there is nothing. */
void json_out_bytes(struct json_out *out, const char *name,
		    const uint8_t *data, size_t len);
/* JSON that is written already. */
void json_out_raw(struct json_out *out, const char *name, const char *json);

/* These leave the field out if it is NULL or empty, false, unset, zero. */
void json_out_text_if(struct json_out *out, const char *name, const char *text);
void json_out_true_if(struct json_out *out, const char *name, bool value);
void json_out_opt_if(struct json_out *out, const char *name,
		     enum opt_bool value);
void json_out_int_if(struct json_out *out, const char *name, int64_t value);

/**
 * json_out_end() - the complete text
 * @out:	all opened is closed; empty afterwards
 * @ret:	the text, for secret_buf_done()
 *
 * Return: 0 or -ENOMEM.
 */
int json_out_end(struct json_out *out, struct secret_buf *ret);

#endif /* WIRE_JSON_OUT_H */
