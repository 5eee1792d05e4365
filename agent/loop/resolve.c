// SPDX-License-Identifier: GPL-2.0-only
#include "loop/resolve.h"

#include "base/array.h"
#include "base/err.h"
#include "loop/loop.h"
#include "loop/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>

#define HOST_MAX 253	/* RFC 1035, section 2.3.4, as text */

/* Not in the list of options: nobody but us calls it. */
#define HELPER_OPTION "--resolve-helper"

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
	/* It handles packets of strangers. */
	spawn_humble(2 * RESOLVE_TIMEOUT_MS / 1000);
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
	spawn_end(resolve->pid);
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

/*
 * Of the environment only what the resolver reads, resolv.conf(5): the rest may
 * have a proxy's password in it.
 */
static int spawn_helper(const char *host, int out, pid_t *ret)
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
	return spawn_self(argv, env, -1, out, ret);
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
	if (r < 0) {
		resolve->pid = 0;
		return r;
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
