// SPDX-License-Identifier: GPL-2.0-only
#include "odd_io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

int odd_calls, odd_fail_at = -1, odd_crash_at = -1;
size_t odd_chunk = 300;

bool odd_io_strike(void)
{
	int n = odd_calls++;

	if (n == odd_crash_at)
		_exit(ODD_IO_CRASH);
	if (n != odd_fail_at)
		return false;
	errno = EIO;
	return true;
}

static int odd_openat(int dir, const char *path, int flags, mode_t mode)
{
	return odd_io_strike() ? -1 : openat(dir, path, flags, mode);
}

static int odd_fchmod(int fd, mode_t mode)
{
	return odd_io_strike() ? -1 : fchmod(fd, mode);
}

static ssize_t odd_write(int fd, const void *data, size_t len)
{
	if (odd_io_strike())
		return -1;
	return write(fd, data, len > odd_chunk ? odd_chunk : len);
}

static int odd_fsync(int fd)
{
	return odd_io_strike() ? -1 : fsync(fd);
}

/* It is closed whatever it says. */
static int odd_close(int fd)
{
	int r = close(fd);

	return odd_io_strike() ? -1 : r;
}

static int odd_renameat(int a, const char *old, int b, const char *path)
{
	return odd_io_strike() ? -1 : renameat(a, old, b, path);
}

static int odd_unlinkat(int dir, const char *path, int flags)
{
	return odd_io_strike() ? -1 : unlinkat(dir, path, flags);
}

static int odd_linkat(int a, const char *old, int b, const char *path,
		      int flags)
{
	return odd_io_strike() ? -1 : linkat(a, old, b, path, flags);
}

const struct state_io *odd_io(void)
{
	static const struct state_io io = {
		.openat = odd_openat,
		.fchmod = odd_fchmod,
		.write = odd_write,
		.fsync = odd_fsync,
		.close = odd_close,
		.renameat = odd_renameat,
		.unlinkat = odd_unlinkat,
		.linkat = odd_linkat,
	};

	return &io;
}

int odd_io_run(int (*fn)(void))
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0)
		_exit(fn());
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}
