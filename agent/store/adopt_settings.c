// SPDX-License-Identifier: GPL-2.0-only
#include "store/adopt_settings.h"

#include "base/secret.h"
#include "store/adopt_files.h"
#include "store/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULTS_MAX (64u << 10)	/* bytes of a file of settings; ours */

static int failed(struct err_detail *detail, const char *what, const char *name)
{
	int err = -errno;

	return err_explain(detail, err, "cannot %s %s: %s", what, name,
			   err_text(err));
}

static int open_parent(const char *path, const char **ret_name)
{
	char dir[ADOPT_PATH_MAX];
	const char *slash = strrchr(path, '/');
	int fd;

	if (!slash || slash - path >= (long)sizeof(dir))
		return -EINVAL;
	memcpy(dir, path, slash - path);
	dir[slash - path] = 0;
	fd = open(slash == path ? "/" : dir, O_RDONLY | O_DIRECTORY |
		  O_CLOEXEC);
	*ret_name = slash + 1;
	return fd < 0 ? -errno : fd;
}

/* Nothing secret: people may read it. */
static int write_at(int dir, const char *name, const char *text, size_t len,
		      struct err_detail *detail)
{
	int r = state_replace_file(state_io_system(), dir, name, text, len);

	if (r >= 0 && fchmodat(dir, name, 0644, 0) < 0)
		r = -errno;
	return r < 0 ? err_explain(detail, r, "cannot write %s: %s", name,
				   err_text(r)) : 0;
}

int adopt_write_text(const char *path, const char *text, size_t len,
		     struct err_detail *detail)
{
	const char *name;
	int dir = open_parent(path, &name), r;

	if (dir < 0)
		return err_explain(detail, dir, "cannot open the folder of %s",
				   path);
	r = write_at(dir, name, text, len, detail);
	close(dir);
	return r;
}

static int read_text(int dir, const char *name, struct secret_buf *ret)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
			O_CLOEXEC);
	int r;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	r = secret_buf_read(ret, fd, DEFAULTS_MAX);
	close(fd);
	return r;
}

static int set_defaults(const char *path, const char *state_dir,
			struct err_detail *detail)
{
	struct secret_buf old auto_clean(secret_buf) = { 0 };
	struct secret_buf new auto_clean(secret_buf) = { 0 };
	const char *name;
	int dir = open_parent(path, &name), r;

	if (dir < 0)
		return err_explain(detail, dir, "cannot open the folder of %s",
				   path);
	r = read_text(dir, name, &old);
	/* Nothing to take away from nothing. */
	if (r == 0 && (state_dir || old.len))
		r = adopt_set_flags(old.data, old.len, state_dir, &new);
	if (r < 0)
		err_explain(detail, r, "cannot change %s: %s", path,
			    err_text(r));
	else if (new.len)
		r = write_at(dir, name, new.data, new.len, detail);
	close(dir);
	return r;
}

static int write_dropin(const char *folder, const char *state_dir,
			struct err_detail *detail)
{
	char text[ADOPT_PATH_MAX + 100];
	int dir, r;

	if (mkdir(folder, 0755) < 0 && errno != EEXIST)
		return failed(detail, "create", folder);
	dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return failed(detail, "open", folder);
	snprintf(text, sizeof(text),
		 "# By \"tailnet adopt\"; \"tailnet release\" removes it.\n[Service]\nReadWritePaths=%s\n",
		 state_dir);
	r = write_at(dir, ADOPT_DROPIN, text, strlen(text), detail);
	close(dir);
	return r;
}

int adopt_settings_add(const struct adopt_config *config, const char *dir,
		       struct err_detail *detail)
{
	int r = write_dropin(config->dropin_dir, dir, detail);

	return r < 0 ? r : set_defaults(config->defaults, dir, detail);
}

/* Last is what shows that there is something to take away. */
int adopt_settings_remove(const struct adopt_config *config,
			  struct err_detail *detail)
{
	char path[ADOPT_PATH_MAX + 32];
	struct stat st;
	int r;

	snprintf(path, sizeof(path), "%s/" ADOPT_DROPIN, config->dropin_dir);
	if (lstat(path, &st) < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	r = set_defaults(config->defaults, NULL, detail);
	if (r < 0)
		return r;
	if (unlink(path) < 0 && errno != ENOENT)
		return failed(detail, "remove", path);
	/* Empty, it was ours. */
	(void)rmdir(config->dropin_dir);
	return 0;
}
