/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRE_JSON_PRETTY_H
#define WIRE_JSON_PRETTY_H

#include "base/secret.h"
#include "wire/json_out.h"

/**
 * json_pretty() - lay a JSON text out in lines, as Go's encoder does
 * @text:	well-formed, without white space outside of texts
 * @indent:	for each level
 * @ret:	appended to; ends without a line break
 *
 * '<', '>' and '&' are written as escapes, some control characters by their
 * short ones. Source: encoding/json, MarshalIndent.
 *
 * Return: 0 or -ENOMEM; then something may have been appended.
 */
int json_pretty(const struct secret_buf *text, const char *indent,
		struct secret_buf *ret);

/**
 * json_pretty_end() - json_out_end(), laid out like that
 * @out:	what was written; empty afterwards
 * @indent:	for each level
 * @end:	behind it, such as a line break
 * @ret:	the text
 *
 * Return: 0 or an error of json_out_end(); nothing is left over then.
 */
int json_pretty_end(struct json_out *out, const char *indent, const char *end,
		    struct secret_buf *ret);

#endif /* WIRE_JSON_PRETTY_H */
