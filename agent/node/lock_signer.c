// SPDX-License-Identifier: GPL-2.0-only
#include "node/lock_signer.h"

#include "lock/auth_key.h"

#include <errno.h>
#include <string.h>

struct lock_signer lock_signer_of(const struct persist *persist)
{
	return (struct lock_signer){
		.seed = persist->lock_seed, .public = persist->lock,
	};
}

static int resign(void *ctx, struct bytes old, const struct node_public *node,
		  struct arena *mem, struct bytes *ret)
{
	const struct lock_signer signer = lock_signer_of(ctx);

	return sign_rotation(&signer, old, node, mem, ret);
}

static int by_parsed(const struct auth_key *key, const struct node_public *node,
		     struct arena *mem, struct bytes *ret)
{
	if (!key->credential.len)
		return 0;
	return sign_by_credential(&key->delegate, key->credential, node, mem,
				  ret);
}

static int by_auth_key(void *ctx, const struct secret_buf *auth_key,
		       const struct node_public *node, struct arena *mem,
		       struct bytes *ret)
{
	struct secret_buf text auto_clean(secret_buf) = { 0 };
	struct auth_key key;
	int r;

	(void)ctx;
	r = secret_buf_reserve(&text, auth_key->len + 1);
	if (r < 0)
		return r;
	memcpy(text.data, auth_key->data, auth_key->len);
	text.data[auth_key->len] = 0;
	text.len = auth_key->len;
	r = auth_key_parse(text.data, mem, &key);
	if (r < 0)
		return r;
	r = by_parsed(&key, node, mem, ret);
	auth_key_done(&key);
	return r;
}

struct control_signer lock_signer_control(struct persist *persist)
{
	return (struct control_signer){
		.resign = resign, .by_auth_key = by_auth_key, .ctx = persist,
	};
}
