/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults of the Noise layer and of HTTP/2. */
#ifndef CONTROL_H2_FAULT_H
#define CONTROL_H2_FAULT_H

#include "h2.h"

/* In place of the handshake's answer @response, which may also be changed.
 * Return: true if a fault has sent something else.
 */
bool h2_fault_handshake(struct conn *c, uint8_t response[NOISE_RESPONSE_LEN]);

/* Records before the first honest one. Return: false if nothing may follow. */
bool h2_fault_records(struct h2 *h);

/* HTTP/2 bytes right after the server's SETTINGS, into @h->raw. */
void h2_fault_frames(struct h2 *h);

/* The early payload, or what stands in for it, as plaintext records. */
void h2_early(struct h2 *h);

/* PUSH_PROMISE on stream @id, into @h->raw. */
void h2_fault_push(struct h2 *h, int32_t id);

#endif /* CONTROL_H2_FAULT_H */
