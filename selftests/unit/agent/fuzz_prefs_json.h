/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUZZ_PREFS_JSON_H
#define FUZZ_PREFS_JSON_H

#include <stddef.h>
#include <stdint.h>

/* What libFuzzer calls for each input. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#endif /* FUZZ_PREFS_JSON_H */
