// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"
#include "tka.h"

#include "base/err.h"
#include "fail_alloc.h"
#include "lock/authority.h"
#include "lock/store.h"
#include "wire/aum_record.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW 1700000000
#define PROFILE "ab12"

static const struct text_list nothing_denied;
static char place[] = "/tmp/test_lock_store.XXXXXX";
static int state_dir = -1;

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void place_done(void)
{
	if (state_dir >= 0)
		close(state_dir);
	state_dir = -1;
	nftw(place, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* An empty state directory. */
static void place_init(void)
{
	place_done();
	strcpy(place, "/tmp/test_lock_store.XXXXXX");
	if (mkdtemp(place))
		state_dir = open(place, O_RDONLY | O_DIRECTORY);
	if (state_dir < 0)
		test_fail(__FILE__, __LINE__, "no directory");
}

/* Calls of which the n-th fails. */
static int calls_left;

static bool refuse(void)
{
	if (calls_left == 0 || --calls_left > 0)
		return false;
	errno = EIO;
	return true;
}

static int my_mkdirat(int dir, const char *path, mode_t mode)
{
	return refuse() ? -1 : mkdirat(dir, path, mode);
}

static int my_openat(int dir, const char *path, int flags, mode_t mode)
{
	return refuse() ? -1 : openat(dir, path, flags, mode);
}

static ssize_t my_write(int fd, const void *data, size_t len)
{
	/* In pieces, as writing may go. */
	return refuse() ? -1 : write(fd, data, len > 100 ? 100 : len);
}

static int my_fsync(int fd)
{
	return refuse() ? -1 : fsync(fd);
}

static int my_renameat(int old_dir, const char *old, int new_dir,
		       const char *path)
{
	return refuse() ? -1 : renameat(old_dir, old, new_dir, path);
}

static int64_t my_now_s(void)
{
	return NOW + 5;
}

static const struct lock_store_io io = {
	.mkdirat = my_mkdirat,
	.openat = my_openat,
	.write = my_write,
	.fsync = my_fsync,
	.renameat = my_renameat,
	.unlinkat = unlinkat,
	.now_s = my_now_s,
};

static struct aum_hash pinned;

static int pin(void *ctx, const struct aum_hash *head)
{
	(void)ctx;
	pinned = *head;
	return 0;
}

/* A genesis and an update for it. */
static void some_updates(struct arena *mem, struct bytes ret[2])
{
	json_t *root auto_clean(json) = tka_load("tka/aum-negative.json");
	const json_t *row = json_array_get(tka_get(root, "cases"), 0);

	ret[0] = tka_bytes(tka_get(root, "genesis"), "cbor", mem);
	ret[1] = tka_bytes(row, "cbor", mem);
}

static int load(struct lock_store *store, const struct authority_pin *guard,
		struct authority **ret)
{
	struct authority_disk disk = lock_store_disk(store, pin, NULL);
	struct authority_stored stored = { 0 };
	struct err_detail detail = { "" };
	int r = lock_store_load(store, &detail, &stored);

	if (r == 0)
		r = authority_open(&stored, guard, &disk, ret);
	authority_stored_done(&stored);
	return r;
}

static int begin(struct lock_store *store, const struct bytes update[2],
		 struct authority **ret)
{
	struct authority_disk disk = lock_store_disk(store, pin, NULL);
	struct authority *authority = NULL;
	int r;

	r = authority_bootstrap(update[0], &nothing_denied, NOW, &disk,
				&authority);
	if (r == 0)
		r = authority_inform(authority, &update[1], 1, NOW);
	if (r == 0)
		*ret = authority;
	else
		authority_free(authority);
	return r;
}

static void keeps_an_authority(void)
{
	struct authority *first auto_clean(authority) = NULL;
	struct authority *second auto_clean(authority) = NULL;
	struct authority *third auto_clean(authority) = NULL;
	struct lock_store *store auto_clean(lock_store) = NULL;
	struct arena *mem auto_clean(arena) = arena_new();
	struct authority_pin guard = { .exists = true };
	struct bytes update[2];

	CHECK_IN(place_init());
	some_updates(mem, update);
	CHECK_EQ(lock_store_new(state_dir, PROFILE, &io, &store), 0);
	CHECK_EQ(load(store, NULL, &first), -ENOENT);
	CHECK_EQ(load(store, &guard, &first), TNE_LOCK_DAMAGED);
	CHECK_EQ(begin(store, update, &first), 0);
	guard.head = pinned;
	CHECK(aum_hash_eq(&pinned, &authority_head(first)->hash));
	CHECK_EQ(load(store, &guard, &second), 0);
	CHECK_EQ(authority_chain(second)->n, 2);
	CHECK(aum_hash_eq(&authority_head(second)->hash, &pinned));
	CHECK_EQ(authority_head(second)->created_s, NOW);
	CHECK(aum_hash_eq(&authority_oldest(second)->hash,
			  &authority_oldest(first)->hash));
	/* Off, but only if nobody knows otherwise. */
	CHECK_EQ(lock_store_remove(store), 0);
	CHECK_EQ(load(store, NULL, &third), -ENOENT);
	CHECK_EQ(load(store, &guard, &third), TNE_LOCK_DAMAGED);
	CHECK_EQ(lock_store_remove(store), 0);
	place_done();
}

/* What is deleted stays on disk, marked; it may come back. */
static void deletes_and_takes_back(void)
{
	struct authority *authority auto_clean(authority) = NULL;
	struct lock_store *store auto_clean(lock_store) = NULL;
	struct arena *mem auto_clean(arena) = arena_new();
	struct authority_stored stored = { 0 };
	struct err_detail detail = { "" };
	struct authority_disk disk;
	struct chain_item *head;
	struct bytes update[2];

	CHECK_IN(place_init());
	some_updates(mem, update);
	CHECK_EQ(lock_store_new(state_dir, PROFILE, &io, &store), 0);
	CHECK_EQ(begin(store, update, &authority), 0);
	disk = lock_store_disk(store, NULL, NULL);
	head = authority_head(authority);
	CHECK_EQ(disk.purge(disk.ctx, &head, 1), 0);
	CHECK_EQ(lock_store_load(store, &detail, &stored), 0);
	CHECK_EQ(stored.chain.n, 1);
	authority_stored_done(&stored);
	head->created_s = NOW + 1000;
	CHECK_EQ(disk.put(disk.ctx, &head, 1), 0);
	CHECK_EQ(lock_store_load(store, &detail, &stored), 0);
	CHECK_EQ(stored.chain.n, 2);
	CHECK_EQ(chain_find(&stored.chain, &head->hash)->created_s, NOW);
	authority_stored_done(&stored);
	place_done();
}

static void put_file(const char *path, struct bytes data)
{
	int fd = openat(state_dir, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, data.data, data.len), (ssize_t)data.len);
	close(fd);
}

static void put_dirs(const char *folder)
{
	char path[128];

	mkdirat(state_dir, LOCK_STORE_DIR, 0755);
	mkdirat(state_dir, LOCK_STORE_DIR "/" PROFILE, 0755);
	snprintf(path, sizeof(path), LOCK_STORE_DIR "/" PROFILE "/%s",
		 folder);
	mkdirat(state_dir, path, 0755);
}

static void check_stock_file(const json_t *row, struct arena *mem)
{
	struct lock_store *store auto_clean(lock_store) = NULL;
	struct authority_stored stored = { 0 };
	struct err_detail detail = { "" };
	const char *name = tka_text(row, "path");
	bool is_update = strchr(name, '/');
	struct aum_hash hash;
	char path[128];

	CHECK_IN(place_init());
	put_dirs(is_update ? "DQ" : "AA");
	snprintf(path, sizeof(path), LOCK_STORE_DIR "/" PROFILE "/%s", name);
	CHECK_IN(put_file(path, tka_bytes(row, "content", mem)));
	CHECK_EQ(lock_store_new(state_dir, PROFILE, &io, &store), 0);
	CHECK_EQ(lock_store_load(store, &detail, &stored), 0);
	tka_fixed(row, is_update ? "aum_hash" : "content", hash.byte,
		  AUM_HASH_LEN);
	if (!is_update) {
		CHECK(stored.has_ancestor);
		CHECK(aum_hash_eq(&stored.ancestor, &hash));
	} else if (strcmp(tka_text(row, "name"), "purged") == 0) {
		CHECK_EQ(stored.chain.n, 0);
	} else {
		CHECK(chain_find(&stored.chain, &hash));
		CHECK(chain_find(&stored.chain, &hash)->created_s > 0);
	}
	authority_stored_done(&stored);
	place_done();
}

static void files_of_the_stock_daemon(void)
{
	json_t *root auto_clean(json) = tka_load("tka/chonk-files.json");
	struct arena *mem auto_clean(arena) = arena_new();
	const json_t *rows = tka_get(root, "cases"), *row;
	struct aum_record record;
	struct bytes data, back;
	size_t i, n;

	for (i = 0; i < json_array_size(rows); i++) {
		row = json_array_get(rows, i);
		test_case("%s", tka_text(row, "name"));
		CHECK_IN(check_stock_file(row, mem));
		data = tka_bytes(row, "content", mem);
		if (!strchr(tka_text(row, "path"), '/'))
			continue;
		CHECK_EQ(aum_record_parse(data, mem, &record), 0);
		CHECK_EQ(aum_record_build(&record, mem, &back), 0);
		/* All but those with the list that is no longer written. */
		if (!strstr(tka_text(row, "name"), "children"))
			CHECK(bytes_eq(data, back));
		for (n = 0; n < data.len; n++) {
			struct bytes part = { tka_exact(data, n), n };

			CHECK_EQ(aum_record_parse(part, mem, &record),
				 TNE_CBOR);
			free((void *)part.data);
		}
	}
	CHECK(i > 0);
}

static void refuses_damage(void)
{
	static const struct {
		const char *name;
		const char *path;
		size_t len;
	} cases[] = {
		{ "short ancestor", "last_active_ancestor", 31 },
		{ "long ancestor", "last_active_ancestor", 33 },
		{ "empty update",
		  "AA/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 0 },
		{ "no CBOR",
		  "AA/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 9 },
	};
	struct lock_store *store auto_clean(lock_store) = NULL;
	struct arena *mem auto_clean(arena) = arena_new();
	struct authority_stored stored = { 0 };
	uint8_t zero[64] = { 0 };
	struct bytes update[2], data;
	struct aum_record record = { .has_update = true };
	char path[128];
	size_t i;

	CHECK_EQ(lock_store_new(state_dir, "../x", &io, &store), -EINVAL);
	CHECK_EQ(lock_store_new(state_dir, "", &io, &store), -EINVAL);
	for (i = 0; i <= sizeof(cases) / sizeof(cases[0]); i++) {
		struct err_detail detail = { "" };
		bool other = i == sizeof(cases) / sizeof(cases[0]);

		CHECK_IN(place_init());
		put_dirs("AA");
		test_case("%s", other ? "another name" : cases[i].name);
		snprintf(path, sizeof(path), LOCK_STORE_DIR "/" PROFILE "/%s",
			 cases[other ? 2 : i].path);
		data = (struct bytes){ zero, other ? 0 : cases[i].len };
		if (other) {
			some_updates(mem, update);
			record.update = update[0];
			CHECK_EQ(aum_record_build(&record, mem, &data), 0);
		}
		CHECK_IN(put_file(path, data));
		lock_store_free(store);
		CHECK_EQ(lock_store_new(state_dir, PROFILE, &io, &store), 0);
		CHECK_EQ(lock_store_load(store, &detail, &stored),
			 TNE_LOCK_DAMAGED);
		CHECK_EQ(stored.chain.n, 0);
	}
	/* Names that mean nothing to us are nobody's business. */
	CHECK_IN(place_init());
	put_dirs("AA");
	CHECK_IN(put_file(LOCK_STORE_DIR "/" PROFILE "/AA/README",
			  (struct bytes){ zero, 3 }));
	lock_store_free(store);
	CHECK_EQ(lock_store_new(state_dir, PROFILE, &io, &store), 0);
	CHECK_EQ(lock_store_load(store, NULL, &stored), 0);
	place_done();
}

/* With whatever call fails, what is found afterwards can be opened. */
static void every_call_may_fail(void)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct bytes update[2];
	int n, r = -1;

	some_updates(mem, update);
	for (n = 1; r < 0; n++) {
		struct authority *authority auto_clean(authority) = NULL;
		struct authority *again auto_clean(authority) = NULL;
		struct lock_store *store auto_clean(lock_store) = NULL;

		test_case("call %d", n);
		CHECK_IN(place_init());
		CHECK_EQ(lock_store_new(state_dir, PROFILE, &io, &store), 0);
		calls_left = n;
		r = begin(store, update, &authority);
		calls_left = 0;
		CHECK(r == 0 || r == -EIO);
		CHECK_EQ(r == 0, authority != NULL);
		r = r < 0 ? r : 0;
		if (authority) {
			CHECK_EQ(load(store, NULL, &again), 0);
		} else {
			int found = load(store, NULL, &again);

			CHECK(found == 0 || found == -ENOENT);
		}
	}
	CHECK(n > 15);
	place_done();
}

static int keep_and_load(void *ctx)
{
	struct authority *authority auto_clean(authority) = NULL;
	struct authority *again auto_clean(authority) = NULL;
	struct lock_store *store auto_clean(lock_store) = NULL;
	int r;

	place_init();
	r = lock_store_new(state_dir, PROFILE, &io, &store);
	if (r == 0)
		r = begin(store, ctx, &authority);
	return r < 0 ? r : load(store, NULL, &again);
}

static void every_allocation_may_fail(void)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct bytes update[2];

	some_updates(mem, update);
	CHECK(fail_alloc_each(keep_and_load, update) >= 20);
	place_done();
}

static const struct test tests[] = {
	TEST(keeps_an_authority),
	TEST(deletes_and_takes_back),
	TEST(files_of_the_stock_daemon),
	TEST(refuses_damage),
	TEST(every_call_may_fail),
	TEST(every_allocation_may_fail),
};
TEST_MAIN(tests)
