/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Preferences as JSON: in the state file and on the local API.
 *
 * Source: tailscale ipn/prefs.go, Prefs and MaskedPrefs.
 */
#ifndef WIRE_PREFS_JSON_H
#define WIRE_PREFS_JSON_H

#include "base/err.h"
#include "model/prefs.h"

#include <jansson.h>

/* Bounds on what a client may set; ours. */
#define PREFS_TEXT_MAX	2048	/* bytes of one text */
#define PREFS_LIST_MAX	4096	/* elements of one list */

/**
 * prefs_json_parse() - preferences from a JSON object
 * @object:	as decoded
 * @stored:	from the state file: what @object lacks has its default; else it
 *		is false or empty, which is how clients leave things out
 * @detail:	filled on error with the member
 * @ret:	owned by the caller
 *
 * A member unknown to us is kept in the extra text, "Config" is not: its keys
 * are read elsewhere.
 *
 * Return: 0, -ENOMEM or TNE_LOCAL_JSON.
 */
int prefs_json_parse(const json_t *object, bool stored,
		     struct err_detail *detail, struct prefs *ret);

/**
 * prefs_json_build() - preferences as a JSON object
 * @prefs:	written
 * @ret:	a new reference, without "Config"
 *
 * Return: 0 or -ENOMEM.
 */
int prefs_json_build(const struct prefs *prefs, json_t **ret);

/**
 * prefs_edit_parse() - an edit from a JSON object
 * @object:	preferences with a member "<Name>Set" for each that counts
 * @detail:	filled on error
 * @ret:	owned by the caller
 *
 * Return: 0, -ENOMEM or TNE_LOCAL_JSON.
 */
int prefs_edit_parse(const json_t *object, struct err_detail *detail,
		     struct prefs_edit *ret);

/**
 * prefs_edit_build() - an edit as a JSON object
 * @edit:	written: only what is set
 * @ret:	a new reference
 *
 * Return: 0 or -ENOMEM.
 */
int prefs_edit_build(const struct prefs_edit *edit, json_t **ret);

#endif /* WIRE_PREFS_JSON_H */
