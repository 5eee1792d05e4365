// SPDX-License-Identifier: GPL-2.0-only
/* The wanted view: order, who gets a prefix, memory that runs out. */
#include "test.h"

#include "fail_alloc.h"
#include "views.h"

#include "base/array.h"

#include <errno.h>

static void keeps_order(void)
{
	struct wanted w = { 0 };
	struct node_public key;
	uint32_t i, seed = 1;
	size_t n;

	for (i = 0; i < 500; i++) {
		if (view_random(&seed, 3)) {
			view_put(&w, view_random_peer(&seed));
		} else {
			key = view_key(view_random(&seed, 12));
			n = w.n_peers;
			CHECK_EQ(wanted_find(&w, &key) != NULL,
				 wanted_remove(&w, &key));
			CHECK(w.n_peers == n || w.n_peers == n - 1);
			CHECK(!wanted_find(&w, &key));
		}
		for (n = 1; n < w.n_peers; n++)
			CHECK(key_cmp_public(&w.peers[n - 1]->key,
					     &w.peers[n]->key) < 0);
		for (n = 0; n < w.n_peers; n++)
			CHECK(wanted_find(&w, &w.peers[n]->key) ==
			      w.peers[n]);
	}
	wanted_done(&w);
	CHECK(w.n_peers == 0 && !w.claims);
}

static void orders_prefixes(void)
{
	static const struct wg_prefix given[] = {
		{ .addr = { 10, 1, 2, 3 }, .addr_len = 4, .bits = 24 },
		{ .addr = { 0xfd, 1 }, .addr_len = 16, .bits = 8 },
		{ .addr = { 10, 1, 2, 0 }, .addr_len = 4, .bits = 24,
		  .primary = true },
		{ .addr = { 10, 1, 2, 255 }, .addr_len = 4, .bits = 31 },
		{ .addr = { 10, 1, 2, 255 }, .addr_len = 4, .bits = 0 },
		{ .addr = { 9, 1, 2, 255 }, .addr_len = 4, .bits = 32 },
	};
	static const struct wg_prefix sorted[] = {
		{ .addr = { 0 }, .addr_len = 4, .bits = 0 },
		{ .addr = { 9, 1, 2, 255 }, .addr_len = 4, .bits = 32 },
		{ .addr = { 10, 1, 2, 0 }, .addr_len = 4, .bits = 24,
		  .primary = true },
		{ .addr = { 10, 1, 2, 254 }, .addr_len = 4, .bits = 31 },
		{ .addr = { 0xfd }, .addr_len = 16, .bits = 8 },
	};
	struct node_public key = view_key(1);
	struct wanted_peer *peer = wanted_peer_new(&key);
	struct wanted w = { 0 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(given); i++)
		CHECK_EQ(wg_prefixes_add(&peer->prefixes, &given[i]), 0);
	view_put(&w, peer);
	CHECK_EQ(peer->prefixes.n, ARRAY_SIZE(sorted));
	for (i = 0; i < ARRAY_SIZE(sorted); i++) {
		test_case("prefix %zu", i);
		CHECK_EQ(wanted_prefix_cmp(&peer->prefixes.item[i],
					   &sorted[i]), 0);
		CHECK_EQ(peer->prefixes.item[i].primary, sorted[i].primary);
	}
	wanted_done(&w);
}

/* A peer that asks for 10.0.9.0/24. */
static struct wanted_peer *claimant(uint32_t n, uint64_t node_id, bool primary)
{
	struct wg_prefix prefix = view_prefix(0x900, 24);
	struct wanted_peer *peer = view_peer(n);

	peer->node_id = node_id;
	prefix.primary = primary;
	wg_prefixes_add(&peer->prefixes, &prefix);
	return peer;
}

static void decides_conflicts(void)
{
	static const struct {
		const char *name;
		uint32_t n;
		uint64_t node_id;
		bool primary;
		bool remove;
		uint32_t owner;
	} steps[] = {
		{ "the only one", 5, 50, false, false, 5 },
		{ "a higher id", 6, 60, false, false, 5 },
		{ "a lower id", 4, 40, false, false, 4 },
		{ "primary, highest id", 7, 70, true, false, 7 },
		{ "primary, not the lowest id", 8, 65, true, false, 8 },
		{ "no longer primary", 8, 65, false, false, 7 },
		{ "the owner goes", 7, 0, false, true, 4 },
		{ "the owner's id grows", 4, 61, false, false, 5 },
		{ "the owner goes again", 5, 0, false, true, 6 },
		{ "somebody else goes", 8, 0, false, true, 6 },
		{ "the same id: by key", 2, 60, false, false, 0 },
	};
	struct wg_prefix prefix = view_prefix(0x900, 24);
	struct wanted w = { 0 };
	struct node_public key;
	size_t i;

	CHECK(!wanted_owner(&w, &prefix));
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		const struct wanted_peer *owner;

		test_case("%s", steps[i].name);
		key = view_key(steps[i].n);
		if (steps[i].remove)
			wanted_remove(&w, &key);
		else
			view_put(&w, claimant(steps[i].n, steps[i].node_id,
					      steps[i].primary));
		owner = wanted_owner(&w, &prefix);
		CHECK(owner);
		key = view_key(steps[i].owner);
		if (!steps[i].owner) {
			struct node_public a = view_key(2), b = view_key(6);

			key = key_cmp_public(&a, &b) < 0 ? a : b;
		}
		CHECK_EQ(key_cmp_public(&owner->key, &key), 0);
	}
	wanted_done(&w);
}

static void tells_differences(void)
{
	struct wanted_dev a = { 0 }, b = { 0 };
	struct secret32 *key;

	CHECK_EQ(secret_init(), 0);
	CHECK(wanted_dev_eq(&a, &b));
	b.fwmark = 1;
	CHECK(!wanted_dev_eq(&a, &b));
	b.fwmark = 0;
	b.managed = true;
	CHECK(!wanted_dev_eq(&a, &b));
	b.managed = false;
	b.on[WG_SWITCH_INLINE] = true;
	CHECK(!wanted_dev_eq(&a, &b));
	b.on[WG_SWITCH_INLINE] = false;
	key = secret32_new();
	key_make_private(key);
	wanted_set_private_key(&b, key);
	CHECK(b.has_key && b.private_key == key && !wanted_dev_eq(&a, &b));
	wanted_set_private_key(&a, key);
	/* What is read back has no secret in it, and is the same. */
	a.private_key = NULL;
	CHECK(wanted_dev_eq(&a, &b));
	wanted_set_private_key(&b, NULL);
	CHECK(!b.has_key && !wanted_dev_eq(&a, &b));
	secret32_free(key);
}

static void reads_a_device(void)
{
	struct wg_device dev = {
		.has_key = true, .fwmark = 7, .managed = true,
		.on = { [WG_SWITCH_GRO] = true },
	};
	struct wanted w = { 0 };
	struct node_public key;
	uint32_t i;

	for (i = 0; i < 20; i++) {
		struct wg_peer *peer = wg_device_add_peer(&dev);
		struct wg_prefix prefix = view_prefix(i, 32);

		peer->key = view_key(i);
		peer->node_id = i + 100;
		peer->expires_s = i + 200;
		peer->keepalive_s = i;
		peer->roam = i % 2;
		peer->endpoint.addr_len = 4;
		peer->endpoint.port = 1;
		wg_prefixes_add(&peer->prefixes, &prefix);
	}
	CHECK_EQ(wanted_from_device(&dev, &w), 0);
	CHECK(w.n_peers == 20 && w.dev.has_key && w.dev.fwmark == 7 &&
	      w.dev.managed && w.dev.on[WG_SWITCH_GRO]);
	for (i = 0; i < 20; i++) {
		struct wg_prefix prefix = view_prefix(i, 32);
		const struct wanted_peer *peer;

		key = view_key(i);
		peer = wanted_find(&w, &key);
		CHECK(peer && peer->node_id == i + 100);
		CHECK(peer->expires_s == i + 200 && peer->keepalive_s == i);
		CHECK(peer->roam == i % 2 && peer->endpoint.port == 1);
		CHECK(peer == wanted_owner(&w, &prefix));
	}
	wanted_done(&w);
	wg_device_done(&dev);
}

static int put_some(void *ctx)
{
	struct wanted w = { 0 };
	uint32_t i;
	int r = 0;

	(void)ctx;
	for (i = 0; i < 8 && r == 0; i++) {
		/* The sixth and on replace what is there. */
		struct node_public key = view_key(i % 5);
		struct wanted_peer *peer = wanted_peer_new(&key);
		struct wg_prefix prefix = view_prefix(7, 32);
		struct wg_prefix other = view_prefix(100 + i, 32);
		size_t n = w.n_peers;

		if (!peer || wg_prefixes_add(&peer->prefixes, &prefix) < 0 ||
		    wg_prefixes_add(&peer->prefixes, &other) < 0) {
			wanted_peer_free(peer);
			r = -ENOMEM;
			break;
		}
		r = wanted_put(&w, peer);
		if (r < 0) {
			wanted_peer_free(peer);
			/* As it was: whoever had the prefix has it still. */
			if (w.n_peers != n || wanted_owner(&w, &other) ||
			    (n != 0) != (wanted_owner(&w, &prefix) != NULL))
				r = 0;
		}
	}
	wanted_done(&w);
	return r;
}

static void without_memory(void)
{
	CHECK(fail_alloc_each(put_some, NULL) > 10);
}

static const struct test tests[] = {
	TEST(keeps_order),
	TEST(orders_prefixes),
	TEST(decides_conflicts),
	TEST(tells_differences),
	TEST(reads_a_device),
	TEST(without_memory),
};

TEST_MAIN(tests)
