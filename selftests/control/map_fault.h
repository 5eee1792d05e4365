/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults in what a map message says. */
#ifndef CONTROL_MAP_FAULT_H
#define CONTROL_MAP_FAULT_H

#include "buf.h"
#include "map_session.h"

/**
 * struct map_faults - which faults one message has
 * @taken:	by number
 */
struct map_faults {
	bool taken[FAULT_COUNT];
};

/* Change the whole map @b of node @n as far as faults are set; @only, unless
 * it is FAULT_COUNT, is the one fault to be done, with @arg. @ret, all zero
 * before, says what was done.
 */
void map_fault_edit(struct server *srv, const struct node *n, struct buf *b,
		    enum fault_id only, const char *arg,
		    struct map_faults *ret);

/* The same for a message that has TKAInfo alone, which may vanish from it. */
void map_fault_edit_info(struct server *srv, const struct node *n,
			 struct buf *b);

/* Messages that follow the first one. @arg is that of @only as above. */
void map_fault_after(struct server *srv, struct map_session *s,
		     const struct map_faults *had, enum fault_id only,
		     const char *arg);

#endif /* CONTROL_MAP_FAULT_H */
