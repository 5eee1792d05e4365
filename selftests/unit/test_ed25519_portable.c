// SPDX-License-Identifier: GPL-2.0-only
/* The same tests with products made of 32-bit ones; see the Makefile. */
#include "test_ed25519.c"
