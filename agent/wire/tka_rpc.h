/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests to the control server about the tailnet lock, and its answers. All
 * are GET requests with a body; status 200 means success, the body of any other
 * is a message.
 *
 * Source: tailscale tailcfg/tka.go; ipn/ipnlocal/tailnet-lock.go.
 */
#ifndef WIRE_TKA_RPC_H
#define WIRE_TKA_RPC_H

#include "base/arena.h"
#include "base/err.h"
#include "base/secret.h"
#include "crypto/key_text.h"
#include "model/aum.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TKA_PATH_INIT_BEGIN "/machine/tka/init/begin"
#define TKA_PATH_INIT_FINISH "/machine/tka/init/finish"
#define TKA_PATH_BOOTSTRAP "/machine/tka/bootstrap"
#define TKA_PATH_OFFER "/machine/tka/sync/offer"
#define TKA_PATH_SEND "/machine/tka/sync/send"
#define TKA_PATH_DISABLE "/machine/tka/disable"
#define TKA_PATH_SIGN "/machine/tka/sign"
#define TKA_PATH_AFFECTED "/machine/tka/affected-sigs"

#define TKA_TIMEOUT_MS 60000

/* Longest answers: of init/begin, sync/offer and sync/send; of the others. */
#define TKA_ANSWER_MAX (10U << 20)	/* bytes */
#define TKA_SHORT_ANSWER_MAX (1U << 20)	/* bytes */

/* Most entries of an answer; ours. */
#define TKA_UPDATES_MAX 4096
#define TKA_ANCESTORS_MAX 4096
#define TKA_NODES_MAX (1U << 16)

/**
 * struct tka_caller - who asks
 * @version: of the protocol
 * @node_key: of this node
 */
struct tka_caller {
	int64_t version;
	struct node_public node_key;
};

/**
 * struct tka_node - a node that needs a signature before the lock is on
 * @id: names it
 * @key: its node key
 * @has_rotation: @rotation is set
 * @rotation: who may sign its next node key
 */
struct tka_node {
	int64_t id;
	struct node_public key;
	bool has_rotation;
	struct lock_public rotation;
};

/**
 * struct tka_node_sig - the signature of such a node
 * @id: names it
 * @sig: bytes
 */
struct tka_node_sig {
	int64_t id;
	struct bytes sig;
};

/*
 * Bodies of requests. They return 0 or -ENOMEM; @ret is for secret_buf_done().
 */
int tka_init_begin_build(const struct tka_caller *caller, struct bytes genesis,
			 struct secret_buf *ret);
/* @support: a disablement secret for the makers of the server; may be empty. */
int tka_init_finish_build(const struct tka_caller *caller,
			  const struct tka_node_sig *sigs, size_t n,
			  struct bytes support, struct secret_buf *ret);
/* @head: NULL = we have no authority. */
int tka_bootstrap_build(const struct tka_caller *caller,
			const struct aum_hash *head, struct secret_buf *ret);
int tka_offer_build(const struct tka_caller *caller,
		    const struct lock_offer *offer, struct secret_buf *ret);
/* @interactive: a person waits for it to be in force. */
int tka_send_build(const struct tka_caller *caller,
		   const struct aum_hash *head, const struct bytes *updates,
		   size_t n, bool interactive, struct secret_buf *ret);
int tka_disable_build(const struct tka_caller *caller,
		      const struct aum_hash *head, struct bytes secret,
		      struct secret_buf *ret);
int tka_sign_build(const struct tka_caller *caller, struct bytes sig,
		   struct secret_buf *ret);
int tka_affected_build(const struct tka_caller *caller, struct bytes key_id,
		       struct secret_buf *ret);

/**
 * struct tka_bootstrap - answer of bootstrap
 * @genesis: update to begin with; empty = none
 * @secret: a disablement secret; empty = none
 */
struct tka_bootstrap {
	struct bytes genesis;
	struct bytes secret;
};

/**
 * struct tka_offer - answer of sync/offer
 * @offer: how far the server has come
 * @missing: updates that we lack
 * @n_missing: how many
 */
struct tka_offer {
	struct lock_offer offer;
	const struct bytes *missing;
	size_t n_missing;
};

/*
 * Answers. What they give lives in @mem; @detail is filled on error and never
 * shows the text. They return 0, TNE_JSON, TNE_JSON_VALUE, TNE_TOO_LONG or
 * -ENOMEM.
 */
int tka_init_begin_parse(const char *text, size_t len, struct arena *mem,
			 struct err_detail *detail,
			 const struct tka_node **ret, size_t *ret_n);
int tka_bootstrap_parse(const char *text, size_t len, struct arena *mem,
			struct err_detail *detail, struct tka_bootstrap *ret);
int tka_offer_parse(const char *text, size_t len, struct arena *mem,
		    struct err_detail *detail, struct tka_offer *ret);
int tka_send_parse(const char *text, size_t len, struct err_detail *detail,
		   struct aum_hash *ret);
int tka_affected_parse(const char *text, size_t len, struct arena *mem,
		       struct err_detail *detail, const struct bytes **ret,
		       size_t *ret_n);
/* The answers of init/finish, disable and sign, which say nothing. */
int tka_empty_parse(const char *text, size_t len, struct err_detail *detail);

#endif /* WIRE_TKA_RPC_H */
