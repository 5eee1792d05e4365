// SPDX-License-Identifier: GPL-2.0-only
#include "node/rules.h"

#include "base/array.h"
#include "model/prefs.h"
#include "system/change.h"
#include "test.h"

static void lost_link(void)
{
	static const struct {
		const char *name;
		unsigned int bits;
		uint32_t taken, now;
		bool lost;
	} cases[] = {
		{ "nothing of ours", CHANGE_HOST, 7, 7, false },
		{ "a route of ours", CHANGE_REPAIR, 7, 7, false },
		{ "told", CHANGE_LINK, 7, 7, true },
		{ "gone before it is told", CHANGE_REPAIR, 7, 0, true },
		{ "another of the name", CHANGE_HOST, 7, 8, true },
		{ "another, addresses first", CHANGE_REPAIR, 7, 8, true },
		{ "never seen by us", CHANGE_HOST, 0, 8, true },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].name);
		CHECK_EQ(node_rules_link_lost(cases[i].bits, cases[i].taken,
					      cases[i].now), cases[i].lost);
	}
}

/* A crash of the agent is no reason to stop; another tailnet is. */
static void left_alone(void)
{
	CHECK(node_rules_leave_alone(true, true, false));
	CHECK(!node_rules_leave_alone(true, true, true));
	CHECK(!node_rules_leave_alone(true, false, false));
	CHECK(!node_rules_leave_alone(false, true, false));
}

/* What would keep the agent from its next start. */
static void server_address(void)
{
	static const struct {
		char *url;
		int r;
	} cases[] = {
		{ "", 0 },
		{ "https://control.example", 0 },
		{ "http://127.0.0.1:8080/", 0 },
		{ "https://control.example/path", TNE_PREFS },
		{ "https://user@control.example", TNE_PREFS },
		{ "control.example", TNE_PREFS },
		{ "ftp://control.example", TNE_PREFS },
		{ "https://", TNE_PREFS },
		{ "https://a b", TNE_PREFS },
	};
	struct err_detail detail;
	struct prefs prefs;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].url);
		prefs_init(&prefs);
		prefs.control_url = cases[i].url;
		detail.text[0] = 0;
		CHECK_EQ(node_rules_check_prefs(&prefs, &detail), cases[i].r);
		CHECK_EQ(cases[i].r < 0, detail.text[0] != 0);
	}
	prefs.control_url = NULL;
	prefs.run_ssh = true;
	CHECK_EQ(node_rules_check_prefs(&prefs, &detail), TNE_PREFS);
}

static void order_to_exit(void)
{
	CHECK(!node_rules_may_exit(true, 0));
	CHECK(!node_rules_may_exit(true, NODE_RULES_EXIT_SELDOM_MS - 1));
	CHECK(node_rules_may_exit(true, NODE_RULES_EXIT_SELDOM_MS));
	CHECK(!node_rules_may_exit(false, 10 * NODE_RULES_EXIT_SELDOM_MS));
}

static const struct test tests[] = {
	TEST(lost_link),
	TEST(left_alone),
	TEST(server_address),
	TEST(order_to_exit),
};
TEST_MAIN(tests)
