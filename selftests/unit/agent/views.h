/* SPDX-License-Identifier: GPL-2.0-only */
/* Wanted views for tests: small ones by hand, random ones that collide. */
#ifndef VIEWS_H
#define VIEWS_H

#include "model/wanted.h"

#include <stdint.h>

/* A key with this number in it. */
struct node_public view_key(uint32_t n);

/* 10.x.x.x/bits, or with the IPv6 flag fd00::x/bits. */
#define VIEW_V6 (1U << 31)
struct wg_prefix view_prefix(uint32_t n, uint8_t bits);

/* A peer with key and node id @n, the address 10.n/32 and a few settings. */
struct wanted_peer *view_peer(uint32_t n);
void view_put(struct wanted *w, struct wanted_peer *peer);
void view_fill(struct wanted *w, uint32_t n);

/* The same numbers in every run. */
uint32_t view_random(uint32_t *seed, uint32_t below);

/* A random peer out of a dozen keys, with prefixes out of a dozen too. */
struct wanted_peer *view_random_peer(uint32_t *seed);
void view_random_device(uint32_t *seed, struct wanted_dev *dev);
void view_random_fill(uint32_t *seed, struct wanted *w);
void view_copy(struct wanted *to, const struct wanted *from);

#endif /* VIEWS_H */
