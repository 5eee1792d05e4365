// SPDX-License-Identifier: GPL-2.0-only
/* Secrets that are checked in a process of their own. */
#include "test.h"

#include "base/clock.h"
#include "base/err.h"
#include "fail_alloc.h"
#include "lock/disable_job.h"
#include "loop/loop.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const uint8_t secret[DISABLE_SECRET_MAX + 1] = { 1, 2, 3 };

static struct clock_sim sim;
static struct loop *loop;
static uint8_t known[DISABLE_VALUE_LEN];
static int n_done, last;

static struct bytes bytes(size_t len)
{
	return (struct bytes){ secret, len };
}

static void on_done(void *ctx, int err, const uint8_t *value)
{
	CHECK(ctx == &n_done);
	n_done++;
	last = err;
	CHECK_EQ(!value, err < 0);
	if (value)
		CHECK_MEM(value, known, sizeof(known));
}

static void begin(void)
{
	clock_sim_init(&sim, 1700000000);
	CHECK_EQ(loop_new(&sim.clock, &loop), 0);
	n_done = 0;
	last = 1;
}

/* No process is left over, whatever came of it. */
static void end(void)
{
	loop_free(loop);
	CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}

static void wait_done(void)
{
	int i;

	for (i = 0; i < 300 && !n_done; i++)
		loop_turn(loop, 100);
	CHECK_EQ(n_done, 1);
}

static void derives(void)
{
	static const size_t lens[] = { 0, 1, 32, DISABLE_SECRET_MAX };
	struct disable_job *job;
	size_t i;

	for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		test_case("%zu bytes", lens[i]);
		CHECK_IN(begin());
		CHECK_EQ(disable_derive(bytes(lens[i]), known), 0);
		CHECK_EQ(disable_job_start(loop, bytes(lens[i]), on_done,
					   &n_done, &job), 0);
		/* Nothing is done in the call, nor was the loop held up. */
		CHECK_EQ(n_done, 0);
		CHECK_IN(wait_done());
		CHECK_EQ(last, 0);
		CHECK_IN(end());
	}
}

static void too_long(void)
{
	struct disable_job *job;

	CHECK_IN(begin());
	CHECK_EQ(disable_job_start(loop, bytes(DISABLE_SECRET_MAX + 1),
				   on_done, &n_done, &job), TNE_TOO_LONG);
	CHECK_IN(end());
}

static void cancelled(void)
{
	struct disable_job *job;

	CHECK_IN(begin());
	disable_job_cancel(NULL);
	CHECK_EQ(disable_job_start(loop, bytes(32), on_done, &n_done, &job),
		 0);
	disable_job_cancel(job);
	loop_turn(loop, 0);
	CHECK_EQ(n_done, 0);
	CHECK_IN(end());
}

/* The only child there is; 0 if the kernel does not tell, or it has ended. */
static pid_t find_child(void)
{
	char text[32] = "";
	FILE *file = fopen("/proc/thread-self/children", "r");

	if (!file)
		return 0;
	if (!fgets(text, sizeof(text), file))
		text[0] = 0;
	fclose(file);
	return atoi(text);
}

static void died(void)
{
	struct disable_job *job;
	pid_t pid;

	CHECK_IN(begin());
	CHECK_EQ(disable_job_start(loop, bytes(32), on_done, &n_done, &job),
		 0);
	pid = find_child();
	if (pid > 0)
		kill(pid, SIGKILL);
	CHECK_IN(wait_done());
	/* Or it was faster than we. */
	CHECK(last == -EIO || last == 0);
	CHECK_IN(end());
}

static void slow(void)
{
	struct disable_job *job;
	pid_t pid;

	CHECK_IN(begin());
	CHECK_EQ(disable_job_start(loop, bytes(32), on_done, &n_done, &job),
		 0);
	pid = find_child();
	if (pid > 0)
		kill(pid, SIGSTOP);
	loop_advance(loop, DISABLE_JOB_MS + 1);
	CHECK_EQ(n_done, 1);
	CHECK(last == -ETIMEDOUT || last == 0);
	CHECK_IN(end());
}

static void without_memory(void)
{
	struct disable_job *job;
	int r;

	CHECK_IN(begin());
	fail_alloc_at(0);
	r = disable_job_start(loop, bytes(32), on_done, &n_done, &job);
	fail_alloc_at(SIZE_MAX);
	CHECK_EQ(r, -ENOMEM);
	CHECK_IN(end());
}

static const struct test tests[] = {
	TEST(derives),
	TEST(too_long),
	TEST(cancelled),
	TEST(died),
	TEST(slow),
	TEST(without_memory),
};

TEST_MAIN(tests)
