/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tpm2-tss libraries, loaded when they are needed: the agent itself runs
 * without them, and a process that does not speak with a TPM has none of their
 * code in it.
 */
#ifndef TPM_TSS_H
#define TPM_TSS_H

#include "base/err.h"

#include <tss2/tss2_esys.h>
#include <tss2/tss2_mu.h>
#include <tss2/tss2_rc.h>
#include <tss2/tss2_tctildr.h>

/* Library, function. */
#define TSS_FUNCTIONS(X) \
	X(esys, Esys_Initialize) \
	X(esys, Esys_Finalize) \
	X(esys, Esys_Free) \
	X(esys, Esys_CreatePrimary) \
	X(esys, Esys_Create) \
	X(esys, Esys_Load) \
	X(esys, Esys_Unseal) \
	X(esys, Esys_FlushContext) \
	X(esys, Esys_StartAuthSession) \
	X(esys, Esys_TRSess_SetAttributes) \
	X(esys, Esys_TR_SetAuth) \
	X(esys, Esys_TR_GetName) \
	X(esys, Esys_TR_FromTPMPublic) \
	X(esys, Esys_TR_Close) \
	X(esys, Esys_GetCapability) \
	X(esys, Esys_NV_DefineSpace) \
	X(esys, Esys_NV_Increment) \
	X(esys, Esys_NV_Read) \
	X(mu, Tss2_MU_TPMT_PUBLIC_Marshal) \
	X(mu, Tss2_MU_TPMT_PUBLIC_Unmarshal) \
	X(tctildr, Tss2_TctiLdr_Initialize) \
	X(tctildr, Tss2_TctiLdr_Finalize) \
	X(rc, Tss2_RC_Decode)

/**
 * struct tss - the functions in use, under their own names
 * @esys: handles of the libraries, like the next three
 */
struct tss {
	void *esys;
	void *mu;
	void *tctildr;
	void *rc;
#define X(library, name) __typeof__(&name) name;
	TSS_FUNCTIONS(X)
#undef X
};

/**
 * tss_load() - load the libraries
 * @detail:	filled on error
 * @ret:	the functions; zero at first
 *
 * Sets TSS2_LOG, if it is not set, so that the libraries do not write to
 * standard error.
 *
 * Return: 0 or TNE_TPM_LIBRARY.
 */
int tss_load(struct err_detail *detail, struct tss *ret);

/**
 * tss_unload() - let them go
 * @tss: zero or loaded, in part as well; zero afterwards
 */
void tss_unload(struct tss *tss);

#endif /* TPM_TSS_H */
