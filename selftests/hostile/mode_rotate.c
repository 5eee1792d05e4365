// SPDX-License-Identifier: GPL-2.0-only
/* Which of three keypairs decrypt and which one encrypts, and races. */
#include "modes.h"
#include "duo.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>

/* An echo on @on whose reply must come on @by. */
static void expect_on(struct peer *p, struct session *on, struct session *by,
		      const char *what)
{
	uint64_t deadline = now_ms() + p->opt->patience_ms;
	uint8_t plain[64] = { 0 };
	uint32_t mark = good_mark();
	static struct event ev;
	size_t len;

	len = inner_echo4(&p->in, mark, 20, plain);
	peer_send_plain(p, on, on->counter++, plain, inner_pad(len));
	do {
		peer_next(p, deadline, &ev);
	} while (ev.kind != EV_NONE &&
		 !(ev.kind == EV_DATA && ev.inner == INNER_ECHO_REPLY &&
		   ev.mark == mark));
	if (ev.kind == EV_NONE)
		die("%s: no reply", what);
	if (by && ev.session != by)
		die("%s: reply came on another session", what);
}

/* An echo on a session that the victim must have forgotten. */
static void expect_dead(struct peer *p, struct session *s, const char *what)
{
	uint8_t plain[64] = { 0 };
	uint32_t mark = case_new(p->opt, "%s", what);
	size_t len = inner_echo4(&p->in, mark, 20, plain);

	peer_send_plain(p, s, s->counter++, plain, inner_pad(len));
}

/* A packet of the victim's host must come out on @by. */
static void expect_poke_on(struct peer *p, struct session *by, const char *what)
{
	uint64_t deadline = now_ms() + p->opt->patience_ms;
	uint32_t mark = good_mark();
	static struct event ev;

	peer_poke(p, mark);
	do {
		peer_next(p, deadline, &ev);
	} while (ev.kind != EV_NONE &&
		 !(ev.kind == EV_DATA && ev.inner == INNER_UDP &&
		   ev.mark == mark));
	if (ev.kind == EV_NONE)
		die("%s: the victim sent nothing", what);
	if (ev.session != by)
		die("%s: sent on another session", what);
}

/* We are the initiator: the victim waits for our first data. */
static void as_initiator(struct peer *p)
{
	struct session *a, *b, *c, *e, *f;

	a = peer_handshake(p, "rotation");
	expect_on(p, a, a, "first session");

	b = peer_handshake(p, "rotation");
	expect_poke_on(p, a, "second session not confirmed");
	expect_on(p, a, a, "old session while the new one is not confirmed");
	expect_on(p, b, b, "new session, confirmed by this");
	expect_poke_on(p, b, "second session confirmed");
	expect_on(p, a, b, "previous session still accepted");

	/* A response made drops the previous one at once. */
	c = peer_handshake(p, "rotation");
	expect_dead(p, a, "data on a session two generations old");
	expect_on(p, b, b, "current session beside an unconfirmed one");
	expect_on(p, c, c, "third session");
	expect_on(p, b, c, "second session as previous");

	/* Two unconfirmed ones: the later takes the place of the earlier. */
	e = peer_handshake(p, "rotation");
	f = peer_handshake(p, "rotation");
	expect_dead(p, e, "data on a session replaced before it was confirmed");
	expect_dead(p, b, "data on a session dropped by a new handshake");
	expect_on(p, c, c, "current session beside an unconfirmed one, again");
	expect_on(p, f, f, "last session");
	expect_dead(p, e, "data on a replaced session, later");
	expect_on(p, c, f, "current session became previous");
	peer_drain(p);
	p->cur = f;
}

/* The victim is the initiator: it uses the session at once. */
static void as_responder(struct peer *p)
{
	struct session *a, *b;
	static struct event ev;
	uint64_t deadline;
	uint32_t mark;

	peer_reset_victim(p);
	expect_dead(p, p->cur, "data on a session from before the device went down");
	mark = good_mark();
	peer_poke(p, mark);
	if (!peer_wait_init(p, p->opt->patience_ms))
		die("responder: the victim sent no initiation");
	a = peer_answer(p);
	deadline = now_ms() + p->opt->patience_ms;
	do {
		peer_next(p, deadline, &ev);
	} while (ev.kind != EV_NONE && ev.kind != EV_DATA);
	if (ev.kind == EV_NONE || ev.session != a)
		die("responder: the packet that waited did not come");
	if (ev.inner != INNER_UDP || ev.mark != mark)
		die("responder: something else came first");
	expect_on(p, a, a, "session as responder");

	b = peer_handshake(p, "rotation");
	expect_poke_on(p, a, "session as initiator not confirmed");
	expect_on(p, b, b, "session as initiator");
	expect_on(p, a, b, "session as responder is previous");
	peer_drain(p);
	p->cur = b;
}

/* Our data behind our response, before we heard anything of the victim. */
static void eager_responder(struct peer *p)
{
	struct session *s;

	peer_reset_victim(p);
	peer_poke(p, good_mark());
	if (!peer_wait_init(p, p->opt->patience_ms))
		die("eager: the victim sent no initiation");
	s = peer_answer(p);
	/* It may be too early; it must not do harm. */
	expect_dead(p, &(struct session){ .remote_index = s->remote_index + 1 },
		    "eager: data for the next index");
	peer_confirm(p, s);
	peer_echo(p, s, "eager");
	p->cur = s;
}

/**
 * mode_rotate() - the three keypair slots
 * @opt:	options
 * @argc:	unused
 * @argv:	unused
 */
void mode_rotate(const struct options *opt, int argc, char **argv)
{
	static struct duo d;

	(void)argc;
	(void)argv;
	duo_open(&d, opt);
	peer_sink(&d.main);
	as_initiator(&d.main);
	as_responder(&d.main);
	eager_responder(&d.main);
	d.main.cur_ms = now_ms();
	duo_close(&d);
}

/* Wait for the response to our initiation, answering nothing. */
static struct session *await_response(struct peer *p, uint32_t index,
				      struct noise_hs *hs, unsigned int ms)
{
	uint64_t deadline = now_ms() + ms;
	static struct event ev;

	for (;;) {
		const struct wire_resp *r = (const void *)ev.msg;

		peer_next(p, deadline, &ev);
		if (ev.kind == EV_NONE)
			return NULL;
		if (ev.kind != EV_RESP || le32toh(r->receiver) != index)
			continue;
		p->last_init_ms = now_ms();
		if (noise_resp_consume(hs, &p->id, r))
			die("race: response that does not open");
		return peer_session(p, hs, true);
	}
}

/* Both sides begin. @order says what of ours arrives first. */
static void cross(struct peer *p, int order)
{
	struct session *ours = NULL, *theirs = NULL, *live;
	struct wire_init msg;
	struct noise_hs hs, theirs_hs;
	struct wire_resp resp;
	uint32_t index = good_mark();
	uint8_t tai[TAI_LEN];

	peer_reset_victim(p);
	peer_poke(p, good_mark());
	if (!peer_wait_init(p, p->opt->patience_ms))
		die("race %d: the victim sent no initiation", order);
	theirs_hs = p->init_hs;
	noise_resp_create(&theirs_hs, &p->id, good_mark(), NULL, &resp);
	theirs = peer_session(p, &theirs_hs, false);
	peer_init_gap(p);
	noise_tai_now(tai);
	noise_init_create(&hs, &p->id, index, tai, NULL, &msg);

	switch (order) {
	case 0:		/* our initiation takes the victim's handshake away */
		peer_send(p, &msg, sizeof(msg));
		ours = await_response(p, index, &hs, p->opt->patience_ms);
		peer_send(p, &resp, sizeof(resp));
		break;
	case 1:		/* both, one behind the other, without waiting */
		peer_send(p, &msg, sizeof(msg));
		peer_send(p, &resp, sizeof(resp));
		ours = await_response(p, index, &hs, p->opt->patience_ms);
		break;
	default:
		peer_send(p, &resp, sizeof(resp));
		peer_send(p, &msg, sizeof(msg));
		ours = await_response(p, index, &hs, p->opt->patience_ms);
		break;
	}
	if (!ours)
		die("race %d: no response to our initiation", order);
	live = ours;
	if (!peer_try_echo(p, live, p->opt->patience_ms))
		die("race %d: the session we began does not work", order);
	/*
	 * The other one is alive only if the victim had it first. Either way
	 * a packet on it must do no harm.
	 */
	peer_confirm(p, theirs);
	peer_echo(p, live, "race, after a packet on the other session");
	p->cur = live;
	p->cur_ms = now_ms();
}

/**
 * mode_race() - simultaneous initiations
 * @opt:	options
 * @argc:	unused
 * @argv:	unused
 */
void mode_race(const struct options *opt, int argc, char **argv)
{
	unsigned int round, rounds = 1 + opt->scale / 50;
	static struct duo d;
	int order;

	(void)argc;
	(void)argv;
	duo_open(&d, opt);
	peer_sink(&d.main);
	for (round = 0; round < rounds; round++) {
		for (order = 0; order < 3; order++)
			cross(&d.main, order);
		duo_fence(&d, "race");
	}
	printf("race: %u rounds\n", rounds);
	duo_close(&d);
}
