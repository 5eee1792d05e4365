// SPDX-License-Identifier: GPL-2.0-only
/*
 * What may lie beside a sealed state, and in its place: links, pipes, folders,
 * files of others or that others may write to.
 */
#include "keeper_rig.h"

#include "base/array.h"
#include "lock/store.h"
#include "store/fallback.h"

static char was[4000], extras[4000];
static size_t was_len, extras_len;

/* A state that has been sealed, whatever a case has made of its folder. */
static void put_all(void)
{
	char command[200];

	snprintf(command, sizeof(command), "rm -rf '%s' && mkdir -m 0700 '%s'",
		 dir, dir);
	if (system(command) != 0)
		abort();
	put_file(STATE_FILE, was, was_len);
	put_file(KEEPER_EXTRAS_FILE, extras, extras_len);
}

static void make_sealed(void)
{
	make(true);
	seal_it();
	was_len = get_file(STATE_FILE, was, sizeof(was));
	extras_len = get_file(KEEPER_EXTRAS_FILE, extras, sizeof(extras));
}

static bool is_file(const char *name, const char *want, size_t len)
{
	char buf[4000];

	return get_file(name, buf, sizeof(buf)) == len &&
		memcmp(buf, want, len) == 0;
}

static bool is_kind(const char *name, mode_t kind)
{
	struct stat st;

	return lstat(path_of(name), &st) == 0 && (st.st_mode & S_IFMT) == kind;
}

/* What is put in the place of a file. */

static void put_link(const char *name)
{
	char to[200];

	if (exists(name))
		rename(path_of(name), strcpy(to, path_of("elsewhere")));
	else
		put_file("elsewhere", was, was_len);
	if (symlink("elsewhere", path_of(name)) < 0)
		abort();
}

static void put_pipe(const char *name)
{
	unlink(path_of(name));
	if (mkfifo(path_of(name), 0600) < 0)
		abort();
}

static void put_folder(const char *name)
{
	unlink(path_of(name));
	if (mkdir(path_of(name), 0700) < 0)
		abort();
}

static void put_writable(const char *name)
{
	if (!exists(name))
		put_file(name, was, was_len);
	if (chmod(path_of(name), 0620) < 0)
		abort();
}

static const struct {
	const char *name;
	void (*put)(const char *name);
	mode_t kind;
} odd[] = {
	{ "a link", put_link, S_IFLNK },
	{ "a pipe", put_pipe, S_IFIFO },
	{ "a folder", put_folder, S_IFDIR },
	{ "writable by others", put_writable, S_IFREG },
};

/* Refused, and left as it is: there is somebody who says why. */
static void in_place_of_the_state(void)
{
	static const char *const want[] = {
		"is a link to elsewhere", "not a regular file",
		"not a regular file", "written by others (mode 0620)",
	};
	size_t i;

	make_sealed();
	for (i = 0; i < ARRAY_SIZE(odd); i++) {
		test_case("%s", odd[i].name);
		put_all();
		odd[i].put(STATE_FILE);
		CHECK_EQ(begin(OPT_UNSET), 0);
		settle();
		CHECK(!opened && !failed);
		CHECK_EQ(keeper_phase(keeper), KEEPER_STUCK);
		CHECK(strstr(warning("state-store-health"), want[i]));
		CHECK(is_kind(STATE_FILE, odd[i].kind));
		end();
	}
	test_case("readable by others");
	put_all();
	CHECK_EQ(chmod(path_of(STATE_FILE), 0644), 0);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(opened, 1);
	note_file();
	CHECK_EQ(noted.st_mode & 07777, 0600);
	end();
	test_case("the folder is writable by others");
	put_all();
	CHECK_EQ(chmod(dir, 0770), 0);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(!opened);
	CHECK(strstr(warning("state-store-health"), "written by others (mode 0770)"));
	CHECK(is_file(STATE_FILE, was, was_len));
	CHECK_EQ(chmod(dir, 0700), 0);
	clean();
}

static void of_another_user(void)
{
	if (geteuid() != 0) {
		printf("# only root can give a file away\n");
		return;
	}
	make_sealed();
	CHECK_EQ(chown(path_of(STATE_FILE), 65534, 65534), 0);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(opened, 1);
	CHECK(state_was_foreign(keeper_state(keeper)));
	test_case("the next write makes it ours");
	CHECK_EQ(write_key("two"), 0);
	note_file();
	CHECK(noted.st_uid == 0 && (noted.st_mode & 07777) == 0600);
	end();
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(opened && !state_was_foreign(keeper_state(keeper)));
	clean();
}

/* The TPM opens the state without it, and it stays for whoever looks. */
static void in_place_of_the_extras(void)
{
	size_t i;

	make_sealed();
	for (i = 0; i < ARRAY_SIZE(odd); i++) {
		test_case("%s", odd[i].name);
		put_all();
		odd[i].put(KEEPER_EXTRAS_FILE);
		CHECK_EQ(begin(OPT_UNSET), 0);
		settle();
		CHECK(opened && holds("_machinekey", "xyz"));
		CHECK_EQ(write_key("two"), 0);
		end();
		CHECK(is_kind(KEEPER_EXTRAS_FILE, odd[i].kind));
		if (odd[i].kind == S_IFLNK)
			CHECK(is_file("elsewhere", extras, extras_len));
	}
	clean();
}

/* It is replaced, and what it leads to is not touched; nor is it gone back to. */
static void in_place_of_the_previous(void)
{
	size_t i;

	make_sealed();
	for (i = 0; i < ARRAY_SIZE(odd); i++) {
		test_case("%s, and a write", odd[i].name);
		put_all();
		odd[i].put(STATE_PREV_FILE);
		CHECK_EQ(begin(OPT_UNSET), 0);
		settle();
		CHECK_EQ(opened, 1);
		CHECK_EQ(write_key("two"), 0);
		end();
		CHECK(is_kind(STATE_PREV_FILE, odd[i].kind == S_IFDIR ?
			      S_IFDIR : S_IFREG));
		if (odd[i].kind == S_IFLNK)
			CHECK(is_file("elsewhere", was, was_len));

		test_case("%s, and a damaged state", odd[i].name);
		put_all();
		odd[i].put(STATE_PREV_FILE);
		put_file(STATE_FILE, was, was_len / 2);
		CHECK_EQ(begin(OPT_UNSET), 0);
		settle();
		CHECK(!opened);
		CHECK_EQ(keeper_phase(keeper), KEEPER_STUCK);
		CHECK(is_file(STATE_FILE, was, was_len / 2));
		end();
	}
	test_case("a good one");
	put_all();
	put_file(STATE_PREV_FILE, was, was_len);
	put_file(STATE_FILE, was, was_len / 2);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(opened && holds("_machinekey", "xyz"));
	clean();
}

#define TEMPORARY "." STATE_FILE ".0123456789abcdef.tmp"

/* Of a crash they go; whatever else has such a name does no harm. */
static void in_place_of_a_temporary(void)
{
	size_t i;

	make_sealed();
	for (i = 0; i < ARRAY_SIZE(odd); i++) {
		test_case("%s", odd[i].name);
		put_all();
		odd[i].put(TEMPORARY);
		CHECK_EQ(begin(OPT_UNSET), 0);
		settle();
		CHECK(opened && holds("_machinekey", "xyz"));
		CHECK(exists(TEMPORARY) == (odd[i].kind == S_IFDIR));
		if (odd[i].kind == S_IFLNK)
			CHECK(is_file("elsewhere", was, was_len));
		end();
		if (odd[i].kind == S_IFDIR)
			continue;
		test_case("%s, and a damaged state", odd[i].name);
		put_all();
		odd[i].put(TEMPORARY);
		put_file(STATE_FILE, was, was_len / 2);
		CHECK_EQ(begin(OPT_UNSET), 0);
		settle();
		CHECK(!opened);
		CHECK(is_file(STATE_FILE, was, was_len / 2));
		end();
	}
	clean();
}

/* Nobody else is kept away by something that is no file of ours. */
static void in_place_of_the_lock(void)
{
	static const char name[] = STATE_FILE ".lock";

	make_sealed();
	test_case("a link");
	put_all();
	put_link(name);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(!opened);
	CHECK_EQ(keeper_phase(keeper), KEEPER_STUCK);
	CHECK(is_file("elsewhere", was, was_len));
	end();
	test_case("a folder");
	put_all();
	put_folder(name);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(!opened);
	clean();
}

/* What is not ours stays as it is, whatever happens to the state. */
static void strangers(void)
{
	static const char *const files[] = {
		"notes", "tailscaled.state~", "tailscaled.state.bak",
		"derpmap.cached.json", "tailscaled.log.conf",
	};
	struct err_detail detail;
	size_t i;

	make_sealed();
	for (i = 0; i < ARRAY_SIZE(files); i++)
		put_file(files[i], "theirs", 6);
	CHECK_EQ(mkdir(path_of("sealed"), 0777), 0);
	put_file("sealed/key", "theirs", 6);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(opened, 1);
	CHECK_EQ(write_key("two"), 0);
	CHECK_EQ(keeper_reseal(keeper, &detail, on_done, NULL), 0);
	wait_done();
	end();
	CHECK_EQ(begin(OPT_FALSE), 0);
	settle();
	CHECK(opened && !is_sealed_file());
	end();
	for (i = 0; i < ARRAY_SIZE(files); i++)
		CHECK(is_file(files[i], "theirs", 6));
	CHECK(is_file("sealed/key", "theirs", 6));
	clean();
}

/* The folder of the lock leads elsewhere: not followed, not emptied. */
static void links_to_another_lock(void)
{
	static const char *const place[] = { "tka-profiles",
					     "tka-profiles/ab12" };
	struct authority_stored stored;
	struct lock_store *store;
	struct err_detail detail;
	struct authority_disk disk;
	size_t i;
	int fd;

	make(false);
	for (i = 0; i < ARRAY_SIZE(place); i++) {
		test_case("%s", place[i]);
		CHECK_EQ(mkdir(path_of("other"), 0700) |
			 mkdir(path_of("other/ab12"), 0700), 0);
		put_file("other/ab12/notes", "theirs", 6);
		if (i == 1)
			CHECK_EQ(mkdir(path_of("tka-profiles"), 0700), 0);
		CHECK_EQ(symlink(i ? "../other/ab12" : "other",
				 path_of(place[i])), 0);
		fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		CHECK_EQ(lock_store_new(fd, "ab12", lock_store_io_system(),
					&store), 0);
		CHECK(lock_store_load(store, &detail, &stored) < 0);
		disk = lock_store_disk(store, NULL, NULL);
		if (i == 0)
			CHECK(disk.create(disk.ctx) < 0);
		CHECK_EQ(lock_store_remove(store), 0);
		CHECK(is_file("other/ab12/notes", "theirs", 6));
		CHECK(!is_kind(place[i], S_IFLNK));
		test_case("%s, made anew", place[i]);
		CHECK_EQ(disk.create(disk.ctx), 0);
		CHECK(is_kind("tka-profiles/ab12", S_IFDIR));
		lock_store_free(store);
		close(fd);
		remove_dir();
		CHECK_EQ(mkdir(dir, 0700), 0);
	}
	clean();
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(in_place_of_the_state),
		TEST(of_another_user),
		TEST(in_place_of_the_extras),
		TEST(in_place_of_the_previous),
		TEST(in_place_of_a_temporary),
		TEST(in_place_of_the_lock),
		TEST(strangers),
		TEST(links_to_another_lock),
	};

	return keeper_rig_main(tests, ARRAY_SIZE(tests), argc, argv);
}
