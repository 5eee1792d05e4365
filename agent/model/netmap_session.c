// SPDX-License-Identifier: GPL-2.0-only
#include "model/netmap_session.h"

#include "model/netmap_merge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DAY_MS 86400000

struct netmap_session {
	struct netmap *current;	/* in use, NULL before the first */
	struct netmap *fresh;	/* what a stream begins with, until it spoke */
	bool clock_trusted;
	char *ping_url;		/* the last one, NULL = none */
	char *popped_url;	/* the last one of this stream, NULL = none */
};

struct netmap_session *netmap_session_new(void)
{
	struct netmap_session *session = calloc(1, sizeof(*session));

	if (!session)
		return NULL;
	session->fresh = netmap_new();
	if (!session->fresh) {
		free(session);
		return NULL;
	}
	return session;
}

void netmap_session_free(struct netmap_session *session)
{
	if (!session)
		return;
	netmap_put(session->current);
	netmap_put(session->fresh);
	free(session->ping_url);
	free(session->popped_url);
	free(session);
}

/* Clock, dial plan and version are the server's, not the stream's. */
int netmap_session_begin(struct netmap_session *session)
{
	const struct netmap *before = session->current ? session->current :
				      session->fresh;
	struct netmap *fresh = netmap_new();

	if (!fresh)
		return -ENOMEM;
	if (before) {
		fresh->clock_offset_ms = before->clock_offset_ms;
		fresh->dial_plan = dial_plan_get(before->dial_plan);
		fresh->client_version =
			client_version_get(before->client_version);
	}
	netmap_put(session->fresh);
	session->fresh = fresh;
	free(session->popped_url);
	session->popped_url = NULL;
	return 0;
}

void netmap_session_trust_clock(struct netmap_session *session, bool trusted)
{
	session->clock_trusted = trusted;
}

/* What a step will put in place once nothing can fail any more. */
struct pending {
	struct netmap *current;
	struct netmap *fresh;
	char *ping_url;
	char *popped_url;
};

static void pending_done(struct pending *pending)
{
	netmap_put(pending->current);
	netmap_put(pending->fresh);
	free(pending->ping_url);
	free(pending->popped_url);
}

static int note_url(const char *old, const char *url, char **ret, bool *new)
{
	*new = *url && (!old || strcmp(old, url) != 0);
	if (!*new)
		return 0;
	*ret = strndup(url, strlen(url));
	return *ret ? 0 : -ENOMEM;
}

/* The clock of a server that is out by more than a day, against a good one. */
static bool clock_is_absurd(const struct netmap_session *session,
			    const struct netmap_delta *delta,
			    const struct timestamp *now)
{
	int64_t offset;

	if (!session->clock_trusted || !(delta->set & DELTA_CONTROL_TIME) ||
	    !delta->control_time.set)
		return false;
	offset = timestamp_diff_ms(&delta->control_time, now);
	return offset > DAY_MS || offset < -DAY_MS;
}

static bool has_clock(const struct netmap_delta *delta)
{
	return delta->dial_plan || delta->client_version ||
	       delta->set & DELTA_CONTROL_TIME;
}

static int step_keep_alive(const struct netmap *from,
			   const struct netmap_delta *delta,
			   const struct timestamp *now, struct netmap **ret)
{
	struct netmap *netmap;

	if (!from || !has_clock(delta))
		return 0;
	netmap = netmap_derive(from);
	if (!netmap)
		return -ENOMEM;
	netmap_apply_clock(netmap, delta, now);
	*ret = netmap;
	return 0;
}

/* Before the stream spoke, a keep-alive concerns what it will begin with. */
static int step_netmap(const struct netmap_session *session,
		       const struct netmap_delta *delta,
		       const struct timestamp *now, struct err_detail *detail,
		       struct pending *pending)
{
	int r;

	if (delta->keep_alive) {
		r = step_keep_alive(session->current, delta, now,
				    &pending->current);
		if (r == 0)
			r = step_keep_alive(session->fresh, delta, now,
					    &pending->fresh);
		return r;
	}
	if (!session->fresh)
		return netmap_merge(session->current, NULL, delta, now,
				    &pending->current);
	if (!delta->self)
		return err_explain(detail, TNE_MAP_NO_SELF,
				   "first message of the map stream has no node");
	return netmap_merge(session->fresh, session->current, delta, now,
			    &pending->current);
}

static void commit(struct netmap_session *session, bool switch_over,
		   struct pending *pending)
{
	if (pending->current) {
		netmap_put(session->current);
		session->current = steal(pending->current);
	}
	if (pending->fresh || switch_over) {
		netmap_put(session->fresh);
		session->fresh = steal(pending->fresh);
	}
	if (pending->ping_url) {
		free(session->ping_url);
		session->ping_url = steal(pending->ping_url);
	}
	if (pending->popped_url) {
		free(session->popped_url);
		session->popped_url = steal(pending->popped_url);
	}
}

int netmap_session_step(struct netmap_session *session,
			const struct netmap_delta *delta,
			const struct timestamp *now, struct err_detail *detail,
			struct netmap_step *ret)
{
	struct netmap_delta tamed = *delta;
	struct netmap_step step = { 0 };
	struct pending pending = { 0 };
	bool ping = false, pop;
	int r = 0;

	if (clock_is_absurd(session, delta, now))
		tamed.set &= ~DELTA_CONTROL_TIME;
	if (delta->ping)
		r = note_url(session->ping_url, delta->ping->url,
			     &pending.ping_url, &ping);
	if (r == 0)
		r = note_url(session->popped_url, delta->pop_browser_url,
			     &pending.popped_url, &pop);
	if (r == 0)
		r = step_netmap(session, &tamed, now, detail, &pending);
	if (r < 0)
		goto out;
	step.changed = pending.current;
	commit(session, !delta->keep_alive, &pending);
	step.netmap = netmap_get(session->current);
	step.ping = ping ? delta->ping : NULL;
	step.pop_browser_url = pop ? delta->pop_browser_url : NULL;
	if (!delta->keep_alive && delta->set & DELTA_DEBUG)
		step.debug = delta->debug;
	*ret = step;
out:
	pending_done(&pending);
	return r;
}

void netmap_session_replace(struct netmap_session *session,
			    struct netmap *netmap)
{
	netmap_get(netmap);
	netmap_put(session->current);
	session->current = netmap;
}

struct netmap *netmap_session_current(const struct netmap_session *session)
{
	return session->current;
}
