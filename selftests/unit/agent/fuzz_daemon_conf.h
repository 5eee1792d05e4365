/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUZZ_DAEMON_CONF_H
#define FUZZ_DAEMON_CONF_H

#include <stddef.h>
#include <stdint.h>

/* What libFuzzer calls for each input. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#endif /* FUZZ_DAEMON_CONF_H */
