// SPDX-License-Identifier: GPL-2.0-only
#include "node/relays.h"

#include "model/netmap.h"
#include "node/dump.h"
#include "store/side.h"
#include "wire/json.h"
#include "wire/map_part_json.h"

#include <stdlib.h>
#include <string.h>

#define ENTRY "DERPMap"

int relays_save(struct side *side, const struct netmap *netmap)
{
	char *text;
	int r;

	r = dump_derp_map(netmap, &text);
	if (r < 0)
		return r;
	if (strlen(text) > RELAYS_TEXT_MAX)
		r = TNE_TOO_LONG;
	else
		r = side_write(side, ENTRY, text);
	free(text);
	return r < 0 ? r : 0;
}

const struct derp_regions *relays_load(const struct side *side)
{
	const char *text = side_find(side, ENTRY);
	const struct derp_regions *ret = NULL;
	json_t *root, *regions;

	/* As if it came from outside: somebody may have written the file. */
	if (!text || json_read(text, strlen(text), NULL, &root) < 0)
		return NULL;
	regions = json_object_get(root, "Regions");
	if (json_is_object(regions) &&
	    map_part_json_regions(regions, false, &ret) < 0)
		ret = NULL;
	json_decref(root);
	return ret;
}
