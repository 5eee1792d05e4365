// SPDX-License-Identifier: GPL-2.0-only
/* Answers about the tailnet lock; the first byte says to which request. */
#include "wire/tka_rpc.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void parse(int which, const char *text, size_t len, struct arena *mem)
{
	struct err_detail detail;
	struct tka_bootstrap bootstrap;
	const struct tka_node *node;
	const struct bytes *list;
	struct tka_offer offer;
	struct aum_hash hash;
	size_t i, n;

	switch (which) {
	case 0:
		if (tka_init_begin_parse(text, len, mem, &detail, &node,
					 &n) == 0)
			assert(n <= TKA_NODES_MAX && (!n || node[n - 1].id));
		break;
	case 1:
		tka_bootstrap_parse(text, len, mem, &detail, &bootstrap);
		break;
	case 2:
		if (tka_offer_parse(text, len, mem, &detail, &offer) < 0)
			break;
		for (i = 0; i < offer.n_missing; i++)
			assert(offer.missing[i].len);
		break;
	case 3:
		tka_send_parse(text, len, &detail, &hash);
		break;
	case 4:
		tka_affected_parse(text, len, mem, &detail, &list, &n);
		break;
	default:
		tka_empty_parse(text, len, &detail);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct arena *mem auto_clean(arena) = arena_new();

	if (len)
		parse(data[0] % 6, (const char *)data + 1, len - 1, mem);
	return 0;
}
