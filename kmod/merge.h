/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TN_MERGE_H
#define TN_MERGE_H

struct net;
struct tn_sockets;

int tn_merge_init(void);
void tn_merge_done(void);
int tn_merge_add(struct net *net, struct tn_sockets *socks);
void tn_merge_del(struct net *net, struct tn_sockets *socks);

#endif
