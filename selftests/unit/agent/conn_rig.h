/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A connection to a server in another process, over TCP, and requests on it.
 */
#ifndef CONN_RIG_H
#define CONN_RIG_H

#include "base/clock.h"
#include "control/control_conn.h"
#include "loop/loop.h"
#include "loop/transfers.h"
#include "noise_server.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PATIENCE_MS 20000	/* real time that a test may take */

/**
 * struct rig - both ends; zero at first
 * @which_clock: of the loop; NULL = the system's
 * @free_when_connected: from inside of that call
 * @over_tls: connect by https
 * @by_proxy: of the environment
 */
extern struct rig {
	struct clock_sim sim;
	const struct clock *which_clock;
	struct noise_server server;
	struct loop *loop;
	struct transfers *transfers;
	struct secret32 *machine;
	struct dial_memory memory;
	struct control_conn *conn;
	bool connected, drained, closed;
	int closed_err;
	char closed_text[400];
	bool free_when_connected;
	bool over_tls;
	bool by_proxy;
} rig;

/* One request, and what became of it. */
struct ask {
	const char *method;
	const char *path;
	const uint8_t *body;
	size_t body_len;
	struct h2_stream *stream;
	int status;
	char content_type[64];
	char retry_after[64];
	size_t got;
	bool wrong;		/* a byte of the pattern */
	bool over;
	int err;
	void (*on_response)(struct ask *ask);
	void (*on_data)(struct ask *ask);
	void (*on_end)(struct ask *ask);
};

int rig_open_to(const char *url, const struct machine_public *key);

/* The client alone, to a server that is there. */
int rig_begin_client(void);
void rig_end_client(void);

/* Server and client. */
void rig_begin(const struct noise_server_options *options);
void rig_end(void);

int rig_request(struct ask *ask);

/* Run until @done, or the connection is closed, or all patience is gone. */
void rig_run(const bool *done);
void rig_run_closed(void);

#endif /* CONN_RIG_H */
