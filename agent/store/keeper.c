// SPDX-License-Identifier: GPL-2.0-only
#include "store/keeper.h"

#include "base/log.h"
#include "store/keeper_core.h"
#include "store/fallback.h"
#include "store/file_check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#define BIT(n) (1u << (n))

static const unsigned int next_phases[KEEPER_PHASES] = {
	[KEEPER_ASKING] = BIT(KEEPER_WAITING) | BIT(KEEPER_STUCK) |
			  BIT(KEEPER_OPEN),
	[KEEPER_WAITING] = BIT(KEEPER_ASKING),
	[KEEPER_STUCK] = BIT(KEEPER_ASKING),
	[KEEPER_OPEN] = BIT(KEEPER_STUCK),
};

static const char *const phase_names[KEEPER_PHASES] = {
	[KEEPER_ASKING] = "asking the TPM",
	[KEEPER_WAITING] = "waiting for the TPM",
	[KEEPER_STUCK] = "cannot be opened",
	[KEEPER_OPEN] = "open",
};

void keeper_changed(struct keeper *keeper)
{
	if (keeper->calls.changed)
		keeper->calls.changed(keeper->calls.ctx);
}

void keeper_enter(struct keeper *keeper, enum keeper_phase phase)
{
	if (phase == keeper->phase)
		return;
	if (!(next_phases[keeper->phase] & BIT(phase)))
		abort();
	/* A TPM that stays away is asked a thousand times a day. */
	if (keeper->tries > 1 && phase != KEEPER_OPEN)
		log_debug("store: the state: %s", phase_names[phase]);
	else
		log_info("store: the state: %s", phase_names[phase]);
	keeper->phase = phase;
	loop_timer_cancel(keeper->config.loop, &keeper->retry);
	if (phase == KEEPER_WAITING)
		loop_timer_set(keeper->config.loop, &keeper->retry,
			       seal_plan_wait_ms(&keeper->probe,
						 keeper->tries));
	keeper_changed(keeper);
}

#define WAY_MAX 280	/* of struct err_detail; why and the way out share it */
#define PATH_SHOWN 120

/* What to do about it, in the same breath. */
static void way_out(const struct keeper *keeper, int err, char ret[WAY_MAX])
{
	*ret = 0;
	switch (err) {
	case TNE_TPM_FOREIGN:
		snprintf(ret, WAY_MAX, "; a reset or new firmware of the TPM does this, \"tailnet debug state recover\" takes the recovery key");
		break;
	case TNE_STATE_ROLLBACK:
		snprintf(ret, WAY_MAX, "; \"tailnet debug state accept-rollback\" goes on with it, and a new login");
		break;
	case TNE_STATE_FORMAT:
	case TNE_STATE_TAG:
	case TNE_STATE_IDENTITY:
		if (!keeper->config.dir)
			break;
		snprintf(ret, WAY_MAX, "; put a copy of %.*s/" STATE_FILE " that is whole in its place, or move it away and log in as a new node; then start the agent again",
			 PATH_SHOWN, keeper->config.dir);
		break;
	}
}

static void set_why(struct keeper *keeper, int err,
		    const struct err_detail *detail)
{
	const char *text = detail && detail->text[0] ? detail->text :
						       err_text(err);
	/* People are told to look for these words. */
	const char *what = "failed to unseal state file: ", *slash = "";
	const char *dir = "";
	char way[WAY_MAX];
	int room;

	if (keeper->closed)
		what = "failed to open state file: ";
	else if (!state_is_sealed(keeper->state))
		what = "failed to seal state file: ";
	else if (keeper->config.flag == OPT_TRUE && err == TNE_TPM_ABSENT)
		what = "failed to unseal state file: --encrypt-state is not supported on this device or a TPM is not accessible: ";
	if (keeper->config.dir &&
	    strncmp(text, STATE_FILE, strlen(STATE_FILE)) == 0) {
		dir = keeper->config.dir;
		slash = "/";
	}
	way_out(keeper, err, way);
	keeper->err = err;
	room = sizeof(keeper->why.text) - strlen(what) - strlen(way) - 1 -
		strnlen(dir, PATH_SHOWN) - strlen(slash);
	err_explain(&keeper->why, err, "%s%.*s%s%.*s%s", what, PATH_SHOWN, dir,
		    slash, room > 0 ? room : 0, text, way);
}

/* So that afterwards it can be told that nobody has touched it. */
static void log_hash(const struct keeper *keeper)
{
	struct secret_buf text auto_clean(secret_buf) = { 0 };
	uint8_t hash[crypto_hash_sha256_BYTES];
	char hex[2 * sizeof(hash) + 1];
	int fd;

	if (state_dir(keeper->state) < 0)
		return;
	fd = openat(state_dir(keeper->state), STATE_FILE, O_RDONLY |
		    O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return;
	if (secret_buf_read(&text, fd, STATE_JSON_MAX) == 0) {
		crypto_hash_sha256(hash, (const unsigned char *)text.data,
				   text.len);
		sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
		log_info("store: SHA-256 of " STATE_FILE ": %s", hex);
	}
	close(fd);
}

void keeper_stick(struct keeper *keeper, int err,
		  const struct err_detail *detail)
{
	set_why(keeper, err, detail);
	log_err("store: %s; the file is left as it is", keeper->why.text);
	log_hash(keeper);
	if (keeper->phase != KEEPER_OPEN)
		keeper_enter(keeper, KEEPER_ASKING);
	keeper_enter(keeper, KEEPER_STUCK);
}

void keeper_reject(struct keeper *keeper, int err,
		   const struct err_detail *detail)
{
	struct err_detail why;

	if (keeper->phase != KEEPER_OPEN)
		return;
	/* Nothing is to be written to it any more. */
	tpm_job_free(steal(keeper->job));
	loop_timer_cancel(keeper->config.loop, &keeper->rotate);
	loop_timer_cancel(keeper->config.loop, &keeper->count_retry);
	keeper->counting = false;
	err_explain(&why, err, "%s", detail->text[0] ? detail->text :
						       err_text(err));
	keeper->closed = true;
	keeper_stick(keeper, err, &why);
}

void keeper_put_off(struct keeper *keeper, int err,
		    const struct err_detail *detail)
{
	struct seal_probe probe = keeper->probe;

	probe.err = err;
	if (!seal_plan_wait_ms(&probe, 1)) {
		keeper_stick(keeper, err, detail);
		return;
	}
	keeper->probe.err = err;
	set_why(keeper, err, detail);
	/* Once; then only what the status says. */
	if (keeper->tries <= 1) {
		log_err("store: %s; trying again", keeper->why.text);
		log_hash(keeper);
	}
	keeper_enter(keeper, KEEPER_WAITING);
}

/* Jobs */

int keeper_ask(struct keeper *keeper, enum tpm_op op,
	       void (*fill)(struct keeper *keeper, struct tpm_request *req),
	       tpm_job_fn fn)
{
	struct tpm_job *job auto_clean(tpm_job) = NULL;
	struct tpm_request *req;
	int r;

	if (keeper->job)
		return -EBUSY;
	r = tpm_job_new(keeper->config.loop, &job);
	if (r < 0)
		return r;
	req = tpm_job_request(job);
	req->op = op;
	req->options = *keeper->tpm;
	req->options.parent.len = 0;
	req->options.handle = 0;
	if (fill)
		fill(keeper, req);
	r = tpm_job_start(job, TPM_JOB_TIMEOUT_MS, fn, keeper);
	if (r == 0)
		keeper->job = steal(job);
	return r;
}

void keeper_answered(struct keeper *keeper, const struct tpm_answer *answer)
{
	keeper->job = NULL;
	keeper->probe.err = answer->err;
	keeper->probe.took_ms = answer->took_ms;
	if (answer->has_facts) {
		keeper->probe.facts = answer->facts;
		keeper->probe_known = true;
	}
}

void keeper_fill_parent(struct keeper *keeper, struct tpm_request *req)
{
	const struct seal_extras *extras = &keeper->extras;

	req->options.handle = extras->handle;
	memcpy(req->options.parent.byte, extras->parent, extras->parent_len);
	req->options.parent.len = extras->parent_len;
}

/* The file beside */

static int read_extras(struct keeper *keeper, int fd, struct err_detail *detail)
{
	struct secret_buf text = { 0 };
	int r = secret_buf_read(&text, fd, SEAL_JSON_MAX);

	if (r == 0)
		r = seal_json_parse(text.len ? text.data : "", text.len, detail,
				    &keeper->extras);
	secret_buf_done(&text);
	return r;
}

/*
 * A damaged one must not cost the node: the TPM opens the state without it. It
 * is left alone, since the recovery key is of no use without it.
 */
static void load_extras(struct keeper *keeper)
{
	struct err_detail detail = { "" };
	int fd, r;

	fd = file_check_open(state_dir(keeper->state), KEEPER_EXTRAS_FILE,
			     SEAL_JSON_MAX, &detail);
	if (fd == -ENOENT)
		return;
	r = fd < 0 ? fd : read_extras(keeper, fd, &detail);
	if (fd >= 0)
		close(fd);
	if (r == 0)
		return;
	keeper->extras_bad = true;
	log_warning("store: %s cannot be used: %s", KEEPER_EXTRAS_FILE,
		    detail.text[0] ? detail.text : err_text(r));
}

int keeper_save_extras(struct keeper *keeper, const struct seal_extras *extras)
{
	struct secret_buf text = { 0 };
	int r;

	if (keeper->extras_bad)
		return TNE_STATE_FORMAT;
	if (memcmp(extras, &keeper->extras, sizeof(*extras)) == 0)
		return 0;
	r = seal_json_build(extras, &text);
	if (r == 0)
		r = state_replace_file(keeper->config.io,
				       state_dir(keeper->state),
				       KEEPER_EXTRAS_FILE, text.data,
				       text.len);
	secret_buf_done(&text);
	if (r < 0)
		return r;
	keeper->extras = *extras;
	return 0;
}

void keeper_set_parent(const struct tpm_answer *answer,
		       struct seal_extras *extras)
{
	/* What is behind its length is compared as well. */
	memset(extras->parent, 0, sizeof(extras->parent));
	memcpy(extras->parent, answer->parent.byte, answer->parent.len);
	extras->parent_len = answer->parent.len;
	extras->handle = answer->handle;
}

/* Opening */

void keeper_opened(struct keeper *keeper)
{
	keeper->err = 0;
	keeper->why.text[0] = 0;
	keeper_enter(keeper, KEEPER_OPEN);
	if (state_is_sealed(keeper->state))
		keeper_check_recovery(keeper);
	keeper_write_begin(keeper);
	keeper->calls.opened(keeper->calls.ctx);
}

void keeper_unlocked(struct keeper *keeper)
{
	if (!keeper_count_begin(keeper))
		keeper_opened(keeper);
}

static void give_wish(const struct keeper *keeper, struct seal_wish *ret)
{
	*ret = (struct seal_wish){
		.flag = keeper->config.flag,
		.policy = keeper->config.policy,
		.sealed = state_is_sealed(keeper->state),
		.is_new = state_is_new(keeper->state),
	};
}

/* The key is there. */
static int unlock(struct keeper *keeper, const uint8_t *bytes,
		  struct err_detail *detail)
{
	struct secret32 *key auto_clean(secret32) = secret32_new();
	int r;

	if (!key)
		return err_explain(detail, -ENOMEM, "%s", err_text(-ENOMEM));
	memcpy(secret32_expose(key), bytes, SECRET_LEN);
	r = state_unlock(keeper->state, key, detail);
	if (r == 0)
		(void)steal(key);
	return r;
}

static void note_parent(struct keeper *keeper, const struct tpm_answer *answer)
{
	struct seal_extras extras = keeper->extras;
	int r;

	if (extras.parent_len)
		return;
	keeper_set_parent(answer, &extras);
	r = keeper_save_extras(keeper, &extras);
	if (r < 0 && !keeper->extras_bad)
		log_warning("store: cannot write %s: %s", KEEPER_EXTRAS_FILE,
			    err_text(r));
}

/* For whoever wants to look, before somebody deletes it in despair. */
static void copy_damaged(struct keeper *keeper, struct err_detail *detail)
{
	const struct err_detail why = *detail;
	char name[NAME_MAX + 1];

	if (fallback_copy_damaged(keeper->config.io, state_dir(keeper->state),
			       name) == 0)
		err_explain(detail, TNE_STATE_TAG, "%.200s; there is a copy, %s",
			    why.text, name);
}

static void use_unsealed(struct keeper *keeper, enum seal_act act,
			 const struct tpm_answer *answer)
{
	struct err_detail detail = { "" };
	int r = unlock(keeper, answer->key, &detail);

	if (r < 0) {
		if (r == TNE_STATE_TAG)
			copy_damaged(keeper, &detail);
		keeper_stick(keeper, r, &detail);
		return;
	}
	keeper->old_blob |= answer->old;
	if (act == SEAL_ACT_UNSEAL) {
		keeper_make_plain(keeper);
		return;
	}
	if (keeper->config.flag == OPT_UNSET)
		log_notice("store: the state is sealed, and stays so; --encrypt-state=false would undo it");
	note_parent(keeper, answer);
	keeper_unlocked(keeper);
}

static void explain_facts(const struct keeper *keeper)
{
	const struct tpm_facts *facts = &keeper->probe.facts;

	if (!keeper->probe_known || keeper->probe.err != TNE_TPM_LOCKOUT)
		return;
	log_warning("store: the TPM counts %u of %u failures, one is forgotten every %u s; \"tpm2_dictionarylockout --clear-lockout\" ends the lockout at once",
		    facts->lockout_count, facts->lockout_max,
		    facts->lockout_interval_s);
}

static void wait_for_tpm(struct keeper *keeper, const struct tpm_answer *answer)
{
	keeper_put_off(keeper, answer->err, &answer->detail);
	if (keeper->tries == 1)
		explain_facts(keeper);
}

static void stay_plain(struct keeper *keeper, const struct tpm_answer *answer)
{
	/* There is a TPM that works, so somebody may wonder. */
	if (answer->err == 0)
		keeper_warn_plain(keeper, "state-encryption-unavailable",
				  seal_plan_refuses(&keeper->probe));
	else
		log_notice("store: the state is not sealed: %s",
			   answer->detail.text);
	keeper_unlocked(keeper);
}

static void on_answer(void *ctx, const struct tpm_answer *answer)
{
	struct keeper *keeper = ctx;
	struct seal_wish wish;
	enum seal_act act;

	keeper_answered(keeper, answer);
	keeper->tries++;
	give_wish(keeper, &wish);
	act = seal_plan_act(&wish, &keeper->probe);
	switch (act) {
	case SEAL_ACT_PLAIN:
		/* Slow may have been the machine, which was being started. */
		if (answer->err == 0 && keeper->tries == 1) {
			loop_later_set(keeper->config.loop, &keeper->later);
			break;
		}
		stay_plain(keeper, answer);
		break;
	case SEAL_ACT_PLAIN_WARN:
		keeper_warn_plain(keeper, "state-encryption-unavailable",
				  answer->detail.text);
		keeper_unlocked(keeper);
		break;
	case SEAL_ACT_SEAL:
		keeper_begin_first_seal(keeper);
		break;
	case SEAL_ACT_KEEP:
	case SEAL_ACT_UNSEAL:
		use_unsealed(keeper, act, answer);
		break;
	case SEAL_ACT_WAIT:
		wait_for_tpm(keeper, answer);
		break;
	case SEAL_ACT_STUCK:
		keeper_stick(keeper, answer->err, &answer->detail);
		break;
	case SEAL_ACT_EXIT:
		keeper_fail(keeper, answer->detail.text);
		break;
	}
}

static void fill_blob(struct keeper *keeper, struct tpm_request *req)
{
	req->blob = *state_blob(keeper->state);
	keeper_fill_parent(keeper, req);
}

static void begin(void *ctx)
{
	struct keeper *keeper = ctx;
	struct err_detail detail = { "" };
	struct seal_wish wish;
	int r = 0;

	if (keeper->closed) {
		detail = keeper->why;
		keeper_stick(keeper, keeper->err, &detail);
		return;
	}
	give_wish(keeper, &wish);
	switch (seal_plan_ask(&wish)) {
	case SEAL_ASK_NOTHING:
		keeper_recall_plain(keeper);
		if (!keeper->config.dir || keeper->config.flag == OPT_FALSE ||
		    access("/dev/tpmrm0", F_OK) < 0)
			break;
		log_notice("store: the state is not sealed; --encrypt-state has the TPM seal it");
		break;
	case SEAL_ASK_PROBE:
		r = keeper_ask(keeper, TPM_OP_PROBE, NULL, on_answer);
		if (r == 0)
			return;
		break;
	case SEAL_ASK_UNSEAL:
		r = keeper_ask(keeper, TPM_OP_UNSEAL, fill_blob, on_answer);
		if (r == 0)
			return;
		break;
	}
	if (r == 0) {
		keeper_unlocked(keeper);
		return;
	}
	err_explain(&detail, r, "cannot start a process: %s", err_text(r));
	keeper->tries++;
	keeper_put_off(keeper, r, &detail);
}

static void retry_due(void *ctx)
{
	struct keeper *keeper = ctx;

	keeper_enter(keeper, KEEPER_ASKING);
	/* The key is there already, it was the counter that could not be had. */
	if (state_is_sealed(keeper->state) && !state_is_locked(keeper->state)) {
		keeper->tries++;
		keeper_unlocked(keeper);
		return;
	}
	begin(keeper);
}

/* Beginning and end */

/* Return: 0 if an older file has taken its place. */
static int restore(struct keeper *keeper, struct err_detail *detail)
{
	struct err_detail other;
	char copy[NAME_MAX + 1];
	int r;

	r = fallback_restore(keeper->config.dir, keeper->config.io, &other, copy);
	if (r == 0)
		r = state_open(keeper->config.dir, keeper->config.io, &other,
			       &keeper->state);
	if (r < 0)
		return r;
	keeper->note_code = "state-restored";
	snprintf(keeper->note, sizeof(keeper->note),
		 "the state file was damaged (%.100s), an older one has taken its place; the damaged one is %.100s",
		 detail->text, *copy ? copy : "gone, there are copies enough");
	log_warning("store: %s", keeper->note);
	/* As after any restoring: with a new data key. */
	keeper->old_blob = true;
	return 0;
}

/*
 * The file cannot be read. What is damaged may have an older one beside it,
 * unless there is a counter, for which that is an attack. And else somebody has
 * to be there who says what is wrong: to end, and be started, and end would say
 * it to nobody.
 */
static int go_back(struct keeper *keeper, int err, struct err_detail *detail)
{
	int r;

	if (err == -EBUSY || err == -ENOMEM)
		return err;
	if (err == TNE_STATE_FORMAT && !keeper->config.counter &&
	    restore(keeper, detail) == 0)
		return 0;
	if (!detail->text[0])
		err_explain(detail, err, "%s", err_text(err));
	r = state_closed(keeper->config.dir, &keeper->state);
	if (r < 0)
		return r;
	keeper->closed = true;
	keeper->err = err;
	keeper->why = *detail;
	return 0;
}

static int open_state(struct keeper *keeper, struct err_detail *detail)
{
	int r;

	if (!keeper->config.dir) {
		if (keeper->config.flag == OPT_TRUE)
			return err_explain(detail, TNE_CONF_SYNTAX,
					   "--encrypt-state can only be used with --state set to a local file path");
		keeper->config.flag = OPT_FALSE;
		return state_memory(&keeper->state);
	}
	r = state_open(keeper->config.dir, keeper->config.io, detail,
		       &keeper->state);
	if (r < 0)
		r = go_back(keeper, r, detail);
	if (r < 0 || keeper->closed)
		return r;
	if (state_mode_was_wrong(keeper->state))
		log_warning("store: others could read the state file; corrected");
	if (state_was_foreign(keeper->state))
		log_warning("store: the state file was another user's; when it is written next it is ours");
	load_extras(keeper);
	return 0;
}

int keeper_new(const struct keeper_config *config,
	       const struct keeper_calls *calls, struct err_detail *detail,
	       struct keeper **ret)
{
	struct keeper *keeper auto_clean(keeper) = calloc(1, sizeof(*keeper));
	int r;

	if (!keeper)
		return -ENOMEM;
	keeper->config = *config;
	keeper->config.tpm = NULL;
	keeper->calls = *calls;
	loop_timer_init(&keeper->retry, retry_due, keeper);
	loop_later_init(&keeper->later, begin, keeper);
	keeper_count_init(keeper);
	keeper_write_init(keeper);
	keeper->tpm = tpm_options_new();
	if (!keeper->tpm)
		return -ENOMEM;
	if (config->tpm)
		*keeper->tpm = *config->tpm;
	r = open_state(keeper, detail);
	if (r < 0)
		return r;
	loop_later_set(config->loop, &keeper->later);
	*ret = steal(keeper);
	return 0;
}

void keeper_free(struct keeper *keeper)
{
	const struct err_detail nothing = { "" };
	keeper_done_fn fn;

	if (!keeper)
		return;
	fn = steal(keeper->fn);
	if (fn)
		fn(keeper->ctx, -ECANCELED, &nothing, NULL);
	tpm_job_free(keeper->job);
	loop_timer_cancel(keeper->config.loop, &keeper->retry);
	loop_timer_cancel(keeper->config.loop, &keeper->count_retry);
	loop_timer_cancel(keeper->config.loop, &keeper->rotate);
	loop_timer_cancel(keeper->config.loop, &keeper->settle);
	loop_later_cancel(&keeper->later);
	secret32_free(keeper->fresh);
	secret32_free(keeper->recovery);
	tpm_options_free(keeper->tpm);
	state_close(keeper->state);
	secret_wipe(keeper, sizeof(*keeper));
	free(keeper);
}

struct state *keeper_state(const struct keeper *keeper)
{
	return keeper->state;
}

enum keeper_phase keeper_phase(const struct keeper *keeper)
{
	return keeper->phase;
}
