/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel module, played: stands in for genl_conn.c, reads what it is sent
 * and does it to a table, transactions and generations included.
 */
#ifndef MODULE_H
#define MODULE_H

#include "table.h"

#include "dataplane/genl_conn.h"

#include <stddef.h>
#include <stdint.h>

/**
 * struct module - what is played
 * @table: in force
 * @open: of the open transaction
 * @token: of it, 0 = none
 * @base: generation at its begin
 * @replace: it replaces; @open had its peers marked
 * @generation: of @table
 * @log: a letter for each request: d DEV_GET, s DEV_SET, p PEER_GET, b BEGIN,
 *	a ADD, c COMMIT, x ABORT, l LOCK_GET, o LOCK_OFF; capitals for dumps
 * @n: how many
 * @bytes: of the longest message
 * @fail: which command fails, 0 = none
 * @err: how
 * @times: how often
 * @refuse: node id of peers that are refused by their nest; 0 = none
 * @meddle: calls of somebody else's change, before the next COMMIT
 * @sockets: enum tailnet_sockets
 * @port: of them
 * @lock_first: the keys came before all peers of their transaction
 * @off_reason: of the last LOCK_OFF
 * @n_layers: of signatures, in all messages
 * @fds: descriptors handed over last, IPv4 and IPv6
 */
struct module {
	struct table table;
	struct table open;
	uint32_t token;
	uint64_t base;
	bool replace;
	uint64_t generation;
	char log[4096];
	size_t n;
	size_t bytes;
	char fail;
	int err;
	int times;
	uint64_t refuse;
	int meddle;
	uint32_t sockets;
	uint16_t port;
	bool lock_first;
	uint32_t off_reason;
	int n_layers;
	int fds[2];
};

extern struct module module;

/* Forget all of it; generation 7. */
void module_reset(void);

/* Forget what was logged. */
void module_clear_log(void);

#endif /* MODULE_H */
