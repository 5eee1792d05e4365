/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TN_TIMERS_H
#define TN_TIMERS_H

struct tn_peer;

void tn_timers_init(struct tn_peer *peer);
void tn_timers_stop(struct tn_peer *peer);

/* What happened; any context with softirqs off or process context. */
void tn_timers_data_sent(struct tn_peer *peer);
void tn_timers_data_received(struct tn_peer *peer);
void tn_timers_any_sent(struct tn_peer *peer);
void tn_timers_any_received(struct tn_peer *peer);
void tn_timers_initiated(struct tn_peer *peer);
void tn_timers_handshake_complete(struct tn_peer *peer);
void tn_timers_session_derived(struct tn_peer *peer);
void tn_timers_any_passed(struct tn_peer *peer);

#endif
