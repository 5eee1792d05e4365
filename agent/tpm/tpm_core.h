/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The inside of a connection to the TPM, for tpm.c and the files that work on
 * it.
 */
#ifndef TPM_TPM_CORE_H
#define TPM_TPM_CORE_H

#include "tpm/tpm.h"
#include "tpm/tpm_class.h"
#include "tpm/tss.h"

#include <unistd.h>

/**
 * struct tpm - a connection
 * @options: borrowed
 * @tss: the libraries
 * @tcti: connection
 * @esys: context
 * @parent: storage key, ESYS_TR_NONE before it is needed
 * @handle: persistent handle of @parent, 0 = it is a transient one
 * @session: salted with it, ESYS_TR_NONE likewise
 */
struct tpm {
	const struct tpm_options *options;
	struct tss tss;
	TSS2_TCTI_CONTEXT *tcti;
	ESYS_CONTEXT *esys;
	ESYS_TR parent;
	uint32_t handle;
	ESYS_TR session;
};

/*
 * One command with its time-out: there is no way to take a command back from a
 * TPM that hangs, but to end the process, and this process is for nothing else.
 */
#define COMMAND(tpm, name, ...)						\
	({								\
		alarm((tpm)->options->command_s);			\
		TSS2_RC rc_ = (tpm)->tss.name((tpm)->esys, __VA_ARGS__);\
		alarm(0);						\
		rc_;							\
	})

/* A response code as one of ours, with its text. */
int tpm_fail(struct tpm *tpm, TSS2_RC rc, enum tpm_step step,
	     struct err_detail *detail);

/* Storage key and session are there. */
int tpm_prepare(struct tpm *tpm, struct err_detail *detail);

/* What the session does for the next command. */
TSS2_RC tpm_set_session(struct tpm *tpm, TPMA_SESSION flags);

/* TPM_RC_HANDLE of the first handle: there is no such thing. */
static inline bool tpm_is_missing(TSS2_RC rc)
{
	return (rc & 0xffff) == (TPM2_RC_HANDLE | TPM2_RC_1);
}

#endif /* TPM_TPM_CORE_H */
