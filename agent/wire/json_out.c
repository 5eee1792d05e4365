// SPDX-License-Identifier: GPL-2.0-only
#include "wire/json_out.h"

#include "base/utf8.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

static void put(struct json_out *out, const char *s, size_t len)
{
	if (out->err == 0)
		out->err = secret_buf_reserve(&out->buf, len);
	if (out->err < 0)
		return;
	memcpy(out->buf.data + out->buf.len, s, len);
	out->buf.len += len;
}

static void put_text(struct json_out *out, const char *s)
{
	put(out, s, strlen(s));
}

static void put_quoted(struct json_out *out, const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *)text;
	char escape[8];
	size_t n;

	put(out, "\"", 1);
	for (; len; s += n, len -= n) {
		n = utf8_len(s, len);
		if (n == 0) {
			put_text(out, "\\ufffd");
			n = 1;
		} else if (*s == '"' || *s == '\\') {
			escape[0] = '\\';
			escape[1] = *s;
			put(out, escape, 2);
		} else if (*s < 0x20) {
			snprintf(escape, sizeof(escape), "\\u%04x", *s);
			put_text(out, escape);
		} else {
			put(out, (const char *)s, n);
		}
	}
	put(out, "\"", 1);
}

/* What comes before a value. */
static void begin(struct json_out *out, const char *name)
{
	if (out->any[out->depth])
		put(out, ",", 1);
	out->any[out->depth] = true;
	if (name) {
		put_quoted(out, name, strlen(name));
		put(out, ":", 1);
	}
}

static void open(struct json_out *out, const char *name, const char *bracket)
{
	begin(out, name);
	put_text(out, bracket);
	assert(out->depth < JSON_OUT_DEPTH_MAX);
	out->any[++out->depth] = false;
}

static void shut(struct json_out *out, const char *bracket)
{
	assert(out->depth > 0);
	out->depth--;
	put_text(out, bracket);
}

void json_out_open_object(struct json_out *out, const char *name)
{
	open(out, name, "{");
}

void json_out_close_object(struct json_out *out)
{
	shut(out, "}");
}

void json_out_open_array(struct json_out *out, const char *name)
{
	open(out, name, "[");
}

void json_out_close_array(struct json_out *out)
{
	shut(out, "]");
}

void json_out_text_len(struct json_out *out, const char *name, const char *text,
		       size_t len)
{
	begin(out, name);
	put_quoted(out, text, len);
}

void json_out_text(struct json_out *out, const char *name, const char *text)
{
	json_out_text_len(out, name, text ? text : "", text ? strlen(text) : 0);
}

void json_out_raw(struct json_out *out, const char *name, const char *json)
{
	begin(out, name);
	put_text(out, json);
}

void json_out_int(struct json_out *out, const char *name, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)value);
	json_out_raw(out, name, text);
}

void json_out_uint(struct json_out *out, const char *name, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	json_out_raw(out, name, text);
}

void json_out_number(struct json_out *out, const char *name, double value)
{
	char text[32], *comma;

	snprintf(text, sizeof(text), "%.17g", isfinite(value) ? value : 0.0);
	/* Shorter, if it says the same; and whatever the locale, a point. */
	if (isfinite(value)) {
		char brief[32];

		snprintf(brief, sizeof(brief), "%.15g", value);
		if (strtod(brief, NULL) == value)
			memcpy(text, brief, sizeof(text));
	}
	comma = strchr(text, ',');
	if (comma)
		*comma = '.';
	json_out_raw(out, name, text);
}

void json_out_bool(struct json_out *out, const char *name, bool value)
{
	json_out_raw(out, name, value ? "true" : "false");
}

void json_out_null(struct json_out *out, const char *name)
{
	json_out_raw(out, name, "null");
}

void json_out_time(struct json_out *out, const char *name,
		   const struct timestamp *time)
{
	char text[RFC3339_TEXT_MAX];

	json_out_text(out, name, rfc3339_format(time, text));
}

void json_out_bytes(struct json_out *out, const char *name,
		    const uint8_t *data, size_t len)
{
	size_t size = sodium_base64_encoded_len(len,
					sodium_base64_VARIANT_ORIGINAL);

	if (len == 0) {
		json_out_null(out, name);
		return;
	}
	begin(out, name);
	put(out, "\"", 1);
	if (out->err == 0)
		out->err = secret_buf_reserve(&out->buf, size);
	if (out->err < 0)
		return;
	sodium_bin2base64(out->buf.data + out->buf.len, size, data, len,
			  sodium_base64_VARIANT_ORIGINAL);
	/* Not its end. */
	out->buf.len += size - 1;
	put(out, "\"", 1);
}

void json_out_text_if(struct json_out *out, const char *name, const char *text)
{
	if (text && *text)
		json_out_text(out, name, text);
}

void json_out_true_if(struct json_out *out, const char *name, bool value)
{
	if (value)
		json_out_bool(out, name, true);
}

void json_out_opt_if(struct json_out *out, const char *name,
		     enum opt_bool value)
{
	if (value != OPT_UNSET)
		json_out_bool(out, name, value == OPT_TRUE);
}

void json_out_int_if(struct json_out *out, const char *name, int64_t value)
{
	if (value)
		json_out_int(out, name, value);
}

int json_out_end(struct json_out *out, struct secret_buf *ret)
{
	int err = out->err;

	assert(out->depth == 0);
	if (err == 0)
		*ret = out->buf;
	else
		secret_buf_done(&out->buf);
	memset(out, 0, sizeof(*out));
	return err;
}
