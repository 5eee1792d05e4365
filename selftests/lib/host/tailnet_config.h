/* SPDX-License-Identifier: GPL-2.0-only */
/* What scripts/probe-kernel.sh would find here. */
#define TN_HAVE_LINUX_UNALIGNED_H 1
#define TN_HAVE_CRYPTO_UTILS_H 1
#define TN_HAVE_BLAKE2S_CTX 1
