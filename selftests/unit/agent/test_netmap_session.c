// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "fail_alloc.h"
#include "map_fixture.h"
#include "base/array.h"
#include "model/netmap_session.h"

#include <errno.h>

/* 2029-06-01T12:00:00Z */
#define NOW_S 1875009600

static const struct timestamp now = { true, NOW_S, 0 };

/* What a test looks at after a step. */
static struct {
	struct netmap *netmap;	/* not referenced */
	bool changed, ping, pop;
	struct map_debug debug;
} last;

static int step(struct netmap_session *s, char *text)
{
	struct netmap_delta *delta = map_delta(text);
	struct err_detail detail = { "" };
	struct netmap_step out = { 0 };
	int r;

	if (!delta)
		return -EINVAL;
	r = netmap_session_step(s, delta, &now, &detail, &out);
	if (r == TNE_MAP_NO_SELF && !*detail.text)
		test_fail(__FILE__, __LINE__, "no reason");
	last.netmap = out.netmap;
	last.changed = out.changed;
	last.ping = out.ping;
	last.pop = out.pop_browser_url;
	last.debug = out.debug;
	netmap_put(out.netmap);
	netmap_delta_free(delta);
	return r;
}

/* The old map stays in use until the new stream has spoken. */
static void switches_over(void)
{
	struct netmap_session *s = netmap_session_new();
	struct netmap *old;

	CHECK(s);
	CHECK(!netmap_session_current(s));
	CHECK_EQ(step(s, map_text("%s", map_first)), 0);
	CHECK(last.changed);
	CHECK_EQ(step(s, map_text("{'PeersChanged':[{'ID':12,'Key':'" K8
				  "'}],'TKAInfo':{'Head':'x'},"
				  "'Health':['bad']}")), 0);
	CHECK_EQ(netmap_n_peers(last.netmap), 2);
	old = netmap_get(last.netmap);

	CHECK_EQ(netmap_session_begin(s), 0);
	CHECK(netmap_session_current(s) == old);
	CHECK_EQ(step(s, map_text("{'KeepAlive':true}")), 0);
	CHECK(!last.changed && last.netmap == old);
	CHECK_EQ(step(s, map_text("{'Peers':[{'ID':12,'Key':'" K8 "'}]}")),
		 TNE_MAP_NO_SELF);
	CHECK(netmap_session_current(s) == old);
	CHECK_EQ(step(s, map_text("%s", map_first)), 0);
	CHECK(last.changed);
	/* What was not said again is gone, what was is the same. */
	CHECK(!netmap_find_peer(last.netmap, 12));
	CHECK(netmap_find_peer(last.netmap, 9) == netmap_find_peer(old, 9));
	CHECK(last.netmap->self == old->self);
	CHECK(!last.netmap->tka_info.present);
	CHECK(!last.netmap->health);
	netmap_put(old);
	netmap_session_free(s);
}

/* A stream that says nothing of the filter lets nobody in. */
static void new_stream_has_no_filter(void)
{
	struct netmap_session *s = netmap_session_new();

	CHECK(s);
	CHECK_EQ(step(s, map_text("%s", map_first)), 0);
	CHECK(last.netmap->filter && last.netmap->dns);
	CHECK_EQ(netmap_session_begin(s), 0);
	CHECK_EQ(step(s, map_text("{'Node':{'ID':7,'Key':'" K1 "'}}")), 0);
	CHECK(!last.netmap->filter && !last.netmap->dns);
	CHECK_EQ(netmap_n_peers(last.netmap), 0);
	CHECK(!netmap_find_user(last.netmap, 41));
	netmap_session_free(s);
}

static void keeps_what_is_the_servers(void)
{
	struct netmap_session *s = netmap_session_new();
	struct disco_public told = { { 0x99 } };
	struct netmap *learned;

	CHECK(s);
	CHECK_EQ(step(s, map_text("{'Node':{'ID':7,'Key':'" K1 "'},'Peers':["
		"{'ID':9,'Key':'" K6 "','DiscoKey':'" D7 "'}],"
		"'ControlTime':'2029-06-01T13:00:00Z','ClientVersion':{},"
		"'ControlDialPlan':{'Candidates':[{'IP':'1.1.1.1'}]}}")), 0);
	CHECK_EQ(last.netmap->clock_offset_ms, 3600000);
	CHECK_EQ(netmap_learn_disco(netmap_session_current(s), 9, &told, &now,
				    &learned), 0);
	netmap_session_replace(s, learned);
	netmap_put(learned);
	CHECK_EQ(netmap_session_begin(s), 0);
	CHECK_EQ(step(s, map_text("{'Node':{'ID':7,'Key':'" K1 "'},'Peers':["
		"{'ID':9,'Key':'" K6 "','DiscoKey':'" D7 "','Online':false,"
		"'LastSeen':'2029-06-01T12:00:00Z'}]}")), 0);
	CHECK_EQ(last.netmap->clock_offset_ms, 3600000);
	CHECK_EQ(last.netmap->dial_plan->n, 1);
	CHECK(last.netmap->client_version);
	CHECK_EQ(netmap_find_peer(last.netmap, 9)->disco.byte[0], 0x99);
	netmap_session_free(s);
}

static void keep_alives(void)
{
	struct netmap_session *s = netmap_session_new();

	CHECK(s);
	/* Before the first map already. */
	CHECK_EQ(step(s, map_text("{'KeepAlive':true,"
				  "'ControlTime':'2029-06-01T13:00:00Z'}")), 0);
	CHECK(!last.netmap);
	CHECK_EQ(step(s, map_text("{'Node':{'ID':7,'Key':'" K1 "'}}")), 0);
	CHECK_EQ(last.netmap->clock_offset_ms, 3600000);
	CHECK_EQ(step(s, map_text("{'KeepAlive':true,'ControlTime':"
				  "'2029-06-01T12:00:00Z','Debug':{'Exit':1},"
				  "'Node':{'ID':8}}")), 0);
	CHECK(last.changed);
	CHECK_EQ(last.netmap->clock_offset_ms, 0);
	CHECK_EQ(last.netmap->self->id, 7);
	CHECK(!last.debug.exit);
	netmap_session_free(s);
}

static void urls_count_once(void)
{
	static const struct {
		const char *text;
		bool ping, pop;
	} steps[] = {
		{ "{'PingRequest':{'URL':'a'},'PopBrowserURL':'x'}", true,
		  true },
		{ "{'PingRequest':{'URL':'a'},'PopBrowserURL':'x'}", false,
		  false },
		{ "{'KeepAlive':true,'PingRequest':{'URL':'b'},"
		  "'PopBrowserURL':'y'}", true, true },
		{ "{'PingRequest':{'URL':''},'PopBrowserURL':''}", false,
		  false },
		{ "{'KeepAlive':true,'PingRequest':{'URL':'b'}}", false,
		  false },
		{ "{'PingRequest':{'URL':'a'}}", true, false },
	};
	struct netmap_session *s = netmap_session_new();
	size_t i;

	CHECK(s);
	CHECK_EQ(step(s, map_text("%s", map_first)), 0);
	CHECK(last.debug.disable_log_tail);
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		test_case("%s", steps[i].text);
		CHECK_EQ(step(s, map_text("%s", steps[i].text)), 0);
		CHECK_EQ(last.ping, steps[i].ping);
		CHECK_EQ(last.pop, steps[i].pop);
	}
	/* A ping is not to be answered twice, whatever the stream. */
	CHECK_EQ(netmap_session_begin(s), 0);
	CHECK_EQ(step(s, map_text("{'KeepAlive':true,'PingRequest':"
				  "{'URL':'a'},'PopBrowserURL':'y'}")), 0);
	CHECK(!last.ping);
	CHECK(last.pop);
	netmap_session_free(s);
}

static void absurd_server_clock(void)
{
	static const struct {
		bool trusted;
		const char *time;
		bool taken;
	} cases[] = {
		{ true, "2029-06-02T12:00:00Z", true },
		{ true, "2029-06-02T12:00:01Z", false },
		{ true, "2029-05-31T11:59:59Z", false },
		{ true, "2039-06-01T12:00:00Z", false },
		{ false, "2039-06-01T12:00:00Z", true },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct netmap_session *s = netmap_session_new();

		test_case("%s", cases[i].time);
		CHECK(s);
		netmap_session_trust_clock(s, cases[i].trusted);
		CHECK_EQ(step(s, map_text("{'Node':{'ID':7,'Key':'" K1 "'},"
					  "'ControlTime':'%s'}",
					  cases[i].time)), 0);
		CHECK_EQ(last.netmap->clock_offset_ms != 0, cases[i].taken);
		netmap_session_free(s);
	}
}

struct deltas {
	struct netmap_delta *first;
	struct netmap_delta *next;
};

/* A step that fails can be done again, and leaves nothing behind. */
static int steps(void *ctx)
{
	struct netmap_session *s = netmap_session_new();
	struct deltas *d = ctx;
	struct netmap_step out = { 0 };
	struct netmap *before;
	int r = -ENOMEM;

	if (s)
		r = netmap_session_step(s, d->first, &now, NULL, &out);
	if (r == 0) {
		netmap_put(out.netmap);
		before = netmap_session_current(s);
		r = netmap_session_step(s, d->next, &now, NULL, &out);
		if (r == 0)
			netmap_put(out.netmap);
		else if (netmap_session_current(s) != before)
			r = 0;
	}
	if (r == 0)
		r = netmap_session_begin(s);
	netmap_session_free(s);
	return r;
}

static void survives_no_memory(void)
{
	struct deltas d = {
		.first = map_delta(map_text("%s", map_first)),
		.next = map_delta(map_text(
			"{'PingRequest':{'URL':'a'},'PopBrowserURL':'b',"
			"'PeersRemoved':[9],'ControlTime':"
			"'2029-06-01T13:00:00Z'}")),
	};

	CHECK(d.first && d.next);
	CHECK(fail_alloc_each(steps, &d) > 10);
	netmap_delta_free(d.first);
	netmap_delta_free(d.next);
}

static const struct test tests[] = {
	TEST(switches_over),
	TEST(new_stream_has_no_filter),
	TEST(keeps_what_is_the_servers),
	TEST(keep_alives),
	TEST(urls_count_once),
	TEST(absurd_server_clock),
	TEST(survives_no_memory),
};
TEST_MAIN(tests)
