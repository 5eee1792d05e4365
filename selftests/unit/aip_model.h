/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the table of allowed addresses must do, done the slow and obvious way: a
 * list of prefixes, searched from end to end. Shared by test and fuzzer.
 */
#ifndef AIP_MODEL_H
#define AIP_MODEL_H

#include "host.h"

#define MODEL_MAX	4096

struct model_entry {
	u8 addr[16];
	u8 cidr;
	bool is_v6;
	int owner;
};

struct model {
	struct model_entry e[MODEL_MAX];
	int n;
};

/* Bits from @cidr on become zero. */
static inline void model_mask(u8 addr[16], u8 cidr)
{
	int bit;

	for (bit = cidr; bit < 128; bit++)
		addr[bit / 8] &= ~(0x80 >> bit % 8);
}

static inline bool model_inside(const struct model_entry *e, const u8 addr[16],
				bool is_v6)
{
	u8 masked[16];

	if (e->is_v6 != is_v6)
		return false;
	memcpy(masked, addr, 16);
	model_mask(masked, e->cidr);
	return !memcmp(masked, e->addr, is_v6 ? 16 : 4);
}

static inline struct model_entry *model_find(struct model *m, const u8 addr[16],
					     u8 cidr, bool is_v6)
{
	int i;

	for (i = 0; i < m->n; i++)
		if (m->e[i].cidr == cidr && model_inside(&m->e[i], addr, is_v6))
			return &m->e[i];
	return NULL;
}

/* Return: the owner of the longest prefix, or -1. */
static inline int model_lookup(const struct model *m, const u8 addr[16],
			       bool is_v6)
{
	int i, best = -1, owner = -1;

	for (i = 0; i < m->n; i++) {
		if (m->e[i].cidr > best && model_inside(&m->e[i], addr, is_v6)) {
			best = m->e[i].cidr;
			owner = m->e[i].owner;
		}
	}
	return owner;
}

static inline void model_insert(struct model *m, const u8 addr[16], u8 cidr,
				bool is_v6, int owner)
{
	struct model_entry *e = model_find(m, addr, cidr, is_v6);

	if (!e) {
		HOST_BUG_ON(m->n == MODEL_MAX);
		e = &m->e[m->n++];
		memcpy(e->addr, addr, 16);
		model_mask(e->addr, cidr);
		e->cidr = cidr;
		e->is_v6 = is_v6;
	}
	e->owner = owner;
}

static inline bool model_remove(struct model *m, const u8 addr[16], u8 cidr,
				bool is_v6, int owner)
{
	struct model_entry *e = model_find(m, addr, cidr, is_v6);

	if (!e || e->owner != owner)
		return false;
	*e = m->e[--m->n];
	return true;
}

static inline void model_remove_owner(struct model *m, int owner)
{
	int i;

	for (i = m->n - 1; i >= 0; i--)
		if (m->e[i].owner == owner)
			m->e[i] = m->e[--m->n];
}

static inline int model_count(const struct model *m, int owner)
{
	int i, n = 0;

	for (i = 0; i < m->n; i++)
		n += m->e[i].owner == owner;
	return n;
}

#endif /* AIP_MODEL_H */
