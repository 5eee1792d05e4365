// SPDX-License-Identifier: GPL-2.0-only
/*
 * The form of a sealed file, its box, what is beside it, the recovery key, and
 * what is decided from them: no files, no TPM.
 */
#include "test.h"

#include "base/array.h"
#include "crypto/recovery.h"
#include "crypto/state_box.h"
#include "sealed_rig.h"
#include "store/counter.h"
#include "store/keeper.h"
#include "store/key_age.h"
#include "store/seal_plan.h"
#include "wire/seal_json.h"
#include "wire/sealed_json.h"

#include <errno.h>

#include <jansson.h>
#include <sodium.h>

/* Key 00..1f, nonce 40..57; computed with another implementation. */
static const char vector_nonce[] = "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZX";
static const char vector_data[] =
	"+NenyZ4lSb2r2ZnXCUJlczE1ChRbMtNDqDwaBBGrYNOtfwwkCS4rpIGBTb20mL5p9kk=";
static const char vector_plain[] = "{\"_machinekey\":\"cHJpdmtleTowMA==\"}";

static void forms(void)
{
	static const struct {
		const char *name;
		const char *text;
		enum state_form form;
	} cases[] = {
		{ "stock's", stock, STATE_FORM_SEALED },
		{ "any order and space",
		  "{ \"data\" : \"\" ,\n\"nonce\":\"\",\"key\": {} }",
		  STATE_FORM_SEALED },
		{ "names inside do not count",
		  "{\"a\":{\"data\":1,\"key\":2,\"nonce\":3}}",
		  STATE_FORM_PLAIN },
		{ "values do not count", "{\"a\":\"data\",\"b\":\"key\"}",
		  STATE_FORM_PLAIN },
		{ "two of three", "{\"key\":{},\"nonce\":\"\"}",
		  STATE_FORM_PLAIN },
		{ "one more", "{\"key\":{},\"nonce\":\"\",\"data\":\"\",\"x\":1}",
		  STATE_FORM_PLAIN },
		{ "machine key",
		  "{\"key\":{},\"nonce\":\"\",\"data\":\"\",\"_machinekey\":\"\"}",
		  STATE_FORM_PLAIN },
		{ "a later version",
		  "{\"v\":2,\"key\":{},\"nonce\":\"\",\"data\":\"\"}",
		  STATE_FORM_NEWER },
		{ "plain", "{\"_machinekey\":\"eA==\"}", STATE_FORM_PLAIN },
		{ "fresh", "{}", STATE_FORM_PLAIN },
		{ "quote in a text", "{\"a\\\"\":\"\\\\\",\"key\":\"\"}",
		  STATE_FORM_PLAIN },
		{ "no bytes", "", STATE_FORM_EMPTY },
		{ "not JSON", "}]\"", STATE_FORM_PLAIN },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].name);
		CHECK_EQ(state_form_find(cases[i].text, strlen(cases[i].text)),
			 cases[i].form);
	}
	CHECK_EQ(state_form_find("\0\0\0", 3), STATE_FORM_EMPTY);
}

/* No byte to spare, so that reading on is seen. */
static int parse(const char *text, size_t len, struct sealed_file *file)
{
	struct err_detail detail;
	char *copy = malloc(len ? len : 1);
	int r;

	memcpy(copy, text, len);
	r = sealed_json_parse(copy, len, &detail, file);
	free(copy);
	return r;
}

static void codec(void)
{
	struct sealed_file file;
	struct secret_buf out = { 0 };
	size_t i;

	CHECK_EQ(parse(stock, strlen(stock), &file), 0);
	CHECK_EQ(file.blob.private_len, 7);
	CHECK_MEM(file.blob.private, "private", 7);
	CHECK_EQ(file.blob.public_len, 6);
	CHECK_EQ(file.box_len, 50);
	CHECK_EQ(sealed_json_build(&file, &out), 0);
	CHECK_EQ(out.len, strlen(stock));
	CHECK_MEM(out.data, stock, out.len);
	secret_buf_done(&out);
	sealed_file_done(&file);
	for (i = 0; i < strlen(stock); i++) {
		test_case("%zu bytes", i);
		CHECK_EQ(parse(stock, i, &file), TNE_STATE_FORMAT);
	}
}

static void codec_refuses(void)
{
	static const struct {
		const char *name;
		const char *text;
	} cases[] = {
		{ "null key", "{\"key\":null,\"nonce\":\"%s\",\"data\":\"%s\"}" },
		{ "text for a key", "{\"key\":\"x\",\"nonce\":\"%s\",\"data\":\"%s\"}" },
		{ "no Public",
		  "{\"key\":{\"Private\":\"eA==\"},\"nonce\":\"%s\",\"data\":\"%s\"}" },
		{ "empty Private",
		  "{\"key\":{\"Private\":\"\",\"Public\":\"eA==\"},\"nonce\":\"%s\",\"data\":\"%s\"}" },
		{ "not base64",
		  "{\"key\":{\"Private\":\"e\",\"Public\":\"eA==\"},\"nonce\":\"%s\",\"data\":\"%s\"}" },
		{ "short nonce",
		  "{\"key\":{\"Private\":\"eA==\",\"Public\":\"eA==\"},\"nonce\":\"eA==\",\"data\":\"%2$s\"}" },
		{ "long nonce",
		  "{\"key\":{\"Private\":\"eA==\",\"Public\":\"eA==\"},\"nonce\":\"%1$sAAAA\",\"data\":\"%2$s\"}" },
		{ "no data",
		  "{\"key\":{\"Private\":\"eA==\",\"Public\":\"eA==\"},\"nonce\":\"%1$s\",\"data\":\"\"}" },
		{ "only a tag",
		  "{\"key\":{\"Private\":\"eA==\",\"Public\":\"eA==\"},\"nonce\":\"%1$s\",\"data\":\"AAAAAAAAAAAAAAAAAAAAAA==\"}" },
	};
	struct sealed_file file;
	char text[600];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].name);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
		snprintf(text, sizeof(text), cases[i].text, vector_nonce,
			 vector_data);
#pragma GCC diagnostic pop
		CHECK_EQ(parse(text, strlen(text), &file), TNE_STATE_FORMAT);
	}
}

/* A private part as big as is allowed, and one byte more. */
static void blob_sizes(void)
{
	static const size_t sizes[] = { 1, 158, 222, SEALED_PRIVATE_MAX,
					SEALED_PRIVATE_MAX + 1 };
	static unsigned char bytes[SEALED_PRIVATE_MAX + 1];
	static char b64[2000], text[3000];
	struct sealed_file file;
	size_t i;
	int r;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		test_case("%zu bytes", sizes[i]);
		sodium_bin2base64(b64, sizeof(b64), bytes, sizes[i],
				  sodium_base64_VARIANT_ORIGINAL);
		snprintf(text, sizeof(text),
			 "{\"key\":{\"Private\":\"%s\",\"Public\":\"eA==\"},\"nonce\":\"%s\",\"data\":\"%s\"}",
			 b64, vector_nonce, vector_data);
		r = parse(text, strlen(text), &file);
		if (sizes[i] > SEALED_PRIVATE_MAX) {
			CHECK_EQ(r, TNE_STATE_FORMAT);
			continue;
		}
		CHECK_EQ(r, 0);
		CHECK_EQ(file.blob.private_len, sizes[i]);
		sealed_file_done(&file);
	}
}

static void box_vector(void)
{
	struct secret32 *key = make_key(0);
	struct secret_buf out = { 0 };
	uint8_t nonce[STATE_BOX_NONCE_LEN], box[50], is[50];
	size_t i, len;

	for (i = 0; i < sizeof(nonce); i++)
		nonce[i] = 0x40 + i;
	CHECK(!sodium_base642bin(box, sizeof(box), vector_data,
				 strlen(vector_data), NULL, &len, NULL,
				 sodium_base64_VARIANT_ORIGINAL));
	CHECK_EQ(len, 50);
	state_box_seal(key, nonce, vector_plain, strlen(vector_plain), is);
	CHECK_MEM(is, box, 50);
	CHECK_EQ(state_box_open(key, nonce, box, 50, &out), 0);
	CHECK_EQ(out.len, 34);
	CHECK_MEM(out.data, vector_plain, 34);
	for (i = 0; i < 50; i++) {
		box[i] ^= 4;
		CHECK_EQ(state_box_open(key, nonce, box, 50, &out),
			 TNE_STATE_TAG);
		box[i] ^= 4;
	}
	for (i = 0; i < 50; i++)
		CHECK_EQ(state_box_open(key, nonce, box, i, &out),
			 TNE_STATE_TAG);
	CHECK_EQ(out.len, 34);
	secret_buf_done(&out);
	secret32_free(key);
}

static void extras(void)
{
	struct seal_extras a = { .parent = "name", .parent_len = 4,
				 .n_wraps = 2, .counter = 0x01800f01 }, b;
	struct secret_buf out = { 0 };
	struct err_detail detail;
	char *copy;
	size_t i;

	memset(a.salt, 7, sizeof(a.salt));
	memset(a.wrap, 9, sizeof(a.wrap));
	CHECK_EQ(seal_json_build(&a, &out), 0);
	CHECK_EQ(seal_json_parse(out.data, out.len, &detail, &b), 0);
	CHECK_MEM(&a, &b, sizeof(a));
	for (i = 0; i < out.len; i++) {
		copy = malloc(i + 1);
		memcpy(copy, out.data, i);
		CHECK_EQ(seal_json_parse(copy, i, &detail, &b),
			 TNE_STATE_FORMAT);
		free(copy);
	}
	secret_buf_done(&out);
	CHECK_EQ(seal_json_parse("{\"Version\":1}", 13, &detail, &b), 0);
	CHECK_EQ(b.n_wraps + b.parent_len + b.counter, 0);
	CHECK_EQ(seal_json_parse("{\"Version\":2}", 13, &detail, &b),
		 TNE_STATE_FORMAT);
	CHECK_EQ(seal_json_parse("{}", 2, &detail, &b), TNE_STATE_FORMAT);
}

static void recovery_text(void)
{
	static const struct {
		const char *name;
		const char *text;
		int err;
	} cases[] = {
		{ "as printed", "AAAQ-EAYE-AUDA-OCAJ-BIFQ-YDIO-B4IB-CEQT", 0 },
		{ "small, spaces",
		  " aaaq eaye auda ocaj bifq ydio b4ib ceqt\n", 0 },
		{ "digits for letters",
		  "AAAQEAYEAUDA0CAJB1FQYD10B41BCEQT", 0 },
		{ "one less", "AAAQEAYEAUDAOCAJBIFQYDIOB4IBCEQ",
		  TNE_RECOVERY_KEY },
		{ "one more", "AAAQEAYEAUDAOCAJBIFQYDIOB4IBCEQTA",
		  TNE_RECOVERY_KEY },
		{ "another sign", "AAAQEAYEAUDAOCAJBIFQYDIOB4IBCEQ!",
		  TNE_RECOVERY_KEY },
		{ "nothing", "", TNE_RECOVERY_KEY },
	};
	char text[RECOVERY_TEXT_LEN + 1];
	uint8_t key[RECOVERY_LEN], is[RECOVERY_LEN];
	size_t i;

	for (i = 0; i < RECOVERY_LEN; i++)
		key[i] = i;
	recovery_format(key, text);
	CHECK(strcmp(text, cases[0].text) == 0);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].name);
		memset(is, 0xff, sizeof(is));
		CHECK_EQ(recovery_parse(cases[i].text, strlen(cases[i].text),
					is), cases[i].err);
		if (cases[i].err == 0)
			CHECK_MEM(is, key, RECOVERY_LEN);
		else
			CHECK_EQ(is[0], 0xff);
	}
}

static void recovery_box(void)
{
	struct secret32 *kek = make_key(1), *other = make_key(2);
	struct secret32 *key = make_key(3), *is = make_key(4);
	uint8_t wrap[RECOVERY_WRAP_LEN];

	recovery_wrap(kek, key, wrap);
	CHECK_EQ(recovery_unwrap(other, wrap, is), TNE_RECOVERY_KEY);
	CHECK_EQ(recovery_unwrap(kek, wrap, is), 0);
	CHECK_MEM(secret32_expose(is), secret32_expose(key), SECRET_LEN);
	wrap[30] ^= 1;
	CHECK_EQ(recovery_unwrap(kek, wrap, is), TNE_RECOVERY_KEY);
	secret32_free(kek);
	secret32_free(other);
	secret32_free(key);
	secret32_free(is);
}

static void counter_verdicts(void)
{
	char text[COUNTER_TEXT_MAX];
	struct state_bytes bytes = { .data = text };
	uint64_t generation;
	uint32_t index;

	CHECK_EQ(counter_check(5, 5), COUNTER_SAME);
	CHECK_EQ(counter_check(6, 5), COUNTER_BEHIND);
	CHECK_EQ(counter_check(4, 5), COUNTER_OLD);
	CHECK_EQ(counter_check(7, 5), COUNTER_LOST);
	CHECK_EQ(counter_check(0, UINT64_MAX), COUNTER_OLD);
	counter_format(77, 0x01800f01, text);
	bytes.len = strlen(text);
	CHECK_EQ(counter_parse(bytes, &generation, &index), 0);
	CHECK_EQ(generation, 77);
	CHECK_EQ(index, 0x01800f01);
	bytes.len--;
	CHECK_EQ(counter_parse(bytes, &generation, &index),
		 TNE_STATE_FORMAT);
}

static void key_age(void)
{
	const int64_t day = 24 * 3600, now = 1800000000;
	char text[KEY_AGE_TEXT_MAX];
	struct state_bytes bytes = { .data = text };
	uint64_t writes;
	int64_t since;

	key_age_format(now, KEEPER_KEY_WRITES, text);
	bytes.len = strlen(text);
	CHECK_EQ(key_age_parse(bytes, &since, &writes), 0);
	CHECK_EQ(since, now);
	CHECK_EQ(writes, KEEPER_KEY_WRITES);
	for (; bytes.len; bytes.len--)
		CHECK_EQ(key_age_parse((struct state_bytes){ text,
							      bytes.len - 1 },
				       &since, &writes), TNE_STATE_FORMAT);
	CHECK(!key_age_is_over(now, 0, now));
	CHECK(!key_age_is_over(now - 90 * day + 1, 0, now));
	CHECK(key_age_is_over(now - 90 * day, 0, now));
	CHECK(!key_age_is_over(now, KEEPER_KEY_WRITES - 1, now));
	CHECK(key_age_is_over(now, KEEPER_KEY_WRITES, now));
	/* A clock that starts anew with each start of the machine. */
	CHECK(!key_age_is_over(now, 0, 5));
	CHECK(key_age_is_over(0, 0, now));
}

/* The table of modes, line by line. */
static void plan(void)
{
	static const struct {
		const char *name;
		struct seal_wish wish;	/* flag, policy, sealed, new */
		int tpm;
		enum seal_act act;
	} cases[] = {
		{ "true, works, plain", { OPT_TRUE, 0, 0, 0 }, 0,
		  SEAL_ACT_SEAL },
		{ "true, works, new", { OPT_TRUE, 0, 0, 1 }, 0,
		  SEAL_ACT_SEAL },
		{ "true, works, sealed", { OPT_TRUE, 0, 1, 0 }, 0,
		  SEAL_ACT_KEEP },
		{ "true, none, plain", { OPT_TRUE, 0, 0, 0 }, TNE_TPM_ABSENT,
		  SEAL_ACT_EXIT },
		{ "true, none, new", { OPT_TRUE, 1, 0, 1 }, TNE_TPM_ABSENT,
		  SEAL_ACT_EXIT },
		{ "true, cleared, sealed", { OPT_TRUE, 0, 1, 0 },
		  TNE_TPM_FOREIGN, SEAL_ACT_STUCK },
		{ "true, none, sealed", { OPT_TRUE, 0, 1, 0 },
		  TNE_TPM_ABSENT, SEAL_ACT_WAIT },
		{ "false, plain", { OPT_FALSE, 1, 0, 0 }, TNE_TPM_ABSENT,
		  SEAL_ACT_PLAIN },
		{ "false, new", { OPT_FALSE, 1, 0, 1 }, 0, SEAL_ACT_PLAIN },
		{ "false, works, sealed", { OPT_FALSE, 1, 1, 0 }, 0,
		  SEAL_ACT_UNSEAL },
		{ "false, cleared, sealed", { OPT_FALSE, 0, 1, 0 },
		  TNE_TPM_FOREIGN, SEAL_ACT_STUCK },
		{ "policy, works, plain", { OPT_UNSET, 1, 0, 0 }, 0,
		  SEAL_ACT_SEAL },
		{ "policy, none, plain", { OPT_UNSET, 1, 0, 0 },
		  TNE_TPM_ABSENT, SEAL_ACT_PLAIN_WARN },
		{ "unset, works, new", { OPT_UNSET, 0, 0, 1 }, 0,
		  SEAL_ACT_SEAL },
		{ "unset, none, new", { OPT_UNSET, 0, 0, 1 }, TNE_TPM_ABSENT,
		  SEAL_ACT_PLAIN },
		{ "unset, busy, new", { OPT_UNSET, 0, 0, 1 }, TNE_TPM_BUSY,
		  SEAL_ACT_PLAIN_WARN },
		{ "unset, denied, new", { OPT_UNSET, 0, 0, 1 },
		  TNE_TPM_DENIED, SEAL_ACT_PLAIN_WARN },
		{ "unset, password, new", { OPT_UNSET, 0, 0, 1 },
		  TNE_TPM_OWNER_AUTH, SEAL_ACT_PLAIN },
		{ "unset, works, plain", { OPT_UNSET, 0, 0, 0 }, 0,
		  SEAL_ACT_PLAIN },
		{ "unset, works, sealed", { OPT_UNSET, 0, 1, 0 }, 0,
		  SEAL_ACT_KEEP },
		{ "unset, lockout, sealed", { OPT_UNSET, 0, 1, 0 },
		  TNE_TPM_LOCKOUT, SEAL_ACT_WAIT },
		{ "unset, busy, sealed", { OPT_UNSET, 0, 1, 0 },
		  TNE_TPM_BUSY, SEAL_ACT_WAIT },
		{ "unset, slow, sealed", { OPT_UNSET, 0, 1, 0 },
		  TNE_TPM_SLOW, SEAL_ACT_WAIT },
		{ "unset, odd answer, sealed", { OPT_UNSET, 0, 1, 0 },
		  TNE_TPM_FAILED, SEAL_ACT_WAIT },
		{ "unset, no memory, sealed", { OPT_UNSET, 0, 1, 0 },
		  -ENOMEM, SEAL_ACT_WAIT },
		{ "unset, password, sealed", { OPT_UNSET, 0, 1, 0 },
		  TNE_TPM_OWNER_AUTH, SEAL_ACT_STUCK },
		{ "unset, dead, sealed", { OPT_UNSET, 0, 1, 0 },
		  TNE_TPM_DEAD, SEAL_ACT_STUCK },
		{ "unset, denied, sealed", { OPT_UNSET, 0, 1, 0 },
		  TNE_TPM_DENIED, SEAL_ACT_WAIT },
		{ "true, busy, plain", { OPT_TRUE, 0, 0, 0 }, TNE_TPM_BUSY,
		  SEAL_ACT_WAIT },
		{ "true, slow, new", { OPT_TRUE, 0, 0, 1 }, TNE_TPM_SLOW,
		  SEAL_ACT_WAIT },
		{ "true, lockout, plain", { OPT_TRUE, 0, 0, 0 },
		  TNE_TPM_LOCKOUT, SEAL_ACT_WAIT },
		{ "true, odd answer, plain", { OPT_TRUE, 0, 0, 0 },
		  TNE_TPM_FAILED, SEAL_ACT_EXIT },
		{ "true, password, plain", { OPT_TRUE, 0, 0, 0 },
		  TNE_TPM_OWNER_AUTH, SEAL_ACT_EXIT },
		{ "true, denied, plain", { OPT_TRUE, 0, 0, 0 },
		  TNE_TPM_DENIED, SEAL_ACT_EXIT },
	};
	struct seal_probe probe = { 0 };
	struct seal_wish new = { .is_new = true };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].name);
		probe.err = cases[i].tpm;
		CHECK_EQ(seal_plan_act(&cases[i].wish, &probe), cases[i].act);
	}
	test_case("parts that are not used by themselves");
	probe.err = 0;
	strcpy(probe.facts.manufacturer, "CROS");
	CHECK_EQ(seal_plan_act(&new, &probe), SEAL_ACT_PLAIN);
	new.flag = OPT_TRUE;
	CHECK_EQ(seal_plan_act(&new, &probe), SEAL_ACT_SEAL);
	new.flag = OPT_UNSET;
	strcpy(probe.facts.manufacturer, "IBM");
	CHECK_EQ(seal_plan_act(&new, &probe), SEAL_ACT_SEAL);
	probe.took_ms = 5001;
	CHECK_EQ(seal_plan_act(&new, &probe), SEAL_ACT_PLAIN);
	test_case("waiting");
	probe.err = TNE_TPM_LOCKOUT;
	probe.facts.lockout_interval_s = 300;
	CHECK_EQ(seal_plan_wait_ms(&probe, 9), 300000);
	probe.facts.lockout_interval_s = 7200;
	CHECK_EQ(seal_plan_wait_ms(&probe, 1), 600000);
	probe.err = TNE_TPM_ABSENT;
	CHECK_EQ(seal_plan_wait_ms(&probe, 30), 1000);
	CHECK_EQ(seal_plan_wait_ms(&probe, 31), 60000);
	probe.err = TNE_TPM_BUSY;
	CHECK_EQ(seal_plan_wait_ms(&probe, 1), 5000);
	CHECK_EQ(seal_plan_wait_ms(&probe, 3), 20000);
	CHECK_EQ(seal_plan_wait_ms(&probe, 1000), 60000);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(forms),
		TEST(codec),
		TEST(codec_refuses),
		TEST(blob_sizes),
		TEST(box_vector),
		TEST(extras),
		TEST(recovery_text),
		TEST(recovery_box),
		TEST(counter_verdicts),
		TEST(key_age),
		TEST(plan),
	};

	if (secret_init() < 0)
		return 1;
	json_set_alloc_funcs(malloc, free);
	return test_main(tests, ARRAY_SIZE(tests), argc, argv);
}
