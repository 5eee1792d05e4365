// SPDX-License-Identifier: GPL-2.0-only
#include "tpm/tpm_class.h"

#include "base/err.h"

#include <tss2/tss2_common.h>
#include <tss2/tss2_tpm2_types.h>

#define FORMAT_ONE	0x080u	/* an error of a handle, parameter or session */
#define FORMAT_ONE_CODE	0x03fu

const char *tpm_step_name(enum tpm_step step)
{
	switch (step) {
	case TPM_STEP_OPEN:
		return "opening TPM";
	case TPM_STEP_CAPABILITY:
		return "tpm2.GetCapability";
	case TPM_STEP_PARENT:
		return "tpm2.CreatePrimary";
	case TPM_STEP_SESSION:
		return "tpm2.StartAuthSession";
	case TPM_STEP_CREATE:
		return "tpm2.Create";
	case TPM_STEP_LOAD:
		return "tpm2.Load";
	case TPM_STEP_UNSEAL:
		return "tpm2.Unseal";
	case TPM_STEP_COUNTER:
		return "NV counter";
	}
	return "TPM";
}

static int class_of_warning(uint32_t code)
{
	switch (code) {
	case TPM2_RC_LOCKOUT:
		return TNE_TPM_LOCKOUT;
	case TPM2_RC_OBJECT_MEMORY:
	case TPM2_RC_SESSION_MEMORY:
	case TPM2_RC_MEMORY:
	case TPM2_RC_OBJECT_HANDLES:
	case TPM2_RC_SESSION_HANDLES:
		return TNE_TPM_EXHAUSTED;
	case TPM2_RC_RETRY:
	case TPM2_RC_YIELDED:
	case TPM2_RC_CANCELED:
	case TPM2_RC_TESTING:
	case TPM2_RC_NV_RATE:
		return TNE_TPM_BUSY;
	case TPM2_RC_FAILURE:
		return TNE_TPM_DEAD;
	}
	return TNE_TPM_FAILED;
}

static int class_of_tpm(uint32_t code, enum tpm_step step)
{
	uint32_t what;

	if (!(code & FORMAT_ONE))
		return class_of_warning(code);
	/* Whatever Load finds fault with, it is the blob. */
	if (step == TPM_STEP_LOAD)
		return TNE_TPM_FOREIGN;
	what = (code & FORMAT_ONE_CODE) | TPM2_RC_FMT1;
	if ((step == TPM_STEP_PARENT || step == TPM_STEP_COUNTER) &&
	    (what == TPM2_RC_BAD_AUTH || what == TPM2_RC_AUTH_FAIL))
		return TNE_TPM_OWNER_AUTH;
	return TNE_TPM_FAILED;
}

int tpm_class_find(uint32_t rc, enum tpm_step step)
{
	uint32_t layer = rc & TSS2_RC_LAYER_MASK, code = rc & 0xffff;

	switch (layer) {
	case TSS2_TPM_RC_LAYER:
	/* Linux numbers the resource manager in the kernel 11. */
	case TSS2_RESMGR_RC_LAYER:
	case TSS2_RESMGR_TPM_RC_LAYER:
		return class_of_tpm(code, step);
	case TSS2_MU_RC_LAYER:
	case TSS2_SYS_RC_LAYER:
		return step == TPM_STEP_LOAD ? TNE_TPM_FOREIGN : TNE_TPM_FAILED;
	case TSS2_TCTI_RC_LAYER:
		return code == TSS2_BASE_RC_TRY_AGAIN ? TNE_TPM_BUSY :
							TNE_TPM_ABSENT;
	}
	return TNE_TPM_FAILED;
}

bool tpm_class_is_passing(int err)
{
	return err == TNE_TPM_BUSY || err == TNE_TPM_ABSENT;
}
