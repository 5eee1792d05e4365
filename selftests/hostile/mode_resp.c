// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hostile responses: the victim is the initiator. A packet from its own host
 * makes it begin; every response is made for its newest initiation, as it
 * starts over each 5 s.
 */
#include "modes.h"
#include "mutate.h"
#include "points.h"

#include <endian.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

/* No session, an initiation of the victim's in hand. */
static void provoke(struct duo *d)
{
	peer_reset_victim(&d->main);
	d->main.cur = NULL;
	peer_poke(&d->main, good_mark());
	if (!peer_wait_init(&d->main, d->main.opt->patience_ms))
		die("the victim sent no initiation");
}

static void settle(struct duo *d, const char *what)
{
	d->main.cur = peer_answer(&d->main);
	d->main.cur_ms = now_ms();
	peer_echo(&d->main, d->main.cur, what);
	duo_fence(d, what);
}

static void open_responder(struct duo *d, const struct options *opt)
{
	duo_open(d, opt);
	peer_sink(&d->main);
	provoke(d);
}

static void make_resp(struct duo *d, uint32_t mark, uint8_t *ret)
{
	struct noise_hs hs = d->main.init_hs;

	noise_resp_create(&hs, &d->main.id, mark, NULL, (void *)ret);
}

/**
 * mode_resp_mutate() - no mutant of a response makes a session
 * @opt:	options
 * @argc:	unused
 * @argv:	unused
 */
void mode_resp_mutate(const struct options *opt, int argc, char **argv)
{
	static const struct mutator resp = {
		.name = "response",
		.len = sizeof(struct wire_resp),
		.mac_fixed = (sizeof(struct wire_resp) - 2 * MAC_LEN) * 8,
		.free_from = 32,	/* sender index */
		.free_to = 64,
		.make = make_resp,
	};
	static struct duo d;

	(void)argc;
	(void)argv;
	open_responder(&d, opt);
	mutate(&d, &resp);
	settle(&d, "the right response after all the wrong ones");
	duo_close(&d);
}

static void send_resp(struct duo *d, const struct noise_ident *id,
		      const struct noise_hs *init, const uint8_t *low_order,
		      const char *name)
{
	uint32_t mark = case_new(d->main.opt, "%s", name);
	struct noise_hs hs = *init;
	struct wire_resp msg;

	noise_resp_create(&hs, id, mark, low_order, &msg);
	noise_mac1(d->main.id.remote, &msg, sizeof(msg));
	duo_send(d, &msg, sizeof(msg));
}

static void wrong_keys(struct duo *d)
{
	struct noise_ident id = d->main.id;
	uint8_t point[KEY_LEN];
	char name[64];
	unsigned int i;

	id.psk[0] ^= 1;
	send_resp(d, &id, &d->main.init_hs, NULL, "response under a wrong psk");
	id = d->main.id;
	randombytes_buf(id.remote, KEY_LEN);
	crypto_scalarmult_curve25519_base(id.remote, id.remote);
	send_resp(d, &id, &d->main.init_hs, NULL,
		  "response for another static key");
	for (i = 0; i < 2 * N_POINTS; i++) {
		memcpy(point, points[i / 2], KEY_LEN);
		if (i % 2)
			point[31] |= 0x80;
		snprintf(name, sizeof(name),
			 "response, ephemeral of low order %u%s", i / 2,
			 i % 2 ? ", high bit set" : "");
		send_resp(d, &d->main.id, &d->main.init_hs, point, name);
	}
	duo_fence(d, "responses under wrong keys");
}

static void wrong_index(struct duo *d)
{
	struct noise_hs hs = d->main.init_hs;
	uint32_t right = hs.remote_index;
	const uint32_t wrong[] = {
		0, UINT32_MAX, right + 1, right - 1, right ^ 1u << 31,
		htobe32(right), d->fence.cur->remote_index,
		d->fence.cur->local_index,
	};
	char name[64];
	unsigned int i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		hs.remote_index = wrong[i];
		snprintf(name, sizeof(name), "response to index %08x, not %08x",
			 wrong[i], right);
		send_resp(d, &d->main.id, &hs, NULL, name);
	}
	duo_fence(d, "responses to wrong indices");
}

/* The victim starts over after 5 s: its first initiation is void by then. */
static void superseded(struct duo *d)
{
	struct noise_hs old = d->main.init_hs;

	if (!peer_wait_init(&d->main, 6000 + d->main.opt->patience_ms))
		die("superseded: the victim did not start over");
	if (d->main.init_hs.remote_index == old.remote_index)
		printf("note: the second initiation has the same index\n");
	send_resp(d, &d->main.id, &old, NULL,
		  "response to an initiation that was given up");
	/* The same, addressed as the new one wants it. */
	old.remote_index = d->main.init_hs.remote_index;
	send_resp(d, &d->main.id, &old, NULL,
		  "response to an old initiation by the new index");
	duo_fence(d, "superseded initiation");
}

static void repeated(struct duo *d)
{
	struct noise_hs hs = d->main.init_hs, kept = hs;
	struct wire_resp msg;
	unsigned int i;

	noise_resp_create(&hs, &d->main.id, good_mark(), NULL, &msg);
	peer_send(&d->main, &msg, sizeof(msg));
	d->main.cur = peer_session(&d->main, &hs, false);
	d->main.cur_ms = now_ms();
	send_resp(d, &d->main.id, &kept, NULL,
		  "second response to the same initiation");
	duo_fence(d, "second response");

	for (i = 0; i < 10; i++) {
		case_new(d->main.opt, "response replayed");
		duo_send(d, &msg, sizeof(msg));
	}
	duo_fence(d, "response replayed");
	send_resp(d, &d->main.id, &kept, NULL, "late second response");
	duo_fence(d, "late second response");
}

/* Nobody asked: neither as the responder of a session nor without one. */
static void unasked(struct duo *d)
{
	struct noise_hs hs = { 0 };
	unsigned int i;

	for (i = 0; i < 20; i++) {
		randombytes_buf(&hs, sizeof(hs));
		crypto_scalarmult_curve25519_base(hs.remote_eph, hs.remote_eph);
		if (i % 2 && d->main.cur)
			hs.remote_index = d->main.cur->remote_index;
		send_resp(d, &d->main.id, &hs, NULL, "response to nothing");
	}
	duo_fence(d, "responses to nothing");
}

/**
 * mode_resp_rules() - well-formed responses that must make no session
 * @opt:	options
 * @argc:	unused
 * @argv:	unused
 */
void mode_resp_rules(const struct options *opt, int argc, char **argv)
{
	static struct duo d;

	(void)argc;
	(void)argv;
	open_responder(&d, opt);
	wrong_keys(&d);
	wrong_index(&d);
	superseded(&d);
	repeated(&d);
	unasked(&d);
	provoke(&d);
	unasked(&d);
	settle(&d, "the right response at last");
	duo_close(&d);
}
