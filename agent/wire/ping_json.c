// SPDX-License-Identifier: GPL-2.0-only
#include "wire/ping_json.h"

#include "base/array.h"
#include "wire/json_out.h"

#include <errno.h>
#include <string.h>

#define TYPES_MAX 256

static const struct {
	const char *name;
	unsigned int type;
} ping_types[] = {
	{ "disco", PING_DISCO },
	{ "TSMP", PING_TSMP },
	{ "ICMP", PING_ICMP },
	{ "peerapi", PING_PEERAPI },
};

#define N_TYPES ARRAY_SIZE(ping_types)

/* A list with commas; what we do not know is left out. */
static unsigned int types_of(const char *s)
{
	unsigned int types = 0;
	size_t i, n;

	for (; *s; s += n + (s[n] == ',')) {
		n = strcspn(s, ",");
		for (i = 0; i < N_TYPES; i++) {
			if (strlen(ping_types[i].name) == n &&
			    strncmp(ping_types[i].name, s, n) == 0)
				types |= ping_types[i].type;
		}
	}
	return types;
}

static int parse(const json_t *object, struct arena *mem,
		 struct ping_request *ping)
{
	struct json_text types = { .s = "" };
	int r;

	r = json_get_text(object, "Types", TYPES_MAX, &types);
	if (r >= 0)
		r = json_get_bool(object, "URLIsNoise", &ping->url_is_noise);
	if (r >= 0)
		r = json_get_bool(object, "Log", &ping->log);
	if (r >= 0)
		r = json_get_ip(object, "IP", &ping->ip);
	if (r >= 0)
		r = json_copy_bytes(object, "Payload", PING_PAYLOAD_MAX, mem,
				    &ping->payload);
	if (r < 0)
		return r;
	ping->head = types.len == 0;
	ping->c2n = strcmp(types.s, "c2n") == 0;
	ping->types = types_of(types.s);
	return 0;
}

int ping_json_parse(const json_t *object, struct arena *mem,
		    const struct ping_request **ret)
{
	struct ping_request *ping = arena_alloc(mem, sizeof(*ping));
	int r;

	if (!ping)
		return -ENOMEM;
	ping->url = "";
	r = json_copy_text(object, "URL", PING_URL_MAX, mem, &ping->url);
	if (r < 0)
		return r;
	r = parse(object, mem, ping);
	if (r < 0)
		return r;
	*ret = *ping->url ? ping : NULL;
	return 0;
}

static void build_ip(struct json_out *out, const char *name,
		     const struct ip_addr *ip)
{
	char text[IP_TEXT_MAX];

	json_out_text_if(out, name, ip_format(ip, text));
}

int ping_response_build(const struct ping_response *response,
			struct secret_buf *ret)
{
	char endpoint[IP_PORT_TEXT_MAX] = "";
	struct json_out out = { 0 };
	const char *type = "";
	size_t i;

	for (i = 0; i < N_TYPES; i++) {
		if (ping_types[i].type == response->type)
			type = ping_types[i].name;
	}
	if (response->endpoint.port)
		ip_port_format(&response->endpoint, endpoint);

	json_out_open_object(&out, NULL);
	json_out_text_if(&out, "Type", type);
	build_ip(&out, "IP", &response->ip);
	build_ip(&out, "NodeIP", &response->node_ip);
	json_out_text_if(&out, "NodeName", response->node_name);
	json_out_text_if(&out, "Err", response->err);
	if (response->latency_seconds != 0)
		json_out_number(&out, "LatencySeconds",
				response->latency_seconds);
	json_out_text_if(&out, "Endpoint", endpoint);
	json_out_text_if(&out, "PeerRelay", response->peer_relay);
	json_out_int_if(&out, "DERPRegionID", response->derp_region_id);
	json_out_text_if(&out, "DERPRegionCode", response->derp_region_code);
	json_out_int_if(&out, "PeerAPIPort", response->peerapi_port);
	json_out_true_if(&out, "IsLocalIP", response->is_local_ip);
	json_out_close_object(&out);
	return json_out_end(&out, ret);
}
