// SPDX-License-Identifier: GPL-2.0-only
#include "system/privs.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

static const struct {
	uint64_t bit;
	const char *text;
} rights[PRIVS_LINES_MAX] = {
	{ PRIVS_NET_ADMIN,
	  "CAP_NET_ADMIN is missing: no network device, addresses or routes" },
	{ PRIVS_NET_RAW,
	  "CAP_NET_RAW is missing: no raw sockets" },
	{ PRIVS_NET_BIND_SERVICE,
	  "CAP_NET_BIND_SERVICE is missing: no ports below 1024" },
};

/* Version 3 has two words of 32 bits. */
static int get_caps(struct __user_cap_data_struct ret[2])
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};

	return syscall(SYS_capget, &head, ret) < 0 ? -errno : 0;
}

static int set_caps(const struct __user_cap_data_struct data[2])
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};

	return syscall(SYS_capset, &head, data) < 0 ? -errno : 0;
}

int privs_read(uint64_t *ret)
{
	struct __user_cap_data_struct data[2];
	int r = get_caps(data);

	if (r < 0)
		return r;
	*ret = data[0].effective | (uint64_t)data[1].effective << 32;
	return 0;
}

unsigned int privs_explain(uint64_t have, uint64_t want,
			   struct err_detail ret[PRIVS_LINES_MAX])
{
	unsigned int i, n = 0;

	for (i = 0; i < PRIVS_LINES_MAX; i++) {
		if (want & ~have & rights[i].bit)
			err_explain(&ret[n++], 0, "%s", rights[i].text);
	}
	return n;
}

int privs_harden(struct err_detail *detail)
{
	static const struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) < 0)
		return err_explain(detail, -errno, "cannot forbid core dumps: %s",
				   err_text(-errno));
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_explain(detail, -errno, "cannot forbid tracing: %s",
				   err_text(-errno));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_explain(detail, -errno,
				   "cannot forbid new privileges: %s",
				   err_text(-errno));
	return 0;
}

/* The user's groups come from the system, so group "tss" may be among them. */
static int become(const struct passwd *pw)
{
	if (initgroups(pw->pw_name, pw->pw_gid) < 0 ||
	    setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) < 0 ||
	    setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) < 0)
		return -errno;
	return 0;
}

/*
 * What is out of the bounding set cannot come back by starting a program. Needs
 * CAP_SETPCAP; without it nothing can be gained that way which matters here.
 */
static int drop_bounding(uint64_t keep)
{
	int cap;

	for (cap = 0; cap < 64; cap++) {
		if (keep & UINT64_C(1) << cap ||
		    prctl(PR_CAPBSET_READ, cap, 0, 0, 0) != 1)
			continue;
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return errno == EPERM ? 0 : -errno;
	}
	return 0;
}

static int raise_ambient(uint64_t keep)
{
	int cap;

	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return -errno;
	for (cap = 0; cap < 64; cap++) {
		if (keep & UINT64_C(1) << cap &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			return -errno;
	}
	return 0;
}

static int keep_only(uint64_t keep)
{
	struct __user_cap_data_struct data[2];
	int r = get_caps(data), i;

	if (r < 0)
		return r;
	for (i = 0; i < 2; i++) {
		data[i].permitted &= keep >> 32 * i;
		data[i].effective = data[i].permitted;
		data[i].inheritable = data[i].permitted;
	}
	r = set_caps(data);
	if (r < 0)
		return r;
	return raise_ambient(data[0].permitted |
			     (uint64_t)data[1].permitted << 32);
}

int privs_drop(const char *user, uint64_t keep, struct err_detail *detail)
{
	const struct passwd *pw = NULL;
	int r = 0;

	if (user) {
		errno = 0;
		pw = getpwnam(user);
		if (!pw)
			return err_explain(detail, errno ? -errno : -ENOENT,
					   "there is no user %s", user);
	}
	/* Otherwise the change of the user takes all of them at once. */
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		r = -errno;
	if (r == 0)
		r = drop_bounding(keep);
	if (r == 0 && pw)
		r = become(pw);
	if (r == 0)
		r = keep_only(keep);
	if (prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) < 0 && r == 0)
		r = -errno;
	if (r < 0)
		return err_explain(detail, r, "cannot give up rights: %s",
				   err_text(r));
	return 0;
}
