/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much one user may ask of the local API, so that nobody keeps the others
 * from it. Nothing in here does anything: it counts and judges.
 */
#ifndef LOCALAPI_LIMITS_H
#define LOCALAPI_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* All of these are ours. */
#define LIMITS_CONNECTIONS	256	/* at a time */
#define LIMITS_ROOT_SPARE	16	/* more of them, for root alone */
#define LIMITS_PER_USER		128	/* of them for one user but root */
#define LIMITS_WATCHERS		16	/* of one user */
#define LIMITS_RATE		50	/* requests of one user per second */
#define LIMITS_HELD		(64u << 20)	/* bytes kept for one user but root */
#define LIMITS_DEBT		3000	/* requests that one user can owe */

/**
 * struct limits_user - one user
 * @uid: who
 * @connections: open now
 * @watchers: watching now
 * @tokens: requests that may be made now, in thousandths; below 0 = owed
 * @held: bytes that are kept for it: what it asks, and does not read
 * @at_ms: when @tokens was right
 */
struct limits_user {
	uid_t uid;
	unsigned int connections;
	unsigned int watchers;
	int64_t tokens;
	size_t held;
	uint64_t at_ms;
};

/**
 * struct limits - all users that have something open or have just asked
 * @user: the first @n are in use
 * @n: how many
 * @connections: open now, of all
 *
 * All zero at first.
 */
struct limits {
	struct limits_user user[LIMITS_CONNECTIONS + 1];
	size_t n;
	unsigned int connections;
};

/**
 * limits_connect() - may a connection be opened? Counts it if so
 * @limits:	counted in
 * @uid:	of the client
 * @now_ms:	boot time
 *
 * Return: true if it may.
 */
bool limits_connect(struct limits *limits, uid_t uid, uint64_t now_ms);

/**
 * limits_disconnect() - a counted connection is closed
 * @limits:	counted in
 * @uid:	of the client
 */
void limits_disconnect(struct limits *limits, uid_t uid);

/**
 * limits_request() - may a request be made? Counts it if so
 * @limits:	counted in
 * @uid:	of a client that is connected
 * @now_ms:	boot time
 *
 * Return: true if it may.
 */
bool limits_request(struct limits *limits, uid_t uid, uint64_t now_ms);

/**
 * limits_charge() - a request was worth more than one
 * @limits:	counted in
 * @uid:	of a client that is connected
 * @n:		requests beyond the one that was counted
 *
 * A user is not refused for what one request costs, but for the next ones. Root
 * owes nothing.
 */
void limits_charge(struct limits *limits, uid_t uid, size_t n);

/**
 * limits_hold() - may memory be kept for a client? Counts it if so
 * @limits:	counted in
 * @uid:	of a client that is connected
 * @len:	bytes
 *
 * Return: true if it may.
 */
bool limits_hold(struct limits *limits, uid_t uid, size_t len);

/**
 * limits_release() - counted memory is free again
 * @limits:	counted in
 * @uid:	of the client
 * @len:	bytes
 */
void limits_release(struct limits *limits, uid_t uid, size_t len);

/**
 * limits_watch() - may a watch begin? Counts it if so
 * @limits:	counted in
 * @uid:	of a client that is connected
 *
 * Return: true if it may.
 */
bool limits_watch(struct limits *limits, uid_t uid);

/**
 * limits_unwatch() - a counted watch has ended
 * @limits:	counted in
 * @uid:	of the client
 */
void limits_unwatch(struct limits *limits, uid_t uid);

#endif /* LOCALAPI_LIMITS_H */
