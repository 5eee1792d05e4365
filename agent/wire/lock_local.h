/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bodies of the local API about the tailnet lock, "/localapi/v0/tka/...": what
 * the agent reads and what it answers.
 *
 * Source: tailscale ipn/localapi/tailnetlock.go; ipn/ipnstate/ipnstate.go.
 */
#ifndef WIRE_LOCK_LOCAL_H
#define WIRE_LOCK_LOCAL_H

#include "base/arena.h"
#include "base/err.h"
#include "base/secret.h"
#include "model/lock_status.h"
#include "wire/json_out.h"

#include <stdbool.h>
#include <stddef.h>

/* Most keys or values in a request; ours, above what a checkpoint may have. */
#define LOCK_LOCAL_LIST_MAX 1024

/**
 * struct lock_local_init - begin an authority
 * @keys: trusted
 * @n_keys: how many
 * @values: disablement values
 * @n_values: how many
 * @support: a disablement secret for the makers of the server; may be empty
 */
struct lock_local_init {
	const struct lock_key *keys;
	size_t n_keys;
	const struct bytes *values;
	size_t n_values;
	struct bytes support;
};

/**
 * struct lock_local_sign - sign a node
 * @node: its key
 * @has_rotation: @rotation is set; not if the request has zeros there, as the
 *	stock tool sends for "nobody"
 * @rotation: who may sign its next key
 */
struct lock_local_sign {
	struct node_public node;
	bool has_rotation;
	struct lock_public rotation;
};

/**
 * struct lock_local_modify - change the trusted keys
 * @add: to be added
 * @n_add: how many
 * @remove: to be removed
 * @n_remove: how many
 */
struct lock_local_modify {
	const struct lock_key *add;
	size_t n_add;
	const struct lock_key *remove;
	size_t n_remove;
};

/**
 * struct lock_local_recovery - revoke keys
 * @ids: of the keys
 * @n: how many
 * @has_fork: @fork_from is set
 * @fork_from: last update that counts
 */
struct lock_local_recovery {
	const struct bytes *ids;
	size_t n;
	bool has_fork;
	struct aum_hash fork_from;
};

/* Longest request of that kind; the reference's. */
#define LOCK_LOCAL_WRAP_MAX 12288	/* bytes */

/**
 * struct lock_local_wrap - put an auth key and a credential together
 * @auth_key: plain
 * @seed: of the key that signs the credential; the caller's, filled
 * @public: of it
 */
struct lock_local_wrap {
	const char *auth_key;
	struct secret32 *seed;
	struct lock_public public;
};

/*
 * Requests. What they say lives in @mem; @detail is filled on error and never
 * shows the text. They return 0, TNE_JSON, TNE_JSON_VALUE, TNE_TOO_LONG or
 * -ENOMEM.
 */
int lock_local_init_parse(const char *text, size_t len, struct arena *mem,
			  struct err_detail *detail,
			  struct lock_local_init *ret);
int lock_local_sign_parse(const char *text, size_t len, struct arena *mem,
			  struct err_detail *detail,
			  struct lock_local_sign *ret);
int lock_local_modify_parse(const char *text, size_t len, struct arena *mem,
			    struct err_detail *detail,
			    struct lock_local_modify *ret);
int lock_local_recovery_parse(const char *text, size_t len, struct arena *mem,
			      struct err_detail *detail,
			      struct lock_local_recovery *ret);
int lock_local_wrap_parse(const char *text, size_t len, struct arena *mem,
			  struct err_detail *detail,
			  struct lock_local_wrap *ret);

/*
 * Answers, in lines with tabs; for secret_buf_done(). They return 0 or -ENOMEM.
 */
int lock_local_status_build(const struct lock_status *status,
			    struct secret_buf *ret);
int lock_local_log_build(const struct lock_update *update, size_t n,
			 struct secret_buf *ret);
int lock_local_sigs_build(const struct bytes *sigs, size_t n,
			  struct secret_buf *ret);

/**
 * lock_local_put_meta() - notes beside a key
 * @out:	written to
 * @name:	of the field
 * @meta:	the notes; without any, null
 */
void lock_local_put_meta(struct json_out *out, const char *name,
			 const struct lock_meta *meta);

/**
 * lock_local_put_ips() - the member TailscaleIPs
 * @out:	inside of an object
 * @peer:	whose addresses; without any it is null
 */
void lock_local_put_ips(struct json_out *out, const struct lock_peer *peer);

#endif /* WIRE_LOCK_LOCAL_H */
