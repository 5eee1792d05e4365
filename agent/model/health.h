/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MODEL_HEALTH_H
#define MODEL_HEALTH_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

/* Most messages at a time; ours. */
#define HEALTH_MESSAGES_MAX 256

enum health_severity {
	HEALTH_LOW,
	HEALTH_MEDIUM,
	HEALTH_HIGH,
};

/**
 * struct health_message - what the server wants a person to know
 * @id: names it in changes
 * @title: one line
 * @text: more
 * @severity: how bad
 * @impacts_connectivity: packets may not flow
 * @action_url: what to open; "" = nothing. To be checked before anyone does
 * @action_label: text of the button
 * @gone: in a change: delete it, nothing else counts
 */
struct health_message {
	const char *id;
	const char *title;
	const char *text;
	enum health_severity severity;
	bool impacts_connectivity;
	const char *action_url;
	const char *action_label;
	bool gone;
};

/**
 * struct health_messages - messages of the server
 * @mem: owns it
 * @clear: in a change: begin with none
 * @item: sorted by id in a state, in any order in a change
 * @n: how many
 */
struct health_messages {
	struct arena *mem;
	bool clear;
	const struct health_message *item;
	size_t n;
};

/**
 * struct health_lines - problems as plain text, the way of older servers
 * @mem: owns it
 * @lines: one problem each
 */
struct health_lines {
	struct arena *mem;
	struct text_list lines;
};

/* References, NULL being none. */
const struct health_messages *
health_messages_get(const struct health_messages *messages);
void health_messages_put(const struct health_messages *messages);
const struct health_lines *health_lines_get(const struct health_lines *lines);
void health_lines_put(const struct health_lines *lines);

/**
 * health_messages_change() - messages with a change applied
 * @old:	not changed; NULL = none
 * @change:	the change
 * @ret:	new messages, the caller's; those above HEALTH_MESSAGES_MAX are
 *		left out
 *
 * Return: 0 or -ENOMEM.
 */
int health_messages_change(const struct health_messages *old,
			   const struct health_messages *change,
			   const struct health_messages **ret);

/**
 * health_severity_text() - name of a severity, as on the wire
 * @severity: the severity
 *
 * Return: a static text.
 */
const char *health_severity_text(enum health_severity severity);

#endif /* MODEL_HEALTH_H */
