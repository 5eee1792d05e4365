/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUZZ_HTTP_REQUEST_H
#define FUZZ_HTTP_REQUEST_H

#include <stddef.h>
#include <stdint.h>

/* What libFuzzer calls for each input. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#endif /* FUZZ_HTTP_REQUEST_H */
