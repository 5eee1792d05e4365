// SPDX-License-Identifier: GPL-2.0-only
/* The tailnet lock of a node and its server. */
#include "lock_side_rig.h"

static void joins(void)
{
	struct lock_pin pin;

	CHECK_IN(world_begin());
	CHECK_EQ(MODE(), LOCK_MODE_OFF);
	CHECK_IN(check_wanted(false, 0));
	say(false, false);
	CHECK(MODE() == LOCK_MODE_OFF && !w.rpc.open && !w.n_changed);

	test_case("closed from the first word to the last answer");
	say(true, false);
	CHECK_EQ(MODE(), LOCK_MODE_WAITING);
	CHECK_EQ(w.n_changed, 1);
	CHECK_IN(check_wanted(true, 0));
	CHECK(!has_files());
	serve();
	CHECK_EQ(MODE(), LOCK_MODE_ON);
	CHECK_IN(check_wanted(true, 1));
	CHECK(has_files() && !*w.side.trouble);
	lock_pin_read(w.state, PROFILE, &pin);
	CHECK(pin.exists && pin.has_head && !strcmp(pin.id, "1:2"));
	CHECK(aum_hash_eq(&pin.head,
			  &authority_head(w.server.authority)->hash));

	test_case("the same again: nothing is asked");
	w.n_asked = 0;
	say(true, false);
	CHECK(!w.rpc.open && !w.n_asked);

	test_case("an update");
	CHECK_IN(advance(w.server.authority, &w.server, 2));
	say(true, false);
	serve();
	lock_pin_read(w.state, PROFILE, &pin);
	CHECK(aum_hash_eq(&pin.head,
			  &authority_head(w.server.authority)->hash));

	test_case("after a restart");
	w.n_asked = 0;
	CHECK_IN(restart());
	CHECK_EQ(MODE(), LOCK_MODE_ON);
	CHECK_IN(check_wanted(true, 1));
	say(true, false);
	CHECK(!w.n_asked);

	test_case("silence of the server is no disablement");
	say(false, false);
	serve();
	CHECK_EQ(MODE(), LOCK_MODE_ON);
	CHECK(strstr(w.side.trouble, "cannot prove"));
	world_end();
}

static void hostile_answers(void)
{
	static const struct {
		const char *name;
		enum how how;
	} cases[] = {
		{ "no connection", NO_WAY },
		{ "status 500", STATUS },
		{ "no JSON", GARBAGE },
		{ "no genesis", NO_GENESIS },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].name);
		CHECK_IN(world_begin());
		w.how = cases[i].how;
		say(true, false);
		serve();
		CHECK_EQ(MODE(), LOCK_MODE_WAITING);
		CHECK_IN(check_wanted(true, 0));
		CHECK(!has_files());
		CHECK_EQ(*w.side.trouble != 0, w.how != NO_WAY);
		/* Not at once, and then less and less often. */
		w.n_asked = 0;
		advance_ms(900);
		CHECK_EQ(w.n_asked, 0);
		advance_ms(200);
		CHECK_EQ(w.n_asked, w.how != NO_WAY);
		advance_ms(1100);
		CHECK_EQ(w.n_asked, w.how != NO_WAY);
		w.how = HONEST;
		advance_ms(61000);
		CHECK_EQ(MODE(), LOCK_MODE_ON);
		CHECK(!*w.side.trouble);
	}
	world_end();
}

static void unreadable_head(void)
{
	struct tka_info info = { .present = true, .head = "not a hash" };

	CHECK_IN(world_begin());
	lock_side_map(&w.side, &info);
	serve();
	CHECK_EQ(MODE(), LOCK_MODE_WAITING);
	CHECK_IN(check_wanted(true, 0));
	world_end();
}

static void stranger(void)
{
	struct lock_pin before, after;

	CHECK_IN(join());
	lock_pin_read(w.state, PROFILE, &before);
	server_done(&w.server);
	CHECK_IN(server_init_as(&w.server, 9));
	w.how = FOREIGN;
	say(true, false);
	CHECK(w.rpc.open);
	serve();
	CHECK_EQ(MODE(), LOCK_MODE_ON);
	CHECK(strstr(w.side.trouble, "up to date"));
	lock_pin_read(w.state, PROFILE, &after);
	CHECK(aum_hash_eq(&before.head, &after.head));
	CHECK_IN(check_wanted(true, 1));
	world_end();
}

/* As after a logout and a login to another tailnet of the same server. */
static void another_tailnet(void)
{
	struct err_detail detail = { "" };

	CHECK_IN(join());
	server_done(&w.server);
	CHECK_IN(server_init_as(&w.server, 9));
	w.how = APART;
	CHECK_IN(restart());
	say(true, false);
	serve();
	CHECK_EQ(MODE(), LOCK_MODE_ON);
	CHECK(strstr(w.side.trouble, "tailnet lock local-disable"));
	CHECK_IN(check_wanted(true, 1));

	test_case("one without a lock");
	say(false, false);
	serve();
	CHECK_EQ(MODE(), LOCK_MODE_ON);
	CHECK(strstr(w.side.trouble, "tailnet lock local-disable"));

	test_case("its owner wants that");
	CHECK_EQ(lock_side_give_up(&w.side, &w.denied, &detail), 0);
	CHECK_EQ(MODE(), LOCK_MODE_OFF);
	w.how = HONEST;
	say(true, false);
	serve();
	CHECK_EQ(MODE(), LOCK_MODE_ON);
	CHECK(aum_hash_eq(&authority_head(w.side.sync.authority)->hash,
			  &authority_head(w.server.authority)->hash));
	world_end();
}

/* What is said while something is asked counts as well. */
static void news_meanwhile(void)
{
	CHECK_IN(join());
	CHECK_IN(advance(w.server.authority, &w.server, 2));
	w.how = SECRET;
	say(true, false);
	CHECK(w.rpc.open);
	say(true, true);
	serve();
	CHECK_EQ(MODE(), LOCK_MODE_OFF);
	world_end();
}

/* The process that checks a secret is under way: nothing else is begun. */
static void closed_while_checking(void)
{
	CHECK_IN(join());
	w.how = SECRET;
	say(true, true);
	while (w.rpc.open && !w.side.check) {
		struct secret_buf text = { 0 };

		answer_honestly(&text);
		answer_text(200, text.data, text.len);
		secret_buf_done(&text);
	}
	CHECK(w.side.check && !w.rpc.open);
	CHECK_EQ(MODE(), LOCK_MODE_ON);
	CHECK_IN(check_wanted(true, 1));
	w.n_asked = 0;
	say(true, false);
	CHECK(w.n_asked == 0 && w.side.check);
	CHECK_IN(restart());
	CHECK(!w.side.check);
	CHECK_EQ(MODE(), LOCK_MODE_ON);
	world_end();
}

static void disabled(void)
{
	struct lock_pin pin;

	CHECK_IN(join());
	w.how = WRONG_SECRET;
	say(true, true);
	serve();
	CHECK_EQ(MODE(), LOCK_MODE_ON);
	CHECK_IN(check_wanted(true, 1));

	test_case("each secret costs time: not so soon again");
	w.how = SECRET;
	say(true, false);
	serve();
	say(true, true);
	serve();
	CHECK_EQ(MODE(), LOCK_MODE_ON);
	advance_ms(5000);
	CHECK_EQ(MODE(), LOCK_MODE_OFF);
	CHECK_EQ(w.side.off_reason, WANTED_LOCK_OFF_DISABLED);
	CHECK_IN(check_wanted(false, 0));
	CHECK(!has_files());
	lock_pin_read(w.state, PROFILE, &pin);
	CHECK(!pin.exists);
	CHECK_IN(restart());
	CHECK_EQ(MODE(), LOCK_MODE_OFF);
	world_end();
}

static void profiles(void)
{
	CHECK_IN(join());
	CHECK_EQ(lock_side_open(&w.side, "cd34", &w.denied), 0);
	CHECK_EQ(MODE(), LOCK_MODE_OFF);
	CHECK_EQ(lock_side_open(&w.side, PROFILE, &w.denied), 0);
	CHECK_EQ(MODE(), LOCK_MODE_ON);

	test_case("none yet: nothing is begun, and nobody let in");
	CHECK_EQ(lock_side_open(&w.side, "", &w.denied), 0);
	w.n_asked = 0;
	say(true, false);
	CHECK(MODE() == LOCK_MODE_WAITING && !w.n_asked);

	test_case("deleted");
	CHECK_EQ(lock_side_delete(w.state, PROFILE), 0);
	CHECK(!has_files());
	CHECK_EQ(lock_side_open(&w.side, PROFILE, &w.denied), 0);
	CHECK_EQ(MODE(), LOCK_MODE_OFF);
	world_end();
}

static void in_memory(void)
{
	CHECK_IN(world_begin());
	lock_side_close(&w.side);
	state_close(w.state);
	CHECK_EQ(state_memory(&w.state), 0);
	CHECK_IN(side_open());
	say(true, false);
	serve();
	CHECK_EQ(MODE(), LOCK_MODE_ON);

	/* Forgotten, but not that there was one. */
	lock_side_close(&w.side);
	CHECK_IN(side_open());
	CHECK_EQ(MODE(), LOCK_MODE_DAMAGED);
	say(true, false);
	serve();
	CHECK_EQ(MODE(), LOCK_MODE_ON);
	CHECK_IN(check_wanted(true, 1));
	CHECK_IN(advance(w.server.authority, &w.server, 2));
	say(true, false);
	serve();
	CHECK(aum_hash_eq(&w.side.pin.head,
			  &authority_head(w.server.authority)->hash));
	world_end();
}

static void pins(void)
{
	static const struct {
		const char *name;
		const char *text;
		bool has_head;
	} cases[] = {
#define H "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		{ "hash", H, true },
		{ "hash and name", H " 1:2", true },
		{ "longest name", H " 18446744073709551615:18446744073709551615",
		  true },
		{ "short hash", "AAAA", false },
		{ "lower case", "a" H, false },
		{ "no space", H "1:2", false },
		{ "no name", H " ", false },
		{ "name of letters", H " a:b", false },
		{ "no colon", H " 12", false },
		{ "too long", H " 18446744073709551615:184467440737095516150",
		  false },
	};
	struct state_change change = { .name = "_tailnetd/lock-" PROFILE };
	struct err_detail detail;
	struct lock_pin pin;
	size_t i;

	CHECK_IN(world_begin());
	lock_pin_read(w.state, PROFILE, &pin);
	CHECK(!pin.exists);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].name);
		change.data = cases[i].text;
		change.len = strlen(cases[i].text);
		CHECK_EQ(state_write(w.state, &change, 1, &detail), 0);
		lock_pin_read(w.state, PROFILE, &pin);
		CHECK(pin.exists);
		CHECK_EQ(pin.has_head, cases[i].has_head);
	}
	world_end();
}

/* Without memory nothing opens: for each n. */
static void without_memory(void)
{
	size_t n, seen = 0;
	bool more;
	int r;

	CHECK_IN(join());
	for (n = 0;; n++) {
		fail_alloc_at(n);
		r = lock_side_open(&w.side, PROFILE, &w.denied);
		more = fail_alloc_happened();
		fail_alloc_at(SIZE_MAX);
		if (!more)
			break;
		seen++;
		test_case("opening, allocation %zu", n);
		CHECK(r < 0 || MODE() == LOCK_MODE_ON ||
		      MODE() == LOCK_MODE_DAMAGED);
		CHECK(MODE() != LOCK_MODE_OFF);
	}
	CHECK(seen > 5);
	CHECK_EQ(MODE(), LOCK_MODE_ON);
	CHECK_IN(advance(w.server.authority, &w.server, 2));
	for (n = 0; n < 400; n++) {
		test_case("keeping up, allocation %zu", n);
		CHECK_IN(restart());
		fail_alloc_at(n);
		say(true, false);
		if (w.rpc.open) {
			struct secret_buf text = { 0 };

			/* Ours is not what is to run out. */
			fail_alloc_at(SIZE_MAX);
			answer_honestly(&text);
			fail_alloc_at(n);
			answer_text(200, text.data, text.len);
			fail_alloc_at(SIZE_MAX);
			secret_buf_done(&text);
		}
		fail_alloc_at(SIZE_MAX);
		CHECK_EQ(MODE(), LOCK_MODE_ON);
		CHECK_IN(check_wanted(true, 1));
		if (aum_hash_eq(&authority_head(w.side.sync.authority)->hash,
				&authority_head(w.server.authority)->hash))
			break;
	}
	CHECK(n < 400 && n > 5);
	world_end();
}

static const struct test tests[] = {
	TEST(joins),
	TEST(hostile_answers),
	TEST(unreadable_head),
	TEST(stranger),
	TEST(another_tailnet),
	TEST(news_meanwhile),
	TEST(closed_while_checking),
	TEST(disabled),
	TEST(profiles),
	TEST(in_memory),
	TEST(pins),
	TEST(without_memory),
};

TEST_MAIN(tests)
