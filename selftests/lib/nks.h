/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Node-key signatures as typed layers, from their bytes or from the vectors.
 * Strict: only canonical bytes within the bounds of the netlink interface.
 */
#ifndef SELFTESTS_NKS_H
#define SELFTESTS_NKS_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "../../kmod/nodesig.h"

/*
 * nks_parse() - layers of a chain; 0 if the bytes are not canonical, too deep
 * or have a field out of bounds
 */
unsigned int nks_parse(const uint8_t *in, size_t len,
		       struct tn_nodesig_layer layers[TN_NODESIG_LAYERS]);

/*
 * nks_from_json() - the same from {kind, pubkey, key_id, signature, nested,
 * wrapping_pubkey}; 0 if out of bounds
 */
unsigned int nks_from_json(const json_t *fields,
			   struct tn_nodesig_layer layers[TN_NODESIG_LAYERS]);

/*
 * vectors_open() - an object file of vectors, from the folder $VECTORS or else
 * @fallback: there as FOLDER/NAME or as NAME. NULL if there is none, reported
 * with a name of its own
 */
json_t *vectors_open(const char *fallback, const char *folder,
		     const char *name);

/*
 * hex_member() - bytes of a hex string member of @object; -1 if it is absent,
 * null, longer than @max or no hex
 */
int hex_member(const json_t *object, const char *key, uint8_t *out, size_t max);
int hex_text(const char *text, uint8_t *out, size_t max);

/*
 * nks_trusted() - 32-byte public keys of an authority's first update: the
 * distinct ones of its keys of kind 1; how many
 */
size_t nks_trusted(const uint8_t *genesis, size_t len, uint8_t (*keys)[32],
		   size_t max);

#endif /* SELFTESTS_NKS_H */
