// SPDX-License-Identifier: GPL-2.0-only
#include "wire/json_put.h"

#include "crypto/key_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int json_put(json_t *object, const char *name, json_t *value)
{
	return json_object_set_new(object, name, value) < 0 ? -ENOMEM : 0;
}

int json_put_text(json_t *object, const char *name, const char *text)
{
	return json_put(object, name, json_string(text ? text : ""));
}

int json_put_some_text(json_t *object, const char *name, const char *text)
{
	return text && *text ? json_put_text(object, name, text) : 0;
}

int json_put_list(json_t *object, const char *name,
		  const struct str_list *list)
{
	json_t *array;
	size_t i;

	if (list->n == 0)
		return json_put(object, name, json_null());
	array = json_array();
	for (i = 0; array && i < list->n; i++) {
		if (json_array_append_new(array,
					  json_string(list->item[i])) < 0) {
			json_decref(array);
			return -ENOMEM;
		}
	}
	return json_put(object, name, array);
}

int json_put_some_list(json_t *object, const char *name,
		       const struct str_list *list)
{
	return list->n ? json_put_list(object, name, list) : 0;
}

int json_put_true(json_t *object, const char *name, bool on)
{
	return on ? json_put(object, name, json_true()) : 0;
}

int json_put_time(json_t *object, const char *name,
		  const struct timestamp *time)
{
	char text[RFC3339_TEXT_MAX];

	return json_put_text(object, name, rfc3339_format(time, text));
}

int json_put_node_key(json_t *object, const char *name,
		      const struct node_public *key)
{
	struct key_hex text;

	return json_put_text(object, name, key_text_format_node(key, &text));
}

int json_put_json(json_t *object, const char *name, const char *text)
{
	/* Texts of this kind are ours, so only memory can fail. */
	return json_put(object, name,
			text ? json_loads(text, JSON_DECODE_ANY, NULL) :
			json_null());
}

int json_put_missing(json_t *object, const char *text)
{
	json_t *extra, *value;
	const char *name;
	int r = 0;

	if (!text)
		return 0;
	extra = json_loads(text, 0, NULL);
	if (!extra)
		return -ENOMEM;
	json_object_foreach(extra, name, value) {
		if (r == 0 && !json_object_get(object, name) &&
		    json_object_set(object, name, value) < 0)
			r = -ENOMEM;
	}
	json_decref(extra);
	return r;
}

static int bad(const char *name, const char *wanted, struct err_detail *detail)
{
	return err_explain(detail, TNE_LOCAL_JSON, "%s is not %s", name,
			   wanted);
}

static const json_t *find(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	return json_is_null(value) ? NULL : value;
}

int json_take_string(const json_t *object, const char *name,
		   struct err_detail *detail, char **slot)
{
	const json_t *value = find(object, name);
	const char *text = json_string_value(value);
	char *copy = NULL;

	if (value && !text)
		return bad(name, "a text", detail);
	if (text && *text) {
		copy = strndup(text, json_string_length(value));
		if (!copy)
			return -ENOMEM;
	}
	free(*slot);
	*slot = copy;
	return 0;
}

int json_take_list(const json_t *object, const char *name,
		   struct err_detail *detail, struct str_list *list)
{
	const json_t *array = find(object, name), *item;
	size_t i;
	int r;

	if (array && !json_is_array(array))
		return bad(name, "an array", detail);
	json_array_foreach(array, i, item) {
		if (!json_is_string(item))
			return bad(name, "an array of texts", detail);
		r = str_list_add(list, json_string_value(item),
				 json_string_length(item));
		if (r < 0)
			return r;
	}
	return 0;
}

int json_take_number(const json_t *object, const char *name,
		     struct err_detail *detail, int64_t *ret)
{
	const json_t *value = find(object, name);

	if (value && !json_is_integer(value))
		return bad(name, "a whole number", detail);
	*ret = json_integer_value(value);
	return 0;
}

int json_take_bool(const json_t *object, const char *name,
		   struct err_detail *detail, bool *ret)
{
	const json_t *value = find(object, name);

	if (value && !json_is_boolean(value))
		return bad(name, "true or false", detail);
	*ret = json_is_true(value);
	return 0;
}

int json_take_time(const json_t *object, const char *name,
		   struct err_detail *detail, struct timestamp *ret)
{
	const json_t *value = find(object, name);

	if (!value) {
		*ret = (struct timestamp){ 0 };
		return 0;
	}
	if (!json_is_string(value) ||
	    rfc3339_parse(json_string_value(value), json_string_length(value),
			  ret) < 0)
		return bad(name, "a time", detail);
	return 0;
}

int json_take_object(const json_t *object, const char *name,
		     struct err_detail *detail, const json_t **ret)
{
	*ret = find(object, name);
	return *ret && !json_is_object(*ret) ?
		bad(name, "an object", detail) : 0;
}

int json_read_object(const char *data, size_t len, const char *what,
		     struct err_detail *detail, json_t **ret)
{
	json_error_t error;
	json_t *object = json_loadb(len ? data : "", len,
				    JSON_REJECT_DUPLICATES, &error);

	if (!object && json_error_code(&error) == json_error_out_of_memory)
		return -ENOMEM;
	/* The library's own message may quote the document. */
	if (!json_is_object(object)) {
		json_decref(object);
		return err_explain(detail, TNE_LOCAL_JSON,
				   "%s is not a JSON object", what);
	}
	*ret = object;
	return 0;
}

/**
 * struct text - a text being written
 * @data: allocated
 * @len: bytes in use
 * @cap: bytes allocated
 * @secret: where it goes instead, or NULL
 * @failed: bytes are missing; the library does not always stop at that
 */
struct text {
	char *data;
	size_t len;
	size_t cap;
	struct secret_buf *secret;
	bool failed;
};

#define TEXT_FIRST 1024	/* bytes */

static int add_secret(struct secret_buf *out, const char *data, size_t len)
{
	int r = secret_buf_reserve(out, len);

	if (r < 0)
		return r;
	memcpy(out->data + out->len, data, len);
	out->len += len;
	return 0;
}

static int add_plain(struct text *text, const char *data, size_t len)
{
	size_t cap = text->cap ? text->cap : TEXT_FIRST;
	char *grown;

	while (cap - text->len <= len)
		cap *= 2;
	if (cap > text->cap) {
		grown = malloc(cap);
		if (!grown)
			return -ENOMEM;
		if (text->len) {
			memcpy(grown, text->data, text->len);
			secret_wipe(text->data, text->len);
		}
		free(text->data);
		text->data = grown;
		text->cap = cap;
	}
	memcpy(text->data + text->len, data, len);
	text->len += len;
	return 0;
}

static int add_part(const char *data, size_t len, void *ctx)
{
	struct text *text = ctx;
	int r;

	if (text->failed)
		return -1;
	r = text->secret ? add_secret(text->secret, data, len) :
		add_plain(text, data, len);
	if (r < 0)
		text->failed = true;
	return r < 0 ? -1 : 0;
}

char *json_text(const json_t *value, size_t flags)
{
	struct text text = { 0 };

	if (json_dump_callback(value, add_part, &text, flags) < 0)
		text.failed = true;
	if (!text.failed)
		add_part("", 1, &text);
	if (text.failed) {
		free(text.data);
		return NULL;
	}
	return text.data;
}

int json_text_secret(const json_t *value, size_t flags, struct secret_buf *out)
{
	struct text text = { .secret = out };

	if (json_dump_callback(value, add_part, &text, flags) < 0 ||
	    text.failed)
		return -ENOMEM;
	return 0;
}

void json_indent_tabs(char *text, size_t len)
{
	size_t i;

	for (i = 1; i < len; i++) {
		if (text[i] == ' ' &&
		    (text[i - 1] == '\n' || text[i - 1] == '\t'))
			text[i] = '\t';
	}
}
