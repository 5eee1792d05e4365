// SPDX-License-Identifier: GPL-2.0-only
#include "store/file_check.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int file_check(const struct stat *st, const char *name, size_t max, uid_t own,
	       struct err_detail *detail)
{
	int r = 0;

	if (!S_ISREG(st->st_mode))
		return err_explain(detail, TNE_STATE_FILE,
				   "%s is not a regular file", name);
	if (st->st_mode & 0022)
		return err_explain(detail, TNE_STATE_FILE,
				   "%s can be written by others (mode %04o); chmod 0600 it if you trust it",
				   name, st->st_mode & 07777);
	if (st->st_size > (off_t)max)
		return err_explain(detail, TNE_TOO_LONG, "%s is too long",
				   name);
	if ((st->st_mode & 07777) != 0600)
		r |= FILE_CHECK_READABLE;
	if (st->st_uid != own)
		r |= FILE_CHECK_FOREIGN;
	return r;
}

static int explain_open(int dir, const char *name, int err,
			struct err_detail *detail)
{
	char target[200];
	ssize_t n;

	if (err == -ENOENT)
		return err;
	if (err != -ELOOP)
		return err_explain(detail, err, "cannot open %s: %s", name,
				   strerror(-err));
	n = readlinkat(dir, name, target, sizeof(target) - 1);
	return err_explain(detail, TNE_STATE_FILE,
			   "%s is a link to %.*s, which is not followed", name,
			   (int)(n < 0 ? 0 : n), target);
}

int file_check_open(int dir, const char *name, size_t max,
		    struct err_detail *detail)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
			O_CLOEXEC);
	struct stat st;
	int r;

	if (fd < 0)
		return explain_open(dir, name, -errno, detail);
	r = fstat(fd, &st) < 0 ? -errno :
		file_check(&st, name, max, geteuid(), detail);
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}
