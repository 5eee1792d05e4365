// SPDX-License-Identifier: GPL-2.0-only
#include "fuzz_wg_conf.h"

#include "system/host.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

static void check(const char *fact)
{
	size_t i;

	assert(strnlen(fact, HOST_FACT_MAX) < HOST_FACT_MAX);
	for (i = 0; fact[i]; i++)
		assert(fact[i] >= 0x20 && fact[i] < 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct host_facts facts = { 0 };

	host_os_release_parse((const char *)data, len, &facts);
	check(facts.distro);
	check(facts.distro_version);
	check(facts.distro_code_name);
	return 0;
}
