// SPDX-License-Identifier: GPL-2.0-only
/* What the command line asks about the tailnet lock, and reads of the answers. */
#include "fail_alloc.h"
#include "lock_rig.h"

#include "base/array.h"
#include "wire/lock_ask.h"

static const uint8_t id[KEY_LEN] = { 1, 2, 3 };

#define B(s) { (const uint8_t *)(s), sizeof(s) - 1 }

static struct lock_meta_pair notes[] = {
	{ B("c"), B("y") }, { B("bb"), B("x") },
};

static struct lock_key some_key(void)
{
	return (struct lock_key){
		.kind = LOCK_KEY_25519, .votes = 3,
		.id = { true, { id, KEY_LEN } },
		.meta = { notes, ARRAY_SIZE(notes) },
	};
}

/* What is built here is read there. */
static void requests(void)
{
	const struct lock_key key = some_key();
	const struct bytes value = B("abc");
	const struct lock_local_init init = {
		.keys = &key, .n_keys = 1, .values = &value, .n_values = 1,
		.support = B("secret"),
	};
	const struct lock_local_modify modify = { .remove = &key, .n_remove = 1 };
	struct lock_local_sign sign = { .node.byte = { 7 }, .has_rotation = true,
					.rotation.byte = { 8 } };
	struct lock_local_recovery recovery = {
		.ids = &value, .n = 1, .has_fork = true,
		.fork_from.byte = { 9 },
	};
	struct arena *mem auto_clean(arena) = arena_new();
	struct lock_local_recovery recovery2;
	struct lock_local_modify modify2;
	struct lock_local_init init2;
	struct lock_local_sign sign2;
	struct secret_buf text = { 0 };

	CHECK_EQ(lock_ask_init_build(&init, &text), 0);
	CHECK_EQ(lock_local_init_parse(text.data, text.len, mem, NULL, &init2),
		 0);
	CHECK(init2.n_keys == 1 && init2.keys[0].votes == 3);
	CHECK(bytes_eq(init2.keys[0].id.b, key.id.b));
	CHECK(init2.keys[0].meta.n == 2 &&
	      bytes_eq(init2.keys[0].meta.item[0].value, notes[0].value));
	CHECK(init2.n_values == 1 && bytes_eq(init2.values[0], value));
	CHECK(bytes_eq(init2.support, init.support));
	secret_buf_done(&text);

	CHECK_EQ(lock_ask_modify_build(&modify, &text), 0);
	CHECK_EQ(lock_local_modify_parse(text.data, text.len, mem, NULL,
					 &modify2), 0);
	CHECK(modify2.n_add == 0 && modify2.n_remove == 1);
	secret_buf_done(&text);

	CHECK_EQ(lock_ask_sign_build(&sign, &text), 0);
	CHECK_EQ(lock_local_sign_parse(text.data, text.len, mem, NULL, &sign2),
		 0);
	CHECK(sign2.has_rotation && sign2.rotation.byte[0] == 8 &&
	      sign2.node.byte[0] == 7);
	secret_buf_done(&text);
	sign.has_rotation = false;
	CHECK_EQ(lock_ask_sign_build(&sign, &text), 0);
	CHECK_EQ(lock_local_sign_parse(text.data, text.len, mem, NULL, &sign2),
		 0);
	CHECK(!sign2.has_rotation);
	secret_buf_done(&text);

	CHECK_EQ(lock_ask_recovery_build(&recovery, &text), 0);
	CHECK_EQ(lock_local_recovery_parse(text.data, text.len, mem, NULL,
					   &recovery2), 0);
	CHECK(recovery2.has_fork && recovery2.fork_from.byte[0] == 9 &&
	      recovery2.n == 1);
	secret_buf_done(&text);
	recovery.has_fork = false;
	CHECK_EQ(lock_ask_recovery_build(&recovery, &text), 0);
	CHECK_EQ(lock_local_recovery_parse(text.data, text.len, mem, NULL,
					   &recovery2), 0);
	CHECK(!recovery2.has_fork);
	secret_buf_done(&text);
}

static void wrapping(void)
{
	struct secret32 *seed auto_clean(secret32) = secret32_new();
	struct secret32 *seed2 auto_clean(secret32) = secret32_new();
	struct lock_local_wrap wrap = { .auth_key = "tskey-auth-a-b",
					.seed = seed };
	struct lock_local_wrap wrap2 = { .seed = seed2 };
	struct arena *mem auto_clean(arena) = arena_new();
	static char longer[LOCK_LOCAL_WRAP_MAX + 2];
	struct secret_buf text = { 0 };
	struct err_detail detail;

	secret_random(seed);
	CHECK_EQ(lock_key_derive(seed, &wrap.public), 0);
	CHECK_EQ(lock_ask_wrap_build(&wrap, &text), 0);
	CHECK_EQ(lock_local_wrap_parse(text.data, text.len, mem, &detail,
				       &wrap2), 0);
	CHECK(!strcmp(wrap2.auth_key, "tskey-auth-a-b"));
	CHECK_MEM(wrap2.public.byte, wrap.public.byte, KEY_LEN);
	CHECK_MEM(secret32_expose(seed2), secret32_expose(seed), SECRET_LEN);
	secret_buf_done(&text);

	CHECK(lock_local_wrap_parse("{}", 2, mem, &detail, &wrap2) < 0);
	CHECK(lock_local_wrap_parse("{\"TSKey\":\"a\",\"TKAKey\":\"b\"}", 26,
				    mem, &detail, &wrap2) < 0);
	CHECK(!strstr(detail.text, "\"b\""));
	memset(longer, ' ', sizeof(longer));
	CHECK_EQ(lock_local_wrap_parse(longer, sizeof(longer) - 1, mem,
				       &detail, &wrap2), TNE_TOO_LONG);
}

/* A state with everything in it. */
static void fill(struct lock_status *status, struct lock_key *key,
		 struct lock_peer peer[2])
{
	static const struct ip_addr ip = { { 100, 64, 0, 1 }, 4 };
	static const uint8_t part[64] = { 5 };
	struct node_sig sig = { .n = 2 };

	sig.layer[0] = (struct node_sig_layer){
		.kind = NODE_SIG_ROTATION, .pubkey = { part, 34 },
		.sig = { part, 64 },
	};
	sig.layer[1] = (struct node_sig_layer){
		.kind = NODE_SIG_DIRECT, .pubkey = { part, 34 },
		.key_id = { part, 32 }, .sig = { part, 64 },
		.wrapping = { part, 32 },
	};
	*key = some_key();
	peer[0] = (struct lock_peer){
		.name = "a.t.", .id = 7, .stable_id = "n7", .ip = &ip,
		.n_ip = 1, .key.byte = { 1 }, .sig = sig,
	};
	peer[1] = (struct lock_peer){
		.name = "\"StateID\":9", .id = 8, .stable_id = "n8",
		.key.byte = { 2 }, .reason = "it has no signature",
	};
	*status = (struct lock_status){
		.enabled = true, .has_head = true, .head.byte = { 0xff, 1 },
		.has_public = true, .public.byte = { 3 },
		.has_node_key = true, .node_key.byte = { 4 },
		.signed_ = true, .has_sig = true, .sig = sig,
		.keys = key, .n_keys = 1, .visible = &peer[0], .n_visible = 1,
		.filtered = &peer[1], .n_filtered = 1,
		.state_id = UINT64_MAX, .trouble = "something",
	};
}

static void states(void)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct lock_status status, got;
	struct secret_buf text = { 0 };
	struct err_detail detail;
	struct lock_peer peer[2];
	struct lock_key key;
	size_t i;

	fill(&status, &key, peer);
	CHECK_EQ(lock_local_status_build(&status, &text), 0);
	CHECK_EQ(lock_ask_status_parse(text.data, text.len, mem, &detail,
				       &got), 0);
	CHECK(got.enabled && got.has_head && got.signed_ && got.has_sig);
	CHECK(aum_hash_eq(&got.head, &status.head));
	CHECK(got.public.byte[0] == 3 && got.node_key.byte[0] == 4);
	CHECK(got.sig.n == 2 && got.sig.layer[1].kind == NODE_SIG_DIRECT &&
	      bytes_eq(got.sig.layer[1].wrapping,
		       status.sig.layer[1].wrapping));
	CHECK(got.n_keys == 1 && got.keys[0].votes == 3 &&
	      got.keys[0].meta.n == 2);
	CHECK(got.n_visible == 1 && got.visible[0].id == 7 &&
	      got.visible[0].n_ip == 1 && !got.visible[0].reason);
	CHECK(got.n_filtered == 1 && got.filtered[0].sig.n == 0 &&
	      !strcmp(got.filtered[0].reason, "it has no signature"));
	CHECK_EQ(got.state_id, UINT64_MAX);
	CHECK(!strcmp(got.trouble, "something"));

	/* Cut anywhere it is no document. */
	for (i = 0; i < text.len - 1; i++) {
		test_case("cut at %zu", i);
		CHECK(lock_ask_status_parse(text.data, i, mem, &detail,
					    &got) < 0);
	}
	secret_buf_done(&text);

	test_case("off");
	memset(&status, 0, sizeof(status));
	CHECK_EQ(lock_local_status_build(&status, &text), 0);
	CHECK_EQ(lock_ask_status_parse(text.data, text.len, mem, &detail,
				       &got), 0);
	CHECK(!got.enabled && !got.has_head && !got.n_keys &&
	      !got.has_node_key && !got.trouble);
	secret_buf_done(&text);
}

static void wrong_states(void)
{
	static const char *const texts[] = {
		"", "null", "[]", "{\"Enabled\":1}", "{\"Head\":[1]}",
		"{\"Head\":[256]}", "{\"PublicKey\":\"tlpub:1\"}",
		"{\"NodeKey\":7}", "{\"TrustedKeys\":[{}]}",
		"{\"TrustedKeys\":[7]}", "{\"VisiblePeers\":{}}",
		"{\"FilteredPeers\":[{\"TailscaleIPs\":[\"x\"]}]}",
		"{\"FilteredPeers\":[{\"NodeKey\":\"x\"}]}",
		"{\"NodeKeySignature\":{\"SigKind\":300}}",
		"{\"NodeKeySignature\":{\"SigKind\":1,\"Pubkey\":\"?\"}}",
	};
	struct arena *mem auto_clean(arena) = arena_new();
	struct lock_status got;
	struct err_detail detail;
	char deep[4096] = "{\"NodeKeySignature\":{\"SigKind\":2,\"Nested\":";
	size_t i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		test_case("%s", texts[i]);
		CHECK(lock_ask_status_parse(texts[i], strlen(texts[i]), mem,
					    &detail, &got) < 0);
	}
	test_case("17 layers");
	for (i = 0; i < 15; i++)
		strcat(deep, "{\"SigKind\":2,\"Nested\":");
	strcat(deep, "{\"SigKind\":1}");
	for (i = 0; i < 17; i++)
		strcat(deep, "}");
	CHECK_EQ(lock_ask_status_parse(deep, strlen(deep), mem, &detail, &got),
		 TNE_TOO_LONG);
}

static void logs(void)
{
	struct server server __attribute__((cleanup(server_cleanup)));
	struct arena *mem auto_clean(arena) = arena_new();
	struct lock_update update = { 0 }, *got;
	struct secret_buf text = { 0 };
	struct err_detail detail;
	size_t n;

	CHECK_IN(server_init(&server));
	update.hash = authority_head(server.authority)->hash;
	update.raw = server.genesis;
	CHECK_EQ(lock_local_log_build(&update, 1, &text), 0);
	CHECK_EQ(lock_ask_log_parse(text.data, text.len, mem, &detail, &got,
				    &n), 0);
	CHECK(n == 1 && aum_hash_eq(&got[0].hash, &update.hash) &&
	      got[0].aum.kind == AUM_CHECKPOINT);
	secret_buf_done(&text);
	CHECK_EQ(lock_ask_log_parse("null", 4, mem, &detail, &got, &n), 0);
	CHECK_EQ(n, 0);
	CHECK(lock_ask_log_parse("{}", 2, mem, &detail, &got, &n) < 0);
	CHECK(lock_ask_log_parse("[7]", 3, mem, &detail, &got, &n) < 0);
	CHECK(lock_ask_log_parse("[{\"Raw\":\"AAAA\"}]", 16, mem, &detail,
				 &got, &n) < 0);
}

static void signature_lists(void)
{
	const struct bytes sigs[] = { B("abc"), B("d") };
	struct arena *mem auto_clean(arena) = arena_new();
	struct secret_buf text = { 0 };
	struct err_detail detail;
	const struct bytes *got;
	size_t n;

	CHECK_EQ(lock_local_sigs_build(sigs, 2, &text), 0);
	CHECK_EQ(lock_ask_sigs_parse(text.data, text.len, mem, &detail, &got,
				     &n), 0);
	CHECK(n == 2 && bytes_eq(got[0], sigs[0]) && bytes_eq(got[1], sigs[1]));
	secret_buf_done(&text);
	CHECK_EQ(lock_ask_sigs_parse("null", 4, mem, &detail, &got, &n), 0);
	CHECK_EQ(n, 0);
	CHECK(lock_ask_sigs_parse("[7]", 3, mem, &detail, &got, &n) < 0);
}

static int read_once(void *ctx)
{
	const struct secret_buf *text = ctx;
	struct arena *mem auto_clean(arena) = arena_new();
	struct lock_status got;
	struct err_detail detail;

	return mem ? lock_ask_status_parse(text->data, text->len, mem, &detail,
					   &got) : -ENOMEM;
}

static void without_memory(void)
{
	struct secret_buf text = { 0 };
	struct lock_status status;
	struct lock_peer peer[2];
	struct lock_key key;

	fill(&status, &key, peer);
	CHECK_EQ(lock_local_status_build(&status, &text), 0);
	CHECK(fail_alloc_each(read_once, &text) > 1);
	secret_buf_done(&text);
}

static const struct test tests[] = {
	TEST(requests),
	TEST(wrapping),
	TEST(states),
	TEST(wrong_states),
	TEST(logs),
	TEST(signature_lists),
	TEST(without_memory),
};

TEST_MAIN(tests)
