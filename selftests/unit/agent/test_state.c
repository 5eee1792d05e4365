// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "base/array.h"
#include "fail_alloc.h"
#include "odd_io.h"
#include "store/identity.h"
#include "store/side.h"
#include "store/state.h"
#include "wire/state_json.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

/* In the form of the stock daemon; the values are made up. */
static const char golden[] =
	"{\n"
	"  \"_current-profile\": \"cHJvZmlsZS0xYWIz\",\n"
	"  \"_machinekey\": \"eA==\",\n"
	"  \"a\\u003c\\\"\\\\\\n\\u0001\\u2028\": \"\",\n"
	"  \"\u00e9\": null\n"
	"}";

static char dir[64];

static void make_dir(void)
{
	strcpy(dir, "/tmp/test_state.XXXXXX");
	if (!mkdtemp(dir))
		abort();
}

static char *path_of(const char *name)
{
	static char path[200];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void put_file(const char *name, const char *text, size_t len, mode_t mode)
{
	int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, text, len) != (ssize_t)len ||
	    fchmod(fd, mode) < 0)
		abort();
	close(fd);
}

static size_t get_file(const char *name, char *buf, size_t size)
{
	int fd = open(path_of(name), O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, buf, size - 1);

	if (fd >= 0)
		close(fd);
	buf[n] = 0;
	return n;
}

static void remove_dir(void)
{
	char command[100];

	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	if (system(command) != 0)
		abort();
}

/* No terminator and no byte to spare, so that reading on is seen. */
static int parse(const char *s, size_t len, struct state_map *map)
{
	char *copy = malloc(len ? len : 1);
	struct err_detail detail;
	int r;

	if (!copy)
		return -ENOMEM;
	memcpy(copy, s, len);
	r = state_json_parse(copy, len, &detail, map);
	free(copy);
	return r;
}

static void json_round_trip(void)
{
	struct state_map map;
	struct secret_buf out = { 0 };

	CHECK_EQ(parse(golden, strlen(golden), &map), 0);
	CHECK_EQ(map.n, 4);
	CHECK_EQ(state_json_build(&map, &out), 0);
	CHECK_EQ(out.len, strlen(golden));
	CHECK_MEM(out.data, golden, out.len);
	state_map_done(&map);
	secret_buf_done(&out);

	CHECK_EQ(parse(" { } \n", 6, &map), 0);
	CHECK_EQ(state_json_build(&map, &out), 0);
	CHECK_EQ(out.len, 2);
	CHECK_MEM(out.data, "{}", 2);
	state_map_done(&map);
	secret_buf_done(&out);
}

static void json_any_order(void)
{
	static const char s[] =
		"\t{\"z\":\"eHh4\" ,\"a\\/\\u00e9\\ud83d\\ude00\":\"eHg\"\r\n}";
	struct state_map map;
	const struct state_entry *e;

	CHECK_EQ(parse(s, strlen(s), &map), 0);
	CHECK_EQ(map.n, 2);
	CHECK(strcmp(map.entry[0].name, "a/\u00e9\U0001f600") == 0);
	e = state_map_find(&map, "z");
	CHECK(e && e->len == 3);
	/* Without padding. */
	CHECK_EQ(map.entry[0].len, 2);
	CHECK(!state_map_find(&map, "nothing"));
	state_map_done(&map);
}

static void json_cut_everywhere(void)
{
	struct state_map map;
	size_t i;

	for (i = 0; i < strlen(golden); i++) {
		test_case("%zu bytes", i);
		CHECK_EQ(parse(golden, i, &map), TNE_STATE_FORMAT);
	}
}

static void json_refuses(void)
{
	static const struct {
		const char *name;
		const char *s;
		int err;
	} cases[] = {
		{ "array", "[]", TNE_STATE_FORMAT },
		{ "two documents", "{}{}", TNE_STATE_FORMAT },
		{ "name twice", "{\"a\":\"\",\"b\":\"\",\"a\":\"\"}",
		  TNE_STATE_FORMAT },
		{ "same name, escaped", "{\"a\":\"\",\"\\u0061\":\"\"}",
		  TNE_STATE_FORMAT },
		{ "comma at the end", "{\"a\":\"\",}", TNE_STATE_FORMAT },
		{ "number", "{\"a\":1}", TNE_STATE_FORMAT },
		{ "object", "{\"a\":{}}", TNE_STATE_FORMAT },
		{ "not base64", "{\"a\":\"eA=\"}", TNE_STATE_FORMAT },
		{ "bits behind the end", "{\"a\":\"eB==\"}",
		  TNE_STATE_FORMAT },
		{ "space in base64", "{\"a\":\"eA ==\"}", TNE_STATE_FORMAT },
		{ "url alphabet", "{\"a\":\"__-_\"}", TNE_STATE_FORMAT },
		{ "zero byte in a name", "{\"a\\u0000\":\"\"}",
		  TNE_STATE_FORMAT },
		{ "half a pair", "{\"\\ud83d\":\"\"}", TNE_STATE_FORMAT },
		{ "other half", "{\"\\ude00\":\"\"}", TNE_STATE_FORMAT },
		{ "unknown escape", "{\"\\x\":\"\"}", TNE_STATE_FORMAT },
		{ "line end in a name", "{\"\n\":\"\"}", TNE_STATE_FORMAT },
		{ "bad UTF-8", "{\"\xc0\x80\":\"\"}", TNE_STATE_FORMAT },
		{ "surrogate in UTF-8", "{\"\xed\xa0\x80\":\"\"}",
		  TNE_STATE_FORMAT },
		{ "sealed",
		  "{\"key\":{\"Private\":\"eA==\",\"Public\":\"eA==\"},\"nonce\":\"eA==\",\"data\":\"eA==\"}",
		  TNE_STATE_FORMAT },
	};
	struct state_map map;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].name);
		CHECK_EQ(parse(cases[i].s, strlen(cases[i].s), &map),
			 cases[i].err);
	}
}

static void json_entries_are_bounded(void)
{
	char *s = malloc(64 * (STATE_ENTRY_MAX + 2)), *end;
	struct state_map map;
	int n, i;

	CHECK(s);
	for (n = STATE_ENTRY_MAX; n <= STATE_ENTRY_MAX + 1; n++) {
		end = stpcpy(s, "{");
		for (i = 0; i < n; i++)
			end += sprintf(end, "%s\"n%d\":\"eA==\"", i ? "," : "",
				       i);
		end = stpcpy(end, "}");
		CHECK_EQ(parse(s, end - s, &map),
			 n > STATE_ENTRY_MAX ? TNE_TOO_LONG : 0);
		if (n == STATE_ENTRY_MAX)
			state_map_done(&map);
	}
	free(s);
}

static int parse_and_build(void *ctx)
{
	struct secret_buf out = { 0 };
	struct state_map map;
	struct err_detail detail;
	int r = state_json_parse(golden, strlen(golden), &detail, &map);

	(void)ctx;
	if (r < 0)
		return r;
	r = state_map_set(&map, "new", "xx", 2);
	if (r == 0)
		r = state_json_build(&map, &out);
	secret_buf_done(&out);
	state_map_done(&map);
	return r;
}

static void json_without_memory(void)
{
	CHECK(fail_alloc_each(parse_and_build, NULL) > 3);
}

static bool has_bytes(const struct state_map *map, const char *text)
{
	return memmem(map->bytes.data, map->bytes.len, text, strlen(text));
}

static void old_values_are_wiped(void)
{
	struct state_map map = { 0 };
	struct state_bytes is;

	CHECK_EQ(state_map_set(&map, "a", "secret one", 10), 0);
	CHECK_EQ(state_map_set(&map, "b", "secret two", 10), 0);
	CHECK(has_bytes(&map, "secret one"));
	CHECK_EQ(state_map_set(&map, "a", "three", 5), 0);
	CHECK(!has_bytes(&map, "secret one") && has_bytes(&map, "secret two"));
	is = state_map_bytes(&map, state_map_find(&map, "a"));
	CHECK_EQ(is.len, 5);
	CHECK_MEM(is.data, "three", 5);
	state_map_remove(&map, "b");
	CHECK(!has_bytes(&map, "secret two"));
	state_map_done(&map);
}

static void new_directory(void)
{
	struct err_detail detail = { "" };
	struct state *state;
	struct stat st;
	char buf[200];
	struct state_change change = { "k", "v", 1 };
	struct state_bytes bytes;

	make_dir();
	strcat(dir, "/sub");
	CHECK_EQ(state_open(dir, state_io_system(), &detail, &state), 0);
	CHECK(state_is_new(state));
	CHECK_EQ(stat(path_of(STATE_FILE), &st), -1);
	CHECK_EQ(state_write(state, &change, 1, &detail), 0);
	CHECK(!state_is_new(state));
	CHECK_EQ(stat(path_of(STATE_FILE), &st), 0);
	CHECK_EQ(st.st_mode & 07777, 0600);
	CHECK_EQ(stat(dir, &st), 0);
	CHECK_EQ(st.st_mode & 07777, 0700);
	get_file(STATE_FILE, buf, sizeof(buf));
	CHECK(strcmp(buf, "{\n  \"k\": \"dg==\"\n}") == 0);
	/* The same once more does not touch the disk; taking away does. */
	CHECK_EQ(unlink(path_of(STATE_FILE)), 0);
	CHECK_EQ(state_write(state, &change, 1, &detail), 0);
	CHECK_EQ(stat(path_of(STATE_FILE), &st), -1);
	change.len = 0;
	CHECK_EQ(state_write(state, &change, 1, &detail), 0);
	CHECK(!state_find(state, "k", &bytes));
	get_file(STATE_FILE, buf, sizeof(buf));
	CHECK(strcmp(buf, "{}") == 0);
	state_close(state);
	*strrchr(dir, '/') = 0;
	remove_dir();
}

static void unknown_entries_stay(void)
{
	struct err_detail detail = { "" };
	struct state_change change = { "_machinekey", "y", 1 };
	struct state *state;
	char buf[500], *at;

	make_dir();
	put_file(STATE_FILE, golden, strlen(golden), 0600);
	CHECK_EQ(state_open(dir, state_io_system(), &detail, &state), 0);
	CHECK(!state_mode_was_wrong(state));
	CHECK_EQ(state_write(state, &change, 1, &detail), 0);
	get_file(STATE_FILE, buf, sizeof(buf));
	at = strstr(buf, "eQ==");
	CHECK(at);
	at[1] = 'A';
	CHECK(strcmp(buf, golden) == 0);
	state_close(state);
	remove_dir();
}

/* Whatever is wrong with it, the file stays as it is. */
static void bad_files_are_left_alone(void)
{
	static const struct {
		const char *name;
		const char *text;
		mode_t mode;
		int err;
	} cases[] = {
		{ "empty", "", 0600, TNE_STATE_FORMAT },
		{ "cut", "{\"a\":\"e", 0600, TNE_STATE_FORMAT },
		{ "zeros", "\0\0\0\0", 0600, TNE_STATE_FORMAT },
		{ "group may write", "{}", 0620, TNE_STATE_FILE },
		{ "all may write", "{}", 0602, TNE_STATE_FILE },
		{ "all may read", "{}", 0644, 0 },
	};
	struct err_detail detail = { "" };
	struct state *state;
	struct stat before, after;
	size_t i;
	int r;

	make_dir();
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].name);
		put_file(STATE_FILE, cases[i].text,
			 i == 2 ? 4 : strlen(cases[i].text), cases[i].mode);
		CHECK_EQ(stat(path_of(STATE_FILE), &before), 0);
		r = state_open(dir, state_io_system(), &detail, &state);
		CHECK_EQ(r, cases[i].err);
		CHECK_EQ(stat(path_of(STATE_FILE), &after), 0);
		CHECK_EQ(before.st_size, after.st_size);
		CHECK_EQ(before.st_ino, after.st_ino);
		if (r == 0) {
			CHECK_EQ(after.st_mode & 07777, 0600);
			CHECK(state_mode_was_wrong(state));
			state_close(state);
		}
	}
	remove_dir();
}

static void links_pipes_and_twice(void)
{
	struct err_detail detail = { "" };
	struct state *state, *second;

	make_dir();
	put_file("target", "{}", 2, 0600);
	CHECK_EQ(symlink("target", path_of(STATE_FILE)), 0);
	CHECK_EQ(state_open(dir, state_io_system(), &detail, &state),
		 TNE_STATE_FILE);
	CHECK(strstr(detail.text, "target"));
	CHECK_EQ(unlink(path_of(STATE_FILE)), 0);
	CHECK_EQ(mkfifo(path_of(STATE_FILE), 0600), 0);
	CHECK_EQ(state_open(dir, state_io_system(), &detail, &state),
		 TNE_STATE_FILE);
	CHECK_EQ(unlink(path_of(STATE_FILE)), 0);

	put_file("." STATE_FILE ".00.tmp", "half", 4, 0600);
	CHECK_EQ(state_open(dir, state_io_system(), &detail, &state), 0);
	CHECK_EQ(access(path_of("." STATE_FILE ".00.tmp"), F_OK), -1);
	CHECK_EQ(state_open(dir, state_io_system(), &detail, &second),
		 -EBUSY);
	state_close(state);
	CHECK_EQ(state_open(dir, state_io_system(), &detail, &second), 0);
	state_close(second);
	remove_dir();
}

/* As the child of an agent that was killed, before it is another program. */
static void lock_goes(bool with_file)
{
	struct err_detail detail = { "" };
	struct state *state, *second;
	char byte;
	int ready[2], status;
	pid_t pid;

	make_dir();
	CHECK_EQ(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		if (state_open(dir, state_io_system(), &detail, &state) < 0 ||
		    write(ready[1], "x", 1) != 1)
			_exit(1);
		usleep(100000);
		if (with_file)
			state_forget_lock(state);
		_exit(0);
	}
	CHECK_EQ(read(ready[0], &byte, 1), 1);
	CHECK_EQ(state_open(dir, state_io_system(), &detail, &state), 0);
	/* It is the lock of the name, so that it keeps others out. */
	CHECK_EQ(state_open(dir, state_io_system(), &detail, &second), -EBUSY);
	state_close(state);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	close(ready[0]);
	close(ready[1]);
	remove_dir();
}

static void lock_that_goes(void)
{
	lock_goes(false);
	test_case("with its file");
	lock_goes(true);
}

static const char old_text[] = "{\n  \"k\": \"b2xk\"\n}";
static const char new_text[] = "{\n  \"k\": \"bmV3\",\n  \"more\": \"bW9yZQ==\"\n}";

static int save_new(void)
{
	struct state_change change[] = { { "k", "new", 3 },
					 { "more", "more", 4 } };
	struct err_detail detail = { "" };
	struct state_bytes bytes;
	struct state *state;
	int r;

	if (state_open(dir, odd_io(), &detail, &state) < 0)
		return -1000;
	odd_calls = 0;
	r = state_write(state, change, 2, &detail);
	/* What was not written is not believed either. */
	if (!state_find(state, "k", &bytes) ||
	    memcmp(bytes.data, r < 0 ? "old" : "new", 3) != 0)
		r = -2000;
	state_close(state);
	return r;
}

static int leftovers(void)
{
	char command[120];
	FILE *list;
	int n = 0;

	snprintf(command, sizeof(command),
		 "ls -A '%s' | grep -c tmp$", dir);
	list = popen(command, "r");
	if (!list || fscanf(list, "%d", &n) != 1)
		n = -1;
	if (list)
		pclose(list);
	return n;
}

static void each_call_fails(void)
{
	char buf[200];
	int r;

	/* Short writes, so that a crash finds half a file. */
	odd_chunk = 20;
	make_dir();
	for (odd_fail_at = 0;; odd_fail_at++) {
		put_file(STATE_FILE, old_text, strlen(old_text), 0600);
		test_case("call %d fails", odd_fail_at);
		r = save_new();
		get_file(STATE_FILE, buf, sizeof(buf));
		if (r == 0)
			break;
		CHECK(r == -EIO || r == 1);
		CHECK(strcmp(buf, r < 0 ? old_text : new_text) == 0);
		CHECK_EQ(leftovers(), 0);
	}
	/* open, chmod, 2 writes, sync, close, rename, sync of the directory */
	CHECK_EQ(odd_fail_at, 8);
	odd_fail_at = -1;
	CHECK(strcmp(buf, new_text) == 0);
	remove_dir();
}

static void each_call_is_the_last(void)
{
	struct err_detail detail = { "" };
	struct state *state;
	char buf[200];
	int status;

	odd_chunk = 20;
	make_dir();
	for (odd_crash_at = 0;; odd_crash_at++) {
		put_file(STATE_FILE, old_text, strlen(old_text), 0600);
		test_case("crash at call %d", odd_crash_at);
		status = odd_io_run(save_new);
		get_file(STATE_FILE, buf, sizeof(buf));
		if (status == 0)
			break;
		CHECK_EQ(status, ODD_IO_CRASH);
		/* The sync of the directory comes behind the rename. */
		CHECK(strcmp(buf, odd_crash_at < 7 ? old_text : new_text) == 0);
		CHECK_EQ(state_open(dir, state_io_system(), &detail, &state),
			 0);
		state_close(state);
		CHECK_EQ(leftovers(), 0);
	}
	CHECK_EQ(odd_crash_at, 8);
	odd_crash_at = -1;
	remove_dir();
}

static int load(struct identity *id, struct err_detail *detail)
{
	struct state *state;
	struct side *side;
	int r = state_open(dir, state_io_system(), detail, &state);

	if (r < 0)
		return r;
	r = side_open(state, state_io_system(), detail, &side);
	if (r == 0) {
		r = identity_load(state, side, detail, id);
		side_close(side);
	}
	state_close(state);
	return r;
}

static void identity_is_made_once(void)
{
	struct err_detail detail = { "" };
	struct identity a, b;

	make_dir();
	CHECK_EQ(load(&a, &detail), 0);
	CHECK_EQ(strlen(a.log_id), LOG_ID_LEN);
	CHECK(a.persist.lock_seed && !a.persist.node);
	CHECK(a.prefs.logged_out && a.prefs.corp_dns);
	CHECK_EQ(load(&b, &detail), 0);
	CHECK_MEM(secret32_expose(a.machine), secret32_expose(b.machine), 32);
	CHECK(strcmp(a.log_id, b.log_id) == 0);
	identity_done(&a);
	identity_done(&b);
	remove_dir();
}

static void identity_is_saved(void)
{
	struct err_detail detail = { "" };
	struct identity a, b;
	struct state *state;
	char id[PROFILE_ID_LEN + 1], buf[8192];

	make_dir();
	CHECK_EQ(load(&a, &detail), 0);
	a.persist.node = secret32_new();
	key_make_private(a.persist.node);
	a.persist.user.id = 7;
	CHECK_EQ(prefs_set_text(&a.persist.user.login, "a@example.com"), 0);
	CHECK_EQ(prefs_set_text(&a.persist.node_id, "nABC"), 0);
	CHECK_EQ(prefs_set_text(&a.persist.extra,
				"{\"AttestationKey\":{\"tpmPublic\":\"eA==\"}}"), 0);
	CHECK_EQ(prefs_set_text(&a.prefs.extra, "{\"FutureThing\":[1]}"), 0);
	CHECK_EQ(prefs_set_text(&a.prefs.control_url, "https://c.example"), 0);
	CHECK_EQ(state_open(dir, state_io_system(), &detail, &state), 0);
	CHECK_EQ(identity_save(state, &a, &detail), 0);
	CHECK_EQ(strlen(a.profile.id), PROFILE_ID_LEN);
	strcpy(id, a.profile.id);
	CHECK_EQ(identity_save(state, &a, &detail), 0);
	CHECK(strcmp(id, a.profile.id) == 0);
	state_close(state);

	CHECK_EQ(load(&b, &detail), 0);
	CHECK(strcmp(id, b.profile.id) == 0);
	CHECK(strcmp(b.profile.name, "a@example.com") == 0);
	CHECK(strcmp(b.prefs.control_url, "https://c.example") == 0);
	CHECK(strcmp(b.prefs.extra, a.prefs.extra) == 0);
	CHECK(strcmp(b.persist.extra, a.persist.extra) == 0);
	CHECK_MEM(secret32_expose(a.persist.node),
		  secret32_expose(b.persist.node), 32);
	CHECK_MEM(secret32_expose(a.persist.lock_seed),
		  secret32_expose(b.persist.lock_seed), 32);
	CHECK_MEM(a.persist.lock.byte, b.persist.lock.byte, 32);
	get_file(STATE_FILE, buf, sizeof(buf));
	CHECK(strstr(buf, "\"_profiles\": \"") && strstr(buf, "\"profile-"));

	CHECK_EQ(identity_forget(&b), 0);
	CHECK(!b.persist.node && !b.persist.user.login);
	CHECK(memcmp(a.persist.lock.byte, b.persist.lock.byte, 32) != 0);
	identity_done(&a);
	identity_done(&b);
	remove_dir();
}

static void identity_is_never_replaced(void)
{
	static const struct {
		const char *name;
		const char *text;
		int err;
	} cases[] = {
		{ "profiles without a machine key",
		  "{\"_profiles\":\"e30=\"}", TNE_STATE_IDENTITY },
		{ "old preferences without one",
		  "{\"_daemon\":\"e30=\"}", TNE_STATE_IDENTITY },
		{ "key without prefix", "{\"_machinekey\":\"eA==\"}",
		  TNE_STATE_IDENTITY },
		{ "key of zeros",
		  "{\"_machinekey\":\"cHJpdmtleTowMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw\"}",
		  TNE_STATE_IDENTITY },
		{ "current profile that is not there",
		  "{\"_machinekey\":\"cHJpdmtleTo0MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDQw\",\"_current-profile\":\"cHJvZmlsZS0xYWIz\"}",
		  TNE_STATE_IDENTITY },
	};
	struct err_detail detail = { "" };
	struct identity id;
	char buf[500];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		make_dir();
		test_case("%s", cases[i].name);
		put_file(STATE_FILE, cases[i].text, strlen(cases[i].text),
			 0600);
		CHECK_EQ(load(&id, &detail), cases[i].err);
		get_file(STATE_FILE, buf, sizeof(buf));
		CHECK(strcmp(buf, cases[i].text) == 0);
		remove_dir();
	}
}

static int make_and_save(void *ctx)
{
	struct err_detail detail = { "" };
	struct identity id;
	struct state *state = NULL;
	struct side *side = NULL;
	int r = state_memory(&state);

	(void)ctx;
	if (r == 0)
		r = side_open(state, state_io_system(), &detail, &side);
	if (r == 0) {
		r = identity_load(state, side, &detail, &id);
		if (r == 0) {
			r = identity_save(state, &id, &detail);
			if (r == 0)
				r = identity_forget(&id);
			identity_done(&id);
		}
	}
	side_close(side);
	state_close(state);
	return r;
}

static void identity_without_memory(void)
{
	CHECK(fail_alloc_each(make_and_save, NULL) > 10);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(json_round_trip),
		TEST(json_any_order),
		TEST(json_cut_everywhere),
		TEST(json_refuses),
		TEST(json_entries_are_bounded),
		TEST(json_without_memory),
		TEST(old_values_are_wiped),
		TEST(new_directory),
		TEST(unknown_entries_stay),
		TEST(bad_files_are_left_alone),
		TEST(links_pipes_and_twice),
		TEST(lock_that_goes),
		TEST(each_call_fails),
		TEST(each_call_is_the_last),
		TEST(identity_is_made_once),
		TEST(identity_is_saved),
		TEST(identity_is_never_replaced),
		TEST(identity_without_memory),
	};

	if (secret_init() < 0)
		return 1;
	json_set_alloc_funcs(malloc, free);
	return test_main(tests, ARRAY_SIZE(tests), argc, argv);
}
