// SPDX-License-Identifier: GPL-2.0-only
#include "node/dump.h"

#include "crypto/key_text.h"
#include "wire/json_out.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_prefixes(struct json_out *out, const char *name,
			 const struct ip_prefixes *list)
{
	char text[IP_PREFIX_TEXT_MAX];
	size_t i;

	json_out_open_array(out, name);
	for (i = 0; i < list->n; i++)
		json_out_text(out, NULL, ip_prefix_format(&list->item[i],
							  text));
	json_out_close_array(out);
}

static void put_endpoints(struct json_out *out, const struct ip_ports *list)
{
	char text[IP_PORT_TEXT_MAX];
	size_t i;

	json_out_open_array(out, "Endpoints");
	for (i = 0; i < list->n; i++)
		json_out_text(out, NULL, ip_port_format(&list->item[i], text));
	json_out_close_array(out);
}

static void put_node(struct json_out *out, const char *name,
		     const struct node *node)
{
	struct key_hex key;

	json_out_open_object(out, name);
	json_out_int(out, "ID", node->id);
	json_out_text(out, "StableID", node->stable_id);
	json_out_text(out, "Name", node->name);
	json_out_int(out, "User", node->user);
	json_out_text(out, "Key", key_text_format_node(&node->key, &key));
	json_out_time(out, "KeyExpiry", &node->key_expiry);
	json_out_text(out, "DiscoKey",
		      key_text_format_disco(&node->disco, &key));
	put_prefixes(out, "Addresses", &node->addresses);
	put_prefixes(out, "AllowedIPs", &node->allowed_ips);
	put_prefixes(out, "PrimaryRoutes", &node->primary_routes);
	put_endpoints(out, &node->endpoints);
	json_out_int(out, "HomeDERP", node->home_derp);
	json_out_int(out, "Cap", node->cap);
	json_out_bool(out, "Online", node->online == OPT_TRUE);
	json_out_bool(out, "MachineAuthorized", node->machine_authorized);
	json_out_true_if(out, "Expired", node->expired);
	json_out_true_if(out, "IsJailed", node->jailed);
	json_out_true_if(out, "IsWireGuardOnly", node->wireguard_only);
	json_out_close_object(out);
}

/* Out of the guarded memory: nothing in here is secret. */
static int finish(struct json_out *out, char **ret)
{
	struct secret_buf buf auto_clean(secret_buf) = { 0 };
	int r = json_out_end(out, &buf);

	if (r < 0)
		return r;
	*ret = strndup(buf.data, buf.len);
	return *ret ? 0 : -ENOMEM;
}

int dump_netmap(const struct netmap *netmap, char **ret)
{
	const struct node *peer = NULL;
	struct json_out out = { 0 };

	json_out_open_object(&out, NULL);
	if (netmap->self)
		put_node(&out, "SelfNode", netmap->self);
	json_out_open_array(&out, "Peers");
	while ((peer = netmap_next_peer(netmap, peer)))
		put_node(&out, NULL, peer);
	json_out_close_array(&out);
	json_out_text(&out, "Domain", netmap->domain ? netmap->domain : "");
	json_out_int(&out, "ClockOffsetMs", netmap->clock_offset_ms);
	json_out_close_object(&out);
	return finish(&out, ret);
}

static void put_ip(struct json_out *out, const char *name,
		   const struct ip_addr *ip, bool none)
{
	char text[IP_TEXT_MAX];

	json_out_text_if(out, name, none ? "none" : ip_format(ip, text));
}

static void put_relay(struct json_out *out, const struct derp_node *node)
{
	json_out_open_object(out, NULL);
	json_out_text(out, "Name", node->name);
	json_out_int(out, "RegionID", node->region_id);
	json_out_text(out, "HostName", node->host_name);
	json_out_text_if(out, "CertName", node->cert_name);
	put_ip(out, "IPv4", &node->ipv4, node->no_ipv4);
	put_ip(out, "IPv6", &node->ipv6, node->no_ipv6);
	/* The reader's 0 is the default port, -1 none; ours are filled in. */
	json_out_int(out, "STUNPort", node->stun_port ? node->stun_port : -1);
	json_out_true_if(out, "STUNOnly", node->stun_only);
	json_out_int(out, "DERPPort", node->derp_port);
	json_out_true_if(out, "CanPort80", node->can_port_80);
	json_out_close_object(out);
}

static void put_region(struct json_out *out, const struct derp_region *region)
{
	char name[24];
	size_t i;

	snprintf(name, sizeof(name), "%" PRId64, region->id);
	json_out_open_object(out, name);
	json_out_int(out, "RegionID", region->id);
	json_out_text(out, "RegionCode", region->code);
	json_out_text(out, "RegionName", region->name);
	json_out_true_if(out, "Avoid", region->avoid);
	json_out_true_if(out, "NoMeasureNoHome", region->no_measure_no_home);
	json_out_open_array(out, "Nodes");
	for (i = 0; i < region->n_nodes; i++)
		put_relay(out, &region->nodes[i]);
	json_out_close_array(out);
	json_out_close_object(out);
}

int dump_derp_map(const struct netmap *netmap, char **ret)
{
	const struct derp_regions *regions = netmap->derp_regions;
	struct json_out out = { 0 };
	size_t i;

	json_out_open_object(&out, NULL);
	json_out_open_object(&out, "Regions");
	for (i = 0; regions && i < regions->n; i++)
		put_region(&out, &regions->item[i]);
	json_out_close_object(&out);
	json_out_true_if(&out, "omitDefaultRegions",
			 regions && regions->omit_default);
	json_out_close_object(&out);
	return finish(&out, ret);
}
