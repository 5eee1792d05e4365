/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRE_MAP_JSON_H
#define WIRE_MAP_JSON_H

#include "base/err.h"
#include "model/netmap_delta.h"

#include <stddef.h>

/**
 * map_json_parse() - read a message of a map stream
 * @text:	contents of a frame
 * @len:	bytes
 * @detail:	filled on error
 * @ret:	the message, for netmap_delta_free()
 *
 * This is the border: behind it there is no JSON. An entry that cannot be used
 * (a peer with a bad key, a bad address in a rule) is left out and counted in
 * the message; a message that is not of this kind at all is an error, and so is
 * a self node that cannot be used. Nothing left out ever lets more packets in.
 *
 * Source: tailcfg/tailcfg.go, MapResponse; Headscale's and Tailscale's servers.
 * Return: 0, TNE_JSON, TNE_JSON_VALUE, TNE_TOO_LONG or -ENOMEM.
 */
int map_json_parse(const char *text, size_t len, struct err_detail *detail,
		   struct netmap_delta **ret);

#endif /* WIRE_MAP_JSON_H */
