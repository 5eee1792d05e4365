// SPDX-License-Identifier: GPL-2.0-only
/* The one tailnet lock that the settings name: no other, and never none. */
#include "lock_side_rig.h"


static struct aum_hash first;
static struct aum_hash other;

static void use(const struct aum_hash *hash)
{
	w.genesis = hash;
	restart();
}

static void begin(void)
{
	CHECK_IN(world_begin());
	CHECK_EQ(aum_hash(w.server.genesis, &first), 0);
	memset(other.byte, 0x42, sizeof(other.byte));
}

static void closed(enum lock_mode mode)
{
	CHECK_EQ(MODE(), mode);
	CHECK(!lock_side_authority(&w.side));
	CHECK_IN(check_wanted(true, 0));
}

/* The server has one, and it is taken, or the same as here. */
static void is_shown(void)
{
	say(true, false);
	serve();
	CHECK_EQ(MODE(), LOCK_MODE_ON);
}

static void before_anything(void)
{
	CHECK_IN(begin());
	CHECK_EQ(MODE(), LOCK_MODE_OFF);
	test_case("from the first moment");
	use(&first);
	CHECK_IN(closed(LOCK_MODE_WAITING));
	test_case("without a profile");
	CHECK_EQ(lock_side_open(&w.side, "", &w.denied), 0);
	CHECK_IN(closed(LOCK_MODE_WAITING));
	use(&first);

	test_case("the server names none");
	say(false, false);
	serve();
	CHECK_IN(closed(LOCK_MODE_WAITING));
	CHECK(strstr(w.side.trouble, "does not offer"));
	CHECK_EQ(w.n_asked, 0);
	test_case("the server says that it was disabled");
	say(true, true);
	serve();
	CHECK_IN(closed(LOCK_MODE_WAITING));
	test_case("the server says garbage");
	lock_side_map(&w.side, &(struct tka_info){ .present = true,
						   .head = "what" });
	serve();
	CHECK_IN(closed(LOCK_MODE_WAITING));

	test_case("the server has it");
	CHECK_IN(is_shown());
	CHECK_IN(check_wanted(true, 1));
	CHECK(!*w.side.trouble);
	CHECK(w.side.pin.has_genesis);
	CHECK(aum_hash_eq(&w.side.pin.genesis, &first));
	use(&first);
	CHECK_EQ(MODE(), LOCK_MODE_ON);
	world_end();
}

static void another(void)
{
	CHECK_IN(begin());
	use(&other);
	test_case("the server has another");
	say(true, false);
	serve();
	CHECK_IN(closed(LOCK_MODE_WAITING));
	CHECK(strstr(w.side.trouble, "LockGenesis"));
	CHECK(!has_files());
	CHECK(!w.side.pin.exists);
	test_case("and says so again");
	advance_ms(100000);
	CHECK_IN(closed(LOCK_MODE_WAITING));
	test_case("the right one at last");
	server_done(&w.server);
	CHECK_IN(server_init_as(&w.server, 9));
	CHECK_EQ(aum_hash(w.server.genesis, &other), 0);
	CHECK_IN(is_shown());
	world_end();
}

static void under_another_already(void)
{
	CHECK_IN(begin());
	CHECK_IN(is_shown());
	use(&other);
	CHECK_IN(closed(LOCK_MODE_DAMAGED));
	CHECK(strstr(w.side.trouble, "LockGenesis"));
	say(true, false);
	serve();
	CHECK_IN(closed(LOCK_MODE_DAMAGED));
	test_case("the line is taken out");
	use(NULL);
	CHECK_EQ(MODE(), LOCK_MODE_ON);
	test_case("the right one");
	use(&first);
	CHECK_EQ(MODE(), LOCK_MODE_ON);
	world_end();
}

/* Its first update may be forgotten, but not which it was. */
static void forgotten(void)
{
	static const struct lock_pin none;
	struct lock_pin pin;

	CHECK_IN(begin());
	use(&first);
	CHECK_IN(is_shown());
	pin = w.side.pin;
	CHECK(pin.has_genesis);

	test_case("not noted, but in the chain");
	pin.has_genesis = false;
	CHECK_EQ(lock_pin_write(w.state, PROFILE, &pin), 0);
	lock_pin_read(w.state, PROFILE, &pin);
	CHECK(!pin.has_genesis);
	use(&first);
	CHECK_EQ(MODE(), LOCK_MODE_ON);
	lock_pin_read(w.state, PROFILE, &pin);
	CHECK(pin.has_genesis);

	test_case("noted as another");
	pin.genesis = other;
	CHECK_EQ(lock_pin_write(w.state, PROFILE, &pin), 0);
	use(&first);
	CHECK_IN(closed(LOCK_MODE_DAMAGED));
	use(&other);
	CHECK_EQ(MODE(), LOCK_MODE_ON);

	test_case("forgotten with the pin");
	CHECK_EQ(lock_pin_write(w.state, PROFILE, &none), 0);
	pin.has_genesis = false;
	CHECK_EQ(lock_pin_write(w.state, PROFILE, &pin), 0);
	lock_pin_read(w.state, PROFILE, &pin);
	CHECK(pin.exists && !pin.has_genesis);
	world_end();
}

static void turned_off(void)
{
	CHECK_IN(begin());
	use(&first);
	CHECK_IN(is_shown());
	test_case("by a right secret");
	w.how = SECRET;
	say(true, true);
	serve();
	CHECK_EQ(MODE(), LOCK_MODE_ON);
	CHECK_IN(check_wanted(true, 1));
	CHECK(strstr(w.side.trouble, "LockGenesis"));
	CHECK(has_files());
	test_case("by silence");
	w.how = HONEST;
	say(false, false);
	serve();
	CHECK_EQ(MODE(), LOCK_MODE_ON);
	test_case("after a restart");
	use(&first);
	CHECK_EQ(MODE(), LOCK_MODE_ON);
	test_case("without the line the secret counts");
	use(NULL);
	w.how = SECRET;
	say(true, true);
	serve();
	CHECK_EQ(MODE(), LOCK_MODE_OFF);
	test_case("and with it again nobody is let in");
	use(&first);
	CHECK_IN(closed(LOCK_MODE_WAITING));
	world_end();
}

static void given_up_before(void)
{
	CHECK_IN(begin());
	CHECK_EQ(str_list_add(&w.denied, "1:2", 3), 0);
	use(NULL);
	say(true, false);
	serve();
	CHECK_EQ(MODE(), LOCK_MODE_OFF);
	use(&first);
	CHECK_IN(closed(LOCK_MODE_WAITING));
	CHECK_IN(is_shown());
	world_end();
}

static void mended(void)
{
	char path[128];

	CHECK_IN(begin());
	use(&first);
	CHECK_IN(is_shown());
	snprintf(path, sizeof(path), "%s/tka-profiles", w.place);
	nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	use(&first);
	CHECK_IN(closed(LOCK_MODE_DAMAGED));
	CHECK_IN(is_shown());
	world_end();
}

static const struct test tests[] = {
	TEST(before_anything),
	TEST(another),
	TEST(under_another_already),
	TEST(forgotten),
	TEST(turned_off),
	TEST(given_up_before),
	TEST(mended),
};

TEST_MAIN(tests)
