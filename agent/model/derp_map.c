// SPDX-License-Identifier: GPL-2.0-only
#include "model/derp_map.h"

const struct derp_regions *derp_regions_get(const struct derp_regions *regions)
{
	if (regions)
		arena_get(regions->mem);
	return regions;
}

void derp_regions_put(const struct derp_regions *regions)
{
	if (regions)
		arena_put(regions->mem);
}

const struct derp_home *derp_home_get(const struct derp_home *home)
{
	if (home)
		arena_get(home->mem);
	return home;
}

void derp_home_put(const struct derp_home *home)
{
	if (home)
		arena_put(home->mem);
}

const struct derp_region *derp_regions_find(const struct derp_regions *regions,
					    int64_t id)
{
	size_t low = 0, high = regions ? regions->n : 0;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct derp_region *region = &regions->item[mid];

		if (region->id == id)
			return region;
		if (id < region->id)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

double derp_home_factor(const struct derp_home *home, int64_t region_id)
{
	size_t i;

	for (i = 0; home && i < home->n_scores; i++) {
		if (home->scores[i].region_id == region_id)
			return home->scores[i].factor;
	}
	return 1;
}
