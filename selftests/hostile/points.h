/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOSTILE_POINTS_H
#define HOSTILE_POINTS_H

#include <stdint.h>

/* Encodings of the points of low order on Curve25519 and of its twist. */
#define N_POINTS	7
extern const uint8_t points[N_POINTS][32];

#endif
