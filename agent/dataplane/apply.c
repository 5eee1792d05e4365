// SPDX-License-Identifier: GPL-2.0-only
#include "dataplane/apply.h"

#include "base/array.h"
#include "dataplane/answer.h"
#include "dataplane/batch.h"
#include "dataplane/fetch.h"
#include "dataplane/genl_conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/*
 * Somebody else's change or open transaction stands in the way for as long as
 * theirs takes, milliseconds: 100 tries, 20 ms apart. Ours.
 */
#define APPLY_TRIES 100
#define APPLY_WAIT_NS 20000000	/* 20 ms */

static int send_one(struct genl_conn *conn, struct nl_msg *msg,
		    nl_answer_fn fn, void *ctx, struct err_detail *detail)
{
	struct nl_refusal refusal;
	int r;

	if (!msg)
		return err_explain(detail, -ENOMEM, "%s", err_text(-ENOMEM));
	r = genl_conn_do(conn, msg, fn, ctx, &refusal);
	if (r < 0)
		batch_explain(msg, &refusal, r, detail);
	return r;
}

static int take_token(void *ctx, const struct nlmsghdr *msg)
{
	return answer_token(msg, ctx);
}

static int txn_begin(struct genl_conn *conn, const char *ifname, bool replace,
		     const uint64_t *generation, struct err_detail *detail,
		     uint32_t *ret)
{
	struct nl_msg *msg auto_clean(batch_msg) = batch_txn_begin(
		genl_conn_family(conn), ifname, replace, generation);

	*ret = 0;
	return send_one(conn, msg, take_token, ret, detail);
}

static int txn_items(struct genl_conn *conn, const char *ifname,
		     uint32_t token, const struct wg_config *config,
		     struct err_detail *detail)
{
	struct batch batch auto_clean(batch) = { 0 };
	size_t i;
	int r;

	r = batch_txn_items(genl_conn_family(conn), ifname, token, config,
			    &batch);
	if (r < 0)
		return err_explain(detail, r, "%s", err_text(r));
	for (i = 0; i < batch.n && r == 0; i++)
		r = send_one(conn, batch.msg[i], NULL, NULL, detail);
	return r;
}

static int txn_commit(struct genl_conn *conn, const char *ifname,
		      uint32_t token, struct err_detail *detail)
{
	struct nl_msg *msg auto_clean(batch_msg) =
		batch_txn_commit(genl_conn_family(conn), ifname, token);

	return send_one(conn, msg, NULL, NULL, detail);
}

/* The connection may be used again, so its transaction must not stay open. */
static void txn_abort(struct genl_conn *conn, const char *ifname,
		      uint32_t token)
{
	struct nl_msg *msg auto_clean(batch_msg) =
		batch_txn_abort(genl_conn_family(conn), ifname, token);

	send_one(conn, msg, NULL, NULL, NULL);
}

/* What an earlier change of the same peer makes of it. */
static enum wg_presence presence_before(const struct wg_config *config,
					size_t place)
{
	const struct node_public *key = &config->peers[place].key;
	size_t i;

	if (config->unique)
		return WG_PRESENCE_UNKNOWN;
	for (i = place; i-- > 0;) {
		if (key_cmp_public(&config->peers[i].key, key) == 0)
			return config->peers[i].remove ? WG_ABSENT : WG_PRESENT;
	}
	return WG_PRESENCE_UNKNOWN;
}

/*
 * Two things depend on whether a peer is there: one to be removed has to be,
 * and a new one roams. Only the answer for the very table that is changed
 * counts, so its generation goes along.
 */
static int find_presence(struct genl_conn *conn, const char *ifname,
			 struct wg_config *config, struct err_detail *detail)
{
	size_t i;
	int r;

	for (i = 0; i < config->n_peers; i++) {
		struct wg_peer_config *peer = &config->peers[i];

		peer->presence = presence_before(config, i);
		if (peer->presence != WG_PRESENCE_UNKNOWN)
			continue;
		if (!peer->remove && (peer->set & WG_PEER_ROAM))
			continue;
		r = fetch_has_peer(conn, ifname, &peer->key, detail);
		if (r < 0)
			return r;
		peer->presence = r ? WG_PRESENT : WG_ABSENT;
	}
	return 0;
}

static int apply_once(struct genl_conn *conn, const char *ifname,
		      struct wg_config *config, struct err_detail *detail)
{
	struct wg_device dev auto_clean(wg_device) = { 0 };
	uint32_t token;
	int r;

	r = fetch_device(conn, ifname, false, detail, &dev);
	if (r == 0)
		r = find_presence(conn, ifname, config, detail);
	if (r == 0)
		r = txn_begin(conn, ifname, config->replace, &dev.generation,
			      detail, &token);
	if (r < 0)
		return r;
	r = txn_items(conn, ifname, token, config, detail);
	if (r == 0)
		r = txn_commit(conn, ifname, token, detail);
	if (r < 0)
		txn_abort(conn, ifname, token);
	return r;
}

int apply_config(struct genl_conn *conn, const char *ifname,
		 struct wg_config *config, struct err_detail *detail)
{
	const struct timespec wait = { .tv_nsec = APPLY_WAIT_NS };
	int tries, r;

	for (tries = 1;; tries++) {
		r = apply_once(conn, ifname, config, detail);
		if ((r != -ESTALE && r != -EAGAIN && r != -EBUSY) ||
		    tries == APPLY_TRIES)
			return r;
		nanosleep(&wait, NULL);
	}
}

/*
 * Peers that may be refused before the whole is given up, since each costs
 * another try; and surprises before we stop to read the table again. Both ours.
 */
#define APPLY_REFUSALS_MAX 64
#define APPLY_RESYNCS_MAX 4

void apply_state_done(struct apply_state *state)
{
	wanted_done(&state->have);
	memset(state, 0, sizeof(*state));
}

void apply_report_done(struct apply_report *report)
{
	free(report->refused);
	free(report->conflicts);
	memset(report, 0, sizeof(*report));
}

static int out_of_memory(struct err_detail *detail)
{
	return err_explain(detail, -ENOMEM, "%s", err_text(-ENOMEM));
}

/* Read the table, and see it as what we have. */
static int resync(struct genl_conn *conn, const char *ifname,
		  struct apply_state *state, const struct wanted *want,
		  struct err_detail *detail, struct apply_report *report)
{
	struct wg_device dev auto_clean(wg_device) = { 0 };
	int r;

	apply_state_done(state);
	r = fetch_device(conn, ifname, true, detail, &dev);
	if (r < 0)
		return r;
	if (wanted_from_device(&dev, &state->have) < 0) {
		apply_state_done(state);
		return out_of_memory(detail);
	}
	r = fetch_lock(conn, ifname, dev.generation, detail,
		       &state->have.lock);
	if (r < 0) {
		apply_state_done(state);
		return r;
	}
	plan_trust_learned(&state->have, want);
	state->generation = dev.generation;
	state->known = true;
	report->resynced = true;
	return 0;
}

/*
 * Items are judged one by one as they are handed over: a refusal may name the
 * peer, which is *ret_refused then.
 */
static int send_items(struct genl_conn *conn, const char *ifname,
		      uint32_t token, const struct plan *plan,
		      struct err_detail *detail,
		      struct node_public *ret_key, bool *ret_refused)
{
	struct batch batch auto_clean(batch) = { 0 };
	struct nl_refusal refusal;
	size_t i;
	int r;

	r = batch_plan_items(genl_conn_family(conn), ifname, token, plan,
			     &batch);
	if (r < 0)
		return err_explain(detail, r, "%s", err_text(r));
	for (i = 0; i < batch.n; i++) {
		r = genl_conn_do(conn, batch.msg[i], NULL, NULL, &refusal);
		if (r == 0)
			continue;
		batch_explain(batch.msg[i], &refusal, r, detail);
		*ret_refused = err_class(r) == ERR_REFUSE &&
			       batch_refused_peer(batch.msg[i], &refusal,
						  ret_key);
		return r;
	}
	return 0;
}

static int carry_out(struct genl_conn *conn, const char *ifname,
		     uint64_t generation, const struct plan *plan,
		     struct err_detail *detail, struct node_public *ret_key,
		     bool *ret_refused)
{
	uint32_t token;
	int r;

	r = txn_begin(conn, ifname, plan->replace, &generation, detail,
		      &token);
	if (r < 0)
		return r;
	r = send_items(conn, ifname, token, plan, detail, ret_key,
		       ret_refused);
	if (r == 0)
		r = txn_commit(conn, ifname, token, detail);
	if (r < 0)
		txn_abort(conn, ifname, token);
	return r;
}

static int note_refusal(struct apply_report *report,
			const struct node_public *key, int err,
			const struct err_detail *detail)
{
	struct apply_refusal *item = array_grow(report->refused,
						report->n_refused,
						&report->cap_refused,
						sizeof(*item));

	if (!item)
		return -ENOMEM;
	report->refused = item;
	item[report->n_refused++] = (struct apply_refusal){
		.key = *key, .err = err, .detail = *detail,
	};
	return 0;
}

/* Carry the plan out, but for the peers that the kernel refuses. */
static int insist(struct genl_conn *conn, const char *ifname,
		  struct apply_state *state, struct plan *plan,
		  struct err_detail *detail, struct apply_report *report)
{
	struct err_detail own = { "" };
	struct node_public key;
	bool refused;
	int r;

	while (!plan_is_empty(plan)) {
		refused = false;
		r = carry_out(conn, ifname, state->generation, plan, &own,
			      &key, &refused);
		if (r == 0) {
			/* The commit has made the next one. */
			state->generation++;
			report->sent = true;
			state->known = plan_record(plan, &state->have) == 0;
			return 0;
		}
		if (!refused || report->n_refused == APPLY_REFUSALS_MAX ||
		    !plan_drop_peer(plan, &key))
			return err_explain(detail, r, "%s", own.text);
		if (note_refusal(report, &key, r, &own) < 0)
			return out_of_memory(detail);
	}
	return 0;
}

/*
 * The last of all: who goes in the same breath must not be let in for a moment
 * before.
 */
static int turn_lock_off(struct genl_conn *conn, const char *ifname,
			 struct apply_state *state,
			 const struct wanted_lock *want,
			 struct err_detail *detail, struct apply_report *report)
{
	struct wanted_lock *have = &state->have.lock;
	struct nl_msg *msg auto_clean(batch_msg) = NULL;
	int r;

	have->off = want->off;
	msg = batch_lock_off(genl_conn_family(conn), ifname, have);
	r = send_one(conn, msg, NULL, NULL, detail);
	if (r < 0)
		return r;
	have->on = false;
	state->generation++;
	report->sent = true;
	return 0;
}

static int plan_and_insist(struct genl_conn *conn, const char *ifname,
			   struct apply_state *state,
			   const struct wanted *want,
			   const struct node_public *keys, size_t n_keys,
			   struct err_detail *detail,
			   struct apply_report *report)
{
	struct plan plan auto_clean(plan) = { 0 };
	int r;

	if (keys && !report->resynced &&
	    wanted_lock_eq(&state->have.lock, &want->lock))
		r = plan_delta(&state->have, want, keys, n_keys, &plan);
	else
		r = plan_full(&state->have, want, &plan);
	if (r < 0)
		return out_of_memory(detail);
	r = insist(conn, ifname, state, &plan, detail, report);
	if (r == 0 && plan.lock_off)
		r = turn_lock_off(conn, ifname, state, &want->lock, detail,
				  report);
	free(report->conflicts);
	report->conflicts = steal(plan.conflicts);
	report->n_conflicts = plan.n_conflicts;
	return r;
}

/* Does the error say that the table is not what we took it for? */
static bool is_surprise(int r)
{
	return r == -ESTALE || r == -EAGAIN || r == -EEXIST || r == -ENOENT ||
	       r == -EINTR;
}

int apply_wanted(struct genl_conn *conn, const char *ifname,
		 struct apply_state *state, const struct wanted *want,
		 const struct node_public *keys, size_t n_keys,
		 struct err_detail *detail, struct apply_report *report)
{
	int tries, r;

	memset(report, 0, sizeof(*report));
	for (tries = 0; tries <= APPLY_RESYNCS_MAX; tries++) {
		report->n_refused = 0;
		r = state->known ? 0 : resync(conn, ifname, state, want,
					      detail, report);
		if (r == 0)
			r = plan_and_insist(conn, ifname, state, want, keys,
					    n_keys, detail, report);
		if (!is_surprise(r))
			return r;
		state->known = false;
	}
	return -EAGAIN;
}
