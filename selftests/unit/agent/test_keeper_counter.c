// SPDX-License-Identifier: GPL-2.0-only
/*
 * The counter against old states: files that were put back, other boards, copied
 * machines, with software TPMs.
 */
#include "keeper_rig.h"

#include "base/array.h"
#include "store/keeper_core.h"
#include "store/side.h"
#include "wire/seal_json.h"

#include <dlfcn.h>

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

/* Until the TPM has nothing to do, on a machine that may have much. */
static void wait_counted(void)
{
	int i;

	for (i = 0; i < 100; i++) {
		loop_turn(loop, 100);
		if (i >= 3 && !keeper->job && !keeper->owed &&
		    !keeper->recheck && keeper->generation <= keeper->counter)
			break;
	}
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
	CHECK_EQ(write_entry(SIDE_ENTRY "DERPMap", "{}"), 0);
	wait_counted();
	keeper_read_info(keeper, &info);
	CHECK_EQ(info.generation, generation + 2);
	CHECK_EQ(write_entry(SIDE_ENTRY SIDE_PIN "https://c", "key"), 0);
	wait_counted();
	keeper_read_info(keeper, &info);
	CHECK_EQ(info.generation, generation + 3);
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
	CHECK(strstr(warning("state-store-health"), "accept-rollback"));
	CHECK_EQ(keeper_accept_rollback(keeper, &detail), 0);
	wait_open();
	CHECK(opened && holds("_machinekey", "xyz"));
	CHECK(*warning("state-rolled-back"));
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

#define NODE_KEY "privkey:0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"
#define NO_KEY "privkey:0000000000000000000000000000000000000000000000000000000000000000"

static const char profile[] =
	"{\"LoggedOut\":false,\"WantRunning\":true,\"FutureSetting\":7,\"Config\":{\"PrivateNodeKey\":\"" NODE_KEY "\",\"NodeID\":\"nABC\",\"FutureKey\":8}}";

static bool entry_has(const char *name, const char *what)
{
	struct state_bytes bytes;

	return state_find(keeper_state(keeper), name, &bytes) &&
		memmem(bytes.data, bytes.len, what, strlen(what));
}

/* Who accepts an old state has to log in anew, in every profile. */
static void accepted_state_is_logged_out(void)
{
	struct err_detail detail = { "" };
	struct sealed_blob blob;
	char old[8000];
	size_t n;

	make(true);
	counter = true;
	seal_it();
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(write_entry("profile-1ab3", profile), 0);
	wait_counted();
	CHECK_EQ(write_entry("profile-2ab3", profile), 0);
	CHECK_EQ(write_entry("profile-2ab3||_routeInfo", profile), 0);
	CHECK_EQ(write_entry("profile-3ab3", "{"), 0);
	wait_counted();
	n = get_file(STATE_FILE, old, sizeof(old));
	CHECK_EQ(write_key("two"), 0);
	wait_counted();
	end();
	put_file(STATE_FILE, old, n);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(keeper_phase(keeper), KEEPER_STUCK);
	blob = *state_blob(keeper_state(keeper));
	CHECK_EQ(keeper_accept_rollback(keeper, &detail), 0);
	wait_open();
	CHECK_EQ(opened, 1);
	CHECK(entry_has("profile-1ab3", "\"PrivateNodeKey\": \"" NO_KEY "\""));
	CHECK(entry_has("profile-1ab3", "\"OldPrivateNodeKey\": \"" NODE_KEY "\""));
	CHECK(entry_has("profile-1ab3", "\"LoggedOut\": true"));
	CHECK(entry_has("profile-1ab3", "\"FutureSetting\": 7"));
	CHECK(entry_has("profile-1ab3", "\"FutureKey\": 8"));
	CHECK(entry_has("profile-2ab3", "\"LoggedOut\": true"));
	CHECK(holds("profile-2ab3||_routeInfo", profile));
	CHECK(holds("profile-3ab3", "{"));
	/* And has another data key from then on. */
	wait_private(blob.private_len, blob.private);
	CHECK(state_blob(keeper_state(keeper))->private_len != blob.private_len ||
	      memcmp(state_blob(keeper_state(keeper))->private, blob.private,
		     blob.private_len) != 0);
	wait_counted();
	end();
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(opened, 1);
	CHECK(entry_has("profile-1ab3", "\"PrivateNodeKey\": \"" NO_KEY "\""));
	counter = false;
	clean();
}

/* The board is another one, whose counter somebody has used before. */
static void another_board(void)
{
	struct keeper_info info;
	struct soft_tpm first;
	struct sealed_blob blob;
	char key[100];

	make(true);
	counter = true;
	seal_it();
	make_recovery(key);
	first = tpm;
	soft_tpm_make(&tpm);
	soft_tpm_start(&tpm);
	test_case("stuck, and as it was");
	note_file();
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(keeper_phase(keeper), KEEPER_STUCK);
	CHECK(strstr(warning("state-store-health"), "recover"));
	CHECK(is_untouched());
	test_case("the recovery key");
	blob = *state_blob(keeper_state(keeper));
	CHECK_EQ(recover(key), 0);
	wait_open();
	CHECK(opened && holds("_machinekey", "xyz"));
	wait_private(blob.private_len, blob.private);
	wait_counted();
	keeper_read_info(keeper, &info);
	CHECK(info.counter);
	end();
	test_case("at home here");
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(opened && holds("_machinekey", "xyz"));
	end();
	test_case("and no more on the first one");
	soft_tpm_remove(&tpm);
	tpm = first;
	note_file();
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(keeper_phase(keeper), KEEPER_STUCK);
	CHECK(is_untouched());
	counter = false;
	clean();
}

static void copy_tpm(const char *from, const char *to)
{
	char command[300];

	soft_tpm_stop(&tpm);
	snprintf(command, sizeof(command), "rm -rf '%s' && cp -a '%s' '%s'",
		 to, from, to);
	if (system(command) != 0)
		abort();
}

/*
 * A machine with its TPM is put back to an earlier moment: the state with it is
 * as new as can be known; a newer state is not.
 */
static void machine_is_put_back(void)
{
	char old[4000], saved[100];
	size_t n;

	make(true);
	counter = true;
	seal_it();
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	wait_counted();
	end();
	snprintf(saved, sizeof(saved), "%s.saved", tpm.dir);
	copy_tpm(tpm.dir, saved);
	soft_tpm_start(&tpm);
	n = get_file(STATE_FILE, old, sizeof(old));
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(write_key("two"), 0);
	wait_counted();
	CHECK_EQ(write_key("three"), 0);
	wait_counted();
	end();

	test_case("the TPM alone");
	copy_tpm(saved, tpm.dir);
	soft_tpm_start(&tpm);
	note_file();
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(keeper_phase(keeper), KEEPER_STUCK);
	CHECK(strstr(warning("state-store-health"), "lost or put back"));
	CHECK(is_untouched());
	end();
	test_case("both");
	put_file(STATE_FILE, old, n);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(opened && holds("_machinekey", "xyz"));
	test_case("seen while it runs");
	CHECK_EQ(write_key("other"), 0);
	wait_counted();
	copy_tpm(saved, tpm.dir);
	soft_tpm_start(&tpm);
	CHECK(!*warning("vm-fork"));
	keeper_recheck(keeper);
	/* One ahead is as after a crash. */
	wait_counted();
	CHECK(strstr(warning("vm-fork"), "copy"));
	CHECK_EQ(write_key("more"), 0);
	wait_counted();
	CHECK_EQ(write_key("and more"), 0);
	wait_counted();
	copy_tpm(saved, tpm.dir);
	soft_tpm_start(&tpm);
	keeper_recheck(keeper);
	wait_counted();
	CHECK(strstr(warning("vm-fork"), "put back to an earlier moment: the counter"));
	end();
	counter = false;
	snprintf(old, sizeof(old), "rm -rf '%s'", saved);
	CHECK_EQ(system(old), 0);
	clean();
}

/* The question is not forgotten because the TPM is at work. */
static void recheck_while_busy(void)
{
	struct err_detail detail = { "" };

	make(true);
	counter = true;
	seal_it();
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	wait_counted();
	CHECK_EQ(keeper_reseal(keeper, &detail, on_done, NULL), 0);
	soft_tpm_forget_counter(&tpm, TPM_COUNTER_INDEX);
	keeper_recheck(keeper);
	wait_done();
	CHECK_EQ(finish_err, 0);
	wait_counted();
	CHECK(strstr(warning("state-write-failed"), "no counter of ours"));
	counter = false;
	clean();
}

/* Not to be found where one looks first is not to be gone. */
static void index_of_the_settings(void)
{
	const uint32_t other = 0x01800f02;
	struct keeper_info info;
	char old[4000];
	size_t n;

	make(true);
	seal_it();
	n = get_file(STATE_FILE, old, sizeof(old));
	counter = true;
	counter_index = other;
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(opened, 1);
	CHECK_EQ(write_key("two"), 0);
	wait_counted();
	CHECK(entry_has(KEEPER_SEAL_ENTRY, "25169666"));
	end();
	counter_index = 0;
	test_case("a counted state stays with its own");
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(opened && entry_has(KEEPER_SEAL_ENTRY, "25169666"));
	keeper_read_info(keeper, &info);
	CHECK(info.counter);
	end();
	test_case("an uncounted one is looked up by what lies beside");
	put_file(STATE_FILE, old, n);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(keeper_phase(keeper), KEEPER_STUCK);
	CHECK(strstr(warning("state-store-health"), "before it was counted"));
	end();
	test_case("gone, and that is no way out");
	soft_tpm_forget_counter(&tpm, other);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(keeper_phase(keeper), KEEPER_STUCK);
	CHECK(strstr(warning("state-store-health"), "the counter is gone"));
	end();
	counter = false;
	clean();
	test_case("of a counted state");
	make(true);
	counter = true;
	seal_it();
	soft_tpm_forget_counter(&tpm, TPM_COUNTER_INDEX);
	note_file();
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(keeper_phase(keeper), KEEPER_STUCK);
	CHECK(strstr(warning("state-store-health"), "the counter is gone"));
	CHECK(is_untouched());
	counter = false;
	clean();
}

/* Two states that the counter does not tell apart: not for longer than needed. */
static void no_two_with_one_generation(void)
{
	char two[4000];
	size_t n;

	make(true);
	counter = true;
	seal_it();
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	wait_counted();
	no_fork = true;
	CHECK_EQ(write_key("two"), 0);
	n = get_file(STATE_FILE, two, sizeof(two));
	CHECK_EQ(write_key("three"), 0);
	no_fork = false;
	CHECK_EQ(write_key("four"), 0);
	wait_counted();
	end();
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(opened && holds("_machinekey", "four"));
	end();
	put_file(STATE_FILE, two, n);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(keeper_phase(keeper), KEEPER_STUCK);
	end();
	counter = false;
	clean();
	test_case("nor after a crash");
	make(true);
	counter = true;
	seal_it();
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	wait_counted();
	no_fork = true;
	CHECK_EQ(write_key("two"), 0);
	n = get_file(STATE_FILE, two, sizeof(two));
	CHECK_EQ(write_key("three"), 0);
	end();
	no_fork = false;
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(opened && holds("_machinekey", "three"));
	wait_counted();
	end();
	put_file(STATE_FILE, two, n);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(keeper_phase(keeper), KEEPER_STUCK);
	counter = false;
	clean();
}

/* Who sets a password must not cost the node its counter. */
static void password_comes_later(void)
{
	struct keeper_info info;
	uint64_t generation;

	make(true);
	counter = true;
	seal_it();
	soft_tpm_set_owner_auth(&tpm, "owner");
	strcpy(owner_auth, "owner");
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(opened && holds("_machinekey", "xyz"));
	keeper_read_info(keeper, &info);
	generation = info.generation;
	CHECK_EQ(write_key("two"), 0);
	wait_counted();
	keeper_read_info(keeper, &info);
	CHECK_EQ(info.generation, generation + 1);
	CHECK(!*warning("state-write-failed"));
	owner_auth[0] = 0;
	counter = false;
	clean();
}

static int settled;

static void on_settled(void *ctx)
{
	(void)ctx;
	settled++;
}

/* Until it says so; for how long. */
static uint64_t wait_settled(void)
{
	const uint64_t begun = loop_now_ms(loop);
	int i;

	for (i = 0; i < 200 && !settled; i++)
		loop_turn(loop, 100);
	return loop_now_ms(loop) - begun;
}

static bool is_counted(void)
{
	struct keeper_info info;

	keeper_read_info(keeper, &info);
	return info.counter && info.counted;
}

static void settle_and_end(void)
{
	settled = 0;
	CHECK(keeper_settle(keeper, 20000, on_settled, NULL));
	CHECK_EQ(settled, 0);
	wait_settled();
	CHECK_EQ(settled, 1);
	CHECK(is_counted());
	end();
}

static void begins_with(const char *key)
{
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(opened && is_counted() && holds("_machinekey", key));
}

/* An end in good order leaves nothing to be made good at the next start. */
static void end_waits_for_the_count(void)
{
	struct err_detail detail;

	make(true);
	counter = true;
	seal_it();
	CHECK_EQ(begin(OPT_UNSET), 0);
	settled = 0;
	test_case("not open yet");
	CHECK(!keeper_settle(keeper, 5000, on_settled, NULL));
	settle();
	wait_counted();
	test_case("nothing to wait for");
	CHECK(is_counted());
	CHECK(!keeper_settle(keeper, 5000, on_settled, NULL));

	test_case("one write");
	CHECK_EQ(write_key("two"), 0);
	CHECK(!is_counted());
	CHECK_IN(settle_and_end());
	CHECK_IN(begins_with("two"));

	test_case("two, of which one went with the other");
	CHECK_EQ(write_key("three"), 0);
	CHECK_EQ(write_key("four"), 0);
	CHECK_IN(settle_and_end());
	CHECK_IN(begins_with("four"));

	test_case("behind something else that it does");
	CHECK_EQ(keeper_reseal(keeper, &detail, NULL, NULL), 0);
	CHECK_EQ(write_key("five"), 0);
	CHECK_IN(settle_and_end());
	CHECK_IN(begins_with("five"));

	test_case("one that waits to be tried again");
	no_fork = true;
	CHECK_EQ(write_key("six"), 0);
	loop_turn(loop, 10);
	no_fork = false;
	CHECK_IN(settle_and_end());
	counter = false;
	clean();
}

/* And is not held up by a TPM that says nothing. */
static void end_does_not_wait_for_ever(void)
{
	uint64_t ms;

	make(true);
	counter = true;
	seal_it();
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	wait_counted();
	test_case("no process can be started");
	settled = 0;
	no_fork = true;
	CHECK_EQ(write_key("two"), 0);
	CHECK(keeper_settle(keeper, 60000, on_settled, NULL));
	CHECK_EQ(settled, 0);
	CHECK(wait_settled() < 10000);
	CHECK_EQ(settled, 1);
	no_fork = false;

	test_case("the TPM says nothing");
	settled = 0;
	soft_tpm_freeze(&tpm, true);
	CHECK(keeper_settle(keeper, 500, on_settled, NULL));
	ms = wait_settled();
	CHECK(settled == 1 && ms >= 500 && ms < 10000);
	end();
	soft_tpm_freeze(&tpm, false);
	soft_tpm_stop(&tpm);
	soft_tpm_start(&tpm);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(opened && holds("_machinekey", "two"));
	wait_counted();
	CHECK(is_counted());
	test_case("the keeper is gone before that");
	settled = 0;
	CHECK_EQ(write_key("three"), 0);
	CHECK(keeper_settle(keeper, 100, on_settled, NULL));
	keeper_free(steal(keeper));
	loop_turn(loop, 300);
	CHECK_EQ(settled, 0);
	loop_free(steal(loop));
	counter = false;
	clean();
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(rollback),
		TEST(rollback_to_uncounted),
		TEST(counter_cannot_be_asked),
		TEST(recovery_with_counter),
		TEST(accepted_state_is_logged_out),
		TEST(another_board),
		TEST(machine_is_put_back),
		TEST(recheck_while_busy),
		TEST(index_of_the_settings),
		TEST(no_two_with_one_generation),
		TEST(password_comes_later),
		TEST(end_waits_for_the_count),
		TEST(end_does_not_wait_for_ever),
	};

	return keeper_rig_main(tests, ARRAY_SIZE(tests), argc, argv);
}
