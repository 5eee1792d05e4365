/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A control server with an authority, played by hand, for tests of the client's
 * side. For one test program each: all of it is static.
 */
#ifndef LOCK_RIG_H
#define LOCK_RIG_H

#include "test.h"

#include "base/err.h"
#include "crypto/lock_key.h"
#include "lock/build.h"
#include "lock/disable.h"
#include "lock/offer.h"
#include "lock/sync.h"
#include "wire/json_out.h"

#include <errno.h>

#define NOW 1700000000

static const struct text_list nothing_denied;
static const struct authority_disk no_disk;
static const uint8_t secret[] = "a secret";

/**
 * struct server - the other side, which has an authority too
 * @authority: what it has
 * @signer: trusted
 * @genesis: first update
 * @mem: for all of it
 */
struct server {
	struct authority *authority;
	struct lock_signer signer;
	struct bytes genesis;
	struct arena *mem;
};

static inline void server_done(struct server *server)
{
	authority_free(server->authority);
	secret32_free(server->signer.seed);
	arena_put(server->mem);
	memset(server, 0, sizeof(*server));
}

static inline void server_cleanup(struct server *server)
{
	server_done(server);
}

static inline void server_init_as(struct server *server, uint8_t who)
{
	const uint64_t id[2] = { 1, 2 };
	uint8_t *value;
	struct lock_key key = { .kind = LOCK_KEY_25519, .votes = 1 };
	struct bytes values;

	memset(server, 0, sizeof(*server));
	server->mem = arena_new();
	server->signer.seed = secret32_new();
	memset(secret32_expose(server->signer.seed), who, SECRET_LEN);
	lock_key_derive(server->signer.seed, &server->signer.public);
	value = arena_alloc(server->mem, LOCK_VALUE_LEN);
	disable_derive((struct bytes){ secret, sizeof(secret) }, value);
	values = (struct bytes){ value, LOCK_VALUE_LEN };
	key.id = (struct opt_bytes){ true, { server->signer.public.byte,
					     KEY_LEN } };
	if (build_genesis(&key, 1, &values, 1, id, &server->signer,
			  server->mem, &server->genesis) < 0 ||
	    authority_bootstrap(server->genesis, &nothing_denied, NOW,
				&no_disk, &server->authority) < 0)
		test_fail(__FILE__, __LINE__, "no genesis");
}

static inline void server_init(struct server *server)
{
	server_init_as(server, 7);
}

/* One more update: a change of votes. */
static inline void advance(struct authority *authority, struct server *server,
		    uint64_t votes)
{
	struct builder builder;

	CHECK_EQ(build_begin(authority, &server->signer, server->mem,
			     &builder), 0);
	CHECK_EQ(build_set_votes(&builder, (struct bytes){
			server->signer.public.byte, KEY_LEN }, votes), 0);
	CHECK_EQ(authority_inform(authority, builder.update, builder.n, NOW),
		 0);
}

static inline struct sync_wanted wants(const struct server *server, bool enabled)
{
	return (struct sync_wanted){
		.enabled = enabled,
		.has_head = true,
		.head = authority_head(server->authority)->hash,
	};
}

static inline void put_hash(struct json_out *out, const char *name,
		     const struct aum_hash *hash)
{
	struct aum_hash_text text;

	json_out_text(out, name, aum_hash_format(hash, &text));
}

/* Answer of sync/offer to what @authority of a client has. */
static inline void answer_offer(const struct server *server,
			 const struct authority *client,
			 struct secret_buf *ret)
{
	struct json_out out = { 0 };
	struct lock_offer ours, theirs;
	struct chain_item **item;
	size_t i, n = 0;

	offer_build(server->authority, server->mem, &ours);
	offer_build(client, server->mem, &theirs);
	CHECK_EQ(offer_missing(server->authority, &theirs, server->mem, &item,
			       &n), 0);
	json_out_open_object(&out, NULL);
	put_hash(&out, "Head", &ours.head);
	json_out_open_array(&out, "Ancestors");
	for (i = 0; i < ours.n; i++)
		put_hash(&out, NULL, &ours.ancestor[i]);
	json_out_close_array(&out);
	json_out_open_array(&out, "MissingAUMs");
	for (i = 0; i < n; i++)
		json_out_bytes(&out, NULL, item[i]->data.data,
			       item[i]->data.len);
	json_out_close_array(&out);
	json_out_close_object(&out);
	CHECK_EQ(json_out_end(&out, ret), 0);
}

static inline void answer_head(const struct aum_hash *hash, struct secret_buf *ret)
{
	struct json_out out = { 0 };

	json_out_open_object(&out, NULL);
	put_hash(&out, "Head", hash);
	json_out_close_object(&out);
	CHECK_EQ(json_out_end(&out, ret), 0);
}

static inline void answer_bootstrap(struct bytes genesis, struct bytes with,
			     struct secret_buf *ret)
{
	struct json_out out = { 0 };

	json_out_open_object(&out, NULL);
	if (genesis.len)
		json_out_bytes(&out, "GenesisAUM", genesis.data, genesis.len);
	if (with.len)
		json_out_bytes(&out, "DisablementSecret", with.data, with.len);
	json_out_close_object(&out);
	CHECK_EQ(json_out_end(&out, ret), 0);
}

#endif /* LOCK_RIG_H */
