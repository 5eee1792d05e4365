// SPDX-License-Identifier: GPL-2.0-only
/* Preferences and edits: what is taken is the same after a round. */
#include "fuzz_prefs_json.h"

#include "base/err.h"
#include "wire/json_put.h"
#include "wire/prefs_json.h"

#include <assert.h>

static void use_prefs(const json_t *object, bool stored)
{
	struct err_detail detail;
	struct prefs prefs, again;
	json_t *built;

	if (prefs_json_parse(object, stored, &detail, &prefs) < 0)
		return;
	assert(prefs_json_build(&prefs, &built) == 0);
	assert(prefs_json_parse(built, stored, &detail, &again) == 0);
	/* Stored ones that are unset have a default when they are missing. */
	assert((prefs_diff(&prefs, &again) &
		~PREFS_BIT(PREFS_NO_STATEFUL)) == 0);
	prefs_check(&prefs, &detail);
	json_decref(built);
	prefs_done(&prefs);
	prefs_done(&again);
}

static void use_edit(const json_t *object)
{
	struct err_detail detail;
	struct prefs_edit edit, again;
	struct prefs old, new;
	json_t *built;

	if (prefs_edit_parse(object, &detail, &edit) < 0)
		return;
	prefs_init(&old);
	assert(prefs_apply(&old, &edit, &new) == 0);
	assert(prefs_edit_build(&edit, &built) == 0);
	assert(prefs_edit_parse(built, &detail, &again) == 0);
	assert(again.set == edit.set);
	assert((prefs_diff(&edit.prefs, &again.prefs) & edit.set) == 0);
	json_decref(built);
	prefs_done(&new);
	prefs_done(&edit.prefs);
	prefs_done(&again.prefs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct err_detail detail;
	json_t *object;

	if (json_read_object((const char *)data, len, "it", &detail,
			     &object) < 0)
		return 0;
	use_prefs(object, len & 1);
	use_edit(object);
	json_decref(object);
	return 0;
}
