// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "base/array.h"
#include "base/err.h"
#include "fail_alloc.h"
#include "wire/lock_local.h"

#define B(s) { (const uint8_t *)(s), sizeof(s) - 1 }
#define ID "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
#define NULLS "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define HEX "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"
#define ZERO "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define HASH "DQRVGSEOBA746CKVRNIXDBWKJIQGWJUSY7AWXFR342MOYJU3NCXA"
#define KEY "{\"Kind\":1,\"Votes\":2,\"Public\":\"" ID "\"," \
	"\"Meta\":{\"bb\":\"x\",\"c\":\"y\"}}"

static void begin_requests(void)
{
	static const char text[] =
		"{\"Keys\":[" KEY "],\"DisablementValues\":[\"YWJj\"],"
		"\"SupportDisablement\":\"YWI=\"}";
	struct arena *mem auto_clean(arena) = arena_new();
	struct lock_local_init init;

	CHECK_EQ(lock_local_init_parse(text, strlen(text), mem, NULL, &init),
		 0);
	CHECK_EQ(init.n_keys, 1);
	CHECK_EQ(init.keys[0].kind, LOCK_KEY_25519);
	CHECK_EQ(init.keys[0].votes, 2);
	CHECK(init.keys[0].id.set);
	CHECK_EQ(init.keys[0].id.b.len, KEY_LEN);
	/* In the order of the encoding, the shorter name first. */
	CHECK_EQ(init.keys[0].meta.n, 2);
	CHECK_EQ(init.keys[0].meta.item[0].name.data[0], 'c');
	CHECK_EQ(init.keys[0].meta.item[1].value.data[0], 'x');
	CHECK_EQ(init.n_values, 1);
	CHECK_EQ(init.values[0].len, 3);
	CHECK_EQ(init.support.len, 2);
	CHECK_EQ(lock_local_init_parse("{\"Keys\":null}", 13, mem, NULL,
				       &init), 0);
	CHECK_EQ(init.n_keys, 0);
}

static void sign_requests(void)
{
	static const struct {
		const char *text;
		bool rotation;
	} cases[] = {
		{ "{\"NodeKey\":\"nodekey:" HEX "\"}", false },
		{ "{\"NodeKey\":\"nodekey:" HEX "\",\"RotationPublic\":null}",
		  false },
		{ "{\"NodeKey\":\"nodekey:" HEX "\",\"RotationPublic\":\""
		  ID "\"}", true },
		/* A key for which everyone can sign. */
		{ "{\"NodeKey\":\"nodekey:" HEX "\",\"RotationPublic\":\""
		  NULLS "\"}", false },
	};
	struct arena *mem auto_clean(arena) = arena_new();
	struct lock_local_sign sign;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%zu", i);
		CHECK_EQ(lock_local_sign_parse(cases[i].text,
					       strlen(cases[i].text), mem,
					       NULL, &sign), 0);
		CHECK_EQ(sign.node.byte[31], 32);
		CHECK_EQ(sign.has_rotation, cases[i].rotation);
	}
}

static void change_requests(void)
{
	static const char text[] =
		"{\"AddKeys\":[" KEY "," KEY "],\"RemoveKeys\":[" KEY "]}";
	static const char recovery_text[] =
		"{\"Keys\":[\"" ID "\"],\"ForkFrom\":\"" HASH "\"}";
	static const char automatic[] =
		"{\"Keys\":[\"" ID "\"],\"ForkFrom\":\"" ZERO "\"}";
	static const char empty[] = "{\"Keys\":[],\"ForkFrom\":\"\"}";
	struct arena *mem auto_clean(arena) = arena_new();
	struct lock_local_recovery recovery;
	struct lock_local_modify modify;

	CHECK_EQ(lock_local_modify_parse(text, strlen(text), mem, NULL,
					 &modify), 0);
	CHECK_EQ(modify.n_add, 2);
	CHECK_EQ(modify.n_remove, 1);
	CHECK_EQ(lock_local_recovery_parse(recovery_text,
					   strlen(recovery_text), mem, NULL,
					   &recovery), 0);
	CHECK_EQ(recovery.n, 1);
	CHECK(recovery.has_fork);
	CHECK_EQ(lock_local_recovery_parse(automatic, strlen(automatic), mem,
					   NULL, &recovery), 0);
	CHECK(!recovery.has_fork);
	CHECK_EQ(lock_local_recovery_parse(empty, strlen(empty), mem, NULL,
					   &recovery), 0);
	CHECK(!recovery.has_fork && recovery.n == 0);
}

enum request { INIT, SIGN, MODIFY, RECOVERY };

static int parse(enum request request, const char *text)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct err_detail detail = { "" };
	struct lock_local_recovery recovery;
	struct lock_local_modify modify;
	struct lock_local_init init;
	struct lock_local_sign sign;
	size_t len = strlen(text);

	if (!mem)
		return -1;
	switch (request) {
	case INIT:
		return lock_local_init_parse(text, len, mem, &detail, &init);
	case SIGN:
		return lock_local_sign_parse(text, len, mem, &detail, &sign);
	case MODIFY:
		return lock_local_modify_parse(text, len, mem, &detail,
					       &modify);
	case RECOVERY:
		return lock_local_recovery_parse(text, len, mem, &detail,
						 &recovery);
	}
	return 0;
}

static void refuses(void)
{
	static const struct {
		const char *name;
		enum request request;
		const char *text;
	} cases[] = {
		{ "keys no array", INIT, "{\"Keys\":{}}" },
		{ "key no object", INIT, "{\"Keys\":[1]}" },
		{ "key null", INIT, "{\"Keys\":[null]}" },
		{ "kind above a byte", INIT, "{\"Keys\":[{\"Kind\":256}]}" },
		{ "votes below zero", INIT, "{\"Keys\":[{\"Votes\":-1}]}" },
		{ "votes a text", INIT, "{\"Keys\":[{\"Votes\":\"1\"}]}" },
		{ "public no base64", INIT, "{\"Keys\":[{\"Public\":\"!\"}]}" },
		{ "notes an array", INIT, "{\"Keys\":[{\"Meta\":[]}]}" },
		{ "a note is a number", INIT,
		  "{\"Keys\":[{\"Meta\":{\"a\":1}}]}" },
		{ "value null", INIT, "{\"DisablementValues\":[null]}" },
		{ "no node key", SIGN, "{}" },
		{ "another key", SIGN, "{\"NodeKey\":\"mkey:" HEX "\"}" },
		{ "short rotation key", SIGN,
		  "{\"NodeKey\":\"nodekey:" HEX "\",\"RotationPublic\":\"YWJj\"}" },
		{ "removed is a text", MODIFY, "{\"RemoveKeys\":[\"x\"]}" },
		{ "fork is no hash", RECOVERY, "{\"ForkFrom\":\"x\"}" },
		{ "fork is too long", RECOVERY,
		  "{\"ForkFrom\":\"" HASH "A\"}" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].name);
		CHECK_EQ(parse(cases[i].request, cases[i].text),
			 TNE_JSON_VALUE);
	}
	CHECK_EQ(parse(INIT, ""), TNE_JSON);
	CHECK_EQ(parse(INIT, "[]"), TNE_JSON);
}

static const struct lock_meta_pair pairs[] = {
	{ B("b"), B("2") },
	{ B("aa"), B("1") },
};
static const uint8_t key_id[KEY_LEN] = { 5 };
static const struct lock_key keys[] = {
	{ .kind = 1, .votes = 3, .id = { true, { key_id, KEY_LEN } },
	  .meta = { pairs, 2 } },
	{ .kind = 1, .votes = 1, .id = { true, B("short") } },
};
static const struct lock_peer peer = {
	.name = "a.", .id = 7, .stable_id = "n1",
	.sig = { .n = 1, .layer = { { .kind = NODE_SIG_DIRECT,
				      .key_id = B("abc") } } },
};

static bool has(const struct secret_buf *text, const char *part)
{
	char *copy = strndup(text->data, text->len);
	bool found = copy && strstr(copy, part);

	free(copy);
	return found;
}

static void answers(void)
{
	struct lock_status status = { .state_id = UINT64_MAX };
	const struct lock_update update = {
		.raw = B("abc"), .aum = { .kind = AUM_NO_OP },
	};
	const struct bytes sigs[] = { B("abc") };
	struct secret_buf text = { 0 };

	CHECK_EQ(lock_local_status_build(&status, &text), 0);
	CHECK(has(&text, "{\n\t\"Enabled\": false,\n\t\"Head\": null,\n"
		  "\t\"PublicKey\": \"nlpub:0000"));
	CHECK(has(&text, "\t\"NodeKey\": null,\n\t\"NodeKeySigned\": false,\n"
		  "\t\"NodeKeySignature\": null,\n\t\"TrustedKeys\": null,\n"
		  "\t\"VisiblePeers\": null,\n\t\"FilteredPeers\": null,\n"
		  "\t\"StateID\": 18446744073709551615\n}"));
	secret_buf_done(&text);
	status.enabled = true;
	status.has_head = true;
	status.head.byte[31] = 200;
	status.keys = keys;
	status.n_keys = 2;
	status.visible = &peer;
	status.n_visible = 1;
	CHECK_EQ(lock_local_status_build(&status, &text), 0);
	CHECK(has(&text, "\t\t0,\n\t\t200\n\t],"));
	CHECK(has(&text, "\t\"TrustedKeys\": [\n\t\t{\n"
		  "\t\t\t\"Kind\": \"25519\",\n\t\t\t\"Key\": \"nlpub:0500"));
	CHECK(has(&text, "\t\t\t\"Metadata\": {\n\t\t\t\t\"aa\": \"1\",\n"
		  "\t\t\t\t\"b\": \"2\"\n\t\t\t},\n\t\t\t\"Votes\": 3\n"
		  "\t\t}\n\t],"));
	CHECK(has(&text, "\t\t\t\"Name\": \"a.\",\n\t\t\t\"ID\": 7,\n"
		  "\t\t\t\"StableID\": \"n1\",\n"
		  "\t\t\t\"TailscaleIPs\": null,\n"));
	CHECK(has(&text, "\t\t\t\"NodeKeySignature\": {\n"
		  "\t\t\t\t\"SigKind\": 1,\n\t\t\t\t\"Pubkey\": null,\n"
		  "\t\t\t\t\"KeyID\": \"YWJj\",\n\t\t\t\t\"Signature\": null,\n"
		  "\t\t\t\t\"Nested\": null,\n"
		  "\t\t\t\t\"WrappingPubkey\": null\n\t\t\t}"));
	secret_buf_done(&text);
	CHECK_EQ(lock_local_log_build(&update, 1, &text), 0);
	CHECK(has(&text, "\"Change\": \"no-op\",\n\t\t\"Raw\": \"YWJj\"\n"));
	secret_buf_done(&text);
	CHECK_EQ(lock_local_log_build(NULL, 0, &text), 0);
	CHECK(has(&text, "null"));
	CHECK_EQ(text.len, 4);
	secret_buf_done(&text);
	CHECK_EQ(lock_local_sigs_build(sigs, 1, &text), 0);
	CHECK(has(&text, "[\n\t\"YWJj\"\n]"));
	secret_buf_done(&text);
}

static int read_and_answer(void *ctx)
{
	static const char text[] = "{\"AddKeys\":[" KEY "]}";
	struct lock_status status = { .keys = keys, .n_keys = 2 };
	struct secret_buf out = { 0 };
	int r = parse(MODIFY, text);

	(void)ctx;
	if (r == 0)
		r = lock_local_status_build(&status, &out);
	secret_buf_done(&out);
	return r;
}

static void every_allocation_may_fail(void)
{
	CHECK(fail_alloc_each(read_and_answer, NULL) >= 4);
}

static const struct test tests[] = {
	TEST(begin_requests),
	TEST(sign_requests),
	TEST(change_requests),
	TEST(refuses),
	TEST(answers),
	TEST(every_allocation_may_fail),
};
TEST_MAIN(tests)
