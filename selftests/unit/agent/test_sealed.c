// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sealed state file without a TPM: a crash or a failure at any call leaves
 * the old state or the new.
 */
#include "test.h"

#include "base/array.h"
#include "fail_alloc.h"
#include "odd_io.h"
#include "sealed_rig.h"
#include "store/state.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>
#include <sodium.h>

static char dir[64];

static void make_dir(void)
{
	strcpy(dir, "/tmp/test_sealed.XXXXXX");
	if (!mkdtemp(dir))
		abort();
}

static void remove_dir(void)
{
	char command[100];

	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	if (system(command) != 0)
		abort();
}

static char *path_of(const char *name)
{
	static char path[200];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void put_file(const char *name, const char *text)
{
	FILE *f = fopen(path_of(name), "w");

	if (!f || fputs(text, f) < 0 || fclose(f) != 0 ||
	    chmod(path_of(name), 0600) < 0)
		abort();
}

static size_t get_file(const char *name, char *buf, size_t size)
{
	FILE *f = fopen(path_of(name), "r");
	size_t n = f ? fread(buf, 1, size - 1, f) : 0;

	if (f)
		fclose(f);
	buf[n] = 0;
	return n;
}

/* The state, with keys that no TPM knows. */

static const struct sealed_blob blob_a = { "private a", 9, "public a", 8 };
static const struct sealed_blob blob_b = { "private b", 9, "public b", 8 };

static const char plain_old[] =
	"{\n  \"_other\": \"eHl6\",\n  \"k\": \"b2xk\"\n}";

static struct state *open_state(const struct state_io *io)
{
	struct err_detail detail = { "" };
	struct state *state;

	return state_open(dir, io, &detail, &state) < 0 ? NULL : state;
}

/* Open, and unlock if it is sealed with one of the two keys. */
static struct state *open_any(const struct state_io *io)
{
	struct state *state = open_state(io);
	struct err_detail detail;
	struct secret32 *key;
	uint8_t first;

	if (!state || !state_is_locked(state))
		return state;
	for (first = 1; first <= 2; first++) {
		key = make_key(first);
		if (state_unlock(state, key, &detail) == 0)
			return state;
		secret32_free(key);
	}
	state_close(state);
	return NULL;
}

static bool holds(const struct state *state, const char *name, const char *want)
{
	struct state_bytes bytes;

	return state && state_find(state, name, &bytes) &&
		bytes.len == strlen(want) &&
		memcmp(bytes.data, want, bytes.len) == 0;
}

static int write_k(struct state *state, const char *value)
{
	struct state_change change = { "k", value, strlen(value) };
	struct err_detail detail;

	return state_write(state, &change, 1, &detail);
}

static void seal_and_back(void)
{
	static const char *const drop[] = { NULL };
	struct err_detail detail = { "" };
	struct secret32 *wrong = make_key(9);
	struct state *state;
	char buf[2000];
	struct stat st;

	make_dir();
	put_file(STATE_FILE, plain_old);
	state = open_state(state_io_system());
	CHECK(state && !state_is_sealed(state));
	CHECK_EQ(state_seal(state, make_key(1), &blob_a, NULL, 0, &detail), 0);
	CHECK(state_is_sealed(state) && holds(state, "k", "old"));
	get_file(STATE_FILE, buf, sizeof(buf));
	CHECK(strncmp(buf, "{\"key\":{\"Private\":\"", 19) == 0);
	CHECK(!strstr(buf, "b2xk"));
	CHECK_EQ(stat(path_of(STATE_FILE), &st), 0);
	CHECK_EQ(st.st_mode & 07777, 0600);
	CHECK_EQ(write_k(state, "new"), 0);
	state_close(state);

	state = open_state(state_io_system());
	CHECK(state_is_locked(state) && !holds(state, "k", "new"));
	CHECK_MEM(state_blob(state)->private, "private a", 9);
	CHECK_EQ(write_k(state, "x"), TNE_STATE_SEALED);
	CHECK_EQ(state_unlock(state, wrong, &detail), TNE_STATE_TAG);
	CHECK(strstr(detail.text, "failed to unseal data"));
	CHECK_EQ(state_unlock(state, make_key(1), &detail), 0);
	CHECK(holds(state, "k", "new") && holds(state, "_other", "xyz"));
	/* Another key. */
	CHECK_EQ(state_seal(state, make_key(2), &blob_b, NULL, 0, &detail), 0);
	state_close(state);
	state = open_any(state_io_system());
	CHECK(holds(state, "k", "new"));
	CHECK_MEM(state_blob(state)->private, "private b", 9);
	CHECK_EQ(write_k(state, "old"), 0);
	CHECK_EQ(state_unseal(state, drop, &detail), 0);
	CHECK(!state_is_sealed(state));
	state_close(state);
	get_file(STATE_FILE, buf, sizeof(buf));
	CHECK(strcmp(buf, plain_old) == 0);
	secret32_free(wrong);
	remove_dir();
}

/* A new node never has a plain file, not for a moment. */
static void sealed_from_the_start(void)
{
	struct err_detail detail = { "" };
	struct state *state;

	make_dir();
	state = open_state(state_io_system());
	CHECK(state_is_new(state));
	CHECK_EQ(state_seal(state, make_key(1), &blob_a, NULL, 0, &detail), 0);
	CHECK(!state_is_new(state));
	CHECK_EQ(write_k(state, "new"), 0);
	state_close(state);
	state = open_any(state_io_system());
	CHECK(state_is_sealed(state) && holds(state, "k", "new"));
	state_close(state);
	remove_dir();
}

/* The file of the vector, and what a flipped bit of it gives. */
static void stock_file_opens(void)
{
	struct err_detail detail = { "" };
	struct secret32 *key = make_key(0);
	struct state *state;

	make_dir();
	put_file(STATE_FILE, stock);
	state = open_state(state_io_system());
	CHECK(state && state_is_locked(state));
	CHECK_EQ(state_unlock(state, key, &detail), 0);
	CHECK(holds(state, "_machinekey", "privkey:00"));
	state_close(state);
	remove_dir();
}

/* A second name of the plain file, of a backup say, keeps its contents. */
static void old_bytes_are_overwritten(void)
{
	struct err_detail detail = { "" };
	struct state *state;
	char buf[200];
	int fd;

	make_dir();
	put_file(STATE_FILE, plain_old);
	fd = open(path_of(STATE_FILE), O_RDONLY);
	state = open_state(state_io_system());
	CHECK_EQ(state_seal(state, make_key(1), &blob_a, NULL, 0, &detail), 0);
	CHECK_EQ(pread(fd, buf, sizeof(buf), 0), strlen(plain_old));
	CHECK(sodium_is_zero((unsigned char *)buf, strlen(plain_old)));
	close(fd);
	state_close(state);
	remove_dir();
}

static void leftovers_go(void)
{
	static const char *const names[] = {
		STATE_FILE ".tmp", STATE_FILE ".tmp123456",
		"." STATE_FILE ".00ff.tmp" };
	struct state *state;
	size_t i;

	make_dir();
	put_file(STATE_FILE, plain_old);
	for (i = 0; i < ARRAY_SIZE(names); i++)
		put_file(names[i], i ? stock : "{}");
	put_file("other.tmp", "");
	state = open_state(state_io_system());
	CHECK(holds(state, "k", "old"));
	for (i = 0; i < ARRAY_SIZE(names); i++)
		CHECK_EQ(access(path_of(names[i]), F_OK), -1);
	CHECK_EQ(access(path_of("other.tmp"), F_OK), 0);
	state_close(state);
	remove_dir();
}

enum act { ACT_SEAL, ACT_WRITE, ACT_RESEAL, ACT_UNSEAL, ACTS };

static void prepare(enum act act)
{
	struct err_detail detail;
	struct state *state;

	put_file(STATE_FILE, plain_old);
	if (act == ACT_SEAL)
		return;
	state = open_state(state_io_system());
	if (!state || state_seal(state, make_key(1), &blob_a, NULL, 0, &detail) != 0)
		abort();
	state_close(state);
}

/* What was not done is not believed either. */
static int perform(enum act act)
{
	static const char *const drop[] = { "k", NULL };
	struct state *state = open_any(odd_io());
	struct secret32 *key = make_key(act == ACT_RESEAL ? 2 : 1);
	struct err_detail detail;
	bool was;
	int r = -1;

	if (!state || !key)
		abort();
	was = state_is_sealed(state);
	odd_calls = 0;
	switch (act) {
	case ACT_SEAL:
	case ACT_RESEAL:
		r = state_seal(state, key,
			       act == ACT_SEAL ? &blob_a : &blob_b, NULL, 0, &detail);
		if (r >= 0)
			key = NULL;
		else if (was != state_is_sealed(state))
			r = -1000;
		break;
	case ACT_WRITE:
		r = write_k(state, "new");
		if (!holds(state, "k", r < 0 ? "old" : "new"))
			r = -1000;
		break;
	case ACT_UNSEAL:
		r = state_unseal(state, drop, &detail);
		if (state_is_sealed(state) != (r < 0) ||
		    holds(state, "k", "old") != (r < 0))
			r = -1000;
		break;
	case ACTS:
		break;
	}
	secret32_free(key);
	state_close(state);
	return r;
}

/* Return: 0 the old one, 1 the new one, below 0 neither. */
static int look(enum act act)
{
	struct state *state = open_any(state_io_system());
	bool old, new;

	if (!state || !holds(state, "_other", "xyz")) {
		state_close(state);
		return -1;
	}
	switch (act) {
	case ACT_SEAL:
		old = !state_is_sealed(state) && holds(state, "k", "old");
		new = state_is_sealed(state) && holds(state, "k", "old");
		break;
	case ACT_WRITE:
		old = holds(state, "k", "old");
		new = holds(state, "k", "new");
		break;
	case ACT_RESEAL:
		old = state_blob(state)->private[8] == 'a' &&
			holds(state, "k", "old");
		new = state_blob(state)->private[8] == 'b' &&
			holds(state, "k", "old");
		break;
	default:
		old = state_is_sealed(state) && holds(state, "k", "old");
		new = !state_is_sealed(state) && !holds(state, "k", "old");
	}
	state_close(state);
	return old == new ? -1 : new;
}

static void each_call_fails(void)
{
	static const char *const name[] = { "seal", "write", "reseal",
					    "unseal" };
	enum act act;
	int r;

	odd_crash_at = -1;
	for (act = 0; act < ACTS; act++) {
		make_dir();
		for (odd_fail_at = 0;; odd_fail_at++) {
			test_case("%s, call %d fails", name[act], odd_fail_at);
			prepare(act);
			r = perform(act);
			CHECK(r >= 0 || r == -EIO);
			CHECK_EQ(look(act), r >= 0);
			if (odd_calls <= odd_fail_at)
				break;
		}
		CHECK(odd_fail_at >= 7);
		CHECK_EQ(r, 0);
		remove_dir();
	}
	odd_fail_at = -1;
}

static void each_call_is_the_last(void)
{
	static const char *const name[] = { "seal", "write", "reseal",
					    "unseal" };
	bool seen_old, seen_new;
	enum act act;
	int status, is;
	pid_t pid;

	odd_fail_at = -1;
	for (act = 0; act < ACTS; act++) {
		make_dir();
		seen_old = seen_new = false;
		for (odd_crash_at = 0;; odd_crash_at++) {
			test_case("%s, crash at call %d", name[act], odd_crash_at);
			prepare(act);
			fflush(NULL);
			pid = fork();
			if (pid == 0)
				_exit(perform(act) == 0 ? 0 : 1);
			CHECK_EQ(waitpid(pid, &status, 0), pid);
			CHECK(WIFEXITED(status));
			is = look(act);
			CHECK(is >= 0);
			seen_old |= is == 0;
			seen_new |= is == 1 && WEXITSTATUS(status) == 42;
			if (WEXITSTATUS(status) != 42)
				break;
		}
		CHECK_EQ(WEXITSTATUS(status), 0);
		CHECK(seen_old && seen_new);
		printf("# %s: %d points\n", name[act], odd_crash_at);
		CHECK(odd_crash_at >= 7);
		remove_dir();
	}
	odd_crash_at = -1;
}

static void big_maps(void)
{
	static const size_t sizes[] = { 1, 31, 32, 33, 100 << 10, 8 << 20 };
	struct err_detail detail = { "" };
	struct state_change change = { .name = "big" };
	struct state_bytes bytes;
	struct state *state;
	size_t i;
	char *data;

	make_dir();
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		test_case("%zu bytes", sizes[i]);
		unlink(path_of(STATE_FILE));
		data = malloc(sizes[i]);
		memset(data, 0x5a, sizes[i]);
		change.data = data;
		change.len = sizes[i];
		state = open_state(state_io_system());
		CHECK_EQ(state_seal(state, make_key(1), &blob_a, NULL, 0, &detail), 0);
		CHECK_EQ(state_write(state, &change, 1, &detail), 0);
		state_close(state);
		state = open_any(state_io_system());
		CHECK(state && state_find(state, "big", &bytes));
		CHECK_EQ(bytes.len, sizes[i]);
		CHECK_MEM(bytes.data, data, sizes[i]);
		state_close(state);
		free(data);
	}
	remove_dir();
}

static int seal_write_unseal(void *ctx)
{
	static const char *const drop[] = { NULL };
	struct err_detail detail = { "" };
	struct secret32 *key = NULL;
	struct state *state = NULL;
	int r;

	(void)ctx;
	put_file(STATE_FILE, plain_old);
	r = state_open(dir, state_io_system(), &detail, &state);
	if (r < 0)
		return r;
	key = make_key(1);
	r = key ? state_seal(state, key, &blob_a, NULL, 0, &detail) : -ENOMEM;
	if (r >= 0)
		key = NULL;
	if (r == 0)
		r = write_k(state, "new");
	state_close(state);
	secret32_free(key);
	if (r < 0)
		return r;
	r = state_open(dir, state_io_system(), &detail, &state);
	if (r < 0)
		return r;
	key = make_key(1);
	r = key ? state_unlock(state, key, &detail) : -ENOMEM;
	if (r < 0)
		secret32_free(key);
	else
		r = state_unseal(state, drop, &detail);
	state_close(state);
	return r;
}

static void without_memory(void)
{
	odd_crash_at = odd_fail_at = -1;
	make_dir();
	CHECK(fail_alloc_each(seal_write_unseal, NULL) > 20);
	remove_dir();
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(seal_and_back),
		TEST(sealed_from_the_start),
		TEST(stock_file_opens),
		TEST(old_bytes_are_overwritten),
		TEST(leftovers_go),
		TEST(each_call_fails),
		TEST(each_call_is_the_last),
		TEST(big_maps),
		TEST(without_memory),
	};

	if (secret_init() < 0)
		return 1;
	json_set_alloc_funcs(malloc, free);
	return test_main(tests, ARRAY_SIZE(tests), argc, argv);
}
