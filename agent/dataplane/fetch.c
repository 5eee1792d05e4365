// SPDX-License-Identifier: GPL-2.0-only
#include "dataplane/fetch.h"

#include "dataplane/answer.h"
#include "dataplane/batch.h"
#include "dataplane/genl_conn.h"

#include <errno.h>
#include <string.h>

/* Pictures taken before giving up: changes come far slower than that. Ours. */
#define FETCH_TRIES 32

/* Send @msg, explain what goes wrong. */
static int ask(struct genl_conn *conn, struct nl_msg *msg, bool dump,
	       nl_answer_fn fn, void *ctx, struct err_detail *detail)
{
	struct nl_refusal refusal;
	int r;

	if (!msg)
		return err_explain(detail, -ENOMEM, "%s", err_text(-ENOMEM));
	r = dump ? genl_conn_dump(conn, msg, fn, ctx, &refusal) :
		   genl_conn_do(conn, msg, fn, ctx, &refusal);
	if (r < 0)
		batch_explain(msg, &refusal, r, detail);
	return r;
}

static int unsettled(struct err_detail *detail)
{
	return err_explain(detail, -EAGAIN,
			   "the configuration keeps changing");
}

static int take_device(void *ctx, const struct nlmsghdr *msg)
{
	return answer_device(msg, ctx);
}

static int take_devices(void *ctx, const struct nlmsghdr *msg)
{
	struct wg_device *dev = wg_devices_add(ctx);

	return dev ? answer_device(msg, dev) : -ENOMEM;
}

/* Peers, and the generation that all of their messages have to be of. */
static int take_peers(void *ctx, const struct nlmsghdr *msg)
{
	struct wg_device *dev = ctx;
	uint64_t generation;

	if (answer_generation(msg, &generation) == 0 &&
	    generation != dev->generation)
		return -EINTR;
	return answer_peers(msg, dev);
}

/* Return: 0, or -EINTR if @dev is no longer what its peers belong to. */
static int fetch_peers(struct genl_conn *conn, struct wg_device *dev,
		       struct err_detail *detail)
{
	struct nl_msg *msg auto_clean(batch_msg) =
		batch_peer_get(genl_conn_family(conn), dev->name, NULL);

	return ask(conn, msg, true, take_peers, dev, detail);
}

int fetch_device(struct genl_conn *conn, const char *ifname, bool peers,
		 struct err_detail *detail, struct wg_device *ret)
{
	struct nl_msg *msg auto_clean(batch_msg) =
		batch_dev_get(genl_conn_family(conn), ifname);
	int tries, r;

	for (tries = 0; tries < FETCH_TRIES; tries++) {
		wg_device_done(ret);
		r = ask(conn, msg, false, take_device, ret, detail);
		if (r == 0 && ret->name[0] == 0)
			return err_explain(detail, TNE_NO_FAMILY_ANSWER, "%s",
					   err_text(TNE_NO_FAMILY_ANSWER));
		if (r == 0 && peers)
			r = fetch_peers(conn, ret, detail);
		if (r != -EINTR)
			return r;
	}
	return unsettled(detail);
}

static int list_devices(struct genl_conn *conn, struct err_detail *detail,
			struct wg_devices *ret)
{
	struct nl_msg *msg auto_clean(batch_msg) =
		batch_dev_get(genl_conn_family(conn), NULL);
	int tries, r;

	for (tries = 0; tries < FETCH_TRIES; tries++) {
		wg_devices_done(ret);
		r = ask(conn, msg, true, take_devices, ret, detail);
		if (r != -EINTR)
			return r;
	}
	return unsettled(detail);
}

int fetch_devices(struct genl_conn *conn, bool peers,
		  struct err_detail *detail, struct wg_devices *ret)
{
	struct wg_devices list auto_clean(wg_devices) = { 0 };
	size_t i;
	int r;

	r = list_devices(conn, detail, peers ? &list : ret);
	if (r < 0 || !peers)
		return r;
	for (i = 0; i < list.n; i++) {
		struct wg_device *dev = wg_devices_add(ret);

		if (!dev)
			return err_explain(detail, -ENOMEM, "%s",
					   err_text(-ENOMEM));
		r = fetch_device(conn, list.item[i].name, true, detail, dev);
		if (r == -ENODEV) {
			/* Removed since the list was made. */
			wg_device_done(dev);
			ret->n--;
			r = 0;
		}
		if (r < 0)
			return r;
	}
	return 0;
}

int fetch_has_peer(struct genl_conn *conn, const char *ifname,
		   const struct node_public *key, struct err_detail *detail)
{
	struct nl_msg *msg auto_clean(batch_msg) =
		batch_peer_get(genl_conn_family(conn), ifname, key);
	int r = ask(conn, msg, false, NULL, NULL, detail);

	if (r == -ENOENT)
		return 0;
	return r < 0 ? r : 1;
}

/**
 * struct lock_request - a lock on its way to a caller
 * @generation: of the table
 * @lock: filled
 */
struct lock_request {
	uint64_t generation;
	struct wanted_lock *lock;
};

static int take_lock(void *ctx, const struct nlmsghdr *msg)
{
	struct lock_request *request = ctx;
	uint64_t generation;
	int r = answer_generation(msg, &generation);

	if (r == 0 && generation != request->generation)
		return -EINTR;
	return r < 0 ? r : answer_lock(msg, request->lock);
}

int fetch_lock(struct genl_conn *conn, const char *ifname, uint64_t generation,
	       struct err_detail *detail, struct wanted_lock *ret)
{
	struct nl_msg *msg auto_clean(batch_msg) =
		batch_lock_get(genl_conn_family(conn), ifname);
	struct lock_request request = {
		.generation = generation, .lock = ret,
	};
	int r = ask(conn, msg, false, take_lock, &request, detail);

	return r == -EOPNOTSUPP ? 0 : r;
}

/**
 * struct drops_request - counters on their way to a caller
 * @fn: gets them
 * @ctx: for @fn
 */
struct drops_request {
	fetch_drops_fn fn;
	void *ctx;
};

static int take_drops(void *ctx, const struct nlmsghdr *msg)
{
	struct drops_request *request = ctx;
	struct wg_drops drops = { 0 };
	int r = answer_drops(msg, &drops);

	if (r == 0)
		request->fn(request->ctx, &drops);
	wg_drops_done(&drops);
	return r;
}

int fetch_drops(struct genl_conn *conn, const char *ifname, fetch_drops_fn fn,
		void *ctx, struct err_detail *detail)
{
	struct nl_msg *msg auto_clean(batch_msg) =
		batch_stats_get(genl_conn_family(conn), ifname);
	struct drops_request request = { .fn = fn, .ctx = ctx };
	int r = ask(conn, msg, !ifname, take_drops, &request, detail);

	/* Counters of devices that came or went meanwhile do not matter. */
	return r == -EINTR ? 0 : r;
}
