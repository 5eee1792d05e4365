// SPDX-License-Identifier: GPL-2.0-only
#include "wire/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

/*
 * Numbers that jansson cannot hold make it refuse the whole text. They are
 * written anew before it sees them, in a copy, taking no more room: whole
 * numbers with an exponent in place of their last digits, fractional ones as a
 * very big number.
 */
static const char int_max[] = "9223372036854775807";
static const char int_min[] = "9223372036854775808";
static const char huge[] = "9e307";

#define INT_DIGITS (sizeof(int_max) - 1)
#define DOUBLE_DIGITS 308	/* digits before the point that always fit */

static bool is_number_char(char c)
{
	return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' ||
	       c == 'e' || c == 'E';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Value of an exponent; what is too big stays too big. */
static long exponent_of(const char *s, size_t len)
{
	bool negative = len && *s == '-';
	long n = 0;
	size_t i;

	for (i = len && (*s == '-' || *s == '+') ? 1 : 0; i < len; i++) {
		if (is_digit(s[i]) && n < 1000000)
			n = n * 10 + (s[i] - '0');
	}
	return negative ? -n : n;
}

/* A token of @len characters; written to @out unless that is NULL. */
static bool tame_number(const char *s, size_t len, char *out)
{
	size_t sign = *s == '-', digits = 0, i;
	const char *limit = sign ? int_min : int_max;
	long exponent = 0;
	bool whole;

	while (sign + digits < len && is_digit(s[sign + digits]))
		digits++;
	whole = sign + digits == len;
	for (i = sign + digits; i < len; i++) {
		if (s[i] == 'e' || s[i] == 'E')
			exponent = exponent_of(s + i + 1, len - i - 1);
	}
	if ((long)digits + exponent > DOUBLE_DIGITS) {
		if (!out)
			return true;
		memset(out + sign, ' ', len - sign);
		memcpy(out + sign, huge, sizeof(huge) - 1);
		return true;
	}
	if (!whole || digits < INT_DIGITS ||
	    (digits == INT_DIGITS && memcmp(s + sign, limit, digits) <= 0))
		return false;
	if (out)
		memcpy(out + len - 2, "e2", 2);
	return true;
}

struct scan {
	size_t values;
	size_t depth;
	size_t deepest;
	bool tamed;
};

/* Past the end of a text, whose first quote lies before @i. */
static size_t skip_text(const char *s, size_t len, size_t i)
{
	while (i < len && s[i] != '"')
		i += s[i] == '\\' ? 2 : 1;
	return i + 1;
}

/* Count, and with @out write numbers anew; errors are jansson's to find. */
static void scan(const char *s, size_t len, char *out, struct scan *ret)
{
	size_t i = 0, n;

	while (i < len) {
		switch (s[i]) {
		case '"':
			i = skip_text(s, len, i + 1);
			continue;
		case '{':
		case '[':
			ret->depth++;
			if (ret->depth > ret->deepest)
				ret->deepest = ret->depth;
			ret->values++;
			break;
		case '}':
		case ']':
			if (ret->depth)
				ret->depth--;
			break;
		case ',':
			ret->values++;
			break;
		case '-':
		case '0' ... '9':
			for (n = 1; i + n < len && is_number_char(s[i + n]);)
				n++;
			/* Room for what may be written in its place. */
			if (n >= sizeof(huge) - 1 + (s[i] == '-'))
				ret->tamed |= tame_number(s + i, n,
							  out ? out + i : NULL);
			i += n;
			continue;
		}
		i++;
	}
}

static int load(const char *text, size_t len, struct err_detail *detail,
		json_t **ret)
{
	json_error_t error;
	json_t *value = json_loadb(text, len, JSON_ALLOW_NUL, &error);

	if (!value && json_error_code(&error) == json_error_out_of_memory)
		return -ENOMEM;
	if (!value)
		return err_explain(detail, TNE_JSON, "no JSON at byte %d",
				   error.position);
	if (!json_is_object(value)) {
		json_decref(value);
		return err_explain(detail, TNE_JSON, "JSON is no object");
	}
	*ret = value;
	return 0;
}

int json_read(const char *text, size_t len, struct err_detail *detail,
	      json_t **ret)
{
	struct scan found = { 0 };
	char *copy;
	int r;

	scan(text, len, NULL, &found);
	if (found.values > JSON_VALUES_MAX || found.deepest > JSON_DEPTH_MAX)
		return err_explain(detail, TNE_TOO_LONG,
				   "JSON of %zu values, %zu levels deep",
				   found.values, found.deepest);
	if (!found.tamed)
		return load(text, len, detail, ret);
	copy = malloc(len);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, text, len);
	scan(text, len, copy, &found);
	r = load(copy, len, detail, ret);
	free(copy);
	return r;
}

static bool is_absent(const json_t *value)
{
	return !value || json_is_null(value);
}

int json_take_text(const json_t *value, size_t max, struct json_text *ret)
{
	struct json_text text;

	if (is_absent(value))
		return 0;
	if (!json_is_string(value))
		return TNE_JSON_VALUE;
	text.s = json_string_value(value);
	text.len = json_string_length(value);
	if (text.len > max || memchr(text.s, 0, text.len))
		return TNE_JSON_VALUE;
	*ret = text;
	return 1;
}

int json_get_text(const json_t *object, const char *name, size_t max,
		  struct json_text *ret)
{
	return json_take_text(json_object_get(object, name), max, ret);
}

int json_copy_text(const json_t *object, const char *name, size_t max,
		   struct arena *mem, const char **ret)
{
	struct json_text text;
	const char *copy;
	int r = json_get_text(object, name, max, &text);

	if (r <= 0)
		return r;
	copy = arena_text(mem, text.s, text.len);
	if (!copy)
		return -ENOMEM;
	*ret = copy;
	return 1;
}

int json_take_int(const json_t *value, int64_t min, int64_t max, int64_t *ret)
{
	json_int_t n;

	if (is_absent(value))
		return 0;
	if (!json_is_integer(value))
		return TNE_JSON_VALUE;
	n = json_integer_value(value);
	if (n < min || n > max)
		return TNE_JSON_VALUE;
	*ret = n;
	return 1;
}

int json_get_int(const json_t *object, const char *name, int64_t min,
		 int64_t max, int64_t *ret)
{
	return json_take_int(json_object_get(object, name), min, max, ret);
}

int json_get_number(const json_t *object, const char *name, double *ret)
{
	const json_t *value = json_object_get(object, name);

	if (is_absent(value))
		return 0;
	if (!json_is_number(value))
		return TNE_JSON_VALUE;
	*ret = json_number_value(value);
	return 1;
}

int json_get_bool(const json_t *object, const char *name, bool *ret)
{
	const json_t *value = json_object_get(object, name);

	if (is_absent(value))
		return 0;
	if (!json_is_boolean(value))
		return TNE_JSON_VALUE;
	*ret = json_is_true(value);
	return 1;
}

int json_get_opt_bool(const json_t *object, const char *name,
		      enum opt_bool *ret)
{
	bool on;
	int r = json_get_bool(object, name, &on);

	if (r > 0)
		*ret = on ? OPT_TRUE : OPT_FALSE;
	return r;
}

int json_get_object(const json_t *object, const char *name, json_t **ret)
{
	json_t *value = json_object_get(object, name);

	if (is_absent(value))
		return 0;
	if (!json_is_object(value))
		return TNE_JSON_VALUE;
	*ret = value;
	return 1;
}

int json_get_array(const json_t *object, const char *name, size_t max,
		   json_t **ret)
{
	json_t *value = json_object_get(object, name);

	if (is_absent(value))
		return 0;
	if (!json_is_array(value) || json_array_size(value) > max)
		return TNE_JSON_VALUE;
	*ret = value;
	return 1;
}

int json_get_time(const json_t *object, const char *name, struct timestamp *ret)
{
	struct json_text text;
	int r = json_get_text(object, name, RFC3339_TEXT_MAX, &text);

	if (r <= 0)
		return r;
	return rfc3339_parse(text.s, text.len, ret) < 0 ? TNE_JSON_VALUE : 1;
}

int json_get_ip(const json_t *object, const char *name, struct ip_addr *ret)
{
	struct json_text text;
	int r = json_get_text(object, name, IP_TEXT_MAX, &text);

	if (r <= 0)
		return r;
	if (text.len == 0) {
		*ret = (struct ip_addr){ 0 };
		return 1;
	}
	return ip_parse(text.s, text.len, ret) < 0 ? TNE_JSON_VALUE : 1;
}

int json_take_bytes(const json_t *value, size_t max, struct arena *mem,
		    struct bytes *ret)
{
	struct json_text text;
	uint8_t *data;
	const char *end;
	size_t len;
	int r = json_take_text(value, max / 3 * 4 + 4, &text);

	if (r <= 0)
		return r;
	data = arena_alloc(mem, text.len / 4 * 3 + 1);
	if (!data)
		return -ENOMEM;
	if (sodium_base642bin(data, text.len / 4 * 3 + 1, text.s, text.len,
			      NULL, &len, &end,
			      sodium_base64_VARIANT_ORIGINAL) != 0 ||
	    end != text.s + text.len || len > max)
		return TNE_JSON_VALUE;
	*ret = (struct bytes){ .data = len ? data : NULL, .len = len };
	return 1;
}

int json_copy_bytes(const json_t *object, const char *name, size_t max,
		    struct arena *mem, struct bytes *ret)
{
	return json_take_bytes(json_object_get(object, name), max, mem, ret);
}

int json_take_bytes_list(const json_t *array, size_t max_len,
			 struct arena *mem, const struct bytes **ret,
			 size_t *ret_n)
{
	size_t i, n = json_array_size(array);
	struct bytes *list = arena_array(mem, n, sizeof(*list));
	int r;

	if (!list)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		r = json_take_bytes(json_array_get(array, i), max_len, mem,
				    &list[i]);
		if (r < 0)
			return r;
		if (r == 0 || !list[i].len)
			return TNE_JSON_VALUE;
	}
	*ret = list;
	*ret_n = n;
	return 0;
}

int json_copy_bytes_list(const json_t *object, const char *name, size_t max,
			 size_t max_len, struct arena *mem,
			 const struct bytes **ret, size_t *ret_n)
{
	json_t *array = NULL;
	int r = json_get_array(object, name, max, &array);

	return r < 0 ? r :
	       json_take_bytes_list(r ? array : NULL, max_len, mem, ret, ret_n);
}

int json_copy_texts(const json_t *object, const char *name, size_t max,
		    size_t max_len, struct arena *mem, struct text_list *ret)
{
	struct json_text text;
	const char **item;
	json_t *array;
	size_t i, n = 0;
	int r = json_get_array(object, name, max, &array);

	if (r <= 0)
		return r;
	item = arena_array(mem, json_array_size(array), sizeof(*item));
	if (!item)
		return -ENOMEM;
	for (i = 0; i < json_array_size(array); i++) {
		if (json_take_text(json_array_get(array, i), max_len,
				   &text) <= 0)
			continue;
		item[n] = arena_text(mem, text.s, text.len);
		if (!item[n++])
			return -ENOMEM;
	}
	*ret = (struct text_list){ .item = item, .n = n };
	return 1;
}

int json_copy_raw(const json_t *value, struct arena *mem, const char **ret)
{
	size_t flags = JSON_COMPACT | JSON_ENCODE_ANY;
	size_t len = json_dumpb(value, NULL, 0, flags);
	char *text;

	if (len == 0)
		return -ENOMEM;
	text = arena_alloc(mem, len + 1);
	if (!text)
		return -ENOMEM;
	if (json_dumpb(value, text, len, flags) != len)
		return -ENOMEM;
	*ret = text;
	return 0;
}

int json_key_int(const char *name, int64_t *ret)
{
	bool negative = *name == '-';
	const char *c = name + negative;
	int64_t n = 0;

	if (!is_digit(*c) || (*c == '0' && (c[1] || negative)))
		return TNE_JSON_VALUE;
	for (; *c; c++) {
		int digit = *c - '0';

		if (!is_digit(*c) || __builtin_mul_overflow(n, 10, &n) ||
		    __builtin_sub_overflow(n, digit, &n))
			return TNE_JSON_VALUE;
	}
	/* Counted downwards, where there is room for one more. */
	if (!negative && n == INT64_MIN)
		return TNE_JSON_VALUE;
	*ret = negative ? n : -n;
	return 0;
}
