/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUZZ_SEALED_JSON_H
#define FUZZ_SEALED_JSON_H

#include <stddef.h>
#include <stdint.h>

/* What libFuzzer calls, first and for each input. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#endif /* FUZZ_SEALED_JSON_H */
