// SPDX-License-Identifier: GPL-2.0-only
/*
 * The process dies at each call that writes, in each thing the keeper does with
 * the state: afterwards the node is there, and what opened it opens it.
 */
#include "keeper_rig.h"

#include "base/array.h"

#include <sys/wait.h>

/* The last thing that the process does; -1 = it lives. */
static int calls, crash_at = -1;

static void strike(void)
{
	if (calls++ == crash_at)
		_exit(42);
}

static int odd_openat(int at, const char *path, int flags, mode_t mode)
{
	strike();
	return openat(at, path, flags, mode);
}

static int odd_fchmod(int fd, mode_t mode)
{
	strike();
	return fchmod(fd, mode);
}

/* Half of it is on the disk, and the power is gone. */
static ssize_t odd_write(int fd, const void *data, size_t len)
{
	strike();
	return write(fd, data, len > 300 ? 300 : len);
}

static int odd_fsync(int fd)
{
	strike();
	return fsync(fd);
}

static int odd_close(int fd)
{
	strike();
	return close(fd);
}

static int odd_renameat(int a, const char *old, int b, const char *path)
{
	strike();
	return renameat(a, old, b, path);
}

static int odd_unlinkat(int at, const char *path, int flags)
{
	strike();
	return unlinkat(at, path, flags);
}

static const struct state_io odd_io = {
	odd_openat, odd_fchmod, odd_write, odd_fsync, odd_close, odd_renameat,
	odd_unlinkat,
};

static void begin_odd(enum opt_bool flag)
{
	if (begin_io(flag, false, &odd_io) < 0)
		_exit(1);
}

/* What is done, each in a process that does not come back. */

static int do_seal(void)
{
	begin_odd(OPT_TRUE);
	calls = 0;
	settle();
	return opened && state_is_sealed(keeper_state(keeper)) ? 0 : 2;
}

static int do_unseal(void)
{
	begin_odd(OPT_FALSE);
	calls = 0;
	settle();
	return opened && !state_is_sealed(keeper_state(keeper)) ? 0 : 2;
}

static int do_reseal(void)
{
	struct err_detail detail;

	begin_odd(OPT_UNSET);
	settle();
	calls = 0;
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
	calls = 0;
	if (!opened ||
	    keeper_make_recovery(keeper, &detail, on_done, NULL) < 0)
		return 2;
	wait_done();
	return finish_err < 0 ? 2 : 0;
}

static char key[100];
/* It has to go with the state after each of them. */
static bool recoverable;

/* By a TPM that was reset in between; seals anew at its end. */
static int do_recover(void)
{
	struct sealed_blob old;

	begin_odd(OPT_UNSET);
	settle();
	old = *state_blob(keeper_state(keeper));
	calls = 0;
	if (recover(key) < 0)
		return 2;
	wait_private(old.private_len, old.private);
	return 0;
}

static int do_write(void)
{
	begin_odd(OPT_UNSET);
	settle();
	calls = 0;
	return opened && write_key("xyz2") == 0 ? 0 : 2;
}

/* Return: the child's status; -1 if it was none. */
static int run(int (*fn)(void))
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0)
		_exit(fn());
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

/* Opened by the TPM as it is now, or else by the recovery key. */
static void open_any(void)
{
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	if (!opened && key[0])
		CHECK_EQ(recover(key), 0);
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

	for (crash_at = 0;; crash_at++) {
		test_case("%s, crash at call %d", name, crash_at);
		if (setup)
			setup();
		status = run(fn);
		CHECK(status == 0 || status == 42);
		look();
		if (status != 42)
			break;
	}
	/* More would be no harm, less would be a hole in this test. */
	CHECK(crash_at >= least);
	printf("# %s: %d points\n", name, crash_at);
	crash_at = -1;
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
		crash_at = first;
		CHECK_EQ(run(do_reseal), 42);
		crash_at = 7;
		CHECK_EQ(run(do_reseal), 42);
		crash_at = -1;
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
	crash_at = 8;
	CHECK_EQ(run(do_make_recovery), 42);
	crash_at = -1;
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
	};

	return keeper_rig_main(tests, ARRAY_SIZE(tests), argc, argv);
}
