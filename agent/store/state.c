// SPDX-License-Identifier: GPL-2.0-only
#include "store/state.h"

#include "base/array.h"
#include "store/file_check.h"
#include "store/sealing.h"
#include "store/state_lock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#define TMP_SUFFIX ".tmp"
#define TMP_RANDOM 8	/* bytes; ours, as hex in the name */

/**
 * struct state - an open state
 * @io: how to write
 * @lock: its directory, and what keeps others out; -1 = in memory only
 * @map: the entries, as on disk
 * @sealed: the form of the file
 * @locked: sealed, and not opened yet; then @file is as read
 * @file: of a sealed one; its box is there only while locked
 * @key: data key of a sealed one that is open
 * @hook: has a say in each change
 * @is_new: there was no file
 * @mode_was_wrong: others could have read it
 * @is_foreign: it was another user's
 */
struct state {
	const struct state_io *io;
	struct state_lock lock;
	struct state_map map;
	bool sealed;
	bool locked;
	struct sealed_file file;
	struct secret32 *key;
	struct state_hook hook;
	bool is_new;
	bool mode_was_wrong;
	bool is_foreign;
};

static int system_openat(int dir, const char *path, int flags, mode_t mode)
{
	return openat(dir, path, flags, mode);
}

const struct state_io *state_io_system(void)
{
	static const struct state_io io = {
		.openat = system_openat,
		.fchmod = fchmod,
		.write = write,
		.fsync = fsync,
		.close = close,
		.renameat = renameat,
		.unlinkat = unlinkat,
		.linkat = linkat,
	};

	return &io;
}

static int write_all(const struct state_io *io, int fd, const char *data,
		     size_t len)
{
	ssize_t n;

	while (len) {
		n = io->write(fd, data, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		data += n;
		len -= n;
	}
	return 0;
}

/* Mode, contents, and on the disk before anything has its name. */
static int fill_file(const struct state_io *io, int fd, const char *data,
		     size_t len)
{
	int r = io->fchmod(fd, 0600) < 0 ? -errno : 0;

	if (r == 0)
		r = write_all(io, fd, data, len);
	/* A second fsync() after a failed one would say yes to lost data. */
	if (r == 0 && io->fsync(fd) < 0)
		r = -errno;
	if (io->close(fd) < 0 && r == 0)
		r = -errno;
	return r;
}

static void temporary_name(const char *name, char *ret, size_t size)
{
	unsigned char random[TMP_RANDOM];
	char hex[2 * TMP_RANDOM + 1];

	randombytes_buf(random, sizeof(random));
	sodium_bin2hex(hex, sizeof(hex), random, sizeof(random));
	snprintf(ret, size, ".%s.%s" TMP_SUFFIX, name, hex);
}

/* Is it really there, as far as the system can say? */
static int read_back(int dir, const char *name, const void *data, size_t len)
{
	struct secret_buf __attribute__((cleanup(secret_buf_cleanup)))
		text = { 0 };
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	r = secret_buf_read(&text, fd, len);
	close(fd);
	if (r == 0 && (text.len != len || memcmp(text.data, data, len) != 0))
		r = -EIO;
	return r;
}

/* What is replaced gets a second name; as good as it goes. */
static void keep_previous(const struct state_io *io, int dir)
{
	(void)io->unlinkat(dir, STATE_PREV_FILE, 0);
	(void)io->linkat(dir, STATE_FILE, dir, STATE_PREV_FILE, 0);
}

/**
 * enum replace - how a file is replaced
 * @REPLACE_CHECK: read what was written back first
 * @REPLACE_KEEP: the old one is kept as STATE_PREV_FILE
 */
enum replace {
	REPLACE_CHECK = 1,
	REPLACE_KEEP = 2,
};

static int replace_file(const struct state_io *io, int dir, const char *name,
			const void *data, size_t len, unsigned int how)
{
	char tmp[NAME_MAX + 1];
	int fd, r;

	temporary_name(name, tmp, sizeof(tmp));
	fd = io->openat(dir, tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
			O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = fill_file(io, fd, data, len);
	if (r == 0 && (how & REPLACE_CHECK))
		r = read_back(dir, tmp, data, len);
	if (r == 0 && (how & REPLACE_KEEP))
		keep_previous(io, dir);
	if (r == 0 && io->renameat(dir, tmp, dir, name) < 0)
		r = -errno;
	if (r < 0) {
		io->unlinkat(dir, tmp, 0);
		return r;
	}
	/* It has its name; what may fail now is only that it keeps it. */
	return io->fsync(dir) < 0 ? 1 : 0;
}

int state_replace_file(const struct state_io *io, int dir, const char *name,
		       const void *data, size_t len)
{
	return replace_file(io, dir, name, data, len, 0);
}

/* Ours, and the stock daemon's. */
static bool is_temporary(const char *name)
{
	static const char prefix[] = "." STATE_FILE ".";
	static const char stock[] = STATE_FILE TMP_SUFFIX;
	size_t len = strlen(name);

	if (strncmp(name, stock, sizeof(stock) - 1) == 0)
		return true;
	return strncmp(name, prefix, sizeof(prefix) - 1) == 0 &&
		len > strlen(TMP_SUFFIX) &&
		strcmp(name + len - strlen(TMP_SUFFIX), TMP_SUFFIX) == 0;
}

/* Of a crash: never renamed, so never committed, and full of keys. */
static void remove_temporaries(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *entry;
	DIR *list;

	if (fd < 0)
		return;
	list = fdopendir(fd);
	if (!list) {
		close(fd);
		return;
	}
	while ((entry = readdir(list))) {
		if (is_temporary(entry->d_name))
			unlinkat(dir, entry->d_name, 0);
	}
	closedir(list);
}

/*
 * A crash between the second name and the rename leaves two names of one file,
 * which whoever gives the folder away would take for somebody's trick.
 */
static void remove_second_name(int dir)
{
	struct stat st, prev;

	if (fstatat(dir, STATE_FILE, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    fstatat(dir, STATE_PREV_FILE, &prev, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_dev == prev.st_dev && st.st_ino == prev.st_ino)
		unlinkat(dir, STATE_PREV_FILE, 0);
}

/* Another user's that only he may write to is read, and then ours. */
static int check_file(struct state *state, int fd, struct err_detail *detail)
{
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0)
		return -errno;
	r = file_check(&st, STATE_FILE, STATE_JSON_MAX, geteuid(), detail);
	if (r < 0)
		return r;
	state->is_foreign = r & FILE_CHECK_FOREIGN;
	state->mode_was_wrong = r & FILE_CHECK_READABLE;
	if (state->mode_was_wrong && fchmod(fd, 0600) < 0 &&
	    !(state->is_foreign && errno == EPERM))
		return err_explain(detail, -errno,
				   "cannot set the mode of %s: %s",
				   STATE_FILE, strerror(errno));
	return 0;
}

static int parse_file(struct state *state, const struct secret_buf *text,
		      struct err_detail *detail)
{
	int r;

	switch (state_form_find(text->data, text->len)) {
	case STATE_FORM_EMPTY:
		return err_explain(detail, TNE_STATE_FORMAT,
				   "%s is empty, it was cut short; restore it from a backup, or delete it to begin as a new node",
				   STATE_FILE);
	case STATE_FORM_NEWER:
		return err_explain(detail, TNE_STATE_FORMAT,
				   "%s is sealed in a form of a newer version",
				   STATE_FILE);
	case STATE_FORM_SEALED:
		r = sealed_json_parse(text->data, text->len, detail,
				      &state->file);
		state->sealed = r == 0;
		state->locked = r == 0;
		return r;
	case STATE_FORM_PLAIN:
		break;
	}
	return state_json_parse(text->data, text->len, detail, &state->map);
}

static int read_file(struct state *state, int fd, struct err_detail *detail)
{
	struct secret_buf __attribute__((cleanup(secret_buf_cleanup)))
		text = { 0 };
	int r = check_file(state, fd, detail);

	if (r < 0)
		return r;
	r = secret_buf_read(&text, fd, STATE_JSON_MAX);
	if (r < 0)
		return err_explain(detail, r, "cannot read %s: %s", STATE_FILE,
				   err_text(r));
	return parse_file(state, &text, detail);
}

static int load(struct state *state, struct err_detail *detail)
{
	int fd = file_check_open(state->lock.dir, STATE_FILE, STATE_JSON_MAX,
				 detail);
	int r;

	if (fd == -ENOENT) {
		state->is_new = true;
		return 0;
	}
	if (fd < 0)
		return fd;
	r = read_file(state, fd, detail);
	close(fd);
	return r;
}

static struct state *state_new(void)
{
	struct state *state = calloc(1, sizeof(*state));

	if (state)
		state_lock_init(&state->lock);
	return state;
}

int state_open(const char *dir, const struct state_io *io,
	       struct err_detail *detail, struct state **ret)
{
	struct state *state auto_clean(state) = state_new();
	int r;

	if (!state)
		return -ENOMEM;
	state->io = io;
	r = state_lock_take(dir, detail, &state->lock);
	if (r < 0)
		return r;
	r = load(state, detail);
	if (r < 0) {
		state_leave(state);
		return r;
	}
	remove_temporaries(state->lock.dir);
	remove_second_name(state->lock.dir);
	*ret = steal(state);
	return 0;
}

int state_closed(const char *dir, struct state **ret)
{
	struct state *state = state_new();
	struct err_detail detail;

	if (!state)
		return -ENOMEM;
	state->locked = true;
	/* Perhaps it was the folder that could not be opened. */
	(void)state_lock_take(dir, &detail, &state->lock);
	*ret = state;
	return 0;
}

int state_memory(struct state **ret)
{
	struct state *state = state_new();

	if (!state)
		return -ENOMEM;
	state->is_new = true;
	*ret = state;
	return 0;
}

void state_leave(struct state *state)
{
	if (state->lock.is_new)
		state_lock_remove(&state->lock);
}

void state_forget_lock(struct state *state)
{
	state_lock_remove(&state->lock);
}

void state_close(struct state *state)
{
	if (!state)
		return;
	state_map_done(&state->map);
	sealed_file_done(&state->file);
	secret32_free(state->key);
	state_lock_release(&state->lock);
	free(state);
}

bool state_find(const struct state *state, const char *name,
		struct state_bytes *ret)
{
	const struct state_entry *entry = state_map_find(&state->map, name);

	if (!entry || entry->len == 0)
		return false;
	*ret = state_map_bytes(&state->map, entry);
	return true;
}

int state_each(const struct state *state,
	       int (*fn)(void *ctx, const char *name, struct state_bytes bytes,
			 struct err_detail *detail),
	       struct err_detail *detail, void *ctx)
{
	const struct state_map *map = &state->map;
	size_t i;
	int r = 0;

	for (i = 0; i < map->n && r == 0; i++) {
		if (map->entry[i].len)
			r = fn(ctx, map->entry[i].name,
			       state_map_bytes(map, &map->entry[i]), detail);
	}
	return r;
}

bool state_is_new(const struct state *state)
{
	return state->is_new;
}

bool state_is_sealed(const struct state *state)
{
	return state->sealed;
}

bool state_is_locked(const struct state *state)
{
	return state->locked;
}

const struct sealed_blob *state_blob(const struct state *state)
{
	return &state->file.blob;
}

struct secret32 *state_key(const struct state *state)
{
	return state->key;
}

bool state_mode_was_wrong(const struct state *state)
{
	return state->mode_was_wrong;
}

bool state_was_foreign(const struct state *state)
{
	return state->is_foreign;
}

int state_dir(const struct state *state)
{
	return state->lock.dir;
}

static bool changes(const struct state *state, const struct state_change *c)
{
	struct state_bytes old;

	if (!state_find(state, c->name, &old))
		return c->len > 0;
	return old.len != c->len || memcmp(old.data, c->data, c->len) != 0;
}

static int change_map(const struct state_change *change, size_t n,
		      struct state_map *map)
{
	size_t i;
	int r = 0;

	for (i = 0; i < n && r == 0; i++) {
		if (change[i].len == 0)
			state_map_remove(map, change[i].name);
		else
			r = state_map_set(map, change[i].name, change[i].data,
					  change[i].len);
	}
	return r;
}

static int put_file(const struct state *state, const struct secret_buf *text,
		    unsigned int how)
{
	if (text->len > STATE_JSON_MAX)
		return TNE_TOO_LONG;
	return replace_file(state->io, state->lock.dir, STATE_FILE, text->data,
			    text->len, how);
}

/* Of another key, or for another form: nobody shall go back to it. */
static void drop_previous(const struct state *state)
{
	(void)state->io->unlinkat(state->lock.dir, STATE_PREV_FILE, 0);
}

static int save(const struct state *state, const struct state_map *map)
{
	struct secret_buf __attribute__((cleanup(secret_buf_cleanup)))
		text = { 0 };
	int r;

	if (state->lock.dir < 0)
		return 0;
	r = state->sealed ? sealing_build(map, state->key, &state->file.blob,
					  &text) :
			    state_json_build(map, &text);
	if (r < 0)
		return r;
	/* A plain one would be keys that were logged out, in the clear. */
	return put_file(state, &text, state->sealed ? REPLACE_KEEP : 0);
}

int state_unlock(struct state *state, struct secret32 *key,
		 struct err_detail *detail)
{
	struct state_map map = { 0 };
	int r = sealing_open(&state->file, key, detail, &map);

	if (r == TNE_STATE_TAG)
		return err_explain(detail, r,
				   "failed to unseal data: the file was altered");
	if (r < 0)
		return r;
	free(steal(state->file.box));
	state->map = map;
	state->key = key;
	state->locked = false;
	return 0;
}

/* The bytes of a plain file, which the rename has only taken the name of. */
static void overwrite(const struct state *state, int fd)
{
	static const char zeros[4096];
	struct stat st;
	off_t left;
	ssize_t n;

	if (fstat(fd, &st) < 0 || st.st_nlink > 0)
		return;
	for (left = st.st_size; left > 0; left -= n) {
		n = state->io->write(fd, zeros, left < (off_t)sizeof(zeros) ?
				     (size_t)left : sizeof(zeros));
		if (n <= 0)
			break;
	}
	(void)state->io->fsync(fd);
}

static int replace_sealed(struct state *state, const struct state_map *map,
			  struct secret32 *key, const struct sealed_blob *blob)
{
	struct secret_buf __attribute__((cleanup(secret_buf_cleanup)))
		text = { 0 };
	int old = -1, r;

	r = sealing_build(map, key, blob, &text);
	if (r == 0)
		r = sealing_check(&text, key, map);
	if (r < 0)
		return r;
	if (!state->sealed)
		old = openat(state->lock.dir, STATE_FILE, O_WRONLY | O_NOFOLLOW |
			     O_NONBLOCK | O_CLOEXEC);
	r = put_file(state, &text, REPLACE_CHECK);
	/* Not before the new one is sure to be the one that is found. */
	if (old >= 0 && r == 0)
		overwrite(state, old);
	if (old >= 0)
		close(old);
	if (r >= 0)
		drop_previous(state);
	return r;
}

int state_seal(struct state *state, struct secret32 *key,
	       const struct sealed_blob *blob,
	       const struct state_change *change, size_t n,
	       struct err_detail *detail)
{
	struct state_map map = { 0 };
	int r;

	if (state->locked || state->lock.dir < 0)
		return err_explain(detail, TNE_STATE_SEALED,
				   "a state that is not open, or not on disk, cannot be sealed");
	r = state_map_copy(&state->map, &map);
	if (r == 0)
		r = change_map(change, n, &map);
	if (r == 0)
		r = replace_sealed(state, &map, key, blob);
	if (r < 0) {
		state_map_done(&map);
		return err_explain(detail, r, "failed to seal state file: %s",
				   err_text(r));
	}
	state_map_done(&state->map);
	state->map = map;
	secret32_free(state->key);
	state->key = key;
	state->file.blob = *blob;
	state->sealed = true;
	state->is_new = false;
	return r;
}

static int replace_plain(struct state *state, const struct state_map *map)
{
	struct secret_buf __attribute__((cleanup(secret_buf_cleanup)))
		text = { 0 };
	int r = state_json_build(map, &text);

	return r < 0 ? r : put_file(state, &text, REPLACE_CHECK);
}

int state_unseal(struct state *state, const char *const *drop,
		 struct err_detail *detail)
{
	struct state_map map = { 0 };
	int r;

	if (state->locked)
		return err_explain(detail, TNE_STATE_SEALED,
				   "the state is not open");
	r = state_map_copy(&state->map, &map);
	for (; r == 0 && *drop; drop++)
		state_map_remove(&map, *drop);
	if (r == 0)
		r = replace_plain(state, &map);
	if (r < 0) {
		state_map_done(&map);
		return err_explain(detail, r,
				   "failed to migrate existing TPM-sealed state file to plaintext format: %s",
				   err_text(r));
	}
	drop_previous(state);
	state_map_done(&state->map);
	state->map = map;
	sealed_file_done(&state->file);
	secret32_free(steal(state->key));
	state->sealed = false;
	return r;
}

void state_set_hook(struct state *state, const struct state_hook *hook)
{
	state->hook = *hook;
}

int state_write(struct state *state, const struct state_change *change,
		size_t n, struct err_detail *detail)
{
	struct state_change more[STATE_HOOK_MAX];
	struct state_map map = { 0 };
	size_t i, n_more = 0;
	bool any = false;
	int r;

	if (state->locked)
		return err_explain(detail, TNE_STATE_SEALED,
				   "cannot write the state: it is sealed, and not open");
	for (i = 0; i < n; i++)
		any |= changes(state, &change[i]);
	if (!any)
		return 0;
	if (state->hook.before)
		n_more = state->hook.before(state->hook.ctx, change, n, more);
	r = state_map_copy(&state->map, &map);
	if (r == 0)
		r = change_map(change, n, &map);
	if (r == 0)
		r = change_map(more, n_more, &map);
	if (r == 0)
		r = save(state, &map);
	if (r < 0) {
		state_map_done(&map);
		if (state->hook.failed)
			state->hook.failed(state->hook.ctx, r);
		return err_explain(detail, r, "cannot write the state: %s",
				   err_text(r));
	}
	state_map_done(&state->map);
	state->map = map;
	state->is_new = false;
	if (state->hook.after)
		state->hook.after(state->hook.ctx);
	return r;
}
