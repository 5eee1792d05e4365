// SPDX-License-Identifier: GPL-2.0-only
#include "tpm/tpm_job.h"

#include "loop/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define DEATH_MS	100	/* in which a process is gone; ours */
#define GRAVE_MS	1000	/* between two looks at one that is not; ours */

/**
 * struct corpse - a process that was killed, and is not gone yet
 * @loop: where it is looked at
 * @timer: next look
 * @pid: the process
 */
struct corpse {
	struct loop *loop;
	struct loop_timer timer;
	pid_t pid;
};

/**
 * struct tpm_job - a job; in guarded memory as a whole
 * @loop: where it runs
 * @fn: told the end
 * @ctx: for @fn
 * @pid: helper process; 0 = none
 * @fd: socket to it; -1 = none
 * @io: watch of @fd
 * @timer: longest time
 * @request: the task
 * @answer: the outcome
 */
struct tpm_job {
	struct loop *loop;
	tpm_job_fn fn;
	void *ctx;
	pid_t pid;
	int fd;
	struct loop_io io;
	struct loop_timer timer;
	struct tpm_request request;
	struct tpm_answer answer;
};

static void reset_signals(void)
{
	sigset_t none;
	int signo;

	for (signo = 1; signo < NSIG; signo++)
		signal(signo, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * The program itself, by the link that survives its replacement. Between fork
 * and exec nothing is touched but descriptors and signals.
 */
static _Noreturn void help(int fd)
{
	reset_signals();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* It needs no right over networks: these do not outlive what follows. */
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (dup2(fd, STDIN_FILENO) == STDIN_FILENO) {
		close_range(STDERR_FILENO + 1, ~0U, 0);
		execl("/proc/self/exe", "tailnetd", TPM_HELPER_ARG,
		      (char *)NULL);
	}
	_exit(127);
}

static bool is_gone(pid_t pid, int *ret_status)
{
	pid_t r;

	do
		r = waitpid(pid, ret_status, WNOHANG);
	while (r < 0 && errno == EINTR);
	return r != 0;
}

/* Return: its status, or -1 if it does not end. */
static int wait_shortly(pid_t pid)
{
	const struct timespec ms = { .tv_nsec = 1000000 };
	int status = 0, i;

	for (i = 0; i < DEATH_MS; i++) {
		if (is_gone(pid, &status))
			return status;
		nanosleep(&ms, NULL);
	}
	return -1;
}

static void look_again(void *ctx)
{
	struct corpse *corpse = ctx;
	int status;

	if (is_gone(corpse->pid, &status))
		free(corpse);
	else
		loop_timer_set(corpse->loop, &corpse->timer, GRAVE_MS);
}

/*
 * A process inside of the driver of a TPM that hangs does not even die before
 * the driver's time is up, which is minutes. Nobody waits for it here.
 */
static void bury(struct loop *loop, pid_t pid)
{
	struct corpse *corpse;

	kill(pid, SIGKILL);
	if (wait_shortly(pid) >= 0)
		return;
	corpse = calloc(1, sizeof(*corpse));
	if (!corpse)
		return;
	corpse->loop = loop;
	corpse->pid = pid;
	loop_timer_init(&corpse->timer, look_again, corpse);
	loop_timer_set(loop, &corpse->timer, GRAVE_MS);
}

void tpm_job_free(struct tpm_job *job)
{
	if (!job)
		return;
	loop_io_del(job->loop, &job->io);
	loop_timer_cancel(job->loop, &job->timer);
	if (job->fd >= 0)
		close(job->fd);
	if (job->pid > 0)
		bury(job->loop, job->pid);
	sodium_free(job);
}

static void finish(struct tpm_job *job)
{
	job->fn(job->ctx, &job->answer);
	tpm_job_free(job);
}

static void finish_with(struct tpm_job *job, int err, const char *why)
{
	memset(&job->answer, 0, sizeof(job->answer));
	job->answer.err = err_explain(&job->answer.detail, err, "%s", why);
	finish(job);
}

/* It has gone without a word: of a command that took too long, or crashed. */
static void explain_death(struct tpm_job *job)
{
	int status = wait_shortly(job->pid);

	/* Or only its socket is closed, and it is ended with the job. */
	if (status >= 0)
		job->pid = 0;
	if (status >= 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		finish_with(job, TNE_TPM_SLOW,
			    "the TPM did not answer a command in time");
	else
		finish_with(job, TNE_TPM_FAILED,
			    "the process that speaks with the TPM has died");
}

/* From a process that has handled what a stranger on the bus may have said. */
static bool check_answer(struct tpm_answer *answer)
{
	struct tpm_facts *facts = &answer->facts;

	answer->detail.text[sizeof(answer->detail.text) - 1] = 0;
	facts->manufacturer[sizeof(facts->manufacturer) - 1] = 0;
	facts->vendor[sizeof(facts->vendor) - 1] = 0;
	facts->family[sizeof(facts->family) - 1] = 0;
	return answer->err <= 0 && answer->parent.len <= TPM_NAME_MAX &&
	       answer->blob.private_len <= SEALED_PRIVATE_MAX &&
	       answer->blob.public_len <= SEALED_PUBLIC_MAX;
}

static void answer_ready(void *ctx, uint32_t events)
{
	struct tpm_job *job = ctx;
	ssize_t n;

	(void)events;
	n = recv(job->fd, &job->answer, sizeof(job->answer), 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n != sizeof(job->answer))
		explain_death(job);
	else if (!check_answer(&job->answer))
		finish_with(job, TNE_TPM_FAILED,
			    "the process that speaks with the TPM makes no sense");
	else
		finish(job);
}

static void timer_due(void *ctx)
{
	finish_with(ctx, TNE_TPM_SLOW, "the TPM did not answer in time");
}

int tpm_job_new(struct loop *loop, struct tpm_job **ret)
{
	struct tpm_job *job = sodium_malloc(sizeof(*job));

	if (!job)
		return -ENOMEM;
	memset(job, 0, sizeof(*job));
	job->loop = loop;
	job->fd = -1;
	loop_io_init(&job->io, answer_ready, job);
	loop_timer_init(&job->timer, timer_due, job);
	*ret = job;
	return 0;
}

struct tpm_request *tpm_job_request(struct tpm_job *job)
{
	return &job->request;
}

static int start_helper(struct tpm_job *job)
{
	int fd[2];

	/* Packets: whole or not at all. */
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd) < 0)
		return -errno;
	job->pid = fork();
	if (job->pid == 0)
		help(fd[1]);
	close(fd[1]);
	if (job->pid < 0) {
		job->pid = 0;
		close(fd[0]);
		return -errno;
	}
	job->fd = fd[0];
	fcntl(fd[0], F_SETFL, O_NONBLOCK);
	if (send(fd[0], &job->request, sizeof(job->request), MSG_NOSIGNAL) < 0)
		return -errno;
	sodium_memzero(job->request.key, sizeof(job->request.key));
	sodium_memzero(job->request.recovery, sizeof(job->request.recovery));
	return 0;
}

int tpm_job_start(struct tpm_job *job, uint64_t timeout_ms, tpm_job_fn fn,
		  void *ctx)
{
	int r;

	job->fn = fn;
	job->ctx = ctx;
	r = start_helper(job);
	if (r < 0)
		return r;
	loop_timer_set(job->loop, &job->timer, timeout_ms);
	return loop_io_set(job->loop, &job->io, job->fd, EPOLLIN);
}
