// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "base/array.h"
#include "base/err.h"
#include "fail_alloc.h"
#include "wire/tka_rpc.h"

#define HASH "DQRVGSEOBA746CKVRNIXDBWKJIQGWJUSY7AWXFR342MOYJU3NCXA"
#define HEX "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"
#define WHO "{\"Version\":113,\"NodeKey\":\"nodekey:" HEX "\""

static const struct tka_caller caller = {
	.version = 113,
	.node_key = { { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
			17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30,
			31, 32 } },
};
static const uint8_t abc[] = { 'a', 'b', 'c' };
static const struct bytes some = { abc, sizeof(abc) };

static struct aum_hash head;

static bool parse_head(void)
{
	return aum_hash_parse(HASH, strlen(HASH), &head) == 0;
}

static void check_body(int r, struct secret_buf *body, const char *known)
{
	CHECK_EQ(r, 0);
	CHECK_EQ(body->len, strlen(known));
	CHECK_MEM(body->data, known, body->len);
	secret_buf_done(body);
}

static void requests(void)
{
	const struct tka_node_sig sigs[] = { { 7, some },
					     { INT64_MAX, some } };
	struct secret_buf body = { 0 };
	struct lock_offer offer = { .ancestor = &head, .n = 1 };
	int r;

	CHECK(parse_head());
	offer.head = head;
	r = tka_init_begin_build(&caller, some, &body);
	CHECK_IN(check_body(r, &body, WHO ",\"GenesisAUM\":\"YWJj\"}"));
	r = tka_init_finish_build(&caller, sigs, 2, some, &body);
	CHECK_IN(check_body(r, &body, WHO ",\"Signatures\":{\"7\":\"YWJj\","
			    "\"9223372036854775807\":\"YWJj\"},"
			    "\"SupportDisablement\":\"YWJj\"}"));
	r = tka_init_finish_build(&caller, NULL, 0, (struct bytes){ 0 },
				  &body);
	CHECK_IN(check_body(r, &body, WHO ",\"Signatures\":{}}"));
	r = tka_bootstrap_build(&caller, NULL, &body);
	CHECK_IN(check_body(r, &body, WHO ",\"Head\":\"\"}"));
	r = tka_bootstrap_build(&caller, &head, &body);
	CHECK_IN(check_body(r, &body, WHO ",\"Head\":\"" HASH "\"}"));
	r = tka_offer_build(&caller, &offer, &body);
	CHECK_IN(check_body(r, &body, WHO ",\"Head\":\"" HASH "\","
			    "\"Ancestors\":[\"" HASH "\"]}"));
	r = tka_send_build(&caller, &head, &some, 1, true, &body);
	CHECK_IN(check_body(r, &body, WHO ",\"Head\":\"" HASH "\","
			    "\"MissingAUMs\":[\"YWJj\"],"
			    "\"Interactive\":true}"));
	r = tka_send_build(&caller, &head, NULL, 0, false, &body);
	CHECK_IN(check_body(r, &body, WHO ",\"Head\":\"" HASH "\","
			    "\"MissingAUMs\":[],\"Interactive\":false}"));
	r = tka_disable_build(&caller, &head, some, &body);
	CHECK_IN(check_body(r, &body, WHO ",\"Head\":\"" HASH "\","
			    "\"DisablementSecret\":\"YWJj\"}"));
	r = tka_sign_build(&caller, some, &body);
	CHECK_IN(check_body(r, &body, WHO ",\"Signature\":\"YWJj\"}"));
	r = tka_affected_build(&caller, some, &body);
	CHECK_IN(check_body(r, &body, WHO ",\"KeyID\":\"YWJj\"}"));
}

static void answers(void)
{
	static const char nodes[] =
		"{\"NeedSignatures\":[{\"NodeID\":9007199254740993,"
		"\"NodePublic\":\"nodekey:" HEX "\",\"RotationPubkey\":null},"
		"{\"NodeID\":2,\"NodePublic\":\"nodekey:" HEX "\","
		"\"RotationPubkey\":"
		"\"AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=\"}]}";
	static const char offer_text[] =
		"{\"Head\":\"" HASH "\",\"Ancestors\":[\"" HASH "\",\"" HASH
		"\"],\"MissingAUMs\":[\"YWJj\"]}";
	static const char nulls[] =
		"{\"Head\":\"" HASH "\",\"Ancestors\":null,"
		"\"MissingAUMs\":null}";
	static const char both[] =
		"{\"GenesisAUM\":\"YWJj\",\"DisablementSecret\":\"YWI=\"}";
	static const char sigs[] = "{\"Signatures\":[\"YWJj\"]}";
	struct arena *mem auto_clean(arena) = arena_new();
	struct tka_bootstrap bootstrap;
	const struct tka_node *node;
	const struct bytes *list;
	struct tka_offer offer;
	struct aum_hash hash;
	size_t n;

	CHECK(parse_head());
	CHECK_EQ(tka_init_begin_parse(nodes, strlen(nodes), mem, NULL, &node,
				      &n), 0);
	CHECK_EQ(n, 2);
	CHECK_EQ(node[0].id, 9007199254740993);
	CHECK_EQ(node[0].has_rotation, false);
	CHECK_EQ(node[1].has_rotation, true);
	CHECK_EQ(node[1].rotation.byte[31], 32);
	CHECK_EQ(node[1].key.byte[0], 1);
	CHECK_EQ(tka_init_begin_parse("{}", 2, mem, NULL, &node, &n), 0);
	CHECK_EQ(n, 0);
	CHECK_EQ(tka_offer_parse(offer_text, strlen(offer_text), mem, NULL,
				 &offer), 0);
	CHECK(aum_hash_eq(&offer.offer.head, &head));
	CHECK_EQ(offer.offer.n, 2);
	CHECK_EQ(offer.n_missing, 1);
	CHECK(bytes_eq(offer.missing[0], some));
	CHECK_EQ(tka_offer_parse(nulls, strlen(nulls), mem, NULL, &offer), 0);
	CHECK_EQ(offer.offer.n, 0);
	CHECK_EQ(offer.n_missing, 0);
	CHECK_EQ(tka_bootstrap_parse(both, strlen(both), mem, NULL,
				     &bootstrap), 0);
	CHECK(bytes_eq(bootstrap.genesis, some));
	CHECK_EQ(bootstrap.secret.len, 2);
	CHECK_EQ(tka_bootstrap_parse("{}", 2, mem, NULL, &bootstrap), 0);
	CHECK_EQ(bootstrap.genesis.len, 0);
	CHECK_EQ(tka_send_parse(nulls, strlen(nulls), NULL, &hash), 0);
	CHECK(aum_hash_eq(&hash, &head));
	CHECK_EQ(tka_affected_parse(sigs, strlen(sigs), mem, NULL, &list, &n),
		 0);
	CHECK_EQ(n, 1);
	CHECK_EQ(tka_affected_parse("{\"Signatures\":null}", 19, mem, NULL,
				    &list, &n), 0);
	CHECK_EQ(n, 0);
	CHECK_EQ(tka_empty_parse("{}", 2, NULL), 0);
	CHECK_EQ(tka_empty_parse("[]", 2, NULL), TNE_JSON);
}

enum answer { BEGIN, BOOTSTRAP, OFFER, SEND, AFFECTED };

static int parse(enum answer answer, const char *text, size_t len)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct err_detail detail = { "" };
	struct tka_bootstrap bootstrap;
	const struct tka_node *node;
	const struct bytes *list;
	struct tka_offer offer;
	struct aum_hash hash;
	size_t n;

	if (!mem)
		return -1;
	switch (answer) {
	case BEGIN:
		return tka_init_begin_parse(text, len, mem, &detail, &node,
					    &n);
	case BOOTSTRAP:
		return tka_bootstrap_parse(text, len, mem, &detail,
					   &bootstrap);
	case OFFER:
		return tka_offer_parse(text, len, mem, &detail, &offer);
	case SEND:
		return tka_send_parse(text, len, &detail, &hash);
	case AFFECTED:
		return tka_affected_parse(text, len, mem, &detail, &list, &n);
	}
	return 0;
}

static void refuses(void)
{
	static const struct {
		const char *name;
		enum answer answer;
		const char *text;
	} cases[] = {
		{ "nodes no array", BEGIN, "{\"NeedSignatures\":{}}" },
		{ "node no object", BEGIN, "{\"NeedSignatures\":[1]}" },
		{ "node without id", BEGIN,
		  "{\"NeedSignatures\":[{\"NodePublic\":\"nodekey:" HEX
		  "\"}]}" },
		{ "node id 0", BEGIN,
		  "{\"NeedSignatures\":[{\"NodeID\":0,\"NodePublic\":\"nodekey:"
		  HEX "\"}]}" },
		{ "node id a text", BEGIN,
		  "{\"NeedSignatures\":[{\"NodeID\":\"1\","
		  "\"NodePublic\":\"nodekey:" HEX "\"}]}" },
		{ "node without key", BEGIN,
		  "{\"NeedSignatures\":[{\"NodeID\":1}]}" },
		{ "another kind of key", BEGIN,
		  "{\"NeedSignatures\":[{\"NodeID\":1,\"NodePublic\":\"mkey:"
		  HEX "\"}]}" },
		{ "short rotation key", BEGIN,
		  "{\"NeedSignatures\":[{\"NodeID\":1,\"NodePublic\":\"nodekey:"
		  HEX "\",\"RotationPubkey\":\"YWJj\"}]}" },
		{ "genesis no base64", BOOTSTRAP, "{\"GenesisAUM\":\"?\"}" },
		{ "genesis a number", BOOTSTRAP, "{\"GenesisAUM\":1}" },
		{ "secret an array", BOOTSTRAP, "{\"DisablementSecret\":[]}" },
		{ "no head", OFFER, "{}" },
		{ "empty head", OFFER, "{\"Head\":\"\"}" },
		{ "lower case head", OFFER,
		  "{\"Head\":\"dqrvgseoba746ckvrnixdbwkjiqgwjusy7awxfr342moyju3ncxa\"}" },
		{ "ancestor too short", OFFER,
		  "{\"Head\":\"" HASH "\",\"Ancestors\":[\"A\"]}" },
		{ "ancestor null", OFFER,
		  "{\"Head\":\"" HASH "\",\"Ancestors\":[null]}" },
		{ "update null", OFFER,
		  "{\"Head\":\"" HASH "\",\"MissingAUMs\":[null]}" },
		{ "update empty", OFFER,
		  "{\"Head\":\"" HASH "\",\"MissingAUMs\":[\"\"]}" },
		{ "updates a text", OFFER,
		  "{\"Head\":\"" HASH "\",\"MissingAUMs\":\"YWJj\"}" },
		{ "head a number", SEND, "{\"Head\":1}" },
		{ "no head, again", SEND, "{\"head\":\"" HASH "\"}" },
		{ "signature a number", AFFECTED, "{\"Signatures\":[1]}" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].name);
		CHECK_EQ(parse(cases[i].answer, cases[i].text,
			       strlen(cases[i].text)), TNE_JSON_VALUE);
	}
}

static void refuses_truncation(void)
{
	static const char text[] =
		"{\"Head\":\"" HASH "\",\"Ancestors\":[\"" HASH "\"],"
		"\"MissingAUMs\":[\"YWJj\"]}";
	size_t n;

	for (n = 0; n < strlen(text); n++) {
		char *copy = malloc(n ? n : 1);

		memcpy(copy, text, n);
		test_case("%zu bytes", n);
		CHECK(parse(OFFER, copy, n) < 0);
		free(copy);
	}
}

static void lists_have_a_limit(void)
{
	size_t n, size = (TKA_UPDATES_MAX + 1) * 7 + 100;
	char *text = malloc(size);
	int len, extra;

	for (extra = 0; extra < 2; extra++) {
		len = sprintf(text, "{\"Head\":\"" HASH
			      "\",\"MissingAUMs\":[\"YWJj\"");
		for (n = 1; n < TKA_UPDATES_MAX + (size_t)extra; n++)
			len += sprintf(text + len, ",\"YWJj\"");
		len += sprintf(text + len, "]}");
		CHECK_EQ(parse(OFFER, text, len),
			 extra ? TNE_JSON_VALUE : 0);
	}
	free(text);
}

static int build_and_parse(void *ctx)
{
	static const char text[] =
		"{\"Head\":\"" HASH "\",\"Ancestors\":[\"" HASH "\"],"
		"\"MissingAUMs\":[\"YWJj\"]}";
	struct secret_buf body = { 0 };
	int r;

	(void)ctx;
	r = tka_send_build(&caller, &head, &some, 1, true, &body);
	secret_buf_done(&body);
	return r < 0 ? r : parse(OFFER, text, strlen(text));
}

static void every_allocation_may_fail(void)
{
	CHECK(parse_head());
	CHECK(fail_alloc_each(build_and_parse, NULL) >= 2);
}

static const struct test tests[] = {
	TEST(requests),
	TEST(answers),
	TEST(refuses),
	TEST(refuses_truncation),
	TEST(lists_have_a_limit),
	TEST(every_allocation_may_fail),
};
TEST_MAIN(tests)
