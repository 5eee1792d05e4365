/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults in what a map message says. */
#ifndef CONTROL_MAP_FAULT_H
#define CONTROL_MAP_FAULT_H

#include "buf.h"
#include "map_session.h"

/* Change the whole map @b of node @n as far as faults are set; @only, unless
 * it is FAULT_COUNT, is the one fault to be done, with @arg.
 */
void map_fault_edit(struct server *srv, const struct node *n, struct buf *b,
		    enum fault_id only, const char *arg);

/* Messages that follow the first one. */
void map_fault_after(struct server *srv, struct map_session *s,
		     enum fault_id only, const char *arg);

#endif /* CONTROL_MAP_FAULT_H */
