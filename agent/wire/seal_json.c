// SPDX-License-Identifier: GPL-2.0-only
#include "wire/seal_json.h"

#include "wire/json.h"
#include "wire/json_out.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

#define VERSION	1
#define TEXT_MAX 256	/* bytes of any base64 in here; ours */

static int bad(struct err_detail *detail, const char *what)
{
	return err_explain(detail, TNE_STATE_FORMAT, "%s is not in its form",
			   what);
}

/* Return: bytes, or below 0. */
static int decode(const struct json_text *text, uint8_t *ret, size_t max)
{
	const char *end = NULL;
	size_t len;

	if (sodium_base642bin(ret, max, text->s, text->len, NULL, &len, &end,
			      sodium_base64_VARIANT_ORIGINAL) ||
	    end != text->s + text->len)
		return TNE_STATE_FORMAT;
	return len;
}

static int take_parent(const json_t *object, struct err_detail *detail,
		       struct seal_extras *ret)
{
	struct json_text text;
	int r = json_get_text(object, "ParentName", TEXT_MAX, &text);

	if (r == 0)
		return 0;
	r = r < 0 ? r : decode(&text, ret->parent, sizeof(ret->parent));
	if (r < 0)
		return bad(detail, "ParentName");
	ret->parent_len = r;
	return 0;
}

static int take_recovery(const json_t *object, struct err_detail *detail,
			 struct seal_extras *ret)
{
	struct json_text text;
	json_t *recovery, *wraps;
	size_t i;
	int r = json_get_object(object, "Recovery", &recovery);

	if (r <= 0)
		return r < 0 ? bad(detail, "Recovery") : 0;
	if (json_get_text(recovery, "Salt", TEXT_MAX, &text) <= 0 ||
	    decode(&text, ret->salt, SEAL_SALT_LEN) != SEAL_SALT_LEN)
		return bad(detail, "Salt");
	if (json_get_array(recovery, "Wraps", SEAL_WRAPS_MAX, &wraps) <= 0)
		return bad(detail, "Wraps");
	for (i = 0; i < json_array_size(wraps); i++) {
		if (json_take_text(json_array_get(wraps, i), TEXT_MAX,
				   &text) <= 0 ||
		    decode(&text, ret->wrap[i], SEAL_WRAP_LEN) !=
		    SEAL_WRAP_LEN)
			return bad(detail, "Wraps");
	}
	ret->n_wraps = i;
	return 0;
}

static int take_numbers(const json_t *object, struct err_detail *detail,
			struct seal_extras *ret)
{
	int64_t handle = 0, counter = 0;

	if (json_get_int(object, "ParentHandle", 0, UINT32_MAX, &handle) < 0)
		return bad(detail, "ParentHandle");
	if (json_get_int(object, "CounterIndex", 0, UINT32_MAX, &counter) < 0)
		return bad(detail, "CounterIndex");
	if (json_get_int(object, "Decrypted", 0, INT64_MAX,
			 &ret->decrypted_s) < 0)
		return bad(detail, "Decrypted");
	ret->handle = handle;
	ret->counter = counter;
	return 0;
}

static int take_all(const json_t *object, struct err_detail *detail,
		    struct seal_extras *ret)
{
	int64_t number = 0;
	int r;

	if (json_get_int(object, "Version", VERSION, VERSION, &number) <= 0)
		return bad(detail, "Version");
	r = take_parent(object, detail, ret);
	if (r == 0)
		r = take_recovery(object, detail, ret);
	return r < 0 ? r : take_numbers(object, detail, ret);
}

int seal_json_parse(const char *text, size_t len, struct err_detail *detail,
		    struct seal_extras *ret)
{
	json_t *object auto_clean(json) = NULL;
	struct seal_extras extras = { 0 };
	int r;

	if (len > SEAL_JSON_MAX)
		return err_explain(detail, TNE_TOO_LONG, "it is too long");
	r = json_read(text, len, detail, &object);
	if (r == TNE_JSON)
		return err_explain(detail, TNE_STATE_FORMAT, "it is not JSON");
	if (r == 0)
		r = take_all(object, detail, &extras);
	if (r == 0)
		*ret = extras;
	return r;
}

int seal_json_build(const struct seal_extras *extras, struct secret_buf *ret)
{
	struct json_out out = { 0 };
	size_t i;

	json_out_open_object(&out, NULL);
	json_out_int(&out, "Version", VERSION);
	if (extras->parent_len)
		json_out_bytes(&out, "ParentName", extras->parent,
			       extras->parent_len);
	if (extras->handle)
		json_out_uint(&out, "ParentHandle", extras->handle);
	if (extras->n_wraps) {
		json_out_open_object(&out, "Recovery");
		json_out_bytes(&out, "Salt", extras->salt, SEAL_SALT_LEN);
		json_out_open_array(&out, "Wraps");
		for (i = 0; i < extras->n_wraps; i++)
			json_out_bytes(&out, NULL, extras->wrap[i],
				       SEAL_WRAP_LEN);
		json_out_close_array(&out);
		json_out_close_object(&out);
	}
	if (extras->counter)
		json_out_uint(&out, "CounterIndex", extras->counter);
	if (extras->decrypted_s)
		json_out_int(&out, "Decrypted", extras->decrypted_s);
	json_out_close_object(&out);
	return json_out_end(&out, ret);
}
