// SPDX-License-Identifier: GPL-2.0-only
#include "cookie.h"

#include "crypto.h"
#include "host.h"
#include "test.h"

#define SECOND	NSEC_PER_SEC
#define T0	(1000 * SECOND)

static const struct tn_source v4 = {
	.addr = { 192, 0, 2, 1 }, .port = 0x1234,
};

/* A responder, a sender to it, and a message between them. */
struct scene {
	struct tn_cookie_checker checker;
	struct tn_cookie cookie;
	u8 public[TN_KEY_LEN];
	struct tn_msg_initiation msg;
	struct tn_msg_cookie reply;
};

static void scene_init(struct scene *s)
{
	memset(s, 0, sizeof(*s));
	get_random_bytes(s->public, sizeof(s->public));
	get_random_bytes(&s->msg, sizeof(s->msg));
	tn_cookie_checker_init(&s->checker);
	tn_cookie_checker_update_keys(&s->checker, s->public);
	tn_cookie_init(&s->cookie, s->public);
}

static void post(struct scene *s, u64 now_ns)
{
	s->msg.ephemeral[0]++;
	tn_cookie_add_macs(&s->cookie, &s->msg, sizeof(s->msg), now_ns);
}

static enum tn_mac_state check(struct scene *s, const struct tn_source *source,
			       u64 now_ns)
{
	return tn_cookie_check(&s->checker, &s->msg, sizeof(s->msg), source,
			       true, now_ns);
}

static bool answer(struct scene *s, const struct tn_source *source, u64 now_ns)
{
	return tn_cookie_reply_create(&s->checker, &s->msg, sizeof(s->msg),
				      s->msg.sender_index, source, now_ns,
				      &s->reply);
}

/* Send, be told a cookie, take it. */
static void get_cookie(struct scene *s, u64 now_ns)
{
	post(s, now_ns);
	CHECK_EQ(check(s, &v4, now_ns), TN_MAC_VALID);
	CHECK(answer(s, &v4, now_ns));
	CHECK(tn_cookie_reply_consume(&s->cookie, &s->reply, now_ns));
}

static void known_cookie(const struct vector *v)
{
	const u8 *public = vector_get(v, "responder_public", 32);
	size_t len = vector_len(v, "message");
	struct tn_source source = { .is_v6 = vector_len(v, "address") == 16 };
	struct tn_cookie_checker checker;
	struct tn_msg_cookie reply;
	struct tn_cookie cookie;
	u8 msg[200];

	memcpy(source.addr, vector_get(v, "address", SIZE_MAX),
	       vector_len(v, "address"));
	source.port = cpu_to_be16(vector_u64(v, "port"));
	tn_cookie_checker_init(&checker);
	tn_cookie_checker_update_keys(&checker, public);
	tn_cookie_init(&cookie, public);

	CHECK(len <= sizeof(msg));
	memset(msg, 0x55, sizeof(msg));
	memcpy(msg, vector_get(v, "message", len), len - 32);
	tn_cookie_add_macs(&cookie, msg, len, T0);
	CHECK_MEM(msg, vector_get(v, "message", len), len);
	CHECK_MEM(cookie.last_mac1, vector_get(v, "mac1", 16), 16);
	CHECK_EQ(tn_cookie_check(&checker, msg, len, &source, true, T0),
		 TN_MAC_VALID);

	host_random_queue(vector_get(v, "nonce", 24), 24);
	host_random_queue(vector_get(v, "secret", 32), 32);
	CHECK(tn_cookie_reply_create(&checker, msg, len,
				     get_unaligned((__le32 *)(msg + 4)),
				     &source, T0, &reply));
	CHECK_MEM(&reply, vector_get(v, "reply", sizeof(reply)), sizeof(reply));
	CHECK(tn_cookie_reply_consume(&cookie, &reply, T0));
	CHECK_MEM(cookie.cookie, vector_get(v, "cookie", 16), 16);

	tn_cookie_add_macs(&cookie, msg, len, T0);
	CHECK_MEM(msg, vector_get(v, "message_with_mac2", len), len);
	CHECK_EQ(tn_cookie_check(&checker, msg, len, &source, true, T0),
		 TN_MAC_VALID_COOKIE);
}

static void known_answers(void)
{
	test_vectors("cookie.txt", known_cookie);
}

static void mac1(void)
{
	struct scene s, other;

	scene_init(&s);
	scene_init(&other);
	post(&s, T0);
	CHECK_EQ(check(&s, &v4, T0), TN_MAC_VALID);
	CHECK(!memchr_inv(s.msg.macs.mac2, 0, TN_MAC_LEN));

	test_case("meant for another");
	CHECK_EQ(tn_cookie_check(&other.checker, &s.msg, sizeof(s.msg), &v4,
				 false, T0), TN_MAC_INVALID);
	test_case("keys taken away");
	tn_cookie_checker_update_keys(&s.checker, NULL);
	CHECK_EQ(check(&s, &v4, T0), TN_MAC_INVALID);
	CHECK(!answer(&s, &v4, T0));
	test_case("keys changed");
	tn_cookie_checker_update_keys(&s.checker, other.public);
	CHECK_EQ(check(&s, &v4, T0), TN_MAC_INVALID);
	test_case("never had keys");
	tn_cookie_checker_init(&s.checker);
	CHECK_EQ(check(&s, &v4, T0), TN_MAC_INVALID);
}

static void mac2_not_asked_for(void)
{
	struct scene s;

	scene_init(&s);
	CHECK_IN(get_cookie(&s, T0));
	post(&s, T0);
	CHECK_EQ(check(&s, &v4, T0), TN_MAC_VALID_COOKIE);
	CHECK_EQ(tn_cookie_check(&s.checker, &s.msg, sizeof(s.msg), &v4, false,
				 T0), TN_MAC_VALID);
	s.msg.macs.mac2[3] ^= 1;
	CHECK_EQ(tn_cookie_check(&s.checker, &s.msg, sizeof(s.msg), &v4, false,
				 T0), TN_MAC_VALID);
	CHECK_EQ(check(&s, &v4, T0), TN_MAC_VALID);
}

static void bound_to_source(void)
{
	static const struct {
		const char *name;
		struct tn_source source;
		enum tn_mac_state state;
	} cases[] = {
		{ "same", { { 192, 0, 2, 1 }, 0x1234, false },
		  TN_MAC_VALID_COOKIE },
		{ "other address", { { 192, 0, 2, 2 }, 0x1234 },
		  TN_MAC_VALID },
		{ "other port", { { 192, 0, 2, 1 }, 0x1235 },
		  TN_MAC_VALID },
		{ "port swapped", { { 192, 0, 2, 1 }, 0x3412 },
		  TN_MAC_VALID },
		{ "IPv6", { { 192, 0, 2, 1 }, 0x1234, true },
		  TN_MAC_VALID },
		{ "rest of the IPv4 field",
		  { { 192, 0, 2, 1, 9, 9 }, 0x1234, false },
		  TN_MAC_VALID_COOKIE },
	};
	struct scene s;
	size_t n;

	scene_init(&s);
	CHECK_IN(get_cookie(&s, T0));
	post(&s, T0);
	for (n = 0; n < ARRAY_SIZE(cases); n++) {
		test_case("%s", cases[n].name);
		CHECK_EQ(check(&s, &cases[n].source, T0), cases[n].state);
	}
}

/* The verifier's secret: 120 s. The sender's cookie: 115 s. */
static void ages(void)
{
	static const struct {
		const char *name;
		u64 age_ns;
		bool sent;
		enum tn_mac_state state;
	} cases[] = {
		{ "fresh", 0, true, TN_MAC_VALID_COOKIE },
		{ "just below 115 s", 115 * SECOND - 1, true,
		  TN_MAC_VALID_COOKIE },
		{ "115 s", 115 * SECOND, false, TN_MAC_VALID },
		{ "a day", 86400 * SECOND, false, TN_MAC_VALID },
	};
	struct scene s;
	size_t n;

	for (n = 0; n < ARRAY_SIZE(cases); n++) {
		test_case("%s", cases[n].name);
		scene_init(&s);
		CHECK_IN(get_cookie(&s, T0));
		post(&s, T0 + cases[n].age_ns);
		CHECK_EQ(!!memchr_inv(s.msg.macs.mac2, 0, TN_MAC_LEN),
			 cases[n].sent);
		CHECK_EQ(check(&s, &v4, T0 + cases[n].age_ns), cases[n].state);
	}

	test_case("secret just below 120 s");
	scene_init(&s);
	CHECK_IN(get_cookie(&s, T0));
	post(&s, T0);
	CHECK_EQ(check(&s, &v4, T0 + 120 * SECOND - 1), TN_MAC_VALID_COOKIE);
	test_case("secret at 120 s");
	CHECK_EQ(check(&s, &v4, T0 + 120 * SECOND), TN_MAC_VALID);
}

static void secret_renewal(void)
{
	u8 first[TN_HASH_LEN];
	struct scene s;

	scene_init(&s);
	CHECK_IN(get_cookie(&s, T0));
	memcpy(first, s.checker.secret, sizeof(first));
	CHECK_IN(get_cookie(&s, T0 + 120 * SECOND - 1));
	CHECK_MEM(first, s.checker.secret, sizeof(first));
	CHECK_IN(get_cookie(&s, T0 + 120 * SECOND));
	CHECK(memcmp(first, s.checker.secret, sizeof(first)));
	post(&s, T0 + 120 * SECOND);
	CHECK_EQ(check(&s, &v4, T0 + 120 * SECOND), TN_MAC_VALID_COOKIE);
}

/*
 * A machine that has just booted: the clock is near zero. Before the first
 * secret is drawn, no cookie is good, least of all one made with zeros.
 */
static void at_boot(void)
{
	u8 zeros[TN_HASH_LEN] = {}, forged[TN_MAC_LEN], from[6];
	struct scene s;

	scene_init(&s);
	post(&s, 0);
	memcpy(from, v4.addr, 4);
	memcpy(from + 4, &v4.port, 2);
	tn_blake2s(forged, TN_MAC_LEN, from, sizeof(from), zeros, TN_HASH_LEN);
	tn_blake2s(s.msg.macs.mac2, TN_MAC_LEN, &s.msg,
		   sizeof(s.msg) - TN_MAC_LEN, forged, TN_MAC_LEN);
	CHECK_EQ(check(&s, &v4, 0), TN_MAC_VALID);

	post(&s, 0);
	CHECK_EQ(check(&s, &v4, 0), TN_MAC_VALID);
	CHECK_IN(get_cookie(&s, 0));
	post(&s, 1);
	CHECK_EQ(check(&s, &v4, 1), TN_MAC_VALID_COOKIE);
}

static void reply_once(void)
{
	struct tn_msg_cookie first;
	struct tn_cookie before;
	struct scene s;

	scene_init(&s);
	test_case("nothing was sent");
	get_random_bytes(&s.reply, sizeof(s.reply));
	CHECK(answer(&s, &v4, T0));
	CHECK(!tn_cookie_reply_consume(&s.cookie, &s.reply, T0));

	test_case("taken once");
	CHECK_IN(get_cookie(&s, T0));
	first = s.reply;
	before = s.cookie;
	CHECK(!tn_cookie_reply_consume(&s.cookie, &first, T0 + SECOND));
	CHECK_MEM(&s.cookie, &before, sizeof(before));

	test_case("after the next message");
	post(&s, T0);
	before = s.cookie;
	CHECK(!tn_cookie_reply_consume(&s.cookie, &first, T0 + SECOND));
	CHECK_MEM(&s.cookie, &before, sizeof(before));
	CHECK(answer(&s, &v4, T0));
	CHECK(tn_cookie_reply_consume(&s.cookie, &s.reply, T0));
}

static void flip_reply(void)
{
	struct tn_msg_cookie bad;
	struct tn_cookie before;
	struct scene s;
	size_t bit, at;

	scene_init(&s);
	post(&s, T0);
	CHECK(answer(&s, &v4, T0));
	before = s.cookie;
	for (bit = 0; bit < 8 * sizeof(bad); bit++) {
		at = bit / 8;
		test_case("bit %zu of byte %zu", bit % 8, at);
		bad = s.reply;
		((u8 *)&bad)[at] ^= 1 << bit % 8;
		/* The receiver's index has done its work when we get here. */
		if (at >= 4 && at < 8)
			continue;
		CHECK(!tn_cookie_reply_consume(&s.cookie, &bad, T0));
		CHECK_MEM(&s.cookie, &before, sizeof(before));
	}
	test_case("unchanged");
	CHECK(tn_cookie_reply_consume(&s.cookie, &s.reply, T0));
}

static void reply_from_another(void)
{
	struct scene s, other;

	scene_init(&s);
	scene_init(&other);
	post(&s, T0);
	CHECK(tn_cookie_reply_create(&other.checker, &s.msg, sizeof(s.msg),
				     s.msg.sender_index, &v4, T0, &s.reply));
	CHECK(!tn_cookie_reply_consume(&s.cookie, &s.reply, T0));
}

static void short_messages(void)
{
	struct tn_msg_cookie reply;
	struct scene s;
	size_t n;
	u8 *msg;

	scene_init(&s);
	for (n = 0; n < 32; n++) {
		test_case("%zu bytes", n);
		msg = calloc(1, n ?: 1);
		CHECK_EQ(tn_cookie_check(&s.checker, msg, n, &v4, true, T0),
			 TN_MAC_INVALID);
		CHECK(!tn_cookie_reply_create(&s.checker, msg, n, 0, &v4, T0,
					      &reply));
		free(msg);
	}
}

static void wiping(void)
{
	struct scene s;

	scene_init(&s);
	CHECK_IN(get_cookie(&s, T0));
	tn_cookie_done(&s.cookie);
	CHECK(!memchr_inv(&s.cookie, 0, sizeof(s.cookie)));
	tn_cookie_checker_done(&s.checker);
	CHECK(!memchr_inv(&s.checker, 0, sizeof(s.checker)));
}

static const struct test tests[] = {
	TEST(known_answers),
	TEST(mac1),
	TEST(mac2_not_asked_for),
	TEST(bound_to_source),
	TEST(ages),
	TEST(secret_renewal),
	TEST(at_boot),
	TEST(reply_once),
	TEST(flip_reply),
	TEST(reply_from_another),
	TEST(short_messages),
	TEST(wiping),
};

TEST_MAIN(tests)
