// SPDX-License-Identifier: GPL-2.0-only
/* What has entries of our own in the state, and where they were before. */
#include "test.h"

#include "base/array.h"
#include "base/log.h"
#include "fail_alloc.h"
#include "odd_io.h"
#include "sealed_rig.h"
#include "store/side.h"
#include "store/state.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIN SIDE_PIN "https://c.example"
#define KEY_A "mkey:aaaa"
#define KEY_B "mkey:bbbb"

static const char old[] =
	"{\n  \"" PIN "\": \"" KEY_A "\",\n  \"LogID\": \"0123\"\n}";
static const char forged[] = "{\"" PIN "\":\"" KEY_B "\"}";

static char dir[64];
static struct state *state;
static struct side *side;
static struct err_detail detail;

static char *path_of(const char *name)
{
	static char path[200];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void put_file(const char *name, const char *text)
{
	int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
	close(fd);
}

static bool exists(const char *name)
{
	struct stat st;

	return lstat(path_of(name), &st) == 0;
}

static void make_dir(void)
{
	log_setup(STDERR_FILENO, (enum log_level)0, false);
	strcpy(dir, "/tmp/test_side.XXXXXX");
	if (!mkdtemp(dir))
		abort();
}

static void remove_dir(void)
{
	char command[120];

	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	if (system(command) != 0)
		abort();
}

static int begin_io(const struct state_io *io)
{
	int r = state_open(dir, io, &detail, &state);

	if (r == 0 && state_is_locked(state)) {
		struct secret32 *key = make_key(0);

		r = state_unlock(state, key, &detail);
		if (r < 0)
			secret32_free(key);
	}
	if (r < 0)
		abort();
	return side_open(state, io, &detail, &side);
}

static int begin(void)
{
	return begin_io(state_io_system());
}

static void end(void)
{
	side_close(side);
	state_close(state);
	side = NULL;
	state = NULL;
}

static bool is(const char *name, const char *want)
{
	const char *text = side_find(side, name);

	return want ? text && !strcmp(text, want) : !text;
}

static void kept_in_the_state(void)
{
	struct state_bytes bytes;

	make_dir();
	put_file(STATE_FILE, stock);
	CHECK_EQ(begin(), 0);
	CHECK(is(PIN, NULL));
	CHECK_EQ(side_write(side, PIN, KEY_A), 0);
	CHECK(is(PIN, KEY_A));
	CHECK(!exists(SIDE_FILE));
	CHECK(state_find(state, SIDE_ENTRY PIN, &bytes));
	CHECK(bytes.len == strlen(KEY_A) &&
	      !memcmp(bytes.data, KEY_A, bytes.len));
	test_case("opened again");
	end();
	CHECK_EQ(begin(), 0);
	CHECK(is(PIN, KEY_A));
	CHECK_EQ(side_write(side, PIN, KEY_B), 0);
	CHECK_EQ(side_write(side, "LogID", "0123"), 0);
	CHECK_EQ(side_write(side, PIN, NULL), 0);
	CHECK(is(PIN, NULL) && is("LogID", "0123"));
	/* As absent in the state, so in here. */
	CHECK_EQ(side_write(side, "LogID", ""), 0);
	CHECK(is("LogID", NULL));
	end();
	CHECK_EQ(begin(), 0);
	CHECK(is(PIN, NULL) && is("LogID", NULL));
	end();
	remove_dir();
}

/* Nothing of it in the clear, and the stock daemon's entries are as they were. */
static void sealed_with_it(void)
{
	char text[4000] = "";
	struct state_bytes bytes;
	FILE *f;

	make_dir();
	put_file(STATE_FILE, stock);
	put_file(SIDE_FILE, old);
	CHECK_EQ(begin(), 0);
	CHECK(is(PIN, KEY_A) && is("LogID", "0123"));
	CHECK(!exists(SIDE_FILE));
	CHECK(state_find(state, "_machinekey", &bytes) && bytes.len == 10 &&
	      !memcmp(bytes.data, "privkey:00", 10));
	end();
	f = fopen(path_of(STATE_FILE), "r");
	CHECK(f && fread(text, 1, sizeof(text) - 1, f) > 0);
	fclose(f);
	CHECK_EQ(state_form_find(text, strlen(text)), STATE_FORM_SEALED);
	CHECK(!strstr(text, "aaaa") && !strstr(text, "c.example"));
	CHECK_EQ(begin(), 0);
	CHECK(is(PIN, KEY_A));
	end();
	remove_dir();
}

/* Who puts a file there later is not asked. */
static void planted(void)
{
	make_dir();
	put_file(STATE_FILE, stock);
	put_file(SIDE_FILE, old);
	CHECK_EQ(begin(), 0);
	end();
	test_case("another key");
	put_file(SIDE_FILE, forged);
	CHECK_EQ(begin(), 0);
	CHECK(is(PIN, KEY_A) && !exists(SIDE_FILE));
	end();
	test_case("nonsense");
	put_file(SIDE_FILE, "{");
	CHECK_EQ(begin(), 0);
	CHECK(is(PIN, KEY_A) && !exists(SIDE_FILE));
	end();
	test_case("a link: what it leads to stays");
	put_file("elsewhere", forged);
	CHECK_EQ(symlink("elsewhere", path_of(SIDE_FILE)), 0);
	CHECK_EQ(begin(), 0);
	CHECK(is(PIN, KEY_A) && !exists(SIDE_FILE) && exists("elsewhere"));
	end();
	test_case("a folder: it stays, and does no harm");
	CHECK_EQ(mkdir(path_of(SIDE_FILE), 0700), 0);
	CHECK_EQ(begin(), 0);
	CHECK(is(PIN, KEY_A));
	end();
	remove_dir();
}

static void refused(void)
{
	static const struct {
		const char *name, *text;
		int err;
	} cases[] = {
		{ "a number", "{\"a\":1}", TNE_STATE_FORMAT },
		{ "empty", "", TNE_STATE_FORMAT },
		{ "cut short", "{\"a\":\"b", TNE_STATE_FORMAT },
		{ "a list", "[]", TNE_STATE_FORMAT },
		{ "a name twice", "{\"a\":\"b\",\"a\":\"c\"}", TNE_STATE_FORMAT },
		{ "nothing in it", "{}", 0 },
	};
	static const char zero[] = { 'a', 0, 'b' };
	const struct state_change change = {
		.name = SIDE_ENTRY "a", .data = zero, .len = sizeof(zero),
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].name);
		make_dir();
		put_file(STATE_FILE, stock);
		put_file(SIDE_FILE, cases[i].text);
		CHECK_EQ(begin(), cases[i].err);
		CHECK_EQ(exists(SIDE_FILE), cases[i].err != 0);
		end();
		remove_dir();
	}
	make_dir();
	test_case("writable by others");
	put_file(STATE_FILE, stock);
	put_file(SIDE_FILE, old);
	CHECK_EQ(chmod(path_of(SIDE_FILE), 0666), 0);
	CHECK_EQ(begin(), TNE_STATE_FILE);
	end();
	test_case("a link");
	put_file("elsewhere", old);
	CHECK_EQ(unlink(path_of(SIDE_FILE)) |
		 symlink("elsewhere", path_of(SIDE_FILE)), 0);
	CHECK_EQ(begin(), TNE_STATE_FILE);
	end();
	test_case("a pipe");
	CHECK_EQ(unlink(path_of(SIDE_FILE)) |
		 mkfifo(path_of(SIDE_FILE), 0600), 0);
	CHECK_EQ(begin(), TNE_STATE_FILE);
	end();
	CHECK_EQ(unlink(path_of(SIDE_FILE)), 0);
	test_case("a zero byte in the state");
	CHECK_EQ(begin(), 0);
	CHECK_EQ(state_write(state, &change, 1, &detail), 0);
	end();
	CHECK_EQ(begin(), TNE_STATE_FORMAT);
	end();
	remove_dir();
}

/* Of a plain state and of a sealed one. */
static const char plain[] = "{\"_machinekey\":\"eHl6\"}";

static int take_over(void)
{
	int r = begin_io(odd_io());

	return r == 0 && is(PIN, KEY_A) && is("LogID", "0123") ? 0 : 2;
}

static int write_pin(void)
{
	int r = begin_io(odd_io());

	odd_calls = 0;
	if (r == 0)
		r = side_write(side, PIN, KEY_B);
	return r < 0 ? 2 : 0;
}

/* The power goes at each call: all of it is there afterwards, once. */
static void power_cuts(const char *what, const char *text)
{
	int status;

	odd_chunk = 60;
	for (odd_crash_at = 0;; odd_crash_at++) {
		test_case("%s: crash at call %d", what, odd_crash_at);
		make_dir();
		put_file(STATE_FILE, text);
		put_file(SIDE_FILE, old);
		odd_calls = 0;
		status = odd_io_run(take_over);
		CHECK(status == 0 || status == ODD_IO_CRASH);
		CHECK_EQ(begin(), 0);
		CHECK(is(PIN, KEY_A) && is("LogID", "0123"));
		CHECK(!exists(SIDE_FILE));
		end();
		remove_dir();
		if (status == 0)
			break;
	}
	CHECK(odd_crash_at > 8);
	for (odd_crash_at = 0;; odd_crash_at++) {
		test_case("%s: a new key, crash at call %d", what,
			  odd_crash_at);
		make_dir();
		put_file(STATE_FILE, text);
		put_file(SIDE_FILE, old);
		CHECK_EQ(begin(), 0);
		end();
		status = odd_io_run(write_pin);
		CHECK(status == 0 || status == ODD_IO_CRASH);
		CHECK_EQ(begin(), 0);
		CHECK(is(PIN, KEY_A) || is(PIN, KEY_B));
		CHECK(is("LogID", "0123"));
		end();
		remove_dir();
		if (status == 0)
			break;
	}
	CHECK(odd_crash_at > 6);
	odd_crash_at = -1;
}

static void power_cut_at_each_call(void)
{
	power_cuts("plain", plain);
	power_cuts("sealed", stock);
}

/* A disk that cannot be written: it goes on, and nothing is lost. */
static void each_call_fails(void)
{
	for (odd_fail_at = 0; odd_fail_at < 20; odd_fail_at++) {
		test_case("call %d fails", odd_fail_at);
		make_dir();
		put_file(STATE_FILE, stock);
		put_file(SIDE_FILE, old);
		odd_calls = 0;
		CHECK_EQ(begin_io(odd_io()), 0);
		CHECK(is(PIN, KEY_A) && is("LogID", "0123"));
		odd_calls = 100;
		/* The next write takes all of them along. */
		CHECK_EQ(side_write(side, "LogID", "4567"), 0);
		end();
		CHECK_EQ(begin(), 0);
		CHECK(is(PIN, KEY_A) && is("LogID", "4567"));
		CHECK(!exists(SIDE_FILE));
		end();
		remove_dir();
	}
	odd_fail_at = -1;
}

static int use(void *ctx)
{
	int r;

	(void)ctx;
	put_file(STATE_FILE, plain);
	put_file(SIDE_FILE, old);
	r = state_open(dir, state_io_system(), &detail, &state);
	if (r == 0)
		r = side_open(state, state_io_system(), &detail, &side);
	if (r == 0)
		r = side_write(side, PIN, KEY_B);
	if (r == 0)
		r = side_write(side, "LogID", NULL);
	end();
	return r;
}

static void without_memory(void)
{
	make_dir();
	CHECK(fail_alloc_each(use, NULL) > 10);
	remove_dir();
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(kept_in_the_state),
		TEST(sealed_with_it),
		TEST(planted),
		TEST(refused),
		TEST(power_cut_at_each_call),
		TEST(each_call_fails),
		TEST(without_memory),
	};

	if (secret_init() < 0)
		return 1;
	return test_main(tests, ARRAY_SIZE(tests), argc, argv);
}
