// SPDX-License-Identifier: GPL-2.0-only
#include "node/state_side.h"

#include "wire/json_put.h"

#include <errno.h>
#include <stdio.h>
#include <jansson.h>

static const char *phase_name(enum keeper_phase phase)
{
	switch (phase) {
	case KEEPER_ASKING:
		return "asking";
	case KEEPER_WAITING:
		return "waiting";
	case KEEPER_STUCK:
		return "stuck";
	case KEEPER_OPEN:
		return "open";
	case KEEPER_PHASES:
		break;
	}
	return "";
}

void state_side_describe(const struct keeper *keeper, struct self_info *self)
{
	struct keeper_info info;

	keeper_read_info(keeper, &info);
	self_info_set_state(self, info.sealed,
			    info.tpm_known ? &info.tpm : NULL);
}

int state_side_status(const struct keeper *keeper, struct status_rest *ret)
{
	struct keeper_info info;
	const struct tpm_facts *tpm = &info.tpm;
	char name[sizeof(tpm->manufacturer) + sizeof(tpm->vendor)];
	int r = 0;

	keeper_read_info(keeper, &info);
	ret->known = info.known;
	ret->sealed = info.sealed;
	ret->recovery_key = info.recovery;
	ret->counter = info.counter;
	if (info.tpm_err < 0)
		r = status_set_text(&ret->tpm_error, err_text(info.tpm_err));
	if (r < 0 || !info.tpm_known)
		return r;
	snprintf(name, sizeof(name), "%s %s", tpm->manufacturer, tpm->vendor);
	ret->lockout = tpm->permanent & TPM_PERMANENT_IN_LOCKOUT;
	ret->failures = tpm->lockout_count;
	ret->failures_max = tpm->lockout_max;
	ret->interval_s = tpm->lockout_interval_s;
	return status_set_text(&ret->tpm, name);
}

static int put_tpm(json_t *object, const struct tpm_facts *facts)
{
	int r = json_put_text(object, "Manufacturer", facts->manufacturer);

	if (r == 0)
		r = json_put_text(object, "Vendor", facts->vendor);
	if (r == 0)
		r = json_put_text(object, "Family", facts->family);
	if (r == 0)
		r = json_put(object, "Firmware",
			     json_integer((json_int_t)facts->firmware));
	if (r == 0)
		r = json_put(object, "OwnerAuthSet",
			     json_boolean(facts->permanent &
					  TPM_PERMANENT_OWNER_AUTH));
	if (r == 0)
		r = json_put(object, "InLockout",
			     json_boolean(facts->permanent &
					  TPM_PERMANENT_IN_LOCKOUT));
	if (r == 0)
		r = json_put(object, "LockoutCount",
			     json_integer(facts->lockout_count));
	if (r == 0)
		r = json_put(object, "LockoutMax",
			     json_integer(facts->lockout_max));
	if (r == 0)
		r = json_put(object, "LockoutIntervalSeconds",
			     json_integer(facts->lockout_interval_s));
	if (r == 0)
		r = json_put(object, "LockoutRecoverySeconds",
			     json_integer(facts->lockout_recovery_s));
	return r;
}

static int put_info(json_t *object, const struct keeper_info *info)
{
	json_t *tpm;
	int r = json_put_text(object, "Phase", phase_name(info->phase));

	if (r == 0)
		r = json_put(object, "Sealed", json_boolean(info->sealed));
	if (r == 0)
		r = json_put(object, "RecoveryKey",
			     json_boolean(info->recovery));
	if (r == 0 && info->counter)
		r = json_put(object, "Generation",
			     json_integer((json_int_t)info->generation));
	if (r == 0 && info->counter)
		r = json_put(object, "Counted", json_boolean(info->counted));
	if (r == 0 && info->sealed)
		r = json_put(object, "KeySince",
			     json_integer((json_int_t)info->key_since_s));
	if (r == 0 && info->sealed)
		r = json_put(object, "KeyWrites",
			     json_integer((json_int_t)info->key_writes));
	if (r == 0 && info->handle)
		r = json_put(object, "ParentHandle",
			     json_integer(info->handle));
	if (r == 0)
		r = json_put_some_text(object, "Error", info->text);
	if (r == 0 && info->tpm_err < 0)
		r = json_put_text(object, "TPMError", err_text(info->tpm_err));
	if (r < 0 || !info->tpm_known)
		return r;
	tpm = json_object();
	r = json_put(object, "TPM", tpm);
	return r < 0 ? r : put_tpm(tpm, &info->tpm);
}

int state_side_dump(const struct keeper *keeper, char **ret)
{
	json_t *object = json_object();
	struct keeper_info info;
	char *text = NULL;

	keeper_read_info(keeper, &info);
	if (object && put_info(object, &info) == 0)
		text = json_text(object, JSON_INDENT(2));
	json_decref(object);
	if (!text)
		return -ENOMEM;
	*ret = text;
	return 0;
}

int state_side_command(struct keeper *keeper, enum node_state_command command,
		       const char *arg, size_t len, struct err_detail *detail,
		       node_done_fn done, void *ctx)
{
	const struct err_detail nothing = { "" };
	int r;

	switch (command) {
	case NODE_STATE_RECOVERY_KEY:
		return keeper_make_recovery(keeper, detail, done, ctx);
	case NODE_STATE_RECOVER:
		return keeper_recover(keeper, arg, len, detail, done, ctx);
	case NODE_STATE_RESEAL:
		return keeper_reseal(keeper, detail, done, ctx);
	case NODE_STATE_ACCEPT:
		break;
	}
	r = keeper_accept_rollback(keeper, detail);
	/* Nothing to wait for; but the answer is the last that happens. */
	if (r == 0)
		done(ctx, 0, &nothing, NULL);
	return r;
}
