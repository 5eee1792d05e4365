// SPDX-License-Identifier: GPL-2.0-only
/*
 * The modes of sealing, and what becomes of the state when the TPM fails, with
 * a software TPM.
 */
#include "keeper_rig.h"

#include "base/array.h"
#include "crypto/state_box.h"
#include "fail_alloc.h"
#include "odd_io.h"
#include "store/fallback.h"

#include <dirent.h>
#include <limits.h>
#include <sys/syscall.h>

#include <sodium.h>

static void put_text(const char *name, const char *text)
{
	put_file(name, text, strlen(text));
}

static int count_files(const char *prefix)
{
	DIR *list = opendir(dir);
	struct dirent *entry;
	int n = 0;

	while (list && (entry = readdir(list)))
		n += strncmp(entry->d_name, prefix, strlen(prefix)) == 0;
	if (list)
		closedir(list);
	return n;
}

/* Until a seal in the background is over. */
static void wait_done_reseal(void)
{
	const struct sealed_blob old = *state_blob(keeper_state(keeper));

	wait_private(old.private_len, old.private);
}

/* Modes */

static void new_node_is_sealed(void)
{
	struct keeper_info info;

	make(true);
	CHECK_EQ(begin(OPT_UNSET), 0);
	CHECK_EQ(opened, 0);
	settle();
	CHECK_EQ(opened, 1);
	CHECK(is_sealed_file());
	CHECK_EQ(write_key("abc"), 0);
	keeper_read_info(keeper, &info);
	CHECK(info.sealed && info.tpm_known && !info.recovery);
	CHECK(strcmp(info.tpm.manufacturer, "IBM") == 0);
	CHECK(exists(KEEPER_EXTRAS_FILE));
	end();
	CHECK(is_sealed_file());

	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(opened && holds("_machinekey", "abc"));
	clean();
}

static void new_node_without_tpm(void)
{
	make(false);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(opened, 1);
	CHECK_EQ(write_key("xyz"), 0);
	CHECK(!is_sealed_file());
	end();
	remove_dir();

	test_case("policy");
	make_dir();
	CHECK_EQ(begin_io(OPT_UNSET, true, state_io_system()), 0);
	settle();
	CHECK(opened && *warning("state-encryption-unavailable"));
	end();

	test_case("flag");
	CHECK_EQ(begin(OPT_TRUE), 0);
	settle();
	CHECK(!opened);
	CHECK_EQ(failed, TNE_TPM_UNFIT);
	CHECK(strstr(why.text,
		     "--encrypt-state is not supported on this device or a TPM is not accessible"));
	CHECK(!exists(STATE_FILE));
	clean();
}

static void plain_stays_plain(void)
{
	static const enum opt_bool flags[] = { OPT_UNSET, OPT_FALSE };
	size_t i;

	make(true);
	put_file(STATE_FILE, plain, strlen(plain));
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		note_file();
		CHECK_EQ(begin(flags[i]), 0);
		settle();
		CHECK(opened && holds("_machinekey", "xyz"));
		CHECK(is_untouched());
		end();
	}
	clean();
}

static void there_and_back(void)
{
	char buf[1000];

	make(true);
	put_file(STATE_FILE, plain, strlen(plain));
	CHECK_EQ(begin(OPT_TRUE), 0);
	settle();
	CHECK(opened && is_sealed_file());
	CHECK(holds("_machinekey", "xyz") && holds("future", "\1\2\3"));
	end();
	/* It is, already. */
	note_file();
	CHECK_EQ(begin(OPT_TRUE), 0);
	settle();
	CHECK(opened && is_untouched());
	end();
	CHECK_EQ(begin(OPT_FALSE), 0);
	settle();
	CHECK_EQ(opened, 1);
	CHECK(*warning("state-decrypted"));
	end();
	get_file(STATE_FILE, buf, sizeof(buf));
	CHECK(strcmp(buf, plain) == 0);
	CHECK(!exists(STATE_PREV_FILE));
	test_case("to be seen for a day");
	CHECK_EQ(begin(OPT_FALSE), 0);
	settle();
	CHECK(opened && *warning("state-decrypted"));
	end();
	put_text(KEEPER_EXTRAS_FILE, "{\"Version\":1,\"Decrypted\":1700000000}");
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(opened && !*warning("state-decrypted"));
	CHECK(!exists(KEEPER_EXTRAS_FILE));
	clean();
}

static void demand_without_tpm(void)
{
	make(false);
	put_file(STATE_FILE, plain, strlen(plain));
	note_file();
	CHECK_EQ(begin(OPT_TRUE), 0);
	settle();
	CHECK_EQ(failed, TNE_TPM_UNFIT);
	CHECK(is_untouched());
	end();
	test_case("in memory");
	strcpy(tpm.tcti, "none:");
	loop_new(clock_system(), &loop);
	{
		const struct keeper_calls calls = { on_opened, on_failed,
						    NULL, NULL };
		struct keeper_config config = { .loop = loop,
						.flag = OPT_TRUE };

		CHECK_EQ(keeper_new(&config, &calls, &why, &keeper),
			 TNE_CONF_SYNTAX);
		config.flag = OPT_UNSET;
		opened = failed = 0;
		CHECK_EQ(keeper_new(&config, &calls, &why, &keeper), 0);
		settle();
		CHECK_EQ(opened, 1);
	}
	clean();
}

/* Faults */

static void cleared_or_other_board(void)
{
	make(true);
	seal_it();
	soft_tpm_clear(&tpm);
	note_file();
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(keeper_phase(keeper), KEEPER_STUCK);
	CHECK(strstr(warning("state-store-health"),
		     "failed to unseal state file: "));
	CHECK_EQ(write_key("new"), TNE_STATE_SEALED);
	CHECK(is_untouched());
	end();
	test_case("demanded");
	CHECK_EQ(begin(OPT_TRUE), 0);
	settle();
	CHECK(!failed && keeper_phase(keeper) == KEEPER_STUCK);
	CHECK(is_untouched());
	end();
	test_case("undoing it");
	CHECK_EQ(begin(OPT_FALSE), 0);
	settle();
	CHECK_EQ(keeper_phase(keeper), KEEPER_STUCK);
	CHECK(is_untouched());
	clean();
}

static void device_comes_late(void)
{
	make(true);
	seal_it();
	soft_tpm_stop(&tpm);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(keeper_phase(keeper), KEEPER_WAITING);
	CHECK(strstr(warning("state-store-health"), "opening TPM: "));
	soft_tpm_start(&tpm);
	wait_open();
	CHECK(opened && holds("_machinekey", "xyz"));
	clean();
}

static void hanging_tpm(void)
{
	make(true);
	seal_it();
	soft_tpm_freeze(&tpm, true);
	command_s = 1;
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(keeper_phase(keeper), KEEPER_WAITING);
	CHECK(strstr(warning("state-store-health"), "in time"));
	soft_tpm_freeze(&tpm, false);
	command_s = 20;
	wait_open();
	CHECK(opened && holds("_machinekey", "xyz"));
	clean();
}

static void owner_password(void)
{
	make(true);
	seal_it();
	soft_tpm_set_owner_auth(&tpm, "owner");
	note_file();
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(keeper_phase(keeper), KEEPER_STUCK);
	CHECK(strstr(warning("state-store-health"), "owner password"));
	CHECK(is_untouched());
	end();
	test_case("a new node stays plain");
	unlink(path_of(STATE_FILE));
	unlink(path_of(KEEPER_EXTRAS_FILE));
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(opened && !state_is_sealed(keeper_state(keeper)));
	clean();
}

/* A file of the stock daemon from before it knew of lockouts. */
static void put_old_file(struct sealed_blob *ret_blob)
{
	static const char inner[] = "{\"_machinekey\":\"eHl6\",\"future\":\"AQID\"}";
	struct secret32 *key = secret32_new();
	struct sealed_file file = { 0 };
	struct secret_buf text = { 0 };

	if (!key)
		abort();
	secret_random(key);
	soft_tpm_seal_old(&tpm, 0, secret32_expose(key), &file.blob);
	randombytes_buf(file.nonce, sizeof(file.nonce));
	file.box_len = strlen(inner) + STATE_BOX_TAG_LEN;
	file.box = malloc(file.box_len);
	state_box_seal(key, file.nonce, inner, strlen(inner), file.box);
	if (sealed_json_build(&file, &text) < 0)
		abort();
	put_file(STATE_FILE, text.data, text.len);
	*ret_blob = file.blob;
	secret_buf_done(&text);
	sealed_file_done(&file);
	secret32_free(key);
}

static void old_blob_and_lockout(void)
{
	struct sealed_blob old;

	make(true);
	put_old_file(&old);
	soft_tpm_lock_out(&tpm);
	note_file();
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(keeper_phase(keeper), KEEPER_WAITING);
	CHECK(strstr(warning("state-store-health"), "lockout"));
	CHECK(is_untouched());
	end();
	/* The lockout is over: another TPM in its place would be no help. */
	soft_tpm_end_lockout(&tpm);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(opened && holds("_machinekey", "xyz") &&
	      holds("future", "\1\2\3"));
	wait_private(old.private_len, old.private);
	CHECK_EQ(state_blob(keeper_state(keeper))->public[6], 4);
	CHECK_EQ(state_blob(keeper_state(keeper))->public[7], 0x52);
	end();
	/* Now it does not matter any more. */
	soft_tpm_lock_out(&tpm);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(opened && holds("_machinekey", "xyz"));
	clean();
}

static void altered_file(void)
{
	char buf[4000];
	size_t n;

	make(true);
	seal_it();
	n = get_file(STATE_FILE, buf, sizeof(buf));
	/* In the last quantum of the box, which has no padding bits. */
	buf[n - 8] = buf[n - 8] == 'A' ? 'B' : 'A';
	put_file(STATE_FILE, buf, n);
	note_file();
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(keeper_phase(keeper), KEEPER_STUCK);
	CHECK(strstr(warning("state-store-health"), "failed to unseal data"));
	CHECK(strstr(warning("state-store-health"), "there is a copy, " FALLBACK_CORRUPT));
	CHECK(is_untouched());
	end();
	CHECK_EQ(count_files(FALLBACK_CORRUPT), 1);
	test_case("the same copy, however often it starts");
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(keeper_phase(keeper), KEEPER_STUCK);
	end();
	CHECK_EQ(count_files(FALLBACK_CORRUPT), 1);
	clean();
}

/* What cannot be read is said by somebody who stays, and stays as it is. */
static void unreadable_file(void)
{
	static const struct {
		const char *name;
		const char *text;
		mode_t mode;
		const char *why;
	} cases[] = {
		{ "cut", "{\"_machinekey\":\"", 0600, "failed to open state file: " },
		{ "no bytes", "", 0600, "is empty" },
		{ "foreign JSON", "[1,2]", 0600, "failed to open" },
		{ "foreign object", "{\"a\":{\"b\":1}}", 0600, "failed to open" },
		{ "sealed, null key",
		  "{\"key\":null,\"nonce\":\"\",\"data\":\"\"}", 0600,
		  "not been TPM-sealed or is corrupt" },
		{ "sealed, short nonce",
		  "{\"key\":{\"Private\":\"eA==\",\"Public\":\"eA==\"},\"nonce\":\"eA==\",\"data\":\"eA==\"}",
		  0600, "nonce should be 24 bytes long" },
		{ "of a later version",
		  "{\"v\":2,\"key\":{},\"nonce\":\"\",\"data\":\"\"}", 0600,
		  "newer version" },
		{ "others may write", "{}", 0666, "can be written by others" },
	};
	struct err_detail detail;
	struct keeper_info info;
	size_t i;

	make(true);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].name);
		put_file(STATE_FILE, cases[i].text, strlen(cases[i].text));
		chmod(path_of(STATE_FILE), cases[i].mode);
		note_file();
		CHECK_EQ(begin(OPT_UNSET), 0);
		settle();
		CHECK(!opened && !failed);
		CHECK_EQ(keeper_phase(keeper), KEEPER_STUCK);
		CHECK(strstr(warning("state-store-health"), cases[i].why));
		CHECK_EQ(write_key("new"), TNE_STATE_SEALED);
		CHECK_EQ(keeper_recover(keeper, "x", 1, &detail, on_done, NULL),
			 TNE_NOT_READY);
		CHECK_EQ(keeper_accept_rollback(keeper, &detail),
			 TNE_NOT_READY);
		keeper_read_info(keeper, &info);
		CHECK(!info.known);
		CHECK(is_untouched());
		end();
	}
	test_case("a link");
	unlink(path_of(STATE_FILE));
	CHECK_EQ(symlink("/etc/passwd", path_of(STATE_FILE)), 0);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(strstr(warning("state-store-health"), "is a link to /etc/passwd"));
	end();
	test_case("a folder");
	unlink(path_of(STATE_FILE));
	mkdir(path_of(STATE_FILE), 0700);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(keeper_phase(keeper), KEEPER_STUCK);
	clean();
}

/* And what was written before takes its place, but not against a counter. */
static void older_file_takes_its_place(void)
{
	char whole[4000], cut[4000];
	size_t n;

	make(true);
	seal_it();
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(write_key("two"), 0);
	end();
	CHECK(exists(STATE_PREV_FILE));
	n = get_file(STATE_FILE, whole, sizeof(whole));
	memcpy(cut, whole, n);
	put_file(STATE_FILE, cut, n / 2);
	test_case("not with a counter");
	counter = true;
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(keeper_phase(keeper), KEEPER_STUCK);
	end();
	counter = false;
	test_case("the one before");
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(opened && holds("_machinekey", "xyz"));
	CHECK(strstr(warning("state-restored"), FALLBACK_CORRUPT));
	wait_done_reseal();
	end();
	CHECK_EQ(count_files(FALLBACK_CORRUPT), 1);
	CHECK(!exists(STATE_PREV_FILE) && is_sealed_file());
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(opened && holds("_machinekey", "xyz"));
	CHECK(!*warning("state-restored"));
	end();
	test_case("a temporary file that is whole goes before");
	n = get_file(STATE_FILE, whole, sizeof(whole));
	put_file("." STATE_FILE ".00ff.tmp", whole, n);
	put_file("." STATE_FILE ".01ff.tmp", whole, n / 2);
	put_file(STATE_FILE, "", 0);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(opened && holds("_machinekey", "xyz"));
	CHECK_EQ(count_files("." STATE_FILE), 0);
	end();
	test_case("zeros, and nothing that could help");
	unlink(path_of(STATE_PREV_FILE));
	memset(cut, 0, sizeof(cut));
	put_file(STATE_FILE, cut, 300);
	note_file();
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(keeper_phase(keeper), KEEPER_STUCK);
	CHECK(is_untouched());
	clean();
}

/* It can be read, and is no node: whoever reads it says so. */
static void rejected(void)
{
	const struct err_detail detail = { "missing machine key" };

	make(true);
	seal_it();
	note_file();
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(opened, 1);
	keeper_reject(keeper, TNE_STATE_IDENTITY, &detail);
	CHECK_EQ(keeper_phase(keeper), KEEPER_STUCK);
	CHECK(strstr(warning("state-store-health"), "missing machine key"));
	loop_turn(loop, 100);
	CHECK(is_untouched());
	clean();
}

static void two_at_once(void)
{
	struct keeper *first;
	struct loop *first_loop;

	make(true);
	seal_it();
	CHECK_EQ(begin(OPT_UNSET), 0);
	first = steal(keeper);
	first_loop = steal(loop);
	CHECK_EQ(begin(OPT_UNSET), -EBUSY);
	loop_free(steal(loop));
	keeper_free(first);
	loop_free(first_loop);
	clean();
}

/* The file beside is lost or damaged: the node is not. */
static void without_extras(void)
{
	make(true);
	seal_it();
	unlink(path_of(KEEPER_EXTRAS_FILE));
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(opened && exists(KEEPER_EXTRAS_FILE));
	end();
	put_file(KEEPER_EXTRAS_FILE, "{", 1);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(opened && holds("_machinekey", "xyz"));
	clean();
}

/* The day is what the test says. */
static int64_t shift_s;

int clock_gettime(clockid_t id, struct timespec *ret)
{
	int r = syscall(SYS_clock_gettime, id, ret);

	if (id == CLOCK_REALTIME)
		ret->tv_sec += shift_s;
	return r;
}

/* Was the state sealed with another key after it was opened? */
static bool is_replaced(void)
{
	const struct sealed_blob old = *state_blob(keeper_state(keeper));
	const struct sealed_blob *new;
	int i;

	for (i = 0; i < 30; i++) {
		loop_turn(loop, 100);
		new = state_blob(keeper_state(keeper));
		if (new->private_len != old.private_len ||
		    memcmp(new->private, old.private, old.private_len) != 0)
			return true;
	}
	return false;
}

/* A data key is replaced when it is old; the recovery key goes on. */
static void old_key_is_replaced(void)
{
	const int64_t day = 24 * 3600;
	struct keeper_info info;
	int64_t since;
	char key[100];

	make(true);
	seal_it();
	make_recovery(key);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(write_key("two"), 0);
	keeper_read_info(keeper, &info);
	since = info.key_since_s;
	CHECK(since > 1700000000 && info.key_writes == 2);
	CHECK(exists(STATE_PREV_FILE));
	end();
	test_case("not after 89 days");
	shift_s = 89 * day;
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	keeper_read_info(keeper, &info);
	CHECK(opened && info.key_since_s == since && info.key_writes == 2);
	CHECK(!is_replaced());
	end();
	test_case("after 90");
	shift_s = 90 * day + 60;
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(opened && is_replaced());
	keeper_read_info(keeper, &info);
	CHECK(info.key_since_s >= since + 90 * day && info.key_writes == 0);
	CHECK(holds("_machinekey", "two") && holds("future", "\1\2\3"));
	/* Of the old key, nothing is left to go back to. */
	CHECK(!exists(STATE_PREV_FILE));
	end();
	test_case("a clock that has not been set");
	shift_s = -1700000000;
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(opened && !is_replaced());
	end();
	shift_s = 0;
	test_case("the recovery key");
	soft_tpm_clear(&tpm);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(recover(key), 0);
	CHECK(opened && holds("_machinekey", "two"));
	clean();
}

/* A disk that is full, and then is not. */
static void disk_is_full(void)
{
	static const enum opt_bool flags[] = { OPT_TRUE, OPT_FALSE };
	size_t i;

	make(true);
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		put_file(STATE_FILE, plain, strlen(plain));
		CHECK_EQ(begin_io(flags[i], false, odd_io()), 0);
		settle();
		CHECK_EQ(opened, 1);
		note_file();
		odd_fail_at = odd_calls + 3;
		CHECK_EQ(write_key("two"), -EIO);
		odd_fail_at = -1;
		CHECK(is_untouched() && holds("_machinekey", "xyz"));
		CHECK(strstr(warning("state-write-failed"),
			     "the state cannot be written"));
		CHECK_EQ(write_key("two"), 0);
		CHECK(!*warning("state-write-failed"));
		end();
		unlink(path_of(KEEPER_EXTRAS_FILE));
	}
	clean();
}

/* Milliseconds from the beginning until the state can be used. */
static long time_opening(enum opt_bool flag)
{
	struct timespec a, b;

	clock_gettime(CLOCK_MONOTONIC, &a);
	begin(flag);
	settle();
	clock_gettime(CLOCK_MONOTONIC, &b);
	end();
	return (b.tv_sec - a.tv_sec) * 1000 +
		(b.tv_nsec - a.tv_nsec) / 1000000;
}

/* The same state in both forms, in turn; the least of five each. */
static void cost_of_sealing(void)
{
	long t, sealed = LONG_MAX, open = LONG_MAX;
	char text[4000], extras[1000];
	size_t n, n_extras;
	int i;

	make(true);
	seal_it();
	n = get_file(STATE_FILE, text, sizeof(text));
	n_extras = get_file(KEEPER_EXTRAS_FILE, extras, sizeof(extras));
	for (i = 0; i < 5; i++) {
		put_file(STATE_FILE, text, n);
		put_file(KEEPER_EXTRAS_FILE, extras, n_extras);
		t = time_opening(OPT_UNSET);
		CHECK_EQ(opened, 1);
		sealed = t < sealed ? t : sealed;
		unlink(path_of(KEEPER_EXTRAS_FILE));
		put_file(STATE_FILE, plain, strlen(plain));
		t = time_opening(OPT_UNSET);
		CHECK_EQ(opened, 1);
		open = t < open ? t : open;
	}
	printf("# opened in: sealed %ld ms, plain %ld ms\n", sealed, open);
	CHECK(sealed - open <= 1000);
	clean();
}

static int open_plain(void *ctx)
{
	const struct keeper_calls calls = { on_opened, on_failed, NULL, NULL };
	struct keeper_config config = { .dir = ctx, .io = state_io_system(),
					.flag = OPT_FALSE };
	struct keeper *k = NULL;
	struct loop *l = NULL;
	int r = loop_new(clock_system(), &l), i;

	opened = 0;
	config.loop = l;
	if (r == 0)
		r = keeper_new(&config, &calls, &why, &k);
	for (i = 0; r == 0 && i < 3; i++)
		loop_turn(l, 0);
	keeper_free(k);
	loop_free(l);
	return r < 0 ? r : opened ? 0 : -1;
}

static void without_memory(void)
{
	make_dir();
	put_file(STATE_FILE, plain, strlen(plain));
	CHECK(fail_alloc_each(open_plain, dir) > 5);
	remove_dir();
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(new_node_is_sealed),
		TEST(new_node_without_tpm),
		TEST(plain_stays_plain),
		TEST(there_and_back),
		TEST(demand_without_tpm),
		TEST(cleared_or_other_board),
		TEST(device_comes_late),
		TEST(hanging_tpm),
		TEST(owner_password),
		TEST(old_blob_and_lockout),
		TEST(altered_file),
		TEST(unreadable_file),
		TEST(older_file_takes_its_place),
		TEST(rejected),
		TEST(two_at_once),
		TEST(without_extras),
		TEST(old_key_is_replaced),
		TEST(disk_is_full),
		TEST(cost_of_sealing),
		TEST(without_memory),
	};

	return keeper_rig_main(tests, ARRAY_SIZE(tests), argc, argv);
}
