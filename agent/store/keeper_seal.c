// SPDX-License-Identifier: GPL-2.0-only
/* Sealing for the first time, undoing it, and sealing with another key. */
#include "store/keeper.h"

#include "base/log.h"
#include "store/keeper_core.h"
#include "store/key_age.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DAY_S (24 * 3600)

void keeper_warn_plain(struct keeper *keeper, const char *code,
		       const char *why)
{
	keeper->note_code = code;
	snprintf(keeper->note, sizeof(keeper->note),
		 "the state is not sealed: %.250s", why);
	log_warning("store: %s", keeper->note);
}

void keeper_fail(struct keeper *keeper, const char *why)
{
	struct err_detail detail;

	err_explain(&detail, TNE_TPM_UNFIT,
		    "--encrypt-state is not supported on this device or a TPM is not accessible: %s",
		    why);
	keeper->calls.failed(keeper->calls.ctx, TNE_TPM_UNFIT, &detail);
}

static void fill_fresh(struct keeper *keeper, struct tpm_request *req)
{
	memcpy(req->key, secret32_expose(keeper->fresh), SECRET_LEN);
	/* A first seal, or one after the storage key has changed, takes any. */
	if (state_is_sealed(keeper->state) && !keeper->recovered)
		keeper_fill_parent(keeper, req);
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

/* Which entries go with a new data key. Return: how many. */
static size_t add_changes(struct keeper *keeper, struct state_change ret[2])
{
	size_t n = 0;

	keeper->key_since_s = keeper_wall_s(keeper);
	keeper->key_writes = 0;
	key_age_format(keeper->key_since_s, keeper->key_writes,
		       keeper->age_entry);
	ret[n++] = (struct state_change){ .name = KEEPER_AGE_ENTRY,
					  .data = keeper->age_entry,
					  .len = strlen(keeper->age_entry) };
	/*
	 * What has stood in a plain file is no secret any more, so nothing may
	 * be wrapped with it: without a recovery key a state is sealed.
	 */
	if (!state_is_sealed(keeper->state))
		ret[n++] = (struct state_change){ .name = KEEPER_KEK_ENTRY };
	return n;
}

/*
 * First the file beside with both wraps, then the state: whichever of the two
 * keys a crash leaves in use, the recovery key opens it.
 */
static int store_sealed(struct keeper *keeper, const struct tpm_answer *answer,
			struct err_detail *detail)
{
	struct seal_extras extras = keeper->extras;
	const int64_t since_s = keeper->key_since_s;
	const uint64_t writes = keeper->key_writes;
	struct state_change change[2];
	size_t n;
	int r;

	if (!state_is_sealed(keeper->state))
		keeper_forget_recovery(keeper, &extras);
	keeper_set_parent(answer, &extras);
	keeper_add_wrap(keeper, keeper->fresh, &extras);
	extras.decrypted_s = 0;
	r = keeper_save_extras(keeper, &extras);
	if (r < 0 && !keeper->extras_bad)
		return err_explain(detail, r, "cannot write %s: %s",
				   KEEPER_EXTRAS_FILE, err_text(r));
	n = add_changes(keeper, change);
	r = state_seal(keeper->state, keeper->fresh, &answer->blob, change, n,
		       detail);
	if (r < 0) {
		keeper->key_since_s = since_s;
		keeper->key_writes = writes;
		return r;
	}
	keeper->fresh = NULL;
	keeper->old_blob = false;
	keeper->recovered = false;
	if (answer->handle)
		log_notice("store: sealed under the persistent key 0x%08X, since the TPM's owner has a password; the stock daemon cannot read that",
			   answer->handle);
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
		keeper_fail(keeper, detail.text);
		return;
	}
	keeper_warn_plain(keeper, "state-encryption-unavailable", detail.text);
	keeper_unlocked(keeper);
}

void keeper_begin_first_seal(struct keeper *keeper)
{
	int r = make_fresh(keeper);

	if (r == 0)
		r = keeper_ask(keeper, TPM_OP_SEAL, fill_fresh,
			       on_first_sealed);
	if (r == 0)
		return;
	if (keeper->config.flag == OPT_TRUE) {
		keeper_fail(keeper, err_text(r));
		return;
	}
	keeper_warn_plain(keeper, "state-encryption-unavailable", err_text(r));
	keeper_unlocked(keeper);
}

/* That it was undone is to be seen for a day, whatever is started anew. */
static void note_plain(struct keeper *keeper)
{
	keeper_warn_plain(keeper, "state-decrypted",
			  "--encrypt-state=false has undone it");
}

void keeper_recall_plain(struct keeper *keeper)
{
	const int64_t at_s = keeper->extras.decrypted_s;
	const int64_t now_s = keeper_wall_s(keeper);

	if (!at_s || keeper->extras_bad)
		return;
	if (now_s >= at_s && now_s - at_s < DAY_S) {
		note_plain(keeper);
		return;
	}
	(void)keeper->config.io->unlinkat(state_dir(keeper->state),
					  KEEPER_EXTRAS_FILE, 0);
	memset(&keeper->extras, 0, sizeof(keeper->extras));
}

void keeper_make_plain(struct keeper *keeper)
{
	static const char *const drop[] = { KEEPER_SEAL_ENTRY,
					    KEEPER_KEK_ENTRY,
					    KEEPER_AGE_ENTRY, NULL };
	const struct seal_extras extras = {
		.decrypted_s = keeper_wall_s(keeper),
	};
	struct err_detail detail = { "" };
	int r;

	/* Said before it is done: afterwards nobody might be left to say it. */
	log_warning("store: audit: --encrypt-state=false, so the keys in \"%s/" STATE_FILE "\" are written in the clear",
		    keeper->config.dir);
	r = state_unseal(keeper->state, drop, &detail);
	if (r < 0) {
		/* It is open, and as safe as before. */
		log_err("store: %s", detail.text);
		keeper->note_code = "state-write-failed";
		snprintf(keeper->note, sizeof(keeper->note), "%.280s",
			 detail.text);
		keeper_unlocked(keeper);
		return;
	}
	/* What is of use to a sealed one only is gone with it. */
	if (keeper_save_extras(keeper, &extras) < 0)
		(void)keeper->config.io->unlinkat(state_dir(keeper->state),
						  KEEPER_EXTRAS_FILE, 0);
	log_notice("store: migrated \"%s/" STATE_FILE "\" from TPM-sealed to plaintext format",
		   keeper->config.dir);
	note_plain(keeper);
	keeper_unlocked(keeper);
}

/* Sealing anew */

void keeper_finish(struct keeper *keeper, int err,
		   const struct err_detail *detail, const char *text)
{
	keeper_done_fn fn = steal(keeper->fn);

	if (fn)
		fn(steal(keeper->ctx), err, detail, text);
	keeper_count_kick(keeper);
	keeper_changed(keeper);
}

static void on_resealed(void *ctx, const struct tpm_answer *answer)
{
	struct keeper *keeper = ctx;
	struct err_detail detail = answer->detail;
	int r = answer->err;

	keeper_answered(keeper, answer);
	keeper->write_note[0] = 0;
	if (r == 0)
		r = store_sealed(keeper, answer, &detail);
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

static int begin_reseal(struct keeper *keeper)
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
	r = keeper->fn ? -EBUSY : begin_reseal(keeper);
	if (r < 0)
		return err_explain(detail, r, "cannot seal anew now: %s",
				   err_text(r));
	keeper->fn = fn;
	keeper->ctx = ctx;
	return 0;
}
