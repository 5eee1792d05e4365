// SPDX-License-Identifier: GPL-2.0-only
/* A node changes hands and back, in temporary folders, with and without a TPM. */
#include "test.h"

#include "base/array.h"
#include "crypto/key.h"
#include "crypto/key_text.h"
#include "crypto/state_box.h"
#include "odd_io.h"
#include "soft_tpm.h"
#include "store/adopt.h"
#include "store/adopt_files.h"
#include "store/identity.h"
#include "store/side.h"
#include "store/state.h"
#include "tpm/tpm_job.h"
#include "wire/sealed_json.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <jansson.h>
#include <sodium.h>

static char top[64];
static char stock[100], own[100], defaults[100], dropin[100], sock[100],
	record[100];
static struct err_detail why;
static char where[ADOPT_PATH_MAX];
static struct adopt_config config;

static void put_file(const char *path, const char *text, size_t len)
{
	FILE *f = fopen(path, "w");

	if (!f || fwrite(text, 1, len, f) != len || fclose(f) != 0 ||
	    chmod(path, 0600) < 0)
		abort();
}

static size_t get_file(const char *path, char *buf, size_t size)
{
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(buf, 1, size - 1, f) : 0;

	if (f)
		fclose(f);
	buf[n] = 0;
	return n;
}

static const char *in(const char *dir, const char *name)
{
	static char path[4][300];
	static int turn;

	turn = (turn + 1) % 4;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", dir, name);
	return path[turn];
}

static bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/* A node that is logged in, in the form of the stock daemon. */
static void make_node(void)
{
	struct err_detail detail;
	struct state_change foreign[] = {
		{ "profile-ffff", "{\"ControlURL\":\"https://x.example\"}", 34 },
		{ "future", "\1\2\3", 3 },
	};
	struct identity id;
	struct state *state;
	struct side *side;

	if (state_open(stock, state_io_system(), &detail, &state) < 0 ||
	    side_open(state, state_io_system(), &detail, &side) < 0 ||
	    identity_load(state, side, &detail, &id) < 0)
		abort();
	id.persist.node = secret32_new();
	key_make_private(id.persist.node);
	id.persist.user.id = 7;
	if (prefs_set_text(&id.persist.user.login, "a@example.com") < 0 ||
	    prefs_set_text(&id.persist.node_id, "nABC") < 0 ||
	    identity_save(state, &id, &detail) < 0 ||
	    state_write(state, foreign, 2, &detail) < 0)
		abort();
	identity_done(&id);
	side_close(side);
	state_close(state);
	/* The stock daemon has none. */
	if (unlink(in(stock, STATE_FILE ".lock")) < 0)
		abort();
	mkdir(in(stock, "certs"), 0700);
	put_file(in(stock, "certs/x.key"), "tls", 3);
	mkdir(in(stock, "tka-profiles"), 0700);
	mkdir(in(stock, "tka-profiles/1ab3"), 0700);
	put_file(in(stock, "tka-profiles/1ab3/head"), "chain", 5);
}

static int lock_verdict;

static int check_lock(const struct state *state, struct err_detail *detail)
{
	(void)state;
	return lock_verdict < 0 ? err_explain(detail, lock_verdict, "lost") : 0;
}

static void set_up(void)
{
	strcpy(top, "/tmp/test_adopt.XXXXXX");
	if (!mkdtemp(top))
		abort();
	snprintf(stock, sizeof(stock), "%s/tailscale", top);
	snprintf(own, sizeof(own), "%s/tailnet", top);
	snprintf(defaults, sizeof(defaults), "%s/default", top);
	snprintf(dropin, sizeof(dropin), "%s/tailnetd.service.d", top);
	snprintf(sock, sizeof(sock), "%s/sock", top);
	snprintf(record, sizeof(record), "%s/adopted.json", top);
	config = (struct adopt_config){
		.stock_dir = stock, .own_dir = own, .stock_socket = sock,
		.defaults = defaults, .dropin_dir = dropin, .record = record,
		.check_lock = check_lock,
		.uid = geteuid() == 0 ? 12345 : geteuid(),
		.gid = geteuid() == 0 ? 12345 : getegid(),
	};
	why.text[0] = 0;
	mkdir(stock, 0711);
	chmod(stock, 0711);
	make_node();
}

static void tear_down(void)
{
	char command[100];

	snprintf(command, sizeof(command), "rm -rf '%s'", top);
	if (system(command) != 0)
		abort();
}

static int take(void)
{
	return adopt_take(&config, &why, where);
}

static int release(void)
{
	return adopt_release(&config, &why, where);
}

static bool owned(const char *path, uid_t uid, mode_t mode)
{
	struct stat st;

	return lstat(path, &st) == 0 && st.st_uid == uid &&
		(st.st_mode & 07777) == mode;
}

static void in_place_and_back(void)
{
	static const char settings[] = "# ours\nPORT=\"1\"\nFLAGS=\"--verbose=1\"\n";
	char before[8000], after[8000], text[1000];
	size_t n;

	set_up();
	put_file(defaults, settings, strlen(settings));
	n = get_file(in(stock, STATE_FILE), before, sizeof(before));
	CHECK_EQ(take(), 0);
	CHECK(strcmp(where, stock) == 0);
	CHECK(owned(stock, config.uid, 0700));
	CHECK(owned(in(stock, STATE_FILE), config.uid, 0600));
	CHECK(owned(in(stock, "tka-profiles/1ab3/head"), config.uid, 0600));
	get_file(defaults, text, sizeof(text));
	CHECK(strstr(text, "\nFLAGS=\"--verbose=1 --statedir=/tmp/"));
	get_file(in(dropin, ADOPT_DROPIN), text, sizeof(text));
	CHECK(strstr(text, "[Service]\nReadWritePaths=/tmp/"));
	/* Once more, after a crash say: the owner of before stays known. */
	CHECK_EQ(take(), 0);

	CHECK_EQ(release(), 0);
	CHECK(strcmp(where, stock) == 0);
	CHECK(owned(stock, geteuid(), 0711));
	CHECK(!exists(in(stock, STATE_FILE ".lock")));
	CHECK(owned(in(stock, STATE_FILE), geteuid(), 0600));
	CHECK(!exists(in(dropin, ADOPT_DROPIN)) && !exists(record));
	get_file(defaults, text, sizeof(text));
	CHECK(strcmp(text, settings) == 0);
	CHECK_EQ(get_file(in(stock, STATE_FILE), after, sizeof(after)), n);
	CHECK_MEM(before, after, n);
	tear_down();
}

static void by_copy_and_back(void)
{
	char before[8000], after[8000];
	struct state_change change = { "profile-ffff", "{}", 2 };
	struct state *state;
	size_t n;

	set_up();
	config.copy = true;
	n = get_file(in(stock, STATE_FILE), before, sizeof(before));
	CHECK_EQ(take(), 0);
	CHECK(strcmp(where, own) == 0);
	CHECK(owned(own, config.uid, 0700));
	CHECK(owned(stock, geteuid(), 0711));
	CHECK(owned(in(own, "certs/x.key"), config.uid, 0600));
	CHECK_EQ(get_file(in(own, STATE_FILE), after, sizeof(after)), n);
	CHECK_MEM(before, after, n);
	CHECK(!exists(defaults) && !exists(in(dropin, ADOPT_DROPIN)));
	CHECK(!exists(in(stock, STATE_FILE ".lock")));
	CHECK_EQ(take(), TNE_ADOPT);
	CHECK(!exists(in(stock, STATE_FILE ".lock")));
	put_file(in(own, "tka-profiles/1ab3/head"), "chain longer", 12);
	mkdir(in(own, "tka-profiles/2bc4"), 0700);
	put_file(in(own, "tka-profiles/2bc4/head"), "other", 5);

	CHECK_EQ(state_open(own, state_io_system(), &why, &state), 0);
	CHECK_EQ(state_write(state, &change, 1, &why), 0);
	CHECK_EQ(release(), -EBUSY);
	state_close(state);
	n = get_file(in(own, STATE_FILE), before, sizeof(before));
	CHECK_EQ(release(), 0);
	CHECK(strcmp(where, stock) == 0);
	CHECK_EQ(get_file(in(stock, STATE_FILE), after, sizeof(after)), n);
	CHECK_MEM(before, after, n);
	CHECK(!exists(in(own, STATE_FILE)));
	CHECK(exists(in(own, STATE_FILE ".released")) && !exists(record));
	/* The lock is what it is now, not what was copied. */
	CHECK_EQ(get_file(in(stock, "tka-profiles/1ab3/head"), after,
			  sizeof(after)), 12);
	CHECK(exists(in(stock, "tka-profiles/2bc4/head")));
	CHECK(exists(in(stock, "certs/x.key")));
	CHECK(!exists(in(stock, ".tailnet-new")));
	/* Nothing is in the way of doing it all again, twice. */
	CHECK(exists(in(own, "tka-profiles.released/2bc4/head")));
	CHECK_EQ(take(), 0);
	CHECK(exists(in(own, "tka-profiles/2bc4/head")));
	CHECK_EQ(release(), 0);
	CHECK_EQ(take(), 0);
	tear_down();

	test_case("no chain here");
	set_up();
	config.copy = true;
	CHECK_EQ(take(), 0);
	unlink(in(own, "tka-profiles/1ab3/head"));
	rmdir(in(own, "tka-profiles/1ab3"));
	rmdir(in(own, "tka-profiles"));
	CHECK_EQ(release(), 0);
	CHECK(exists(in(stock, "tka-profiles/1ab3/head")));
	tear_down();
	test_case("no chain there");
	set_up();
	config.copy = true;
	CHECK_EQ(take(), 0);
	unlink(in(stock, "tka-profiles/1ab3/head"));
	rmdir(in(stock, "tka-profiles/1ab3"));
	rmdir(in(stock, "tka-profiles"));
	CHECK_EQ(release(), 0);
	CHECK(exists(in(stock, "tka-profiles/1ab3/head")));
	tear_down();
}

/* A folder of which the service does not know by itself. */
static void told_of_a_copy(void)
{
	char text[500], path[ADOPT_PATH_MAX + 1];

	set_up();
	config.copy = config.tell = true;
	CHECK_EQ(take(), 0);
	get_file(defaults, text, sizeof(text));
	CHECK(strstr(text, "--statedir=") && strstr(text, own));
	get_file(in(dropin, ADOPT_DROPIN), text, sizeof(text));
	CHECK(strstr(text, "ReadWritePaths=") && strstr(text, own));
	CHECK_EQ(release(), 0);
	get_file(defaults, text, sizeof(text));
	CHECK(!strstr(text, "--statedir="));
	CHECK(!exists(in(dropin, ADOPT_DROPIN)));
	/* It is the agent's folder, and root's lock would keep the agent out. */
	CHECK(!exists(in(own, STATE_FILE ".lock")));
	tear_down();
	test_case("a path without room for it");
	set_up();
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = 0;
	memcpy(path, top, strlen(top));
	path[strlen(top)] = '/';
	config.copy = true;
	config.own_dir = path;
	CHECK_EQ(take(), TNE_ADOPT);
	CHECK(strstr(why.text, "cannot stand in the settings"));
	CHECK_EQ(release(), TNE_ADOPT);
	CHECK(strstr(why.text, "cannot stand in the settings"));
	CHECK(!exists(record));
	tear_down();
}

/* A node that was ours from the start. */
static void ours_becomes_theirs(void)
{
	char path[200];

	set_up();
	if (rename(stock, own) < 0)
		abort();
	CHECK_EQ(release(), 0);
	CHECK(strcmp(where, stock) == 0);
	CHECK(owned(stock, geteuid(), 0700));
	CHECK(exists(in(stock, STATE_FILE)));
	CHECK(exists(in(stock, "tka-profiles/1ab3/head")));
	CHECK(!exists(in(own, STATE_FILE)));
	/* Never over another one. */
	strcpy(path, in(own, STATE_FILE ".released"));
	if (rename(path, in(own, STATE_FILE)) < 0)
		abort();
	CHECK_EQ(release(), TNE_ADOPT);
	tear_down();
}

static int listener(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(addr.sun_path, sock);
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    listen(fd, 1) < 0)
		abort();
	return fd;
}

static void refused(void)
{
	static const struct {
		const char *name;
		const char *text;
		int err;
	} states[] = {
		{ "fresh", "{}", TNE_STATE_IDENTITY },
		{ "no machine key", "{\"_profiles\":\"e30=\"}",
		  TNE_STATE_IDENTITY },
		{ "zero machine key",
		  "{\"_machinekey\":\"cHJpdmtleTowMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw\"}",
		  TNE_STATE_IDENTITY },
		{ "no profile",
		  "{\"_machinekey\":\"cHJpdmtleTo0MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDQw\"}",
		  TNE_STATE_IDENTITY },
		{ "cut", "{\"_machinekey\":\"", TNE_STATE_FORMAT },
	};
	char before[8000];
	size_t i, n;
	int fd;

	set_up();
	test_case("the stock daemon runs");
	fd = listener();
	CHECK_EQ(take(), TNE_ADOPT);
	CHECK(strstr(why.text, "systemctl disable --now tailscaled"));
	CHECK_EQ(release(), TNE_ADOPT);
	close(fd);
	test_case("nothing there");
	config.dir = "/tmp/test_adopt.nothing";
	CHECK_EQ(take(), TNE_ADOPT);
	CHECK(!exists(config.dir));
	test_case("a path that would be more than a path");
	config.dir = "/tmp/a b";
	CHECK_EQ(take(), TNE_ADOPT);
	config.dir = NULL;
	n = get_file(in(stock, STATE_FILE), before, sizeof(before));
	for (i = 0; i < ARRAY_SIZE(states); i++) {
		test_case("%s", states[i].name);
		put_file(in(stock, STATE_FILE), states[i].text,
			 strlen(states[i].text));
		CHECK_EQ(take(), states[i].err);
		CHECK(owned(stock, geteuid(), 0711) && !exists(record));
		CHECK(!exists(in(stock, STATE_FILE ".lock")));
	}
	test_case("a profile that cannot be read");
	put_file(in(stock, STATE_FILE), before, n);
	{
		struct state_change bad = { "profile-ffff", "{", 1 };
		struct state *state;

		CHECK_EQ(state_open(stock, state_io_system(), &why, &state), 0);
		CHECK_EQ(state_write(state, &bad, 1, &why), 0);
		state_close(state);
	}
	CHECK_EQ(take(), TNE_STATE_IDENTITY);
	CHECK(!exists(record));
	tear_down();
	for (i = 0; i < 2; i++) {
		test_case("a lock would be lost, %s", i ? "copied" : "in place");
		set_up();
		config.copy = i;
		CHECK_EQ(take(), 0);
		lock_verdict = TNE_LOCK_DAMAGED;
		CHECK_EQ(release(), TNE_LOCK_DAMAGED);
		lock_verdict = 0;
		CHECK(exists(in(i ? own : stock, STATE_FILE)) && exists(record));
		CHECK_EQ(exists(in(dropin, ADOPT_DROPIN)), !i);
		CHECK_EQ(release(), 0);
		tear_down();
	}
}

/* Links in the folder are neither followed nor given away. */
static void links(void)
{
	set_up();
	put_file(in(top, "outside"), "x", 1);
	chmod(in(top, "outside"), 0644);
	if (symlink(in(top, "outside"), in(stock, "certs/link")) < 0)
		abort();
	CHECK_EQ(take(), 0);
	CHECK(owned(in(top, "outside"), geteuid(), 0644));
	CHECK_EQ(release(), 0);
	test_case("a copy would be without it");
	config.copy = true;
	CHECK_EQ(take(), TNE_ADOPT);
	CHECK(strstr(why.text, "link is neither a file nor a folder"));
	CHECK(!exists(own) && !exists(record));
	unlink(in(stock, "certs/link"));
	config.tell = true;
	CHECK_EQ(take(), 0);
	if (symlink(in(top, "outside"), in(own, "tka-profiles/1ab3/link")) < 0)
		abort();
	CHECK_EQ(release(), TNE_ADOPT);
	CHECK(exists(in(own, STATE_FILE)) && exists(record));
	CHECK(exists(in(dropin, ADOPT_DROPIN)));
	tear_down();
	test_case("a second name");
	set_up();
	put_file(in(top, "outside"), "x", 1);
	if (link(in(top, "outside"), in(stock, "certs/link")) < 0)
		abort();
	CHECK_EQ(take(), TNE_ADOPT);
	CHECK(strstr(why.text, "hard links"));
	CHECK(owned(in(top, "outside"), geteuid(), 0600));
	tear_down();
}

static void settings(void)
{
	static const struct {
		const char *name;
		const char *old;
		const char *dir;
		const char *new;
	} cases[] = {
		{ "none", "", "/d", "FLAGS=\"--statedir=/d\"\n" },
		{ "empty", "FLAGS=\"\"\n", "/d", "FLAGS=\"--statedir=/d\"\n" },
		{ "other options", "FLAGS=\"--a -b\"\nX=1\n", "/d",
		  "FLAGS=\"--a -b --statedir=/d\"\nX=1\n" },
		{ "another folder", "FLAGS='--statedir=/e --a'", "/d",
		  "FLAGS=\"--a --statedir=/d\"" },
		{ "one dash, two words", "FLAGS=-statedir /e -b\n", "/d",
		  "FLAGS=\"-b --statedir=/d\"\n" },
		{ "the last line counts", "FLAGS=1\nFLAGS=2\n", "/d",
		  "FLAGS=1\nFLAGS=\"2 --statedir=/d\"\n" },
		{ "commented out", "#FLAGS=1", "/d",
		  "#FLAGS=1\nFLAGS=\"--statedir=/d\"\n" },
		{ "taken away", "FLAGS=\"--a --statedir=/d\"\n", NULL,
		  "FLAGS=\"--a\"\n" },
		{ "the last one", "FLAGS=\"--statedir=/d\"\n", NULL,
		  "FLAGS=\"\"\n" },
		{ "name that only begins like it", "FLAGS=--statedirs=1\n",
		  NULL, "FLAGS=\"--statedirs=1\"\n" },
	};
	struct secret_buf out = { 0 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].name);
		CHECK_EQ(adopt_set_flags(cases[i].old, strlen(cases[i].old),
					 cases[i].dir, &out), 0);
		CHECK_EQ(out.len, strlen(cases[i].new));
		CHECK_MEM(out.data, cases[i].new, out.len);
		secret_buf_done(&out);
	}
	CHECK(adopt_check_path("/var/lib/tailscale"));
	CHECK(!adopt_check_path("/a b") && !adopt_check_path("/a\"") &&
	      !adopt_check_path("/a%n") && !adopt_check_path("a") &&
	      !adopt_check_path("/") && !adopt_check_path("/a\nX=1"));
}

/* The stock daemon's form of a sealed state, made of the plain one. */
static void seal_by(struct soft_tpm *t, uint32_t parent)
{
	struct secret_buf plain = { 0 }, text = { 0 };
	struct secret32 *key = secret32_new();
	struct sealed_file file = { 0 };
	struct state_map map = { 0 };
	char buf[8000];
	size_t n = get_file(in(stock, STATE_FILE), buf, sizeof(buf));

	secret_random(key);
	soft_tpm_seal_old(t, parent, secret32_expose(key), &file.blob);
	if (state_json_parse(buf, n, &why, &map) < 0 ||
	    state_json_build_compact(&map, &plain) < 0)
		abort();
	randombytes_buf(file.nonce, sizeof(file.nonce));
	file.box_len = plain.len + STATE_BOX_TAG_LEN;
	file.box = malloc(file.box_len);
	state_box_seal(key, file.nonce, plain.data, plain.len, file.box);
	if (sealed_json_build(&file, &text) < 0)
		abort();
	put_file(in(stock, STATE_FILE), text.data, text.len);
	secret_buf_done(&plain);
	secret_buf_done(&text);
	state_map_done(&map);
	sealed_file_done(&file);
	secret32_free(key);
}

static void sealed(void)
{
	char before[9000], after[9000];
	struct tpm_options *options auto_clean(tpm_options) = tpm_options_new();
	struct soft_tpm t;
	size_t n;

	if (!soft_tpm_is_there()) {
		printf("SKIP adopt/sealed - there is no swtpm\n");
		return;
	}
	set_up();
	soft_tpm_make(&t);
	soft_tpm_start(&t);
	seal_by(&t, 0);
	strcpy(options->tcti, t.tcti);
	config.tpm = options;
	n = get_file(in(stock, STATE_FILE), before, sizeof(before));
	CHECK_EQ(take(), 0);
	CHECK_EQ(release(), 0);
	CHECK_EQ(get_file(in(stock, STATE_FILE), after, sizeof(after)), n);
	CHECK_MEM(before, after, n);
	test_case("another TPM");
	soft_tpm_clear(&t);
	CHECK_EQ(take(), TNE_TPM_FOREIGN);
	CHECK(owned(stock, geteuid(), 0711) && !exists(record));
	soft_tpm_remove(&t);
	tear_down();
}

/* Crashes */

static struct {
	char c[100];
} node_key;

/* A state that is a node, in either folder: which it is has to stay. */
static bool is_node(const char *dir)
{
	struct identity id = { 0 };
	struct state *state;
	struct side *side;
	bool same;

	if (!exists(in(dir, STATE_FILE)) ||
	    state_open(dir, state_io_system(), &why, &state) < 0)
		return false;
	same = identity_check(state, &why) == 0 &&
	       side_open(state, state_io_system(), &why, &side) == 0;
	if (same) {
		same = identity_load(state, side, &why, &id) == 0;
		side_close(side);
	}
	if (same) {
		char text[KEY_PRIVATE_HEX_LEN + 1];

		key_text_format_private(id.persist.node, text);
		if (!node_key.c[0])
			strcpy(node_key.c, text);
		same = strcmp(node_key.c, text) == 0;
	}
	identity_done(&id);
	state_close(state);
	return same;
}

static void put_nothing(void)
{
}

static void put_taken(void)
{
	if (take() < 0)
		abort();
	if (config.copy)
		put_file(in(own, "tka-profiles/1ab3/head"), "newer", 5);
}

static void put_ours(void)
{
	if (rename(stock, own) < 0)
		abort();
}

static int do_take(void)
{
	odd_calls = 0;
	return take() == 0 ? 0 : 2;
}

static int do_release(void)
{
	odd_calls = 0;
	return release() == 0 ? 0 : 2;
}

static char head[20];

static bool is_chain(const char *dir)
{
	get_file(in(dir, "tka-profiles/1ab3/head"), head, sizeof(head));
	return strcmp(head, "chain") == 0 || strcmp(head, "newer") == 0;
}

/* Each call is the last one: the node is there, and the same again ends it. */
static void crashes(void)
{
	static const struct {
		const char *name;
		bool copy;
		void (*before)(void);
		int (*fn)(void);
		bool in_own;
	} cases[] = {
		{ "adopt in place", false, put_nothing, do_take, false },
		{ "release in place", false, put_taken, do_release, false },
		{ "adopt a copy", true, put_nothing, do_take, true },
		{ "release a copy", true, put_taken, do_release, false },
		{ "release ours", false, put_ours, do_release, false },
	};
	int at, status, points = 0;
	char text[500];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		for (at = 0;; at++) {
			test_case("%s, crash at call %d", cases[i].name, at);
			set_up();
			config.copy = cases[i].copy;
			cases[i].before();
			node_key.c[0] = 0;
			CHECK(is_node(exists(in(own, STATE_FILE)) ? own : stock));
			odd_crash_at = at;
			status = odd_io_run(cases[i].fn);
			odd_crash_at = -1;
			/* Nor is the lock ever lost of what was taken there. */
			CHECK(cases[i].before == put_ours || is_chain(stock));
			CHECK(status == 0 || status == ODD_IO_CRASH);
			CHECK(is_node(stock) || is_node(own));
			if (status == 0)
				break;
			/* Nothing to do any more is as good as done. */
			status = cases[i].fn();
			get_file(record, text, sizeof(text));
			CHECK(status == 0 || !exists(record) ||
			      (cases[i].in_own && !strstr(text, "Copying")));
			CHECK(is_node(cases[i].in_own ? own : stock));
			CHECK(is_chain(cases[i].in_own ? own : stock));
			CHECK(cases[i].fn != do_release || !cases[i].copy ||
			      strcmp(head, "newer") == 0);
			CHECK_EQ(exists(record), cases[i].fn == do_take);
			/* In nobody's way. */
			CHECK(cases[i].in_own || !exists(in(own, "certs")));
			tear_down();
		}
		tear_down();
		CHECK(at >= 7);
		printf("# %s: %d points\n", cases[i].name, at);
		points += at;
	}
	printf("# %d points\n", points);
}

/* What was not taken over to its end can be given back, and nothing is left. */
static void broken_off_and_back(void)
{
	char text[500];
	int at, status;

	for (at = 0;; at++) {
		test_case("crash at call %d", at);
		set_up();
		odd_crash_at = at;
		status = odd_io_run(do_take);
		odd_crash_at = -1;
		if (status == 0)
			break;
		CHECK_EQ(status, ODD_IO_CRASH);
		if (exists(record)) {
			CHECK_EQ(release(), 0);
			get_file(defaults, text, sizeof(text));
			CHECK(!strstr(text, "--statedir="));
			CHECK(!exists(in(dropin, ADOPT_DROPIN)));
			CHECK(owned(stock, geteuid(), 0711));
		}
		tear_down();
	}
	tear_down();
}

/* A copy goes nowhere where it would be in the way of something. */
static void room_for_a_copy(void)
{
	set_up();
	config.copy = true;
	mkdir(own, 0700);
	mkdir(in(own, "certs"), 0700);
	put_file(in(own, "certs/mine"), "x", 1);
	CHECK_EQ(take(), TNE_ADOPT);
	CHECK(strstr(why.text, "certs is in the way"));
	CHECK(exists(in(own, "certs/mine")) && !exists(record));
	tear_down();
	test_case("a new node has begun where a copy was broken off");
	set_up();
	config.copy = true;
	odd_crash_at = 20;
	CHECK_EQ(odd_io_run(do_take), ODD_IO_CRASH);
	odd_crash_at = -1;
	CHECK(exists(record));
	put_file(in(own, STATE_FILE), "{\"_machinekey\":\"eA==\"}", 22);
	CHECK_EQ(take(), TNE_ADOPT);
	CHECK(strstr(why.text, "has a state already"));
	tear_down();
	test_case("a broken off copy is not given back over the first one");
	set_up();
	config.copy = true;
	odd_crash_at = 25;
	CHECK_EQ(odd_io_run(do_take), ODD_IO_CRASH);
	odd_crash_at = -1;
	CHECK_EQ(release(), 0);
	CHECK(exists(in(stock, "certs/x.key")));
	CHECK(exists(in(stock, STATE_FILE)) && !exists(record));
	tear_down();
}

/* Only the agent knows what the system's key is for. */
static void sealed_under_the_systems_key(void)
{
	struct tpm_options *options auto_clean(tpm_options) = tpm_options_new();
	struct soft_tpm t;

	if (!soft_tpm_is_there()) {
		printf("SKIP adopt/system_key - there is no swtpm\n");
		return;
	}
	set_up();
	soft_tpm_make(&t);
	soft_tpm_start(&t);
	soft_tpm_make_srk(&t, true);
	seal_by(&t, SOFT_TPM_SRK);
	strcpy(options->tcti, t.tcti);
	config.tpm = options;
	CHECK_EQ(take(), 0);
	CHECK_EQ(release(), TNE_ADOPT);
	CHECK(strstr(why.text, "persistent key"));
	CHECK(exists(record) && exists(in(stock, STATE_FILE)));
	soft_tpm_remove(&t);
	tear_down();
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(in_place_and_back),
		TEST(by_copy_and_back),
		TEST(told_of_a_copy),
		TEST(ours_becomes_theirs),
		TEST(refused),
		TEST(links),
		TEST(settings),
		TEST(sealed),
		TEST(crashes),
		TEST(broken_off_and_back),
		TEST(room_for_a_copy),
		TEST(sealed_under_the_systems_key),
	};

	if (argc == 2 && strcmp(argv[1], TPM_HELPER_ARG) == 0)
		_exit(tpm_helper_main());
	if (secret_init() < 0)
		return 1;
	return test_main(tests, ARRAY_SIZE(tests), argc, argv);
}
