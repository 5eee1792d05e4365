// SPDX-License-Identifier: GPL-2.0-only
/*
 * The recovery key, new data keys, and the counter against old files, with a
 * software TPM.
 */
#include "keeper_rig.h"

#include "base/array.h"

#include <sys/wait.h>

/* Recovery key */

static void make_recovery(char *ret)
{
	struct err_detail detail = { "" };
	int r, i;

	begin(OPT_UNSET);
	settle();
	/* What runs in the background comes first. */
	for (i = 0; i < 100; i++) {
		r = keeper_make_recovery(keeper, &detail, on_done, NULL);
		if (r != -EBUSY)
			break;
		loop_turn(loop, 100);
	}
	if (!opened || r < 0)
		abort();
	wait_done();
	if (finish_err < 0)
		abort();
	strcpy(ret, answer);
	end();
}

static int recover(const char *text)
{
	struct err_detail detail = { "" };
	int r;

	finished = 0;
	r = keeper_recover(keeper, text, strlen(text), &detail, on_done, NULL);
	if (r < 0)
		return r;
	wait_done();
	return finish_err;
}

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

/* Rotation: killed at each call, the TPM or the recovery key opens it. */

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

static ssize_t odd_write(int fd, const void *data, size_t len)
{
	strike();
	return write(fd, data, len);
}

static int odd_fsync(int fd)
{
	strike();
	return fsync(fd);
}

static int odd_renameat(int a, const char *old, int b, const char *path)
{
	strike();
	return renameat(a, old, b, path);
}

static const struct state_io odd_io = {
	odd_openat, odd_fchmod, odd_write, odd_fsync, close, odd_renameat,
	unlinkat,
};

static _Noreturn void reseal_and_die(void)
{
	struct err_detail detail;

	begin_io(OPT_UNSET, false, &odd_io);
	settle();
	calls = 0;
	if (!opened || keeper_reseal(keeper, &detail, on_done, NULL) < 0)
		_exit(1);
	wait_done();
	_exit(finish_err < 0 ? 2 : 0);
}

static void crash_of_a_rotation(void)
{
	char key[100];
	int status;
	pid_t pid;

	make(true);
	seal_it();
	make_recovery(key);
	for (crash_at = 0;; crash_at++) {
		test_case("crash at call %d", crash_at);
		fflush(NULL);
		pid = fork();
		if (pid == 0)
			reseal_and_die();
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		CHECK(WIFEXITED(status));
		CHECK(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 42);
		CHECK_EQ(begin(OPT_UNSET), 0);
		settle();
		CHECK(opened && holds("_machinekey", "xyz"));
		/* The recovery key goes with what is there. */
		CHECK(!*warning("state-write-failed"));
		end();
		if (WEXITSTATUS(status) == 0)
			break;
	}
	/* The file beside, the state, the file beside: six calls each. */
	CHECK(crash_at >= 18);
	crash_at = -1;
	test_case("recovery key");
	soft_tpm_clear(&tpm);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(recover(key), 0);
	clean();
}

/* Counter */

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
		TEST(crash_of_a_rotation),
		TEST(rollback),
		TEST(recovery_with_counter),
	};

	return keeper_rig_main(tests, ARRAY_SIZE(tests), argc, argv);
}
