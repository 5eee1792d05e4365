// SPDX-License-Identifier: GPL-2.0-only
#include "store/fallback.h"

#include "store/file_check.h"
#include "store/state_lock.h"
#include "wire/sealed_json.h"
#include "wire/state_json.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TMP_PREFIX "." STATE_FILE "."
#define TMP_SUFFIX ".tmp"

static int read_file(int dir, const char *name, struct secret_buf *ret)
{
	struct err_detail detail;
	int fd = file_check_open(dir, name, STATE_JSON_MAX, &detail);
	int r;

	if (fd < 0)
		return fd;
	r = secret_buf_read(ret, fd, STATE_JSON_MAX);
	close(fd);
	return r;
}

/* Names in the directory; ends with the first that @fn has enough of. */
static int each_name(int dir, void *ctx,
		     bool (*fn)(void *ctx, int dir, const char *name))
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *entry;
	DIR *list = fd < 0 ? NULL : fdopendir(fd);

	if (!list) {
		int err = errno;

		if (fd >= 0)
			close(fd);
		return -err;
	}
	while ((entry = readdir(list))) {
		if (fn(ctx, dir, entry->d_name))
			break;
	}
	closedir(list);
	return 0;
}

/* Copies */

static bool count_copy(void *ctx, int dir, const char *name)
{
	unsigned int *n = ctx;

	(void)dir;
	*n += strncmp(name, FALLBACK_CORRUPT, strlen(FALLBACK_CORRUPT)) == 0;
	return false;
}

int fallback_copy_damaged(const struct state_io *io, int dir,
		       char ret_name[NAME_MAX + 1])
{
	struct secret_buf __attribute__((cleanup(secret_buf_cleanup)))
		text = { 0 };
	unsigned int n = 0;
	char name[NAME_MAX + 1];
	struct stat st;
	int r;

	if (fstatat(dir, STATE_FILE, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	snprintf(name, sizeof(name), FALLBACK_CORRUPT "%lld.%09ld",
		 (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	if (faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0) {
		r = each_name(dir, &n, count_copy);
		if (r == 0 && n >= FALLBACK_COPIES_MAX)
			r = -EMFILE;
		if (r == 0)
			r = read_file(dir, STATE_FILE, &text);
		if (r == 0)
			r = state_replace_file(io, dir, name, text.data,
					       text.len);
		if (r < 0)
			return r;
	}
	memcpy(ret_name, name, sizeof(name));
	return 0;
}

/* Going back */

/* Whole, and with an identity in it as far as can be seen. */
static bool is_good(int dir, const char *name)
{
	struct secret_buf __attribute__((cleanup(secret_buf_cleanup)))
		text = { 0 };
	struct sealed_file file = { 0 };
	struct state_map map = { 0 };
	struct err_detail detail;
	bool good = false;

	if (read_file(dir, name, &text) < 0)
		return false;
	switch (state_form_find(text.data ? text.data : "", text.len)) {
	case STATE_FORM_SEALED:
		good = sealed_json_parse(text.data, text.len, &detail,
					 &file) == 0;
		sealed_file_done(&file);
		break;
	case STATE_FORM_PLAIN:
		good = state_json_parse(text.data, text.len, &detail,
					&map) == 0 &&
		       state_map_find(&map, "_machinekey");
		state_map_done(&map);
		break;
	case STATE_FORM_EMPTY:
	case STATE_FORM_NEWER:
		break;
	}
	return good;
}

/**
 * struct newest - the best temporary file so far
 * @name: of it, "" = none
 * @at: when it was written
 */
struct newest {
	char name[NAME_MAX + 1];
	struct timespec at;
};

static bool is_temporary(const char *name)
{
	size_t len = strlen(name);

	return strncmp(name, TMP_PREFIX, strlen(TMP_PREFIX)) == 0 &&
		len > strlen(TMP_SUFFIX) &&
		strcmp(name + len - strlen(TMP_SUFFIX), TMP_SUFFIX) == 0;
}

static bool look_at(void *ctx, int dir, const char *name)
{
	struct newest *best = ctx;
	struct stat st;

	if (!is_temporary(name) ||
	    fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	if (best->name[0] && (st.st_mtim.tv_sec < best->at.tv_sec ||
			      (st.st_mtim.tv_sec == best->at.tv_sec &&
			       st.st_mtim.tv_nsec <= best->at.tv_nsec)))
		return false;
	if (!is_good(dir, name))
		return false;
	snprintf(best->name, sizeof(best->name), "%s", name);
	best->at = st.st_mtim;
	return false;
}

static int restore(int dir, const struct state_io *io,
		   struct err_detail *detail, char ret_name[NAME_MAX + 1])
{
	struct newest best = { .name = "" };
	int r = each_name(dir, &best, look_at);

	if (r < 0)
		return err_explain(detail, r, "cannot look for an older state: %s",
				   err_text(r));
	if (!best.name[0] && is_good(dir, STATE_PREV_FILE))
		strcpy(best.name, STATE_PREV_FILE);
	if (!best.name[0])
		return err_explain(detail, -ENOENT, "there is no older state");
	r = fallback_copy_damaged(io, dir, ret_name);
	/* Those that there are say enough; the node is worth more. */
	if (r == -EMFILE)
		ret_name[0] = r = 0;
	if (r < 0)
		return err_explain(detail, r,
				   "the damaged state cannot be copied: %s",
				   err_text(r));
	/* What is on the disk already may lack its owner's mode only. */
	if (fchmodat(dir, best.name, 0600, 0) < 0 ||
	    io->renameat(dir, best.name, dir, STATE_FILE) < 0)
		return err_explain(detail, -errno, "cannot rename %s: %s",
				   best.name, strerror(errno));
	(void)io->fsync(dir);
	return 0;
}

int fallback_restore(const char *path, const struct state_io *io,
		  struct err_detail *detail, char ret_name[NAME_MAX + 1])
{
	struct state_lock lock;
	int r;

	r = state_lock_take(path, detail, &lock);
	if (r < 0)
		return r;
	r = restore(lock.dir, io, detail, ret_name);
	state_lock_release(&lock);
	return r;
}
