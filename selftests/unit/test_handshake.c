// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handshakes that work: known answers, states, races between two of them.
 */
#include "handshake_ends.h"

/* Known answers. */

static void give_cookie(struct end *e, const struct vector *v)
{
	e->cookie.is_valid = vector_len(v, "cookie");
	if (e->cookie.is_valid)
		memcpy(e->cookie.cookie, vector_get(v, "cookie", 16), 16);
}

static void ends_of_vector(const struct vector *v, struct end *a, struct end *b)
{
	end_init(a, vector_get(v, "initiator_private", 32));
	end_init(b, vector_get(v, "responder_private", 32));
	end_meet(a, b->id.public);
	end_meet(b, a->id.public);
	tn_handshake_set_psk(&a->hs, vector_get(v, "psk", 32));
	tn_handshake_set_psk(&b->hs, vector_get(v, "psk", 32));
	give_cookie(a, v);
	give_cookie(b, v);
}

static void known_sessions(const struct vector *v, struct end *a, struct end *b)
{
	struct tn_session_keys ka, kb;

	CHECK(tn_handshake_begin_session(&a->hs, &ka));
	CHECK(tn_handshake_begin_session(&b->hs, &kb));
	CHECK_MEM(ka.send, vector_get(v, "initiator_sends", 32), 32);
	CHECK_MEM(ka.receive, vector_get(v, "responder_sends", 32), 32);
	CHECK_MEM(kb.send, vector_get(v, "responder_sends", 32), 32);
	CHECK_MEM(kb.receive, vector_get(v, "initiator_sends", 32), 32);
	CHECK_EQ(ka.local_index, vector_u64(v, "initiator_index"));
	CHECK_EQ(ka.remote_index, vector_u64(v, "responder_index"));
	CHECK_EQ(kb.local_index, vector_u64(v, "responder_index"));
	CHECK_EQ(kb.remote_index, vector_u64(v, "initiator_index"));
}

static void known_transcript(const struct vector *v)
{
	struct tn_msg_initiation i;
	struct tn_msg_response r;
	struct end a, b;

	ends_of_vector(v, &a, &b);
	CHECK_MEM(a.id.public, vector_get(v, "initiator_public", 32), 32);
	CHECK_MEM(b.id.public, vector_get(v, "responder_public", 32), 32);

	host_random_queue(vector_get(v, "initiator_ephemeral", 32), 32);
	CHECK_EQ(initiate(&a, vector_u64(v, "seconds"),
			  vector_u64(v, "nanoseconds"),
			  vector_u64(v, "initiator_index"), &i), TN_HS_OK);
	CHECK_MEM(&i, vector_get(v, "initiation", sizeof(i)), sizeof(i));
	CHECK_MEM(a.hs.hash, vector_get(v, "hash_after_initiation", 32), 32);

	CHECK_EQ(tn_cookie_check(&b.checker, &i, sizeof(i), &source, false, 0),
		 TN_MAC_VALID);
	CHECK_EQ(consume(&b, &i, SECOND), TN_HS_OK);
	CHECK_MEM(b.hs.hash, vector_get(v, "hash_after_initiation", 32), 32);
	CHECK_MEM(b.hs.chaining_key,
		  vector_get(v, "chaining_key_after_initiation", 32), 32);
	CHECK_MEM(b.hs.latest_timestamp, vector_get(v, "timestamp", 12), 12);

	host_random_queue(vector_get(v, "responder_ephemeral", 32), 32);
	CHECK_EQ(respond(&b, vector_u64(v, "responder_index"), &r), TN_HS_OK);
	CHECK_MEM(&r, vector_get(v, "response", sizeof(r)), sizeof(r));

	CHECK_EQ(tn_cookie_check(&a.checker, &r, sizeof(r), &source, false, 0),
		 TN_MAC_VALID);
	CHECK_EQ(finish(&a, &r), TN_HS_OK);
	CHECK_MEM(a.hs.hash, vector_get(v, "hash_after_response", 32), 32);
	CHECK_MEM(a.hs.chaining_key,
		  vector_get(v, "chaining_key_after_response", 32), 32);
	known_sessions(v, &a, &b);
}

static void known_answers(void)
{
	test_vectors("noise.txt", known_transcript);
}

/* States. */

/* Bring @a to a state; @i and @r are then what fits it. */
static void reach(struct end *a, struct end *b, enum tn_hs_state state,
		  struct tn_msg_initiation *i, struct tn_msg_response *r)
{
	struct tn_msg_response own;

	pair_init(a, b);
	memset(r, 0, sizeof(*r));
	switch (state) {
	case TN_HS_ZEROED:
		break;
	case TN_HS_CREATED_INITIATION:
	case TN_HS_CONSUMED_RESPONSE:
		CHECK_EQ(initiate(a, 1, 0, 5, i), TN_HS_OK);
		CHECK_EQ(consume(b, i, SECOND), TN_HS_OK);
		CHECK_EQ(respond(b, 6, r), TN_HS_OK);
		if (state == TN_HS_CONSUMED_RESPONSE)
			CHECK_EQ(finish(a, r), TN_HS_OK);
		break;
	case TN_HS_CONSUMED_INITIATION:
	case TN_HS_CREATED_RESPONSE:
		CHECK_EQ(initiate(b, 1, 0, 6, i), TN_HS_OK);
		CHECK_EQ(consume(a, i, SECOND), TN_HS_OK);
		if (state == TN_HS_CREATED_RESPONSE)
			CHECK_EQ(respond(a, 5, &own), TN_HS_OK);
		break;
	}
	CHECK_EQ(a->hs.state, state);
}

static void state_matrix(void)
{
	static const char *const names[] = {
		"zeroed", "created initiation", "consumed initiation",
		"created response", "consumed response",
	};
	struct tn_session_keys keys, poison;
	struct tn_msg_initiation i;
	struct tn_msg_response r, own;
	struct tn_handshake before;
	enum tn_hs_state s;
	struct end a, b;
	bool may;

	for (s = TN_HS_ZEROED; s <= TN_HS_CONSUMED_RESPONSE; s++) {
		test_case("create response, %s", names[s]);
		CHECK_IN(reach(&a, &b, s, &i, &r));
		before = a.hs;
		may = s == TN_HS_CONSUMED_INITIATION;
		CHECK_EQ(respond(&a, 7, &own), may ? TN_HS_OK : TN_HS_WRONG_STATE);
		if (!may)
			CHECK_MEM(&a.hs, &before, sizeof(before));

		test_case("consume response, %s", names[s]);
		CHECK_IN(reach(&a, &b, s, &i, &r));
		before = a.hs;
		may = s == TN_HS_CREATED_INITIATION;
		r.header.type = cpu_to_le32(TN_MSG_RESPONSE);
		r.receiver_index = cpu_to_le32(5);
		CHECK_EQ(finish(&a, &r), may ? TN_HS_OK : TN_HS_WRONG_STATE);
		if (!may)
			CHECK_MEM(&a.hs, &before, sizeof(before));

		test_case("begin session, %s", names[s]);
		CHECK_IN(reach(&a, &b, s, &i, &r));
		before = a.hs;
		memset(&keys, 0x55, sizeof(keys));
		poison = keys;
		may = s == TN_HS_CREATED_RESPONSE || s == TN_HS_CONSUMED_RESPONSE;
		CHECK_EQ(tn_handshake_begin_session(&a.hs, &keys), may);
		if (!may) {
			CHECK_MEM(&a.hs, &before, sizeof(before));
			CHECK_MEM(&keys, &poison, sizeof(keys));
		}

		/* These two are welcome in every state. */
		test_case("create initiation, %s", names[s]);
		CHECK_IN(reach(&a, &b, s, &i, &r));
		CHECK_EQ(initiate(&a, 2, 0, 8, &i), TN_HS_OK);
		test_case("consume initiation, %s", names[s]);
		CHECK_IN(reach(&a, &b, s, &i, &r));
		CHECK_EQ(initiate(&b, 2, 0, 8, &i), TN_HS_OK);
		CHECK_EQ(consume(&a, &i, 2 * SECOND), TN_HS_OK);
		CHECK_EQ(a.hs.state, TN_HS_CONSUMED_INITIATION);
	}
}

static bool is_wiped(const struct tn_handshake *hs)
{
	return hs->state == TN_HS_ZEROED && !hs->local_index &&
	       !hs->remote_index && !memchr_inv(hs->ephemeral_private, 0, 32) &&
	       !memchr_inv(hs->remote_ephemeral, 0, 32) &&
	       !memchr_inv(hs->hash, 0, 32) &&
	       !memchr_inv(hs->chaining_key, 0, 32);
}

static void wiping(void)
{
	struct tn_session_keys keys;
	struct tn_msg_initiation i;
	struct tn_msg_response r;
	enum tn_hs_state s;
	struct end a, b;

	for (s = TN_HS_ZEROED; s <= TN_HS_CONSUMED_RESPONSE; s++) {
		CHECK_IN(reach(&a, &b, s, &i, &r));
		tn_handshake_clear(&a.hs);
		CHECK(is_wiped(&a.hs));
		CHECK_MEM(a.hs.remote_static, b.id.public, 32);
	}
	CHECK_IN(reach(&a, &b, TN_HS_CONSUMED_RESPONSE, &i, &r));
	CHECK(tn_handshake_begin_session(&a.hs, &keys));
	CHECK(is_wiped(&a.hs));
	CHECK(!tn_handshake_begin_session(&a.hs, &keys));
	tn_handshake_done(&a.hs);
	CHECK(!memchr_inv(&a.hs, 0, sizeof(a.hs)));
	tn_identity_done(&a.id);
	CHECK(!memchr_inv(&a.id, 0, sizeof(a.id)));
}

/* Races. */

static struct end *racer;
static struct tn_msg_initiation raced;

static void race_initiate(struct rw_semaphore *s)
{
	HOST_BUG_ON(s != &racer->hs.lock);
	/* The identity is held for reading meanwhile, as another CPU may. */
	HOST_BUG_ON(initiate(racer, 3, 0, 5, &raced) != TN_HS_OK);
}

static struct tn_msg_response *race_response;

/* The same datagram twice, on two CPUs. */
static void race_finish(struct rw_semaphore *s)
{
	HOST_BUG_ON(finish(racer, race_response) != TN_HS_OK);
}

static void race_clear(struct rw_semaphore *s)
{
	tn_handshake_clear(&racer->hs);
}

/* Even under the same index, an answer to the older initiation is too late. */
static void response_races(void)
{
	struct tn_session_keys ka, kb;
	struct tn_msg_initiation i;
	struct tn_msg_response r;
	struct tn_handshake now;
	struct end a, b;

	test_case("with a new initiation");
	CHECK_IN(reach(&a, &b, TN_HS_CREATED_INITIATION, &i, &r));
	racer = &a;
	host_before_write = race_initiate;
	CHECK_EQ(finish(&a, &r), TN_HS_WRONG_STATE);
	CHECK_EQ(a.hs.state, TN_HS_CREATED_INITIATION);
	now = a.hs;
	CHECK_EQ(finish(&a, &r), TN_HS_BAD);
	CHECK_MEM(&a.hs, &now, sizeof(now));

	test_case("and the new one goes on");
	CHECK_EQ(consume(&b, &raced, 9 * SECOND), TN_HS_OK);
	CHECK_EQ(respond(&b, 6, &r), TN_HS_OK);
	CHECK_EQ(finish(&a, &r), TN_HS_OK);
	CHECK(tn_handshake_begin_session(&a.hs, &ka));
	CHECK(tn_handshake_begin_session(&b.hs, &kb));
	CHECK_MEM(ka.send, kb.receive, 32);

	test_case("with itself");
	CHECK_IN(reach(&a, &b, TN_HS_CREATED_INITIATION, &i, &r));
	race_response = &r;
	host_before_write = race_finish;
	CHECK_EQ(finish(&a, &r), TN_HS_WRONG_STATE);
	CHECK_EQ(a.hs.state, TN_HS_CONSUMED_RESPONSE);

	test_case("with a clearing");
	CHECK_IN(reach(&a, &b, TN_HS_CREATED_INITIATION, &i, &r));
	host_before_write = race_clear;
	CHECK_EQ(finish(&a, &r), TN_HS_WRONG_STATE);
	CHECK(is_wiped(&a.hs));
}

/* Both call at once: the one that arrives replaces the one that was sent. */
static void both_initiate(void)
{
	struct tn_msg_initiation from_a, from_b;
	struct tn_msg_response r, late;
	struct tn_session_keys ka, kb;
	struct end a, b;

	pair_init(&a, &b);
	CHECK_EQ(initiate(&a, 1, 0, 1, &from_a), TN_HS_OK);
	CHECK_EQ(initiate(&b, 1, 0, 2, &from_b), TN_HS_OK);
	CHECK_EQ(consume(&b, &from_a, SECOND), TN_HS_OK);
	CHECK(!memchr_inv(b.hs.ephemeral_private, 0, 32));
	CHECK_EQ(respond(&b, 3, &r), TN_HS_OK);
	CHECK_EQ(finish(&a, &r), TN_HS_OK);
	CHECK(tn_handshake_begin_session(&a.hs, &ka));
	CHECK(tn_handshake_begin_session(&b.hs, &kb));
	CHECK_MEM(ka.send, kb.receive, 32);

	/* The other's arrives late, is answered, and finds nothing. */
	CHECK_EQ(consume(&a, &from_b, SECOND), TN_HS_OK);
	CHECK_EQ(respond(&a, 4, &late), TN_HS_OK);
	CHECK_EQ(finish(&b, &late), TN_HS_WRONG_STATE);
}

static void many(void)
{
	struct end a, b;
	int n;

	pair_init(&a, &b);
	for (n = 1; n <= 100; n++) {
		test_case("round %d", n);
		CHECK_IN(whole(&a, &b, n));
		CHECK_IN(whole(&b, &a, n));
	}
}

static const struct test tests[] = {
	TEST(known_answers),
	TEST(state_matrix),
	TEST(wiping),
	TEST(response_races),
	TEST(both_initiate),
	TEST(many),
};

TEST_MAIN(tests)
