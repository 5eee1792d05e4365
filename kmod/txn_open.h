/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TN_TXN_OPEN_H
#define TN_TXN_OPEN_H

#include <linux/types.h>

struct net;
struct netlink_ext_ack;
struct tn_device;
struct tn_txn;
struct tn_update;

/**
 * struct tn_txn_owner - the netlink socket that a transaction belongs to
 * @portid:	its number, unique in its namespace
 * @net:	its namespace; compared, never used
 */
struct tn_txn_owner {
	u32 portid;
	const struct net *net;
};

int tn_txn_begin(struct tn_device *tn, const struct tn_txn_owner *owner,
		 const struct tn_update *upd, struct netlink_ext_ack *extack,
		 u32 *ret_token, u64 *ret_generation);
int tn_txn_add(struct tn_device *tn, const struct tn_txn_owner *owner,
	       u32 token, struct tn_update *upd,
	       struct netlink_ext_ack *extack);
int tn_txn_end(struct tn_device *tn, const struct tn_txn_owner *owner,
	       u32 token, bool commit, struct netlink_ext_ack *extack);
void tn_txn_drop(struct tn_device *tn);
void tn_txn_owner_gone(const struct tn_txn_owner *owner);

#endif
