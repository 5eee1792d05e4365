/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A node of the stock daemon goes on with this agent, and back, with its keys
 * and without a login. Done once, by root, while neither of the two runs.
 */
#ifndef STORE_ADOPT_H
#define STORE_ADOPT_H

#include "base/err.h"
#include "tpm/tpm.h"

#include <stdbool.h>
#include <sys/types.h>

/* Source: tailscale paths/paths_unix.go. */
#define ADOPT_STOCK_DIR		"/var/lib/tailscale"
#define ADOPT_STOCK_SOCKET	"/run/tailscale/tailscaled.sock"
#define ADOPT_DEFAULTS		"/etc/default/tailnetd"
#define ADOPT_DROPIN_DIR	"/etc/systemd/system/tailnetd.service.d"
#define ADOPT_DROPIN		"adopted.conf"
#define ADOPT_RECORD		"/etc/tailnet/adopted.json"
#define ADOPT_PATH_MAX		200	/* bytes; ours */

struct state;

/**
 * struct adopt_config - where everything is
 * @dir:	folder of the node; NULL = @stock_dir to take it, and to give it
 *		back the one that was taken, or else @own_dir
 * @stock_dir:	of the stock daemon
 * @own_dir:	ours
 * @stock_socket: of the stock daemon
 * @defaults:	file of settings of our service
 * @dropin_dir:	folder of the service's additions
 * @record:	file in which is written down what was before; root's, since what
 *		it says is done by root
 * @uid:	the agent's user
 * @gid:	and group
 * @copy:	take a copy instead of the folder itself
 * @tell:	the service does not know @own_dir by itself
 * @tpm:	how to reach the TPM; borrowed, in guarded memory
 * @check_lock:	would the stock daemon know of the locks of a state? See
 *		lock_handover_check()
 */
struct adopt_config {
	const char *dir;
	const char *stock_dir;
	const char *own_dir;
	const char *stock_socket;
	const char *defaults;
	const char *dropin_dir;
	const char *record;
	uid_t uid;
	gid_t gid;
	bool copy;
	bool tell;
	const struct tpm_options *tpm;
	int (*check_lock)(const struct state *state,
			  struct err_detail *detail);
};

/**
 * adopt_take() - take a node over
 * @config:	where everything is
 * @detail:	filled on error
 * @ret_dir:	where its state is now, ADOPT_PATH_MAX bytes
 *
 * The state is opened and looked through first; one that is sealed must open
 * with this TPM, and what is copied must be files and folders. In place the folder
 * becomes the agent's, its owner of before is written down, and the service gets
 * the folder in its settings. A folder that is copied, or refused, stays as it is.
 * May be repeated if it was broken off.
 *
 * Return: 0, -errno, TNE_ADOPT, or why the state cannot be opened.
 */
int adopt_take(const struct adopt_config *config, struct err_detail *detail,
	       char *ret_dir);

/**
 * adopt_release() - give a node back
 * @config:	where everything is
 * @detail:	filled on error
 * @ret_dir:	where its state is now, ADOPT_PATH_MAX bytes
 *
 * What was taken in place gets its owner and mode back. What was copied, or was
 * ours from the start, is written to the stock daemon's folder, with the chain of
 * the lock as it is now; our state is renamed then, since only one of two may ever
 * run.
 *
 * Refused if the updates of a lock are not there, by which the stock daemon knows it.
 *
 * Return: as adopt_take() or @check_lock(); -EBUSY if the agent still runs.
 */
int adopt_release(const struct adopt_config *config, struct err_detail *detail,
		  char *ret_dir);

#endif /* STORE_ADOPT_H */
