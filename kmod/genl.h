/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TN_GENL_H
#define TN_GENL_H

#include <linux/types.h>
#include <net/genetlink.h>

#include "../uapi/tailnet.h"

struct tn_device;
struct tn_endpoint;
struct tn_peer;
struct tn_peer_update;
struct tn_update;

/* Index of a multicast group in tn_genl_family. */
enum tn_genl_group {
	TN_GENL_GROUP_PEER,
	TN_GENL_GROUP_PATH,
	TN_GENL_GROUP_DEVICE,
	TN_GENL_GROUP_ADMISSION,
};

/* Policy entry of an attribute that only answers and notifications carry. */
#define TN_NLA_OUT {							\
	.type = NLA_REJECT,						\
	.reject_message = "attribute is reported only, cannot be set",	\
}

/* genl_family.c */
extern struct genl_family tn_genl_family;

int tn_genl_init(void);
void tn_genl_done(void);

struct tn_device *tn_genl_device(struct net *net, struct nlattr *const *attrs,
				 struct netlink_ext_ack *extack);
int tn_genl_parse_update(struct sk_buff *skb, struct genl_info *info,
			 struct tn_device *tn, enum tailnet_peer_op op,
			 struct tn_update *upd);
int tn_genl_apply(struct sk_buff *skb, struct genl_info *info,
		  enum tailnet_peer_op op);
void tn_genl_wipe(struct genl_info *info);
int tn_genl_put_ref(struct sk_buff *skb, struct tn_device *tn, u64 generation);
unsigned int tn_genl_dump_seq(u64 generation);

/* genl_dev.c */
extern const struct nla_policy tn_genl_dev_ref_policy[TAILNET_A_DEV_MAX + 1];
extern const struct nla_policy tn_genl_dev_set_policy[TAILNET_A_DEV_MAX + 1];

int tn_genl_parse_dev(struct sk_buff *skb, struct genl_info *info,
		      struct tn_device *tn, struct tn_update *upd);
int tn_genl_dev_get(struct sk_buff *skb, struct genl_info *info);
int tn_genl_dev_set(struct sk_buff *skb, struct genl_info *info);
int tn_genl_dump_check(struct netlink_callback *cb);
int tn_genl_dev_dump(struct sk_buff *skb, struct netlink_callback *cb);
struct tn_device *tn_genl_next_device(struct net *net, int *ifindex);

/* genl_peer.c */
extern const struct nla_policy tn_genl_peer_ref_policy[TAILNET_A_PEER_MAX + 1];
extern const struct nla_policy tn_genl_peer_new_policy[TAILNET_A_PEER_MAX + 1];
extern const struct nla_policy tn_genl_peer_set_policy[TAILNET_A_PEER_MAX + 1];
extern const struct nla_policy tn_genl_peer_txn_policy[TAILNET_A_PEER_MAX + 1];

int tn_genl_parse_peer(const struct nlattr *attr, enum tailnet_peer_op op,
		       struct tn_update *upd, struct netlink_ext_ack *extack);
int tn_genl_put_endpoint(struct sk_buff *skb, const struct tn_endpoint *ep);
int tn_genl_peer_get(struct sk_buff *skb, struct genl_info *info);
int tn_genl_peer_new(struct sk_buff *skb, struct genl_info *info);
int tn_genl_peer_set(struct sk_buff *skb, struct genl_info *info);
int tn_genl_peer_del(struct sk_buff *skb, struct genl_info *info);
int tn_genl_peer_dump(struct sk_buff *skb, struct netlink_callback *cb);

/* genl_txn.c */
extern const struct nla_policy tn_genl_txn_begin_policy[TAILNET_A_TXN_MAX + 1];
extern const struct nla_policy tn_genl_txn_policy[TAILNET_A_TXN_MAX + 1];

int tn_genl_txn_begin(struct sk_buff *skb, struct genl_info *info);
int tn_genl_txn_add(struct sk_buff *skb, struct genl_info *info);
int tn_genl_txn_commit(struct sk_buff *skb, struct genl_info *info);
int tn_genl_txn_abort(struct sk_buff *skb, struct genl_info *info);

/* genl_lock.c */
extern const struct nla_policy tn_genl_layer_policy[TAILNET_A_LAYER_MAX + 1];
extern const struct nla_policy tn_genl_lock_set_policy[TAILNET_A_LOCK_MAX + 1];
extern const struct nla_policy tn_genl_lock_off_policy[TAILNET_A_LOCK_MAX + 1];

int tn_genl_parse_signature(const struct nlattr *peer_nest,
			    struct nlattr *const *tb, struct tn_update *upd,
			    struct tn_peer_update *peer,
			    struct netlink_ext_ack *extack);
int tn_genl_parse_lock(const struct nlattr *nest, struct tn_update *upd,
		       struct netlink_ext_ack *extack);
int tn_genl_put_verdict(struct sk_buff *skb, const struct tn_peer *peer);
int tn_genl_lock_get(struct sk_buff *skb, struct genl_info *info);
int tn_genl_lock_set(struct sk_buff *skb, struct genl_info *info);
int tn_genl_lock_off(struct sk_buff *skb, struct genl_info *info);
int tn_genl_lock_dump(struct sk_buff *skb, struct netlink_callback *cb);

/* genl_stats.c */
int tn_genl_stats_get(struct sk_buff *skb, struct genl_info *info);
int tn_genl_stats_dump(struct sk_buff *skb, struct netlink_callback *cb);

#endif
