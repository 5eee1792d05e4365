// SPDX-License-Identifier: GPL-2.0-only
#include "system/privs.h"

#include "test.h"

#include <errno.h>
#include <unistd.h>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define ALL (PRIVS_NET_ADMIN | PRIVS_NET_RAW | PRIVS_NET_BIND_SERVICE)

static void explained(void)
{
	static const struct {
		const char *name;
		uint64_t have, want;
		unsigned int n;
		const char *first;
	} cases[] = {
		{ "all there", ALL, ALL, 0, "" },
		{ "nothing wanted", 0, 0, 0, "" },
		{ "all missing", 0, ALL, 3, "CAP_NET_ADMIN" },
		{ "one missing", PRIVS_NET_ADMIN, ALL, 2, "CAP_NET_RAW" },
		{ "missing, but not wanted", 0, PRIVS_NET_BIND_SERVICE, 1,
		  "CAP_NET_BIND_SERVICE" },
	};
	struct err_detail lines[PRIVS_LINES_MAX];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(lines, 0, sizeof(lines));
		test_case("%s", cases[i].name);
		CHECK_EQ(privs_explain(cases[i].have, cases[i].want, lines),
			 cases[i].n);
		CHECK(!strncmp(lines[0].text, cases[i].first,
			       strlen(cases[i].first)));
	}
}

/* Rights are given up for good, so a child does it. */
static int in_child(int (*fn)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(fn());
	if (waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static int harden(void)
{
	struct rlimit core;

	if (privs_harden(NULL) < 0)
		return 1;
	if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0 ||
	    prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 2;
	if (getrlimit(RLIMIT_CORE, &core) < 0 || core.rlim_max != 0)
		return 3;
	return 0;
}

static void hardened(void)
{
	CHECK_EQ(in_child(harden), 0);
}

static int drop_to_nobody(void)
{
	uint64_t have;
	int cap;

	if (privs_drop("nobody", PRIVS_NET_ADMIN, NULL) < 0)
		return 1;
	if (getuid() == 0 || geteuid() == 0 || getgid() == 0)
		return 2;
	if (privs_read(&have) < 0 || have != PRIVS_NET_ADMIN)
		return 3;
	/* No way back, by any of the three ways there are. */
	if (setuid(0) == 0 || setresuid(0, 0, 0) == 0)
		return 4;
	for (cap = 0; cap < 40; cap++) {
		if ((prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1) != (cap == 12))
			return 5;
		if ((prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) ==
		     1) != (cap == 12))
			return 6;
	}
	return prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0) == 0 ? 0 : 7;
}

static int stay_and_drop(void)
{
	uint64_t have;

	if (privs_drop(NULL, PRIVS_NET_ADMIN | PRIVS_NET_RAW, NULL) < 0)
		return 1;
	/* A second time there is nothing left to do, and no right needed. */
	if (privs_drop(NULL, PRIVS_NET_RAW, NULL) < 0)
		return 2;
	if (privs_read(&have) < 0 || have != PRIVS_NET_RAW)
		return 3;
	return 0;
}

static int drop_without_rights(void)
{
	uint64_t have;

	if (setresuid(65534, 65534, 65534) < 0)
		return 1;
	/* What we do not have is left out. */
	if (privs_drop(NULL, ALL, NULL) < 0)
		return 2;
	return privs_read(&have) < 0 || have != 0 ? 3 : 0;
}

static void dropped(void)
{
	uint64_t have;

	CHECK_EQ(privs_read(&have), 0);
	if (getuid() != 0 || (have & ALL) != ALL) {
		fprintf(stderr, "privs/dropped: needs root, not run\n");
		return;
	}
	test_case("to another user");
	CHECK_EQ(in_child(drop_to_nobody), 0);
	test_case("as the same user");
	CHECK_EQ(in_child(stay_and_drop), 0);
	test_case("without rights");
	CHECK_EQ(in_child(drop_without_rights), 0);
}

static void unknown_user(void)
{
	struct err_detail detail = { 0 };

	CHECK_EQ(privs_drop("no-such-user-here", 0, &detail), -ENOENT);
	CHECK(strstr(detail.text, "no-such-user-here"));
}

static const struct test tests[] = {
	TEST(explained), TEST(hardened), TEST(dropped), TEST(unknown_user),
};

TEST_MAIN(tests)
