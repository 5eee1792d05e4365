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

enum tss_library {
	TSS_ESYS,
	TSS_MU,
	TSS_TCTILDR,
	TSS_RC,
	TSS_LIBRARIES,
};

/**
 * struct tss - the functions in use, under their own names
 * @library: handles of the libraries
 *
 * The rest is as the libraries' headers say.
 */
struct tss {
	void *library[TSS_LIBRARIES];
	/* private: documented by the libraries */
	__typeof__(&Esys_Initialize) Esys_Initialize;
	__typeof__(&Esys_Finalize) Esys_Finalize;
	__typeof__(&Esys_Free) Esys_Free;
	__typeof__(&Esys_CreatePrimary) Esys_CreatePrimary;
	__typeof__(&Esys_Create) Esys_Create;
	__typeof__(&Esys_Load) Esys_Load;
	__typeof__(&Esys_Unseal) Esys_Unseal;
	__typeof__(&Esys_FlushContext) Esys_FlushContext;
	__typeof__(&Esys_StartAuthSession) Esys_StartAuthSession;
	__typeof__(&Esys_TRSess_SetAttributes) Esys_TRSess_SetAttributes;
	__typeof__(&Esys_TR_SetAuth) Esys_TR_SetAuth;
	__typeof__(&Esys_TR_GetName) Esys_TR_GetName;
	__typeof__(&Esys_TR_FromTPMPublic) Esys_TR_FromTPMPublic;
	__typeof__(&Esys_TR_Close) Esys_TR_Close;
	__typeof__(&Esys_ReadPublic) Esys_ReadPublic;
	__typeof__(&Esys_GetCapability) Esys_GetCapability;
	__typeof__(&Esys_NV_DefineSpace) Esys_NV_DefineSpace;
	__typeof__(&Esys_NV_Increment) Esys_NV_Increment;
	__typeof__(&Esys_NV_Read) Esys_NV_Read;
	__typeof__(&Tss2_MU_TPMT_PUBLIC_Marshal) Tss2_MU_TPMT_PUBLIC_Marshal;
	__typeof__(&Tss2_MU_TPMT_PUBLIC_Unmarshal) Tss2_MU_TPMT_PUBLIC_Unmarshal;
	__typeof__(&Tss2_TctiLdr_Initialize) Tss2_TctiLdr_Initialize;
	__typeof__(&Tss2_TctiLdr_Finalize) Tss2_TctiLdr_Finalize;
	__typeof__(&Tss2_RC_Decode) Tss2_RC_Decode;
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
