// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must be refused: changed, cut, misdirected, repeated, hostile messages.
 * What is refused has changed nothing.
 */
#include "handshake_ends.h"

/* Of the time in an initiation, ns. */
#define GRAIN	16777216L

/* Bad messages. */

/*
 * Not covered by the handshake itself, only by mac1: the sender's index. Not by
 * mac1 either: mac1, mac2.
 */
static void flip_initiation(void)
{
	struct tn_msg_initiation i, bad;
	struct tn_handshake before;
	enum tn_hs_result expect;
	struct end a, b;
	size_t bit, at;

	pair_init(&a, &b);
	CHECK_EQ(initiate(&b, 1, 0, 5, &i), TN_HS_OK);
	CHECK_EQ(initiate(&a, 1, 0, 5, &i), TN_HS_OK);
	before = b.hs;
	for (bit = 0; bit < 8 * sizeof(i); bit++) {
		at = bit / 8;
		test_case("bit %zu of byte %zu", bit % 8, at);
		bad = i;
		((u8 *)&bad)[at] ^= 1 << bit % 8;
		if (at < offsetof(struct tn_msg_initiation, macs.mac2))
			CHECK_EQ(tn_cookie_check(&b.checker, &bad, sizeof(bad),
						 &source, false, 0),
				 TN_MAC_INVALID);
		if ((at >= 4 && at < 8) ||
		    at >= offsetof(struct tn_msg_initiation, macs))
			continue;
		/* A flipped point may be anything but the right one. */
		expect = consume(&b, &bad, SECOND);
		CHECK_EQ(expect, TN_HS_BAD);
		CHECK_MEM(&b.hs, &before, sizeof(before));
	}
	test_case("unchanged");
	CHECK_EQ(consume(&b, &i, SECOND), TN_HS_OK);
}

static void flip_response(void)
{
	struct tn_msg_initiation i;
	struct tn_msg_response r, bad;
	struct tn_handshake before;
	enum tn_hs_result expect;
	struct end a, b;
	size_t bit, at;

	pair_init(&a, &b);
	CHECK_EQ(initiate(&a, 1, 0, 5, &i), TN_HS_OK);
	CHECK_EQ(consume(&b, &i, SECOND), TN_HS_OK);
	CHECK_EQ(respond(&b, 6, &r), TN_HS_OK);
	before = a.hs;
	for (bit = 0; bit < 8 * sizeof(r); bit++) {
		at = bit / 8;
		test_case("bit %zu of byte %zu", bit % 8, at);
		bad = r;
		((u8 *)&bad)[at] ^= 1 << bit % 8;
		if (at < offsetof(struct tn_msg_response, macs.mac2))
			CHECK_EQ(tn_cookie_check(&a.checker, &bad, sizeof(bad),
						 &source, false, 0),
				 TN_MAC_INVALID);
		if ((at >= 4 && at < 8) ||
		    at >= offsetof(struct tn_msg_response, macs))
			continue;
		expect = at >= 8 && at < 12 ? TN_HS_WRONG_STATE : TN_HS_BAD;
		CHECK_EQ(finish(&a, &bad), expect);
		CHECK_MEM(&a.hs, &before, sizeof(before));
	}
	test_case("unchanged");
	CHECK_EQ(finish(&a, &r), TN_HS_OK);
}

/* Every shorter length, in memory of just that length. */
static void truncate_one(struct end *to, const void *msg, size_t len)
{
	size_t n;
	u8 *copy;

	for (n = 0; n < len; n++) {
		test_case("%zu of %zu bytes", n, len);
		copy = malloc(n ?: 1);
		memcpy(copy, msg, n);
		CHECK_EQ(tn_cookie_check(&to->checker, copy, n, &source, true,
					 0), TN_MAC_INVALID);
		free(copy);
	}
}

static void truncation(void)
{
	struct tn_msg_initiation i;
	struct tn_msg_response r;
	struct end a, b;

	pair_init(&a, &b);
	CHECK_EQ(initiate(&a, 1, 0, 5, &i), TN_HS_OK);
	CHECK_EQ(consume(&b, &i, SECOND), TN_HS_OK);
	CHECK_EQ(respond(&b, 6, &r), TN_HS_OK);
	CHECK_IN(truncate_one(&b, &i, sizeof(i)));
	CHECK_IN(truncate_one(&a, &r, sizeof(r)));
}

static void wrong_type(void)
{
	struct tn_msg_initiation i;
	struct tn_msg_response r;
	struct end a, b;
	u32 type;

	pair_init(&a, &b);
	CHECK_EQ(initiate(&a, 1, 0, 5, &i), TN_HS_OK);
	CHECK_EQ(consume(&b, &i, SECOND), TN_HS_OK);
	CHECK_EQ(respond(&b, 6, &r), TN_HS_OK);
	CHECK_EQ(initiate(&b, 1, 0, 5, &i), TN_HS_OK);
	for (type = 0; type < 6; type++) {
		test_case("type %u", type);
		i.header.type = cpu_to_le32(type);
		r.header.type = cpu_to_le32(type);
		if (type != TN_MSG_INITIATION)
			CHECK_EQ(consume(&a, &i, SECOND), TN_HS_BAD);
		if (type != TN_MSG_RESPONSE)
			CHECK_EQ(finish(&a, &r), TN_HS_BAD);
	}
}

/* Keys. */

static void low_order(void)
{
	static const u8 points[][32] = {
		{ 0 },
		{ 1 },
		{ 0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae,
		  0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a,
		  0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd,
		  0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00 },
		{ 0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24,
		  0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef, 0x5b,
		  0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86,
		  0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57 },
		{ 0xec, [1 ... 30] = 0xff, 0x7f },
		{ 0xed, [1 ... 30] = 0xff, 0x7f },
		{ 0xee, [1 ... 30] = 0xff, 0x7f },
	};
	struct tn_msg_initiation i, poison;
	struct tn_msg_response r;
	struct tn_handshake before;
	struct end a, b;
	size_t n;

	for (n = 0; n < ARRAY_SIZE(points); n++) {
		test_case("point %zu", n);
		pair_init(&a, &b);
		CHECK_EQ(initiate(&a, 1, 0, 5, &i), TN_HS_OK);
		CHECK_EQ(consume(&b, &i, SECOND), TN_HS_OK);
		CHECK_EQ(respond(&b, 6, &r), TN_HS_OK);

		/* As an ephemeral key, in both messages. */
		memcpy(i.ephemeral, points[n], 32);
		before = b.hs;
		CHECK_EQ(consume(&b, &i, 2 * SECOND), TN_HS_LOW_ORDER);
		CHECK_MEM(&before, &b.hs, sizeof(before));
		memcpy(r.ephemeral, points[n], 32);
		before = a.hs;
		CHECK_EQ(finish(&a, &r), TN_HS_LOW_ORDER);
		CHECK_MEM(&before, &a.hs, sizeof(before));

		/* As an identity: can be configured, and never speaks. */
		end_meet(&a, points[n]);
		memset(&i, 0x55, sizeof(i));
		poison = i;
		CHECK_EQ(initiate(&a, 2, 0, 5, &i), TN_HS_LOW_ORDER);
		CHECK_MEM(&i, &poison, sizeof(i));
		CHECK_EQ(a.hs.state, TN_HS_ZEROED);
	}
}

/*
 * An attacker who chose a low-order identity knows the secret that it would
 * share with us, and could go on: the step must end at that secret.
 */
static void low_order_identity_in_message(void)
{
	struct tn_hs_directory dir;
	struct tn_handshake *found;
	struct tn_msg_initiation i;
	struct end a, b;

	pair_init(&a, &b);
	/* The identity that is sealed is the only thing that is wrong. */
	memset(a.id.public, 0, TN_KEY_LEN);
	CHECK_EQ(initiate(&a, 1, 0, 5, &i), TN_HS_OK);
	end_meet(&b, a.id.public);
	dir = directory(&b);
	CHECK_EQ(tn_handshake_consume_initiation(&b.id, &i, &dir, SECOND,
						 &found), TN_HS_LOW_ORDER);
	CHECK_EQ(b.lookups, 1);
	CHECK_EQ(b.references, 0);
	CHECK_EQ(b.hs.state, TN_HS_ZEROED);
}

static void no_identity(void)
{
	struct tn_msg_initiation i, j;
	struct tn_msg_response r;
	u8 zero[32] = {};
	struct end a, b;

	pair_init(&a, &b);
	CHECK_EQ(initiate(&a, 1, 0, 5, &i), TN_HS_OK);
	CHECK_EQ(consume(&b, &i, SECOND), TN_HS_OK);
	CHECK_EQ(respond(&b, 6, &r), TN_HS_OK);

	CHECK(!identity_set(&a, zero));
	CHECK(!identity_set(&b, NULL));
	CHECK(!memchr_inv(a.id.private, 0, 32) && !memchr_inv(a.id.public, 0, 32));
	CHECK_EQ(initiate(&a, 2, 0, 5, &j), TN_HS_NO_IDENTITY);
	CHECK_EQ(consume(&b, &i, SECOND), TN_HS_NO_IDENTITY);
	CHECK_EQ(b.lookups, 1);
	CHECK_EQ(finish(&a, &r), TN_HS_NO_IDENTITY);
	CHECK_EQ(a.hs.state, TN_HS_CREATED_INITIATION);
}

static void key_change(void)
{
	u8 key[TN_KEY_LEN];
	struct end a, b;

	pair_init(&a, &b);
	CHECK_EQ(a.hs.static_generation, 0);
	CHECK_IN(whole(&a, &b, 1));
	CHECK_EQ(a.hs.static_generation, a.id.generation);

	tn_dh_keygen(key);
	CHECK(identity_set(&a, key));
	CHECK(a.hs.static_generation != a.id.generation);
	end_meet(&b, a.id.public);
	CHECK_IN(whole(&a, &b, 2));
	CHECK_IN(whole(&b, &a, 2));

	/* The key is kept in its clamped form. */
	memset(key, 0xff, 32);
	CHECK(identity_set(&a, key));
	CHECK_EQ(a.id.private[0], 0xf8);
	CHECK_EQ(a.id.private[31], 0x7f);
}

static void unknown_peer(void)
{
	struct tn_msg_initiation i;
	struct end a, b, c;

	pair_init(&a, &b);
	CHECK_EQ(initiate(&a, 1, 0, 5, &i), TN_HS_OK);
	b.knows_peer = false;
	CHECK_EQ(consume(&b, &i, SECOND), TN_HS_UNKNOWN_PEER);
	CHECK_EQ(b.hs.state, TN_HS_ZEROED);
	b.knows_peer = true;

	/* For somebody else: not even the sender can be read. */
	pair_init(&a, &c);
	CHECK_EQ(consume(&c, &i, SECOND), TN_HS_BAD);
	CHECK_EQ(c.lookups, 0);
	CHECK_EQ(consume(&b, &i, SECOND), TN_HS_OK);
}

static void preshared_key(void)
{
	static const u8 one[32] = { 1 }, two[32] = { 2 }, none[32];
	static const struct {
		const char *name;
		const u8 *a, *b;
		bool ok;
	} cases[] = {
		{ "the same", one, one, true },
		{ "none", none, none, true },
		{ "initiator only", one, none, false },
		{ "responder only", none, one, false },
		{ "different", one, two, false },
	};
	struct tn_msg_initiation i;
	struct tn_msg_response r;
	struct end a, b;
	size_t n;

	for (n = 0; n < ARRAY_SIZE(cases); n++) {
		test_case("%s", cases[n].name);
		pair_init(&a, &b);
		tn_handshake_set_psk(&a.hs, cases[n].a);
		tn_handshake_set_psk(&b.hs, cases[n].b);
		CHECK_EQ(initiate(&a, 1, 0, 5, &i), TN_HS_OK);
		CHECK_EQ(consume(&b, &i, SECOND), TN_HS_OK);
		CHECK_EQ(respond(&b, 6, &r), TN_HS_OK);
		CHECK_EQ(finish(&a, &r), cases[n].ok ? TN_HS_OK : TN_HS_BAD);
	}
}

/* Time. */

static void timestamps(void)
{
	static const struct {
		const char *name;
		s64 sec;
		long nsec;
		enum tn_hs_result result;
	} cases[] = {
		{ "first", 1000, 0, TN_HS_OK },
		{ "the same", 1000, 0, TN_HS_REPLAY },
		{ "same grain", 1000, GRAIN - 1, TN_HS_REPLAY },
		{ "next grain", 1000, GRAIN, TN_HS_OK },
		{ "grain before", 1000, GRAIN - 1, TN_HS_REPLAY },
		{ "last grain of the second", 1000, 999999999, TN_HS_OK },
		{ "same, at its beginning", 1000, 59 * GRAIN, TN_HS_REPLAY },
		{ "next second", 1001, 0, TN_HS_OK },
		{ "second before", 1000, 999999999, TN_HS_REPLAY },
		{ "the epoch", 0, 0, TN_HS_REPLAY },
		{ "before the epoch", -5, 0, TN_HS_REPLAY },
		{ "byte boundary", 65536, 0, TN_HS_OK },
		{ "below it", 65535, 999999999, TN_HS_REPLAY },
		{ "beyond 32 bits", 1LL << 33, 0, TN_HS_OK },
		{ "below 32 bits", U32_MAX, 999999999, TN_HS_REPLAY },
	};
	struct tn_msg_initiation i;
	struct tn_handshake before;
	u64 now_ns = SECOND;
	struct end a, b;
	size_t n;

	pair_init(&a, &b);
	for (n = 0; n < ARRAY_SIZE(cases); n++) {
		test_case("%s", cases[n].name);
		before = b.hs;
		now_ns += SECOND;
		CHECK_EQ(initiate(&a, cases[n].sec, cases[n].nsec, n, &i),
			 TN_HS_OK);
		CHECK_EQ(consume(&b, &i, now_ns), cases[n].result);
		if (cases[n].result != TN_HS_OK)
			CHECK_MEM(&b.hs, &before, sizeof(before));
	}
}

/* Clearing does not open the door to old initiations; a new peer object does. */
static void replay_after_clear(void)
{
	struct tn_session_keys keys;
	struct tn_msg_initiation i;
	struct tn_msg_response r;
	struct end a, b;

	pair_init(&a, &b);
	CHECK_EQ(initiate(&a, 9, 0, 5, &i), TN_HS_OK);
	CHECK_EQ(consume(&b, &i, SECOND), TN_HS_OK);
	tn_handshake_clear(&b.hs);
	CHECK_EQ(consume(&b, &i, 2 * SECOND), TN_HS_REPLAY);

	CHECK_EQ(initiate(&a, 10, 0, 5, &i), TN_HS_OK);
	CHECK_EQ(consume(&b, &i, 3 * SECOND), TN_HS_OK);
	CHECK_EQ(respond(&b, 6, &r), TN_HS_OK);
	CHECK(tn_handshake_begin_session(&b.hs, &keys));
	CHECK_EQ(consume(&b, &i, 4 * SECOND), TN_HS_REPLAY);

	end_meet(&b, a.id.public);
	CHECK_EQ(consume(&b, &i, 5 * SECOND), TN_HS_OK);
}

static void flood(void)
{
	static const struct {
		const char *name;
		u64 now_ns;
		enum tn_hs_result result;
	} cases[] = {
		{ "first, at boot", 1, TN_HS_OK },
		{ "at once", 1, TN_HS_FLOOD },
		{ "just before 20 ms", 20000000, TN_HS_FLOOD },
		{ "after 20 ms", 20000001, TN_HS_OK },
		{ "1 ms later", 21000001, TN_HS_FLOOD },
		{ "much later", 100 * SECOND, TN_HS_OK },
	};
	struct tn_msg_initiation i;
	struct tn_handshake before;
	struct end a, b;
	size_t n;

	pair_init(&a, &b);
	for (n = 0; n < ARRAY_SIZE(cases); n++) {
		test_case("%s", cases[n].name);
		before = b.hs;
		CHECK_EQ(initiate(&a, 1 + n, 0, n, &i), TN_HS_OK);
		CHECK_EQ(consume(&b, &i, cases[n].now_ns), cases[n].result);
		if (cases[n].result != TN_HS_OK)
			CHECK_MEM(&b.hs, &before, sizeof(before));
	}
	/* A refused one was not used up. */
	test_case("refused one again");
	CHECK_EQ(initiate(&a, 100, 0, 5, &i), TN_HS_OK);
	CHECK_EQ(consume(&b, &i, 100 * SECOND + 1), TN_HS_FLOOD);
	CHECK_EQ(consume(&b, &i, 101 * SECOND), TN_HS_OK);
}

static const struct test tests[] = {
	TEST(flip_initiation),
	TEST(flip_response),
	TEST(truncation),
	TEST(wrong_type),
	TEST(low_order),
	TEST(low_order_identity_in_message),
	TEST(no_identity),
	TEST(key_change),
	TEST(unknown_peer),
	TEST(preshared_key),
	TEST(timestamps),
	TEST(replay_after_clear),
	TEST(flood),
};

TEST_MAIN(tests)
