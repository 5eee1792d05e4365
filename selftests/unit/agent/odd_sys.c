// SPDX-License-Identifier: GPL-2.0-only
/*
 * System calls that change files, by their own names, for what does not take
 * them as an argument: each is counted, and may be the last one. See odd_io.h.
 */
#include "odd_io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CALL(number, ...) \
	(odd_io_strike() ? -1 : (int)syscall(number, __VA_ARGS__))

int fsync(int fd)
{
	return CALL(SYS_fsync, fd);
}

int fchmod(int fd, mode_t mode)
{
	return CALL(SYS_fchmod, fd, mode);
}

int fchmodat(int dir, const char *path, mode_t mode, int flags)
{
	(void)flags;
	return CALL(SYS_fchmodat, dir, path, mode);
}

int fchown(int fd, uid_t uid, gid_t gid)
{
	return CALL(SYS_fchown, fd, uid, gid);
}

int fchownat(int dir, const char *path, uid_t uid, gid_t gid, int flags)
{
	return CALL(SYS_fchownat, dir, path, uid, gid, flags);
}

int renameat(int a, const char *old, int b, const char *path)
{
	return CALL(SYS_renameat2, a, old, b, path, 0);
}

int renameat2(int a, const char *old, int b, const char *path,
	      unsigned int flags)
{
	return CALL(SYS_renameat2, a, old, b, path, flags);
}

int unlink(const char *path)
{
	return CALL(SYS_unlinkat, AT_FDCWD, path, 0);
}

int unlinkat(int dir, const char *path, int flags)
{
	return CALL(SYS_unlinkat, dir, path, flags);
}

int rmdir(const char *path)
{
	return CALL(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR);
}

int mkdir(const char *path, mode_t mode)
{
	return CALL(SYS_mkdirat, AT_FDCWD, path, mode);
}

int mkdirat(int dir, const char *path, mode_t mode)
{
	return CALL(SYS_mkdirat, dir, path, mode);
}

int openat(int dir, const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list args;

	if (!(flags & O_CREAT))
		return (int)syscall(SYS_openat, dir, path, flags);
	va_start(args, flags);
	mode = va_arg(args, mode_t);
	va_end(args);
	return CALL(SYS_openat, dir, path, flags, mode);
}

/* Half of it, so that a crash finds half a file. */
ssize_t write(int fd, const void *data, size_t len)
{
	if (fd > STDERR_FILENO) {
		if (odd_io_strike())
			return -1;
		if (len > odd_chunk)
			len = odd_chunk;
	}
	return syscall(SYS_write, fd, data, len);
}
