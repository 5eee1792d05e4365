// SPDX-License-Identifier: GPL-2.0-only
/* Hostile initiations: the victim is the responder. */
#include "modes.h"
#include "mutate.h"
#include "points.h"

#include <endian.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static uint64_t wall_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void make_init(struct duo *d, uint32_t mark, uint8_t *ret)
{
	struct noise_hs hs;
	uint8_t tai[TAI_LEN];

	noise_tai_now(tai);
	noise_init_create(&hs, &d->main.id, mark, tai, NULL, (void *)ret);
}

/**
 * mode_init_mutate() - no mutant of an initiation is answered
 * @opt:	options
 * @argc:	unused
 * @argv:	unused
 */
void mode_init_mutate(const struct options *opt, int argc, char **argv)
{
	static const struct mutator init = {
		.name = "initiation",
		.len = sizeof(struct wire_init),
		.mac_fixed = (sizeof(struct wire_init) - 2 * MAC_LEN) * 8,
		.free_from = 32,	/* sender index */
		.free_to = 64,
		.make = make_init,
	};
	static struct duo d;

	(void)argc;
	(void)argv;
	duo_open(&d, opt);
	mutate(&d, &init);
	duo_close(&d);
}

/* Sends an initiation of any identity; the name must have been registered. */
static void send_as(struct duo *d, const struct noise_ident *id, uint32_t mark,
		    const uint8_t *low_order)
{
	struct wire_init msg;
	struct noise_hs hs;
	uint8_t tai[TAI_LEN];

	noise_tai_now(tai);
	noise_init_create(&hs, id, mark, tai, low_order, &msg);
	/* mac1 always for the victim, or the message says nothing. */
	noise_mac1(d->main.id.remote, &msg, sizeof(msg));
	duo_send(d, &msg, sizeof(msg));
}

static void strangers(struct duo *d)
{
	const struct options *opt = d->main.opt;
	static const uint8_t none[KEY_LEN];
	uint8_t priv[KEY_LEN], pub[KEY_LEN];
	struct noise_ident id;

	noise_test_key(KEY_STRANGER, priv, pub);
	noise_ident_set(&id, priv, d->main.id.remote, none);
	send_as(d, &id, case_new(opt, "initiation of an unknown key"), NULL);

	noise_test_key(KEY_VICTIM, priv, pub);
	noise_ident_set(&id, priv, d->main.id.remote, none);
	send_as(d, &id, case_new(opt, "initiation of the victim's own key"),
		NULL);

	id = d->main.id;
	noise_test_key(KEY_STRANGER, priv, pub);
	memcpy(id.remote, pub, KEY_LEN);
	send_as(d, &id, case_new(opt, "initiation for somebody else's key"),
		NULL);

	/* Knows the public key of a peer, but not its private key. */
	id = d->main.id;
	randombytes_buf(id.ss, KEY_LEN);
	send_as(d, &id, case_new(opt, "initiation without the private key"),
		NULL);
	memset(id.ss, 0, KEY_LEN);
	send_as(d, &id, case_new(opt, "initiation with a zero static secret"),
		NULL);
	duo_fence(d, "strangers");
}

static void low_order(struct duo *d)
{
	uint8_t point[KEY_LEN];
	unsigned int i, high;

	for (i = 0; i < N_POINTS; i++) {
		for (high = 0; high < 2; high++) {
			memcpy(point, points[i], KEY_LEN);
			if (high)
				point[31] |= 0x80;
			send_as(d, &d->main.id,
				case_new(d->main.opt,
					 "ephemeral of low order %u%s", i,
					 high ? ", high bit set" : ""), point);
		}
	}
	duo_fence(d, "points of low order");
}

/* Sends with a given stamp; with a good mark an answer is waited for. */
static bool send_at(struct duo *d, uint32_t mark, uint64_t ns,
		    struct wire_init *ret)
{
	static struct event ev;
	uint64_t deadline;
	uint8_t tai[TAI_LEN];

	peer_init_gap(&d->main);
	noise_tai_at(ns, tai);
	noise_init_create(&d->main.hs, &d->main.id, mark, tai, NULL, ret);
	d->main.last_init_ms = now_ms();
	if ((mark & MARK_KIND) == MARK_BAD) {
		peer_send(&d->main, ret, sizeof(*ret));
		return false;
	}
	peer_send(&d->main, ret, sizeof(*ret));
	deadline = now_ms() + d->main.opt->patience_ms;
	for (;;) {
		const struct wire_resp *r = (const void *)ev.msg;

		peer_next(&d->main, deadline, &ev);
		if (ev.kind == EV_NONE)
			return false;
		if (ev.kind != EV_RESP || le32toh(r->receiver) != mark)
			continue;
		d->main.last_init_ms = now_ms();
		if (noise_resp_consume(&d->main.hs, &d->main.id, r))
			die("stamps: response that does not open");
		d->main.cur = peer_session(&d->main, &d->main.hs, true);
		d->main.cur_ms = now_ms();
		return true;
	}
}

static void stamps(struct duo *d)
{
	const struct options *opt = d->main.opt;
	struct wire_init good, bad;
	uint32_t index, mark;
	uint64_t t;

	usleep(2 * INIT_GAP_MS * 1000);
	t = wall_ns();
	index = good_mark();
	if (!send_at(d, index, t, &good))
		die("stamps: a good initiation was not answered");
	duo_fence(d, "stamps");

	mark = case_new(opt, "initiation replayed");
	peer_spend(index, mark);
	duo_send(d, &good, sizeof(good));
	duo_fence(d, "initiation replayed");

	mark = case_new(opt, "initiation replayed with another sender index");
	bad = good;
	bad.sender = htole32(mark);
	noise_mac1(d->main.id.remote, &bad, sizeof(bad));
	duo_send(d, &bad, sizeof(bad));
	duo_fence(d, "initiation replayed with another sender index");

	send_at(d, case_new(opt, "initiation with an equal stamp"), t, &bad);
	duo_fence(d, "equal stamp");
	send_at(d, case_new(opt, "initiation one grain older"),
		t - TAI_GRAIN_NS, &bad);
	send_at(d, case_new(opt, "initiation a second older"), t - 1000000000,
		&bad);
	send_at(d, case_new(opt, "initiation a day older"),
		t - 86400 * 1000000000ULL, &bad);
	send_at(d, case_new(opt, "initiation from 1970"), 0, &bad);
	duo_fence(d, "older stamps");

	/* A stamp ahead of time is believed, and then binds. */
	t = wall_ns() + 400000000;
	if (!send_at(d, good_mark(), t, &good))
		die("stamps: a stamp from the near future was not accepted");
	send_at(d, case_new(opt, "initiation of now, after one of the future"),
		wall_ns(), &bad);
	duo_fence(d, "stamp of the future");
	while (wall_ns() <= t + 2 * TAI_GRAIN_NS)
		usleep(10000);
	if (!send_at(d, good_mark(), wall_ns(), &good))
		die("stamps: not accepted again once time had caught up");
}

/* Initiations faster than one in 20 ms: the surplus is dropped. */
static void crowd(struct duo *d)
{
	enum { N = 12 };
	struct wire_init msg[N];
	unsigned int i, got = 0, allowed;
	struct noise_hs hs[N];
	static struct event ev;
	uint8_t tai[TAI_LEN];
	uint64_t t0, last, base;

	usleep(2 * INIT_GAP_MS * 1000);
	base = wall_ns();
	for (i = 0; i < N; i++) {
		noise_tai_at(base + i * 2ULL * TAI_GRAIN_NS, tai);
		noise_init_create(&hs[i], &d->main.id, good_mark(), tai, NULL,
				  &msg[i]);
	}
	t0 = now_ms();
	for (i = 0; i < N; i++)
		peer_send(&d->main, &msg[i], sizeof(msg[i]));
	last = t0;
	for (;;) {
		peer_next(&d->main, last + 300, &ev);
		if (ev.kind == EV_NONE)
			break;
		if (ev.kind == EV_RESP) {
			got++;
			last = now_ms();
		}
	}
	allowed = 1 + (unsigned int)((last - t0) / INIT_GAP_MS) + 1;
	printf("crowd: %u of %u initiations answered within %u ms\n", got, N,
	       (unsigned int)(last - t0));
	if (!got)
		die("crowd: not even the first initiation was answered");
	if (got > allowed)
		die("crowd: %u of %u initiations answered within %u ms", got,
		    N, (unsigned int)(last - t0));
	while (wall_ns() < base + (N + 1) * 2ULL * TAI_GRAIN_NS)
		usleep(10000);
	peer_bring_up(&d->main);
	duo_fence(d, "crowd");
}

/* The responder cannot know; data under such keys must lead to nothing. */
static void wrong_psk(struct duo *d)
{
	struct noise_ident id = d->main.id;
	uint8_t plain[64] = { 0 };
	struct wire_init msg;
	static struct event ev;
	struct noise_hs hs;
	struct session s;
	uint32_t mark = case_new(d->main.opt, "data under a wrong psk");
	uint32_t index = good_mark();
	uint8_t tai[TAI_LEN];
	const struct wire_resp *r = (const void *)ev.msg;
	size_t len;

	peer_init_gap(&d->main);
	noise_tai_now(tai);
	id.psk[5] ^= 1;
	noise_init_create(&hs, &id, index, tai, NULL, &msg);
	peer_send(&d->main, &msg, sizeof(msg));
	do {
		peer_next(&d->main, now_ms() + d->main.opt->patience_ms, &ev);
	} while (ev.kind != EV_NONE && ev.kind != EV_RESP);
	if (ev.kind != EV_RESP)
		die("wrong psk: the initiation itself is good");
	d->main.last_init_ms = now_ms();
	if (!noise_resp_consume(&hs, &id, r))
		die("wrong psk: the response opens all the same");
	hs.remote_index = le32toh(r->sender);
	noise_derive(&hs, true, &s);
	len = inner_echo4(&d->main.in, mark, 20, plain);
	peer_send_plain(&d->main, &s, 0, plain, inner_pad(len));
	duo_fence(d, "wrong psk");
}

/* mac2 is not looked at without load: noise in it does no harm. */
static void mac2_ignored(struct duo *d)
{
	static struct event ev;
	struct wire_init msg;
	const struct wire_resp *r = (const void *)ev.msg;

	peer_init_gap(&d->main);
	peer_init_create(&d->main, good_mark(), &msg);
	randombytes_buf(msg.mac2, MAC_LEN);
	peer_send(&d->main, &msg, sizeof(msg));
	do {
		peer_next(&d->main, now_ms() + d->main.opt->patience_ms, &ev);
	} while (ev.kind != EV_NONE && ev.kind != EV_RESP);
	if (ev.kind != EV_RESP || noise_resp_consume(&d->main.hs, &d->main.id, r))
		die("mac2: noise in it must not matter without load");
	d->main.last_init_ms = now_ms();
	d->main.cur = peer_session(&d->main, &d->main.hs, true);
	d->main.cur_ms = now_ms();
	duo_fence(d, "mac2");
}

/**
 * mode_init_rules() - well-formed initiations that must not be answered
 * @opt:	options
 * @argc:	unused
 * @argv:	unused
 */
void mode_init_rules(const struct options *opt, int argc, char **argv)
{
	static struct duo d;

	(void)argc;
	(void)argv;
	duo_open(&d, opt);
	peer_init_gap(&d.main);
	strangers(&d);
	low_order(&d);
	stamps(&d);
	crowd(&d);
	wrong_psk(&d);
	mac2_ignored(&d);
	duo_close(&d);
}
