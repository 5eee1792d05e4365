/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOSTILE_MUTATE_H
#define HOSTILE_MUTATE_H

#include "duo.h"

/**
 * struct mutator - how to make one valid message of a kind, again and again
 * @name:	of the message
 * @len:	its length
 * @mac_fixed:	bits up to here can be flipped and mac1 made right again; 0 for
 *		messages without macs
 * @free_from:	first bit of a field that is not authenticated but by mac1
 * @free_to:	first bit behind it
 * @make:	writes a fresh message that would be accepted, carrying @mark
 */
struct mutator {
	const char *name;
	size_t len;
	size_t mac_fixed;
	size_t free_from;
	size_t free_to;
	void (*make)(struct duo *d, uint32_t mark, uint8_t *ret);
};

void mutate(struct duo *d, const struct mutator *m);

#endif
