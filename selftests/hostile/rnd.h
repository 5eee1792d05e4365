/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOSTILE_RND_H
#define HOSTILE_RND_H

#include <stdint.h>

void rnd_seed(uint64_t seed);
uint64_t rnd(void);

#endif
