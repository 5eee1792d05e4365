// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/err.h"
#include "fail_alloc.h"
#include "loop/loop.h"
#include "loop/resolve.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

static struct loop *loop;
static int result;
static struct resolve_answer answer;

static void done(void *ctx, int err, const struct resolve_answer *a)
{
	(void)ctx;
	result = err;
	if (a)
		answer = *a;
	loop_stop(loop, 0);
}

static int look_up(const char *host)
{
	struct resolve *resolve;
	int r;

	result = 1;
	r = resolve_start(loop, host, done, NULL, &resolve);
	if (r < 0)
		return r;
	/* Never before the start has returned. */
	if (result != 1)
		return -1;
	loop_run(loop);
	return result;
}

static void addresses_in_text(void)
{
	CHECK_EQ(loop_new(clock_system(), &loop), 0);
	CHECK_EQ(look_up("192.0.2.7"), 0);
	CHECK_EQ(answer.n, 1);
	CHECK_EQ(answer.addr[0].family, AF_INET);
	CHECK_MEM(answer.addr[0].byte, "\xc0\x00\x02\x07", 4);
	CHECK_EQ(look_up("[2001:db8::1]"), 0);
	CHECK_EQ(answer.addr[0].family, AF_INET6);
	CHECK_EQ(answer.addr[0].byte[15], 1);
	CHECK_EQ(look_up("2001:db8::2"), 0);
	CHECK_EQ(answer.addr[0].byte[15], 2);
	loop_free(loop);
}

static void names(void)
{
	CHECK_EQ(loop_new(clock_system(), &loop), 0);
	CHECK_EQ(look_up("localhost"), 0);
	CHECK(answer.n >= 1);
	CHECK(answer.addr[0].family == AF_INET ?
	      answer.addr[0].byte[0] == 127 : answer.addr[0].byte[15] == 1);
	CHECK_EQ(look_up("no such name"), TNE_NAME_LOOKUP);
	loop_free(loop);
}

static void refuses_no_names(void)
{
	char host[300];

	CHECK_EQ(loop_new(clock_system(), &loop), 0);
	CHECK_EQ(look_up(""), TNE_NAME_LOOKUP);
	memset(host, 'a', sizeof(host));
	host[254] = 0;
	CHECK_EQ(look_up(host), TNE_NAME_LOOKUP);
	loop_free(loop);
}

static void cancelled(void)
{
	static const char *const hosts[] = { "192.0.2.7", "localhost" };
	struct resolve *resolve;
	size_t i;

	CHECK_EQ(loop_new(clock_system(), &loop), 0);
	for (i = 0; i < ARRAY_SIZE(hosts); i++) {
		result = 1;
		CHECK_EQ(resolve_start(loop, hosts[i], done, NULL, &resolve),
			 0);
		resolve_cancel(resolve);
		loop_turn(loop, 50);
		loop_turn(loop, 0);
		CHECK_EQ(result, 1);
	}
	resolve_cancel(NULL);
	loop_free(loop);
}

static int one_lookup(void *ctx)
{
	return look_up(ctx);
}

static void survives_lack_of_memory(void)
{
	CHECK_EQ(loop_new(clock_system(), &loop), 0);
	CHECK_EQ(fail_alloc_each(one_lookup, "192.0.2.1"), 1);
	loop_free(loop);
}

/* A process that we have started, or 0. */
static pid_t find_child(void)
{
	char path[300], text[512];
	struct dirent *entry;
	pid_t found = 0;
	int parent;
	DIR *list = opendir("/proc");
	FILE *f;

	while (list && !found && (entry = readdir(list))) {
		snprintf(path, sizeof(path), "/proc/%s/stat", entry->d_name);
		f = fopen(path, "r");
		if (!f)
			continue;
		if (fgets(text, sizeof(text), f) && strrchr(text, ')') &&
		    sscanf(strrchr(text, ')'), ") %*c %d", &parent) == 1 &&
		    parent == getpid())
			found = atoi(entry->d_name);
		fclose(f);
	}
	if (list)
		closedir(list);
	return found;
}

/* Has a process a file open whose name contains @what? */
static bool has_file(pid_t pid, const char *what)
{
	char path[300], name[300];
	struct dirent *entry;
	bool found = false;
	ssize_t n;
	DIR *list;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	list = opendir(path);
	if (!list)
		return true;
	while (!found && (entry = readdir(list))) {
		n = readlinkat(dirfd(list), entry->d_name, name, sizeof(name));
		found = n > 0 && memmem(name, n, what, strlen(what));
	}
	closedir(list);
	return found;
}

static bool file_has(pid_t pid, const char *name, const char *what)
{
	char path[64], text[65536];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	f = fopen(path, "r");
	if (!f)
		return true;
	n = fread(text, 1, sizeof(text), f);
	fclose(f);
	return memmem(text, n, what, strlen(what));
}

/* Is a page that we have at @page mapped there with the same contents? */
static bool has_page(pid_t pid, const char *page, size_t len)
{
	char path[64], copy[64];
	bool same = false;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return true;
	same = pread(fd, copy, len, (off_t)(uintptr_t)page) == (ssize_t)len &&
	       memcmp(copy, page, len) == 0;
	close(fd);
	return same;
}

/*
 * The C library's resolver handles packets of strangers: what it can reach must
 * not be worth reaching. Stopped at once, the helper is as we have made it.
 */
static void helper_has_nothing_of_ours(void)
{
	static const char secret[] = "privkey:0102030405060708";
	int leaked = memfd_create("ours", 0);
	struct resolve *resolve;
	char *page;
	pid_t pid;

	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(page != MAP_FAILED);
	strcpy(page, secret);
	setenv("https_proxy", "http://user:secretword@proxy", 1);
	CHECK_EQ(loop_new(clock_system(), &loop), 0);
	CHECK_EQ(resolve_start(loop, "name.invalid", done, NULL, &resolve), 0);
	pid = find_child();
	CHECK(pid > 0);
	CHECK_EQ(kill(pid, SIGSTOP), 0);

	CHECK(has_page(getpid(), page, sizeof(secret)));
	CHECK(!has_page(pid, page, sizeof(secret)));
	CHECK(file_has(getpid(), "cmdline", "test_resolve"));
	CHECK(!file_has(pid, "environ", "secretword"));
	CHECK(file_has(pid, "cmdline", "name.invalid"));
	CHECK(has_file(getpid(), "memfd:ours"));
	CHECK(!has_file(pid, "memfd:ours"));

	resolve_cancel(resolve);
	CHECK_EQ(find_child(), 0);
	loop_free(loop);
	munmap(page, 4096);
	unsetenv("https_proxy");
	close(leaked);
}

static const struct test tests[] = {
	TEST(helper_has_nothing_of_ours),
	TEST(addresses_in_text),
	TEST(names),
	TEST(refuses_no_names),
	TEST(cancelled),
	TEST(survives_lack_of_memory),
};
TEST_MAIN(tests)
