/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRE_UPGRADE_HTTP_H
#define WIRE_UPGRADE_HTTP_H

#include "base/cursor.h"
#include "base/err.h"
#include "wire/control_frame.h"

#include <stdint.h>

struct buf;

/* Longest header of an answer; ours. */
#define UPGRADE_HEADER_MAX 16384	/* bytes */

/**
 * upgrade_http_build() - the request that turns HTTP into Noise
 * @host:	control server, IPv6 without brackets
 * @port:	always written
 * @initiation:	first message of the handshake
 * @ret:	appended to
 *
 * Source: control/controlhttp/client.go, tryURLUpgrade.
 * Return: 0, -ENOMEM or TNE_TOO_LONG.
 */
int upgrade_http_build(const char *host, uint16_t port,
		       const uint8_t initiation[CONTROL_INITIATION_LEN],
		       struct buf *ret);

/**
 * upgrade_http_parse() - take the answer off the front
 * @in:		unread bytes; advanced past the header on success only: what
 *		stands behind is Noise
 * @detail:	filled on error
 *
 * Return: 0 if the server changes over; -EAGAIN if @in ends inside of the
 * header; TNE_TOO_LONG above UPGRADE_HEADER_MAX; TNE_HTTP_HEADER if it is no
 * header; TNE_UPGRADE if it is any other answer.
 */
int upgrade_http_parse(struct cursor *in, struct err_detail *detail);

#endif /* WIRE_UPGRADE_HTTP_H */
