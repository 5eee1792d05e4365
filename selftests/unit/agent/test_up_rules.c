// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "base/array.h"
#include "fail_alloc.h"
#include "model/up_rules.h"
#include "wire/json_put.h"
#include "wire/prefs_json.h"

#define SERVER "\"ControlURL\":\"https://hs.example\""
#define BASE "\"CorpDNS\":true,\"NetfilterMode\":2,\"NoStatefulFiltering\":true"
#define UP BASE "," SERVER

/**
 * struct rule - one case
 * @name: printed
 * @old: stored preferences but for BASE, as JSON members
 * @new: wanted ones likewise
 * @given: flags that were given
 * @how: letters: a = any flag, r = reset, f = forced, k = key, l = logged in,
 *	R = running, N = needs login
 * @action: expected
 * @missing: expected, joined by blanks
 */
static const struct rule {
	const char *name;
	const char *old;
	const char *new;
	unsigned int given;
	const char *how;
	enum up_action action;
	const char *missing;
} rules[] = {
	{ "never been up", BASE, BASE, 0, "", UP_START, "" },
	{ "never been up, flags", BASE ",\"Hostname\":\"x\"",
	  BASE ",\"RouteAll\":true", UP_BIT(UP_ACCEPT_ROUTES), "a", UP_START,
	  "" },
	{ "simple", UP, BASE, 0, "lR", UP_SIMPLE, "" },
	{ "simple with settings", UP ",\"Hostname\":\"x\"", BASE, 0, "l",
	  UP_SIMPLE, "" },
	{ "not simple: nobody is logged in", UP, UP, 0, "", UP_START, "" },
	{ "not simple: needs login", UP, UP, 0, "lN", UP_START, "" },
	{ "server missing", UP, BASE, UP_BIT(UP_HOSTNAME), "alR", UP_MISSING,
	  "--login-server=https://hs.example" },
	{ "all missing", UP ",\"Hostname\":\"my host\",\"RouteAll\":true,"
	  "\"ShieldsUp\":true,\"AdvertiseTags\":[\"tag:b\",\"tag:a\"],"
	  "\"OperatorUser\":\"o'x\",\"NoSNAT\":true,\"NetfilterMode\":0,"
	  "\"CorpDNS\":false,\"AdvertiseRoutes\":[\"10.0.0.0/8\",\"0.0.0.0/0\",\"::/0\"]",
	  UP, UP_BIT(UP_LOGIN_SERVER), "alR", UP_MISSING,
	  "--accept-dns=false --accept-routes --advertise-exit-node "
	  "--advertise-routes=10.0.0.0/8 --advertise-tags=tag:b,tag:a "
	  "--hostname='my host' --netfilter-mode=off --operator='o'\\''x' "
	  "--shields-up --snat-subnet-routes=false" },
	{ "reset gives them up", UP ",\"Hostname\":\"x\"", UP,
	  UP_BIT(UP_LOGIN_SERVER), "alrR", UP_EDIT, "" },
	{ "mentioned again", UP ",\"Hostname\":\"x\"", UP ",\"Hostname\":\"x\"",
	  UP_BIT(UP_LOGIN_SERVER) | UP_BIT(UP_HOSTNAME), "alR", UP_EDIT, "" },
	{ "mentioned and changed", UP ",\"Hostname\":\"x\"", UP,
	  UP_BIT(UP_LOGIN_SERVER) | UP_BIT(UP_HOSTNAME), "alR", UP_EDIT, "" },
	{ "default server has many names",
	  BASE ",\"ControlURL\":\"https://login.tailscale.com\"", BASE,
	  UP_BIT(UP_SHIELDS_UP), "alR", UP_EDIT, "" },
	{ "stateful filtering may go",
	  BASE "," SERVER ",\"NoStatefulFiltering\":false", UP,
	  UP_BIT(UP_LOGIN_SERVER), "alR", UP_EDIT, "" },
	{ "operator is the one who asks", UP ",\"OperatorUser\":\"me\"", UP,
	  UP_BIT(UP_LOGIN_SERVER), "alR", UP_EDIT, "" },
	{ "operator is somebody else", UP ",\"OperatorUser\":\"you\"", UP,
	  UP_BIT(UP_LOGIN_SERVER), "alR", UP_MISSING, "--operator=you" },
	{ "stopped", UP, UP, UP_BIT(UP_LOGIN_SERVER), "al", UP_START, "" },
	{ "with a key", UP, UP, UP_BIT(UP_LOGIN_SERVER), "alkR", UP_START,
	  "" },
	{ "forced", UP, UP, UP_BIT(UP_LOGIN_SERVER), "alfR", UP_START, "" },
	{ "other tags", UP, UP ",\"AdvertiseTags\":[\"tag:a\"]",
	  UP_BIT(UP_LOGIN_SERVER) | UP_BIT(UP_ADVERTISE_TAGS), "alR",
	  UP_START, "" },
	{ "other server", UP, BASE ",\"ControlURL\":\"https://b.example\"",
	  UP_BIT(UP_LOGIN_SERVER), "alR", UP_NEEDS_REAUTH, "" },
	{ "other server, forced", UP,
	  BASE ",\"ControlURL\":\"https://b.example\"",
	  UP_BIT(UP_LOGIN_SERVER), "alfR", UP_START, "" },
	{ "other server, stopped", UP,
	  BASE ",\"ControlURL\":\"https://b.example\"",
	  UP_BIT(UP_LOGIN_SERVER), "al", UP_START, "" },
};

/* Later members win, so that a case can override the base. */
static int parse(const char *members, struct prefs *prefs)
{
	char text[1000];
	struct err_detail detail;
	json_t *object;
	int r;

	snprintf(text, sizeof(text), "{%s}", members);
	object = json_loads(text, 0, NULL);
	r = prefs_json_parse(object, false, &detail, prefs);
	json_decref(object);
	return r;
}

static int decide(const struct rule *rule, struct prefs *old, struct prefs *new,
		  struct up_answer *answer)
{
	const char *how = rule->how;
	struct up_question q = {
		.old = old, .new = new, .given = rule->given,
		.any_flag = strchr(how, 'a'), .reset = strchr(how, 'r'),
		.force_reauth = strchr(how, 'f'),
		.has_auth_key = strchr(how, 'k'),
		.backend = strchr(how, 'R') ? BACKEND_RUNNING :
			strchr(how, 'N') ? BACKEND_NEEDS_LOGIN :
			BACKEND_STOPPED,
		.login = strchr(how, 'l') ? "a@example.com" : "",
		.user = "me",
	};

	return up_decide(&q, answer);
}

static void table(void)
{
	struct up_answer answer;
	struct prefs old, new;
	char *missing;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rules); i++) {
		test_case("%s", rules[i].name);
		CHECK_EQ(parse(rules[i].old, &old), 0);
		CHECK_EQ(parse(rules[i].new, &new), 0);
		CHECK_EQ(decide(&rules[i], &old, &new, &answer), 0);
		CHECK_EQ(answer.action, rules[i].action);
		missing = str_list_join(&answer.missing, " ");
		CHECK(missing && strcmp(missing, rules[i].missing) == 0);
		free(missing);
		str_list_done(&answer.missing);
		prefs_done(&old);
		prefs_done(&new);
	}
}

static void what_is_edited(void)
{
	struct rule rule = rules[9];	/* "mentioned again" */
	struct up_answer answer;
	struct prefs old, new;

	CHECK_EQ(parse(rule.old, &old), 0);
	CHECK_EQ(parse(rule.new, &new), 0);
	CHECK_EQ(decide(&rule, &old, &new, &answer), 0);
	CHECK_EQ(answer.edit_set, PREFS_BIT(PREFS_WANT_RUNNING) |
		 PREFS_BIT(PREFS_CONTROL_URL) | PREFS_BIT(PREFS_HOSTNAME));
	str_list_done(&answer.missing);
	rule.how = "alrR";
	CHECK_EQ(decide(&rule, &old, &new, &answer), 0);
	CHECK(answer.edit_set & PREFS_BIT(PREFS_NETFILTER_MODE));
	CHECK(!(answer.edit_set & PREFS_BIT(PREFS_LOGGED_OUT)));
	str_list_done(&answer.missing);
	prefs_done(&old);
	prefs_done(&new);
}

static int missing_things(void *ctx)
{
	struct up_answer answer;
	struct prefs old, new;
	int r = parse(rules[7].old, &old);

	(void)ctx;
	if (r < 0)
		return r;
	r = parse(rules[7].new, &new);
	if (r == 0) {
		r = decide(&rules[7], &old, &new, &answer);
		if (r == 0)
			str_list_done(&answer.missing);
		prefs_done(&new);
	}
	prefs_done(&old);
	return r;
}

static void without_memory(void)
{
	CHECK(fail_alloc_each(missing_things, NULL) > 20);
}

/* One preference, two options: each leaves the other's part alone. */
static void routes_of_two_options(void)
{
	static const struct {
		const char *old, *typed;
		bool routes;
		const char *is;
	} cases[] = {
		{ "", "", true, "" },
		{ "0.0.0.0/0,10.0.0.0/8,::/0", "10.1.0.0/16", true,
		  "0.0.0.0/0,10.1.0.0/16,::/0" },
		{ "0.0.0.0/0,10.0.0.0/8,::/0", "", true, "0.0.0.0/0,::/0" },
		{ "0.0.0.0/0,10.0.0.0/8,::/0", "", false, "10.0.0.0/8" },
		{ "10.0.0.0/8", "0.0.0.0/0,::/0", false,
		  "0.0.0.0/0,10.0.0.0/8,::/0" },
		{ "0.0.0.0/0,::/0", "0.0.0.0/0", true, "0.0.0.0/0,::/0" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct str_list old = { 0 }, list = { 0 };
		char *text;

		test_case("%zu", i);
		CHECK_EQ(str_list_split(&old, cases[i].old, ','), 0);
		CHECK_EQ(str_list_split(&list, cases[i].typed, ','), 0);
		CHECK_EQ(up_keep_routes(&old, cases[i].routes, &list), 0);
		text = str_list_join(&list, ",");
		CHECK_EQ(strcmp(text, cases[i].is), 0);
		free(text);
		str_list_done(&old);
		str_list_done(&list);
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(routes_of_two_options),
		TEST(table),
		TEST(what_is_edited),
		TEST(without_memory),
	};

	return test_main(tests, ARRAY_SIZE(tests), argc, argv);
}
