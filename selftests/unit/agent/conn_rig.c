// SPDX-License-Identifier: GPL-2.0-only
#include "conn_rig.h"

#include "test.h"

#include <errno.h>

struct rig rig;

static void on_connected(void *ctx)
{
	(void)ctx;
	rig.connected = true;
	if (rig.free_when_connected) {
		control_conn_free(rig.conn);
		rig.conn = NULL;
	}
}

static void on_draining(void *ctx)
{
	(void)ctx;
	rig.drained = true;
}

static void on_closed(void *ctx, int err, const struct err_detail *detail)
{
	(void)ctx;
	rig.closed = true;
	rig.closed_err = err;
	strcpy(rig.closed_text, detail->text);
}

int rig_open_to(const char *url, const struct machine_public *key)
{
	const struct control_conn_config config = {
		.transfers = rig.transfers,
		.server_url = url,
		.server = key,
		.machine = rig.machine,
		.version = CONTROL_VERSION,
		.memory = &rig.memory,
	};
	const struct control_conn_calls calls = {
		.connected = on_connected,
		.draining = on_draining,
		.closed = on_closed,
	};

	return control_conn_open(&config, &calls, &rig.conn);
}

int rig_begin_client(void)
{
	const struct transfers_options options = { .no_proxy = !rig.by_proxy };
	char url[64];
	int r;

	rig.connected = false;
	rig.drained = false;
	rig.closed = false;
	rig.closed_err = 0;
	rig.conn = NULL;
	memset(&rig.memory, 0, sizeof(rig.memory));
	rig.loop = NULL;
	rig.transfers = NULL;
	rig.machine = secret32_new();
	if (!rig.machine)
		return -ENOMEM;
	memset(secret32_expose(rig.machine), 0x11, SECRET_LEN);
	r = loop_new(rig.which_clock ? rig.which_clock : clock_system(), &rig.loop);
	if (r == 0)
		r = transfers_new(rig.loop, &options, &rig.transfers);
	snprintf(url, sizeof(url), "%s://127.0.0.1:%u/",
		 rig.over_tls ? "https" : "http", rig.server.port);
	if (rig.by_proxy)
		strcpy(url, "http://server.invalid:1234");
	if (r == 0)
		r = rig_open_to(url, &rig.server.public);
	return r;
}

void rig_end_client(void)
{
	control_conn_free(rig.conn);
	transfers_free(rig.transfers);
	loop_free(rig.loop);
	secret32_free(rig.machine);
}

void rig_begin(const struct noise_server_options *options)
{
	noise_server_start(options, &rig.server);
	if (rig_begin_client() < 0)
		abort();
}

void rig_end(void)
{
	rig_end_client();
	noise_server_stop(&rig.server);
}

static void on_response(void *ctx, const struct h2_response *response)
{
	struct ask *ask = ctx;

	ask->status = response->status;
	strcpy(ask->content_type, response->content_type);
	strcpy(ask->retry_after, response->retry_after);
	if (ask->on_response)
		ask->on_response(ask);
}

static void on_data(void *ctx, const uint8_t *data, size_t len)
{
	struct ask *ask = ctx;
	size_t i;

	for (i = 0; i < len; i++) {
		uint8_t want = ask->body_len ?
			ask->body[(ask->got + i) % ask->body_len] :
			NOISE_SERVER_PATTERN(ask->got + i);

		if (data[i] != want)
			ask->wrong = true;
	}
	ask->got += len;
	if (ask->on_data)
		ask->on_data(ask);
}

static void on_end(void *ctx, int err)
{
	struct ask *ask = ctx;

	ask->over = true;
	ask->err = err;
	if (ask->on_end)
		ask->on_end(ask);
}

int rig_request(struct ask *ask)
{
	static const struct h2_header headers[] = {
		{ "ts-lb", "nodekey:00" }, { "content-type", "text/plain" },
	};
	const struct h2_request req = {
		.method = ask->method ? ask->method : "POST",
		.path = ask->path,
		.headers = headers,
		.n_headers = 2,
		.body = ask->body,
		.body_len = ask->body_len,
	};
	const struct h2_stream_calls calls = {
		.response = on_response, .data = on_data, .end = on_end,
		.ctx = ask,
	};

	return control_conn_request(rig.conn, &req, &calls, &ask->stream);
}

void rig_run(const bool *done)
{
	uint64_t start = clock_boot_ms(clock_system());

	while (!*done && !rig.closed &&
	       clock_boot_ms(clock_system()) - start < PATIENCE_MS)
		loop_turn(rig.loop, 50);
}

void rig_run_closed(void)
{
	rig_run(&rig.closed);
}
