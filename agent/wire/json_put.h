/* SPDX-License-Identifier: GPL-2.0-only */
/* Small steps of writing and reading JSON documents of the local API. */
#ifndef WIRE_JSON_PUT_H
#define WIRE_JSON_PUT_H

#include "base/err.h"
#include "base/rfc3339.h"
#include "base/secret.h"
#include "base/str_list.h"
#include "crypto/key.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/**
 * json_put() - add a member
 * @object:	added to
 * @name:	of the member
 * @value:	a new reference, moved in any case; NULL = no memory
 *
 * Return: 0 or -ENOMEM; so do all functions in here that add something.
 */
int json_put(json_t *object, const char *name, json_t *value);

/* A text, NULL being the empty one. */
int json_put_text(json_t *object, const char *name, const char *text);

/* The same, not written if empty. */
int json_put_some_text(json_t *object, const char *name, const char *text);

/* A list; without elements it is null. */
int json_put_list(json_t *object, const char *name,
		  const struct str_list *list);

/* The same, not written if it has none. */
int json_put_some_list(json_t *object, const char *name,
		       const struct str_list *list);

/* Switches that are written only when they are on. */
int json_put_true(json_t *object, const char *name, bool on);

/* A time; none is the start of year 1. */
int json_put_time(json_t *object, const char *name,
		  const struct timestamp *time);

/* "nodekey:" and digits. */
int json_put_node_key(json_t *object, const char *name,
		      const struct node_public *key);

/* A document inside, given as text; NULL = null. */
int json_put_json(json_t *object, const char *name, const char *text);

/**
 * json_put_missing() - add members that are not there
 * @object:	added to
 * @text:	JSON text of an object, or NULL
 *
 * The library's own function for it keeps quiet about failures.
 *
 * Return: 0 or -ENOMEM.
 */
int json_put_missing(json_t *object, const char *text);

/**
 * json_take_string() - read a text
 * @object:	read from; NULL has no members
 * @name:	of the member; absent or null = empty
 * @detail:	filled on error with @name
 * @slot:	text, replaced
 *
 * Return: 0, -ENOMEM or TNE_LOCAL_JSON; so do the others.
 */
int json_take_string(const json_t *object, const char *name,
		   struct err_detail *detail, char **slot);

/* Texts, appended; absent or null = none. */
int json_take_list(const json_t *object, const char *name,
		   struct err_detail *detail, struct str_list *list);

/* A number; absent = 0. */
int json_take_number(const json_t *object, const char *name,
		     struct err_detail *detail, int64_t *ret);

/* A switch; absent = off. */
int json_take_bool(const json_t *object, const char *name,
		   struct err_detail *detail, bool *ret);

/* A time; absent = none. */
int json_take_time(const json_t *object, const char *name,
		   struct err_detail *detail, struct timestamp *ret);

/* An object inside, borrowed; absent or null = NULL. */
int json_take_object(const json_t *object, const char *name,
		     struct err_detail *detail, const json_t **ret);

/**
 * json_read_object() - decode a document that is an object
 * @data:	the document
 * @len:	bytes
 * @what:	what it is called in messages
 * @detail:	filled on error, never with contents
 * @ret:	a new reference
 *
 * A member twice is an error.
 *
 * Return: 0, -ENOMEM or TNE_LOCAL_JSON.
 */
int json_read_object(const char *data, size_t len, const char *what,
		     struct err_detail *detail, json_t **ret);

/**
 * json_text() - a document as text
 * @value:	written
 * @flags:	JSON_COMPACT and the like
 *
 * In place of json_dumps(), which at some places (dumping of strings, in
 * jansson 2.14) goes on without memory and leaves bytes out of the text.
 *
 * Return: the text, terminated, to be freed; NULL without memory.
 */
char *json_text(const json_t *value, size_t flags);

/**
 * json_text_secret() - the same, appended to guarded memory
 * @value:	written
 * @flags:	as above
 * @out:	appended to
 *
 * Return: 0 or -ENOMEM; then some bytes may have been appended.
 */
int json_text_secret(const json_t *value, size_t flags, struct secret_buf *out);

/**
 * json_indent_tabs() - one tab a level where the library has put one space
 * @text:	written with JSON_INDENT(1)
 * @len:	bytes
 */
void json_indent_tabs(char *text, size_t len);

#endif /* WIRE_JSON_PUT_H */
