// SPDX-License-Identifier: GPL-2.0-only
#include "lock/store.h"

#include "wire/aum_record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ANCESTOR_FILE "last_active_ancestor"
#define TEMP_SUFFIX ".tmp"

/* "XX/", a hash, the suffix. */
#define NAME_MAX_LEN (3 + AUM_HASH_TEXT_LEN + sizeof(TEMP_SUFFIX))

#define PROFILE_MAX 64	/* characters; ours, stock ones have 4 */

/**
 * struct lock_store - a directory
 * @state_dir: borrowed
 * @profile: name of its directory in LOCK_STORE_DIR
 * @io: how to write
 * @pin: who guards
 * @pin_ctx: for @pin
 */
struct lock_store {
	int state_dir;
	char profile[PROFILE_MAX + 1];
	const struct lock_store_io *io;
	int (*pin)(void *ctx, const struct aum_hash *head);
	void *pin_ctx;
};

static int sys_openat(int dir, const char *path, int flags, mode_t mode)
{
	return openat(dir, path, flags, mode);
}

static int64_t sys_now_s(void)
{
	return time(NULL);
}

const struct lock_store_io *lock_store_io_system(void)
{
	static const struct lock_store_io io = {
		.mkdirat = mkdirat,
		.openat = sys_openat,
		.write = write,
		.fsync = fsync,
		.renameat = renameat,
		.unlinkat = unlinkat,
		.now_s = sys_now_s,
	};

	return &io;
}

static bool is_profile(const char *profile)
{
	static const char allowed[] =
		"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t n = strspn(profile, allowed);

	return n > 0 && n <= PROFILE_MAX && profile[n] == '\0';
}

int lock_store_new(int state_dir, const char *profile,
		   const struct lock_store_io *io, struct lock_store **ret)
{
	struct lock_store *store;

	if (!is_profile(profile))
		return -EINVAL;
	store = calloc(1, sizeof(*store));
	if (!store)
		return -ENOMEM;
	store->state_dir = state_dir;
	store->io = io;
	snprintf(store->profile, sizeof(store->profile), "%s", profile);
	*ret = store;
	return 0;
}

void lock_store_free(struct lock_store *store)
{
	free(store);
}

/* Links are not followed at any step: they could lead out of here. */
static int open_folder(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
			O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Return: a descriptor; -ENOENT if there is no store; -errno. */
static int open_dir(const struct lock_store *store)
{
	int top = open_folder(store->state_dir, LOCK_STORE_DIR), fd;

	if (top < 0)
		return top;
	fd = open_folder(top, store->profile);
	close(top);
	return fd;
}

static const char *name_of(const struct aum_hash *hash,
			   char ret[NAME_MAX_LEN])
{
	struct aum_hash_text text;

	aum_hash_format(hash, &text);
	snprintf(ret, NAME_MAX_LEN, "%.2s/%s", text.c, text.c);
	return ret;
}

/* Contents of a file. Return: 1, 0 if there is none, or below 0. */
static int read_file(int dir, const char *name, size_t max, struct arena *mem,
		     struct bytes *ret, int64_t *ret_changed_s)
{
	struct stat st;
	uint8_t *data = NULL;
	ssize_t n = 0;
	size_t len = 0;
	int fd, r = 1;

	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fstat(fd, &st) < 0)
		r = -errno;
	else if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size > max)
		r = TNE_LOCK_DAMAGED;
	if (r > 0)
		data = arena_alloc(mem, st.st_size + 1);
	if (r > 0 && !data)
		r = -ENOMEM;
	while (r > 0 && len < (size_t)st.st_size &&
	       (n = read(fd, data + len, st.st_size - len)) > 0)
		len += n;
	if (n < 0)
		r = -errno;
	close(fd);
	if (r < 0)
		return r;
	*ret = (struct bytes){ .data = data, .len = len };
	*ret_changed_s = st.st_mtime;
	return 1;
}

static int read_record(int dir, const char *name, struct arena *mem,
		       struct aum_record *ret)
{
	struct bytes data;
	int64_t changed_s;
	int r;

	r = read_file(dir, name, AUM_RECORD_MAX, mem, &data, &changed_s);
	if (r <= 0)
		return r;
	r = aum_record_parse(data, mem, ret);
	if (r < 0)
		return r == -ENOMEM ? r : TNE_LOCK_DAMAGED;
	if (!ret->created_s)
		ret->created_s = changed_s;
	return 1;
}

static int load_file(int dir, const char *name, const struct aum_hash *hash,
		     struct chain *chain)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct chain_item *item auto_clean(chain_item) = NULL;
	struct aum_record record;
	int r;

	if (!mem)
		return -ENOMEM;
	r = read_record(dir, name, mem, &record);
	if (r < 0)
		return r;
	if (r == 0 || record.purged_s > 0)
		return 0;
	if (!record.has_update)
		return TNE_LOCK_DAMAGED;
	r = chain_item_new(record.update, record.created_s, &item);
	if (r == 0)
		r = chain_reserve(chain, 1, record.update.len);
	if (r < 0)
		return r;
	/* The bits that texts leave over could name it twice. */
	if (!aum_hash_eq(&item->hash, hash) || chain_find(chain, hash))
		return TNE_LOCK_DAMAGED;
	chain_add(chain, steal(item));
	return 0;
}

/* The files of a folder whose names are hashes that begin with its name. */
static int load_folder(int dir, const char *folder, struct chain *chain,
		       struct err_detail *detail)
{
	int fd = openat(dir, folder,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	struct aum_hash hash;
	struct dirent *entry;
	int r = 0;

	if (!list) {
		r = -errno;
		if (fd >= 0)
			close(fd);
		return r;
	}
	while (r == 0 && (entry = readdir(list))) {
		if (strncmp(entry->d_name, folder, 2) != 0 ||
		    aum_hash_parse(entry->d_name, strlen(entry->d_name),
				   &hash) < 0)
			continue;
		r = load_file(dirfd(list), entry->d_name, &hash, chain);
		if (r < 0)
			err_explain(detail, r, "tailnet-lock update %s: %s",
				    entry->d_name, err_text(r));
	}
	closedir(list);
	return r;
}

static bool is_folder(const char *name)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

	return strspn(name, digits) == 2 && name[2] == '\0';
}

static int load_folders(int dir, struct chain *chain,
			struct err_detail *detail)
{
	int fd = fcntl(dir, F_DUPFD_CLOEXEC, 0);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int r = 0;

	if (!list) {
		r = -errno;
		if (fd >= 0)
			close(fd);
		return r;
	}
	while (r == 0 && (entry = readdir(list))) {
		if (is_folder(entry->d_name))
			r = load_folder(dir, entry->d_name, chain, detail);
	}
	closedir(list);
	return r;
}

static int load_ancestor(int dir, struct authority_stored *stored)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct bytes data;
	int64_t changed_s;
	int r;

	if (!mem)
		return -ENOMEM;
	r = read_file(dir, ANCESTOR_FILE, AUM_HASH_LEN, mem, &data,
		      &changed_s);
	if (r <= 0)
		return r;
	if (data.len != AUM_HASH_LEN)
		return TNE_LOCK_DAMAGED;
	memcpy(stored->ancestor.byte, data.data, AUM_HASH_LEN);
	stored->has_ancestor = true;
	return 0;
}

int lock_store_load(struct lock_store *store, struct err_detail *detail,
		    struct authority_stored *ret)
{
	struct authority_stored stored = { 0 };
	int dir = open_dir(store), r;

	if (dir == -ENOENT) {
		*ret = stored;
		return 0;
	}
	if (dir < 0)
		return err_explain(detail, dir, "%s/%s: %s", LOCK_STORE_DIR,
				   store->profile, err_text(dir));
	r = load_ancestor(dir, &stored);
	if (r == 0)
		r = load_folders(dir, &stored.chain, detail);
	close(dir);
	if (r < 0) {
		authority_stored_done(&stored);
		return r;
	}
	*ret = stored;
	return 0;
}

static int make_dir(const struct lock_store *store, int dir, const char *name)
{
	if (store->io->mkdirat(dir, name, 0755) < 0 && errno != EEXIST)
		return -errno;
	return 0;
}

static int sync_dir(const struct lock_store *store, int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

	if (fd < 0)
		return -errno;
	r = store->io->fsync(fd) < 0 ? -errno : 0;
	close(fd);
	return r;
}

static int do_create(void *ctx)
{
	const struct lock_store *store = ctx;
	int r = make_dir(store, store->state_dir, LOCK_STORE_DIR), top;

	if (r < 0)
		return r;
	top = open_folder(store->state_dir, LOCK_STORE_DIR);
	if (top < 0)
		return top;
	r = make_dir(store, top, store->profile);
	if (r == 0)
		r = sync_dir(store, top, ".");
	close(top);
	return r;
}

static int write_all(const struct lock_store *store, int fd,
		     struct bytes data)
{
	ssize_t n;

	while (data.len) {
		n = store->io->write(fd, data.data, data.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		data.data += n;
		data.len -= n;
	}
	return store->io->fsync(fd) < 0 ? -errno : 0;
}

/* The file is whole, or the old one. One process at a time has the state. */
static int write_file(const struct lock_store *store, int dir,
		      const char *name, struct bytes data)
{
	char temp[NAME_MAX_LEN];
	int fd, r;

	snprintf(temp, sizeof(temp), "%s%s", name, TEMP_SUFFIX);
	fd = store->io->openat(dir, temp, O_WRONLY | O_CREAT | O_TRUNC |
			       O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	r = write_all(store, fd, data);
	close(fd);
	if (r == 0 && store->io->renameat(dir, temp, dir, name) < 0)
		r = -errno;
	if (r < 0)
		store->io->unlinkat(dir, temp, 0);
	return r;
}

static int write_record(const struct lock_store *store, int dir,
			const struct chain_item *item, int64_t purged_s)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct aum_record record = {
		.has_update = true,
		.update = item->data,
		.created_s = item->created_s,
		.purged_s = purged_s,
	};
	char name[NAME_MAX_LEN], folder[3];
	struct aum_record old;
	struct bytes data;
	int r;

	if (!mem)
		return -ENOMEM;
	name_of(&item->hash, name);
	snprintf(folder, sizeof(folder), "%.2s", name);
	/* One that comes back is as old as it was. */
	r = read_record(dir, name, mem, &old);
	if (r > 0)
		record.created_s = old.created_s;
	else if (r == 0 && purged_s)
		return 0;
	r = aum_record_build(&record, mem, &data);
	if (r == 0)
		r = make_dir(store, dir, folder);
	if (r == 0)
		r = write_file(store, dir, name, data);
	if (r == 0)
		r = sync_dir(store, dir, folder);
	return r;
}

static int write_records(const struct lock_store *store,
			 struct chain_item *const *item, size_t n,
			 int64_t purged_s)
{
	int dir = open_dir(store), r = 0;
	size_t i;

	if (dir < 0)
		return dir;
	for (i = 0; i < n && r == 0; i++)
		r = write_record(store, dir, item[i], purged_s);
	if (r == 0)
		r = sync_dir(store, dir, ".");
	close(dir);
	return r;
}

static int do_put(void *ctx, struct chain_item *const *item, size_t n)
{
	return write_records(ctx, item, n, 0);
}

static int do_purge(void *ctx, struct chain_item *const *item, size_t n)
{
	const struct lock_store *store = ctx;

	return write_records(store, item, n, store->io->now_s());
}

static int do_set_ancestor(void *ctx, const struct aum_hash *hash)
{
	const struct lock_store *store = ctx;
	int dir = open_dir(store), r;

	if (dir < 0)
		return dir;
	r = write_file(store, dir, ANCESTOR_FILE,
		       (struct bytes){ hash->byte, AUM_HASH_LEN });
	if (r == 0)
		r = sync_dir(store, dir, ".");
	close(dir);
	return r;
}

static int do_pin(void *ctx, const struct aum_hash *head)
{
	const struct lock_store *store = ctx;

	return store->pin ? store->pin(store->pin_ctx, head) : 0;
}

struct authority_disk lock_store_disk(struct lock_store *store,
		int (*pin)(void *ctx, const struct aum_hash *head), void *ctx)
{
	store->pin = pin;
	store->pin_ctx = ctx;
	return (struct authority_disk){
		.create = do_create,
		.put = do_put,
		.set_ancestor = do_set_ancestor,
		.purge = do_purge,
		.pin = do_pin,
		.ctx = store,
	};
}

/* Everything in a directory, which may have others in it, once. */
static int remove_all(const struct lock_store *store, int dir,
		      const char *name, bool deeper)
{
	int fd = openat(dir, name,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int r = 0;

	if (!list) {
		r = -errno;
		if (fd >= 0)
			close(fd);
		return r;
	}
	while (r == 0 && (entry = readdir(list))) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		if (store->io->unlinkat(dirfd(list), entry->d_name, 0) == 0)
			continue;
		r = -errno;
		if (deeper && (r == -EISDIR || r == -EPERM))
			r = remove_all(store, dirfd(list), entry->d_name,
				       false);
	}
	closedir(list);
	if (r == 0 && store->io->unlinkat(dir, name, AT_REMOVEDIR) < 0)
		r = -errno;
	return r;
}

/* A link, or whatever it is that is no folder: itself, not what it leads to. */
static int remove_stranger(const struct lock_store *store, int dir,
			   const char *name)
{
	return store->io->unlinkat(dir, name, 0) < 0 ? -errno : 0;
}

static bool is_stranger(int err)
{
	return err == -ELOOP || err == -ENOTDIR;
}

int lock_store_remove(struct lock_store *store)
{
	int top = open_folder(store->state_dir, LOCK_STORE_DIR), r;

	if (is_stranger(top))
		return remove_stranger(store, store->state_dir,
				       LOCK_STORE_DIR);
	if (top < 0)
		return top == -ENOENT ? 0 : top;
	r = remove_all(store, top, store->profile, true);
	if (is_stranger(r))
		r = remove_stranger(store, top, store->profile);
	if (r == 0)
		r = sync_dir(store, top, ".");
	close(top);
	return r == -ENOENT ? 0 : r;
}
