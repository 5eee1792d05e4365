// SPDX-License-Identifier: GPL-2.0-only
#include "tpm/tss.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

static int open_library(const char *name, struct err_detail *detail, void **ret)
{
	*ret = dlopen(name, RTLD_NOW | RTLD_LOCAL);
	if (!*ret)
		return err_explain(detail, TNE_TPM_LIBRARY,
				   "cannot load %s; is tpm2-tss installed?",
				   name);
	return 0;
}

static int open_libraries(struct err_detail *detail, struct tss *tss)
{
	int r = open_library("libtss2-esys.so.0", detail, &tss->esys);

	if (r == 0)
		r = open_library("libtss2-mu.so.0", detail, &tss->mu);
	if (r == 0)
		r = open_library("libtss2-tctildr.so.0", detail, &tss->tctildr);
	if (r == 0)
		r = open_library("libtss2-rc.so.0", detail, &tss->rc);
	return r;
}

/* Through a copy: C knows no cast from an object to a function. */
static int find(void *library, const char *name, struct err_detail *detail,
		void *ret)
{
	void *symbol = dlsym(library, name);

	if (!symbol)
		return err_explain(detail, TNE_TPM_LIBRARY,
				   "tpm2-tss has no function %s", name);
	memcpy(ret, &symbol, sizeof(symbol));
	return 0;
}

int tss_load(struct err_detail *detail, struct tss *ret)
{
	int r;

	setenv("TSS2_LOG", "all+none", 0);
	r = open_libraries(detail, ret);
#define X(library, name)						\
	if (r == 0)							\
		r = find(ret->library, #name, detail, &ret->name);
	TSS_FUNCTIONS(X)
#undef X
	if (r < 0)
		tss_unload(ret);
	return r;
}

void tss_unload(struct tss *tss)
{
	void *const library[] = { tss->esys, tss->mu, tss->tctildr, tss->rc };
	size_t i;

	for (i = 0; i < sizeof(library) / sizeof(library[0]); i++) {
		if (library[i])
			dlclose(library[i]);
	}
	memset(tss, 0, sizeof(*tss));
}
