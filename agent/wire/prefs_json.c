// SPDX-License-Identifier: GPL-2.0-only
#include "wire/prefs_json.h"

#include "wire/json_put.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONFIG "Config"
#define SET "Set"

static int bad(const char *name, const char *wanted, struct err_detail *detail)
{
	return err_explain(detail, TNE_LOCAL_JSON, "%s is not %s", name, wanted);
}

static void *member(struct prefs *prefs, const struct prefs_field *field)
{
	return (char *)prefs + field->offset;
}

static int parse_list(const json_t *value, const char *name,
		      struct err_detail *detail, struct str_list *list)
{
	struct str_list read = { 0 };
	const json_t *item;
	size_t i;
	int r = 0;

	if (!json_is_null(value) && !json_is_array(value))
		return bad(name, "an array or null", detail);
	if (json_array_size(value) > PREFS_LIST_MAX)
		return bad(name, "that short", detail);
	json_array_foreach(value, i, item) {
		if (!json_is_string(item))
			r = bad(name, "an array of texts", detail);
		else if (json_string_length(item) > PREFS_TEXT_MAX)
			r = bad(name, "that short", detail);
		else
			r = str_list_add(&read, json_string_value(item),
					  json_string_length(item));
		if (r < 0) {
			str_list_done(&read);
			return r;
		}
	}
	str_list_done(list);
	*list = read;
	return 0;
}

static int parse_text(const json_t *value, const char *name,
		      struct err_detail *detail, char **slot)
{
	if (json_is_null(value))
		return 0;
	if (!json_is_string(value) ||
	    json_string_length(value) > PREFS_TEXT_MAX)
		return bad(name, "a text of that length", detail);
	return prefs_set_text(slot, json_string_value(value));
}

static int parse_json(const json_t *value, const char *name,
		      struct err_detail *detail, char **slot)
{
	char *text;

	if (json_is_null(value))
		return prefs_set_text(slot, NULL);
	if (!json_is_array(value))
		return bad(name, "an array or null", detail);
	text = json_text(value, JSON_COMPACT);
	if (!text)
		return -ENOMEM;
	free(*slot);
	*slot = text;
	return 0;
}

static int parse_number(const json_t *value, const char *name, int max,
			struct err_detail *detail, int *slot)
{
	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    json_integer_value(value) > max)
		return bad(name, "a number in its range", detail);
	*slot = json_integer_value(value);
	return 0;
}

static int parse_field(const json_t *value, const struct prefs_field *field,
		       struct err_detail *detail, struct prefs *prefs)
{
	void *slot = member(prefs, field);

	switch (field->type) {
	case PREFS_BOOL:
		if (json_is_null(value))
			return 0;
		if (!json_is_boolean(value))
			return bad(field->name, "true or false", detail);
		*(bool *)slot = json_is_true(value);
		return 0;
	case PREFS_TRI:
		if (!json_is_boolean(value) && !json_is_null(value))
			return bad(field->name, "true, false or null", detail);
		*(enum opt_bool *)slot = json_is_null(value) ?
			OPT_UNSET : json_is_true(value) ?
			OPT_TRUE : OPT_FALSE;
		return 0;
	case PREFS_TEXT:
		return parse_text(value, field->name, detail, slot);
	case PREFS_LIST:
		return parse_list(value, field->name, detail, slot);
	case PREFS_JSON:
		return parse_json(value, field->name, detail, slot);
	case PREFS_NUMBER:
		return parse_number(value, field->name, PREFS_NETFILTER_ON,
				    detail, slot);
	case PREFS_PORT:
		break;
	}
	if (json_is_null(value)) {
		*(int *)slot = PREFS_PORT_UNSET;
		return 0;
	}
	return parse_number(value, field->name, UINT16_MAX, detail, slot);
}

/* The object that has the member: the document or one of its groups. */
static int find_holder(const json_t *object, const struct prefs_field *field,
		       struct err_detail *detail, const json_t **ret)
{
	*ret = object;
	if (!field->group)
		return 0;
	*ret = json_object_get(object, field->group);
	if (*ret && !json_is_object(*ret) && !json_is_null(*ret))
		return bad(field->group, "an object", detail);
	return 0;
}

static void zero_values(struct prefs *prefs)
{
	memset(prefs, 0, sizeof(*prefs));
	prefs->relay_port = PREFS_PORT_UNSET;
}

static int parse_fields(const json_t *object, struct err_detail *detail,
			struct prefs *prefs)
{
	const struct prefs_field *field;
	const json_t *holder, *value;
	size_t i;
	int r;

	for (i = 0; i < PREFS_N; i++) {
		field = prefs_field(i);
		r = find_holder(object, field, detail, &holder);
		if (r < 0)
			return r;
		value = json_object_get(holder, field->name);
		if (!value)
			continue;
		r = parse_field(value, field, detail, prefs);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool is_known(const char *name)
{
	const struct prefs_field *field;
	size_t i;

	if (strcmp(name, CONFIG) == 0)
		return true;
	for (i = 0; i < PREFS_N; i++) {
		field = prefs_field(i);
		if (strcmp(field->group ? field->group : field->name,
			   name) == 0)
			return true;
	}
	return false;
}

static int keep_unknown(const json_t *object, struct prefs *prefs)
{
	json_t *extra = json_object(), *value;
	const char *name;
	int r = extra ? 0 : -ENOMEM;

	json_object_foreach((json_t *)object, name, value) {
		if (r == 0 && !is_known(name) &&
		    json_object_set(extra, name, value) < 0)
			r = -ENOMEM;
	}
	if (r == 0 && json_object_size(extra) > 0) {
		prefs->extra = json_text(extra, JSON_COMPACT);
		if (!prefs->extra)
			r = -ENOMEM;
	}
	json_decref(extra);
	return r;
}

int prefs_json_parse(const json_t *object, bool stored,
		     struct err_detail *detail, struct prefs *ret)
{
	struct prefs prefs;
	int r;

	if (!json_is_object(object))
		return bad("the document", "an object", detail);
	if (stored)
		prefs_init(&prefs);
	else
		zero_values(&prefs);
	r = parse_fields(object, detail, &prefs);
	if (r == 0 && stored)
		r = keep_unknown(object, &prefs);
	if (r < 0) {
		prefs_done(&prefs);
		return r;
	}
	*ret = prefs;
	return 0;
}

/* Arrays without elements are null, as the reference writes them. */
static json_t *build_list(const struct str_list *list)
{
	json_t *array;
	size_t i;

	if (list->n == 0)
		return json_null();
	array = json_array();
	for (i = 0; array && i < list->n; i++) {
		if (json_array_append_new(array,
					  json_string(list->item[i])) < 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *build_field(const struct prefs *prefs,
			   const struct prefs_field *field)
{
	const void *slot = member((struct prefs *)prefs, field);
	const char *text;
	int number;

	switch (field->type) {
	case PREFS_BOOL:
		return json_boolean(*(const bool *)slot);
	case PREFS_TRI:
		if (*(const enum opt_bool *)slot == OPT_UNSET)
			return json_null();
		return json_boolean(*(const enum opt_bool *)slot ==
				    OPT_TRUE);
	case PREFS_TEXT:
		return json_string(prefs_text(*(char *const *)slot));
	case PREFS_LIST:
		return build_list(slot);
	case PREFS_JSON:
		text = *(char *const *)slot;
		return text ? json_loads(text, 0, NULL) : json_null();
	case PREFS_NUMBER:
	case PREFS_PORT:
		break;
	}
	number = *(const int *)slot;
	return number < 0 ? json_null() : json_integer(number);
}

/* Has the field the value that need not be written? */
static bool is_empty(const json_t *value)
{
	return json_is_null(value) || json_is_false(value) ||
		(json_is_string(value) && json_string_length(value) == 0);
}

static bool omitted(const struct prefs_field *field, const json_t *value)
{
	if (!field->omit_empty)
		return false;
	/* Of three values, false is one. */
	if (field->type == PREFS_TRI)
		return json_is_null(value);
	return is_empty(value);
}

/* The group, made if it is not there; borrowed. */
static json_t *group_of(json_t *object, const char *name)
{
	json_t *group = json_object_get(object, name);

	if (group)
		return group;
	if (json_object_set_new(object, name, json_object()) < 0)
		return NULL;
	return json_object_get(object, name);
}

static int put_field(const struct prefs *prefs, const struct prefs_field *field,
		     json_t *object)
{
	json_t *value = build_field(prefs, field);

	if (!value)
		return -ENOMEM;
	if (omitted(field, value)) {
		json_decref(value);
		return 0;
	}
	if (field->group)
		object = group_of(object, field->group);
	if (!object) {
		json_decref(value);
		return -ENOMEM;
	}
	return json_object_set_new(object, field->name, value) < 0 ?
		-ENOMEM : 0;
}

static int put_all(const struct prefs *prefs, uint64_t set, json_t *object)
{
	size_t i;
	int r = 0;

	for (i = 0; i < PREFS_N && r == 0; i++) {
		if (set & PREFS_BIT(i))
			r = put_field(prefs, prefs_field(i), object);
	}
	return r;
}

int prefs_json_build(const struct prefs *prefs, json_t **ret)
{
	json_t *object = json_object();
	int r = object ? put_all(prefs, PREFS_ALL, object) : -ENOMEM;

	if (r == 0)
		r = json_put_missing(object, prefs->extra);
	if (r < 0) {
		json_decref(object);
		return r;
	}
	*ret = object;
	return 0;
}

/* "AutoUpdateSet" is an object of its own, the other groups have one mark. */
static bool marks_each(const struct prefs_field *field)
{
	return field->group && strcmp(field->group, "AutoUpdate") == 0;
}

static void mark_name(const char *name, char *ret, size_t size)
{
	snprintf(ret, size, "%s" SET, name);
}

static int parse_mark(const json_t *object, const struct prefs_field *field,
		      struct err_detail *detail, bool *ret)
{
	const json_t *value;
	char name[64];

	mark_name(field->group ? field->group : field->name, name,
		  sizeof(name));
	value = json_object_get(object, name);
	if (marks_each(field)) {
		if (value && !json_is_object(value) && !json_is_null(value))
			return bad(name, "an object", detail);
		mark_name(field->name, name, sizeof(name));
		value = json_object_get(value, name);
	}
	if (value && !json_is_boolean(value) && !json_is_null(value))
		return bad(name, "true or false", detail);
	*ret = value && json_is_true(value);
	return 0;
}

int prefs_edit_parse(const json_t *object, struct err_detail *detail,
		     struct prefs_edit *ret)
{
	struct prefs_edit edit = { 0 };
	bool set = false;
	size_t i;
	int r = prefs_json_parse(object, false, detail, &edit.prefs);

	if (r < 0)
		return r;
	for (i = 0; i < PREFS_N; i++) {
		r = parse_mark(object, prefs_field(i), detail, &set);
		if (r < 0) {
			prefs_done(&edit.prefs);
			return r;
		}
		if (set)
			edit.set |= PREFS_BIT(i);
	}
	*ret = edit;
	return 0;
}

static int put_mark(const struct prefs_field *field, json_t *object)
{
	char name[64];

	mark_name(field->group ? field->group : field->name, name,
		  sizeof(name));
	if (marks_each(field)) {
		object = group_of(object, name);
		mark_name(field->name, name, sizeof(name));
	}
	return !object || json_object_set_new(object, name, json_true()) < 0 ?
		-ENOMEM : 0;
}

int prefs_edit_build(const struct prefs_edit *edit, json_t **ret)
{
	json_t *object = json_object();
	size_t i;
	int r = object ? put_all(&edit->prefs, edit->set, object) : -ENOMEM;

	for (i = 0; i < PREFS_N && r == 0; i++) {
		if (edit->set & PREFS_BIT(i))
			r = put_mark(prefs_field(i), object);
	}
	if (r < 0) {
		json_decref(object);
		return r;
	}
	*ret = object;
	return 0;
}
