// SPDX-License-Identifier: GPL-2.0-only
/*
 * The modes of sealing, and what becomes of the state when the TPM fails, with
 * a software TPM. This program is its own helper process, as the agent is.
 */
#include "test.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/log.h"
#include "crypto/state_box.h"
#include "fail_alloc.h"
#include "loop/loop.h"
#include "soft_tpm.h"
#include "store/keeper.h"
#include "tpm/tpm_job.h"
#include "wire/sealed_json.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>
#include <sodium.h>

static const char plain[] =
	"{\n  \"_machinekey\": \"eHl6\",\n  \"future\": \"AQID\"\n}";

/* What the test looks at. */
static struct loop *loop;
static struct keeper *keeper;
static struct soft_tpm tpm;
static char dir[64];
static int opened, failed, finished, finish_err;
static char answer[100];
static struct err_detail why;
static unsigned int command_s = 20;
static bool counter;

static char *path_of(const char *name)
{
	static char path[200];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void put_file(const char *name, const void *text, size_t len)
{
	FILE *f = fopen(path_of(name), "w");

	if (!f || fwrite(text, 1, len, f) != len || fclose(f) != 0 ||
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

static bool exists(const char *name)
{
	return access(path_of(name), F_OK) == 0;
}

static void make_dir(void)
{
	strcpy(dir, "/tmp/test_keeper.XXXXXX");
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

static void on_opened(void *ctx)
{
	(void)ctx;
	opened++;
}

static void on_failed(void *ctx, int err, const struct err_detail *detail)
{
	(void)ctx;
	failed = err;
	why = *detail;
}

static void on_done(void *ctx, int err, const struct err_detail *detail,
		    const char *text)
{
	(void)ctx;
	finished++;
	finish_err = err;
	why = *detail;
	snprintf(answer, sizeof(answer), "%s", text ? text : "");
}

/* No waiting for a device that this machine may have: the socket, always. */
static int begin_io(enum opt_bool flag, bool policy, const struct state_io *io)
{
	static const struct keeper_calls calls = {
		.opened = on_opened, .failed = on_failed,
	};
	struct keeper_config config = {
		.dir = dir, .io = io, .flag = flag, .policy = policy,
		.counter = counter, .tpm.command_s = command_s,
	};

	opened = failed = finished = finish_err = 0;
	memset(&why, 0, sizeof(why));
	strcpy(config.tpm.tcti, tpm.tcti);
	if (loop_new(clock_system(), &loop) < 0)
		abort();
	config.loop = loop;
	return keeper_new(&config, &calls, &why, &keeper);
}

static int begin(enum opt_bool flag)
{
	return begin_io(flag, false, state_io_system());
}

static void end(void)
{
	keeper_free(steal(keeper));
	loop_free(steal(loop));
}

/* Until it is open, has failed, or needs somebody. */
static void settle(void)
{
	int i;

	for (i = 0; i < 1000 && !opened && !failed; i++) {
		loop_turn(loop, 100);
		if (keeper_phase(keeper) == KEEPER_WAITING ||
		    keeper_phase(keeper) == KEEPER_STUCK)
			break;
	}
}

static void wait_open(void)
{
	int i;

	for (i = 0; i < 300 && !opened; i++)
		loop_turn(loop, 100);
}

static void wait_done(void)
{
	int i;

	for (i = 0; i < 600 && !finished; i++)
		loop_turn(loop, 100);
}

/* What runs in the background: nothing says when it ends but the blob. */
static void wait_private(size_t len, const uint8_t *other)
{
	int i;

	for (i = 0; i < 100; i++) {
		const struct sealed_blob *blob =
			state_blob(keeper_state(keeper));

		if (blob->private_len != len ||
		    memcmp(blob->private, other, len) != 0)
			break;
		loop_turn(loop, 100);
	}
}

static bool holds(const char *name, const char *want)
{
	struct state_bytes bytes;

	return state_find(keeper_state(keeper), name, &bytes) &&
		bytes.len == strlen(want) &&
		memcmp(bytes.data, want, bytes.len) == 0;
}

static int write_key(const char *value)
{
	struct state_change change = { "_machinekey", value, strlen(value) };
	struct err_detail detail;

	return state_write(keeper_state(keeper), &change, 1, &detail);
}

static bool is_sealed_file(void)
{
	char buf[4000];
	size_t n = get_file(STATE_FILE, buf, sizeof(buf));

	return state_form_find(buf, n) == STATE_FORM_SEALED;
}

static const char *warning(const char *code)
{
	static char text[500];
	struct keeper_warning list[KEEPER_WARNINGS_MAX];
	size_t i, n = keeper_find_warnings(keeper, list);

	for (i = 0; i < n; i++) {
		if (strcmp(list[i].code, code) == 0) {
			snprintf(text, sizeof(text), "%s", list[i].text);
			return text;
		}
	}
	return "";
}

static void make(bool with_tpm)
{
	make_dir();
	soft_tpm_make(&tpm);
	if (with_tpm)
		soft_tpm_start(&tpm);
}

static void clean(void)
{
	if (keeper)
		end();
	soft_tpm_remove(&tpm);
	remove_dir();
}

/* A plain state, sealed. */
static void seal_it(void)
{
	put_file(STATE_FILE, plain, strlen(plain));
	if (begin(OPT_TRUE) < 0)
		abort();
	settle();
	if (!opened || !is_sealed_file())
		abort();
	end();
}

static struct stat noted;

static void note_file(void)
{
	stat(path_of(STATE_FILE), &noted);
}

static bool is_untouched(void)
{
	struct stat st;

	return stat(path_of(STATE_FILE), &st) == 0 &&
		st.st_ino == noted.st_ino && st.st_size == noted.st_size &&
		st.st_mtim.tv_nsec == noted.st_mtim.tv_nsec;
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
	soft_tpm_seal_old(&tpm, secret32_expose(key), &file.blob);
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
	CHECK(is_untouched());
	end();
	test_case("cut");
	put_file(STATE_FILE, buf, n / 2);
	CHECK_EQ(begin(OPT_UNSET), TNE_STATE_FORMAT);
	loop_free(steal(loop));
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

/* Recovery key */

static void make_recovery(char *ret)
{
	struct err_detail detail = { "" };
	int r, i;

	begin(OPT_UNSET);
	settle();
	/* What runs in the background comes first. */
	for (i = 0; i < 100; i++) {
		r = keeper_make_recovery(keeper, &detail, on_done, NULL);
		if (r != -EBUSY)
			break;
		loop_turn(loop, 100);
	}
	if (!opened || r < 0)
		abort();
	wait_done();
	if (finish_err < 0)
		abort();
	strcpy(ret, answer);
	end();
}

static int recover(const char *text)
{
	struct err_detail detail = { "" };
	int r;

	finished = 0;
	r = keeper_recover(keeper, text, strlen(text), &detail, on_done, NULL);
	if (r < 0)
		return r;
	wait_done();
	return finish_err;
}

static void recovery(void)
{
	char key[100], buf[4000], *at;
	struct sealed_blob blob;

	make(true);
	seal_it();
	make_recovery(key);
	CHECK_EQ(strlen(key), 39);
	/* It is nowhere. */
	get_file(STATE_FILE, buf, sizeof(buf));
	CHECK(!strstr(buf, key));
	get_file(KEEPER_EXTRAS_FILE, buf, sizeof(buf));
	CHECK(!strstr(buf, key));

	soft_tpm_clear(&tpm);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(keeper_phase(keeper), KEEPER_STUCK);
	blob = *state_blob(keeper_state(keeper));
	CHECK_EQ(recover("what?"), TNE_RECOVERY_KEY);
	test_case("another key");
	at = &key[strlen(key) - 1];
	*at ^= 1;
	CHECK_EQ(recover(key), TNE_RECOVERY_KEY);
	*at ^= 1;
	CHECK_EQ(keeper_phase(keeper), KEEPER_STUCK);
	test_case("the right key");
	CHECK_EQ(recover(key), 0);
	CHECK(opened && holds("_machinekey", "xyz"));
	wait_private(blob.private_len, blob.private);
	CHECK_EQ(write_key("abc"), 0);
	end();

	test_case("by the new TPM");
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(opened && holds("_machinekey", "abc"));
	CHECK(!*warning("state-write-failed"));
	end();

	test_case("the same key, for the new data key");
	soft_tpm_clear(&tpm);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(recover(key), 0);
	CHECK(opened && holds("_machinekey", "abc"));
	clean();
}

static void recovery_without_tpm(void)
{
	char key[100];

	make(true);
	seal_it();
	make_recovery(key);
	soft_tpm_stop(&tpm);
	CHECK_EQ(begin(OPT_TRUE), 0);
	settle();
	CHECK_EQ(keeper_phase(keeper), KEEPER_WAITING);
	CHECK_EQ(recover(key), 0);
	CHECK(opened && holds("_machinekey", "xyz"));
	CHECK_EQ(write_key("abc"), 0);
	end();
	/* Sealed as before: the TPM opens it again when it is back. */
	soft_tpm_start(&tpm);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(opened && holds("_machinekey", "abc"));
	clean();
}

static void no_recovery_key(void)
{
	struct err_detail detail = { "" };

	make(true);
	put_file(STATE_FILE, plain, strlen(plain));
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(keeper_make_recovery(keeper, &detail, on_done, NULL),
		 TNE_NOT_READY);
	CHECK_EQ(keeper_recover(keeper, "", 0, &detail, on_done, NULL),
		 TNE_NOT_READY);
	CHECK_EQ(keeper_reseal(keeper, &detail, on_done, NULL),
		 TNE_NOT_READY);
	CHECK_EQ(keeper_accept_rollback(keeper, &detail), TNE_NOT_READY);
	end();
	seal_it();
	soft_tpm_clear(&tpm);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(recover("AAAQEAYEAUDAOCAJBIFQYDIOB4IBCEQT"), TNE_NOT_READY);
	clean();
}

/* Rotation: killed at each call, the TPM or the recovery key opens it. */

static int calls, crash_at;

static void strike(void)
{
	if (calls++ == crash_at)
		_exit(42);
}

static int odd_openat(int at, const char *path, int flags, mode_t mode)
{
	strike();
	return openat(at, path, flags, mode);
}

static int odd_fchmod(int fd, mode_t mode)
{
	strike();
	return fchmod(fd, mode);
}

static ssize_t odd_write(int fd, const void *data, size_t len)
{
	strike();
	return write(fd, data, len);
}

static int odd_fsync(int fd)
{
	strike();
	return fsync(fd);
}

static int odd_renameat(int a, const char *old, int b, const char *path)
{
	strike();
	return renameat(a, old, b, path);
}

static const struct state_io odd_io = {
	odd_openat, odd_fchmod, odd_write, odd_fsync, close, odd_renameat,
	unlinkat,
};

static _Noreturn void reseal_and_die(void)
{
	struct err_detail detail;

	begin_io(OPT_UNSET, false, &odd_io);
	settle();
	calls = 0;
	if (!opened || keeper_reseal(keeper, &detail, on_done, NULL) < 0)
		_exit(1);
	wait_done();
	_exit(finish_err < 0 ? 2 : 0);
}

static void crash_of_a_rotation(void)
{
	char key[100];
	int status;
	pid_t pid;

	make(true);
	seal_it();
	make_recovery(key);
	for (crash_at = 0;; crash_at++) {
		test_case("crash at call %d", crash_at);
		fflush(NULL);
		pid = fork();
		if (pid == 0)
			reseal_and_die();
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		CHECK(WIFEXITED(status));
		CHECK(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 42);
		CHECK_EQ(begin(OPT_UNSET), 0);
		settle();
		CHECK(opened && holds("_machinekey", "xyz"));
		/* The recovery key goes with what is there. */
		CHECK(!*warning("state-write-failed"));
		end();
		if (WEXITSTATUS(status) == 0)
			break;
	}
	/* The file beside, the state, the file beside: six calls each. */
	CHECK(crash_at >= 18);
	crash_at = -1;
	test_case("recovery key");
	soft_tpm_clear(&tpm);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(recover(key), 0);
	clean();
}

/* Counter */

static void wait_counted(void)
{
	int i;

	for (i = 0; i < 20; i++)
		loop_turn(loop, 100);
}

static void rollback(void)
{
	char old[4000], buf[4000];
	struct keeper_info info;
	struct err_detail detail;
	uint64_t generation;
	size_t n;

	make(true);
	counter = true;
	seal_it();
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(opened, 1);
	wait_counted();
	keeper_read_info(keeper, &info);
	CHECK(info.counter);
	generation = info.generation;
	n = get_file(STATE_FILE, old, sizeof(old));
	CHECK_EQ(write_key("two"), 0);
	wait_counted();
	keeper_read_info(keeper, &info);
	CHECK_EQ(info.generation, generation + 1);
	end();

	test_case("the newest");
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(opened && holds("_machinekey", "two"));
	/* A crash before it is counted. */
	CHECK_EQ(write_key("three"), 0);
	end();
	test_case("not counted any more");
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(opened && holds("_machinekey", "three"));
	wait_counted();
	end();

	test_case("an old one");
	get_file(STATE_FILE, buf, sizeof(buf));
	put_file(STATE_FILE, old, n);
	note_file();
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(keeper_phase(keeper), KEEPER_STUCK);
	CHECK(strstr(warning("state-store-health"), "state rolled back: file G="));
	CHECK(is_untouched());
	test_case("accepted");
	CHECK_EQ(keeper_accept_rollback(keeper, &detail), 0);
	wait_open();
	CHECK(opened && holds("_machinekey", "xyz"));
	wait_counted();
	end();
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(opened, 1);
	keeper_recheck(keeper);
	wait_counted();
	CHECK(*warning("vm-fork") && !*warning("state-write-failed"));
	end();
	counter = false;
	clean();
}

/* Another TPM's counter means nothing: it begins anew, and the state is sealed. */
static void recovery_with_counter(void)
{
	struct keeper_info info;
	struct sealed_blob blob;
	char key[100];

	make(true);
	counter = true;
	seal_it();
	make_recovery(key);
	soft_tpm_clear(&tpm);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(keeper_phase(keeper), KEEPER_STUCK);
	blob = *state_blob(keeper_state(keeper));
	CHECK_EQ(recover(key), 0);
	wait_open();
	wait_private(blob.private_len, blob.private);
	wait_counted();
	end();
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(opened && holds("_machinekey", "xyz"));
	keeper_read_info(keeper, &info);
	CHECK(info.counter && !*warning("state-write-failed"));
	counter = false;
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
		TEST(two_at_once),
		TEST(without_extras),
		TEST(recovery),
		TEST(recovery_without_tpm),
		TEST(no_recovery_key),
		TEST(crash_of_a_rotation),
		TEST(rollback),
		TEST(recovery_with_counter),
		TEST(without_memory),
	};

	if (argc == 2 && strcmp(argv[1], TPM_HELPER_ARG) == 0)
		_exit(tpm_helper_main());
	if (secret_init() < 0)
		return 1;
	if (!soft_tpm_is_there()) {
		printf("SKIP keeper - there is no swtpm\n");
		return 0;
	}
	crash_at = -1;
	log_setup(open("/dev/null", O_WRONLY | O_CLOEXEC), LOG_LEVEL_INFO,
		  NULL);
	return test_main(tests, ARRAY_SIZE(tests), argc, argv);
}
