/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The keeper of a state in a folder of its own, and a software TPM. For one
 * test program each: all of it is static.
 */
#ifndef KEEPER_RIG_H
#define KEEPER_RIG_H

#include "test.h"

#include "base/clock.h"
#include "base/log.h"
#include "loop/loop.h"
#include "soft_tpm.h"
#include "store/keeper.h"
#include "tpm/tpm_job.h"
#include "wire/sealed_json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
static uint32_t counter_index;
static char owner_auth[TPM_AUTH_MAX + 1];

static inline char *path_of(const char *name)
{
	static char path[200];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static inline void put_file(const char *name, const void *text, size_t len)
{
	FILE *f = fopen(path_of(name), "w");

	if (!f || fwrite(text, 1, len, f) != len || fclose(f) != 0 ||
	    chmod(path_of(name), 0600) < 0)
		abort();
}

static inline size_t get_file(const char *name, char *buf, size_t size)
{
	FILE *f = fopen(path_of(name), "r");
	size_t n = f ? fread(buf, 1, size - 1, f) : 0;

	if (f)
		fclose(f);
	buf[n] = 0;
	return n;
}

static inline bool exists(const char *name)
{
	return access(path_of(name), F_OK) == 0;
}

static inline void make_dir(void)
{
	strcpy(dir, "/tmp/test_keeper.XXXXXX");
	if (!mkdtemp(dir))
		abort();
}

static inline void remove_dir(void)
{
	char command[100];

	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	if (system(command) != 0)
		abort();
}

static inline void on_opened(void *ctx)
{
	(void)ctx;
	opened++;
}

static inline void on_failed(void *ctx, int err, const struct err_detail *detail)
{
	(void)ctx;
	failed = err;
	why = *detail;
}

static inline void on_done(void *ctx, int err,
			   const struct err_detail *detail, const char *text)
{
	(void)ctx;
	finished++;
	finish_err = err;
	why = *detail;
	snprintf(answer, sizeof(answer), "%s", text ? text : "");
}

/* No waiting for a device that this machine may have: the socket, always. */
static inline int begin_io(enum opt_bool flag, bool policy,
			   const struct state_io *io)
{
	static const struct keeper_calls calls = {
		.opened = on_opened, .failed = on_failed,
	};
	struct tpm_options *options auto_clean(tpm_options) = tpm_options_new();
	struct keeper_config config = {
		.dir = dir, .io = io, .flag = flag, .policy = policy,
		.counter = counter, .counter_index = counter_index,
		.tpm = options,
	};

	opened = failed = finished = finish_err = 0;
	memset(&why, 0, sizeof(why));
	if (!options)
		abort();
	options->command_s = command_s;
	options->auth_len = strlen(owner_auth);
	memcpy(options->auth, owner_auth, options->auth_len);
	strcpy(options->tcti, tpm.tcti);
	if (loop_new(clock_system(), &loop) < 0)
		abort();
	config.loop = loop;
	return keeper_new(&config, &calls, &why, &keeper);
}

static inline int begin(enum opt_bool flag)
{
	return begin_io(flag, false, state_io_system());
}

/* A helper that was killed, on a machine that has no time to let it die. */
static inline bool has_helper(void)
{
	FILE *f = fopen("/proc/thread-self/children", "r");
	char path[64], name[32];
	bool any = false;
	int pid;

	while (f && !any && fscanf(f, "%d", &pid) == 1) {
		FILE *comm;

		snprintf(path, sizeof(path), "/proc/%d/comm", pid);
		comm = fopen(path, "r");
		any = pid != tpm.tap && comm &&
			fgets(name, sizeof(name), comm) &&
			strcmp(name, "swtpm\n") != 0;
		if (comm)
			fclose(comm);
	}
	if (f)
		fclose(f);
	return any;
}

static inline void end(void)
{
	int i;

	keeper_free(steal(keeper));
	/* What waits for it is the loop's. */
	for (i = 0; i < 50 && has_helper(); i++)
		loop_turn(loop, 100);
	loop_free(steal(loop));
}

/* Until it is open, has failed, or needs somebody. */
static inline void settle(void)
{
	int i;

	for (i = 0; i < 1000 && !opened && !failed; i++) {
		loop_turn(loop, 100);
		if (keeper_phase(keeper) == KEEPER_WAITING ||
		    keeper_phase(keeper) == KEEPER_STUCK)
			break;
	}
}

static inline void wait_open(void)
{
	int i;

	for (i = 0; i < 300 && !opened; i++)
		loop_turn(loop, 100);
}

static inline void wait_done(void)
{
	int i;

	for (i = 0; i < 600 && !finished; i++)
		loop_turn(loop, 100);
}

/* What runs in the background: nothing says when it ends but the blob. */
static inline void wait_private(size_t len, const uint8_t *other)
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

static inline bool holds(const char *name, const char *want)
{
	struct state_bytes bytes;

	return state_find(keeper_state(keeper), name, &bytes) &&
		bytes.len == strlen(want) &&
		memcmp(bytes.data, want, bytes.len) == 0;
}

static inline int write_entry(const char *name, const char *value)
{
	struct state_change change = { name, value, strlen(value) };
	struct err_detail detail;

	return state_write(keeper_state(keeper), &change, 1, &detail);
}

static inline int write_key(const char *value)
{
	return write_entry("_machinekey", value);
}

static inline bool is_sealed_file(void)
{
	char buf[4000];
	size_t n = get_file(STATE_FILE, buf, sizeof(buf));

	return state_form_find(buf, n) == STATE_FORM_SEALED;
}

static inline const char *warning(const char *code)
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

static inline void make(bool with_tpm)
{
	make_dir();
	soft_tpm_make(&tpm);
	if (with_tpm)
		soft_tpm_start(&tpm);
}

static inline void clean(void)
{
	if (keeper)
		end();
	soft_tpm_remove(&tpm);
	remove_dir();
}

/* A plain state, sealed. */
static inline void seal_it(void)
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

static inline void note_file(void)
{
	stat(path_of(STATE_FILE), &noted);
}

static inline bool is_untouched(void)
{
	struct stat st;

	return stat(path_of(STATE_FILE), &st) == 0 &&
		st.st_ino == noted.st_ino && st.st_size == noted.st_size &&
		st.st_mtim.tv_nsec == noted.st_mtim.tv_nsec;
}

static inline void make_recovery(char *ret)
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

static inline int recover(const char *text)
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

/* This program is its own helper process, as the agent is. */
static inline int keeper_rig_main(const struct test *tests, size_t n_tests,
				  int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], TPM_HELPER_ARG) == 0)
		_exit(tpm_helper_main());
	if (secret_init() < 0)
		return 1;
	if (!soft_tpm_is_there()) {
		printf("SKIP keeper - there is no swtpm\n");
		return 0;
	}
	log_setup(open("/dev/null", O_WRONLY | O_CLOEXEC), LOG_LEVEL_INFO,
		  NULL);
	return test_main(tests, n_tests, argc, argv);
}

#endif
