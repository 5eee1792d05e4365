/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRE_PING_JSON_H
#define WIRE_PING_JSON_H

#include "base/arena.h"
#include "base/secret.h"
#include "model/netmap_delta.h"
#include "wire/json.h"

/* Most bytes of an HTTP request inside a ping; ours. */
#define PING_PAYLOAD_MAX (1U << 20)
#define PING_URL_MAX 4096

/**
 * ping_json_parse() - read a request of the server
 * @object:	the object
 * @mem:	owns the result
 * @ret:	the request; NULL if it has no URL, which makes it none
 *
 * Return: 0, TNE_JSON_VALUE or -ENOMEM.
 */
int ping_json_parse(const json_t *object, struct arena *mem,
		    const struct ping_request **ret);

/**
 * struct ping_response - how a ping of a peer went
 * @type: PING_*, one of them
 * @ip: that was pinged
 * @node_ip: address of the node that answered; none = not known
 * @node_name: its name, first label; may be empty
 * @err: why it failed; "" or NULL = it did not
 * @latency_seconds: round trip
 * @endpoint: direct path; port 0 = none
 * @peer_relay: path through a peer; "" or NULL = none
 * @derp_region_id: path through a relay; 0 = none
 * @derp_region_code: its name
 * @peerapi_port: 0 = not known
 * @is_local_ip: it was one of our own addresses
 *
 * Source: tailcfg/tailcfg.go, PingResponse.
 */
struct ping_response {
	unsigned int type;
	struct ip_addr ip;
	struct ip_addr node_ip;
	const char *node_name;
	const char *err;
	double latency_seconds;
	struct ip_port endpoint;
	const char *peer_relay;
	int64_t derp_region_id;
	const char *derp_region_code;
	uint16_t peerapi_port;
	bool is_local_ip;
};

/**
 * ping_response_build() - write the result of a ping
 * @response:	the result
 * @ret:	JSON, for secret_buf_done()
 *
 * Return: 0 or -ENOMEM.
 */
int ping_response_build(const struct ping_response *response,
			struct secret_buf *ret);

#endif /* WIRE_PING_JSON_H */
