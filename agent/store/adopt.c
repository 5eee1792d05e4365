// SPDX-License-Identifier: GPL-2.0-only
#include "store/adopt.h"

#include "base/array.h"
#include "base/clock.h"
#include "loop/loop.h"
#include "store/adopt_files.h"
#include "store/adopt_settings.h"
#include "store/identity.h"
#include "store/state.h"
#include "tpm/tpm_job.h"
#include "wire/json.h"
#include "wire/json_out.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define RECORD_MAX 4096

/* What is beside the state and goes with it; the state itself comes last. */
static const char *const beside[] = { "certs", "ssh", "tka-profiles",
				      "profile-data" };

/* What changes in it while a node is ours. */
static const char chain[] = "tka-profiles";
static const char aside[] = ".tailnet-new";

/* Which way; numbers of the file. */
enum { COPYING_NOT, COPYING_TAKE, COPYING_GIVE };

/**
 * struct record - what was before a node was taken over
 * @known: there is a record
 * @dir: where the state is since
 * @uid: owner of the folder
 * @gid: its group
 * @mode: its mode
 * @from: where a copy was made of, or is made to; "" = in place
 * @copying: COPYING_*: and that is not done yet
 * @foreign: there is one of another node, which is to be left alone
 */
struct record {
	bool known;
	char dir[ADOPT_PATH_MAX];
	uid_t uid;
	gid_t gid;
	mode_t mode;
	char from[ADOPT_PATH_MAX];
	int copying;
	bool foreign;
};

static int refuse(struct err_detail *detail, const char *why, const char *what)
{
	return err_explain(detail, TNE_ADOPT, "%s%s", what, why);
}

static int failed(struct err_detail *detail, const char *what, const char *name)
{
	int err = -errno;

	return err_explain(detail, err, "cannot %s %s: %s", what, name,
			   err_text(err));
}

/* Both daemons with one node key would fight over its traffic. */
static int check_stopped(const struct adopt_config *config,
			 struct err_detail *detail)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, r;

	if (strlen(config->stock_socket) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, config->stock_socket);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	r = connect(fd, (struct sockaddr *)&addr, sizeof(addr));
	close(fd);
	if (r == 0)
		return refuse(detail, "; stop it: systemctl disable --now tailscaled",
			      "the stock daemon runs");
	return 0;
}

static bool has_state(const char *dir)
{
	char path[ADOPT_PATH_MAX + 64];
	struct stat st;

	snprintf(path, sizeof(path), "%s/" STATE_FILE, dir);
	return lstat(path, &st) == 0;
}

/* Opening, without a loop of the caller's */

/**
 * struct wait - for the TPM
 * @loop: stopped at the end
 * @key: gets the data key
 * @detail: filled on error
 * @err: 0 or below
 * @handle: persistent handle of the storage key; 0 = it was derived
 */
struct wait {
	struct loop *loop;
	struct secret32 *key;
	struct err_detail *detail;
	int err;
	uint32_t handle;
};

static void on_unsealed(void *ctx, const struct tpm_answer *answer)
{
	struct wait *wait = ctx;

	wait->err = answer->err;
	wait->handle = answer->handle;
	if (answer->err < 0)
		*wait->detail = answer->detail;
	else
		memcpy(secret32_expose(wait->key), answer->key, SECRET_LEN);
	loop_stop(wait->loop, 0);
}

static int ask_tpm(const struct adopt_config *config,
		   const struct sealed_blob *blob, struct wait *wait)
{
	struct tpm_job *job auto_clean(tpm_job) = NULL;
	struct tpm_request *req;
	int r = tpm_job_new(wait->loop, &job);

	if (r < 0)
		return r;
	req = tpm_job_request(job);
	req->op = TPM_OP_UNSEAL;
	if (config->tpm)
		req->options = *config->tpm;
	req->blob = *blob;
	r = tpm_job_start(job, TPM_JOB_TIMEOUT_MS, on_unsealed, wait);
	if (r < 0)
		return r;
	(void)steal(job);
	r = loop_run(wait->loop);
	return r < 0 ? r : wait->err;
}

static int unlock(const struct adopt_config *config, struct state *state,
		  struct err_detail *detail, uint32_t *ret_handle)
{
	struct secret32 *key auto_clean(secret32) = secret32_new();
	struct loop *loop auto_clean(loop) = NULL;
	struct wait wait = { .key = key, .detail = detail };
	int r;

	if (!key)
		return -ENOMEM;
	r = loop_new(clock_system(), &loop);
	wait.loop = loop;
	if (r == 0)
		r = ask_tpm(config, state_blob(state), &wait);
	if (r == 0)
		r = state_unlock(state, key, detail);
	if (r == 0) {
		(void)steal(key);
		*ret_handle = wait.handle;
	}
	return r;
}

/* The state can be opened, and is that of a node that is logged in. */
static int check_state(const struct adopt_config *config, struct state *state,
		       struct err_detail *detail, uint32_t *ret_handle)
{
	int r = 0;

	*ret_handle = 0;
	if (state_is_locked(state))
		r = unlock(config, state, detail, ret_handle);
	return r < 0 ? r : identity_check(state, detail);
}

/* Record */

static int parse_record(const struct secret_buf *text, struct record *ret)
{
	json_t *object auto_clean(json) = NULL;
	struct json_text dir, from = { "", 0 };
	struct err_detail detail;
	int64_t uid, gid, mode, copying = 0;
	int r;

	r = json_read(text->len ? text->data : "", text->len, &detail, &object);
	if (r < 0)
		return r;
	if (json_get_text(object, "Dir", ADOPT_PATH_MAX - 1, &dir) <= 0 ||
	    json_get_int(object, "Uid", 0, UINT32_MAX, &uid) <= 0 ||
	    json_get_int(object, "Gid", 0, UINT32_MAX, &gid) <= 0 ||
	    json_get_int(object, "Mode", 0, 07777, &mode) <= 0 ||
	    json_get_text(object, "From", ADOPT_PATH_MAX - 1, &from) < 0 ||
	    json_get_int(object, "Copying", COPYING_NOT, COPYING_GIVE,
			 &copying) < 0)
		return TNE_JSON_VALUE;
	*ret = (struct record){ .known = true, .uid = uid, .gid = gid,
				.mode = mode, .copying = copying };
	memcpy(ret->dir, dir.s, dir.len);
	memcpy(ret->from, from.s, from.len);
	return 0;
}

static int read_record(const char *path, struct err_detail *detail,
		       struct record *ret)
{
	struct secret_buf text auto_clean(secret_buf) = { 0 };
	int fd, r;

	*ret = (struct record){ 0 };
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 :
			failed(detail, "open", path);
	r = secret_buf_read(&text, fd, RECORD_MAX);
	close(fd);
	if (r == 0)
		r = parse_record(&text, ret);
	return r < 0 ? err_explain(detail, r, "%s is damaged", path) : 0;
}

static int write_record(const char *path, const struct record *record,
			struct err_detail *detail)
{
	struct secret_buf text auto_clean(secret_buf) = { 0 };
	struct json_out out = { 0 };
	int r;

	json_out_open_object(&out, NULL);
	json_out_text(&out, "Dir", record->dir);
	json_out_int(&out, "Uid", record->uid);
	json_out_int(&out, "Gid", record->gid);
	json_out_int(&out, "Mode", record->mode);
	json_out_text_if(&out, "From", record->from);
	if (record->copying)
		json_out_int(&out, "Copying", record->copying);
	json_out_close_object(&out);
	r = json_out_end(&out, &text);
	return r < 0 ? r : adopt_write_text(path, text.data, text.len, detail);
}

static int remove_record(const char *path, struct err_detail *detail)
{
	if (unlink(path) < 0 && errno != ENOENT)
		return failed(detail, "remove", path);
	return 0;
}

/* Taking */

/* The owner of before is on disk before there is another one. */
static int take_in_place(const struct adopt_config *config, const char *dir,
			 int fd, const struct record *known,
			 struct err_detail *detail)
{
	struct record record = *known;
	struct stat st;
	int r = 0;

	if (!record.known) {
		if (fstat(fd, &st) < 0)
			return failed(detail, "look at", dir);
		record = (struct record){ .uid = st.st_uid, .gid = st.st_gid,
					  .mode = st.st_mode & 07777 };
		strcpy(record.dir, dir);
		r = write_record(config->record, &record, detail);
	}
	if (r == 0)
		r = adopt_settings_add(config, dir, detail);
	if (r == 0 && fchmod(fd, 0700) < 0)
		r = failed(detail, "set the mode of", dir);
	return r < 0 ? r : adopt_give(fd, config->uid, config->gid, detail);
}

static int open_own(const char *dir, struct err_detail *detail)
{
	int fd;

	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return failed(detail, "create", dir);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? failed(detail, "open", dir) : fd;
}

static int read_state(int dir, struct secret_buf *ret)
{
	int fd = openat(dir, STATE_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
			O_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	r = secret_buf_read(ret, fd, STATE_JSON_MAX);
	close(fd);
	return r;
}

/* The file as it is: either form is the stock daemon's as well. */
static int put_state(int from, int to, struct err_detail *detail)
{
	struct secret_buf text auto_clean(secret_buf) = { 0 };
	int r = read_state(from, &text);

	if (r < 0)
		return err_explain(detail, r, "cannot read %s: %s", STATE_FILE,
				   err_text(r));
	if (r == 0)
		r = state_replace_file(state_io_system(), to, STATE_FILE,
				       text.data, text.len);
	return r < 0 ? err_explain(detail, r, "cannot write %s: %s", STATE_FILE,
				   err_text(r)) : 0;
}

static int copy_all(int from, int to, struct err_detail *detail)
{
	size_t i;
	int r = 0;

	for (i = 0; i < ARRAY_SIZE(beside) && r == 0; i++)
		r = adopt_copy(from, to, beside[i], detail);
	return r;
}

/* Nothing of somebody's is in the way, who would lose it when a copy begins anew. */
static int check_room(int to, const char *dir, struct err_detail *detail)
{
	struct stat st;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(beside); i++) {
		if (fstatat(to, beside[i], &st, AT_SYMLINK_NOFOLLOW) == 0)
			return err_explain(detail, TNE_ADOPT,
					   "%s/%s is in the way", dir,
					   beside[i]);
	}
	return 0;
}

/*
 * The chain of the lock as it is now, in the place of the one that was copied, in
 * one step. If there is none here the other one stays: a lock is never lost.
 */
static int put_chain(int from, int to, struct err_detail *detail)
{
	struct err_detail ignored;
	struct stat st;
	int tmp, r;

	if (fstatat(from, chain, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : failed(detail, "look at", chain);
	r = adopt_remove(to, aside, detail);
	if (r < 0)
		return r;
	if (mkdirat(to, aside, 0700) < 0)
		return failed(detail, "create", aside);
	tmp = openat(to, aside, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (tmp < 0)
		return failed(detail, "open", aside);
	r = adopt_copy(from, tmp, chain, detail);
	if (r == 0 && renameat2(tmp, chain, to, chain, RENAME_EXCHANGE) < 0 &&
	    (errno != ENOENT || renameat(tmp, chain, to, chain) < 0))
		r = failed(detail, "put in place", chain);
	if (r == 0 && fsync(to) < 0)
		r = failed(detail, "write", "the folder");
	close(tmp);
	if (r == 0)
		return adopt_remove(to, aside, detail);
	(void)adopt_remove(to, aside, &ignored);
	return r;
}

static int each_beside(int dir, int (*fn)(int dir, const char *name,
					  struct err_detail *detail),
		       struct err_detail *detail)
{
	size_t i;
	int r = 0;

	for (i = 0; i < ARRAY_SIZE(beside) && r == 0; i++)
		r = fn(dir, beside[i], detail);
	return r;
}

/*
 * Make room, or see that there is, and write down that a copy is being made:
 * whatever breaks it off, the same again goes on with it. @record says from
 * where to where, and which way.
 */
static int begin_copy(const struct adopt_config *config, int to,
		      const char *to_dir, const struct record *known,
		      const struct record *record, struct err_detail *detail)
{
	int r;

	/* What was broken off begins anew. */
	if (known->copying == record->copying)
		return each_beside(to, adopt_remove, detail);
	r = check_room(to, to_dir, detail);
	return r < 0 || known->foreign ? r :
		write_record(config->record, record, detail);
}

static bool same_state(int a, int b)
{
	struct secret_buf x auto_clean(secret_buf) = { 0 };
	struct secret_buf y auto_clean(secret_buf) = { 0 };

	return read_state(a, &x) == 0 && read_state(b, &y) == 0 &&
		x.len == y.len && x.len && memcmp(x.data, y.data, x.len) == 0;
}

/* Is a state there that is not the one which this began to copy? */
static bool is_taken(const struct adopt_config *config, int from, int to,
		     const struct record *known)
{
	return has_state(config->own_dir) &&
		(known->copying != COPYING_TAKE || !same_state(from, to));
}

static int take_copy(const struct adopt_config *config, const char *dir,
		     int from, const struct record *known,
		     struct err_detail *detail)
{
	struct record record = { .copying = COPYING_TAKE };
	int to, r = 0;

	if (known->known && strcmp(known->from, dir))
		return refuse(detail, " was taken over before; release it first",
			      known->from);
	/* Before anything is. */
	r = each_beside(from, adopt_check_copy, detail);
	if (r < 0)
		return r;
	to = open_own(config->own_dir, detail);
	if (to < 0)
		return to;
	if (is_taken(config, from, to, known))
		r = refuse(detail, " has a state already", config->own_dir);
	snprintf(record.dir, sizeof(record.dir), "%s", config->own_dir);
	snprintf(record.from, sizeof(record.from), "%s", dir);
	if (r == 0)
		r = begin_copy(config, to, config->own_dir, known, &record,
			       detail);
	if (r == 0)
		r = copy_all(from, to, detail);
	if (r == 0)
		r = put_state(from, to, detail);
	if (r == 0)
		r = adopt_give(to, config->uid, config->gid, detail);
	close(to);
	if (r == 0 && config->tell)
		r = adopt_settings_add(config, config->own_dir, detail);
	record.copying = COPYING_NOT;
	return r < 0 ? r : write_record(config->record, &record, detail);
}

/* Settings of a service and records of ours have room for them. */
static int check_paths(const struct adopt_config *config, const char *dir,
		       struct err_detail *detail)
{
	const char *const paths[] = { dir, config->own_dir };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(paths); i++) {
		if (!adopt_check_path(paths[i]) ||
		    strlen(paths[i]) >= ADOPT_PATH_MAX)
			return refuse(detail,
				      " cannot stand in the settings of a service",
				      paths[i]);
	}
	return 0;
}

int adopt_take(const struct adopt_config *config, struct err_detail *detail,
	       char *ret_dir)
{
	const char *dir = config->dir ? config->dir : config->stock_dir;
	struct state *state auto_clean(state) = NULL;
	struct record record;
	uint32_t handle;
	int r;

	r = check_paths(config, dir, detail);
	if (r < 0)
		return r;
	if (!has_state(dir))
		return refuse(detail, " has no node in it", dir);
	r = read_record(config->record, detail, &record);
	if (r == 0 && record.known &&
	    strcmp(record.dir, config->copy ? config->own_dir : dir) != 0)
		r = refuse(detail, " was taken over before; release it first",
			   record.dir);
	if (r == 0)
		r = check_stopped(config, detail);
	if (r == 0)
		r = state_open(dir, state_io_system(), detail, &state);
	if (r < 0)
		return r;
	r = check_state(config, state, detail, &handle);
	if (r == 0)
		r = config->copy ?
			take_copy(config, dir, state_dir(state), &record,
				  detail) :
			take_in_place(config, dir, state_dir(state), &record,
				      detail);
	if (r < 0 || config->copy)
		state_leave(state);
	if (r == 0)
		strcpy(ret_dir, config->copy ? config->own_dir : dir);
	return r;
}

/* Giving back */

static int give_in_place(const struct adopt_config *config, int fd,
			 const struct record *record, struct err_detail *detail)
{
	int r = adopt_settings_remove(config, detail);

	/* It would be an older node to go back to. */
	if (r == 0 && unlinkat(fd, STATE_PREV_FILE, 0) < 0 && errno != ENOENT)
		r = failed(detail, "remove", STATE_PREV_FILE);
	if (r == 0)
		r = adopt_give(fd, record->uid, record->gid, detail);
	if (r == 0 && fchmod(fd, record->mode) < 0)
		r = failed(detail, "set the mode of", "the folder");
	/* Last, so that all of it can be done again. */
	return r < 0 ? r : remove_record(config->record, detail);
}

/* What was given away is in nobody's way; nothing depends on it any more. */
static void set_aside(int dir)
{
	struct err_detail ignored;
	char name[32];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(beside); i++) {
		snprintf(name, sizeof(name), "%s.released", beside[i]);
		if (faccessat(dir, beside[i], F_OK, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		(void)adopt_remove(dir, name, &ignored);
		(void)renameat(dir, beside[i], dir, name);
	}
	(void)unlinkat(dir, STATE_PREV_FILE, 0);
}

/* Broken off when all was done but this. */
static int end_release(const struct adopt_config *config, const char *dir,
		       struct err_detail *detail)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0) {
		set_aside(fd);
		close(fd);
	}
	return remove_record(config->record, detail);
}

/* What was copied from there is there, as it was then: only the chain goes back. */
static int give_beside(const struct adopt_config *config, int from, int to,
		       const char *to_dir, const struct record *known,
		       const struct record *record, struct err_detail *detail)
{
	int r;

	if (known->known && known->copying == COPYING_TAKE)
		return 0;
	if (known->known && known->copying == COPYING_NOT)
		return put_chain(from, to, detail);
	r = begin_copy(config, to, to_dir, known, record, detail);
	return r < 0 ? r : copy_all(from, to, detail);
}

static int give_copy(const struct adopt_config *config, int from,
		     const char *from_dir, const char *dir,
		     const struct record *known, struct err_detail *detail)
{
	struct record record = { .copying = COPYING_GIVE };
	bool is_copy = known->known && known->copying != COPYING_GIVE;
	int to, r;

	/* Before anything changes. */
	r = is_copy ? adopt_check_copy(from, chain, detail) :
		      each_beside(from, adopt_check_copy, detail);
	if (r < 0)
		return r;
	to = open_own(dir, detail);
	if (to < 0)
		return to;
	snprintf(record.dir, sizeof(record.dir), "%s", from_dir);
	snprintf(record.from, sizeof(record.from), "%s", dir);
	if (known->known)
		r = adopt_settings_remove(config, detail);
	if (r == 0)
		r = give_beside(config, from, to, dir, known, &record, detail);
	if (r == 0)
		r = put_state(from, to, detail);
	close(to);
	if (r == 0 && renameat(from, STATE_FILE, from,
			       STATE_FILE ".released") < 0)
		r = failed(detail, "rename", STATE_FILE);
	if (r == 0)
		set_aside(from);
	return r < 0 || known->foreign ? r :
		remove_record(config->record, detail);
}

static int give_back(const struct adopt_config *config, struct state *state,
		     const char *dir, const struct record *record,
		     struct err_detail *detail, char *ret_dir)
{
	const char *to = config->stock_dir;
	int r;

	if (record->known && !record->from[0]) {
		r = give_in_place(config, state_dir(state), record, detail);
		if (r == 0)
			strcpy(ret_dir, record->dir);
		return r;
	}
	if (record->known)
		to = record->from;
	else if (has_state(to))
		return refuse(detail, " has a state already", to);
	r = give_copy(config, state_dir(state), dir, to, record, detail);
	if (r == 0)
		snprintf(ret_dir, ADOPT_PATH_MAX, "%s", to);
	return r;
}

int adopt_release(const struct adopt_config *config, struct err_detail *detail,
		  char *ret_dir)
{
	struct state *state auto_clean(state) = NULL;
	const char *dir = config->dir;
	struct record record;
	uint32_t handle = 0;
	int r = read_record(config->record, detail, &record);

	if (r < 0)
		return r;
	if (!dir)
		dir = record.known ? record.dir : config->own_dir;
	r = check_paths(config, dir, detail);
	if (r < 0)
		return r;
	/* Of another node. */
	if (record.known && strcmp(record.dir, dir) != 0)
		record = (struct record){ .foreign = true };
	if (record.known && record.from[0] && !has_state(dir) &&
	    has_state(record.from)) {
		snprintf(ret_dir, ADOPT_PATH_MAX, "%s", record.from);
		return end_release(config, dir, detail);
	}
	if (!has_state(dir))
		return refuse(detail, " has no node in it", dir);
	r = check_stopped(config, detail);
	if (r == 0)
		r = state_open(dir, state_io_system(), detail, &state);
	if (r == 0)
		r = check_state(config, state, detail, &handle);
	if (r == 0 && handle)
		r = refuse(detail, " is sealed under a persistent key of the TPM, which the stock daemon does not use; make it plain first: start the agent once with --encrypt-state=false",
			   dir);
	if (r == 0)
		r = config->check_lock(state, detail);
	if (r == 0)
		r = give_back(config, state, dir, &record, detail, ret_dir);
	if (r == 0 && strcmp(ret_dir, dir) == 0)
		state_forget_lock(state);
	else if (state)
		state_leave(state);
	return r;
}
