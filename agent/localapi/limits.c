// SPDX-License-Identifier: GPL-2.0-only
#include "localapi/limits.h"

#include "base/array.h"

#include <assert.h>

#define TOKEN 1000	/* thousandths */
#define TOKENS_MAX (LIMITS_RATE * TOKEN)

static struct limits_user *find(struct limits *limits, uid_t uid)
{
	size_t i;

	for (i = 0; i < limits->n; i++) {
		if (limits->user[i].uid == uid)
			return &limits->user[i];
	}
	return NULL;
}

static void refill(struct limits_user *user, uint64_t now_ms)
{
	uint64_t passed = now_ms - user->at_ms;

	user->at_ms = now_ms;
	/* By then even the deepest debt is paid. */
	if (passed > (LIMITS_DEBT / LIMITS_RATE + 1) * TOKEN)
		user->tokens = TOKENS_MAX;
	else
		user->tokens += (int64_t)passed * LIMITS_RATE;
	if (user->tokens > TOKENS_MAX)
		user->tokens = TOKENS_MAX;
}

/*
 * A user whose tokens are all back is as one who was never here, and one whose
 * are not has come long ago or is the last of many. There is
 * always one to be forgotten: each of the others has a connection, and of these
 * there are LIMITS_CONNECTIONS at most, but for root's.
 */
static struct limits_user *add(struct limits *limits, uid_t uid,
			       uint64_t now_ms)
{
	struct limits_user *user = NULL;
	size_t i;

	if (limits->n < ARRAY_SIZE(limits->user)) {
		user = &limits->user[limits->n++];
	} else {
		for (i = 0; i < limits->n; i++) {
			struct limits_user *old = &limits->user[i];

			if (old->connections)
				continue;
			if (!user || old->at_ms < user->at_ms)
				user = old;
		}
	}
	assert(user);
	*user = (struct limits_user){ .uid = uid, .tokens = TOKENS_MAX,
				      .at_ms = now_ms };
	return user;
}

bool limits_connect(struct limits *limits, uid_t uid, uint64_t now_ms)
{
	unsigned int max = LIMITS_CONNECTIONS;
	struct limits_user *user;

	/* Others together must not keep root out. */
	if (uid == 0)
		max += LIMITS_ROOT_SPARE;
	if (limits->connections >= max)
		return false;
	user = find(limits, uid);
	if (!user)
		user = add(limits, uid, now_ms);
	if (uid != 0 && user->connections >= LIMITS_PER_USER)
		return false;
	user->connections++;
	limits->connections++;
	return true;
}

void limits_disconnect(struct limits *limits, uid_t uid)
{
	struct limits_user *user = find(limits, uid);

	assert(user && user->connections);
	user->connections--;
	limits->connections--;
}

bool limits_request(struct limits *limits, uid_t uid, uint64_t now_ms)
{
	struct limits_user *user = find(limits, uid);

	assert(user);
	refill(user, now_ms);
	if (user->tokens < TOKEN)
		return false;
	user->tokens -= TOKEN;
	return true;
}

void limits_charge(struct limits *limits, uid_t uid, size_t n)
{
	struct limits_user *user = find(limits, uid);

	assert(user);
	if (uid == 0)
		return;
	if (n > LIMITS_DEBT)
		n = LIMITS_DEBT;
	user->tokens -= (int64_t)n * TOKEN;
	if (user->tokens < -LIMITS_DEBT * TOKEN)
		user->tokens = -LIMITS_DEBT * TOKEN;
}

bool limits_hold(struct limits *limits, uid_t uid, size_t len)
{
	struct limits_user *user = find(limits, uid);

	assert(user);
	if (uid != 0 && (len > LIMITS_HELD || user->held > LIMITS_HELD - len))
		return false;
	user->held += len;
	return true;
}

void limits_release(struct limits *limits, uid_t uid, size_t len)
{
	struct limits_user *user = find(limits, uid);

	assert(user && user->held >= len);
	user->held -= len;
}

bool limits_watch(struct limits *limits, uid_t uid)
{
	struct limits_user *user = find(limits, uid);

	assert(user);
	if (user->watchers >= LIMITS_WATCHERS)
		return false;
	user->watchers++;
	return true;
}

void limits_unwatch(struct limits *limits, uid_t uid)
{
	struct limits_user *user = find(limits, uid);

	assert(user && user->watchers);
	user->watchers--;
}
