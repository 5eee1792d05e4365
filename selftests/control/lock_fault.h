/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults in what is said about the tailnet lock outside of nodes. */
#ifndef CONTROL_LOCK_FAULT_H
#define CONTROL_LOCK_FAULT_H

#include <jansson.h>

#include "h2.h"
#include "lock.h"

/**
 * struct aum_list - updates on their way into an answer, oldest first
 */
struct aum_list {
	struct buf *v;
	size_t n;
};

/* At the end; the bytes are to be added. */
struct buf *aum_list_add(struct aum_list *list);
void aum_list_done(struct aum_list *list);

/* The newest update that node @n is given, if it is not to be forged. */
void lock_last_head(struct server *srv, const struct node *n,
		    uint8_t ret[LOCK_HASH]);
/* The head that it is told of. */
void lock_told_head(struct server *srv, const struct node *n,
		    uint8_t ret[LOCK_HASH]);

/* A request for @what: true if a fault took it. */
bool lock_fault_request(struct server *srv, struct stream *st,
			const struct node *n, const char *what);

/* Change the updates of an answer of sync/offer, or the one of bootstrap. */
void lock_fault_missing(struct server *srv, const struct node *n,
			struct aum_list *list);
void lock_fault_genesis(struct server *srv, const struct node *n,
			struct aum_list *list);

/* Change members of the honest answer of @what. */
void lock_fault_members(struct server *srv, const struct node *n,
			const char *what, json_t *answer);

/* Send @answer, which is moved, or something like it. */
void lock_fault_send(struct server *srv, struct stream *st,
		     const struct node *n, json_t *answer);

#endif /* CONTROL_LOCK_FAULT_H */
