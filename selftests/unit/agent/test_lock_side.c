// SPDX-License-Identifier: GPL-2.0-only
/* The tailnet lock of a node, with a real disk and a server played by hand. */
#include "fail_alloc.h"
#include "lock_rig.h"

#include "base/array.h"
#include "base/clock.h"
#include "node/lock_pin.h"
#include "node/lock_side.h"
#include "store/state.h"
#include "wire/aum.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROFILE "ab12"

/* Stands in for that of rpc.c. */
struct rpc {
	bool open;
	char path[64];
	char body[4096];
	void (*end)(void *ctx, const struct rpc_answer *answer);
	void *ctx;
};

/* How the server answers. */
enum how {
	HONEST,
	NO_WAY,		/* there is no connection */
	STATUS,
	GARBAGE,
	SECRET,		/* proves that the lock is off */
	WRONG_SECRET,
	NO_GENESIS,
	FOREIGN,	/* has updates of another authority */
	APART,		/* has one that has nothing to do with ours */
};

static struct world {
	char place[64];
	struct clock_sim clock;
	struct loop *loop;
	struct state *state;
	struct str_list denied;
	struct server server;
	enum how how;
	struct rpc rpc;
	int n_asked;
	int n_changed;
	struct lock_side side;
} w;

void rpc_cancel(struct rpc *rpc)
{
	if (rpc)
		rpc->open = false;
}

static int on_ask(void *ctx, const struct rpc_request *request,
		  void (*end)(void *ctx, const struct rpc_answer *answer),
		  void *end_ctx, struct rpc **ret)
{
	(void)ctx;
	if (w.how == NO_WAY)
		return -ENOTCONN;
	if (w.rpc.open || strcmp(request->method, "GET") != 0)
		abort();
	w.rpc = (struct rpc){ .open = true, .end = end, .ctx = end_ctx };
	snprintf(w.rpc.path, sizeof(w.rpc.path), "%s", request->path);
	snprintf(w.rpc.body, sizeof(w.rpc.body), "%.*s", (int)request->len,
		 (const char *)request->body);
	w.n_asked++;
	*ret = &w.rpc;
	return 0;
}

static void on_changed(void *ctx)
{
	(void)ctx;
	w.n_changed++;
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void open_state(void)
{
	struct err_detail detail;

	if (state_open(w.place, state_io_system(), &detail, &w.state) < 0)
		abort();
}

static void world_end(void)
{
	if (!w.loop)
		return;
	lock_side_close(&w.side);
	server_done(&w.server);
	str_list_done(&w.denied);
	state_close(w.state);
	loop_free(w.loop);
	nftw(w.place, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	memset(&w, 0, sizeof(w));
}

static void side_open(void)
{
	static const struct node_public key = { { 1 } };
	const struct lock_side_calls calls = {
		.ask = on_ask, .changed = on_changed,
	};

	lock_side_init(&w.side, w.loop, w.state, &calls);
	lock_side_set_caller(&w.side, 113, &key);
	CHECK_EQ(lock_side_open(&w.side, PROFILE, &w.denied), 0);
}

static void world_begin(void)
{
	world_end();
	log_setup(STDERR_FILENO, (enum log_level)0, false);
	strcpy(w.place, "/tmp/test_lock_side.XXXXXX");
	CHECK(mkdtemp(w.place));
	clock_sim_init(&w.clock, NOW);
	CHECK_EQ(loop_new(&w.clock.clock, &w.loop), 0);
	open_state();
	CHECK_IN(server_init(&w.server));
	CHECK_IN(side_open());
}

/* The agent ends and starts again. */
static void restart(void)
{
	lock_side_close(&w.side);
	state_close(w.state);
	w.rpc.open = false;
	open_state();
	CHECK_IN(side_open());
}

static void answer_text(int status, const char *text, size_t len)
{
	const struct rpc_answer answer = {
		.status = status, .body = text, .len = len,
	};

	w.rpc.open = false;
	w.rpc.end(w.rpc.ctx, &answer);
}

/* All that it has, as if it followed ours. */
static void answer_foreign(struct secret_buf *ret)
{
	const struct aum_hash *head = &authority_head(w.server.authority)->hash;
	struct json_out out = { 0 };

	json_out_open_object(&out, NULL);
	put_hash(&out, "Head", head);
	json_out_open_array(&out, "Ancestors");
	put_hash(&out, NULL, w.how == APART ? head : &w.side.told_head);
	json_out_close_array(&out);
	json_out_open_array(&out, "MissingAUMs");
	json_out_bytes(&out, NULL, w.server.genesis.data,
		       w.server.genesis.len);
	json_out_close_array(&out);
	json_out_close_object(&out);
	CHECK_EQ(json_out_end(&out, ret), 0);
}

static void answer_honestly(struct secret_buf *ret)
{
	static const struct bytes none;
	struct bytes with = none;

	if (w.how == SECRET)
		with = (struct bytes){ secret, sizeof(secret) };
	if (w.how == WRONG_SECRET)
		with = (struct bytes){ secret, sizeof(secret) - 1 };
	if (!strcmp(w.rpc.path, TKA_PATH_BOOTSTRAP))
		answer_bootstrap(strstr(w.rpc.body, "\"Head\":\"\"") &&
				 w.how != NO_GENESIS ?
				 w.server.genesis : none, with, ret);
	else if (w.how == FOREIGN || w.how == APART)
		answer_foreign(ret);
	else if (!strcmp(w.rpc.path, TKA_PATH_OFFER))
		answer_offer(&w.server, w.side.sync.authority, ret);
	else
		answer_head(&authority_head(w.server.authority)->hash, ret);
}

/* Until nothing is asked any more. */
static void serve(void)
{
	struct secret_buf text = { 0 };

	while (w.rpc.open || w.side.check) {
		if (!w.rpc.open) {
			loop_turn(w.loop, 1000);
		} else if (w.how == STATUS) {
			answer_text(500, "not today", 9);
		} else if (w.how == GARBAGE) {
			answer_text(200, "<html>", 6);
		} else {
			answer_honestly(&text);
			answer_text(200, text.data, text.len);
			secret_buf_done(&text);
		}
	}
}

static void say(bool present, bool disabled)
{
	struct aum_hash_text text;
	struct tka_info info = { .present = present, .disabled = disabled };

	if (present)
		snprintf(info.head, sizeof(info.head), "%s",
			 aum_hash_format(&authority_head(
				w.server.authority)->hash, &text));
	lock_side_map(&w.side, &info);
}

static void advance_ms(uint64_t ms)
{
	loop_advance(w.loop, ms);
	loop_turn(w.loop, 0);
	serve();
}

#define MODE() lock_side_mode(&w.side)

/* What the kernel would be told. */
static void check_wanted(bool on, size_t n_keys)
{
	struct wanted_lock lock = { 0 };

	CHECK_EQ(lock_side_wanted(&w.side, &lock), 0);
	CHECK_EQ(lock.on, on);
	CHECK_EQ(lock.n_keys, n_keys);
	wanted_lock_done(&lock);
}

static bool has_files(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/tka-profiles/" PROFILE, w.place);
	return access(path, F_OK) == 0;
}

static void join(void)
{
	CHECK_IN(world_begin());
	say(true, false);
	serve();
	CHECK_EQ(MODE(), LOCK_MODE_ON);
}

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
	struct authority_disk disk;
	struct authority *other;
	struct lock_store *store;
	struct server server;

	lose_updates();
	server_init_as(&server, 9);
	lock_store_new(state_dir(w.state), PROFILE, lock_store_io_system(),
		       &store);
	disk = lock_store_disk(store, NULL, NULL);
	if (authority_bootstrap(server.genesis, &nothing_denied, NOW, &disk,
				&other) < 0)
		abort();
	authority_free(other);
	lock_store_free(store);
	server_done(&server);
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
	} cases[] = {
		{ "the newest file is gone", lose_head, true },
		{ "a file is cut short", cut_head, true },
		{ "everything is gone", lose_all, true },
		{ "the updates of the profile are gone", lose_updates, true },
		{ "they are another authority's", swap_files, true },
		{ "there is one that nobody has signed", add_unsigned, true },
		{ "another authority's are beside them", add_foreign, true },
		{ "the state names no update", spoil_pin, false },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].name);
		CHECK_IN(join());
		CHECK_IN(advance(w.server.authority, &w.server, 2));
		say(true, false);
		serve();
		cases[i].run();
		CHECK_IN(restart());
		CHECK_EQ(MODE(), LOCK_MODE_DAMAGED);
		CHECK(!lock_side_authority(&w.side));
		CHECK_IN(check_wanted(true, 0));
		CHECK(*w.side.trouble);

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
	TEST(damage),
	TEST(mended_by_a_stranger),
	TEST(given_up),
	TEST(profiles),
	TEST(in_memory),
	TEST(pins),
	TEST(without_memory),
};

TEST_MAIN(tests)
