// SPDX-License-Identifier: GPL-2.0-only
/* Profiles and logout of a node that has nothing but a state and a loop. */
#include "node/profiles.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/log.h"
#include "fail_alloc.h"
#include "loop/loop.h"
#include "loop/transfers.h"
#include "map_fixture.h"
#include "control/boot_nodes.h"
#include "node/core.h"
#include "node/lock_glue.h"
#include "node/login.h"
#include "node/relays.h"
#include "test.h"
#include "wire/profile_json.h"

#include <errno.h>
#include <unistd.h>

static struct clock_sim sim;
static struct node_own node;
static struct node_watcher watcher;
static int told;
static bool key_at_tell;

static void on_notify(void *ctx, const struct notify *msg)
{
	(void)ctx;
	told += msg->prefs != NULL;
	key_at_tell = node.identity.persist.node;
}

static uint32_t some_random(void *ctx)
{
	(void)ctx;
	return 0;
}

static void work(void *ctx)
{
	logout_finish(ctx);
}

static int begin(void)
{
	struct err_detail detail;
	uint64_t id;
	int r;

	memset(&node, 0, sizeof(node));
	told = 0;
	clock_sim_init(&sim, 1900000000);
	r = loop_new(&sim.clock, &node.config.loop);
	if (r == 0)
		r = state_memory(&node.config.state);
	if (r == 0)
		r = side_open(node.config.state, state_io_system(), &detail,
			      &node.config.side);
	if (r == 0)
		r = identity_load(node.config.state, node.config.side, &detail,
				  &node.identity);
	if (r < 0)
		return r;
	loop_later_init(&node.work, work, &node);
	watchers_init(&node.watchers);
	watcher = (struct node_watcher){ .notify = on_notify };
	lock_glue_init(&node);
	logout_init(&node.logout);
	self_info_init(&node.self);
	node_set_self(&node);
	return watchers_add(&node.watchers, &watcher, &id);
}

static void end(void)
{
	watchers_done(&node.watchers);
	lock_side_close(&node.lock);
	self_info_done(&node.self);
	identity_done(&node.identity);
	free(node.changed);
	side_close(node.config.side);
	state_close(node.config.state);
	loop_free(node.config.loop);
}

/* Log in as somebody; the id of the profile that comes of it. */
static void log_in(const char *login, uint8_t key, char ret_id[8])
{
	struct err_detail detail;

	CHECK_EQ(prefs_set_text(&node.identity.persist.user.login, login), 0);
	CHECK_EQ(prefs_set_text(&node.identity.prefs.hostname, login), 0);
	secret32_free(node.identity.persist.node);
	node.identity.persist.node = secret32_new();
	memset(secret32_expose(node.identity.persist.node), key, SECRET_LEN);
	CHECK(node_save(&node, &detail) >= 0);
	strcpy(ret_id, node.identity.profile.id);
}

static uint8_t node_key(void)
{
	return node.identity.persist.node ?
	       secret32_expose(node.identity.persist.node)[0] : 0;
}

static void there_and_back(void)
{
	struct profile_list list = { 0 };
	struct err_detail detail = { "" };
	char a[8], b[8];
	uint8_t machine[SECRET_LEN];

	CHECK_EQ(begin(), 0);
	CHECK_EQ(profiles_list(&node, &list, &detail), 0);
	CHECK_EQ(list.n, 0);
	CHECK_EQ(list.current, 0);
	profile_list_done(&list);
	CHECK_IN(log_in("ann", 0x48, a));
	memcpy(machine, secret32_expose(node.identity.machine), SECRET_LEN);

	CHECK_EQ(profiles_switch(&node, "", &detail), 0);
	CHECK_EQ(told, 1);
	CHECK(!key_at_tell);
	CHECK_EQ(node_key(), 0);
	CHECK(!node.identity.profile.id[0]);
	CHECK(!*prefs_text(node.identity.prefs.hostname));
	CHECK(node.remake_client && node.had_map);
	/* The machine is the same one. */
	CHECK_MEM(machine, secret32_expose(node.identity.machine), SECRET_LEN);
	CHECK_IN(log_in("bob", 0x50, b));
	CHECK(strcmp(a, b) != 0);

	CHECK_EQ(profiles_list(&node, &list, &detail), 0);
	CHECK_EQ(list.n, 2);
	CHECK_EQ(strcmp(list.item[list.current].id, b), 0);
	profile_list_done(&list);

	CHECK_EQ(profiles_switch(&node, a, &detail), 0);
	CHECK_EQ(node_key(), 0x48);
	CHECK_EQ(strcmp(node.identity.prefs.hostname, "ann"), 0);
	CHECK_EQ(strcmp(node.self.info.hostname, "ann"), 0);
	/* To where it is: nothing happens. */
	told = 0;
	CHECK_EQ(profiles_switch(&node, a, &detail), 0);
	CHECK_EQ(told, 0);
	CHECK_EQ(profiles_switch(&node, "ffff0", &detail), -ENOENT);

	CHECK_EQ(profiles_delete(&node, b, &detail), 0);
	CHECK_EQ(node_key(), 0x48);
	CHECK_EQ(profiles_switch(&node, b, &detail), -ENOENT);
	CHECK_EQ(profiles_delete(&node, b, &detail), -ENOENT);
	CHECK_EQ(profiles_delete(&node, a, &detail), 0);
	CHECK_EQ(node_key(), 0);
	CHECK_EQ(profiles_list(&node, &list, &detail), 0);
	CHECK_EQ(list.n, 0);
	profile_list_done(&list);
	end();
}

/* What people know a profile by. */
static void names(void)
{
	struct profile_list list = { 0 };
	struct err_detail detail = { "" };
	char a[8];

	CHECK_EQ(begin(), 0);
	node.netmap = map_merged(netmap_new(), map_text("%s", map_first));
	CHECK(node.netmap);
	/* Nobody is logged in yet. */
	profiles_note_map(&node);
	CHECK(!node.identity.profile.id[0]);
	CHECK_IN(log_in("ann", 0x48, a));
	profiles_note_map(&node);
	CHECK_EQ(profiles_list(&node, &list, &detail), 0);
	CHECK_EQ(strcmp(list.item[0].magic_dns_name, "demo.example"), 0);
	CHECK_EQ(strcmp(list.item[0].domain, "lab.example"), 0);
	CHECK_EQ(strcmp(list.item[0].node_id, "n7"), 0);
	profile_list_done(&list);

	/* Renamed again at once: not on disk before a minute has passed. */
	node.netmap = map_merged(node.netmap, map_text("{'Domain':'x'}"));
	profiles_note_map(&node);
	CHECK_EQ(profiles_list(&node, &list, &detail), 0);
	CHECK_EQ(strcmp(list.item[0].domain, "lab.example"), 0);
	profile_list_done(&list);
	loop_advance(node.config.loop, 60000);
	node.netmap = map_merged(node.netmap, map_text("{'Domain':'y'}"));
	profiles_note_map(&node);
	CHECK_EQ(profiles_list(&node, &list, &detail), 0);
	CHECK_EQ(strcmp(list.item[0].domain, "y"), 0);
	profile_list_done(&list);
	netmap_put(steal(node.netmap));
	end();
}

/* They come back as they were, from a file that may be anything. */
static void relays(void)
{
	static const char *const bad[] = {
		"", "{", "[]", "7", "{\"Regions\":7}", "{\"Regions\":{}}",
		"{\"Regions\":{\"1\":null,\"x\":{},\"2\":7}}",
	};
	const struct derp_regions *loaded;
	struct boot_node nodes[BOOT_NODES_MAX];
	struct netmap *map;
	size_t i;

	CHECK_EQ(begin(), 0);
	CHECK(!relays_load(node.config.side));
	map = map_merged(netmap_new(), map_text("%s", map_first));
	CHECK(map);
	CHECK_EQ(relays_save(node.config.side, map), 0);
	loaded = relays_load(node.config.side);
	CHECK(loaded);
	CHECK_EQ(loaded->n, map->derp_regions->n);
	CHECK_EQ(loaded->item[0].id, map->derp_regions->item[0].id);
	CHECK_EQ(strcmp(loaded->item[0].nodes[0].host_name,
			map->derp_regions->item[0].nodes[0].host_name), 0);
	CHECK_EQ(boot_nodes_choose(loaded, some_random, NULL, nodes),
		 boot_nodes_choose(map->derp_regions, some_random, NULL,
				   nodes));
	CHECK_EQ(nodes[0].port, 443);
	derp_regions_put(loaded);
	netmap_put(map);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		test_case("%s", bad[i]);
		CHECK_EQ(side_write(node.config.side, "DERPMap", bad[i]), 0);
		loaded = relays_load(node.config.side);
		CHECK_EQ(boot_nodes_choose(loaded, some_random, NULL, nodes),
			 0);
		derp_regions_put(loaded);
	}
	end();
}

/* A profile that cannot be read is not switched to. */
static void damaged(void)
{
	struct err_detail detail = { "" };
	char a[8], b[8], name[32];
	struct state_change change = { .name = name, .data = "{", .len = 1 };
	struct state_bytes current;

	CHECK_EQ(begin(), 0);
	CHECK_IN(log_in("ann", 0x48, a));
	CHECK_EQ(profiles_switch(&node, "", &detail), 0);
	CHECK_IN(log_in("bob", 0x50, b));
	CHECK_EQ(profiles_switch(&node, a, &detail), 0);
	snprintf(name, sizeof(name), "profile-%s", b);
	CHECK_EQ(state_write(node.config.state, &change, 1, &detail), 0);
	told = 0;
	CHECK(profiles_switch(&node, b, &detail) < 0);
	CHECK_EQ(told, 0);
	CHECK_EQ(node_key(), 0x48);
	CHECK(state_find(node.config.state, "_current-profile", &current));
	CHECK_MEM(current.data + 8, a, 4);
	end();
}

static int n_left;
static int left_with;
static char left_why[400];

static void on_left(void *ctx, int err, const struct err_detail *detail,
		    const char *text)
{
	(void)ctx;
	(void)text;
	n_left++;
	left_with = err;
	snprintf(left_why, sizeof(left_why), "%s", err < 0 ? detail->text : "");
}

static void let_go_on(uint64_t ms)
{
	loop_advance(node.config.loop, ms);
	loop_turn(node.config.loop, 0);
}

/* A server that nobody can reach: two users want to leave. */
static void begin_logout(char ret_id[8])
{
	const struct transfers_options options = { .no_proxy = true };
	struct err_detail detail = { "" };

	CHECK_EQ(begin(), 0);
	CHECK_IN(log_in("ann", 0x48, ret_id));
	log_setup(STDERR_FILENO, (enum log_level)0, false);
	node.identity.prefs.want_running = true;
	CHECK_EQ(prefs_set_text(&node.identity.prefs.control_url,
				"http://127.0.0.1:1"), 0);
	CHECK_EQ(transfers_new(node.config.loop, &options,
			       &node.config.transfers), 0);
	CHECK_EQ(login_make_client(&node, &detail), 0);
	n_left = 0;
	CHECK_EQ(logout_begin(&node, on_left, NULL), 0);
	CHECK_EQ(logout_begin(&node, on_left, NULL), 0);
	let_go_on(1);
	CHECK_EQ(n_left, 0);
	CHECK_EQ(node_key(), 0x48);
}

static void end_logout(void)
{
	client_free(steal(node.client));
	transfers_free(steal(node.config.transfers));
	end();
}

static void logout_of_a_lost_server(void)
{
	char a[8];

	CHECK_IN(begin_logout(a));
	let_go_on(CLIENT_LOGOUT_MS - 2);
	CHECK_EQ(n_left, 0);
	let_go_on(2);
	let_go_on(0);
	CHECK_EQ(n_left, 2);
	CHECK_EQ(left_with, 0);
	CHECK_EQ(node_key(), 0);
	CHECK(node.identity.prefs.logged_out);
	CHECK(!node.identity.prefs.want_running);
	CHECK(node.remake_client);
	/* The client that comes after is no reason to tell anybody anything. */
	CHECK_EQ(login_make_client(&node, NULL), 0);
	CHECK_EQ(n_left, 2);

	test_case("nobody is logged in");
	CHECK_EQ(logout_begin(&node, on_left, NULL), 0);
	CHECK_EQ(n_left, 2);
	let_go_on(1);
	let_go_on(0);
	CHECK_EQ(n_left, 3);
	CHECK_EQ(left_with, 0);
	end_logout();
}

static void logout_with_a_full_disk(void)
{
	char a[8];

	CHECK_IN(begin_logout(a));
	fail_alloc_at(0);
	logout_forget(&node);
	fail_alloc_at(SIZE_MAX);
	/* Not by accident: what is over stays over for the one who waits. */
	logout_cancel(&node, "something else");
	CHECK_EQ(n_left, 0);
	logout_finish(&node);
	CHECK_EQ(n_left, 2);
	CHECK(left_with < 0);
	CHECK(strstr(left_why, "the logout is not on disk"));
	CHECK(node.identity.prefs.logged_out);
	end_logout();
}

static void logout_in_vain(void)
{
	struct err_detail detail = { "" };
	char a[8];

	test_case("a login comes in between");
	CHECK_IN(begin_logout(a));
	CHECK_EQ(login_begin(&node, true, NULL), 0);
	CHECK_EQ(n_left, 2);
	CHECK_EQ(left_with, -ECANCELED);
	CHECK(strstr(left_why, "a login came in between"));
	let_go_on(CLIENT_LOGOUT_MS + 1);
	CHECK_EQ(n_left, 2);
	CHECK_EQ(node_key(), 0x48);
	end_logout();

	test_case("another server");
	CHECK_IN(begin_logout(a));
	CHECK_EQ(login_make_client(&node, &detail), 0);
	CHECK_EQ(n_left, 2);
	CHECK_EQ(left_with, -ECANCELED);
	end_logout();

	test_case("another profile");
	CHECK_IN(begin_logout(a));
	CHECK_EQ(profiles_switch(&node, "", &detail), 0);
	CHECK_EQ(n_left, 2);
	CHECK_EQ(left_with, -ECANCELED);
	CHECK(strstr(left_why, "profile"));
	end_logout();
}

static int some_switches(void *ctx)
{
	struct err_detail detail;
	char *ids = ctx;
	int r = profiles_switch(&node, ids, &detail);

	if (r == 0)
		r = profiles_switch(&node, ids + 8, &detail);
	return r;
}

static void survives_lack_of_memory(void)
{
	struct err_detail detail;
	char ids[16];
	size_t n = 0;
	int r;

	CHECK_EQ(begin(), 0);
	log_setup(STDERR_FILENO, (enum log_level)0, false);
	CHECK_IN(log_in("ann", 0x48, ids));
	CHECK_EQ(profiles_switch(&node, "", &detail), 0);
	CHECK_IN(log_in("bob", 0x50, ids + 8));
	do {
		fail_alloc_at(n++);
		r = some_switches(ids);
		/* It is one of the two, and whole. */
		CHECK(node_key() == 0x48 || node_key() == 0x50);
		CHECK_EQ(strcmp(node.identity.profile.id,
				node_key() == 0x48 ? ids : ids + 8), 0);
	} while (fail_alloc_happened());
	fail_alloc_at(SIZE_MAX);
	CHECK_EQ(r, 0);
	CHECK(n > 20);
	end();
}

static void lists(void)
{
	static const struct {
		const char *name, *text;
		int r;
		size_t n;
	} cases[] = {
		{ "none", "", 0, 0 },
		{ "one", "{\"0a1b\":{\"Name\":\"x\"}}", 0, 1 },
		{ "two", "{\"ff00\":{},\"0a1b\":{}}", 0, 2 },
		{ "an array", "[]", TNE_LOCAL_JSON, 0 },
		{ "long id", "{\"0a1bc\":{}}", TNE_LOCAL_JSON, 0 },
		{ "no object", "{\"0a1b\":7}", TNE_LOCAL_JSON, 0 },
		{ "name is a number", "{\"0a1b\":{\"Name\":7}}",
		  TNE_LOCAL_JSON, 0 },
		{ "cut", "{\"0a1b\":{", TNE_LOCAL_JSON, 0 },
	};
	struct profile_list list = { 0 };
	struct err_detail detail;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct state_bytes text = { cases[i].text,
					    strlen(cases[i].text) };

		test_case("%s", cases[i].name);
		CHECK_EQ(profile_list_parse(text, &detail, &list), cases[i].r);
		CHECK_EQ(list.n, cases[i].n);
		CHECK_EQ(list.n && strcmp(list.item[0].id, "0a1b"), 0);
		profile_list_done(&list);
	}
}

static const struct test tests[] = {
	TEST(there_and_back),
	TEST(names),
	TEST(relays),
	TEST(damaged),
	TEST(survives_lack_of_memory),
	TEST(logout_of_a_lost_server),
	TEST(logout_with_a_full_disk),
	TEST(logout_in_vain),
	TEST(lists),
};

int main(int argc, char **argv)
{
	if (secret_init() < 0)
		return 2;
	return test_main(tests, ARRAY_SIZE(tests), argc, argv);
}
