// SPDX-License-Identifier: GPL-2.0-only
#include "loop/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define PROGRAM "/proc/self/exe"

/* Return: 0, or an errno. */
static int set_files(posix_spawn_file_actions_t *files, int in, int out)
{
	int r = 0;

	/* First, and the input next: @out may be 0, if we had no input. */
	if (out >= 0)
		r = posix_spawn_file_actions_adddup2(files, out, STDOUT_FILENO);
	if (r == 0 && in >= 0)
		r = posix_spawn_file_actions_adddup2(files, in, STDIN_FILENO);
	else if (r == 0)
		r = posix_spawn_file_actions_addopen(files, STDIN_FILENO,
						     "/dev/null", O_RDONLY, 0);
	/* Libraries need not know of O_CLOEXEC. */
	if (r == 0)
		r = posix_spawn_file_actions_addclosefrom_np(files,
							     STDERR_FILENO + 1);
	return r;
}

/* As they are for a program that is started. Return: 0, or an errno. */
static int set_signals(posix_spawnattr_t *attr)
{
	sigset_t set;
	int r;

	sigfillset(&set);
	r = posix_spawnattr_setsigdefault(attr, &set);
	sigemptyset(&set);
	if (r == 0)
		r = posix_spawnattr_setsigmask(attr, &set);
	if (r == 0)
		r = posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGDEF |
					     POSIX_SPAWN_SETSIGMASK);
	return r;
}

int spawn_self(char *const argv[], char *const env[], int in, int out,
	       pid_t *ret)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int r;

	r = posix_spawn_file_actions_init(&files);
	if (r)
		return -r;
	r = posix_spawnattr_init(&attr);
	if (r == 0) {
		r = set_files(&files, in, out);
		if (r == 0)
			r = set_signals(&attr);
		if (r == 0)
			r = posix_spawn(ret, PROGRAM, &files, &attr, argv, env);
		posix_spawnattr_destroy(&attr);
	}
	posix_spawn_file_actions_destroy(&files);
	return -r;
}

void spawn_humble(unsigned int max_s)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	static const struct __user_cap_data_struct none[2];
	static const struct rlimit zero;

	/* Who asked may end any time, and then nobody would end us. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(max_s);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	setrlimit(RLIMIT_CORE, &zero);
	syscall(SYS_capset, &head, none);
}

void spawn_end(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}
