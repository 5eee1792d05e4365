// SPDX-License-Identifier: GPL-2.0-only
/*
 * What can be done to any message: cut, lengthen, flip each bit, change the
 * type word. Every mutant is made from a fresh message that would be accepted
 * as it is, so that only the mutation can be why it is not.
 */
#include "mutate.h"

#include <endian.h>
#include <string.h>

#define LONGER	64

static void fix_mac1(struct duo *d, uint8_t *msg, size_t len)
{
	noise_mac1(d->main.id.remote, msg, len);
}

static void lengths(struct duo *d, const struct mutator *m)
{
	uint8_t msg[WIRE_MAX];
	uint32_t mark;
	size_t n;

	for (n = 0; n < m->len + LONGER; n++) {
		if (n == m->len || !peer_scaled(&d->main))
			continue;
		mark = case_new(d->main.opt, "%s of %zu bytes", m->name, n);
		memset(msg, 0, m->len + LONGER);
		m->make(d, mark, msg);
		duo_send(d, msg, n);

		/* The same, for who takes mac1 from the end of what came. */
		if (!m->mac_fixed || n < 2 * MAC_LEN + 4)
			continue;
		mark = case_new(d->main.opt, "%s of %zu bytes, mac1 to fit",
				m->name, n);
		m->make(d, mark, msg);
		fix_mac1(d, msg, n);
		duo_send(d, msg, n);
	}
}

static void flip(uint8_t *msg, size_t bit)
{
	msg[bit / 8] ^= (uint8_t)(1 << bit % 8);
}

static void bits(struct duo *d, const struct mutator *m)
{
	uint8_t msg[WIRE_MAX];
	uint32_t mark;
	size_t bit, end = m->len * 8;

	/* mac2 is not looked at while there is no load. */
	if (m->mac_fixed)
		end -= MAC_LEN * 8;
	for (bit = 0; bit < end; bit++) {
		if (!peer_scaled(&d->main))
			continue;
		mark = case_new(d->main.opt, "%s, bit %zu of byte %zu flipped",
				m->name, bit % 8, bit / 8);
		m->make(d, mark, msg);
		flip(msg, bit);
		duo_send(d, msg, m->len);
	}
	for (bit = 0; bit < m->mac_fixed; bit++) {
		/*
		 * Anyone who knows the public key can make such a message
		 * valid again: it is no forgery.
		 */
		if (bit >= m->free_from && bit < m->free_to)
			continue;
		if (!peer_scaled(&d->main))
			continue;
		mark = case_new(d->main.opt,
				"%s, bit %zu of byte %zu flipped, mac1 to fit",
				m->name, bit % 8, bit / 8);
		m->make(d, mark, msg);
		flip(msg, bit);
		fix_mac1(d, msg, m->len);
		duo_send(d, msg, m->len);
	}
}

static void types(struct duo *d, const struct mutator *m)
{
	static const uint32_t words[] = {
		0, 1, 2, 3, 4, 5, 0x80, 0xff, 0x101, 0x102, 0x104, 0x10001,
		0x10004, 0x1000001, 0x1000002, 0x1000004, 0x4000000, UINT32_MAX,
	};
	uint8_t msg[WIRE_MAX];
	uint32_t own, word, mark;
	size_t i;

	m->make(d, MARK_BAD, msg);
	memcpy(&own, msg, 4);
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		word = htole32(words[i]);
		if (word == own)
			continue;
		mark = case_new(d->main.opt, "%s with type word %08x", m->name,
				words[i]);
		m->make(d, mark, msg);
		memcpy(msg, &word, 4);
		if (m->mac_fixed)
			fix_mac1(d, msg, m->len);
		duo_send(d, msg, m->len);
	}
}

/**
 * mutate() - send every mutant of a message; none may have an effect
 * @d:		both peers
 * @m:		the message
 */
void mutate(struct duo *d, const struct mutator *m)
{
	lengths(d, m);
	types(d, m);
	bits(d, m);
	duo_fence(d, m->name);
}
