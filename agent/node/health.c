// SPDX-License-Identifier: GPL-2.0-only
#include "node/health.h"

#include "base/tame.h"
#include "lock/admit.h"
#include "model/health.h"
#include "node/core.h"
#include "store/keeper.h"

#include <stdio.h>

#define POLL_LOST_TEXT \
	"the control server cannot be reached; the map is that of before"

static void warn(struct node_own *node, const char *code, const char *severity,
		 const char *title, bool impacts, const char *text)
{
	struct notify_warning *w;

	if (node->n_warnings == NODE_WARNINGS_MAX)
		return;
	w = &node->warnings[node->n_warnings];
	snprintf(node->texts[node->n_warnings], NODE_WARNING_TEXT, "%s", text);
	/* A server's line may have been cut in the middle of a character. */
	tame_text(node->texts[node->n_warnings]);
	*w = (struct notify_warning){
		.code = code, .severity = severity, .title = title,
		.text = node->texts[node->n_warnings], .impacts = impacts,
	};
	node->n_warnings++;
}

static const char *severity_name(enum health_severity severity)
{
	switch (severity) {
	case HEALTH_LOW:
		return "low";
	case HEALTH_MEDIUM:
		return "medium";
	case HEALTH_HIGH:
		return "high";
	}
	return "low";
}

static void collect_server_health(struct node_own *node)
{
	const struct health_messages *messages = node->netmap->messages;
	const struct health_lines *lines = node->netmap->health;
	size_t i;

	/* If there are messages, lines are an older form of the same. */
	if (messages && messages->n) {
		for (i = 0; i < messages->n; i++)
			warn(node, "control-health",
			     severity_name(messages->item[i].severity),
			     "the control server says",
			     messages->item[i].impacts_connectivity,
			     *messages->item[i].text ?
			     messages->item[i].text : messages->item[i].title);
		return;
	}
	for (i = 0; lines && i < lines->lines.n; i++)
		warn(node, "control-health", "medium",
		     "the control server says", false, lines->lines.item[i]);
}

bool health_leaves_out(const struct node *peer)
{
	return peer && (peer->jailed || peer->masq_v4.len || peer->masq_v6.len);
}

/* Once, and again when one of them changed: there may be many peers. */
static void count_left_out(struct node_own *node)
{
	const struct node *peer = NULL;

	if (node->left_out_known)
		return;
	node->left_out_known = true;
	node->n_jailed = 0;
	node->n_masked = 0;
	while ((peer = netmap_next_peer(node->netmap, peer))) {
		node->n_jailed += peer->jailed;
		node->n_masked += peer->masq_v4.len || peer->masq_v6.len;
	}
}

static void collect_peer_health(struct node_own *node)
{
	char text[NODE_WARNING_TEXT];

	count_left_out(node);
	if (!node->n_jailed && !node->n_masked)
		return;
	snprintf(text, sizeof(text),
		 "%zu peers are left out: they need a packet filter (%zu) or "
		 "rewritten addresses (%zu), which this version does not have",
		 node->n_jailed + node->n_masked, node->n_jailed,
		 node->n_masked);
	warn(node, "peers-left-out", "medium", "peers are left out", true,
	     text);
}

static bool is_locked_out(const struct node_own *node)
{
	struct authority *authority = lock_side_authority(&node->lock);
	const struct node *self = node->netmap->self;

	return authority && self &&
	       admit_self(authority_state(authority), &self->key,
			  self->key_signature) < 0;
}

static void warn_locked_out(struct node_own *node)
{
	char text[NODE_WARNING_TEXT];
	struct key_hex node_key, lock_key;

	snprintf(text, sizeof(text),
		 "this node is locked out: peers refuse it until a trusted key has signed it. On a node that has one, run: tailnet lock sign %s %s",
		 key_text_format_node(&node->netmap->self->key, &node_key),
		 key_text_format_lock_cli(&node->identity.persist.lock,
					  &lock_key));
	warn(node, "locked-out", "high", "tailnet lock", true, text);
}

static void collect_lock_health(struct node_own *node)
{
	char text[NODE_WARNING_TEXT];
	const char *trouble = node->lock.trouble;

	switch (lock_side_mode(&node->lock)) {
	case LOCK_MODE_OFF:
		return;
	case LOCK_MODE_WAITING:
		snprintf(text, sizeof(text),
			 "the tailnet lock is on, and which keys it trusts is not known yet: no peer is let in%s%.250s",
			 *trouble ? "; " : "", trouble);
		warn(node, "lock-unknown", "high", "tailnet lock", true, text);
		return;
	case LOCK_MODE_DAMAGED:
		snprintf(text, sizeof(text),
			 "the tailnet lock stays closed, no peer is let in: %.300s",
			 trouble);
		warn(node, "lock-damaged", "high", "tailnet lock", true, text);
		return;
	case LOCK_MODE_ON:
		break;
	}
	if (*trouble) {
		snprintf(text, sizeof(text), "the tailnet lock: %.350s", trouble);
		warn(node, "lock-sync", "medium", "tailnet lock", false, text);
	}
	if (is_locked_out(node))
		warn_locked_out(node);
}

static void collect_state_health(struct node_own *node)
{
	struct keeper_warning list[KEEPER_WARNINGS_MAX];
	size_t i, n = keeper_find_warnings(node->config.keeper, list);

	for (i = 0; i < n; i++)
		warn(node, list[i].code, list[i].severity, list[i].title,
		     list[i].impacts, list[i].text);
}

void health_collect(struct node_own *node)
{
	bool in_poll = node->client && client_is_in_poll(node->client);

	node->n_warnings = 0;
	collect_state_health(node);
	if (*node->refused)
		warn(node, "login-state", "high", "not logged in", true,
		     node->refused);
	if (*node->data_error)
		warn(node, "dataplane", "high", "the kernel refuses", true,
		     node->data_error);
	if (*node->host_error)
		warn(node, "router", "high", "addresses and routes", true,
		     node->host_error);
	if (!node->netmap)
		return;
	if (node->identity.prefs.want_running && !in_poll)
		warn(node, "not-in-map-poll", "medium", "out of sync", false,
		     POLL_LOST_TEXT);
	collect_lock_health(node);
	collect_peer_health(node);
	collect_server_health(node);
}

/* FNV-1a; two lists with the same sum are one message too few, no more. */
static uint64_t sum_health(const struct node_own *node)
{
	uint64_t sum = UINT64_C(0xcbf29ce484222325);
	const char *c;
	size_t i;

	for (i = 0; i < node->n_warnings; i++) {
		for (c = node->warnings[i].text; *c; c++)
			sum = (sum ^ (unsigned char)*c) * 0x100000001b3;
		sum = (sum ^ 1) * 0x100000001b3;
	}
	return sum;
}

void health_tell(struct node_own *node)
{
	struct notify msg = { .has_health = true };
	uint64_t sum;

	health_collect(node);
	sum = sum_health(node);
	if (sum == node->told_health)
		return;
	node->told_health = sum;
	msg.warnings = node->warnings;
	msg.n_warnings = node->n_warnings;
	watchers_tell(&node->watchers, &msg);
}
