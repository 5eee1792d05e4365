// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"
#include "tka.h"

#include "base/array.h"
#include "cli/lock_json.h"
#include "cli/lock_print.h"
#include "fail_alloc.h"
#include "wire/aum.h"
#include "wire/json_pretty.h"

#define B(s) { (const uint8_t *)(s), sizeof(s) - 1 }

static const struct lock_meta_pair pairs[] = {
	{ B("b"), B("<2>") },
	{ B("aa"), B("one\n") },
};
static const struct lock_key keys[] = {
	{ .kind = 1, .votes = 3, .id = { true, B("\x01\x02") },
	  .meta = { pairs, 2 } },
	{ .kind = 1, .votes = 1, .id = { true, B("\x05") } },
};
static const struct opt_bytes values[] = {
	{ true, B("\xaa") }, { true, B("\xbb\xcc") },
};
static const struct lock_state state = {
	.has_values = true, .values = values, .n_values = 2,
	.has_keys = true, .keys = keys, .n_keys = 2,
	.id1 = UINT64_MAX,
};
static const struct aum_sig sigs[] = {
	{ { true, B("\x03") }, { true, B("\xfb\xff") } },
};
static const struct lock_update updates[] = {
	{ .raw = B("\xfb\xff\xfe"),
	  .aum = { .kind = 9, .prev = { true, B("abc") },
		   .sigs = sigs, .n_sigs = 1 } },
	{ .aum = { .kind = AUM_CHECKPOINT, .state = &state } },
	{ .aum = { .kind = AUM_UPDATE_KEY, .key_id = B("\x07"),
		   .has_votes = true, .votes = 8 } },
	{ .aum = { .kind = AUM_REMOVE_KEY, .key_id = B("\x08") } },
	{ .aum = { .kind = AUM_ADD_KEY, .key = &keys[1] } },
};

#define ZERO "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static void check_log(bool color, const char *known)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	CHECK_EQ(lock_print_log(updates, ARRAY_SIZE(updates), color, out), 0);
	fclose(out);
	CHECK(strncmp(text, known, strlen(known)) == 0);
	if (!color)
		CHECK_EQ(len, strlen(known));
	free(text);
}

static void log_for_people(void)
{
	CHECK_IN(check_log(false,
		"update " ZERO " (AUM?<9>)\n"
		"{\n"
		"\t\"MessageKind\": 9,\n"
		"\t\"PrevAUMHash\": \"YWJj\",\n"
		"\t\"Key\": null,\n"
		"\t\"KeyID\": null,\n"
		"\t\"State\": null,\n"
		"\t\"Votes\": null,\n"
		"\t\"Meta\": null,\n"
		"\t\"Signatures\": [\n"
		"\t\t{\n"
		"\t\t\t\"KeyID\": \"Aw==\",\n"
		"\t\t\t\"Signature\": \"+/8=\"\n"
		"\t\t}\n"
		"\t]\n"
		"}\n\n\n"
		"update " ZERO " (checkpoint)\n"
		"Disablement values:\n"
		" - aa\n"
		" - bbcc\n"
		"Keys:\n"
		"  Type: 25519\n"
		"  KeyID: tlpub:0102\n"
		"  Metadata: map[aa:one? b:<2>]\n"
		"  Type: 25519\n"
		"  KeyID: tlpub:05\n"
		"\n"
		"update " ZERO " (update-key)\n"
		"KeyID: tlpub:07\n"
		"Votes: 8\n"
		"\n"
		"update " ZERO " (remove-key)\n"
		"KeyID: tlpub:08\n"
		"\n"
		"update " ZERO " (add-key)\n"
		"Type: 25519\n"
		"KeyID: tlpub:05\n"
		"\n"));
	CHECK_IN(check_log(true, "\033[33mupdate " ZERO " (AUM?<9>)\033[0m\n"));
}

static void check_json(int r, struct secret_buf *text, const char *known)
{
	CHECK_EQ(r, 0);
	CHECK_EQ(text->len, strlen(known));
	CHECK_MEM(text->data, known, text->len);
	secret_buf_done(text);
}

static void log_for_programs(void)
{
	struct secret_buf text = { 0 };
	int r = lock_json_log(updates, 2, &text);

	CHECK_IN(check_json(r, &text,
		"{\n"
		"  \"SchemaVersion\": \"1\",\n"
		"  \"Messages\": [\n"
		"    {\n"
		"      \"Hash\": \"" ZERO "\",\n"
		"      \"AUM\": {\n"
		"        \"MessageKind\": \"AUM?\\u003c9\\u003e\",\n"
		"        \"Signatures\": [\n"
		"          {\n"
		"            \"KeyID\": \"tlpub:03\",\n"
		"            \"Signature\": \"-_8=\"\n"
		"          }\n"
		"        ]\n"
		"      },\n"
		"      \"Raw\": \"-__-\"\n"
		"    },\n"
		"    {\n"
		"      \"Hash\": \"" ZERO "\",\n"
		"      \"AUM\": {\n"
		"        \"MessageKind\": \"checkpoint\",\n"
		"        \"State\": {\n"
		"          \"DisablementValues\": [\n"
		"            \"aa\",\n"
		"            \"bbcc\"\n"
		"          ],\n"
		"          \"Keys\": [\n"
		"            {\n"
		"              \"Kind\": \"25519\",\n"
		"              \"Votes\": 3,\n"
		"              \"Public\": \"tlpub:0102\",\n"
		"              \"Meta\": {\n"
		"                \"aa\": \"one\\n\",\n"
		"                \"b\": \"\\u003c2\\u003e\"\n"
		"              }\n"
		"            },\n"
		"            {\n"
		"              \"Kind\": \"25519\",\n"
		"              \"Votes\": 1,\n"
		"              \"Public\": \"tlpub:05\"\n"
		"            }\n"
		"          ],\n"
		"          \"StateID1\": 18446744073709551615,\n"
		"          \"StateID2\": 0\n"
		"        }\n"
		"      },\n"
		"      \"Raw\": \"\"\n"
		"    }\n"
		"  ]\n"
		"}\n"));
	r = lock_json_log(NULL, 0, &text);
	CHECK_IN(check_json(r, &text,
		"{\n"
		"  \"SchemaVersion\": \"1\",\n"
		"  \"Messages\": []\n"
		"}\n"));
}

#define NODE "nodekey:0900000000000000000000000000000000000000000000000000000000000000"
#define LOCK "tlpub:0400000000000000000000000000000000000000000000000000000000000000"

static struct lock_status some_status(void)
{
	struct lock_status status = {
		.enabled = true,
		.has_head = true,
		.has_public = true,
		.public = { { 4 } },
		.has_node_key = true,
		.node_key = { { 9 } },
		.keys = keys,
		.n_keys = 2,
		.state_id = 7,
	};

	return status;
}

static void status_for_programs(void)
{
	struct lock_peer peer = {
		.name = "a", .stable_id = "n1", .key = { { 9 } },
		.sig = { .n = 2, .layer = {
			{ .kind = NODE_SIG_ROTATION, .sig = B("\x01") },
			{ .kind = NODE_SIG_DIRECT, .key_id = B("\x02"),
			  .sig = B("\x03"), .wrapping = B("\x04") } } },
	};
	struct lock_status status = { .enabled = false };
	struct secret_buf text = { 0 };
	int r = lock_json_status(&status, &text);

	CHECK_IN(check_json(r, &text, "{\n  \"SchemaVersion\": \"1\",\n"
			    "  \"Enabled\": false\n}\n"));
	status = some_status();
	status.n_keys = 0;
	status.visible = &peer;
	status.n_visible = 1;
	/* There is one, but it cannot be read. */
	status.has_sig = true;
	r = lock_json_status(&status, &text);
	CHECK_IN(check_json(r, &text,
		"{\n"
		"  \"SchemaVersion\": \"1\",\n"
		"  \"Enabled\": true,\n"
		"  \"PublicKey\": \"" LOCK "\",\n"
		"  \"NodeKey\": \"" NODE "\",\n"
		"  \"Head\": \"" ZERO "\",\n"
		"  \"NodeKeySigned\": false,\n"
		"  \"NodeKeySignature\": {\n"
		"    \"SigKind\": \"invalid\",\n"
		"    \"Signature\": \"\"\n"
		"  },\n"
		"  \"TrustedKeys\": [],\n"
		"  \"VisiblePeers\": [\n"
		"    {\n"
		"      \"ID\": \"n1\",\n"
		"      \"DNSName\": \"a\",\n"
		"      \"TailscaleIPs\": null,\n"
		"      \"NodeKey\": \"" NODE "\",\n"
		"      \"NodeKeySignature\": {\n"
		"        \"SigKind\": \"rotation\",\n"
		"        \"Signature\": \"AQ==\",\n"
		"        \"Nested\": {\n"
		"          \"SigKind\": \"direct\",\n"
		"          \"KeyID\": \"tlpub:02\",\n"
		"          \"Signature\": \"Aw==\",\n"
		"          \"WrappingPublicKey\": \"tlpub:04\"\n"
		"        }\n"
		"      }\n"
		"    }\n"
		"  ],\n"
		"  \"FilteredPeers\": [],\n"
		"  \"State\": 7\n"
		"}\n"));
}

static void check_status(const struct lock_status *status, const char *known)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	lock_print_status(status, out);
	fclose(out);
	CHECK_EQ(len, strlen(known));
	CHECK_MEM(text, known, len);
	free(text);
}

static void status_for_people(void)
{
	static const struct lock_meta_pair wrapped[] = {
		{ B("purpose"), B("pre-auth key") },
		{ B("authkey_stableid"), B("k1\033") },
	};
	struct lock_key list[] = {
		{ .kind = 1, .votes = 2, .id = { true, { 0 } } },
		{ .kind = 1, .votes = 1, .id = { true, B("\x05") },
		  .meta = { wrapped, 2 } },
	};
	struct lock_peer peer = { .name = "x\033y", .stable_id = "n2",
				  .key = { { 9 } } };
	struct lock_status status = { 0 };

	CHECK_IN(check_status(&status, "Tailnet Lock is NOT enabled.\n\n"));
	status = some_status();
	list[0].id.b = (struct bytes){ status.public.byte, KEY_LEN };
	status.keys = list;
	status.filtered = &peer;
	status.n_filtered = 1;
	CHECK_IN(check_status(&status,
		"Tailnet Lock is ENABLED.\n\n"
		"This node is LOCKED OUT: no trusted key has signed it. On a node whose key\n"
		"is trusted, run:\n\n"
		"\ttailnet lock sign " NODE " " LOCK "\n\n"
		"Tailnet-lock key of this node: " LOCK "\n\n"
		"Newest change of the trusted keys: " ZERO "\n\n"
		"Trusted keys, with their votes:\n"
		"\t" LOCK "\t2\t(self)\n"
		"\ttlpub:05\t1\t(pre-auth key k1?)\n"
		"\nNodes without a valid signature, which are not let in:\n"
		"\tx?y\t\tn2\t" NODE "\n"));
	status.signed_ = true;
	status.head_s = 1700000000;
	status.n_filtered = 0;
	status.n_keys = 0;
	status.sig = (struct node_sig){ .n = 2, .layer = {
		{ .kind = NODE_SIG_ROTATION },
		{ .kind = NODE_SIG_CREDENTIAL, .key_id = B("\x02"),
		  .wrapping = B("\x03") } } };
	CHECK_IN(check_status(&status,
		"Tailnet Lock is ENABLED.\n\n"
		"This node is signed: others let it in.\n"
		"SigKind: rotation\n"
		"Nested:\n"
		"  SigKind: credential\n"
		"  KeyID: tlpub:02\n"
		"  WrappingPubkey: tlpub:03\n"
		"\n"
		"Tailnet-lock key of this node: " LOCK "\n\n"
		"Newest change of the trusted keys: " ZERO ", here since 2023-11-14 22:13 UTC\n\n"
		"Trusted keys, with their votes:\n"));
	/* Nothing is known but that there is a lock: no advice to sign anybody. */
	status.has_head = false;
	status.signed_ = false;
	status.n_filtered = 1;
	status.trouble = peer.reason = "not known yet";
	CHECK_IN(check_status(&status,
		"Tailnet Lock is ENABLED.\n\n"
		"NOBODY is let in: not known yet\n\n"
		"Whether this node is signed will show when the trusted keys are known.\n\n"
		"Tailnet-lock key of this node: " LOCK "\n\n"
		"Nodes that are not let in:\n"
		"\tx?y\t\tn2\t" NODE "\n"
		"\t\tnot known yet\n"));
}

/* Sixteen layers fit into the writer. */
static void deepest_signature(void)
{
	struct lock_peer peer = { .name = "", .stable_id = "" };
	struct lock_status status = some_status();
	struct secret_buf text = { 0 };
	size_t i;

	peer.sig.n = NODE_SIG_LAYERS_MAX;
	for (i = 0; i < peer.sig.n; i++)
		peer.sig.layer[i].kind = NODE_SIG_ROTATION;
	status.visible = &peer;
	status.n_visible = 1;
	CHECK_EQ(lock_json_status(&status, &text), 0);
	secret_buf_done(&text);
}

static void layout(void)
{
	static const char in[] =
		"{\"a\\\"\":[1,{}],\"\\\\\":\"\\u0009\\u001f\xe2\x80\xa8{,:\"}";
	struct secret_buf text = { .data = (char *)in, .len = strlen(in) };
	struct secret_buf out = { 0 };
	int r = json_pretty(&text, " ", &out);

	CHECK_IN(check_json(r, &out, "{\n \"a\\\"\": [\n  1,\n  {}\n ],\n"
			    " \"\\\\\": \"\\t\\u001f\\u2028{,:\"\n}"));
}

static int write_all(void *ctx)
{
	struct lock_status status = some_status();
	struct secret_buf text = { 0 };
	int r = lock_json_log(updates, ARRAY_SIZE(updates), &text);

	(void)ctx;
	secret_buf_done(&text);
	if (r == 0)
		r = lock_json_status(&status, &text);
	secret_buf_done(&text);
	return r;
}

static void every_allocation_may_fail(void)
{
	CHECK(fail_alloc_each(write_all, NULL) >= 10);
}

/* The recorded outputs, where there are any. */
static void recorded_outputs(void)
{
	json_t *root auto_clean(json) = NULL;
	struct arena *mem auto_clean(arena) = arena_new();
	const json_t *rows, *list;
	size_t i, j;

	CHECK(mem);
	if (!tka_has("tka/cli-output.json"))
		return;
	root = tka_load("tka/cli-output.json");
	rows = tka_get(root, "cases");
	for (i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		bool json = strstr(tka_text(row, "name"), "json");
		struct lock_update *update;
		struct secret_buf text = { 0 };
		char *plain;
		size_t len;
		FILE *out;

		list = json_object_get(row, "aums");
		if (!list)
			continue;
		test_case("%s", tka_text(row, "name"));
		update = arena_array(mem, json_array_size(list),
				     sizeof(*update));
		for (j = 0; j < json_array_size(list); j++) {
			update[j].raw = tka_value_bytes(json_array_get(list, j),
							mem);
			CHECK_EQ(aum_parse(update[j].raw, mem,
					   &update[j].aum), 0);
			CHECK_EQ(aum_hash(update[j].raw, &update[j].hash), 0);
		}
		if (json) {
			CHECK_EQ(lock_json_log(update, j, &text), 0);
			CHECK_EQ(text.len, strlen(tka_text(row, "stdout")));
			CHECK_MEM(text.data, tka_text(row, "stdout"),
				  text.len);
			secret_buf_done(&text);
			continue;
		}
		out = open_memstream(&plain, &len);
		CHECK_EQ(lock_print_log(update, j, false, out), 0);
		fclose(out);
		CHECK_EQ(len, strlen(tka_text(row, "stdout")));
		CHECK_MEM(plain, tka_text(row, "stdout"), len);
		free(plain);
	}
}

static const struct test tests[] = {
	TEST(log_for_people),
	TEST(log_for_programs),
	TEST(status_for_programs),
	TEST(status_for_people),
	TEST(deepest_signature),
	TEST(layout),
	TEST(recorded_outputs),
	TEST(every_allocation_may_fail),
};
TEST_MAIN(tests)
