/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRE_MAP_REQUEST_JSON_H
#define WIRE_MAP_REQUEST_JSON_H

#include "base/secret.h"
#include "base/arena.h"
#include "crypto/key_text.h"
#include "model/ip.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hostinfo;

enum map_use {
	MAP_USE_POLL,	/* a stream of messages */
	MAP_USE_LITE,	/* tell the server about us; the stream goes on */
	MAP_USE_FETCH,	/* one message; Headscale sends none */
};

/* How an endpoint was found; the numbers are those of the protocol. */
enum endpoint_type {
	ENDPOINT_UNKNOWN = 0,
	ENDPOINT_LOCAL = 1,
	ENDPOINT_STUN = 2,
	ENDPOINT_PORT_MAPPED = 3,
	ENDPOINT_STUN4_LOCAL_PORT = 4,
	ENDPOINT_EXPLICIT = 5,
};

/**
 * struct own_endpoint - a UDP address of ours
 * @addr: the address
 * @type: how it was found
 */
struct own_endpoint {
	struct ip_port addr;
	enum endpoint_type type;
};

/**
 * struct map_request - a request for the map
 * @version: of the protocol, 1..65535
 * @use: what for
 * @compress: ask for zstd
 * @node_key: registered
 * @disco_key: of this process; not zero
 * @hostinfo: complete, never NULL
 * @endpoints: all of them; IPv6 link-local ones are left out
 * @n_endpoints: how many
 * @tka_head: of the tailnet lock; "" or NULL = none
 * @debug_flags: such as "warn-ip-forwarding-off"
 * @handle_for_test: names the connection in a test server; "" or NULL = none
 *
 * All pointers are borrowed. Source: tailcfg/tailcfg.go, MapRequest.
 */
struct map_request {
	uint16_t version;
	enum map_use use;
	bool compress;
	struct node_public node_key;
	struct disco_public disco_key;
	const struct hostinfo *hostinfo;
	const struct own_endpoint *endpoints;
	size_t n_endpoints;
	const char *tka_head;
	struct text_list debug_flags;
	const char *handle_for_test;
};

/**
 * map_request_build() - write a request
 * @request:	what to ask
 * @ret:	JSON, for secret_buf_done()
 *
 * Return: 0 or -ENOMEM.
 */
int map_request_build(const struct map_request *request,
		      struct secret_buf *ret);

#endif /* WIRE_MAP_REQUEST_JSON_H */
