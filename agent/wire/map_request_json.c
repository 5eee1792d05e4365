// SPDX-License-Identifier: GPL-2.0-only
#include "wire/map_request_json.h"

#include "wire/hostinfo_json.h"
#include "wire/json_out.h"

/* Nobody else can use an IPv6 address that only counts on one link. */
static bool is_usable(const struct own_endpoint *endpoint)
{
	const struct ip_addr *ip = &endpoint->addr.addr;

	return ip->len == 4 || (ip->len == 16 && !ip_is_link_local(ip));
}

static void build_endpoints(struct json_out *out,
			    const struct map_request *request)
{
	char text[IP_PORT_TEXT_MAX];
	size_t i, n = 0;

	for (i = 0; i < request->n_endpoints; i++)
		n += is_usable(&request->endpoints[i]);
	if (n == 0)
		return;
	json_out_open_array(out, "Endpoints");
	for (i = 0; i < request->n_endpoints; i++) {
		if (is_usable(&request->endpoints[i]))
			json_out_text(out, NULL, ip_port_format(
					&request->endpoints[i].addr, text));
	}
	json_out_close_array(out);
	json_out_open_array(out, "EndpointTypes");
	for (i = 0; i < request->n_endpoints; i++) {
		if (is_usable(&request->endpoints[i]))
			json_out_int(out, NULL, request->endpoints[i].type);
	}
	json_out_close_array(out);
}

static void build_flags(struct json_out *out, const struct text_list *flags)
{
	size_t i;

	if (flags->n == 0)
		return;
	json_out_open_array(out, "DebugFlags");
	for (i = 0; i < flags->n; i++)
		json_out_text(out, NULL, flags->item[i]);
	json_out_close_array(out);
}

int map_request_build(const struct map_request *request, struct secret_buf *ret)
{
	struct json_out out = { 0 };
	struct key_hex key;

	json_out_open_object(&out, NULL);
	json_out_int(&out, "Version", request->version);
	if (request->compress)
		json_out_text(&out, "Compress", "zstd");
	json_out_bool(&out, "KeepAlive", true);
	json_out_text(&out, "NodeKey",
		      key_text_format_node(&request->node_key, &key));
	json_out_text(&out, "DiscoKey",
		      key_text_format_disco(&request->disco_key, &key));
	json_out_true_if(&out, "Stream", request->use == MAP_USE_POLL);
	hostinfo_json_build(&out, "Hostinfo", request->hostinfo);
	json_out_text_if(&out, "ConnectionHandleForTest",
			 request->handle_for_test);
	build_endpoints(&out, request);
	json_out_text_if(&out, "TKAHead", request->tka_head);
	json_out_true_if(&out, "OmitPeers", request->use == MAP_USE_LITE);
	build_flags(&out, &request->debug_flags);
	json_out_close_object(&out);
	return json_out_end(&out, ret);
}
