// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the TPM does for us and how it fails, with a software TPM. Every command
 * goes through the helper process, as in the agent: this program is its own
 * helper.
 */
#include "test.h"

#include "base/array.h"
#include "base/clock.h"
#include "loop/loop.h"
#include "soft_tpm.h"
#include "tpm/tpm_class.h"
#include "tpm/tpm_job.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

static struct loop *loop;
static struct tpm_answer got;
static unsigned int command_s = 20;
static uint64_t timeout_ms = 60000;

static void done(void *ctx, const struct tpm_answer *answer)
{
	(void)ctx;
	got = *answer;
	loop_stop(loop, 0);
}

static struct tpm_job *job_for(const struct soft_tpm *t, enum tpm_op op)
{
	struct tpm_request *req;
	struct tpm_job *job;

	if (loop_new(clock_system(), &loop) < 0 ||
	    tpm_job_new(loop, &job) < 0)
		abort();
	req = tpm_job_request(job);
	req->op = op;
	req->index = TPM_COUNTER_INDEX;
	req->options.command_s = command_s;
	if (t)
		strcpy(req->options.tcti, t->tcti);
	return job;
}

static int run(struct tpm_job *job)
{
	memset(&got, 0xaa, sizeof(got));
	if (tpm_job_start(job, timeout_ms, done, NULL) < 0)
		abort();
	loop_run(loop);
	loop_free(loop);
	return got.err;
}

static int ask(const struct soft_tpm *t, enum tpm_op op)
{
	return run(job_for(t, op));
}

static int seal(const struct soft_tpm *t, const uint8_t *key)
{
	struct tpm_job *job = job_for(t, TPM_OP_SEAL);

	memcpy(tpm_job_request(job)->key, key, SECRET_LEN);
	return run(job);
}

static int unseal(const struct soft_tpm *t, const struct sealed_blob *blob)
{
	struct tpm_job *job = job_for(t, TPM_OP_UNSEAL);

	tpm_job_request(job)->blob = *blob;
	return run(job);
}

static int raise_to(const struct soft_tpm *t, uint64_t value)
{
	struct tpm_job *job = job_for(t, TPM_OP_COUNTER_RAISE);

	tpm_job_request(job)->counter = value;
	return run(job);
}

static const uint8_t key[SECRET_LEN] = "a key of thirty-two bytes, yes!";

/* Two coordinates of 32 zeros: with empty ones it would be another key. */
static void template_bytes(void)
{
	static const uint8_t head[] = {
		0x00, 0x23, 0x00, 0x0b, 0x00, 0x03, 0x04, 0x72, 0x00, 0x00,
		0x00, 0x06, 0x00, 0x80, 0x00, 0x43, 0x00, 0x10, 0x00, 0x03,
		0x00, 0x10 };
	uint8_t want[90] = { 0 }, is[200];

	memcpy(want, head, sizeof(head));
	want[sizeof(head) + 1] = 32;
	want[sizeof(head) + 35] = 32;
	CHECK_EQ(tpm_parent_template(is, sizeof(is)), 90);
	CHECK_MEM(is, want, 90);
}

static void classes(void)
{
	static const struct {
		uint32_t rc;
		enum tpm_step step;
		int err;
	} cases[] = {
		{ 0x1df, TPM_STEP_LOAD, TNE_TPM_FOREIGN },
		{ 0xb01df, TPM_STEP_LOAD, TNE_TPM_FOREIGN },
		{ 0x1d5, TPM_STEP_LOAD, TNE_TPM_FOREIGN },
		{ 0x1da, TPM_STEP_LOAD, TNE_TPM_FOREIGN },
		{ 0x2c3, TPM_STEP_LOAD, TNE_TPM_FOREIGN },
		{ 0x2e1, TPM_STEP_LOAD, TNE_TPM_FOREIGN },
		{ 0x90006, TPM_STEP_LOAD, TNE_TPM_FOREIGN },
		{ 0x9000b, TPM_STEP_LOAD, TNE_TPM_FOREIGN },
		{ 0x1d5, TPM_STEP_CREATE, TNE_TPM_FAILED },
		{ 0x9a2, TPM_STEP_PARENT, TNE_TPM_OWNER_AUTH },
		{ 0xb09a2, TPM_STEP_PARENT, TNE_TPM_OWNER_AUTH },
		{ 0x9a2, TPM_STEP_UNSEAL, TNE_TPM_FAILED },
		{ 0x921, TPM_STEP_UNSEAL, TNE_TPM_LOCKOUT },
		{ 0xb0921, TPM_STEP_UNSEAL, TNE_TPM_LOCKOUT },
		{ 0x921, TPM_STEP_LOAD, TNE_TPM_LOCKOUT },
		{ 0x902, TPM_STEP_LOAD, TNE_TPM_EXHAUSTED },
		{ 0x903, TPM_STEP_SESSION, TNE_TPM_EXHAUSTED },
		{ 0x922, TPM_STEP_PARENT, TNE_TPM_BUSY },
		{ 0x908, TPM_STEP_PARENT, TNE_TPM_BUSY },
		{ 0x909, TPM_STEP_PARENT, TNE_TPM_BUSY },
		{ 0x101, TPM_STEP_CAPABILITY, TNE_TPM_DEAD },
		{ 0x100, TPM_STEP_CAPABILITY, TNE_TPM_FAILED },
		{ 0xa000a, TPM_STEP_PARENT, TNE_TPM_ABSENT },
		{ 0xa0009, TPM_STEP_PARENT, TNE_TPM_BUSY },
		{ 0x70001, TPM_STEP_PARENT, TNE_TPM_FAILED },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("0x%x at %s", cases[i].rc,
			  tpm_step_name(cases[i].step));
		CHECK_EQ(tpm_class_find(cases[i].rc, cases[i].step),
			 cases[i].err);
	}
}

static void begin(struct soft_tpm *t)
{
	soft_tpm_make(t);
	soft_tpm_start(t);
}

static void facts(void)
{
	struct soft_tpm t;

	begin(&t);
	CHECK_EQ(ask(&t, TPM_OP_FACTS), 0);
	CHECK(got.has_facts);
	CHECK(strcmp(got.facts.family, "2.0") == 0);
	CHECK(strcmp(got.facts.manufacturer, "IBM") == 0);
	CHECK(strcmp(got.facts.vendor, "SW   TPM") == 0);
	CHECK(got.facts.revision >= 116 && got.facts.lockout_max > 0);
	CHECK(!(got.facts.permanent & TPM_PERMANENT_IN_LOCKOUT));
	CHECK_EQ(ask(&t, TPM_OP_PROBE), 0);
	CHECK(got.parent.len == 34 && got.has_facts);
	CHECK_EQ(soft_tpm_transients(&t), 0);
	soft_tpm_remove(&t);
}

static void round_trip(void)
{
	static const uint8_t head[] = { 0, 8, 0, 0x0b, 0, 0, 4, 0x52, 0, 0,
					0, 0x10, 0, 0x20 };
	struct sealed_blob blob;
	struct tpm_name parent;
	struct soft_tpm t;
	struct tpm_job *job;
	int i;

	begin(&t);
	CHECK_EQ(seal(&t, key), 0);
	blob = got.blob;
	parent = got.parent;
	CHECK_EQ(blob.public_len, 46);
	CHECK_MEM(blob.public, head, sizeof(head));
	CHECK(blob.private_len > 100);
	/* Often enough to see handles that are left behind. */
	for (i = 0; i < 8; i++) {
		CHECK_EQ(unseal(&t, &blob), 0);
		CHECK_MEM(got.key, key, SECRET_LEN);
		CHECK(!got.old);
	}
	CHECK_EQ(soft_tpm_transients(&t), 0);

	job = job_for(&t, TPM_OP_UNSEAL);
	tpm_job_request(job)->blob = blob;
	tpm_job_request(job)->options.parent = parent;
	CHECK_EQ(run(job), 0);
	job = job_for(&t, TPM_OP_UNSEAL);
	tpm_job_request(job)->blob = blob;
	parent.byte[5] ^= 1;
	tpm_job_request(job)->options.parent = parent;
	CHECK_EQ(run(job), TNE_TPM_FOREIGN);
	CHECK(strstr(got.detail.text, "tpm2.CreatePrimary"));
	CHECK_EQ(soft_tpm_transients(&t), 0);

	/* The same after a power cycle. */
	soft_tpm_stop(&t);
	soft_tpm_start(&t);
	CHECK_EQ(unseal(&t, &blob), 0);
	CHECK_MEM(got.key, key, SECRET_LEN);
	soft_tpm_remove(&t);
}

static void other_tpm_or_cleared(void)
{
	struct sealed_blob blob;
	struct soft_tpm t, other;

	begin(&t);
	begin(&other);
	CHECK_EQ(seal(&t, key), 0);
	blob = got.blob;
	CHECK_EQ(unseal(&other, &blob), TNE_TPM_FOREIGN);
	CHECK(strstr(got.detail.text, "tpm2.Load: "));
	CHECK(sodium_is_zero(got.key, SECRET_LEN));
	CHECK(got.has_facts);
	soft_tpm_remove(&other);

	soft_tpm_clear(&t);
	CHECK_EQ(unseal(&t, &blob), TNE_TPM_FOREIGN);
	CHECK_EQ(soft_tpm_transients(&t), 0);
	soft_tpm_remove(&t);
}

/* One byte of each field of both halves; all of them take a minute. */
static void damaged_blobs(void)
{
	static const uint16_t at[] = { 0, 2, 33, 34, 35, 36, 50, 52, 100, 157 };
	struct sealed_blob blob, bad;
	struct soft_tpm t;
	size_t i;

	begin(&t);
	CHECK_EQ(seal(&t, key), 0);
	blob = got.blob;
	for (i = 0; i < ARRAY_SIZE(at); i++) {
		test_case("private byte %u", at[i]);
		bad = blob;
		bad.private[at[i]] ^= 1;
		CHECK_EQ(unseal(&t, &bad), TNE_TPM_FOREIGN);
	}
	for (i = 0; i < blob.public_len; i += 3) {
		test_case("public byte %zu", i);
		bad = blob;
		bad.public[i] ^= 1;
		CHECK_EQ(unseal(&t, &bad), TNE_TPM_FOREIGN);
	}
	test_case("public cut");
	bad = blob;
	bad.public_len--;
	CHECK_EQ(unseal(&t, &bad), TNE_TPM_FOREIGN);
	test_case("public with a byte more");
	bad = blob;
	bad.public_len++;
	CHECK_EQ(unseal(&t, &bad), TNE_TPM_FOREIGN);
	test_case("private cut");
	bad = blob;
	bad.private_len--;
	CHECK_EQ(unseal(&t, &bad), TNE_TPM_FOREIGN);
	test_case("private of another vendor's size");
	bad = blob;
	memset(bad.private, 0x5a, sizeof(bad.private));
	bad.private_len = 222;
	CHECK_EQ(unseal(&t, &bad), TNE_TPM_FOREIGN);
	bad.private_len = SEALED_PRIVATE_MAX;
	CHECK_EQ(unseal(&t, &bad), TNE_TPM_FOREIGN);
	CHECK_EQ(soft_tpm_transients(&t), 0);
	soft_tpm_remove(&t);
}

static void lockout(void)
{
	struct sealed_blob old, new;
	struct soft_tpm t;
	uint32_t count;

	begin(&t);
	soft_tpm_seal_old(&t, 0, key, &old);
	CHECK_EQ(unseal(&t, &old), 0);
	CHECK(got.old);
	CHECK_EQ(seal(&t, key), 0);
	new = got.blob;

	soft_tpm_lock_out(&t);
	CHECK_EQ(unseal(&t, &old), TNE_TPM_LOCKOUT);
	CHECK(got.has_facts);
	CHECK(got.facts.permanent & TPM_PERMANENT_IN_LOCKOUT);
	CHECK_EQ(got.facts.lockout_max, 3);
	CHECK_EQ(got.facts.lockout_interval_s, 1000);
	count = got.facts.lockout_count;
	/* Ours does not care, and we have not made it worse. */
	CHECK_EQ(unseal(&t, &new), 0);
	CHECK_MEM(got.key, key, SECRET_LEN);
	CHECK_EQ(ask(&t, TPM_OP_PROBE), 0);
	CHECK_EQ(got.facts.lockout_count, count);
	soft_tpm_remove(&t);
}

static void owner_password(void)
{
	struct sealed_blob blob;
	struct tpm_job *job;
	struct soft_tpm t;

	begin(&t);
	CHECK_EQ(seal(&t, key), 0);
	blob = got.blob;
	soft_tpm_set_owner_auth(&t, "owner");
	CHECK_EQ(unseal(&t, &blob), TNE_TPM_OWNER_AUTH);
	CHECK(got.facts.permanent & TPM_PERMANENT_OWNER_AUTH);
	CHECK_EQ(ask(&t, TPM_OP_PROBE), TNE_TPM_OWNER_AUTH);
	/* The password does not change the seed. */
	job = job_for(&t, TPM_OP_UNSEAL);
	tpm_job_request(job)->blob = blob;
	memcpy(tpm_job_request(job)->options.auth, "owner", 5);
	tpm_job_request(job)->options.auth_len = 5;
	CHECK_EQ(run(job), 0);
	CHECK_MEM(got.key, key, SECRET_LEN);
	soft_tpm_remove(&t);
}

static void missing(void)
{
	struct soft_tpm t;

	soft_tpm_make(&t);
	CHECK_EQ(ask(&t, TPM_OP_PROBE), TNE_TPM_ABSENT);
	CHECK(!got.has_facts);
	CHECK(strstr(got.detail.text, "opening TPM: "));
	soft_tpm_remove(&t);
}

static void slow(void)
{
	struct soft_tpm t;

	begin(&t);
	soft_tpm_freeze(&t, true);
	command_s = 1;
	CHECK_EQ(ask(&t, TPM_OP_PROBE), TNE_TPM_SLOW);
	/* And of the whole: the helper is ended, whatever it does. */
	command_s = 20;
	timeout_ms = 200;
	CHECK_EQ(ask(&t, TPM_OP_PROBE), TNE_TPM_SLOW);
	timeout_ms = 60000;
	soft_tpm_freeze(&t, false);
	soft_tpm_remove(&t);
}

static void cancelled(void)
{
	struct soft_tpm t;
	struct tpm_job *job;

	begin(&t);
	job = job_for(&t, TPM_OP_PROBE);
	got.err = 1;
	CHECK_EQ(tpm_job_start(job, timeout_ms, done, NULL), 0);
	tpm_job_free(job);
	loop_turn(loop, 0);
	CHECK_EQ(got.err, 1);
	loop_free(loop);
	soft_tpm_remove(&t);
}

/* As if it was in a driver that cannot be interrupted. */
static bool immortal;
static pid_t spared;

int kill(pid_t pid, int signo)
{
	if (immortal && signo == SIGKILL) {
		spared = pid;
		return 0;
	}
	return syscall(SYS_kill, pid, signo);
}

static void helper_that_does_not_die(void)
{
	struct timespec a, b;
	struct soft_tpm t;
	struct tpm_job *job;
	int i;

	begin(&t);
	soft_tpm_freeze(&t, true);
	job = job_for(&t, TPM_OP_PROBE);
	CHECK_EQ(tpm_job_start(job, timeout_ms, done, NULL), 0);
	loop_turn(loop, 0);
	immortal = true;
	clock_gettime(CLOCK_MONOTONIC, &a);
	tpm_job_free(job);
	clock_gettime(CLOCK_MONOTONIC, &b);
	immortal = false;
	/* The loop goes on; and it is not forgotten. */
	CHECK(b.tv_sec - a.tv_sec < 10);
	CHECK_EQ(waitpid(spared, NULL, WNOHANG), 0);
	CHECK_EQ(kill(spared, SIGKILL), 0);
	for (i = 0; i < 50 && syscall(SYS_kill, spared, 0) == 0; i++)
		loop_turn(loop, 100);
	CHECK_EQ(waitpid(spared, NULL, WNOHANG), -1);
	loop_free(loop);
	soft_tpm_freeze(&t, false);
	soft_tpm_remove(&t);
}

/* The socket is closed, the process is not: nobody waits for it either. */
static void helper_that_says_nothing(void)
{
	struct soft_tpm t;

	begin(&t);
	setenv("TEST_TPM_MUTE", "1", 1);
	CHECK_EQ(ask(&t, TPM_OP_PROBE), TNE_TPM_FAILED);
	unsetenv("TEST_TPM_MUTE");
	soft_tpm_remove(&t);
}

static void be_mute(void)
{
	close(STDIN_FILENO);
	for (;;)
		pause();
}

/* Neither direction of the bus shows the key; without the session both would. */
static void bus_is_listened_to(void)
{
	struct sealed_blob blob;
	struct soft_tpm t;

	begin(&t);
	soft_tpm_tap(&t, SOFT_TPM_FINE, key);
	CHECK_EQ(seal(&t, key), 0);
	blob = got.blob;
	CHECK_EQ(unseal(&t, &blob), 0);
	CHECK_MEM(got.key, key, SECRET_LEN);
	CHECK(!soft_tpm_leaked(&t));
	soft_tpm_remove(&t);
}

static void bus_is_tampered_with(void)
{
	struct soft_tpm t;

	begin(&t);
	soft_tpm_tap(&t, SOFT_TPM_FLIP, key);
	CHECK_EQ(seal(&t, key), TNE_TPM_FAILED);
	CHECK(strstr(got.detail.text, "tpm2.Unseal: "));
	CHECK(sodium_is_zero(got.key, SECRET_LEN));
	soft_tpm_remove(&t);
}

static void busy_dead_or_lost(void)
{
	struct soft_tpm t;

	begin(&t);
	soft_tpm_tap(&t, SOFT_TPM_BUSY, key);
	CHECK_EQ(seal(&t, key), 0);
	soft_tpm_remove(&t);

	begin(&t);
	soft_tpm_tap(&t, SOFT_TPM_DEAD, key);
	CHECK_EQ(seal(&t, key), TNE_TPM_DEAD);
	soft_tpm_remove(&t);

	begin(&t);
	soft_tpm_tap(&t, SOFT_TPM_LOST, key);
	CHECK_EQ(seal(&t, key), 0);
	soft_tpm_remove(&t);
}

static void counter(void)
{
	struct soft_tpm t;
	uint64_t first;

	begin(&t);
	CHECK_EQ(ask(&t, TPM_OP_COUNTER_READ), -ENOENT);
	CHECK_EQ(raise_to(&t, 1), -ENOENT);
	CHECK_EQ(ask(&t, TPM_OP_COUNTER_DEFINE), 0);
	first = got.counter;
	CHECK(first > 0);
	CHECK_EQ(ask(&t, TPM_OP_COUNTER_DEFINE), 0);
	CHECK_EQ(got.counter, first);
	CHECK_EQ(raise_to(&t, first + 1), 0);
	CHECK_EQ(got.counter, first + 1);
	/* Asked again, because the answer was lost say. */
	CHECK_EQ(raise_to(&t, first + 1), 0);
	CHECK_EQ(got.counter, first + 1);
	CHECK_EQ(ask(&t, TPM_OP_COUNTER_READ), 0);
	CHECK_EQ(got.counter, first + 1);
	CHECK_EQ(soft_tpm_transients(&t), 0);
	soft_tpm_remove(&t);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(template_bytes),
		TEST(classes),
		TEST(facts),
		TEST(round_trip),
		TEST(other_tpm_or_cleared),
		TEST(damaged_blobs),
		TEST(lockout),
		TEST(owner_password),
		TEST(missing),
		TEST(slow),
		TEST(cancelled),
		TEST(helper_that_does_not_die),
		TEST(helper_that_says_nothing),
		TEST(bus_is_listened_to),
		TEST(bus_is_tampered_with),
		TEST(busy_dead_or_lost),
		TEST(counter),
	};

	if (argc == 2 && strcmp(argv[1], TPM_HELPER_ARG) == 0) {
		if (getenv("TEST_TPM_MUTE"))
			be_mute();
		_exit(tpm_helper_main());
	}
	if (secret_init() < 0)
		return 1;
	if (!soft_tpm_is_there()) {
		printf("SKIP tpm - there is no swtpm\n");
		return 0;
	}
	return test_main(tests, ARRAY_SIZE(tests), argc, argv);
}
