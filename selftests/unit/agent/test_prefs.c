// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "base/array.h"
#include "fail_alloc.h"
#include "wire/json_put.h"
#include "wire/prefs_json.h"

#include <errno.h>
#include <jansson.h>

/* The document of a new node; names and order are the protocol's. */
static const char fresh[] =
	"{\"ControlURL\":\"\",\"RouteAll\":false,\"ExitNodeID\":\"\","
	"\"ExitNodeIP\":\"\",\"InternalExitNodePrior\":\"\","
	"\"ExitNodeAllowLANAccess\":false,\"CorpDNS\":true,\"RunSSH\":false,"
	"\"RunWebClient\":false,\"WantRunning\":false,\"LoggedOut\":true,"
	"\"ShieldsUp\":false,\"AdvertiseTags\":null,\"Hostname\":\"\","
	"\"NotepadURLs\":false,\"AdvertiseRoutes\":null,"
	"\"AdvertiseServices\":null,\"Sync\":null,\"NoSNAT\":false,"
	"\"NoStatefulFiltering\":true,\"NetfilterMode\":2,"
	"\"AutoUpdate\":{\"Check\":true,\"Apply\":null},"
	"\"AppConnector\":{\"Advertise\":false},\"PostureChecking\":false,"
	"\"NetfilterKind\":\"\",\"RemoteConfig\":false,\"DriveShares\":null}";

static int parse(const char *text, bool stored, struct prefs *prefs)
{
	struct err_detail detail = { "" };
	json_t *object;
	int r = json_read_object(text, strlen(text), "it", &detail, &object);

	if (r < 0)
		return r;
	r = prefs_json_parse(object, stored, &detail, prefs);
	json_decref(object);
	return r;
}

static int parse_edit(const char *text, struct prefs_edit *edit)
{
	struct err_detail detail = { "" };
	json_t *object;
	int r = json_read_object(text, strlen(text), "it", &detail, &object);

	if (r < 0)
		return r;
	r = prefs_edit_parse(object, &detail, edit);
	json_decref(object);
	return r;
}

static char *build(const struct prefs *prefs)
{
	json_t *object;
	char *text;

	if (prefs_json_build(prefs, &object) < 0)
		return NULL;
	text = json_text(object, JSON_COMPACT);
	json_decref(object);
	return text;
}

static void new_node(void)
{
	struct prefs prefs, read;
	char *text;

	prefs_init(&prefs);
	text = build(&prefs);
	CHECK(text && strcmp(text, fresh) == 0);
	CHECK_EQ(parse(text, true, &read), 0);
	CHECK_EQ(prefs_diff(&prefs, &read), 0);
	CHECK(!read.extra);
	free(text);
	prefs_done(&read);
}

/* What is missing in a stored file has its default, for a client it is off. */
static void missing_members(void)
{
	struct prefs prefs;

	CHECK_EQ(parse("{}", true, &prefs), 0);
	CHECK(prefs.corp_dns && prefs.update_check);
	CHECK_EQ(prefs.no_stateful, OPT_TRUE);
	CHECK_EQ(prefs.netfilter_mode, 2);
	prefs_done(&prefs);
	CHECK_EQ(parse("{}", false, &prefs), 0);
	CHECK(!prefs.corp_dns && !prefs.update_check);
	CHECK_EQ(prefs.no_stateful, OPT_UNSET);
	CHECK_EQ(prefs.netfilter_mode, 0);
	CHECK_EQ(prefs.relay_port, PREFS_PORT_UNSET);
	prefs_done(&prefs);
}

static void all_kinds_go_round(void)
{
	static const char text[] =
		"{\"AutoExitNode\":\"any\",\"ForceDaemon\":true,\"Egg\":true,"
		"\"OperatorUser\":\"o\",\"ProfileName\":\"p\","
		"\"AdvertiseTags\":[\"tag:a\",\"tag:b\"],\"Sync\":false,"
		"\"NoStatefulFiltering\":false,\"NetfilterMode\":1,"
		"\"AutoUpdate\":{\"Check\":false,\"Apply\":false},"
		"\"AppConnector\":{\"Advertise\":true},"
		"\"DriveShares\":[{\"name\":\"x\"}],\"RelayServerPort\":0,"
		"\"RelayServerStaticEndpoints\":[\"1.2.3.4:5\"],"
		"\"Future\":{\"a\":[1,null]},\"Config\":{\"PrivateNodeKey\":\"x\"}}";
	struct prefs a, b, c;
	char *out;

	CHECK_EQ(parse(text, true, &a), 0);
	CHECK_EQ(a.relay_port, 0);
	CHECK_EQ(a.sync, OPT_FALSE);
	CHECK_EQ(a.no_stateful, OPT_FALSE);
	CHECK(strcmp(a.extra, "{\"Future\":{\"a\":[1,null]}}") == 0);
	out = build(&a);
	CHECK(strstr(out, "\"NoStatefulFiltering\":false"));
	CHECK(strstr(out, "\"RelayServerPort\":0"));
	CHECK(strstr(out, "\"Future\":{\"a\":[1,null]}"));
	CHECK(!strstr(out, "\"Config\""));
	CHECK_EQ(parse(out, true, &b), 0);
	CHECK_EQ(prefs_diff(&a, &b), 0);
	CHECK_EQ(prefs_copy(&b, &c), 0);
	CHECK_EQ(prefs_diff(&a, &c), 0);
	CHECK(strcmp(c.extra, a.extra) == 0);
	free(out);
	prefs_done(&a);
	prefs_done(&b);
	prefs_done(&c);
}

static void wrong_types(void)
{
	static const char *const cases[] = {
		"{\"RouteAll\":1}", "{\"Sync\":\"unset\"}", "{\"Sync\":0}",
		"{\"Hostname\":1}", "{\"AdvertiseTags\":\"tag:a\"}",
		"{\"AdvertiseTags\":[1]}", "{\"NetfilterMode\":3}",
		"{\"NetfilterMode\":-1}", "{\"NetfilterMode\":\"on\"}",
		"{\"RelayServerPort\":65536}", "{\"RelayServerPort\":-1}",
		"{\"AutoUpdate\":true}", "{\"AutoUpdate\":{\"Check\":2}}",
		"{\"DriveShares\":{}}", "[]", "{\"a\":1,\"a\":2}",
	};
	struct prefs prefs;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i]);
		CHECK_EQ(parse(cases[i], false, &prefs), TNE_LOCAL_JSON);
	}
}

static void lists_are_bounded(void)
{
	json_t *object, *list;
	struct prefs prefs;
	struct err_detail detail;
	int n, i;

	for (n = PREFS_LIST_MAX; n <= PREFS_LIST_MAX + 1; n++) {
		object = json_object();
		list = json_array();
		for (i = 0; i < n; i++)
			json_array_append_new(list, json_string("x"));
		json_object_set_new(object, "AdvertiseTags", list);
		CHECK_EQ(prefs_json_parse(object, false, &detail, &prefs),
			 n > PREFS_LIST_MAX ? TNE_LOCAL_JSON : 0);
		if (n == PREFS_LIST_MAX)
			prefs_done(&prefs);
		json_decref(object);
	}
}

static void edits(void)
{
	static const char text[] =
		"{\"WantRunning\":true,\"WantRunningSet\":true,"
		"\"Hostname\":\"ignored\",\"SyncSet\":true,\"Sync\":null,"
		"\"AutoUpdate\":{\"Apply\":false},"
		"\"AutoUpdateSet\":{\"ApplySet\":true},"
		"\"AppConnectorSet\":true,\"Unknown\":1}";
	struct prefs_edit edit, again;
	struct prefs old, new;
	json_t *object;
	char *out;

	CHECK_EQ(parse_edit(text, &edit), 0);
	CHECK_EQ(edit.set, PREFS_BIT(PREFS_WANT_RUNNING) |
		 PREFS_BIT(PREFS_SYNC) | PREFS_BIT(PREFS_UPDATE_APPLY) |
		 PREFS_BIT(PREFS_APP_CONNECTOR));
	prefs_init(&old);
	old.sync = OPT_TRUE;
	CHECK_EQ(prefs_apply(&old, &edit, &new), 0);
	CHECK(new.want_running && !new.hostname && new.update_check);
	CHECK_EQ(new.sync, OPT_UNSET);
	CHECK_EQ(new.update_apply, OPT_FALSE);
	prefs_done(&new);

	CHECK_EQ(prefs_edit_build(&edit, &object), 0);
	out = json_text(object, JSON_COMPACT);
	CHECK_EQ(parse_edit(out, &again), 0);
	CHECK_EQ(again.set, edit.set);
	CHECK(strstr(out, "\"AutoUpdateSet\":{\"ApplySet\":true}"));
	free(out);
	json_decref(object);
	prefs_done(&again.prefs);
	prefs_done(&edit.prefs);

	CHECK_EQ(parse_edit("{\"AutoUpdateSet\":true}", &edit),
		 TNE_LOCAL_JSON);
	CHECK_EQ(parse_edit("{\"WantRunningSet\":1}", &edit), TNE_LOCAL_JSON);
	CHECK_EQ(parse_edit("{}", &edit), 0);
	CHECK_EQ(edit.set, 0);
	prefs_done(&edit.prefs);
	CHECK_EQ(parse_edit("{\"InternalExitNodePriorSet\":true}", &edit), 0);
	CHECK_EQ(prefs_check_edit(&edit, NULL), TNE_PREFS);
	prefs_done(&edit.prefs);
}

static void exit_node_edits(void)
{
	struct prefs_edit edit = { .set = PREFS_BIT(PREFS_EXIT_NODE_IP) };
	struct prefs old, new;

	prefs_init(&old);
	CHECK_EQ(prefs_set_text(&old.auto_exit_node, "any"), 0);
	CHECK_EQ(prefs_set_text(&old.exit_node_prior, "n1"), 0);
	CHECK_EQ(prefs_apply(&old, &edit, &new), 0);
	CHECK(!new.auto_exit_node && new.exit_node_prior);
	prefs_done(&new);
	edit.set = PREFS_BIT(PREFS_EXIT_NODE_ID);
	CHECK_EQ(prefs_apply(&old, &edit, &new), 0);
	CHECK(!new.auto_exit_node && !new.exit_node_prior);
	prefs_done(&new);
	edit.set |= PREFS_BIT(PREFS_AUTO_EXIT_NODE);
	CHECK_EQ(prefs_set_text(&edit.prefs.auto_exit_node, "any"), 0);
	CHECK_EQ(prefs_apply(&old, &edit, &new), 0);
	CHECK(strcmp(new.auto_exit_node, "any") == 0);
	prefs_done(&new);
	prefs_done(&old);
	prefs_done(&edit.prefs);
}

static void checks(void)
{
	static const struct {
		const char *json;
		const char *says;	/* NULL = fine */
	} cases[] = {
		{ "{}", NULL },
		{ "{\"Hostname\":\"a-b.c1\"}", NULL },
		{ "{\"Hostname\":\"-a\"}", "hostname" },
		{ "{\"Hostname\":\"a-\"}", "hostname" },
		{ "{\"Hostname\":\"a..b\"}", "hostname" },
		{ "{\"Hostname\":\"a.\"}", "hostname" },
		{ "{\"Hostname\":\"a b\"}", "hostname" },
		{ "{\"Hostname\":\"a\\nb\"}", "hostname" },
		{ "{\"Hostname\":\"\u00e9\"}", "hostname" },
		{ "{\"Hostname\":\"0123456789012345678901234567890123456789"
		  "01234567890123456789012\"}", NULL },
		{ "{\"Hostname\":\"0123456789012345678901234567890123456789"
		  "012345678901234567890123\"}", "hostname" },
		{ "{\"AdvertiseTags\":[\"tag:a1-b\"]}", NULL },
		{ "{\"AdvertiseTags\":[\"a\"]}", "must start with 'tag:'" },
		{ "{\"AdvertiseTags\":[\"tag:\"]}", "must not be empty" },
		{ "{\"AdvertiseTags\":[\"tag:1\"]}", "start with a letter" },
		{ "{\"AdvertiseTags\":[\"tag:a_b\"]}", "can only contain" },
		{ "{\"AdvertiseRoutes\":[\"10.0.0.0/8\",\"fd00::/8\",\"::/0\"]}",
		  NULL },
		{ "{\"AdvertiseRoutes\":[\"10.0.0.1/8\"]}", "non-address bits" },
		{ "{\"AdvertiseRoutes\":[\"fd00::1/127\"]}",
		  "non-address bits" },
		{ "{\"AdvertiseRoutes\":[\"10.0.0.0\"]}", "not a valid" },
		{ "{\"AdvertiseRoutes\":[\"10.0.0.0/33\"]}", "not a valid" },
		{ "{\"AdvertiseRoutes\":[\"10.0.0.0/08\"]}", "not a valid" },
		{ "{\"AdvertiseRoutes\":[\"10.0.0.0/ 8\"]}", "not a valid" },
		{ "{\"AdvertiseRoutes\":[\"/8\"]}", "not a valid" },
		{ "{\"ExitNodeIP\":\"100.64.0.1\"}", "not supported" },
		{ "{\"ExitNodeIP\":\"1.1.1.1\",\"AdvertiseRoutes\":[\"::/0\"]}",
		  "Cannot advertise" },
		{ "{\"RunSSH\":true}", "not supported" },
		{ "{\"AppConnector\":{\"Advertise\":true}}", "not supported" },
		{ "{\"AutoUpdate\":{\"Apply\":true}}", "not supported" },
		{ "{\"Hostname\":\"-\",\"RunSSH\":true}", "hostname; the SSH" },
	};
	struct err_detail detail;
	struct prefs prefs;
	size_t i;
	int r;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].json);
		CHECK_EQ(parse(cases[i].json, false, &prefs), 0);
		detail.text[0] = 0;
		r = prefs_check(&prefs, &detail);
		prefs_done(&prefs);
		CHECK_EQ(r, cases[i].says ? TNE_PREFS : 0);
		CHECK(!cases[i].says || strstr(detail.text, cases[i].says));
	}
}

/* The library gets over some failures; then all must be as ever. */
static char *whole;
static bool differs;

static int go_round(void *ctx)
{
	struct prefs a, b;
	char *text = NULL;
	int r = parse("{\"Hostname\":\"a\",\"AdvertiseTags\":[\"tag:a\"],\"DriveShares\":[],\"X\":1}",
		      true, &a);

	(void)ctx;
	if (r < 0)
		return r;
	text = build(&a);
	r = text ? prefs_copy(&a, &b) : -ENOMEM;
	if (r == 0) {
		differs |= whole && strcmp(whole, text) != 0;
		differs |= prefs_diff(&a, &b) != 0;
		prefs_done(&b);
	}
	if (!whole) {
		whole = text;
		text = NULL;
	}
	free(text);
	prefs_done(&a);
	return r;
}

static void without_memory(void)
{
	size_t n;

	CHECK_EQ(go_round(NULL), 0);
	json_set_alloc_funcs(__wrap_malloc, free);
	for (n = 0;; n++) {
		fail_alloc_at(n);
		go_round(NULL);
		if (!fail_alloc_happened())
			break;
	}
	json_set_alloc_funcs(malloc, free);
	fail_alloc_at(SIZE_MAX);
	CHECK(n > 100);
	CHECK(!differs);
	free(whole);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(new_node),
		TEST(missing_members),
		TEST(all_kinds_go_round),
		TEST(wrong_types),
		TEST(lists_are_bounded),
		TEST(edits),
		TEST(exit_node_edits),
		TEST(checks),
		TEST(without_memory),
	};

	return test_main(tests, ARRAY_SIZE(tests), argc, argv);
}
