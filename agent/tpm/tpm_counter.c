// SPDX-License-Identifier: GPL-2.0-only
/* The counter in the TPM's own memory. */
#include "tpm/tpm.h"

#include "tpm/tpm_core.h"

#include <errno.h>

#define COUNTER_LEN	8	/* bytes */
#define COUNTER_ATTRIBUTES \
	(TPM2_NT_COUNTER << TPMA_NV_TPM2_NT_SHIFT | TPMA_NV_OWNERREAD | \
	 TPMA_NV_OWNERWRITE | TPMA_NV_AUTHREAD | TPMA_NV_AUTHWRITE | \
	 TPMA_NV_NO_DA)

static int counter_fail(struct tpm *tpm, TSS2_RC rc, struct err_detail *detail)
{
	if (tpm_is_missing(rc))
		return err_explain(detail, -ENOENT,
				   "the TPM has no counter of ours");
	return tpm_fail(tpm, rc, TPM_STEP_COUNTER, detail);
}

/*
 * By its own password, which is empty, and not the owner's: who sets one of
 * these later must not cost us the counter. It may only go up, for anybody.
 */
static TSS2_RC increment(struct tpm *tpm, ESYS_TR counter)
{
	return COMMAND(tpm, Esys_NV_Increment, counter, counter, tpm->session,
		       ESYS_TR_NONE, ESYS_TR_NONE);
}

static TSS2_RC define_counter(struct tpm *tpm, uint32_t index, ESYS_TR *ret)
{
	const TPM2B_AUTH auth = { 0 };
	const TPM2B_NV_PUBLIC public = { .nvPublic = {
		.nvIndex = index,
		.nameAlg = TPM2_ALG_SHA256,
		.attributes = COUNTER_ATTRIBUTES,
		.dataSize = COUNTER_LEN,
	} };
	TSS2_RC rc;

	rc = COMMAND(tpm, Esys_NV_DefineSpace, ESYS_TR_RH_OWNER, tpm->session,
		     ESYS_TR_NONE, ESYS_TR_NONE, &auth, &public, ret);
	/* Nobody can read a counter that was never incremented. */
	return rc ? rc : increment(tpm, *ret);
}

static TSS2_RC find_counter(struct tpm *tpm, uint32_t index, ESYS_TR *ret)
{
	return COMMAND(tpm, Esys_TR_FromTPMPublic, index, ESYS_TR_NONE,
		       ESYS_TR_NONE, ESYS_TR_NONE, ret);
}

static TSS2_RC read_counter(struct tpm *tpm, ESYS_TR counter, uint64_t *ret)
{
	TPM2B_MAX_NV_BUFFER *data = NULL;
	uint64_t value = 0;
	size_t i;
	TSS2_RC rc;

	rc = COMMAND(tpm, Esys_NV_Read, counter, counter, tpm->session,
		     ESYS_TR_NONE, ESYS_TR_NONE, COUNTER_LEN, 0, &data);
	if (rc)
		return rc;
	for (i = 0; i < COUNTER_LEN && i < data->size; i++)
		value = value << 8 | data->buffer[i];
	tpm->tss.Esys_Free(data);
	*ret = value;
	return 0;
}

/* The answers are signed for in the session, so nobody on the bus rewinds it. */
static int with_counter(struct tpm *tpm, uint32_t index, bool define,
			uint64_t least, struct err_detail *detail,
			uint64_t *ret)
{
	ESYS_TR counter = ESYS_TR_NONE;
	uint64_t value = 0;
	TSS2_RC rc;
	int r = tpm_prepare(tpm, detail);

	if (r < 0)
		return r;
	rc = tpm_set_session(tpm, 0);
	if (rc == 0)
		rc = find_counter(tpm, index, &counter);
	if (tpm_is_missing(rc) && define) {
		counter = ESYS_TR_NONE;
		rc = define_counter(tpm, index, &counter);
	}
	if (rc == 0)
		rc = read_counter(tpm, counter, &value);
	if (rc == 0 && value < least) {
		rc = increment(tpm, counter);
		if (rc == 0)
			rc = read_counter(tpm, counter, &value);
	}
	if (counter != ESYS_TR_NONE)
		tpm->tss.Esys_TR_Close(tpm->esys, &counter);
	if (rc)
		return counter_fail(tpm, rc, detail);
	*ret = value;
	return 0;
}

int tpm_counter_read(struct tpm *tpm, uint32_t index, bool define,
		     struct err_detail *detail, uint64_t *ret)
{
	return with_counter(tpm, index, define, 0, detail, ret);
}

int tpm_counter_raise(struct tpm *tpm, uint32_t index, uint64_t value,
		      struct err_detail *detail, uint64_t *ret)
{
	return with_counter(tpm, index, false, value, detail, ret);
}
