// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "fail_alloc.h"
#include "map_fixture.h"
#include "base/err.h"
#include "model/filter_rules.h"

#include <errno.h>

static const struct filter_rules *rules_of(char *text)
{
	struct netmap_delta *d = map_delta(text);
	const struct filter_rules *rules = NULL;

	if (d && filter_rules_change(NULL, &d->filter, &rules) < 0)
		test_fail(__FILE__, __LINE__, "change");
	netmap_delta_free(d);
	return rules;
}

static void listing(void)
{
	static const char want[] =
		"a\\x1b[0m: 0 rules\n"
		"base: 2 rules, 1 entries left out\n"
		"  proto tcp udp icmp icmpv6 from 10.0.0.0/8 to "
		"100.64.0.7/32 port 22 100.64.0.8/32\n"
		"  proto sctp 99 from cap:x\\x0ay to nothing\n"
		"    grant c d(1) on 100.64.0.7/32\n";
	const struct filter_rules *rules = rules_of(map_text(
		"{'PacketFilters':{'base':[{'SrcIPs':['10.0.0.0/8','bad'],"
		"'DstPorts':[{'IP':'100.64.0.7','Ports':{'First':22,'Last':22}"
		"},{'IP':'100.64.0.8','Ports':{'First':0,'Last':65535}}]},"
		"{'SrcIPs':['cap:x\\ny'],'IPProto':[132,99],'CapGrant':[{"
		"'Dsts':['100.64.0.7'],'Caps':['c'],'CapMap':{'d':[1]}}]}],"
		"'a\\u001b[0m':[]}}"));
	char *text = NULL;

	CHECK(rules);
	CHECK_EQ(filter_rules_text(rules, &text), 0);
	if (strcmp(text, want) != 0)
		test_fail(__FILE__, __LINE__, "%s", text);
	CHECK(!test_failed);
	free(text);
	filter_rules_put(rules);
	CHECK_EQ(filter_rules_text(NULL, &text), 0);
	CHECK(strcmp(text, "no rules: nothing is let in\n") == 0);
	free(text);
}

static void too_many_sets(void)
{
	static struct filter_named item[FILTER_SETS_MAX + 1];
	struct filter_change change = { .item = item };
	const struct filter_rules *one = rules_of(map_text(
		"{'PacketFilter':[]}")), *all = NULL, *more = NULL;
	static char names[FILTER_SETS_MAX + 1][8];
	size_t i;

	CHECK(one);
	for (i = 0; i < FILTER_SETS_MAX + 1; i++) {
		sprintf(names[i], "%05zu", i * 7919 % (FILTER_SETS_MAX + 1));
		item[i].name = names[i];
		item[i].set = one->item[0].set;
	}
	change.n = FILTER_SETS_MAX + 1;
	CHECK_EQ(filter_rules_change(NULL, &change, &more), TNE_TOO_LONG);
	change.n = FILTER_SETS_MAX;
	CHECK_EQ(filter_rules_change(NULL, &change, &all), 0);
	CHECK_EQ(all->n, FILTER_SETS_MAX);
	for (i = 1; i < all->n; i++)
		CHECK(strcmp(all->item[i - 1].name, all->item[i].name) < 0);
	change.item = &item[FILTER_SETS_MAX];
	change.n = 1;
	CHECK_EQ(filter_rules_change(all, &change, &more), TNE_TOO_LONG);
	change.clear = true;
	CHECK_EQ(filter_rules_change(all, &change, &more), 0);
	CHECK_EQ(more->n, 1);
	filter_rules_put(one);
	filter_rules_put(all);
	filter_rules_put(more);
}

static int change(void *ctx)
{
	struct netmap_delta *d = ctx;
	const struct filter_rules *rules = NULL;
	int r = filter_rules_change(NULL, &d->filter, &rules);

	filter_rules_put(rules);
	return r;
}

static void survives_no_memory(void)
{
	char name[600] = "";
	struct netmap_delta *d;

	memset(name, 'x', sizeof(name) - 1);
	d = map_delta(map_text("{'PacketFilters':{'%s':[],'b':[]}}", name));
	CHECK(d);
	CHECK(fail_alloc_each(change, d) >= 2);
	netmap_delta_free(d);
}

static const struct test tests[] = {
	TEST(listing),
	TEST(too_many_sets),
	TEST(survives_no_memory),
};
TEST_MAIN(tests)
