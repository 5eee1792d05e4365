/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a file needs that compiles in the kernel, in the agent and in tests on
 * the host alike: integer types and memory functions.
 */
#ifndef TN_PURE_H
#define TN_PURE_H

#include <linux/types.h>

#ifdef __KERNEL__
#include <linux/string.h>
#else
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

typedef __u8 u8;
typedef __u32 u32;
typedef __u64 u64;
typedef __s8 s8;
typedef __s64 s64;
#endif

#endif /* TN_PURE_H */
