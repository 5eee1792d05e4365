// SPDX-License-Identifier: GPL-2.0-only
#include "store/state_lock.h"

#include "store/state.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOCK_FILE STATE_FILE ".lock"
#define TRIES 25
#define STEP_MS 20

/* Who may write to it may put any file in the place of any. */
static int check_dir(int fd, const char *path, struct err_detail *detail)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_explain(detail, -errno, "%s: %s", path,
				   strerror(errno));
	if (st.st_mode & 0022)
		return err_explain(detail, TNE_STATE_FILE,
				   "%s can be written by others (mode %04o); chmod 0700 it if you trust what is in it",
				   path, st.st_mode & 07777);
	return 0;
}

static int open_dir(const char *path, struct err_detail *detail, int *ret)
{
	int fd, r;

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return err_explain(detail, -errno, "cannot create %s: %s",
				   path, strerror(errno));
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_explain(detail, -errno, "cannot open %s: %s", path,
				   strerror(errno));
	r = check_dir(fd, path, detail);
	if (r < 0) {
		close(fd);
		return r;
	}
	*ret = fd;
	return 0;
}

/*
 * A child that has not become another program yet holds what its parent held:
 * the lock of an agent that was killed may outlive it for a moment.
 */
static int lock_soon(int fd)
{
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000L };
	int tries = TRIES;

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK)
			return -errno;
		if (--tries == 0)
			return -EBUSY;
		nanosleep(&step, NULL);
	}
	return 0;
}

/* Has the file still its name? Whoever removed it had it before us. */
static bool is_named(int dir, int fd)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 &&
		fstatat(dir, LOCK_FILE, &b, AT_SYMLINK_NOFOLLOW) == 0 &&
		a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

static int open_file(int dir, bool *ret_is_new)
{
	const int flags = O_RDWR | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(dir, LOCK_FILE, flags | O_CREAT | O_EXCL, 0600);

	*ret_is_new = fd >= 0;
	if (fd < 0 && errno == EEXIST)
		fd = openat(dir, LOCK_FILE, flags | O_CREAT, 0600);
	return fd;
}

static int take(struct state_lock *lock, struct err_detail *detail)
{
	int fd, r, tries = TRIES;

	for (;;) {
		fd = open_file(lock->dir, &lock->is_new);
		if (fd < 0)
			return err_explain(detail, -errno, "cannot open %s: %s",
					   LOCK_FILE, strerror(errno));
		r = lock_soon(fd);
		if (r == 0 && is_named(lock->dir, fd))
			break;
		close(fd);
		if (r < 0 || --tries == 0)
			return err_explain(detail, r < 0 ? r : -EBUSY,
					   "another process uses this state directory");
	}
	lock->fd = fd;
	return 0;
}

void state_lock_init(struct state_lock *lock)
{
	*lock = (struct state_lock){ .dir = -1, .fd = -1 };
}

int state_lock_take(const char *path, struct err_detail *detail,
		    struct state_lock *ret)
{
	struct state_lock lock;
	int r;

	state_lock_init(&lock);
	state_lock_init(ret);
	r = open_dir(path, detail, &lock.dir);
	if (r < 0)
		return r;
	r = take(&lock, detail);
	if (r < 0) {
		close(lock.dir);
		return r;
	}
	*ret = lock;
	return 0;
}

void state_lock_remove(struct state_lock *lock)
{
	if (lock->fd >= 0)
		(void)unlinkat(lock->dir, LOCK_FILE, 0);
}

void state_lock_release(struct state_lock *lock)
{
	if (lock->fd >= 0)
		close(lock->fd);
	if (lock->dir >= 0)
		close(lock->dir);
	state_lock_init(lock);
}
