/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRE_HOSTINFO_JSON_H
#define WIRE_HOSTINFO_JSON_H

#include "base/arena.h"
#include "model/hostinfo.h"
#include "wire/json.h"
#include "wire/json_out.h"

/**
 * hostinfo_json_build() - write what we say of ourselves
 * @out:	written to
 * @name:	of the field
 * @hostinfo:	what to say; unset fields are left out
 *
 * Source: tailcfg/tailcfg.go, Hostinfo and NetInfo.
 */
void hostinfo_json_build(struct json_out *out, const char *name,
			 const struct hostinfo *hostinfo);

/**
 * hostinfo_json_parse() - read what a peer says of itself
 * @object:	the object
 * @mem:	owns the result
 * @ret:	the result
 *
 * A field that is not right counts as missing: all of it is information only.
 *
 * Return: 0 or -ENOMEM.
 */
int hostinfo_json_parse(const json_t *object, struct arena *mem,
			const struct hostinfo **ret);

#endif /* WIRE_HOSTINFO_JSON_H */
