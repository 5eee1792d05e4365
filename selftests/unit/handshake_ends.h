/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two nodes that know each other, and the steps of a handshake between them.
 */
#ifndef HANDSHAKE_ENDS_H
#define HANDSHAKE_ENDS_H

#include "cookie.h"
#include "crypto.h"
#include "handshake.h"
#include "host.h"
#include "test.h"

#define SECOND	NSEC_PER_SEC

/* One node as its only peer sees it. */
struct end {
	struct tn_identity id;
	struct tn_handshake hs;
	struct tn_cookie cookie;
	struct tn_cookie_checker checker;
	/* Behind the directory: who is known, and references given out. */
	bool knows_peer;
	int references;
	int lookups;
};

static const struct tn_source source = { .addr = { 192, 0, 2, 1 }, .port = 7 };

static inline struct tn_handshake *directory_get(void *ctx, const u8 public[TN_KEY_LEN])
{
	struct end *e = ctx;

	e->lookups++;
	if (!e->knows_peer || memcmp(public, e->hs.remote_static, TN_KEY_LEN))
		return NULL;
	e->references++;
	return &e->hs;
}

static inline void directory_put(void *ctx, struct tn_handshake *hs)
{
	struct end *e = ctx;

	HOST_BUG_ON(hs != &e->hs || e->references <= 0);
	e->references--;
}

static inline struct tn_hs_directory directory(struct end *e)
{
	return (struct tn_hs_directory){ directory_get, directory_put, e };
}

static inline bool identity_set(struct end *e, const u8 *private)
{
	bool ok;

	down_write(&e->id.lock);
	ok = tn_identity_set(&e->id, private);
	up_write(&e->id.lock);
	tn_cookie_checker_update_keys(&e->checker, ok ? e->id.public : NULL);
	return ok;
}

static inline void end_init(struct end *e, const u8 *private)
{
	memset(e, 0, sizeof(*e));
	tn_identity_init(&e->id);
	tn_cookie_checker_init(&e->checker);
	identity_set(e, private);
	e->knows_peer = true;
}

static inline void end_meet(struct end *e, const u8 *remote)
{
	tn_handshake_init(&e->hs, remote);
	tn_cookie_init(&e->cookie, remote);
}

static inline void pair_init(struct end *a, struct end *b)
{
	u8 key[TN_KEY_LEN];

	tn_dh_keygen(key);
	end_init(a, key);
	tn_dh_keygen(key);
	end_init(b, key);
	end_meet(a, b->id.public);
	end_meet(b, a->id.public);
}

static inline enum tn_hs_result initiate(struct end *e, s64 sec, long nsec, u32 index,
				  struct tn_msg_initiation *msg)
{
	struct timespec64 now = { sec, nsec };
	enum tn_hs_result ret;

	ret = tn_handshake_create_initiation(&e->id, &e->hs, &now, index, msg);
	if (ret == TN_HS_OK)
		tn_cookie_add_macs(&e->cookie, msg, sizeof(*msg), 0);
	return ret;
}

static inline enum tn_hs_result consume(struct end *e,
				 const struct tn_msg_initiation *msg, u64 now_ns)
{
	struct tn_hs_directory dir = directory(e);
	struct tn_handshake *found = NULL;
	enum tn_hs_result ret;
	int before = e->references;

	ret = tn_handshake_consume_initiation(&e->id, msg, &dir, now_ns, &found);
	if ((ret == TN_HS_OK) != (found == &e->hs) ||
	    e->references != before + (ret == TN_HS_OK))
		test_fail(__FILE__, __LINE__, "result %d with references %d",
			  ret, e->references);
	e->references = before;
	return ret;
}

static inline enum tn_hs_result respond(struct end *e, u32 index,
				 struct tn_msg_response *msg)
{
	enum tn_hs_result ret;

	ret = tn_handshake_create_response(&e->hs, index, msg);
	if (ret == TN_HS_OK)
		tn_cookie_add_macs(&e->cookie, msg, sizeof(*msg), 0);
	return ret;
}

static inline enum tn_hs_result finish(struct end *e, const struct tn_msg_response *msg)
{
	return tn_handshake_consume_response(&e->id, &e->hs, msg);
}

/* From nothing to session keys; the ends' states are zeroed again. */
static inline void whole(struct end *a, struct end *b, s64 sec)
{
	struct tn_session_keys ka, kb;
	struct tn_msg_initiation i;
	struct tn_msg_response r;

	CHECK_EQ(initiate(a, sec, 0, 10, &i), TN_HS_OK);
	CHECK_EQ(consume(b, &i, sec * SECOND), TN_HS_OK);
	CHECK_EQ(respond(b, 20, &r), TN_HS_OK);
	CHECK_EQ(finish(a, &r), TN_HS_OK);
	CHECK(tn_handshake_begin_session(&a->hs, &ka));
	CHECK(tn_handshake_begin_session(&b->hs, &kb));
	CHECK_MEM(ka.send, kb.receive, TN_KEY_LEN);
	CHECK_MEM(ka.receive, kb.send, TN_KEY_LEN);
	CHECK(!tn_memeq(ka.send, ka.receive, TN_KEY_LEN));
	CHECK(ka.i_am_initiator && !kb.i_am_initiator);
	CHECK(ka.local_index == 10 && ka.remote_index == 20);
	CHECK(kb.local_index == 20 && kb.remote_index == 10);
}

#endif /* HANDSHAKE_ENDS_H */
