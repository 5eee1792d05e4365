// SPDX-License-Identifier: GPL-2.0-only
#include "dataplane/apply.h"

#include "dataplane/answer.h"
#include "dataplane/batch.h"
#include "dataplane/fetch.h"
#include "dataplane/genl_conn.h"

#include <errno.h>
#include <time.h>

/*
 * Somebody else's change or open transaction stands in the way for as long as
 * theirs takes, milliseconds: 100 tries, 20 ms apart. Ours.
 */
#define APPLY_TRIES 100
#define APPLY_WAIT_NS 20000000	/* 20 ms */

static int send_one(struct genl_conn *conn, struct nl_msg *msg,
		    genl_answer_fn fn, void *ctx, struct err_detail *detail)
{
	struct genl_refusal refusal;
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
