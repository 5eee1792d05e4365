/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TN_HANDSHAKE_IO_H
#define TN_HANDSHAKE_IO_H

#include <linux/types.h>
#include <linux/workqueue.h>

struct sk_buff;
struct tn_device;
struct tn_peer;

int tn_handshake_io_init(struct tn_device *tn);
void tn_handshake_io_stop(struct tn_device *tn);
void tn_handshake_io_done(struct tn_device *tn);

void tn_handshake_receive(struct tn_device *tn, struct sk_buff *skb);
void tn_handshake_initiate(struct tn_peer *peer, bool retry);
void tn_handshake_initiate_work(struct work_struct *work);

#endif
