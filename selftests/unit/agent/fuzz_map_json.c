// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages of a map stream, one a line, all the way into a network map: what
 * the differences tell must be what is in there.
 */
#include "fuzz_wg_conf.h"

#include "model/netmap_session.h"
#include "wire/map_json.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

struct told {
	const struct netmap *old;
	const struct netmap *new;
	long added;
};

static int check(void *ctx, const struct node *old, const struct node *new)
{
	struct told *told = ctx;

	assert(!old || netmap_find_peer(told->old, old->id) == old);
	assert(!new || netmap_find_peer(told->new, new->id) == new);
	told->added += !!new - !!old;
	return 0;
}

static void check_peers(const struct netmap *m)
{
	const struct node *peer = NULL;
	size_t i;

	while ((peer = netmap_next_peer(m, peer))) {
		assert(peer->id > 0 && peer->id != m->self->id);
		assert(!node_public_is_zero(&peer->key));
		for (i = 0; i < peer->allowed_ips.n; i++) {
			struct ip_prefix net = peer->allowed_ips.item[i];

			assert(!ip_prefix_mask(&net));
		}
		netmap_peer_fault(m, peer);
	}
}

static void check_step(const struct netmap *old, const struct netmap *new)
{
	struct told told = { old, new };
	char *text;

	if (!new)
		return;
	assert(netmap_diff_peers(old, new, check, &told) == 0);
	assert(told.added == (long)netmap_n_peers(new) -
			     (old ? (long)netmap_n_peers(old) : 0));
	check_peers(new);
	netmap_filter_is_void(new);
	assert(filter_rules_text(new->filter, &text) == 0);
	free(text);
}

static void step(struct netmap_session *session, const char *text, size_t len)
{
	static const struct timestamp now = { true, 1875009600, 0 };
	struct netmap_delta *delta;
	struct netmap_step out = { 0 };
	struct err_detail detail = { "" };
	struct netmap *old;

	if (map_json_parse(text, len, &detail, &delta) < 0) {
		assert(*detail.text);
		return;
	}
	old = netmap_get(netmap_session_current(session));
	if (netmap_session_step(session, delta, &now, &detail, &out) == 0) {
		check_step(old, out.netmap);
		netmap_put(out.netmap);
	}
	netmap_put(old);
	netmap_delta_free(delta);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct netmap_session *session = netmap_session_new();
	const char *s = (const char *)data, *end = s + len, *eol;

	assert(session);
	for (; s < end; s = eol + 1) {
		eol = memchr(s, '\n', end - s);
		if (!eol)
			eol = end;
		if (eol == s)
			netmap_session_begin(session);
		else
			step(session, s, eol - s);
	}
	netmap_session_free(session);
	return 0;
}
