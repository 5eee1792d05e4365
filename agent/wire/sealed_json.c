// SPDX-License-Identifier: GPL-2.0-only
#include "wire/sealed_json.h"

#include "base/array.h"
#include "wire/json.h"
#include "wire/json_out.h"
#include "wire/state_json.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

/* Names of outermost members that tell the forms apart. */
static const char *const names[] = { "data", "key", "nonce", "_machinekey",
				     "v" };
#define PARTS	0x07u	/* data, key, nonce */
#define MACHINE	0x08u
#define VERSION	0x10u

/* Behind the text that begins at @p; its end is in @ret_end. */
static const char *skip_text(const char *p, const char *end,
			     const char **ret_end)
{
	for (p++; p < end && *p != '"'; p++) {
		if (*p == '\\' && p + 1 < end)
			p++;
	}
	*ret_end = p;
	return p < end ? p + 1 : end;
}

static const char *skip_space(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
		p++;
	return p;
}

static unsigned int name_bit(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (strlen(names[i]) == len && memcmp(names[i], s, len) == 0)
			return 1u << i;
	}
	return 0;
}

static bool is_empty(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len && text[i] == 0; i++)
		;
	return i == len;
}

enum state_form state_form_find(const char *text, size_t len)
{
	const char *p = text, *end = text + len, *start, *stop;
	unsigned int depth = 0, seen = 0;
	size_t n = 0;

	if (is_empty(text, len))
		return STATE_FORM_EMPTY;
	while (p < end) {
		if (*p == '{' || *p == '[') {
			depth++;
		} else if ((*p == '}' || *p == ']') && depth) {
			depth--;
		} else if (*p == '"') {
			start = p + 1;
			p = skip_space(skip_text(p, end, &stop), end);
			if (depth == 1 && p < end && *p == ':') {
				n++;
				seen |= name_bit(start, stop - start);
			}
			continue;
		}
		p++;
	}
	if ((seen & (PARTS | MACHINE)) != PARTS)
		return STATE_FORM_PLAIN;
	if (n == 3)
		return STATE_FORM_SEALED;
	return seen & VERSION ? STATE_FORM_NEWER : STATE_FORM_PLAIN;
}

static int bad_file(struct err_detail *detail)
{
	return err_explain(detail, TNE_STATE_FORMAT,
			   "state file has not been TPM-sealed or is corrupt");
}

/* Go's reader passes over line ends inside of base64, so we do. */
static int decode(const struct json_text *text, uint8_t *ret, size_t max,
		  size_t *ret_len)
{
	const char *end = NULL;

	if (sodium_base642bin(ret, max, text->s, text->len, "\r\n", ret_len,
			      &end, sodium_base64_VARIANT_ORIGINAL) ||
	    end != text->s + text->len)
		return TNE_STATE_FORMAT;
	return 0;
}

static int take_bytes(const json_t *object, const char *name, uint8_t *ret,
		      size_t max, size_t *ret_len, struct err_detail *detail)
{
	struct json_text text;
	size_t len;

	if (json_get_text(object, name, STATE_JSON_MAX, &text) <= 0 ||
	    text.len == 0)
		return bad_file(detail);
	if (decode(&text, ret, max, &len) < 0 || len == 0)
		return err_explain(detail, TNE_STATE_FORMAT,
				   "failed to unmarshal state file: %s is not base64 of 1 to %zu bytes",
				   name, max);
	*ret_len = len;
	return 0;
}

static int take_nonce(const json_t *object, struct err_detail *detail,
		      struct sealed_file *file)
{
	uint8_t nonce[64];
	size_t len;
	int r = take_bytes(object, "nonce", nonce, sizeof(nonce), &len, detail);

	if (r < 0)
		return r;
	if (len != SEALED_NONCE_LEN)
		return err_explain(detail, TNE_STATE_FORMAT,
				   "nonce should be %d bytes long, got %zu",
				   SEALED_NONCE_LEN, len);
	memcpy(file->nonce, nonce, len);
	return 0;
}

static int take_box(const json_t *object, struct err_detail *detail,
		    struct sealed_file *file)
{
	struct json_text text;
	size_t max;
	int r;

	if (json_get_text(object, "data", STATE_JSON_MAX, &text) <= 0 ||
	    text.len == 0)
		return bad_file(detail);
	max = text.len / 4 * 3 + 3;
	file->box = malloc(max);
	if (!file->box)
		return -ENOMEM;
	r = take_bytes(object, "data", file->box, max, &file->box_len, detail);
	if (r == 0 && file->box_len <= SEALED_TAG_LEN)
		r = bad_file(detail);
	return r;
}

static int take_parts(const json_t *object, struct err_detail *detail,
		      struct sealed_file *file)
{
	struct sealed_blob *blob = &file->blob;
	json_t *key;
	int r;

	if (json_get_object(object, "key", &key) <= 0)
		return bad_file(detail);
	r = take_bytes(key, "Private", blob->private, SEALED_PRIVATE_MAX,
		       &blob->private_len, detail);
	if (r == 0)
		r = take_bytes(key, "Public", blob->public, SEALED_PUBLIC_MAX,
			       &blob->public_len, detail);
	if (r == 0)
		r = take_nonce(object, detail, file);
	return r == 0 ? take_box(object, detail, file) : r;
}

int sealed_json_parse(const char *text, size_t len, struct err_detail *detail,
		      struct sealed_file *ret)
{
	json_t *object auto_clean(json) = NULL;
	struct sealed_file file = { 0 };
	int r;

	if (len > STATE_JSON_MAX)
		return err_explain(detail, TNE_TOO_LONG,
				   "the state file is too long");
	r = json_read(text, len, detail, &object);
	if (r == TNE_JSON)
		return err_explain(detail, TNE_STATE_FORMAT,
				   "failed to unmarshal state file: it is not JSON, or was cut short");
	if (r == 0)
		r = take_parts(object, detail, &file);
	if (r < 0) {
		sealed_file_done(&file);
		return r;
	}
	*ret = file;
	return 0;
}

int sealed_json_build(const struct sealed_file *file, struct secret_buf *ret)
{
	const struct sealed_blob *blob = &file->blob;
	struct json_out out = { 0 };

	json_out_open_object(&out, NULL);
	json_out_open_object(&out, "key");
	json_out_bytes(&out, "Private", blob->private, blob->private_len);
	json_out_bytes(&out, "Public", blob->public, blob->public_len);
	json_out_close_object(&out);
	json_out_bytes(&out, "nonce", file->nonce, SEALED_NONCE_LEN);
	json_out_bytes(&out, "data", file->box, file->box_len);
	json_out_close_object(&out);
	return json_out_end(&out, ret);
}

void sealed_file_done(struct sealed_file *file)
{
	free(file->box);
	memset(file, 0, sizeof(*file));
}
