// SPDX-License-Identifier: GPL-2.0-only
/*
 * The recovery key, and the counter against old files, with a software TPM.
 */
#include "keeper_rig.h"

#include "base/array.h"
#include "wire/seal_json.h"

#include <dlfcn.h>

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

/* Counter */

/* Processes cannot be started at times. */
static bool no_fork;

pid_t fork(void)
{
	static pid_t (*real)(void);

	if (no_fork) {
		errno = EAGAIN;
		return -1;
	}
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "fork");
	return real();
}

static void wait_counted(void)
{
	int i;

	for (i = 0; i < 20; i++)
		loop_turn(loop, 100);
}

static void rollback(void)
{
	char old[4000], buf[4000];
	struct keeper_info info;
	struct err_detail detail;
	uint64_t generation;
	size_t n;

	make(true);
	counter = true;
	seal_it();
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(opened, 1);
	wait_counted();
	keeper_read_info(keeper, &info);
	CHECK(info.counter);
	generation = info.generation;
	n = get_file(STATE_FILE, old, sizeof(old));
	CHECK_EQ(write_key("two"), 0);
	wait_counted();
	keeper_read_info(keeper, &info);
	CHECK_EQ(info.generation, generation + 1);
	test_case("the lock counts, others do not");
	CHECK_EQ(write_entry(KEEPER_LOCK_ENTRY "/1ab3", "head"), 0);
	wait_counted();
	CHECK_EQ(write_entry("_serve/1ab3", "{}"), 0);
	wait_counted();
	keeper_read_info(keeper, &info);
	CHECK_EQ(info.generation, generation + 2);
	end();

	test_case("the newest");
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(opened && holds("_machinekey", "two"));
	/* A crash before it is counted. */
	CHECK_EQ(write_key("three"), 0);
	end();
	test_case("not counted any more");
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(opened && holds("_machinekey", "three"));
	wait_counted();
	end();

	test_case("an old one");
	get_file(STATE_FILE, buf, sizeof(buf));
	put_file(STATE_FILE, old, n);
	note_file();
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(keeper_phase(keeper), KEEPER_STUCK);
	CHECK(strstr(warning("state-store-health"), "state rolled back: file G="));
	CHECK(is_untouched());
	test_case("accepted");
	CHECK_EQ(keeper_accept_rollback(keeper, &detail), 0);
	wait_open();
	CHECK(opened && holds("_machinekey", "xyz"));
	wait_counted();
	end();
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(opened, 1);
	keeper_recheck(keeper);
	wait_counted();
	CHECK(*warning("vm-fork") && !*warning("state-write-failed"));
	end();
	counter = false;
	clean();
}

/* From before there was a counter, and so without a word about it. */
static void rollback_to_uncounted(void)
{
	struct err_detail detail;
	char old[4000];
	size_t n;

	make(true);
	seal_it();
	n = get_file(STATE_FILE, old, sizeof(old));
	counter = true;
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(opened, 1);
	CHECK_EQ(write_key("two"), 0);
	wait_counted();
	end();
	put_file(STATE_FILE, old, n);
	note_file();
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(keeper_phase(keeper), KEEPER_STUCK);
	CHECK(strstr(warning("state-store-health"), "before it was counted"));
	CHECK(!opened && is_untouched());
	CHECK_EQ(keeper_accept_rollback(keeper, &detail), 0);
	wait_open();
	CHECK(opened && holds("_machinekey", "xyz"));
	wait_counted();
	end();
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(opened, 1);
	counter = false;
	clean();
}

/* Who keeps the question from being asked has not answered it. */
static void counter_cannot_be_asked(void)
{
	make(true);
	counter = true;
	seal_it();
	CHECK_EQ(begin(OPT_UNSET), 0);
	loop_turn(loop, 100);
	no_fork = true;
	settle();
	CHECK(!opened);
	CHECK_EQ(keeper_phase(keeper), KEEPER_WAITING);
	CHECK(strstr(warning("state-store-health"), "cannot be asked"));
	no_fork = false;
	wait_open();
	CHECK(opened && holds("_machinekey", "xyz"));
	end();
	counter = false;
	test_case("nor the TPM");
	no_fork = true;
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(keeper_phase(keeper), KEEPER_WAITING);
	no_fork = false;
	wait_open();
	CHECK_EQ(opened, 1);
	clean();
}

/* Another TPM's counter means nothing: it begins anew, and the state is sealed. */
static void recovery_with_counter(void)
{
	struct keeper_info info;
	struct sealed_blob blob;
	char key[100];

	make(true);
	counter = true;
	seal_it();
	make_recovery(key);
	soft_tpm_clear(&tpm);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(keeper_phase(keeper), KEEPER_STUCK);
	blob = *state_blob(keeper_state(keeper));
	CHECK_EQ(recover(key), 0);
	wait_open();
	wait_private(blob.private_len, blob.private);
	wait_counted();
	end();
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(opened && holds("_machinekey", "xyz"));
	keeper_read_info(keeper, &info);
	CHECK(info.counter && !*warning("state-write-failed"));
	counter = false;
	clean();
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(recovery),
		TEST(recovery_without_tpm),
		TEST(no_recovery_key),
		TEST(recovery_key_in_a_plain_file),
		TEST(rollback),
		TEST(rollback_to_uncounted),
		TEST(counter_cannot_be_asked),
		TEST(recovery_with_counter),
	};

	return keeper_rig_main(tests, ARRAY_SIZE(tests), argc, argv);
}
