// SPDX-License-Identifier: GPL-2.0-only
#include "lock/disable_job.h"

#include "base/err.h"
#include "base/secret.h"
#include "loop/loop.h"
#include "loop/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/prctl.h>
#include <sys/socket.h>

/* Not in the list of options: nobody but us calls it. */
#define HELPER_OPTION "--disable-helper"

/**
 * struct derived - what the helper process says
 * @err: of disable_derive()
 * @value: the value
 */
struct derived {
	int err;
	uint8_t value[DISABLE_VALUE_LEN];
};

/**
 * struct disable_job - one secret
 * @loop: where it runs
 * @fn: told the end
 * @ctx: for @fn
 * @pid: helper process; 0 = none
 * @fd: socket to it; -1 = none
 * @io: watch of @fd
 * @timer: longest time
 */
struct disable_job {
	struct loop *loop;
	disable_job_fn fn;
	void *ctx;
	pid_t pid;
	int fd;
	struct loop_io io;
	struct loop_timer timer;
};

/* Return: its exit status. */
static int serve(int fd)
{
	uint8_t secret[DISABLE_SECRET_MAX];
	struct derived derived = { 0 };
	ssize_t n = recv(fd, secret, sizeof(secret), 0);

	if (n < 0)
		return 1;
	derived.err = disable_derive((struct bytes){ secret, n },
				     derived.value);
	secret_wipe(secret, sizeof(secret));
	return send(fd, &derived, sizeof(derived), MSG_NOSIGNAL) !=
	       sizeof(derived);
}

void disable_job_helper(int argc, char **argv)
{
	if (argc != 2 || strcmp(argv[1], HELPER_OPTION) != 0)
		return;
	spawn_humble(2 * DISABLE_JOB_MS / 1000);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	_exit(serve(STDIN_FILENO));
}

void disable_job_cancel(struct disable_job *job)
{
	if (!job)
		return;
	loop_io_del(job->loop, &job->io);
	loop_timer_cancel(job->loop, &job->timer);
	if (job->fd >= 0)
		close(job->fd);
	spawn_end(job->pid);
	free(job);
}

static void finish(struct disable_job *job, int err, const uint8_t *value)
{
	disable_job_fn fn = job->fn;
	void *ctx = job->ctx;

	disable_job_cancel(job);
	fn(ctx, err, err < 0 ? NULL : value);
}

static void on_answer(void *ctx, uint32_t events)
{
	struct disable_job *job = ctx;
	struct derived derived;
	ssize_t n;

	(void)events;
	n = recv(job->fd, &derived, sizeof(derived), 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n != sizeof(derived) || derived.err > 0)
		derived.err = -EIO;
	finish(job, derived.err, derived.value);
}

static void on_timeout(void *ctx)
{
	finish(ctx, -ETIMEDOUT, NULL);
}

static int start(struct disable_job *job, struct bytes secret)
{
	static char *const argv[] = { "tailnetd", HELPER_OPTION, NULL };
	static char *const env[] = { NULL };
	int fd[2], r;

	/* Packets: whole or not at all. */
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd) < 0)
		return -errno;
	job->fd = fd[0];
	fcntl(fd[0], F_SETFL, O_NONBLOCK);
	r = spawn_self(argv, env, fd[1], -1, &job->pid);
	close(fd[1]);
	if (r < 0) {
		job->pid = 0;
		return r;
	}
	if (send(fd[0], secret.data, secret.len, MSG_NOSIGNAL) < 0)
		return -errno;
	loop_timer_set(job->loop, &job->timer, DISABLE_JOB_MS);
	return loop_io_set(job->loop, &job->io, job->fd, EPOLLIN);
}

int disable_job_start(struct loop *loop, struct bytes secret,
		      disable_job_fn fn, void *ctx, struct disable_job **ret)
{
	struct disable_job *job;
	int r;

	if (secret.len > DISABLE_SECRET_MAX)
		return TNE_TOO_LONG;
	job = calloc(1, sizeof(*job));
	if (!job)
		return -ENOMEM;
	job->loop = loop;
	job->fn = fn;
	job->ctx = ctx;
	job->fd = -1;
	loop_io_init(&job->io, on_answer, job);
	loop_timer_init(&job->timer, on_timeout, job);
	r = start(job, secret);
	if (r < 0)
		disable_job_cancel(job);
	else
		*ret = job;
	return r;
}
