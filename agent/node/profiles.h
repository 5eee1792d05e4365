/* SPDX-License-Identifier: GPL-2.0-only */
/* The profiles of a node, of which one is in use. See struct node_api. */
#ifndef NODE_PROFILES_H
#define NODE_PROFILES_H

#include "base/err.h"
#include "model/profile.h"

struct node_own;

/**
 * profiles_note_map() - keep what the map says of the profile in use
 * @node: has a map with another self node, or another domain, than before
 *
 * People see it in the list of profiles, also of those that are not in use.
 * Nothing depends on it: a failure is logged.
 */
void profiles_note_map(struct node_own *node);

/**
 * profiles_list() - all of them
 * @node:	the node
 * @ret:	owned by the caller
 * @detail:	filled on error
 *
 * Return: 0 or an error.
 */
int profiles_list(struct node_own *node, struct profile_list *ret,
		  struct err_detail *detail);

/**
 * profiles_switch() - use another one
 * @node:	the node
 * @id:		of the profile; "" = a new one
 * @detail:	filled on error
 *
 * On disk before anything happens. On an error all is as it was.
 *
 * Return: 0, -ENOENT, or another error.
 */
int profiles_switch(struct node_own *node, const char *id,
		    struct err_detail *detail);

/**
 * profiles_delete() - forget one
 * @node:	the node
 * @id:		of the profile
 * @detail:	filled on error
 *
 * Return: 0, -ENOENT, or another error.
 */
int profiles_delete(struct node_own *node, const char *id,
		    struct err_detail *detail);

#endif /* NODE_PROFILES_H */
