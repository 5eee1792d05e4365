// SPDX-License-Identifier: GPL-2.0-only
#include "node/data_side.h"

#include "base/log.h"
#include "dataplane/events.h"
#include "dataplane/fetch.h"
#include "dataplane/genl_conn.h"
#include "uapi/tailnet.h"

#include <errno.h>
#include <string.h>

#define REFUSALS_SHOWN 3	/* lines in the log for one update */

static void on_event(void *ctx, const struct event *event)
{
	struct data_side *side = ctx;

	if (strcmp(event->ifname, side->ifname))
		return;
	side->calls.event(side->calls.ctx, event);
}

static void on_lost(void *ctx)
{
	struct data_side *side = ctx;

	side->calls.surprised(side->calls.ctx);
}

static void on_readable(void *ctx, uint32_t events)
{
	struct data_side *side = ctx;
	int r;

	(void)events;
	r = events_read(side->events);
	if (r == 0)
		return;
	log_warning("dataplane: no more events of the module: %s",
		    err_text(r));
	loop_io_del(side->loop, &side->io);
}

void data_side_init(struct data_side *side, struct loop *loop,
		    const char *ifname, uint16_t port,
		    const struct data_side_calls *calls)
{
	*side = (struct data_side){
		.loop = loop, .calls = *calls, .ifname = ifname, .port = port,
		.sockets = { .fd4 = -1, .fd6 = -1 },
	};
	loop_io_init(&side->io, on_readable, side);
}

/* Return: 0 if the link is there now, and ours to use. */
static int have_link(const char *ifname, struct err_detail *detail,
		     uint32_t *ret)
{
	struct genl_conn *route auto_clean(genl_conn) = NULL;
	struct link_state link;
	int r;

	r = genl_conn_open_route(&route);
	if (r < 0)
		return r;
	r = link_find(route, ifname, detail, &link);
	if (r == -ENODEV) {
		r = link_create(route, ifname, detail);
		if (r == 0)
			r = link_find(route, ifname, detail, &link);
	}
	if (r == 0)
		*ret = link.ifindex;
	return r;
}

static int listen_to_module(struct data_side *side)
{
	const struct event_fns fns = {
		.event = on_event, .lost = on_lost, .ctx = side,
	};
	int r;

	r = events_open(&fns, &side->events);
	if (r < 0)
		return r;
	return loop_io_set(side->loop, &side->io, events_fd(side->events),
			   EPOLLIN);
}

int data_side_open(struct data_side *side, struct err_detail *detail)
{
	const struct link_wish wish = {
		.port = side->port, .fwmark = LINK_FWMARK, .manage = true,
	};
	int r;

	/* Without the module the link could not be made either. */
	r = genl_conn_open(TAILNET_GENL_NAME, &side->conn);
	if (r < 0)
		return err_explain(detail, r, "%s", err_text(r));
	r = have_link(side->ifname, detail, &side->ifindex);
	if (r == 0)
		r = listen_to_module(side);
	if (r == 0)
		r = link_take(side->conn, side->ifname, &wish, detail,
			      &side->sockets);
	if (r < 0) {
		if (!detail->text[0])
			err_explain(detail, r, "%s", err_text(r));
		data_side_close(side);
		return r;
	}
	log_info("dataplane: device %s, UDP port %u", side->ifname,
		 side->sockets.port);
	return 0;
}

/* The server decides how often there is something to be refused. */
static void report(struct data_side *side, const struct apply_report *report)
{
	uint64_t now_ms = loop_now_ms(side->loop);
	struct key_text key;
	size_t i;

	for (i = 0; i < report->n_refused && i < REFUSALS_SHOWN; i++)
		log_limited(&side->refusals, now_ms, LOG_LEVEL_WARNING,
			    "dataplane: the kernel refuses peer %.8s: %s",
			    key_format_public(&report->refused[i].key, &key),
			    report->refused[i].detail.text);
	if (report->n_refused > REFUSALS_SHOWN)
		log_limited(&side->refusals, now_ms, LOG_LEVEL_WARNING,
			    "dataplane: and %zu more",
			    report->n_refused - REFUSALS_SHOWN);
	if (report->n_conflicts)
		log_limited(&side->refusals, now_ms, LOG_LEVEL_WARNING,
			    "dataplane: %zu prefixes are wanted by more than one peer",
			    report->n_conflicts);
}

int data_side_set(struct data_side *side, const struct wanted *want,
		  const struct node_public *keys, size_t n_keys,
		  struct err_detail *detail)
{
	struct apply_report rep auto_clean(apply_report) = { 0 };
	int r;

	r = apply_wanted(side->conn, side->ifname, &side->apply, want, keys,
			 n_keys, detail, &rep);
	if (r < 0)
		return r;
	report(side, &rep);
	return rep.sent;
}

int data_side_read(struct data_side *side, bool peers, struct wg_device *ret)
{
	struct err_detail detail;

	if (!side->conn)
		return -ENOTCONN;
	return fetch_device(side->conn, side->ifname, peers, &detail, ret);
}

void data_side_close(struct data_side *side)
{
	loop_io_del(side->loop, &side->io);
	events_free(steal(side->events));
	link_sockets_done(&side->sockets);
	genl_conn_free(steal(side->conn));
	side->ifindex = 0;
	apply_state_done(&side->apply);
}

int data_side_delete(const char *ifname, struct err_detail *detail)
{
	struct genl_conn *route auto_clean(genl_conn) = NULL;
	int r;

	r = genl_conn_open_route(&route);
	if (r < 0)
		return r;
	r = link_delete(route, ifname, detail);
	return r == -ENODEV ? 0 : r;
}
