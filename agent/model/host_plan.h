/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The steps from what is on the host to what is wanted there.
 */
#ifndef MODEL_HOST_PLAN_H
#define MODEL_HOST_PLAN_H

#include "base/cleanup.h"
#include "model/host_config.h"
#include "model/ip.h"

#include <stddef.h>
#include <stdint.h>

enum host_op_kind {
	HOST_OP_MTU,
	HOST_OP_ADD_ADDR,
	HOST_OP_UP,
	HOST_OP_ADD_ROUTE,
	HOST_OP_ADD_RULE,
	HOST_OP_DEL_RULE,
	HOST_OP_DEL_ROUTE,
	HOST_OP_DEL_ADDR,
	HOST_OP_DOWN,
};

/**
 * struct host_op - one step
 * @kind: what to do, and which of the others counts
 * @mtu: bytes
 * @old_mtu: to go back to, bytes
 * @addr: address
 * @route: route
 * @rule: rule
 */
struct host_op {
	enum host_op_kind kind;
	union {
		struct {
			uint32_t mtu;
			uint32_t old_mtu;
		};
		struct ip_prefix addr;
		struct host_route route;
		struct host_rule rule;
	};
};

/**
 * struct host_plan - steps in the order in which they are to be taken
 * @op: owned
 * @n: in use
 * @cap: allocated
 */
struct host_plan {
	struct host_op *op;
	size_t n;
	size_t cap;
};

/**
 * host_plan_make() - the way from what there is to what is wanted
 * @have:	what there is
 * @want:	what is wanted, sorted; borrowed for the call
 * @ret:	the steps; owned by the caller
 *
 * What is wanted and there already, whoever put it there, is not added; what is
 * not ours is not removed. A route to a prefix to which somebody else has
 * made an entry is left out: the administrator's choice stands.
 *
 * New things come before old ones go, so that packets find a way all along; the
 * rule that leads into the tailnet comes after those that keep our own packets
 * out of it.
 *
 * Return: 0 or -ENOMEM.
 */
int host_plan_make(const struct host_state *have,
		   const struct host_config *want, struct host_plan *ret);

/**
 * host_plan_undo() - what removes an instance
 * @have:	what there is
 * @ret:	the steps; owned by the caller
 *
 * The rules stay while another instance needs them.
 *
 * Return: 0 or -ENOMEM.
 */
int host_plan_undo(const struct host_state *have, struct host_plan *ret);

/**
 * host_op_invert() - the step back
 * @op: a step
 *
 * Return: what takes it back.
 */
struct host_op host_op_invert(const struct host_op *op);

#define HOST_OP_TEXT_MAX 160	/* bytes, with the end */

/**
 * host_op_format() - a step in words
 * @op:		the step
 * @ret:	"add route 10.0.0.0/8 in table 52"
 *
 * Return: @ret.
 */
const char *host_op_format(const struct host_op *op,
			   char ret[HOST_OP_TEXT_MAX]);

/**
 * host_plan_done() - free the contents
 * @plan: all zero afterwards
 */
void host_plan_done(struct host_plan *plan);

static inline void host_plan_cleanup(struct host_plan *plan)
{
	host_plan_done(plan);
}

#endif /* MODEL_HOST_PLAN_H */
