/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TN_RATELIMIT_H
#define TN_RATELIMIT_H

#include <linux/types.h>

struct tn_source;

int tn_ratelimit_init(void);
void tn_ratelimit_done(void);
bool tn_ratelimit_allow(const struct tn_source *source, u64 ns, u64 now_ns);

#endif /* TN_RATELIMIT_H */
