// SPDX-License-Identifier: GPL-2.0-only
#include "tpm/tss.h"

#include "base/array.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const char *const libraries[TSS_LIBRARIES] = {
	[TSS_ESYS] = "libtss2-esys.so.0",
	[TSS_MU] = "libtss2-mu.so.0",
	[TSS_TCTILDR] = "libtss2-tctildr.so.0",
	[TSS_RC] = "libtss2-rc.so.0",
};

#define FUNCTION(library, name) { library, #name, offsetof(struct tss, name) }

static const struct {
	enum tss_library library;
	const char *name;
	size_t at;
} functions[] = {
	FUNCTION(TSS_ESYS, Esys_Initialize),
	FUNCTION(TSS_ESYS, Esys_Finalize),
	FUNCTION(TSS_ESYS, Esys_Free),
	FUNCTION(TSS_ESYS, Esys_CreatePrimary),
	FUNCTION(TSS_ESYS, Esys_Create),
	FUNCTION(TSS_ESYS, Esys_Load),
	FUNCTION(TSS_ESYS, Esys_Unseal),
	FUNCTION(TSS_ESYS, Esys_FlushContext),
	FUNCTION(TSS_ESYS, Esys_StartAuthSession),
	FUNCTION(TSS_ESYS, Esys_TRSess_SetAttributes),
	FUNCTION(TSS_ESYS, Esys_TR_SetAuth),
	FUNCTION(TSS_ESYS, Esys_TR_GetName),
	FUNCTION(TSS_ESYS, Esys_TR_FromTPMPublic),
	FUNCTION(TSS_ESYS, Esys_TR_Close),
	FUNCTION(TSS_ESYS, Esys_ReadPublic),
	FUNCTION(TSS_ESYS, Esys_GetCapability),
	FUNCTION(TSS_ESYS, Esys_NV_DefineSpace),
	FUNCTION(TSS_ESYS, Esys_NV_Increment),
	FUNCTION(TSS_ESYS, Esys_NV_Read),
	FUNCTION(TSS_MU, Tss2_MU_TPMT_PUBLIC_Marshal),
	FUNCTION(TSS_MU, Tss2_MU_TPMT_PUBLIC_Unmarshal),
	FUNCTION(TSS_TCTILDR, Tss2_TctiLdr_Initialize),
	FUNCTION(TSS_TCTILDR, Tss2_TctiLdr_Finalize),
	FUNCTION(TSS_RC, Tss2_RC_Decode),
};

static int open_libraries(struct err_detail *detail, struct tss *tss)
{
	size_t i;

	for (i = 0; i < TSS_LIBRARIES; i++) {
		tss->library[i] = dlopen(libraries[i], RTLD_NOW | RTLD_LOCAL);
		if (!tss->library[i])
			return err_explain(detail, TNE_TPM_LIBRARY,
					   "cannot load %s; is tpm2-tss installed?",
					   libraries[i]);
	}
	return 0;
}

static int find_functions(struct err_detail *detail, struct tss *tss)
{
	void *symbol;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(functions); i++) {
		symbol = dlsym(tss->library[functions[i].library],
			       functions[i].name);
		if (!symbol)
			return err_explain(detail, TNE_TPM_LIBRARY,
					   "tpm2-tss has no function %s",
					   functions[i].name);
		/* C knows no cast from an object to a function. */
		memcpy((char *)tss + functions[i].at, &symbol, sizeof(symbol));
	}
	return 0;
}

int tss_load(struct err_detail *detail, struct tss *ret)
{
	int r;

	setenv("TSS2_LOG", "all+none", 0);
	r = open_libraries(detail, ret);
	if (r == 0)
		r = find_functions(detail, ret);
	if (r < 0)
		tss_unload(ret);
	return r;
}

void tss_unload(struct tss *tss)
{
	size_t i;

	for (i = 0; i < TSS_LIBRARIES; i++) {
		if (tss->library[i])
			dlclose(tss->library[i]);
	}
	memset(tss, 0, sizeof(*tss));
}
