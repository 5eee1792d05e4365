// SPDX-License-Identifier: GPL-2.0-only
/* Hostile data messages on a session that works. */
#include "modes.h"
#include "mutate.h"

#include <endian.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

/* Inner echo of 52 bytes, padded to 64. */
#define ECHO_FILL	20
#define ECHO_LEN	64

static void make_data(struct duo *d, uint32_t mark, uint8_t *ret)
{
	uint8_t plain[ECHO_LEN] = { 0 };

	inner_echo4(&d->main.in, mark, ECHO_FILL, plain);
	noise_seal(d->main.cur, d->main.cur->counter++, plain, ECHO_LEN, ret);
}

static void send_with(struct duo *d, const struct session *s, uint32_t mark)
{
	uint8_t plain[ECHO_LEN] = { 0 }, msg[ECHO_LEN + DATA_OVERHEAD];
	size_t len;

	inner_echo4(&d->main.in, mark, ECHO_FILL, plain);
	len = noise_seal(s, d->main.cur->counter++, plain, ECHO_LEN, msg);
	duo_send(d, msg, len);
}

static void wrong_sessions(struct duo *d)
{
	const struct options *opt = d->main.opt;
	struct session s = *d->main.cur;
	const uint32_t wrong[] = {
		0, UINT32_MAX, s.remote_index + 1, s.local_index,
		htobe32(s.remote_index), d->fence.cur->remote_index,
	};
	unsigned int i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		s.remote_index = wrong[i];
		send_with(d, &s, case_new(opt, "data for index %08x",
					  wrong[i]));
	}
	for (i = 0; i < 64; i++) {
		s.remote_index = (uint32_t)rnd();
		send_with(d, &s, case_new(opt, "data for random index %08x",
					  s.remote_index));
	}
	s = *d->main.cur;
	memcpy(s.send, s.recv, KEY_LEN);
	send_with(d, &s, case_new(opt, "data under the key of the other way"));
	memset(s.send, 0, KEY_LEN);
	send_with(d, &s, case_new(opt, "data under a zero key"));
	duo_fence(d, "data for wrong sessions");
}

static void junk(struct duo *d)
{
	uint8_t msg[1500];
	uint32_t word;
	size_t len;
	unsigned int i;

	for (i = 0; i < 200; i++) {
		case_new(d->main.opt, "junk %u", i);
		len = rnd() % sizeof(msg);
		randombytes_buf(msg, sizeof(msg));
		/* Half of it begins like a message. */
		word = htole32((uint32_t)(rnd() % 6));
		if (i % 2)
			memcpy(msg, &word, 4);
		duo_send(d, msg, len);
	}
	duo_fence(d, "junk");
}

/**
 * mode_data_mutate() - no mutant of a data message gets through
 * @opt:	options
 * @argc:	unused
 * @argv:	unused
 */
void mode_data_mutate(const struct options *opt, int argc, char **argv)
{
	static const struct mutator data = {
		.name = "data",
		.len = ECHO_LEN + DATA_OVERHEAD,
		.make = make_data,
	};
	static struct duo d;

	(void)argc;
	(void)argv;
	duo_open(&d, opt);
	mutate(&d, &data);
	wrong_sessions(&d);
	junk(&d);
	duo_close(&d);
}

/* Good data of one size: delivered, with or without padding. */
static void deliver(struct duo *d, size_t fill, bool v6, bool pad)
{
	static uint8_t plain[WIRE_MAX];
	uint32_t mark = good_mark();
	struct peer *p = &d->main;
	size_t len;

	memset(plain, 0, fill + 80);
	len = v6 ? inner_udp6(&p->in, mark, fill, plain) :
		   inner_udp4(&p->in, mark, fill, plain);
	if (pad)
		len = inner_pad(len);
	peer_send_plain(p, p->cur, p->cur->counter++, plain, len);
	if (!peer_sunk(p, mark, p->opt->patience_ms))
		die("good IPv%d data with a plaintext of %zu bytes%s was not delivered",
		    v6 ? 6 : 4, len, pad ? "" : ", not padded,");
}

/**
 * mode_data_lengths() - good data of every size gets through
 * @opt:	options
 * @argc:	unused
 * @argv:	unused
 *
 * Without this the silence after the mutants would say little.
 */
void mode_data_lengths(const struct options *opt, int argc, char **argv)
{
	static const size_t large[] = {
		1340, 1400, 1440, 1472, 2000, 4000, 8900, 9000, 16000, 32000,
	};
	/* More pieces than the receiver may care to gather. */
	static const size_t huge[] = { 36000, 40000, 52000, 65000 };
	static uint8_t plain[WIRE_MAX];
	static struct duo d;
	size_t i;

	(void)argc;
	(void)argv;
	duo_open(&d, opt);
	peer_sink(&d.main);
	for (i = 0; i < 130; i++) {
		if (i % 16 != 4 && !peer_scaled(&d.main))
			continue;
		deliver(&d, i, false, true);
		deliver(&d, i, false, false);
		deliver(&d, i, true, true);
		deliver(&d, i, true, false);
		peer_confirm(&d.main, d.main.cur);
	}
	/* These come in fragments, and leave the receiver with many pieces. */
	for (i = 0; i < sizeof(large) / sizeof(large[0]); i++) {
		deliver(&d, large[i], false, true);
		deliver(&d, large[i], true, true);
	}
	for (i = 0; i < sizeof(huge) / sizeof(huge[0]); i++) {
		inner_udp4(&d.main.in, good_mark(), huge[i], plain);
		peer_send_plain(&d.main, d.main.cur, d.main.cur->counter++,
				plain, inner_pad(huge[i] + 32));
		duo_fence(&d, "huge data");
	}
	duo_close(&d);
}
