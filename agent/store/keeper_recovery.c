// SPDX-License-Identifier: GPL-2.0-only
/* The recovery key: made, and used where no TPM helps. */
#include "store/keeper.h"

#include "base/log.h"
#include "crypto/recovery.h"
#include "store/keeper_core.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

_Static_assert(sizeof(((struct tpm_request *)0)->recovery) == RECOVERY_LEN &&
	       sizeof(((struct tpm_request *)0)->salt) == SEAL_SALT_LEN &&
	       sizeof(((struct seal_extras *)0)->wrap[0]) == RECOVERY_WRAP_LEN,
	       "sizes of the recovery key");

/*
 * What is derived from the recovery key is in the state, so that the data key
 * can change without a person. Return: owned, or NULL if there is none.
 */
static struct secret32 *find_kek(const struct keeper *keeper)
{
	struct state_bytes bytes;
	struct secret32 *kek;

	if (!state_find(keeper->state, KEEPER_KEK_ENTRY, &bytes) ||
	    bytes.len != SECRET_LEN)
		return NULL;
	kek = secret32_new();
	if (kek)
		memcpy(secret32_expose(kek), bytes.data, SECRET_LEN);
	return kek;
}

static bool has_wrap(struct keeper *keeper, struct secret32 *kek)
{
	struct secret32 *key auto_clean(secret32) = secret32_new();
	size_t i;

	for (i = 0; key && i < keeper->extras.n_wraps; i++) {
		if (recovery_unwrap(kek, keeper->extras.wrap[i], key) == 0 &&
		    sodium_memcmp(secret32_expose(key),
				  secret32_expose(state_key(keeper->state)),
				  SECRET_LEN) == 0)
			return true;
	}
	return false;
}

bool keeper_recovery_fits(struct keeper *keeper)
{
	struct secret32 *kek auto_clean(secret32) = NULL;

	if (keeper->extras.n_wraps == 0)
		return true;
	kek = find_kek(keeper);
	return kek && has_wrap(keeper, kek);
}

void keeper_forget_recovery(struct keeper *keeper, struct seal_extras *extras)
{
	bool any = extras->n_wraps > 0;

	memset(extras->salt, 0, sizeof(extras->salt));
	memset(extras->wrap, 0, sizeof(extras->wrap));
	extras->n_wraps = 0;
	if (any) {
		snprintf(keeper->write_note, sizeof(keeper->write_note),
			 "the recovery key of before opens nothing any more; make another one");
		log_warning("store: %s", keeper->write_note);
	}
}

void keeper_add_wrap(struct keeper *keeper, struct secret32 *key,
		     struct seal_extras *extras)
{
	struct secret32 *kek auto_clean(secret32) = NULL;

	if (extras->n_wraps == 0)
		return;
	kek = find_kek(keeper);
	/*
	 * A crash while another one was made has left what goes with the one
	 * and what goes with the other. With this data key the one on paper
	 * ends; to wrap with what nobody has would only look like one.
	 */
	if (!kek || !has_wrap(keeper, kek)) {
		keeper_forget_recovery(keeper, extras);
		return;
	}
	/* Whatever a crash in an earlier change of keys has left in there. */
	recovery_wrap(kek, state_key(keeper->state), extras->wrap[0]);
	recovery_wrap(kek, key, extras->wrap[1]);
	extras->n_wraps = 2;
}

void keeper_drop_wraps(struct keeper *keeper, struct seal_extras *extras)
{
	struct secret32 *kek auto_clean(secret32) = NULL;

	if (extras->n_wraps == 0)
		return;
	kek = find_kek(keeper);
	if (!kek)
		return;
	memset(extras->wrap, 0, sizeof(extras->wrap));
	recovery_wrap(kek, state_key(keeper->state), extras->wrap[0]);
	extras->n_wraps = 1;
}

void keeper_check_recovery(struct keeper *keeper)
{
	if (keeper_recovery_fits(keeper))
		return;
	snprintf(keeper->write_note, sizeof(keeper->write_note),
		 "the recovery key opens an older state only; make another one");
	log_warning("store: %s", keeper->write_note);
}

static void fill_recovery(struct keeper *keeper, struct tpm_request *req)
{
	memcpy(req->recovery, secret32_expose(keeper->recovery), RECOVERY_LEN);
	memcpy(req->salt, keeper->salt, SEAL_SALT_LEN);
}

static void end_recovery(struct keeper *keeper)
{
	secret32_free(steal(keeper->recovery));
}

static int begin(struct keeper *keeper, tpm_job_fn answered,
		 struct err_detail *detail, keeper_done_fn fn, void *ctx)
{
	int r = keeper_ask(keeper, TPM_OP_DERIVE, fill_recovery, answered);

	if (r < 0) {
		end_recovery(keeper);
		return err_explain(detail, r, "not now: %s", err_text(r));
	}
	keeper->fn = fn;
	keeper->ctx = ctx;
	return 0;
}

/* Making one */

/*
 * The state first: should the rest fail, the key of before still opens what is
 * there, and this one was never shown.
 */
static int store_recovery(struct keeper *keeper, const uint8_t *kek,
			  struct err_detail *detail)
{
	const struct state_change change = {
		.name = KEEPER_KEK_ENTRY, .data = kek, .len = SECRET_LEN,
	};
	struct seal_extras extras = keeper->extras;
	int r = state_write(keeper->state, &change, 1, detail);

	if (r < 0)
		return r;
	memcpy(extras.salt, keeper->salt, SEAL_SALT_LEN);
	extras.n_wraps = 1;
	keeper_drop_wraps(keeper, &extras);
	r = keeper_save_extras(keeper, &extras);
	if (r < 0)
		return err_explain(detail, r, "cannot write %s: %s",
				   KEEPER_EXTRAS_FILE, err_text(r));
	return 0;
}

static void on_made(void *ctx, const struct tpm_answer *answer)
{
	struct keeper *keeper = ctx;
	struct err_detail detail = answer->detail;
	char text[RECOVERY_TEXT_LEN + 1];
	int r = answer->err;

	keeper->job = NULL;
	if (r == 0)
		r = store_recovery(keeper, answer->key, &detail);
	if (r == 0)
		recovery_format(secret32_expose(keeper->recovery), text);
	end_recovery(keeper);
	if (r == 0) {
		keeper->write_note[0] = 0;
		log_notice("store: there is a new recovery key");
	}
	keeper_finish(keeper, r, &detail, r == 0 ? text : NULL);
	secret_wipe(text, sizeof(text));
}

int keeper_make_recovery(struct keeper *keeper, struct err_detail *detail,
			 keeper_done_fn fn, void *ctx)
{
	if (keeper->phase != KEEPER_OPEN)
		return err_explain(detail, TNE_NOT_READY,
				   "the state is not open: it is too late for a recovery key");
	if (!state_is_sealed(keeper->state))
		return err_explain(detail, TNE_NOT_READY,
				   "the state is not sealed: it needs no recovery key");
	if (keeper->extras_bad)
		return err_explain(detail, TNE_NOT_READY,
				   "%s is damaged; move it away and start again",
				   KEEPER_EXTRAS_FILE);
	if (keeper->job || keeper->fn)
		return err_explain(detail, -EBUSY,
				   "the TPM is at work, try again");
	keeper->recovery = secret32_new();
	if (!keeper->recovery)
		return -ENOMEM;
	secret_random(keeper->recovery);
	randombytes_buf(keeper->salt, sizeof(keeper->salt));
	return begin(keeper, on_made, detail, fn, ctx);
}

/* Using it */

/* Return: the data key opens the state; else TNE_RECOVERY_KEY or worse. */
static int try_wraps(struct keeper *keeper, struct secret32 *kek,
		     struct err_detail *detail)
{
	struct secret32 *key auto_clean(secret32) = secret32_new();
	size_t i;
	int r = TNE_RECOVERY_KEY;

	if (!key)
		return -ENOMEM;
	for (i = 0; i < keeper->extras.n_wraps; i++) {
		if (recovery_unwrap(kek, keeper->extras.wrap[i], key) < 0)
			continue;
		r = state_unlock(keeper->state, key, detail);
		if (r == 0) {
			(void)steal(key);
			return 0;
		}
	}
	return r;
}

/*
 * It has opened the state, so it is the one on paper: what goes with it is what
 * the next data key is wrapped with.
 */
static void note_kek(struct keeper *keeper, struct secret32 *kek)
{
	const struct state_change change = {
		.name = KEEPER_KEK_ENTRY, .data = secret32_expose(kek),
		.len = SECRET_LEN,
	};
	struct err_detail detail = { "" };

	if (state_write(keeper->state, &change, 1, &detail) < 0)
		log_warning("store: %s", detail.text);
}

static void on_derived(void *ctx, const struct tpm_answer *answer)
{
	struct keeper *keeper = ctx;
	struct secret32 *kek auto_clean(secret32) = secret32_new();
	struct err_detail detail = answer->detail;
	int r = kek ? answer->err : -ENOMEM;

	keeper->job = NULL;
	end_recovery(keeper);
	if (r == 0) {
		memcpy(secret32_expose(kek), answer->key, SECRET_LEN);
		r = try_wraps(keeper, kek, &detail);
	}
	if (r < 0) {
		if (!detail.text[0])
			err_explain(&detail, r, "%s", err_text(r));
		/* As before, with the reason of before. */
		keeper_enter(keeper, seal_plan_wait_ms(&keeper->probe, 1) ?
			     KEEPER_WAITING : KEEPER_STUCK);
		keeper_finish(keeper, r, &detail, NULL);
		return;
	}
	log_notice("store: the recovery key has opened the state");
	keeper->recovered = true;
	note_kek(keeper, kek);
	keeper_finish(keeper, 0, &detail, NULL);
	keeper_unlocked(keeper);
}

int keeper_recover(struct keeper *keeper, const char *text, size_t len,
		   struct err_detail *detail, keeper_done_fn fn, void *ctx)
{
	int r;

	if (!state_is_locked(keeper->state) || keeper->closed)
		return err_explain(detail, TNE_NOT_READY,
				   keeper->closed ?
				   "a recovery key is of no use: the file itself is the trouble" :
				   "the state needs no recovery key");
	if (keeper->job || keeper->fn)
		return err_explain(detail, -EBUSY,
				   "the TPM is at work, try again");
	if (keeper->extras.n_wraps == 0)
		return err_explain(detail, TNE_NOT_READY,
				   "there is no recovery key for this state");
	keeper->recovery = secret32_new();
	if (!keeper->recovery)
		return -ENOMEM;
	r = recovery_parse(text, len, secret32_expose(keeper->recovery));
	if (r < 0) {
		end_recovery(keeper);
		return err_explain(detail, r,
				   "a recovery key has 32 letters and digits");
	}
	memcpy(keeper->salt, keeper->extras.salt, SEAL_SALT_LEN);
	r = begin(keeper, on_derived, detail, fn, ctx);
	if (r == 0)
		keeper_enter(keeper, KEEPER_ASKING);
	return r;
}
