/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TN_PATH_H
#define TN_PATH_H

#include <linux/in.h>
#include <linux/in6.h>
#include <linux/seqlock.h>
#include <linux/types.h>
#include <net/dst_cache.h>

struct sk_buff;
struct tn_peer;

/**
 * struct tn_endpoint - a UDP address and the local address it is reached from
 * @addr:	the far end; sa_family AF_UNSPEC = none
 * @addr4:	the same, if it is AF_INET
 * @addr6:	the same, if it is AF_INET6
 * @src4:	local IPv4 address packets came to, or 0
 * @src_if4:	interface they came in by, or 0
 * @src6:	local IPv6 address packets came to, or all zero
 */
struct tn_endpoint {
	union {
		struct sockaddr addr;
		struct sockaddr_in addr4;
		struct sockaddr_in6 addr6;
	};
	union {
		struct {
			struct in_addr src4;
			int src_if4;
		};
		struct in6_addr src6;
	};
};

/**
 * struct tn_path - where a peer is reached
 * @lock:	protects @ep; read without it by retry
 * @ep:		the endpoint
 * @cache:	route to it, per CPU
 *
 * One UDP slot. Relay and trust will be further members.
 */
struct tn_path {
	seqlock_t lock;
	struct tn_endpoint ep;
	struct dst_cache cache;
};

int tn_path_init(struct tn_path *p, gfp_t gfp);
void tn_path_done(struct tn_path *p);
bool tn_path_usable(const struct tn_path *p);
void tn_path_get(struct tn_path *p, struct tn_endpoint *ret);
void tn_path_set(struct tn_path *p, const struct tn_endpoint *ep);
void tn_path_learn(struct tn_peer *peer, const struct tn_endpoint *ep);
void tn_path_clear_src(struct tn_path *p);
bool tn_endpoint_eq(const struct tn_endpoint *a, const struct tn_endpoint *b);
int tn_endpoint_from_skb(struct tn_endpoint *ret, const struct sk_buff *skb);

#endif
