/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TPM_TPM_CLASS_H
#define TPM_TPM_CLASS_H

#include <stdbool.h>
#include <stdint.h>

/**
 * enum tpm_step - which command has answered
 * @TPM_STEP_OPEN: none yet, the connection is being made
 * @TPM_STEP_CAPABILITY: TPM2_GetCapability
 * @TPM_STEP_PARENT: TPM2_CreatePrimary
 * @TPM_STEP_SESSION: TPM2_StartAuthSession
 * @TPM_STEP_CREATE: TPM2_Create
 * @TPM_STEP_LOAD: TPM2_Load, and taking the blob apart before
 * @TPM_STEP_UNSEAL: TPM2_Unseal
 * @TPM_STEP_COUNTER: commands on the NV counter
 */
enum tpm_step {
	TPM_STEP_OPEN,
	TPM_STEP_CAPABILITY,
	TPM_STEP_PARENT,
	TPM_STEP_SESSION,
	TPM_STEP_CREATE,
	TPM_STEP_LOAD,
	TPM_STEP_UNSEAL,
	TPM_STEP_COUNTER,
};

/**
 * tpm_step_name() - how a command is called in messages
 * @step: the command
 *
 * The names are those that the stock daemon's messages have, people search for
 * them.
 *
 * Return: a static string.
 */
const char *tpm_step_name(enum tpm_step step);

/**
 * tpm_class_find() - what a response code means for us
 * @rc:		as tpm2-tss returns it, with its layer; not success
 * @step:	the command
 *
 * Source: TPM 2.0 Library, part 2, 6.6 (TPM_RC); tpm2-tss, tss2_tpm2_types.h.
 *
 * Return: a TNE_TPM_* code.
 */
int tpm_class_find(uint32_t rc, enum tpm_step step);

/**
 * tpm_class_is_passing() - may the same command succeed in a moment?
 * @err: a TNE_TPM_* code
 *
 * Return: true for busy, and for what a suspended machine leaves behind.
 */
bool tpm_class_is_passing(int err);

#endif /* TPM_TPM_CLASS_H */
