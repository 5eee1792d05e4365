/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRE_NODE_JSON_H
#define WIRE_NODE_JSON_H

#include "base/err.h"
#include "model/node.h"
#include "wire/json.h"

#include <stddef.h>

/* What a node may have at most; all ours. */
#define NODE_ADDRESSES_MAX 16
#define NODE_PREFIXES_MAX 65536
#define NODE_ENDPOINTS_MAX 512		/* received */
#define NODE_ENDPOINTS_USED 100		/* kept */
#define NODE_NAME_MAX 255		/* bytes */
#define NODE_CAPS_MAX 8192
#define NODE_SIGNATURE_MAX 65536	/* bytes */

/**
 * node_json_parse() - read a node
 * @object:	the object
 * @detail:	filled on error
 * @ret:	the node, the caller's
 *
 * What says who the node is, what it may do and where its packets go has to be
 * right, or there is no node: nothing may be widened by a field that could not
 * be read. A bad entry in a list of addresses is left out; what only describes
 * the node counts as missing.
 *
 * Source: tailcfg/tailcfg.go, Node.
 * Return: 0, TNE_JSON_VALUE or -ENOMEM.
 */
int node_json_parse(const json_t *object, struct err_detail *detail,
		    const struct node **ret);

/**
 * node_json_parse_patch() - read a change of a peer
 * @object:	the object
 * @mem:	owns the parts of the result
 * @detail:	filled on error
 * @ret:	the change
 *
 * Source: tailcfg/tailcfg.go, PeerChange.
 * Return: 0, TNE_JSON_VALUE or -ENOMEM.
 */
int node_json_parse_patch(const json_t *object, struct arena *mem,
			  struct err_detail *detail, struct node_patch *ret);

/**
 * node_json_parse_caps() - read a map of capabilities
 * @object:	of arrays and nulls; an entry that is neither is left out
 * @mem:	owns the parts of the result
 * @ret:	the capabilities, sorted
 *
 * Return: 0 or -ENOMEM; those above NODE_CAPS_MAX are left out.
 */
int node_json_parse_caps(json_t *object, struct arena *mem,
			 struct cap_map *ret);

/**
 * node_json_parse_resolvers() - read a list of DNS servers
 * @array:	of objects; what is none is left out
 * @mem:	owns the parts of the result
 * @ret:	the servers
 *
 * Source: types/dnstype/dnstype.go, Resolver.
 * Return: 0 or -ENOMEM.
 */
int node_json_parse_resolvers(const json_t *array, struct arena *mem,
			      struct resolvers *ret);

#endif /* WIRE_NODE_JSON_H */
