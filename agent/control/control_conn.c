// SPDX-License-Identifier: GPL-2.0-only
#include "control/control_conn.h"

#include "control/noise_conn.h"
#include "control/server_url.h"
#include "loop/loop.h"
#include "loop/transfers.h"

#include <errno.h>
#include <stdlib.h>

/**
 * struct control_conn - a connection
 * @calls: of the owner
 * @url: the server
 * @race: NULL once it is over
 * @h2: takes requests from the start
 * @closed: nothing will happen any more
 */
struct control_conn {
	struct control_conn_calls calls;
	struct server_url url;
	struct race *race;
	struct h2 *h2;
	bool closed;
};

static void draining(void *ctx)
{
	struct control_conn *conn = ctx;

	if (conn->calls.draining)
		conn->calls.draining(conn->calls.ctx);
}

static void closed(void *ctx, int err, const struct err_detail *detail)
{
	struct control_conn *conn = ctx;

	conn->closed = true;
	conn->calls.closed(conn->calls.ctx, err, detail);
}

static void dialled(void *ctx, int err, const struct err_detail *detail,
		    struct noise_session *session)
{
	struct control_conn *conn = ctx;
	struct err_detail why = *detail;
	struct noise_conn *noise;

	race_free(steal(conn->race));
	if (err == 0) {
		err = noise_conn_new(session, h2_ready, conn->h2, &noise);
		if (err < 0)
			err_explain(&why, err, "%s", err_text(err));
	}
	if (err < 0) {
		h2_close(conn->h2, err, &why);
		return;
	}
	h2_start(conn->h2, noise);
	if (conn->calls.connected)
		conn->calls.connected(conn->calls.ctx);
}

static int start_race(struct control_conn *conn,
		      const struct control_conn_config *config)
{
	const struct race_config race = {
		.transfers = config->transfers,
		.url = &conn->url,
		.server = *config->server,
		.machine = config->machine,
		.version = config->version,
		.https_only = config->https_only,
		.memory = config->memory,
		.plan = config->plan, .n_plan = config->n_plan,
		.spare = config->spare, .n_spare = config->n_spare,
	};

	return race_start(&race, dialled, conn, &conn->race);
}

int control_conn_open(const struct control_conn_config *config,
		      const struct control_conn_calls *calls,
		      struct control_conn **ret)
{
	struct control_conn *conn auto_clean(control_conn) =
		calloc(1, sizeof(*conn));
	const struct h2_calls h2_calls = {
		.draining = draining, .closed = closed, .ctx = conn,
	};
	int r;

	if (!conn)
		return -ENOMEM;
	conn->calls = *calls;
	r = server_url_parse(config->server_url, &conn->url);
	if (r == 0)
		r = h2_new(transfers_loop(config->transfers), conn->url.host,
			   &h2_calls, &conn->h2);
	if (r == 0)
		r = start_race(conn, config);
	if (r < 0)
		return r;
	*ret = steal(conn);
	return 0;
}

void control_conn_free(struct control_conn *conn)
{
	if (!conn)
		return;
	race_free(conn->race);
	h2_free(conn->h2);
	free(conn);
}

int control_conn_request(struct control_conn *conn,
			 const struct h2_request *request,
			 const struct h2_stream_calls *calls,
			 struct h2_stream **ret)
{
	if (conn->closed)
		return TNE_H2_GOAWAY;
	return h2_request(conn->h2, request, calls, ret);
}

const struct control_early *control_conn_early(const struct control_conn *conn)
{
	return h2_early(conn->h2);
}
