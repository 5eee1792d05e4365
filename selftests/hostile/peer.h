/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOSTILE_PEER_H
#define HOSTILE_PEER_H

#include "inner.h"
#include "net.h"
#include "noise.h"
#include "rnd.h"

#include <stdbool.h>

#define PEER_SESSIONS	64

/* Indices of the well-known keys; see noise_test_key(). */
#define KEY_TOOL	0
#define KEY_FENCE	1
#define KEY_STRANGER	2
#define KEY_LEGIT	3
#define KEY_LOAD	100
#define KEY_VICTIM	1000000

/**
 * struct options - what the command line said
 * @to:		the victim's UDP address
 * @from:	as which well-known key the tool speaks
 * @port:	our UDP port, 0 for any
 * @psk:	preshared key of the main peer
 * @netns:	the victim's namespace, or NULL
 * @reset_cmd:	shell command after which the victim has no session, or NULL
 * @seed:	of every random choice
 * @scale:	per cent of the cases to run, 1 to 100
 * @patience_ms: how long an answer that must come may take
 * @window:	usable replay window, packets
 * @verbose:	say each case
 */
struct options {
	union addr to;
	unsigned int from;
	uint16_t port;
	uint8_t psk[KEY_LEN];
	const char *netns;
	const char *reset_cmd;
	uint64_t seed;
	unsigned int scale;
	unsigned int patience_ms;
	uint64_t window;
	bool verbose;
};

/**
 * enum event_kind - what a received datagram is
 * @EV_NONE:	nothing until the deadline
 * @EV_INIT:	the victim's initiation, valid; kept in peer.init
 * @EV_RESP:	a response to a good initiation of ours
 * @EV_COOKIE:	a cookie reply to a good message of ours
 * @EV_DATA:	data on a session of ours; event.inner says what
 */
enum event_kind {
	EV_NONE,
	EV_INIT,
	EV_RESP,
	EV_COOKIE,
	EV_DATA,
};

/**
 * struct event - a received datagram, judged
 * @kind:	what it is
 * @inner:	for EV_DATA
 * @mark:	for EV_DATA with a mark
 * @session:	for EV_DATA: the one it came on
 * @counter:	for EV_DATA
 * @tos:	outer TOS
 * @len:	bytes of @msg
 * @msg:	the datagram
 * @plain_len:	bytes of @plain
 * @plain:	for EV_DATA
 */
struct event {
	enum event_kind kind;
	enum inner_kind inner;
	uint32_t mark;
	struct session *session;
	uint64_t counter;
	uint8_t tos;
	size_t len;
	uint8_t msg[WIRE_MAX + 1];
	size_t plain_len;
	uint8_t plain[WIRE_MAX + 1];
};

/**
 * struct peer - one protocol peer of the victim
 * @opt:	options
 * @key:	which well-known key is ours
 * @fd:		our socket
 * @id:		our keys and the victim's
 * @in:		addresses inside the tunnel
 * @sink4:	UDP socket on the victim's side of the tunnel, or -1
 * @sink6:	the same for IPv6
 * @sessions:	ring of sessions, so that late packets still find theirs
 * @n_sessions:	how many were made
 * @cur:	the one that good packets use
 * @hs:		our last initiation
 * @init:	the victim's last initiation
 * @init_hs:	the handshake it began
 * @n_inits:	how many of them came
 * @cookie:	last cookie the victim gave us
 * @have_cookie: whether there is one
 * @last_init_ms: when we last sent a good initiation
 * @cur_ms:	when @cur was made
 * @replies:	echo replies with the mark in @count_mark
 * @count_mark:	see there
 */
struct peer {
	const struct options *opt;
	unsigned int key;
	int fd;
	struct noise_ident id;
	struct inner_addrs in;
	int sink4;
	int sink6;
	struct session sessions[PEER_SESSIONS];
	unsigned int n_sessions;
	struct session *cur;
	struct noise_hs hs;
	struct wire_init init;
	struct noise_hs init_hs;
	unsigned int n_inits;
	uint8_t cookie[MAC_LEN];
	bool have_cookie;
	uint64_t last_init_ms;
	uint64_t cur_ms;
	unsigned int replies;
	uint32_t count_mark;
};

uint32_t case_new(const struct options *opt, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
const char *case_name(uint32_t mark);
unsigned int case_count(void);
uint32_t good_mark(void);

void peer_open(struct peer *p, const struct options *opt, unsigned int key,
	       uint16_t port, const uint8_t psk[KEY_LEN]);
void peer_sink(struct peer *p);
void peer_close(struct peer *p);

void peer_send(struct peer *p, const void *msg, size_t len);
void peer_send_plain(struct peer *p, const struct session *s, uint64_t counter,
		     const void *plain, size_t len);
void peer_next(struct peer *p, uint64_t deadline_ms, struct event *ev);
void peer_drain(struct peer *p);
void peer_quiet(struct peer *p, unsigned int ms);
bool peer_sunk(struct peer *p, uint32_t mark, unsigned int ms);

struct session *peer_session(struct peer *p, const struct noise_hs *hs,
			     bool initiator);
void peer_init_gap(struct peer *p);
void peer_init_create(struct peer *p, uint32_t index, struct wire_init *ret);
struct session *peer_try_handshake(struct peer *p, unsigned int ms);
struct session *peer_handshake(struct peer *p, const char *what);
void peer_confirm(struct peer *p, struct session *s);
void peer_reset_victim(struct peer *p);
void peer_poke(struct peer *p, uint32_t mark);
bool peer_wait_init(struct peer *p, unsigned int ms);
struct session *peer_answer(struct peer *p);

bool peer_try_echo(struct peer *p, struct session *s, unsigned int ms);
void peer_echo(struct peer *p, struct session *s, const char *what);
void peer_bring_up(struct peer *p);
void peer_refresh(struct peer *p);
void peer_spend(uint32_t index, uint32_t mark);
bool peer_scaled(const struct peer *p);

#endif
