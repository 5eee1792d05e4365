/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A connection to a control server: dialled, proved by Noise, speaking HTTP/2.
 * It lives once: a new one is opened when it is closed or draining.
 */
#ifndef CONTROL_CONTROL_CONN_H
#define CONTROL_CONTROL_CONN_H

#include "base/cleanup.h"
#include "base/err.h"
#include "control/dial.h"
#include "control/h2.h"
#include "control/race.h"
#include "wire/control_frame.h"

#include <stdbool.h>
#include <stdint.h>

struct control_conn;
struct transfers;

/**
 * struct control_conn_calls - what a connection tells
 * @connected: once; the handshake has proved the server
 * @draining: the server wants no more requests on it (GOAWAY); those under way
 *	go on, new ones need a new connection
 * @closed: once, the last call, after the end of each request, or when no
 *	connection came about. TNE_NOISE_TAG before @connected: the server's key
 *	may have changed
 * @ctx: for all
 *
 * Each of them may free the connection.
 */
struct control_conn_calls {
	void (*connected)(void *ctx);
	void (*draining)(void *ctx);
	void (*closed)(void *ctx, int err, const struct err_detail *detail);
	void *ctx;
};

/**
 * struct control_conn_config - where to and as whom
 * @transfers: the loop, certificates, fixed addresses; borrowed until
 *	control_conn_free()
 * @server_url: http or https, host, perhaps port
 * @server: Noise key of the server
 * @machine: our own; borrowed until control_conn_free()
 * @version: CONTROL_VERSION, but for tests
 * @https_only: no plain HTTP if there is a port for HTTPS
 * @memory: of dials to this server; borrowed until control_conn_free()
 * @plan: addresses that the server wants to be tried; copied
 * @n_plan: how many
 * @spare: addresses for the case that its name cannot be looked up; copied
 * @n_spare: how many
 */
struct control_conn_config {
	struct transfers *transfers;
	const char *server_url;
	const struct machine_public *server;
	struct secret32 *machine;
	uint16_t version;
	bool https_only;
	struct dial_memory *memory;
	const struct race_candidate *plan;
	size_t n_plan;
	const struct race_candidate *spare;
	size_t n_spare;
};

/**
 * control_conn_open() - begin to connect
 * @config:	copied
 * @calls:	copied
 * @ret:	owned by the caller, also after it was closed
 *
 * Return: 0, TNE_URL or -errno.
 */
int control_conn_open(const struct control_conn_config *config,
		      const struct control_conn_calls *calls,
		      struct control_conn **ret);

/**
 * control_conn_free() - close
 * @conn: the connection or NULL; its requests are gone, nothing is called any
 *	more
 */
void control_conn_free(struct control_conn *conn);

DEFINE_CLEANUP(control_conn, struct control_conn *, control_conn_free)

/**
 * control_conn_request() - send a request
 * @conn:	open; before it is connected requests wait
 * @request:	copied
 * @calls:	copied
 * @ret:	the request, for h2_cancel(); gone once @end was called
 *
 * Return: 0; TNE_H2_GOAWAY if it is draining or closed; -EINVAL, -ENOMEM.
 */
int control_conn_request(struct control_conn *conn,
			 const struct h2_request *request,
			 const struct h2_stream_calls *calls,
			 struct h2_stream **ret);

/**
 * control_conn_early() - what the server said before HTTP/2
 * @conn: the connection
 *
 * Return: borrowed; NULL before it is known.
 */
const struct control_early *control_conn_early(const struct control_conn *conn);

#endif /* CONTROL_CONTROL_CONN_H */
