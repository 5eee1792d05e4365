/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUZZ_NETLINK_H
#define FUZZ_NETLINK_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#endif /* FUZZ_NETLINK_H */
