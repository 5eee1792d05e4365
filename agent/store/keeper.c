// SPDX-License-Identifier: GPL-2.0-only
#include "store/keeper.h"

#include "base/log.h"
#include "store/keeper_core.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BIT(n) (1u << (n))

static const unsigned int next_phases[KEEPER_PHASES] = {
	[KEEPER_ASKING] = BIT(KEEPER_WAITING) | BIT(KEEPER_STUCK) |
			  BIT(KEEPER_OPEN),
	[KEEPER_WAITING] = BIT(KEEPER_ASKING),
	[KEEPER_STUCK] = BIT(KEEPER_ASKING),
	[KEEPER_OPEN] = 0,
};

static const char *const phase_names[KEEPER_PHASES] = {
	[KEEPER_ASKING] = "asking the TPM",
	[KEEPER_WAITING] = "waiting for the TPM",
	[KEEPER_STUCK] = "cannot be opened",
	[KEEPER_OPEN] = "open",
};

static void changed(struct keeper *keeper)
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
	changed(keeper);
}

static void set_why(struct keeper *keeper, int err,
		    const struct err_detail *detail)
{
	const char *text = detail && detail->text[0] ? detail->text :
						       err_text(err);

	keeper->err = err;
	/* People are told to look for these words. */
	err_explain(&keeper->why, err, "failed to unseal state file: %.230s%s",
		    text, err != TNE_TPM_FOREIGN ? "" :
		    "; a reset or new firmware of the TPM does this, \"tailnet debug state recover\" takes the recovery key");
}

void keeper_stick(struct keeper *keeper, int err,
		  const struct err_detail *detail)
{
	set_why(keeper, err, detail);
	log_err("store: %s; the file is left as it is", keeper->why.text);
	keeper_enter(keeper, KEEPER_ASKING);
	keeper_enter(keeper, KEEPER_STUCK);
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
	if (keeper->tries <= 1)
		log_err("store: %s; trying again", keeper->why.text);
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
	req->options = keeper->config.tpm;
	req->options.parent.len = 0;
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

/* The storage key has to be the one that we know, if we do. */
static void fill_parent(struct keeper *keeper, struct tpm_request *req)
{
	const struct seal_extras *extras = &keeper->extras;

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

	fd = openat(state_dir(keeper->state), KEEPER_EXTRAS_FILE,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return;
	r = fd < 0 ? -errno : read_extras(keeper, fd, &detail);
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

static void set_parent(const struct tpm_answer *answer,
		       struct seal_extras *extras)
{
	/* What is behind its length is compared as well. */
	memset(extras->parent, 0, sizeof(extras->parent));
	memcpy(extras->parent, answer->parent.byte, answer->parent.len);
	extras->parent_len = answer->parent.len;
}

/* Opening */

void keeper_opened(struct keeper *keeper)
{
	struct err_detail detail = { "" };

	keeper->err = 0;
	keeper->why.text[0] = 0;
	keeper_enter(keeper, KEEPER_OPEN);
	if (state_is_sealed(keeper->state)) {
		keeper_check_recovery(keeper);
		/*
		 * The recovery key has opened what no TPM did, or the blob can
		 * be locked out: seal it as we would now.
		 */
		if ((keeper->old_blob || keeper->recovered) &&
		    keeper_reseal(keeper, &detail, NULL, NULL) < 0)
			log_warning("store: %s", detail.text);
	}
	keeper->calls.opened(keeper->calls.ctx);
}

void keeper_unlocked(struct keeper *keeper)
{
	if (!keeper_count_begin(keeper))
		keeper_opened(keeper);
}

static void warn_plain(struct keeper *keeper, const char *code, const char *why)
{
	keeper->note_code = code;
	snprintf(keeper->note, sizeof(keeper->note),
		 "the state is not sealed: %.250s", why);
	log_warning("store: %s", keeper->note);
}

static void fail(struct keeper *keeper, const char *why)
{
	struct err_detail detail;

	err_explain(&detail, TNE_TPM_UNFIT,
		    "--encrypt-state is not supported on this device or a TPM is not accessible: %s",
		    why);
	keeper->calls.failed(keeper->calls.ctx, TNE_TPM_UNFIT, &detail);
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

static void fill_fresh(struct keeper *keeper, struct tpm_request *req)
{
	memcpy(req->key, secret32_expose(keeper->fresh), SECRET_LEN);
	/* A first seal, or one after the storage key has changed, takes any. */
	if (state_is_sealed(keeper->state) && !keeper->recovered)
		fill_parent(keeper, req);
}

static int make_fresh(struct keeper *keeper)
{
	secret32_free(keeper->fresh);
	keeper->fresh = secret32_new();
	if (!keeper->fresh)
		return -ENOMEM;
	secret_random(keeper->fresh);
	return 0;
}

/*
 * First the file beside with both wraps, then the state: whichever of the two
 * keys a crash leaves in use, the recovery key opens it.
 */
static int store_sealed(struct keeper *keeper, const struct tpm_answer *answer,
			struct err_detail *detail)
{
	struct seal_extras extras = keeper->extras;
	int r = 0;

	if (!state_is_sealed(keeper->state))
		r = keeper_forget_recovery(keeper, &extras, detail);
	if (r < 0)
		return r;
	set_parent(answer, &extras);
	keeper_add_wrap(keeper, keeper->fresh, &extras);
	r = keeper_save_extras(keeper, &extras);
	if (r < 0 && !keeper->extras_bad)
		return err_explain(detail, r, "cannot write %s: %s",
				   KEEPER_EXTRAS_FILE, err_text(r));
	r = state_seal(keeper->state, keeper->fresh, &answer->blob, detail);
	if (r < 0)
		return r;
	keeper->fresh = NULL;
	keeper->old_blob = false;
	keeper->recovered = false;
	extras = keeper->extras;
	keeper_drop_wraps(keeper, &extras);
	/* One wrap too many does no harm. */
	(void)keeper_save_extras(keeper, &extras);
	return 0;
}

static void on_first_sealed(void *ctx, const struct tpm_answer *answer)
{
	struct keeper *keeper = ctx;
	struct err_detail detail = answer->detail;
	bool was_new = state_is_new(keeper->state);
	int r = answer->err;

	keeper_answered(keeper, answer);
	if (r == 0)
		r = store_sealed(keeper, answer, &detail);
	if (r == 0) {
		keeper->first_seal = true;
		log_notice(was_new ? "store: the state of this new node is sealed by the TPM" :
			   "store: migrated \"%s/" STATE_FILE "\" from plaintext to TPM-sealed format; \"tailnet up --force-reauth\" replaces the keys that a backup may have",
			   keeper->config.dir);
		keeper_unlocked(keeper);
		return;
	}
	if (!detail.text[0])
		err_explain(&detail, r, "%s", err_text(r));
	if (keeper->config.flag == OPT_TRUE) {
		fail(keeper, detail.text);
		return;
	}
	warn_plain(keeper, "state-encryption-unavailable", detail.text);
	keeper_unlocked(keeper);
}

static void begin_first_seal(struct keeper *keeper)
{
	int r = make_fresh(keeper);

	if (r == 0)
		r = keeper_ask(keeper, TPM_OP_SEAL, fill_fresh,
			       on_first_sealed);
	if (r == 0)
		return;
	if (keeper->config.flag == OPT_TRUE) {
		fail(keeper, err_text(r));
		return;
	}
	warn_plain(keeper, "state-encryption-unavailable", err_text(r));
	keeper_unlocked(keeper);
}

static void make_plain(struct keeper *keeper)
{
	static const char *const drop[] = { KEEPER_SEAL_ENTRY,
					    KEEPER_KEK_ENTRY, NULL };
	struct err_detail detail = { "" };
	int r = state_unseal(keeper->state, drop, &detail);

	if (r < 0) {
		/* It is open, and as safe as before. */
		log_err("store: %s", detail.text);
		keeper->note_code = "state-write-failed";
		snprintf(keeper->note, sizeof(keeper->note), "%.280s",
			 detail.text);
		keeper_unlocked(keeper);
		return;
	}
	(void)keeper->config.io->unlinkat(state_dir(keeper->state),
					  KEEPER_EXTRAS_FILE, 0);
	memset(&keeper->extras, 0, sizeof(keeper->extras));
	log_notice("store: migrated \"%s/" STATE_FILE "\" from TPM-sealed to plaintext format",
		   keeper->config.dir);
	warn_plain(keeper, "state-decrypted", "--encrypt-state=false has undone it");
	keeper_unlocked(keeper);
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
	set_parent(answer, &extras);
	r = keeper_save_extras(keeper, &extras);
	if (r < 0 && !keeper->extras_bad)
		log_warning("store: cannot write %s: %s", KEEPER_EXTRAS_FILE,
			    err_text(r));
}

static void use_unsealed(struct keeper *keeper, enum seal_act act,
			 const struct tpm_answer *answer)
{
	struct err_detail detail = { "" };
	int r = unlock(keeper, answer->key, &detail);

	if (r < 0) {
		keeper_stick(keeper, r, &detail);
		return;
	}
	keeper->old_blob = answer->old;
	if (act == SEAL_ACT_UNSEAL) {
		make_plain(keeper);
		return;
	}
	if (keeper->config.flag == OPT_UNSET)
		log_info("store: the state is sealed, and stays so; --encrypt-state=false would undo it");
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
		log_notice("store: the state is not sealed: %s",
			   answer->err < 0 ? answer->detail.text :
			   seal_plan_refuses(&keeper->probe));
		keeper_unlocked(keeper);
		break;
	case SEAL_ACT_PLAIN_WARN:
		warn_plain(keeper, "state-encryption-unavailable",
			   answer->detail.text);
		keeper_unlocked(keeper);
		break;
	case SEAL_ACT_SEAL:
		begin_first_seal(keeper);
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
		fail(keeper, answer->detail.text);
		break;
	}
}

static void fill_blob(struct keeper *keeper, struct tpm_request *req)
{
	req->blob = *state_blob(keeper->state);
	fill_parent(keeper, req);
}

static void begin(void *ctx)
{
	struct keeper *keeper = ctx;
	struct err_detail detail = { "" };
	struct seal_wish wish;
	int r = 0;

	give_wish(keeper, &wish);
	switch (seal_plan_ask(&wish)) {
	case SEAL_ASK_NOTHING:
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

/* Sealing anew */

void keeper_finish(struct keeper *keeper, int err,
		   const struct err_detail *detail, const char *text)
{
	keeper_done_fn fn = steal(keeper->fn);

	if (fn)
		fn(steal(keeper->ctx), err, detail, text);
	keeper_count_kick(keeper);
	changed(keeper);
}

static void on_resealed(void *ctx, const struct tpm_answer *answer)
{
	struct keeper *keeper = ctx;
	struct err_detail detail = answer->detail;
	int r = answer->err;

	keeper_answered(keeper, answer);
	if (r == 0)
		r = store_sealed(keeper, answer, &detail);
	keeper->write_note[0] = 0;
	if (r == 0) {
		log_notice("store: the state is sealed with a new key");
	} else {
		snprintf(keeper->write_note, sizeof(keeper->write_note),
			 "the state could not be sealed anew: %.240s",
			 detail.text[0] ? detail.text : err_text(r));
		log_warning("store: %s", keeper->write_note);
	}
	secret32_free(steal(keeper->fresh));
	keeper_finish(keeper, r, &detail, NULL);
}

int keeper_begin_reseal(struct keeper *keeper)
{
	int r = make_fresh(keeper);

	return r < 0 ? r : keeper_ask(keeper, TPM_OP_SEAL, fill_fresh,
				      on_resealed);
}

int keeper_reseal(struct keeper *keeper, struct err_detail *detail,
		  keeper_done_fn fn, void *ctx)
{
	int r;

	if (keeper->phase != KEEPER_OPEN || !state_is_sealed(keeper->state))
		return err_explain(detail, TNE_NOT_READY,
				   "there is no sealed state that is open");
	r = keeper->fn ? -EBUSY : keeper_begin_reseal(keeper);
	if (r < 0)
		return err_explain(detail, r, "cannot seal anew now: %s",
				   err_text(r));
	keeper->fn = fn;
	keeper->ctx = ctx;
	return 0;
}

/* Beginning and end */

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
		return r;
	if (state_mode_was_wrong(keeper->state))
		log_warning("store: others could read the state file; corrected");
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
	keeper->calls = *calls;
	loop_timer_init(&keeper->retry, retry_due, keeper);
	loop_later_init(&keeper->later, begin, keeper);
	keeper_count_init(keeper);
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
	loop_later_cancel(&keeper->later);
	secret32_free(keeper->fresh);
	secret32_free(keeper->recovery);
	state_close(keeper->state);
	secret_wipe(keeper, sizeof(*keeper));
	free(keeper);
}

/* For looking at */

struct state *keeper_state(const struct keeper *keeper)
{
	return keeper->state;
}

enum keeper_phase keeper_phase(const struct keeper *keeper)
{
	return keeper->phase;
}

void keeper_read_info(const struct keeper *keeper, struct keeper_info *ret)
{
	*ret = (struct keeper_info){
		.phase = keeper->phase,
		.sealed = state_is_sealed(keeper->state),
		.recovery = keeper->extras.n_wraps > 0,
		.counter = keeper->generation > 0,
		.generation = keeper->generation,
		.tpm_err = keeper->probe.err,
		.tpm_known = keeper->probe_known,
		.tpm = keeper->probe.facts,
		.text = keeper->why.text,
	};
}

size_t keeper_find_warnings(const struct keeper *keeper,
			    struct keeper_warning ret[KEEPER_WARNINGS_MAX])
{
	size_t n = 0;

	if (keeper->phase != KEEPER_OPEN)
		ret[n++] = (struct keeper_warning){
			"state-store-health", "high",
			"Tailscale state store failed to initialize",
			keeper->why.text[0] ? keeper->why.text :
			"waiting for the TPM to unseal the state", true };
	if (keeper->note[0])
		ret[n++] = (struct keeper_warning){
			keeper->note_code, "medium", "state at rest",
			keeper->note, false };
	if (keeper->write_note[0])
		ret[n++] = (struct keeper_warning){
			"state-write-failed", "medium", "sealed state",
			keeper->write_note, false };
	if (keeper->vmfork)
		ret[n++] = (struct keeper_warning){
			"vm-fork", "medium", "the machine was copied",
			"this virtual machine is a copy, or was put back to an earlier moment; if the other one runs as well, log one of them out",
			false };
	return n;
}
