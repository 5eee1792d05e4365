// SPDX-License-Identifier: GPL-2.0-only
/* What the tailnet lock of a node makes of damaged, old and foreign files. */
#include "lock_side_rig.h"

#include "node/lock_handover.h"

/* What may happen to the files. */
static void find_file(char ret[200])
{
	struct aum_hash_text text;

	aum_hash_format(&authority_head(w.server.authority)->hash, &text);
	snprintf(ret, 200, "%s/tka-profiles/" PROFILE "/%.2s/%s", w.place,
		 text.c, text.c);
}

static void lose_head(void)
{
	char path[200];

	find_file(path);
	if (remove(path) < 0)
		abort();
}

static void cut_head(void)
{
	char path[200];

	find_file(path);
	if (truncate(path, 20) < 0)
		abort();
}

static void lose_all(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/tka-profiles", w.place);
	nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void lose_updates(void)
{
	struct lock_store *store;

	if (lock_store_new(state_dir(w.state), PROFILE, lock_store_io_system(),
			   &store) < 0 || lock_store_remove(store) < 0)
		abort();
	lock_store_free(store);
}

/* Another authority's files, whole and good. */
static void swap_files(void)
{
	lose_updates();
	plant_other(state_dir(w.state));
}

static struct lock_store *open_store(struct authority_disk *ret)
{
	struct lock_store *store;

	if (lock_store_new(state_dir(w.state), PROFILE, lock_store_io_system(),
			   &store) < 0)
		abort();
	*ret = lock_store_disk(store, NULL, NULL);
	return store;
}

static void put_file(struct bytes update)
{
	struct authority_disk disk;
	struct lock_store *store = open_store(&disk);
	struct chain_item *item;

	if (chain_item_new(update, NOW, &item) < 0 ||
	    disk.put(disk.ctx, &item, 1) < 0)
		abort();
	chain_item_free(item);
	lock_store_free(store);
}

/* An update that follows the newest, and that nobody has signed. */
static void add_unsigned(void)
{
	const struct aum_hash *head = &authority_head(w.server.authority)->hash;
	struct lock_key key = { .kind = LOCK_KEY_25519, .votes = 4096 };
	struct aum aum = { .kind = AUM_ADD_KEY, .key = &key };
	static const uint8_t evil[KEY_LEN] = { 66 };
	struct bytes data;

	key.id = (struct opt_bytes){ true, { evil, sizeof(evil) } };
	aum.prev = (struct opt_bytes){ true, { head->byte, AUM_HASH_LEN } };
	if (aum_build(&aum, w.server.mem, &data) < 0)
		abort();
	put_file(data);
}

/* Another authority's files beside ours, and named as those to begin with. */
static void add_foreign(void)
{
	struct authority_disk disk;
	struct lock_store *store;
	struct server server;
	struct aum_hash hash;

	server_init_as(&server, 9);
	put_file(server.genesis);
	store = open_store(&disk);
	if (aum_hash(server.genesis, &hash) < 0 ||
	    disk.set_ancestor(disk.ctx, &hash) < 0)
		abort();
	lock_store_free(store);
	server_done(&server);
}

static void spoil_pin(void)
{
	static const char text[] = "nonsense";
	const struct state_change change = {
		.name = "_tailnetd/lock-" PROFILE, .data = text, .len = 8,
	};
	struct err_detail detail;

	if (state_write(w.state, &change, 1, &detail) < 0)
		abort();
}

static void damage(void)
{
	static const struct {
		const char *name;
		void (*run)(void);
		bool mends;
		const char *why;
	} cases[] = {
		{ "the newest file is gone", lose_head, true, "older than" },
		{ "a file is cut short", cut_head, true },
		{ "everything is gone", lose_all, true, "are missing" },
		{ "the updates of the profile are gone", lose_updates, true,
		  "are missing" },
		{ "they are another authority's", swap_files, true,
		  "others than" },
		{ "there is one that nobody has signed", add_unsigned, true },
		{ "another authority's are beside them", add_foreign, true },
		{ "the state names no update", spoil_pin, false,
		  "does not say which update" },
	};
	struct err_detail detail;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].name);
		CHECK_IN(join());
		CHECK_IN(advance(w.server.authority, &w.server, 2));
		say(true, false);
		serve();
		CHECK_EQ(lock_handover_check(w.state, &detail), 0);
		cases[i].run();
		/* The stock daemon would not know of the lock, or not of all. */
		CHECK(lock_handover_check(w.state, &detail) < 0);
		CHECK(strstr(detail.text, "profile " PROFILE " would be lost"));
		CHECK(!cases[i].why || strstr(detail.text, cases[i].why));
		CHECK_IN(restart());
		CHECK_EQ(MODE(), LOCK_MODE_DAMAGED);
		CHECK(!lock_side_authority(&w.side));
		CHECK_IN(check_wanted(true, 0));
		CHECK(*w.side.trouble);
		CHECK(!cases[i].why || strstr(w.side.trouble, cases[i].why));

		/* A server that says that it is off is not believed. */
		say(false, false);
		serve();
		CHECK_EQ(MODE(), LOCK_MODE_DAMAGED);
		CHECK_IN(check_wanted(true, 0));

		say(true, false);
		serve();
		if (!cases[i].mends) {
			CHECK_EQ(MODE(), LOCK_MODE_DAMAGED);
			continue;
		}
		CHECK_EQ(MODE(), LOCK_MODE_ON);
		CHECK_IN(check_wanted(true, 1));
		CHECK(!*w.side.trouble);
		CHECK_IN(restart());
		CHECK_EQ(MODE(), LOCK_MODE_ON);
	}
	world_end();
}

/* What mends has to lead to the update that was known. */
static void mended_by_a_stranger(void)
{
	CHECK_IN(join());
	CHECK_IN(advance(w.server.authority, &w.server, 2));
	say(true, false);
	serve();
	lose_all();
	CHECK_IN(restart());

	test_case("an older chain");
	server_done(&w.server);
	CHECK_IN(server_init(&w.server));
	say(true, false);
	serve();
	CHECK_EQ(MODE(), LOCK_MODE_DAMAGED);
	CHECK_IN(check_wanted(true, 0));
	CHECK(!w.side.sync.authority);
	CHECK(strstr(w.side.trouble, "cannot be used"));

	test_case("another way on from there");
	CHECK_IN(advance(w.server.authority, &w.server, 3));
	say(true, false);
	serve();
	CHECK_EQ(MODE(), LOCK_MODE_DAMAGED);
	CHECK(!has_files());
	world_end();
}

static void given_up(void)
{
	struct err_detail detail = { "" };
	char id[AUTHORITY_ID_TEXT_MAX];

	CHECK_IN(join());
	CHECK(lock_side_id(&w.side, id) && !strcmp(id, "1:2"));
	CHECK_EQ(str_list_add(&w.denied, id, strlen(id)), 0);
	CHECK_EQ(lock_side_give_up(&w.side, &w.denied, &detail), 0);
	CHECK_EQ(MODE(), LOCK_MODE_OFF);
	CHECK_EQ(w.side.off_reason, WANTED_LOCK_OFF_LOCAL);
	CHECK(!has_files());

	test_case("the server still has it");
	say(true, false);
	CHECK_EQ(MODE(), LOCK_MODE_OFF);
	serve();
	CHECK_EQ(MODE(), LOCK_MODE_OFF);

	test_case("and changes it: no moment of being closed");
	CHECK_IN(advance(w.server.authority, &w.server, 2));
	say(true, false);
	CHECK_EQ(MODE(), LOCK_MODE_OFF);
	serve();
	CHECK_EQ(MODE(), LOCK_MODE_OFF);

	test_case("after a restart: closed until it is known to be the same");
	CHECK_IN(restart());
	say(true, false);
	CHECK_EQ(MODE(), LOCK_MODE_WAITING);
	serve();
	CHECK_EQ(MODE(), LOCK_MODE_OFF);
	w.n_asked = 0;
	say(true, false);
	CHECK_EQ(w.n_asked, 0);

	test_case("one that is damaged can be given up, too");
	str_list_done(&w.denied);
	CHECK_IN(join());
	lose_all();
	CHECK_IN(restart());
	CHECK_EQ(MODE(), LOCK_MODE_DAMAGED);
	CHECK(lock_side_id(&w.side, id) && !strcmp(id, "1:2"));
	CHECK_EQ(lock_side_give_up(&w.side, &w.denied, &detail), 0);
	CHECK_EQ(MODE(), LOCK_MODE_OFF);

	test_case("one without a name is not known again: closed at once");
	CHECK_IN(join());
	spoil_pin();
	CHECK_IN(restart());
	CHECK(!lock_side_id(&w.side, id));
	CHECK_EQ(lock_side_give_up(&w.side, &w.denied, &detail), 0);
	CHECK_EQ(MODE(), LOCK_MODE_OFF);
	say(true, false);
	CHECK_EQ(MODE(), LOCK_MODE_WAITING);
	serve();
	CHECK_EQ(MODE(), LOCK_MODE_ON);
	world_end();
}

static const struct test tests[] = {
	TEST(damage),
	TEST(mended_by_a_stranger),
	TEST(given_up),
};

TEST_MAIN(tests)
