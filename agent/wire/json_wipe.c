// SPDX-License-Identifier: GPL-2.0-only
#include "wire/json_wipe.h"

#include "base/secret.h"

#include <malloc.h>
#include <stdlib.h>

#include <jansson.h>

static void wipe_and_free(void *p)
{
	if (p)
		secret_wipe(p, malloc_usable_size(p));
	free(p);
}

void json_wipe_init(void)
{
	json_set_alloc_funcs(malloc, wipe_and_free);
}
