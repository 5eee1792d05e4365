// SPDX-License-Identifier: GPL-2.0-only
/*
 * A sealed state, and a tailnet lock beside it whose files somebody has deleted,
 * put back or exchanged: the agent starts, and nobody is let in.
 */
#include "keeper_rig.h"
#include "lock_side_rig.h"

#include "base/array.h"
#include "lock/admit.h"

#define KEEP "old"	/* an older copy, beside the folder */

static void run(const char *format)
{
	char command[400];

	snprintf(command, sizeof(command), format, dir, dir, dir, dir);
	if (system(command) != 0)
		abort();
}

static void agent_start(enum opt_bool flag)
{
	CHECK_EQ(begin(flag), 0);
	settle();
	w.state = opened ? keeper_state(keeper) : NULL;
	if (opened)
		CHECK_IN(side_open());
}

/* Counted first, as at an end in good order. */
static void agent_stop(void)
{
	struct keeper_info info;
	int i;

	if (opened) {
		lock_side_close(&w.side);
		for (i = 0; i < 100; i++) {
			keeper_read_info(keeper, &info);
			if (!info.counter || info.counted)
				break;
			loop_turn(loop, 100);
		}
	}
	w.state = NULL;
	w.rpc.open = false;
	end();
}

/* Joined, sealed, and one update further than the copy. */
static void sealed_world(void)
{
	CHECK_IN(join());
	lock_side_close(&w.side);
	state_close(w.state);
	w.state = NULL;
	strcpy(dir, w.place);
	agent_start(OPT_TRUE);
	CHECK(opened && is_sealed_file());
	CHECK_EQ(MODE(), LOCK_MODE_ON);
	agent_stop();
	run("rm -rf '%s." KEEP "' && cp -a '%s' '%s." KEEP "'");
	agent_start(OPT_UNSET);
	CHECK_IN(advance(w.server.authority, &w.server, 2));
	say(true, false);
	serve();
	CHECK_EQ(MODE(), LOCK_MODE_ON);
	CHECK_IN(check_wanted(true, 1));
	agent_stop();
}

static void world_clean(void)
{
	if (keeper)
		agent_stop();
	run("rm -rf '%s." KEEP "'");
	world_end();
}

static void delete_all(void)
{
	run("rm -rf '%s/tka-profiles'");
}

static void delete_updates(void)
{
	run("rm -rf '%s/tka-profiles/" PROFILE "'/*");
}

static void put_back(void)
{
	run("rm -rf '%s/tka-profiles' && cp -a '%s." KEEP "/tka-profiles' '%s'");
}

/* Whole and good, of a network where somebody else is trusted. */
static void exchange(void)
{
	int fd;

	delete_all();
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	plant_other(fd);
	close(fd);
}

static void link_elsewhere(void)
{
	run("mv '%s/tka-profiles' '%s." KEEP "/moved' && ln -s '%s." KEEP
	    "/moved' '%s/tka-profiles'");
}

static void nobody_is_let_in(void)
{
	struct authority *authority = lock_side_authority(&w.side);
	struct admit_peer peer[3] = { 0 };
	size_t i;

	CHECK_EQ(MODE(), LOCK_MODE_DAMAGED);
	CHECK_IN(check_wanted(true, 0));
	CHECK(!authority);
	CHECK_EQ(admit_peers(NULL, peer, ARRAY_SIZE(peer)), 0);
	for (i = 0; i < ARRAY_SIZE(peer); i++)
		CHECK(peer[i].verdict < 0);
}

static void lock_files(void)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} cases[] = {
		{ "deleted", delete_all },
		{ "the updates deleted", delete_updates },
		{ "an older copy", put_back },
		{ "another network's", exchange },
		{ "a link", link_elsewhere },
	};
	size_t i;

	soft_tpm_make(&tpm);
	soft_tpm_start(&tpm);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].name);
		CHECK_IN(sealed_world());
		cases[i].run();
		agent_start(OPT_UNSET);
		CHECK_EQ(opened, 1);
		CHECK_IN(nobody_is_let_in());
		/* The server's word does not open it. */
		say(false, false);
		serve();
		CHECK_IN(nobody_is_let_in());
		/* That there is one is still known at the next start. */
		agent_stop();
		agent_start(OPT_UNSET);
		CHECK_IN(nobody_is_let_in());
		world_clean();
	}
	soft_tpm_remove(&tpm);
}

/* The state with it: only the counter can tell, and then there is no node. */
static void all_put_back(void)
{
	soft_tpm_make(&tpm);
	soft_tpm_start(&tpm);
	counter = true;
	CHECK_IN(sealed_world());
	run("rm -rf '%s' && cp -a '%s." KEEP "' '%s'");
	agent_start(OPT_UNSET);
	CHECK(!opened);
	CHECK_EQ(keeper_phase(keeper), KEEPER_STUCK);
	CHECK(strstr(warning("state-store-health"), "rolled back"));
	world_clean();
	counter = false;
	soft_tpm_remove(&tpm);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(lock_files),
		TEST(all_put_back),
	};

	return keeper_rig_main(tests, ARRAY_SIZE(tests), argc, argv);
}
