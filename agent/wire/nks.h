/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Node-key signatures of the tailnet lock as bytes.
 *
 * Source: tailscale tka/sig.go, NodeKeySignature.
 */
#ifndef WIRE_NKS_H
#define WIRE_NKS_H

#include "base/arena.h"
#include "crypto/blake2s.h"
#include "model/node_sig.h"

#include <stddef.h>
#include <stdint.h>

/* Ours: 16 layers of which each has the longest honest form take 2848. */
#define NKS_MAX 4096	/* bytes */

/**
 * nks_parse() - read a signature
 * @data:	its bytes and nothing else; the value borrows from them
 * @ret:	the layers
 *
 * Only the canonical form is taken. Nothing is verified; see sig_check().
 *
 * Return: 0, TNE_CBOR, or TNE_TOO_LONG above NKS_MAX.
 */
int nks_parse(struct bytes data, struct node_sig *ret);

/**
 * nks_build() - write a signature
 * @sig:	the layers
 * @ret:	the bytes
 * @ret_len:	how many of them are used
 *
 * Return: 0 or TNE_TOO_LONG.
 */
int nks_build(const struct node_sig *sig, uint8_t ret[NKS_MAX],
	      size_t *ret_len);

/**
 * nks_sig_hash() - the hash that one layer signs
 * @sig:	the layers
 * @at:		number of the layer; those around it do not count
 * @ret:	the hash
 *
 * Source: tailscale tka/sig.go, SigHash.
 * Return: 0, TNE_TOO_LONG or -ENOMEM.
 */
int nks_sig_hash(const struct node_sig *sig, size_t at,
		 uint8_t ret[BLAKE2S_LEN]);

#endif /* WIRE_NKS_H */
