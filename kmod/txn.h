/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TN_TXN_H
#define TN_TXN_H

#include <linux/compiler.h>

#include "device.h"

struct netlink_ext_ack;
struct tn_update;

int tn_txn_apply(struct tn_device *tn, struct tn_update *upd,
		 struct netlink_ext_ack *extack);

/* For transactions, which hold the lock over more than this. */
int tn_txn_check_generation(const struct tn_device *tn,
			    const struct tn_update *upd,
			    struct netlink_ext_ack *extack)
	__must_hold(&tn->cfg_lock);
int tn_txn_apply_locked(struct tn_device *tn, struct tn_update *upd,
			struct netlink_ext_ack *extack)
	__must_hold(&tn->cfg_lock);

#endif
