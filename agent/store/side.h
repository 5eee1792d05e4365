/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the stock daemon's state has no entry for: texts, each an entry of the
 * state file with a name of our own, which the stock daemon leaves alone. So
 * they are sealed with it, counted with it, and go wherever it goes: keys by
 * which control servers are known again must not lie where somebody could put
 * others.
 */
#ifndef STORE_SIDE_H
#define STORE_SIDE_H

#include "base/err.h"
#include "store/state.h"

/* Names in the state begin like this. */
#define SIDE_ENTRY "_tailnetd/side/"
/* And here those that a control server is known by, before its address. */
#define SIDE_PIN "ControlKey:"

/* Where they were before: a JSON object, read once and then taken away. */
#define SIDE_FILE "tailnetd.json"
#define SIDE_MAX (1u << 20)	/* bytes; ours */

struct side;

/**
 * side_open() - read the entries
 * @state:	open, borrowed until side_close()
 * @io:		calls, for SIDE_FILE
 * @detail:	filled on error
 * @ret:	owned by the caller
 *
 * A state without any takes over those of SIDE_FILE, all of them at once. A
 * damaged one is an error then and stays as it is: without its keys any server
 * would do. Where there are entries the file counts for nothing, and goes: it
 * is what a crash has left, or somebody's who wants to be the server.
 *
 * If the state cannot be written the entries are used all the same.
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
