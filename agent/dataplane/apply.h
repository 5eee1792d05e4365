/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DATAPLANE_APPLY_H
#define DATAPLANE_APPLY_H

#include "base/cleanup.h"
#include "base/err.h"
#include "dataplane/plan.h"
#include "model/wanted.h"
#include "model/wg_config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct genl_conn;

/**
 * apply_config() - change a device, wholly or not at all
 * @conn:	the connection
 * @ifname:	the device
 * @config:	endpoints looked up and key files read; the presence of its peers
 *		is filled in
 * @detail:	filled on error
 *
 * One transaction. To remove a peer that is not there is no error.
 *
 * Return: 0 or -errno.
 */
int apply_config(struct genl_conn *conn, const char *ifname,
		 struct wg_config *config, struct err_detail *detail);

/**
 * struct apply_state - what we know of a device's table
 * @known: the rest counts; false at first, and when the kernel has surprised us
 * @generation: of the table after our last change
 * @have: what is in it
 */
struct apply_state {
	bool known;
	uint64_t generation;
	struct wanted have;
};

/**
 * struct apply_refusal - a peer that the kernel did not take
 * @key: names it; it is as it was before
 * @err: -errno
 * @detail: the kernel's words
 */
struct apply_refusal {
	struct node_public key;
	int err;
	struct err_detail detail;
};

/**
 * struct apply_report - what came of it
 * @sent: there was something to do, and it was done
 * @resynced: the table was read
 * @refused: owned
 * @n_refused: in use
 * @cap_refused: allocated
 * @conflicts: owned; their peers are borrowed from the wanted view
 * @n_conflicts: in use
 */
struct apply_report {
	bool sent;
	bool resynced;
	struct apply_refusal *refused;
	size_t n_refused;
	size_t cap_refused;
	struct plan_conflict *conflicts;
	size_t n_conflicts;
};

/**
 * apply_wanted() - bring a device to where it is wanted
 * @conn:	the connection
 * @ifname:	the device
 * @state:	all zero at first; kept from one call to the next
 * @want:	what is wanted
 * @keys:	the peers that were put, replaced or removed in @want since the
 *		last call that succeeded; NULL = look at all of them
 * @n_keys:	how many
 * @detail:	filled on error
 * @report:	owned by the caller, on error too
 *
 * One transaction, and none if nothing is to be changed. If the table is not
 * as we know it, it is read, and everything compared. A peer that the kernel
 * refuses does not keep the others out.
 *
 * Does not wait: while another one's transaction is open, the answer is -EBUSY
 * and nothing has changed.
 *
 * Return: 0; -EBUSY or -EAGAIN: try again later; or another -errno.
 */
int apply_wanted(struct genl_conn *conn, const char *ifname,
		 struct apply_state *state, const struct wanted *want,
		 const struct node_public *keys, size_t n_keys,
		 struct err_detail *detail, struct apply_report *report);

/**
 * apply_state_done() - free the contents
 * @state: the state, all zero afterwards
 */
void apply_state_done(struct apply_state *state);

/**
 * apply_report_done() - free the contents
 * @report: the report
 */
void apply_report_done(struct apply_report *report);

static inline void apply_state_cleanup(struct apply_state *state)
{
	apply_state_done(state);
}

static inline void apply_report_cleanup(struct apply_report *report)
{
	apply_report_done(report);
}

#endif /* DATAPLANE_APPLY_H */
