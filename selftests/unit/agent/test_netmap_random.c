// SPDX-License-Identifier: GPL-2.0-only
/* Many messages by lot, against a map that is kept in the simplest way. */
#include "test.h"

#include "fail_alloc.h"
#include "map_fixture.h"
#include "base/array.h"
#include "model/netmap_merge.h"

#include <errno.h>
#include <time.h>

static const struct timestamp now = { true, MAP_NOW_S, 0 };
static unsigned int seed = 1;

static unsigned int rnd(unsigned int n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 8) % n;
}

/* --- random messages against a simple model --- */

#define PEERS 60

struct simple {
	bool there;
	int key, cap, derp, port;
	bool has_port, expired;
	enum opt_bool online;
	bool seen;
};

struct simple_change {
	struct simple peer[PEERS];
	char text[20000];
	size_t len;
};

static void say(struct simple_change *c, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	c->len += vsnprintf(c->text + c->len, sizeof(c->text) - c->len, format,
			    ap);
	va_end(ap);
}

static void say_node(struct simple_change *c, int id, struct simple *p)
{
	*p = (struct simple){
		.there = true, .key = 1 + rnd(30), .cap = rnd(3),
		.derp = rnd(3), .has_port = rnd(2), .port = 1 + rnd(3),
		.online = rnd(3), .expired = rnd(8) == 0,
	};
	say(c, "{'ID':%d,'Key':'nodekey:%02x" "000000000000000000000000000000"
	    "00000000000000000000000000000000','Cap':%d,'HomeDERP':%d%s%s",
	    id + 1, p->key, p->cap, p->derp, p->expired ? ",'Expired':true" :
	    "", p->online == OPT_UNSET ? "" : p->online == OPT_TRUE ?
	    ",'Online':true" : ",'Online':false");
	if (p->has_port)
		say(c, ",'Endpoints':['1.1.1.1:%d']", p->port);
	say(c, "}");
}

static void say_patch(struct simple_change *c, int id, struct simple *p)
{
	struct simple q = *p;

	say(c, "{'NodeID':%d", id + 1);
	if (rnd(2)) {
		q.cap = 1 + rnd(3);
		say(c, ",'Cap':%d", q.cap);
	}
	if (rnd(2)) {
		q.derp = 1 + rnd(3);
		say(c, ",'DERPRegion':%d", q.derp);
	}
	if (rnd(2)) {
		q.has_port = rnd(2);
		q.port = 1 + rnd(3);
		say(c, q.has_port ? ",'Endpoints':['1.1.1.1:%d']" :
		    ",'Endpoints':[]", q.port);
	}
	if (rnd(2)) {
		q.online = rnd(2) ? OPT_TRUE : OPT_FALSE;
		say(c, ",'Online':%s", q.online == OPT_TRUE ? "true" :
		    "false");
	}
	if (rnd(3) == 0) {
		q.key = 1 + rnd(30);
		say(c, ",'Key':'nodekey:%02x" "000000000000000000000000000000"
		    "00000000000000000000000000000000'", q.key);
	}
	say(c, "}");
	if (p->there)
		*p = q;
}

static void say_flags(struct simple_change *c, const char *name, bool online)
{
	int i, n = rnd(4);
	bool used[PEERS] = { false };

	say(c, "'%s':{", name);
	for (i = 0; i < n; i++) {
		int id = rnd(PEERS);
		bool on = rnd(2);

		if (used[id])
			continue;
		used[id] = true;
		say(c, "%s'%d':%s", c->text[c->len - 1] == '{' ? "" : ",",
		    id + 1, on ? "true" : "false");
		if (online)
			c->peer[id].online = on ? OPT_TRUE : OPT_FALSE;
		else
			c->peer[id].seen = on;
	}
	say(c, "}");
}

static void random_message(struct simple_change *c)
{
	int i, n;

	c->len = 0;
	if (rnd(12) == 0) {
		for (i = 0; i < PEERS; i++)
			c->peer[i].there = false;
		say(c, "{'Peers':[");
		for (i = 0, n = 1 + rnd(PEERS); i < n; i++) {
			int id = rnd(PEERS);

			say(c, i ? "," : "");
			say_node(c, id, &c->peer[id]);
		}
		say(c, "],'PeersRemoved':[1,2,3]}");
		return;
	}
	say(c, "{'PeersRemoved':[");
	for (i = 0, n = rnd(4); i < n; i++) {
		int id = rnd(PEERS);

		say(c, "%s%d", i ? "," : "", id + 1);
		c->peer[id].there = false;
	}
	say(c, "],'PeersChanged':[");
	for (i = 0, n = rnd(6); i < n; i++) {
		int id = rnd(PEERS);

		say(c, i ? "," : "");
		say_node(c, id, &c->peer[id]);
	}
	say(c, "],");
	say_flags(c, "PeerSeenChange", false);
	say(c, ",");
	say_flags(c, "OnlineChange", true);
	say(c, ",'PeersChangedPatch':[");
	for (i = 0, n = rnd(5); i < n; i++) {
		int id = rnd(PEERS);

		say(c, i ? "," : "");
		say_patch(c, id, &c->peer[id]);
	}
	say(c, "]}");
}

static void check_simple(const struct netmap *m, const struct simple *peers)
{
	const struct node *p = NULL, *lowest;
	struct node_public key = { 0 };
	int i, k, n = 0;

	for (i = 0; i < PEERS; i++) {
		const struct simple *s = &peers[i];

		p = netmap_find_peer(m, i + 1);
		CHECK_EQ(!!p, s->there);
		if (!p)
			continue;
		n++;
		CHECK_EQ(p->key.byte[0], s->key);
		CHECK_EQ(p->cap, s->cap);
		CHECK_EQ(p->home_derp, s->derp);
		CHECK_EQ(p->online, s->online);
		CHECK_EQ(p->last_seen.set, s->seen);
		CHECK_EQ(p->endpoints.n, s->has_port);
		CHECK_EQ(p->expired, s->expired);
		if (s->has_port)
			CHECK_EQ(p->endpoints.item[0].port, s->port);
	}
	CHECK_EQ(netmap_n_peers(m), n);
	CHECK_EQ(m->peers_by_key.n, n);
	for (i = 0, p = NULL; (p = netmap_next_peer(m, p));) {
		CHECK(p->id > i);
		i = p->id;
	}
	for (k = 1; k <= 31; k++) {
		key.byte[0] = k;
		for (i = 0; i < PEERS; i++) {
			if (peers[i].there && peers[i].key == k)
				break;
		}
		lowest = netmap_find_key(m, &key);
		CHECK_EQ(lowest ? lowest->id : PEERS + 1, i + 1);
	}
}

struct applied {
	struct simple peer[PEERS];
	size_t n;
};

/* Take the differences down as someone who keeps a table would. */
static int apply(void *ctx, const struct node *old, const struct node *new)
{
	struct applied *a = ctx;
	struct simple *s = &a->peer[(old ? old : new)->id - 1];

	a->n++;
	if (old && (!s->there || s->key != old->key.byte[0]))
		return -EINVAL;
	s->there = new;
	if (new)
		*s = (struct simple){
			.there = true,
			.key = new->key.byte[0], .cap = new->cap,
			.derp = new->home_derp, .online = new->online,
			.seen = new->last_seen.set,
			.has_port = new->endpoints.n,
			.port = new->endpoints.n ?
				new->endpoints.item[0].port : 0,
			.expired = new->expired,
		};
	return 0;
}

static void random_messages(void)
{
	static struct simple_change change;
	static struct applied applied;
	struct netmap *m = map_merged(netmap_new(), map_text(
		"{'Node':{'ID':1000,'Key':'" K8 "'}}")), *next;
	int round;

	CHECK(m);
	for (round = 0; round < 1500; round++) {
		random_message(&change);
		test_case("round %d: %s", round, change.text);
		next = map_merged(netmap_get(m), map_text("%s", change.text));
		CHECK(next);
		CHECK_IN(check_simple(next, change.peer));
		CHECK_EQ(netmap_diff_peers(m, next, apply, &applied), 0);
		CHECK_IN(check_simple(next, applied.peer));
		netmap_put(m);
		m = next;
	}
	netmap_put(m);
}

/* --- cost --- */

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static int count(void *ctx, const struct node *old, const struct node *new)
{
	(void)old;
	(void)new;
	++*(size_t *)ctx;
	return 0;
}

static struct netmap *many_peers(size_t n)
{
	char *text = malloc(n * 220 + 300), *turned;
	size_t i, len;

	len = sprintf(text, "{'Node':{'ID':1,'Key':'" K8 "'},'Peers':[");
	for (i = 0; i < n; i++)
		len += sprintf(text + len, "%s{'ID':%zu,'Key':'nodekey:%064zx',"
			       "'Name':'p%zu.','Addresses':['10.%zu.%zu.%zu/32'],"
			       "'HomeDERP':1}", i ? "," : "", i + 2, i + 1, i,
			       i >> 16, i >> 8 & 255, i & 255);
	sprintf(text + len, "]}");
	turned = map_text("%s", text);
	free(text);
	return map_merged(netmap_new(), turned);
}

/*
 * One change among ten thousand peers must not cost what ten thousand cost: the
 * n-th allocation that fails counts them. Times are for people.
 */
static void cost_of_one_change(void)
{
	size_t sizes[] = { 100, 10000 }, allocations[2], i, n, changed;
	struct netmap_delta *delta;
	struct netmap *m, *next;
	double merge, diff, t, took;
	int r;

	for (i = 0; i < 2; i++) {
		m = many_peers(sizes[i]);
		CHECK(m);
		CHECK_EQ(netmap_n_peers(m), sizes[i]);
		delta = map_delta(map_text("{'PeersChangedPatch':[{'NodeID':"
					   "50,'Endpoints':['1.2.3.4:5']}]}"));
		CHECK(delta);
		for (n = 0;; n++) {
			next = NULL;
			fail_alloc_at(n);
			r = netmap_merge(m, NULL, delta, &now, &next);
			if (!fail_alloc_happened())
				break;
			CHECK_EQ(r, -ENOMEM);
			CHECK(!next);
		}
		fail_alloc_at(SIZE_MAX);
		CHECK_EQ(r, 0);
		allocations[i] = n;
		changed = 0;
		CHECK_EQ(netmap_diff_peers(m, next, count, &changed), 0);
		CHECK_EQ(changed, 1);
		netmap_put(next);

		merge = diff = 1;
		for (n = 0; n < 1000; n++) {
			t = seconds();
			r = netmap_merge(m, NULL, delta, &now, &next);
			took = seconds() - t;
			merge = took < merge ? took : merge;
			CHECK_EQ(r, 0);
			t = seconds();
			netmap_diff_peers(m, next, count, &changed);
			took = seconds() - t;
			diff = took < diff ? took : diff;
			netmap_put(next);
		}
		printf("# %zu peers, 1 changed: %zu allocations, merge %.2f us,"
		       " difference %.2f us at best\n", sizes[i], allocations[i],
		       merge * 1e6, diff * 1e6);
		netmap_delta_free(delta);
		netmap_put(m);
	}
	CHECK(allocations[1] < 2 * allocations[0] + 40);
}

static const struct test tests[] = {
	TEST(random_messages),
	TEST(cost_of_one_change),
};
TEST_MAIN(tests)
