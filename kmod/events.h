/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TN_EVENTS_H
#define TN_EVENTS_H

#include "../uapi/tailnet.h"

struct tn_device;
struct tn_peer;

/*
 * Notifications, built only when somebody listens, sent in the namespace of
 * the device. Any context but hard interrupt. They may be lost when memory or
 * the listener's buffer is short (the listener then sees ENOBUFS), and those
 * that packets cause are limited: who needs to be sure dumps, and compares
 * generations.
 *
 * tn_event_peer() reads the endpoint: not with tn_path.lock held.
 */
void tn_event_peer(struct tn_peer *peer, enum tailnet_event event);
void tn_event_path(struct tn_peer *peer, enum tailnet_event event);
void tn_event_device(struct tn_device *tn, enum tailnet_event event);
void tn_event_admission(struct tn_peer *peer, enum tailnet_event event);
void tn_event_lock(struct tn_device *tn, enum tailnet_event event,
		   enum tailnet_lock_off reason);

#endif
