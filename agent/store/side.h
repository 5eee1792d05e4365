/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the state file has no room for, in a file beside it: a JSON object of
 * texts. Nothing in it is secret.
 */
#ifndef STORE_SIDE_H
#define STORE_SIDE_H

#include "base/err.h"
#include "store/state.h"

#define SIDE_FILE "tailnetd.json"
#define SIDE_MAX (1u << 20)	/* bytes; ours */

struct side;

/**
 * side_open() - read the file
 * @state:	the state it belongs to, borrowed until side_close()
 * @io:		calls, borrowed likewise
 * @detail:	filled on error
 * @ret:	owned by the caller
 *
 * A missing file has no entries. A damaged one is an error and stays as it is:
 * it has the keys by which control servers are known again.
 *
 * Return: 0, -errno, TNE_STATE_FORMAT or TNE_STATE_FILE.
 */
int side_open(struct state *state, const struct state_io *io,
	      struct err_detail *detail, struct side **ret);

/**
 * side_close() - free
 * @side: or NULL
 */
void side_close(struct side *side);

DEFINE_CLEANUP(side, struct side *, side_close)

/**
 * side_find() - the text of an entry
 * @side:	searched
 * @name:	of the entry
 *
 * Return: borrowed until the next side_write(), or NULL.
 */
const char *side_find(const struct side *side, const char *name);

/**
 * side_write() - set or take away an entry, on disk when it returns
 * @side:	changed on success only
 * @name:	of the entry
 * @value:	its text; NULL takes it away
 *
 * Return: as state_write().
 */
int side_write(struct side *side, const char *name, const char *value);

#endif /* STORE_SIDE_H */
