// SPDX-License-Identifier: GPL-2.0-only
/* The recovery key, with a software TPM. */
#include "keeper_rig.h"

#include "base/array.h"
#include "wire/seal_json.h"

/* Recovery key */

static void recovery(void)
{
	char key[100], buf[4000], *at;
	struct sealed_blob blob;

	make(true);
	seal_it();
	make_recovery(key);
	CHECK_EQ(strlen(key), 39);
	/* It is nowhere. */
	get_file(STATE_FILE, buf, sizeof(buf));
	CHECK(!strstr(buf, key));
	get_file(KEEPER_EXTRAS_FILE, buf, sizeof(buf));
	CHECK(!strstr(buf, key));

	soft_tpm_clear(&tpm);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(keeper_phase(keeper), KEEPER_STUCK);
	blob = *state_blob(keeper_state(keeper));
	CHECK_EQ(recover("what?"), TNE_RECOVERY_KEY);
	test_case("another key");
	at = &key[strlen(key) - 1];
	*at ^= 1;
	CHECK_EQ(recover(key), TNE_RECOVERY_KEY);
	*at ^= 1;
	CHECK_EQ(keeper_phase(keeper), KEEPER_STUCK);
	test_case("the right key");
	CHECK_EQ(recover(key), 0);
	CHECK(opened && holds("_machinekey", "xyz"));
	wait_private(blob.private_len, blob.private);
	CHECK_EQ(write_key("abc"), 0);
	end();

	test_case("by the new TPM");
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(opened && holds("_machinekey", "abc"));
	CHECK(!*warning("state-write-failed"));
	end();

	test_case("the same key, for the new data key");
	soft_tpm_clear(&tpm);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(recover(key), 0);
	CHECK(opened && holds("_machinekey", "abc"));
	clean();
}

static void recovery_without_tpm(void)
{
	char key[100];

	make(true);
	seal_it();
	make_recovery(key);
	soft_tpm_stop(&tpm);
	CHECK_EQ(begin(OPT_TRUE), 0);
	settle();
	CHECK_EQ(keeper_phase(keeper), KEEPER_WAITING);
	CHECK_EQ(recover(key), 0);
	CHECK(opened && holds("_machinekey", "xyz"));
	CHECK_EQ(write_key("abc"), 0);
	end();
	/* Sealed as before: the TPM opens it again when it is back. */
	soft_tpm_start(&tpm);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(opened && holds("_machinekey", "abc"));
	clean();
}

static void no_recovery_key(void)
{
	struct err_detail detail = { "" };

	make(true);
	put_file(STATE_FILE, plain, strlen(plain));
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(keeper_make_recovery(keeper, &detail, on_done, NULL),
		 TNE_NOT_READY);
	CHECK_EQ(keeper_recover(keeper, "", 0, &detail, on_done, NULL),
		 TNE_NOT_READY);
	CHECK_EQ(keeper_reseal(keeper, &detail, on_done, NULL),
		 TNE_NOT_READY);
	CHECK_EQ(keeper_accept_rollback(keeper, &detail), TNE_NOT_READY);
	end();
	seal_it();
	soft_tpm_clear(&tpm);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(recover("AAAQEAYEAUDAOCAJBIFQYDIOB4IBCEQT"), TNE_NOT_READY);
	clean();
}

/*
 * The stock daemon makes a sealed state plain without being asked. What the
 * recovery key is checked by has stood there in the clear then.
 */
static void recovery_key_in_a_plain_file(void)
{
	static const char text[] =
		"{\"_machinekey\":\"eHl6\",\"_tailnetd/recovery\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\"}";
	struct seal_extras extras = { .n_wraps = 1 };
	struct secret_buf beside = { 0 };
	struct keeper_info info;
	struct state_bytes bytes;

	make(true);
	put_file(STATE_FILE, text, strlen(text));
	CHECK_EQ(seal_json_build(&extras, &beside), 0);
	put_file(KEEPER_EXTRAS_FILE, beside.data, beside.len);
	secret_buf_done(&beside);
	CHECK_EQ(begin(OPT_TRUE), 0);
	settle();
	CHECK(opened && is_sealed_file() && holds("_machinekey", "xyz"));
	CHECK(!state_find(keeper_state(keeper), KEEPER_KEK_ENTRY, &bytes));
	keeper_read_info(keeper, &info);
	CHECK(!info.recovery);
	CHECK(strstr(warning("state-write-failed"), "make another one"));
	clean();
}

/*
 * A crash while another key was made has left the state with the new one and
 * what lies beside with the one on paper: that one opens, and goes on to.
 */
static void key_on_paper_goes_on(void)
{
	char paper[100], other[100], beside[4000];
	struct err_detail detail = { "" };
	struct keeper_info info;
	struct sealed_blob blob;
	size_t n;

	make(true);
	seal_it();
	make_recovery(paper);
	n = get_file(KEEPER_EXTRAS_FILE, beside, sizeof(beside));
	make_recovery(other);
	put_file(KEEPER_EXTRAS_FILE, beside, n);
	soft_tpm_clear(&tpm);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(recover(other), TNE_RECOVERY_KEY);
	blob = *state_blob(keeper_state(keeper));
	CHECK_EQ(recover(paper), 0);
	wait_private(blob.private_len, blob.private);
	end();
	soft_tpm_clear(&tpm);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(recover(paper), 0);
	CHECK(opened && holds("_machinekey", "xyz"));
	blob = *state_blob(keeper_state(keeper));
	wait_private(blob.private_len, blob.private);
	end();
	test_case("with another data key it ends, and that is said");
	n = get_file(KEEPER_EXTRAS_FILE, beside, sizeof(beside));
	make_recovery(other);
	put_file(KEEPER_EXTRAS_FILE, beside, n);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(strstr(warning("state-write-failed"), "an older state only"));
	CHECK_EQ(keeper_reseal(keeper, &detail, on_done, NULL), 0);
	wait_done();
	CHECK_EQ(finish_err, 0);
	CHECK(strstr(warning("state-write-failed"), "make another one"));
	keeper_read_info(keeper, &info);
	CHECK(!info.recovery && *warning("no-recovery-key"));
	clean();
}

/* What is said of it, long before it is needed. */
static void missing_key_is_seen(void)
{
	char key[100];

	make(true);
	seal_it();
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(strstr(warning("no-recovery-key"), "debug state recovery-key"));
	end();
	make_recovery(key);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(!*warning("no-recovery-key"));
	end();
	put_file(KEEPER_EXTRAS_FILE, "{", 1);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(strstr(warning("no-recovery-key"), "is damaged"));
	end();
	test_case("plain");
	unlink(path_of(KEEPER_EXTRAS_FILE));
	put_file(STATE_FILE, plain, strlen(plain));
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(opened && !*warning("no-recovery-key"));
	clean();
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(recovery),
		TEST(recovery_without_tpm),
		TEST(no_recovery_key),
		TEST(recovery_key_in_a_plain_file),
		TEST(key_on_paper_goes_on),
		TEST(missing_key_is_seen),
	};

	return keeper_rig_main(tests, ARRAY_SIZE(tests), argc, argv);
}
