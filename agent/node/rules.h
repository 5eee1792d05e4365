/* SPDX-License-Identifier: GPL-2.0-only */
/* Decisions of the node that need nothing but their arguments. */
#ifndef NODE_RULES_H
#define NODE_RULES_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct prefs;

/* No second order to exit is obeyed sooner after the start than this. */
#define NODE_RULES_EXIT_SELDOM_MS (5 * 60 * 1000)

/**
 * node_rules_link_lost() - is the device that we took no longer there?
 * @bits:	of CHANGE_*, as reported
 * @taken:	number of the link that the module's side has taken
 * @now:	number of the link that has its name now; 0 = there is none
 *
 * A report alone is not enough. What was on the device goes before the device
 * itself: by the time that its end is told it may not be known as ours any
 * more. And when somebody has made a new one of the same name at once, it has
 * neither our sockets nor our peers.
 *
 * Return: true if everything has to be done anew.
 */
bool node_rules_link_lost(unsigned int bits, uint32_t taken, uint32_t now);

/**
 * node_rules_leave_alone() - do device and host stay as they were found?
 * @wanted:	the network is wanted, and there is a key for it
 * @no_map:	there is no map now
 * @had_map:	there has been one, or what was set up belongs to somebody who
 *		we are not any more
 *
 * What an agent before us has set up carries packets until there is a map. But
 * what one server, or one profile, has said means nothing to another.
 *
 * Return: true if so.
 */
bool node_rules_leave_alone(bool wanted, bool no_map, bool had_map);

/**
 * node_rules_check_prefs() - can these preferences be in force here?
 * @prefs:	looked at
 * @detail:	filled on error
 *
 * More than prefs_check(): the address of the server has to be one, or the
 * agent could not begin with it the next time.
 *
 * Return: 0, TNE_PREFS or -ENOMEM.
 */
int node_rules_check_prefs(const struct prefs *prefs,
			   struct err_detail *detail);

/**
 * node_rules_may_exit() - is an order of the server to exit obeyed?
 * @allowed:	by the settings
 * @up_ms:	since the start of this process
 *
 * Whoever starts the process again would otherwise be kept busy by the server.
 *
 * Return: true if so.
 */
bool node_rules_may_exit(bool allowed, uint64_t up_ms);

#endif /* NODE_RULES_H */
