/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Signatures that this node makes: of other nodes, of its own new node key, and
 * of updates.
 *
 * Source: tailscale tka/sig.go, ResignNKS and SignByCredential;
 * ipn/ipnlocal/tailnet-lock.go.
 */
#ifndef LOCK_SIGN_H
#define LOCK_SIGN_H

#include "base/arena.h"
#include "base/secret.h"
#include "crypto/key_text.h"
#include "model/aum.h"
#include "model/node_sig.h"

/**
 * struct lock_signer - a key of our own
 * @seed: private; borrowed
 * @public: what others know of it
 */
struct lock_signer {
	struct secret32 *seed;
	struct lock_public public;
};

/* All of them put the signature's bytes into @mem. */

/**
 * sign_node() - let a node in
 * @signer:	a trusted key
 * @node:	the node's key
 * @rotation:	who may go over to other node keys; NULL = nobody
 * @mem:	owns @ret
 * @ret:	the signature
 *
 * Without a key for rotation nothing is written in its place. The reference's
 * tool writes zeros, a key for which everyone can sign.
 *
 * Return: 0 or -ENOMEM.
 */
int sign_node(const struct lock_signer *signer, const struct node_public *node,
	      const struct lock_public *rotation, struct arena *mem,
	      struct bytes *ret);

/**
 * sign_rotation() - a new node key in place of the one that was signed
 * @signer:	the key that may, which is not looked into
 * @old:	signature of the old key
 * @node:	the new key; if it is the old one, @ret is @old
 * @mem:	owns @ret
 * @ret:	the signature
 *
 * The oldest keys are left out when there would be too many; the others are
 * signed anew, which is done only for layers that @signer has signed. Ours: the
 * reference signs whatever keys the server has put there.
 *
 * Return: 0, TNE_CBOR, TNE_LOCK_PEER in that case, TNE_TOO_LONG if even so it has too many layers, or
 * -ENOMEM.
 */
int sign_rotation(const struct lock_signer *signer, struct bytes old,
		  const struct node_public *node, struct arena *mem,
		  struct bytes *ret);

/**
 * sign_credential() - let another key sign a node
 * @signer:	a trusted key
 * @delegate:	the other key
 * @mem:	owns @ret
 * @ret:	the credential
 *
 * Return: 0 or -ENOMEM.
 */
int sign_credential(const struct lock_signer *signer,
		    const struct lock_public *delegate, struct arena *mem,
		    struct bytes *ret);

/**
 * sign_by_credential() - let a node in by a credential
 * @delegate:	the key that it is for
 * @credential:	the credential
 * @node:	the node's key
 * @mem:	owns @ret
 * @ret:	the signature
 *
 * Return: 0, TNE_CBOR, TNE_LOCK_PEER if it is no credential, or -ENOMEM.
 */
int sign_by_credential(const struct lock_signer *delegate,
		       struct bytes credential, const struct node_public *node,
		       struct arena *mem, struct bytes *ret);

/**
 * sign_aum() - add a signature to an update
 * @signer:	the key
 * @mem:	owns what is new in @aum
 * @aum:	its other signatures stay
 *
 * Return: 0 or -ENOMEM.
 */
int sign_aum(const struct lock_signer *signer, struct arena *mem,
	     struct aum *aum);

#endif /* LOCK_SIGN_H */
