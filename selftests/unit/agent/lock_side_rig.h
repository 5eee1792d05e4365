/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tailnet lock of a node, with a real disk and a server played by hand. For
 * one test program each: all of it is static.
 */
#ifndef LOCK_SIDE_RIG_H
#define LOCK_SIDE_RIG_H

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
	const struct aum_hash *genesis;
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

static inline int on_ask(void *ctx, const struct rpc_request *request,
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

static inline void on_changed(void *ctx)
{
	(void)ctx;
	w.n_changed++;
}

static inline int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void open_state(void)
{
	struct err_detail detail;

	if (state_open(w.place, state_io_system(), &detail, &w.state) < 0)
		abort();
}

static inline void world_end(void)
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

static inline void side_open(void)
{
	static const struct node_public key = { { 1 } };
	const struct lock_side_calls calls = {
		.ask = on_ask, .changed = on_changed,
	};

	lock_side_init(&w.side, w.loop, w.state, &calls);
	lock_side_set_caller(&w.side, 113, &key);
	lock_side_set_genesis(&w.side, w.genesis);
	CHECK_EQ(lock_side_open(&w.side, PROFILE, &w.denied), 0);
}

static inline void world_begin(void)
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
static inline void restart(void)
{
	lock_side_close(&w.side);
	state_close(w.state);
	w.rpc.open = false;
	open_state();
	CHECK_IN(side_open());
}

static inline void answer_text(int status, const char *text, size_t len)
{
	const struct rpc_answer answer = {
		.status = status, .body = text, .len = len,
	};

	w.rpc.open = false;
	w.rpc.end(w.rpc.ctx, &answer);
}

/* All that it has, as if it followed ours. */
static inline void answer_foreign(struct secret_buf *ret)
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

static inline void answer_honestly(struct secret_buf *ret)
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
static inline void serve(void)
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

static inline void say(bool present, bool disabled)
{
	struct aum_hash_text text;
	struct tka_info info = { .present = present, .disabled = disabled };

	if (present)
		snprintf(info.head, sizeof(info.head), "%s",
			 aum_hash_format(&authority_head(
				w.server.authority)->hash, &text));
	lock_side_map(&w.side, &info);
}

static inline void advance_ms(uint64_t ms)
{
	loop_advance(w.loop, ms);
	loop_turn(w.loop, 0);
	serve();
}

#define MODE() lock_side_mode(&w.side)

/* What the kernel would be told. */
static inline void check_wanted(bool on, size_t n_keys)
{
	struct wanted_lock lock = { 0 };

	CHECK_EQ(lock_side_wanted(&w.side, &lock), 0);
	CHECK_EQ(lock.on, on);
	CHECK_EQ(lock.n_keys, n_keys);
	wanted_lock_done(&lock);
}

static inline bool has_files(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/tka-profiles/" PROFILE, w.place);
	return access(path, F_OK) == 0;
}

static inline void join(void)
{
	CHECK_IN(world_begin());
	say(true, false);
	serve();
	CHECK_EQ(MODE(), LOCK_MODE_ON);
}

/* Into a state directory: another authority's files, whole and good. */
static inline void plant_other(int state_dir)
{
	struct authority_disk disk;
	struct authority *other;
	struct lock_store *store;
	struct server server;

	server_init_as(&server, 9);
	if (lock_store_new(state_dir, PROFILE, lock_store_io_system(),
			   &store) < 0)
		abort();
	disk = lock_store_disk(store, NULL, NULL);
	if (authority_bootstrap(server.genesis, &nothing_denied, NOW, &disk,
				&other) < 0)
		abort();
	authority_free(other);
	lock_store_free(store);
	server_done(&server);
}

#endif /* LOCK_SIDE_RIG_H */
