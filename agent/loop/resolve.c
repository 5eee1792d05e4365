// SPDX-License-Identifier: GPL-2.0-only
#include "loop/resolve.h"

#include "base/array.h"
#include "base/err.h"
#include "loop/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define HOST_MAX 253	/* RFC 1035, section 2.3.4, as text */

/* Not in the list of options: nobody but us calls it. */
#define HELPER_OPTION "--resolve-helper"
#define PROGRAM "/proc/self/exe"

/**
 * struct resolve_record - what the helper process writes
 * @error: of getaddrinfo(), 0 = none
 * @answer: the addresses
 */
struct resolve_record {
	int error;
	struct resolve_answer answer;
};

/**
 * struct resolve - one lookup
 * @loop: where it runs
 * @fn: told the end
 * @ctx: for @fn
 * @pid: helper process; 0 = none
 * @fd: what it says; -1 without a helper
 * @io: watch of @fd
 * @timer: longest time
 * @later: answer to an address in text
 * @record: being read
 * @len: bytes of it
 */
struct resolve {
	struct loop *loop;
	resolve_fn fn;
	void *ctx;
	pid_t pid;
	int fd;
	struct loop_io io;
	struct loop_timer timer;
	struct loop_later later;
	struct resolve_record record;
	size_t len;
};

int resolve_parse_addr(const char *host, struct resolve_addr *ret)
{
	struct resolve_addr addr = { .family = AF_INET };
	char text[INET6_ADDRSTRLEN + 2];
	size_t len = strlen(host);

	if (len >= sizeof(text))
		return TNE_NAME_LOOKUP;
	memcpy(text, host, len + 1);
	if (inet_pton(AF_INET, text, addr.byte) != 1) {
		if (len > 2 && text[0] == '[' && text[len - 1] == ']') {
			memmove(text, text + 1, len - 2);
			text[len - 2] = 0;
		}
		addr.family = AF_INET6;
		if (inet_pton(AF_INET6, text, addr.byte) != 1)
			return TNE_NAME_LOOKUP;
	}
	*ret = addr;
	return 0;
}

static void collect(const struct addrinfo *info, struct resolve_answer *ret)
{
	for (; info && ret->n < RESOLVE_MAX; info = info->ai_next) {
		struct resolve_addr *addr = &ret->addr[ret->n];
		const void *from;

		if (info->ai_family == AF_INET)
			from = &((struct sockaddr_in *)info->ai_addr)->sin_addr;
		else if (info->ai_family == AF_INET6)
			from = &((struct sockaddr_in6 *)
				 info->ai_addr)->sin6_addr;
		else
			continue;
		addr->family = info->ai_family;
		memcpy(addr->byte, from, info->ai_family == AF_INET ? 4 : 16);
		ret->n++;
	}
}

/* It is of no use to the helper, and it handles packets of strangers. */
static void drop_rights(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	static const struct __user_cap_data_struct none[2];
	static const struct rlimit zero;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	setrlimit(RLIMIT_CORE, &zero);
	syscall(SYS_capset, &head, none);
}

void resolve_helper(int argc, char **argv)
{
	struct addrinfo hints = {
		.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG,
	};
	struct resolve_record record;
	struct addrinfo *info = NULL;
	ssize_t n;

	if (argc != 3 || strcmp(argv[1], HELPER_OPTION) != 0)
		return;
	/* Who asked may end any time, and then nobody would end us. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(2 * RESOLVE_TIMEOUT_MS / 1000);
	drop_rights();
	memset(&record, 0, sizeof(record));
	record.error = getaddrinfo(argv[2], NULL, &hints, &info);
	if (record.error == 0)
		collect(info, &record.answer);
	/* Less than PIPE_BUF: whole or not at all. */
	n = write(STDOUT_FILENO, &record, sizeof(record));
	_exit(n != sizeof(record));
}

static void resolve_free(struct resolve *resolve)
{
	loop_io_del(resolve->loop, &resolve->io);
	loop_timer_cancel(resolve->loop, &resolve->timer);
	loop_later_cancel(&resolve->later);
	if (resolve->fd >= 0)
		close(resolve->fd);
	if (resolve->pid > 0) {
		kill(resolve->pid, SIGKILL);
		while (waitpid(resolve->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	free(resolve);
}

static void finish(struct resolve *resolve, int err)
{
	struct resolve_answer answer = resolve->record.answer;
	resolve_fn fn = resolve->fn;
	void *ctx = resolve->ctx;

	resolve_free(resolve);
	fn(ctx, err, err < 0 ? NULL : &answer);
}

static int check_record(const struct resolve_record *record)
{
	size_t i;

	if (record->error == EAI_MEMORY)
		return -ENOMEM;
	if (record->error != 0 || record->answer.n == 0 ||
	    record->answer.n > RESOLVE_MAX)
		return TNE_NAME_LOOKUP;
	for (i = 0; i < record->answer.n; i++) {
		if (record->answer.addr[i].family != AF_INET &&
		    record->answer.addr[i].family != AF_INET6)
			return TNE_NAME_LOOKUP;
	}
	return 0;
}

static void pipe_ready(void *ctx, uint32_t events)
{
	struct resolve *resolve = ctx;
	ssize_t n;

	(void)events;
	n = read(resolve->fd, (char *)&resolve->record + resolve->len,
		 sizeof(resolve->record) - resolve->len);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		resolve->len += n;
	if (resolve->len == sizeof(resolve->record))
		finish(resolve, check_record(&resolve->record));
	else if (n <= 0)
		finish(resolve, TNE_NAME_LOOKUP);
}

static void timer_due(void *ctx)
{
	finish(ctx, -ETIMEDOUT);
}

static void literal_due(void *ctx)
{
	finish(ctx, 0);
}

/* Return: 0, or an errno. */
static int set_files(posix_spawn_file_actions_t *files, int out)
{
	int r = posix_spawn_file_actions_adddup2(files, out, STDOUT_FILENO);

	/* Afterwards: @out may be 0, if we were started without one. */
	if (r == 0)
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

/*
 * Of the environment only what the resolver reads, resolv.conf(5): the rest may
 * have a proxy's password in it.
 */
static int spawn(const char *host, posix_spawn_file_actions_t *files,
		 const posix_spawnattr_t *attr, pid_t *ret)
{
	static const char *const names[] = { "LOCALDOMAIN", "RES_OPTIONS" };
	char text[ARRAY_SIZE(names)][1024];
	char *argv[] = { "tailnetd", HELPER_OPTION, (char *)host, NULL };
	char *env[ARRAY_SIZE(names) + 1];
	const char *value;
	size_t i, n = 0;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		value = getenv(names[i]);
		if (value && snprintf(text[n], sizeof(text[n]), "%s=%s",
				      names[i], value) < (int)sizeof(text[n])) {
			env[n] = text[n];
			n++;
		}
	}
	env[n] = NULL;
	return posix_spawn(ret, PROGRAM, files, attr, argv, env);
}

/* Return: 0, or an errno. */
static int spawn_helper(const char *host, int out, pid_t *ret)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int r;

	r = posix_spawn_file_actions_init(&files);
	if (r)
		return r;
	r = posix_spawnattr_init(&attr);
	if (r == 0) {
		r = set_files(&files, out);
		if (r == 0)
			r = set_signals(&attr);
		if (r == 0)
			r = spawn(host, &files, &attr, ret);
		posix_spawnattr_destroy(&attr);
	}
	posix_spawn_file_actions_destroy(&files);
	return r;
}

static int start_helper(struct resolve *resolve, const char *host)
{
	int fd[2], r;

	if (pipe2(fd, O_CLOEXEC) < 0)
		return -errno;
	resolve->fd = fd[0];
	fcntl(fd[0], F_SETFL, O_NONBLOCK);
	r = spawn_helper(host, fd[1], &resolve->pid);
	close(fd[1]);
	if (r) {
		resolve->pid = 0;
		return -r;
	}
	loop_timer_set(resolve->loop, &resolve->timer, RESOLVE_TIMEOUT_MS);
	return loop_io_set(resolve->loop, &resolve->io, fd[0], EPOLLIN);
}

int resolve_start(struct loop *loop, const char *host, resolve_fn fn, void *ctx,
		  struct resolve **ret)
{
	size_t len = strlen(host);
	struct resolve *resolve;
	int r = 0;

	if (len == 0 || len > HOST_MAX)
		return TNE_NAME_LOOKUP;
	resolve = calloc(1, sizeof(*resolve));
	if (!resolve)
		return -ENOMEM;
	resolve->loop = loop;
	resolve->fn = fn;
	resolve->ctx = ctx;
	resolve->fd = -1;
	loop_io_init(&resolve->io, pipe_ready, resolve);
	loop_timer_init(&resolve->timer, timer_due, resolve);
	loop_later_init(&resolve->later, literal_due, resolve);
	if (resolve_parse_addr(host, &resolve->record.answer.addr[0]) == 0) {
		resolve->record.answer.n = 1;
		loop_later_set(loop, &resolve->later);
	} else {
		r = start_helper(resolve, host);
	}
	if (r < 0)
		resolve_free(resolve);
	else
		*ret = resolve;
	return r;
}

void resolve_cancel(struct resolve *resolve)
{
	if (resolve)
		resolve_free(resolve);
}
