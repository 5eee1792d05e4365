// SPDX-License-Identifier: GPL-2.0-only
/*
 * The process dies at each call that writes, in each thing the keeper does with
 * the state: afterwards the node is there, and what opened it opens it.
 */
#include "keeper_rig.h"

#include "base/array.h"
#include "odd_io.h"

static void begin_odd(enum opt_bool flag)
{
	if (begin_io(flag, false, odd_io()) < 0)
		_exit(1);
}

/* What is done, each in a process that does not come back. */

static int do_seal(void)
{
	begin_odd(OPT_TRUE);
	odd_calls = 0;
	settle();
	return opened && state_is_sealed(keeper_state(keeper)) ? 0 : 2;
}

static int do_unseal(void)
{
	begin_odd(OPT_FALSE);
	odd_calls = 0;
	settle();
	return opened && !state_is_sealed(keeper_state(keeper)) ? 0 : 2;
}

static int do_reseal(void)
{
	struct err_detail detail;

	begin_odd(OPT_UNSET);
	settle();
	odd_calls = 0;
	if (!opened || keeper_reseal(keeper, &detail, on_done, NULL) < 0)
		return 2;
	wait_done();
	return finish_err < 0 ? 2 : 0;
}

static int do_make_recovery(void)
{
	struct err_detail detail;

	begin_odd(OPT_UNSET);
	settle();
	odd_calls = 0;
	if (!opened ||
	    keeper_make_recovery(keeper, &detail, on_done, NULL) < 0)
		return 2;
	wait_done();
	return finish_err < 0 ? 2 : 0;
}

static char key[100];
/* It has to go with the state after each of them. */
static bool recoverable;
/* An old state may have to be accepted, still or again. */
static bool accept;

/* By a TPM that was reset in between; seals anew at its end. */
static int do_recover(void)
{
	struct sealed_blob old;

	begin_odd(OPT_UNSET);
	settle();
	old = *state_blob(keeper_state(keeper));
	odd_calls = 0;
	if (recover(key) < 0)
		return 2;
	wait_private(old.private_len, old.private);
	return 0;
}

static int do_write(void)
{
	begin_odd(OPT_UNSET);
	settle();
	odd_calls = 0;
	return opened && write_key("xyz2") == 0 ? 0 : 2;
}

/* An old one is accepted, and every profile logged out. */
static int do_accept(void)
{
	struct err_detail detail;
	int i;

	begin_odd(OPT_UNSET);
	settle();
	odd_calls = 0;
	if (opened || keeper_accept_rollback(keeper, &detail) < 0)
		return 2;
	wait_open();
	for (i = 0; i < 10; i++)
		loop_turn(loop, 100);
	return opened ? 0 : 2;
}

/* The file was damaged, and the one before takes its place. */
static int do_restore(void)
{
	odd_calls = 0;
	begin_odd(OPT_UNSET);
	settle();
	return opened ? 0 : 2;
}

/* Opened by the TPM as it is now, or else by the recovery key. */
static void open_any(void)
{
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	if (!opened && key[0])
		CHECK_EQ(recover(key), 0);
	if (!opened && accept) {
		struct err_detail detail;

		CHECK_EQ(keeper_accept_rollback(keeper, &detail), 0);
		wait_open();
	}
	CHECK_EQ(opened, 1);
	CHECK(holds("_machinekey", "xyz") || holds("_machinekey", "xyz2"));
	CHECK(holds("future", "\1\2\3"));
}

static void look(void)
{
	open_any();
	if (recoverable)
		CHECK(!*warning("state-write-failed"));
	end();
}

/* @setup: what the thing is done to, anew each time; or NULL */
static void each_call(const char *name, int (*fn)(void), void (*setup)(void),
		      int least)
{
	int status;

	for (odd_crash_at = 0;; odd_crash_at++) {
		test_case("%s, crash at call %d", name, odd_crash_at);
		/* What a helper that died with it has left in there. */
		soft_tpm_stop(&tpm);
		soft_tpm_start(&tpm);
		if (setup)
			setup();
		status = odd_io_run(fn);
		CHECK(status == 0 || status == ODD_IO_CRASH);
		look();
		if (status != ODD_IO_CRASH)
			break;
	}
	/* More would be no harm, less would be a hole in this test. */
	CHECK(odd_crash_at >= least);
	printf("# %s: %d points\n", name, odd_crash_at);
	odd_crash_at = -1;
}

static void put_plain(void)
{
	unlink(path_of(KEEPER_EXTRAS_FILE));
	put_file(STATE_FILE, plain, strlen(plain));
}

static void put_sealed(void)
{
	put_plain();
	seal_it();
}

static void sealing(void)
{
	make(true);
	key[0] = 0;
	each_call("seal", do_seal, put_plain, 14);
	clean();
}

static void unsealing(void)
{
	make(true);
	key[0] = 0;
	each_call("unseal", do_unseal, put_sealed, 8);
	clean();
}

static void writing(void)
{
	make(true);
	key[0] = 0;
	each_call("write", do_write, put_sealed, 7);
	counter = true;
	each_call("counted write", do_write, put_sealed, 7);
	counter = false;
	clean();
}

/* The recovery key goes with what is there, after every one of them. */
static void resealing(void)
{
	make(true);
	seal_it();
	make_recovery(key);
	recoverable = true;
	each_call("reseal", do_reseal, NULL, 21);
	recoverable = false;
	test_case("recovery key");
	soft_tpm_clear(&tpm);
	look();
	key[0] = 0;
	clean();
}

/* One crash after the new key is in use, one more before the next is. */
static void resealing_twice(void)
{
	int first;

	/* The old name, the new one not synced, synced: seven calls before. */
	for (first = 14; first < 17; first++) {
		test_case("crash at %d", first);
		make(true);
		seal_it();
		make_recovery(key);
		odd_crash_at = first;
		CHECK_EQ(odd_io_run(do_reseal), ODD_IO_CRASH);
		odd_crash_at = 7;
		CHECK_EQ(odd_io_run(do_reseal), ODD_IO_CRASH);
		odd_crash_at = -1;
		soft_tpm_clear(&tpm);
		look();
		clean();
	}
	key[0] = 0;
}

/* The key that was never shown opens nothing; the one of before still does. */
static void making_a_recovery_key(void)
{
	make(true);
	seal_it();
	make_recovery(key);
	each_call("recovery key", do_make_recovery, NULL, 14);
	key[0] = 0;
	clean();
	test_case("the one of before");
	make(true);
	seal_it();
	make_recovery(key);
	/* The state has the new one, the file beside has not. */
	odd_crash_at = 8;
	CHECK_EQ(odd_io_run(do_make_recovery), ODD_IO_CRASH);
	odd_crash_at = -1;
	soft_tpm_clear(&tpm);
	look();
	key[0] = 0;
	clean();
}

/* Sealed by a TPM that has been reset since, and the file beside. */
static char saved[2][4000];
static size_t saved_len[2];

static void put_recoverable(void)
{
	put_file(STATE_FILE, saved[0], saved_len[0]);
	put_file(KEEPER_EXTRAS_FILE, saved[1], saved_len[1]);
}

static void recovering(void)
{
	make(true);
	seal_it();
	make_recovery(key);
	soft_tpm_clear(&tpm);
	saved_len[0] = get_file(STATE_FILE, saved[0], sizeof(saved[0]));
	saved_len[1] = get_file(KEEPER_EXTRAS_FILE, saved[1], sizeof(saved[1]));
	recoverable = true;
	each_call("recover", do_recover, put_recoverable, 21);
	recoverable = false;
	key[0] = 0;
	clean();
}

static void put_rolled_back(void)
{
	put_file(STATE_FILE, saved[0], saved_len[0]);
}

static void accepting(void)
{
	static const char profile[] =
		"{\"Config\":{\"PrivateNodeKey\":\"privkey:0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20\"}}";

	make(true);
	counter = true;
	seal_it();
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(write_entry("profile-1ab3", profile), 0);
	CHECK_EQ(write_entry("profile-2ab3", profile), 0);
	end();
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	end();
	saved_len[0] = get_file(STATE_FILE, saved[0], sizeof(saved[0]));
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(write_key("xyz2"), 0);
	loop_turn(loop, 500);
	loop_turn(loop, 500);
	end();
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(opened, 1);
	end();
	accept = true;
	each_call("accept an old one", do_accept, put_rolled_back, 28);
	accept = false;
	counter = false;
	clean();
}

static void put_damaged(void)
{
	put_file(STATE_PREV_FILE, saved[0], saved_len[0]);
	put_file(STATE_FILE, saved[0], saved_len[0] / 2);
}

static void restoring(void)
{
	make(true);
	seal_it();
	saved_len[0] = get_file(STATE_FILE, saved[0], sizeof(saved[0]));
	each_call("restore", do_restore, put_damaged, 2);
	clean();
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(sealing),
		TEST(unsealing),
		TEST(writing),
		TEST(resealing),
		TEST(resealing_twice),
		TEST(making_a_recovery_key),
		TEST(recovering),
		TEST(accepting),
		TEST(restoring),
	};

	return keeper_rig_main(tests, ARRAY_SIZE(tests), argc, argv);
}
