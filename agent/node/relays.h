/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The relays of the last map, kept on disk: they know the control server's
 * address when its name cannot be looked up, at the next start, too.
 */
#ifndef NODE_RELAYS_H
#define NODE_RELAYS_H

struct derp_regions;
struct netmap;
struct side;

#define RELAYS_TEXT_MAX (256u << 10)	/* bytes on disk; ours */

/**
 * relays_save() - keep the relays of a map
 * @side:	written to, if they are others than before
 * @netmap:	the map
 *
 * Return: 0, TNE_TOO_LONG, or an error of side_write().
 */
int relays_save(struct side *side, const struct netmap *netmap);

/**
 * relays_load() - those that were kept
 * @side:	read
 *
 * Return: a reference, to be put by derp_regions_put(); NULL = none that can be
 * read.
 */
const struct derp_regions *relays_load(const struct side *side);

#endif /* NODE_RELAYS_H */
