/* SPDX-License-Identifier: GPL-2.0-only */
/* The HTTP/1.1 side: /key, /ts2021, login pages, ping answers. */
#ifndef CONTROL_OUTER_H
#define CONTROL_OUTER_H

#include "conn.h"

#define OUTER_HEADER_MAX	16384	/* ours, bytes */
#define OUTER_TIMEOUT_MS	30000	/* ours, idle or inside a request */

/* Take whole requests off @c->in. */
void outer_input(struct conn *c);

#endif /* CONTROL_OUTER_H */
