/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Would whoever goes on with this state go on under its tailnet locks? The stock
 * daemon knows a lock by the updates beside the state alone: without them it takes
 * the server's word that there is none.
 */
#ifndef NODE_LOCK_HANDOVER_H
#define NODE_LOCK_HANDOVER_H

#include "base/err.h"

struct state;

/**
 * lock_handover_check() - are the updates of all locks there?
 * @state:	open; in a directory
 * @detail:	filled on error
 *
 * Return: 0; TNE_LOCK_DAMAGED or TNE_LOCK_LIMIT if those of a lock are missing, older
 * than the state, or unreadable; -errno or -ENOMEM.
 */
int lock_handover_check(const struct state *state, struct err_detail *detail);

#endif /* NODE_LOCK_HANDOVER_H */
