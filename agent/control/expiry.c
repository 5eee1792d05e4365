// SPDX-License-Identifier: GPL-2.0-only
#include "control/expiry.h"

#include "base/rfc3339.h"
#include "model/netmap.h"
#include "model/netmap_session.h"

/* A key that expires far away needs no timer that may overflow. */
#define TIMER_MAX_MS (24 * 3600 * 1000)
#define TIMER_MIN_MS 1000

static void on_timer(void *ctx)
{
	struct expiry *expiry = ctx;
	struct netmap *old = netmap_session_current(expiry->session);
	struct netmap *new auto_clean(netmap) = NULL;
	const struct timestamp now = timestamp_now(loop_clock(expiry->loop));

	if (!old)
		return;
	if (netmap_expire(old, &now, &new) == 0) {
		netmap_session_replace(expiry->session, new);
		/* Told also if none of the peers: it may be our own key. */
		expiry->netmap(expiry->ctx, new);
	}
	expiry_arm(expiry);
}

void expiry_init(struct expiry *expiry)
{
	loop_timer_init(&expiry->timer, on_timer, expiry);
}

void expiry_arm(struct expiry *expiry)
{
	struct netmap *netmap = netmap_session_current(expiry->session);
	const struct timestamp now = timestamp_now(loop_clock(expiry->loop));
	int64_t ms;

	if (!netmap || !netmap_expiry_timer(netmap, &now, &ms)) {
		loop_timer_cancel(expiry->loop, &expiry->timer);
		return;
	}
	if (ms > TIMER_MAX_MS)
		ms = TIMER_MAX_MS;
	if (ms < TIMER_MIN_MS)
		ms = TIMER_MIN_MS;
	loop_timer_set(expiry->loop, &expiry->timer, ms);
}

bool expiry_passed(const struct expiry *expiry)
{
	struct netmap *netmap = netmap_session_current(expiry->session);
	const struct timestamp now = timestamp_now(loop_clock(expiry->loop));

	return netmap && netmap_self_expired(netmap, &now);
}

void expiry_done(struct expiry *expiry)
{
	loop_timer_cancel(expiry->loop, &expiry->timer);
}
