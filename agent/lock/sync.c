// SPDX-License-Identifier: GPL-2.0-only
#include "lock/sync.h"

#include "lock/compact.h"
#include "lock/disable.h"
#include "lock/offer.h"
#include "wire/aum.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define BIT(n) (1U << (n))

static const unsigned int sync_next[SYNC_STATES] = {
	[SYNC_IDLE] = BIT(SYNC_BOOTSTRAP) | BIT(SYNC_DISABLE) | BIT(SYNC_OFFER),
	[SYNC_BOOTSTRAP] = BIT(SYNC_OFFER) | BIT(SYNC_IDLE),
	[SYNC_DISABLE] = BIT(SYNC_SECRET) | BIT(SYNC_OFFER) | BIT(SYNC_IDLE),
	[SYNC_SECRET] = BIT(SYNC_OFFER) | BIT(SYNC_IDLE),
	[SYNC_OFFER] = BIT(SYNC_SEND) | BIT(SYNC_IDLE),
	[SYNC_SEND] = BIT(SYNC_IDLE),
};

static void enter(struct lock_sync *sync, enum sync_state state)
{
	assert(sync_next[sync->state] & BIT(state));
	sync->state = state;
	if (state != SYNC_SECRET) {
		arena_put(sync->mem);
		sync->mem = NULL;
		sync->secret = (struct bytes){ 0 };
	}
}

struct sync_wanted sync_wanted_from(const struct tka_info *info)
{
	struct sync_wanted wanted = { .enabled = info->present &&
						 !info->disabled };

	if (*info->head) {
		wanted.has_head = aum_hash_parse(info->head,
						 strlen(info->head),
						 &wanted.head) == 0;
		wanted.enabled = wanted.enabled && wanted.has_head;
	}
	return wanted;
}

void sync_done(struct lock_sync *sync)
{
	sync_fail(sync);
}

void sync_fail(struct lock_sync *sync)
{
	if (sync->state != SYNC_IDLE)
		enter(sync, SYNC_IDLE);
}

static int ask(struct lock_sync *sync, enum sync_state state, const char *path,
	       size_t answer_max, struct secret_buf body,
	       struct sync_request *ret)
{
	enter(sync, state);
	*ret = (struct sync_request){
		.path = path,
		.body = body,
		.answer_max = answer_max,
	};
	return SYNC_DO_REQUEST;
}

/* What to begin with, or, with an authority, a secret to end with. */
static int ask_bootstrap(struct lock_sync *sync, struct sync_request *ret)
{
	const struct aum_hash *head = sync->authority ?
			&authority_head(sync->authority)->hash : NULL;
	struct secret_buf body = { 0 };
	int r = tka_bootstrap_build(&sync->config.caller, head, &body);

	if (r < 0)
		return r;
	return ask(sync, head ? SYNC_DISABLE : SYNC_BOOTSTRAP,
		   TKA_PATH_BOOTSTRAP, TKA_SHORT_ANSWER_MAX, body, ret);
}

static int ask_offer(struct lock_sync *sync, struct sync_request *ret)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct secret_buf body = { 0 };
	struct lock_offer offer;
	int r;

	if (!mem)
		return -ENOMEM;
	r = offer_build(sync->authority, mem, &offer);
	if (r == 0)
		r = tka_offer_build(&sync->config.caller, &offer, &body);
	if (r < 0)
		return r;
	return ask(sync, SYNC_OFFER, TKA_PATH_OFFER, TKA_ANSWER_MAX, body,
		   ret);
}

static bool has_wanted_head(const struct lock_sync *sync)
{
	return sync->wanted.has_head &&
	       aum_hash_eq(&sync->wanted.head,
			   &authority_head(sync->authority)->hash);
}

static int finish(struct lock_sync *sync)
{
	if (sync->state != SYNC_IDLE)
		enter(sync, SYNC_IDLE);
	return SYNC_DO_NOTHING;
}

/* With an authority that is to stay: is it the same? */
static int ask_offer_if_needed(struct lock_sync *sync, struct sync_request *ret)
{
	return has_wanted_head(sync) ? finish(sync) : ask_offer(sync, ret);
}

static bool same_wanted(const struct sync_wanted *a,
			const struct sync_wanted *b)
{
	return a->enabled == b->enabled && a->has_head == b->has_head &&
	       (!a->has_head || aum_hash_eq(&a->head, &b->head));
}

int sync_begin(struct lock_sync *sync, const struct sync_wanted *wanted,
	       bool capable, struct sync_request *ret)
{
	if (sync->state != SYNC_IDLE)
		return -EBUSY;
	sync->wanted = *wanted;
	sync->unpinned = false;
	sync->refused = false;
	sync->differs = false;
	sync->compact_err = 0;
	if (sync->tried && !same_wanted(wanted, &sync->tried_for))
		sync->tried = false;
	if (!sync->authority)
		return wanted->enabled && capable ? ask_bootstrap(sync, ret) :
		       SYNC_DO_NOTHING;
	/* Each try costs 16 MiB and much time: one for each thing said. */
	if (!wanted->enabled && !sync->tried)
		return ask_bootstrap(sync, ret);
	sync->refused = !wanted->enabled;
	return ask_offer_if_needed(sync, ret);
}

/* Who has said which it is does not take it by the server's word. */
static int check_genesis(const struct lock_sync *sync, struct bytes genesis,
			 struct err_detail *detail)
{
	struct aum_hash hash;
	int r;

	if (genesis.len == 0)
		return err_explain(detail, TNE_LOCK_ANSWER,
				   "no first update in the answer");
	if (!sync->config.genesis)
		return 0;
	r = aum_hash(genesis, &hash);
	if (r == 0 && !aum_hash_eq(&hash, sync->config.genesis))
		return err_explain(detail, TNE_LOCK_ANSWER,
				   "it does not begin with the update that LockGenesis in the file of settings names");
	return r;
}

static int take_genesis(struct lock_sync *sync, const char *text, size_t len,
			int64_t now_s, struct err_detail *detail,
			struct sync_request *ret)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct tka_bootstrap answer;
	int r;

	if (!mem)
		return -ENOMEM;
	r = tka_bootstrap_parse(text, len, mem, detail, &answer);
	if (r < 0)
		return r;
	r = check_genesis(sync, answer.genesis, detail);
	if (r < 0)
		return r;
	r = authority_bootstrap(answer.genesis, &sync->config.denied, now_s,
				&sync->config.disk, &sync->authority);
	if (r < 0)
		return r;
	sync->unpinned |= r > 0;
	/* Always: the first update is seldom the last. */
	return ask_offer(sync, ret);
}

static int refuse(struct lock_sync *sync, struct sync_request *ret)
{
	sync->refused = true;
	return ask_offer_if_needed(sync, ret);
}

static int take_secret(struct lock_sync *sync, const char *text, size_t len,
		       struct err_detail *detail, struct sync_request *ret)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct tka_bootstrap answer;
	int r;

	if (!mem)
		return -ENOMEM;
	r = tka_bootstrap_parse(text, len, mem, detail, &answer);
	if (r < 0)
		return r;
	if (answer.secret.len == 0 || answer.secret.len > DISABLE_SECRET_MAX)
		return refuse(sync, ret);
	enter(sync, SYNC_SECRET);
	sync->secret = answer.secret;
	sync->mem = steal(mem);
	return SYNC_DO_CHECK;
}

struct bytes sync_secret(const struct lock_sync *sync)
{
	assert(sync->state == SYNC_SECRET);
	return sync->secret;
}

static int turn_off(struct lock_sync *sync)
{
	const struct sync_config *config = &sync->config;
	int r = config->forget ? config->forget(config->ctx) : 0;

	/* As long as anything of it is kept, it is on. */
	if (r < 0)
		return r;
	authority_free(sync->authority);
	sync->authority = NULL;
	return finish(sync);
}

int sync_secret_checked(struct lock_sync *sync, int result,
			struct sync_request *ret)
{
	int r;

	assert(sync->state == SYNC_SECRET);
	if (result == 0) {
		r = turn_off(sync);
	} else if (result == TNE_LOCK_SECRET) {
		sync->tried = true;
		sync->tried_for = sync->wanted;
		r = refuse(sync, ret);
	} else {
		r = result;
	}
	if (r < 0)
		sync_fail(sync);
	return r;
}

static int list_bytes(struct chain_item *const *item, size_t n,
		      struct arena *mem, struct bytes **ret)
{
	struct bytes *list = arena_array(mem, n, sizeof(*list));
	size_t i;

	if (!list)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		list[i] = item[i]->data;
	*ret = list;
	return 0;
}

static int inform(struct lock_sync *sync, const struct tka_offer *answer,
		  int64_t now_s)
{
	int r;

	if (answer->n_missing == 0)
		return 0;
	r = authority_inform(sync->authority, answer->missing,
			     answer->n_missing, now_s);
	sync->unpinned |= r > 0;
	return r < 0 ? r : 0;
}

/* Memory is the least of it, should it fail: next time. */
static void forget_old(struct lock_sync *sync, int64_t now_s)
{
	sync->compact_err = compact(sync->authority, COMPACT_MIN_CHAIN,
				    now_s - COMPACT_MIN_AGE_S);
}

static int exchange(struct lock_sync *sync, const struct tka_offer *answer,
		    int64_t now_s, struct arena *mem, struct sync_request *ret)
{
	struct secret_buf body = { 0 };
	struct chain_item **lacking;
	struct bytes *list;
	size_t n;
	int r;

	/* By what we had: they do not need back what they have sent. */
	r = offer_missing(sync->authority, &answer->offer, mem, &lacking, &n);
	if (r == 0)
		r = list_bytes(lacking, n, mem, &list);
	if (r == 0)
		r = inform(sync, answer, now_s);
	if (r == 0)
		r = tka_send_build(&sync->config.caller,
				   &authority_head(sync->authority)->hash,
				   list, n, false, &body);
	if (r < 0)
		return r;
	return ask(sync, SYNC_SEND, TKA_PATH_SEND, TKA_ANSWER_MAX, body, ret);
}

static int take_offer(struct lock_sync *sync, const char *text, size_t len,
		      int64_t now_s, struct err_detail *detail,
		      struct sync_request *ret)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct tka_offer answer;
	int r;

	if (!mem)
		return -ENOMEM;
	r = tka_offer_parse(text, len, mem, detail, &answer);
	if (r < 0)
		return r;
	if (!aum_hash_eq(&answer.offer.head,
			 &authority_head(sync->authority)->hash))
		return exchange(sync, &answer, now_s, mem, ret);
	forget_old(sync, now_s);
	return finish(sync);
}

static int take_head(struct lock_sync *sync, const char *text, size_t len,
		     int64_t now_s, struct err_detail *detail)
{
	struct aum_hash head;
	int r = tka_send_parse(text, len, detail, &head);

	if (r < 0)
		return r;
	sync->differs = !aum_hash_eq(&head,
				     &authority_head(sync->authority)->hash);
	forget_old(sync, now_s);
	return finish(sync);
}

static int take(struct lock_sync *sync, const char *text, size_t len,
		int64_t now_s, struct err_detail *detail,
		struct sync_request *ret)
{
	switch (sync->state) {
	case SYNC_BOOTSTRAP:
		return take_genesis(sync, text, len, now_s, detail, ret);
	case SYNC_DISABLE:
		return take_secret(sync, text, len, detail, ret);
	case SYNC_OFFER:
		return take_offer(sync, text, len, now_s, detail, ret);
	case SYNC_SEND:
		return take_head(sync, text, len, now_s, detail);
	case SYNC_IDLE:
	case SYNC_SECRET:
	case SYNC_STATES:
		break;
	}
	assert(!"an answer to nothing");
	return -EINVAL;
}

int sync_answer(struct lock_sync *sync, const char *text, size_t len,
		int64_t now_s, struct err_detail *detail,
		struct sync_request *ret)
{
	int r = take(sync, text, len, now_s, detail, ret);

	if (r < 0)
		sync_fail(sync);
	return r;
}
