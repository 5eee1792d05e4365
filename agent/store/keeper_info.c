// SPDX-License-Identifier: GPL-2.0-only
/* What there is to be known about the state at rest. */
#include "store/keeper.h"

#include "store/keeper_core.h"

void keeper_read_info(const struct keeper *keeper, struct keeper_info *ret)
{
	*ret = (struct keeper_info){
		.phase = keeper->phase,
		.known = !keeper->closed,
		.sealed = state_is_sealed(keeper->state),
		.recovery = keeper->extras.n_wraps > 0 &&
			    !keeper->extras_bad,
		.counter = keeper->generation > 0,
		.generation = keeper->generation,
		.counted = keeper->counting && !keeper->owed &&
			   keeper->generation == keeper->counter,
		.key_since_s = keeper->key_since_s,
		.key_writes = keeper->key_writes,
		.handle = keeper->extras.handle,
		.tpm_err = keeper->probe.err,
		.tpm_known = keeper->probe_known,
		.tpm = keeper->probe.facts,
		.text = keeper->why.text,
	};
}

/* Long before it is needed: on the day it is, it is too late. */
static void warn_recovery(const struct keeper *keeper,
			  struct keeper_warning *ret)
{
	*ret = (struct keeper_warning){
		"no-recovery-key", "low", "no recovery key",
		keeper->extras_bad ?
		KEEPER_EXTRAS_FILE " is damaged, so there is no recovery key: a reset of the TPM would cost this node its identity. Move the file away, start the agent again, and have \"tailnet debug state recovery-key\" make one" :
		"the state is sealed by the TPM and there is no recovery key: a reset of the TPM would cost this node its identity. \"tailnet debug state recovery-key\" makes one",
		false };
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
	if (keeper->disk_note[0])
		ret[n++] = (struct keeper_warning){
			"state-write-failed", "high", "state at rest",
			keeper->disk_note, false };
	if (keeper->distrusted)
		ret[n++] = (struct keeper_warning){
			"state-rolled-back", "high", "an old state",
			"an old state was accepted: nobody goes on with the keys in it, log in anew",
			true };
	if (keeper->vmfork)
		ret[n++] = (struct keeper_warning){
			"vm-fork", keeper->rewound ? "high" : "medium",
			"the machine was copied",
			keeper->rewound ?
			"this virtual machine was put back to an earlier moment: the counter of the TPM is not where this state left it. At the next start the state will not be used until it is accepted" :
			"this virtual machine is a copy, or was put back to an earlier moment; if the other one runs as well, log one of them out",
			false };
	if (keeper->phase == KEEPER_OPEN && state_is_sealed(keeper->state) &&
	    (keeper->extras.n_wraps == 0 || keeper->extras_bad))
		warn_recovery(keeper, &ret[n++]);
	return n;
}
