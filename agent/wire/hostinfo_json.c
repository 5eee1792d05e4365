// SPDX-License-Identifier: GPL-2.0-only
#include "wire/hostinfo_json.h"

#include "base/array.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Of a peer; all ours. */
#define TEXT_MAX 1024
#define SERVICES_MAX 256
#define SSH_KEYS_MAX 32
#define SSH_KEY_MAX 8192

static void build_netinfo(struct json_out *out, const struct netinfo *net)
{
	size_t i;

	json_out_open_object(out, "NetInfo");
	json_out_opt_if(out, "MappingVariesByDestIP",
			net->mapping_varies_by_dest);
	json_out_opt_if(out, "WorkingIPv6", net->working_ipv6);
	json_out_opt_if(out, "OSHasIPv6", net->os_has_ipv6);
	json_out_opt_if(out, "WorkingUDP", net->working_udp);
	json_out_opt_if(out, "WorkingICMPv4", net->working_icmpv4);
	json_out_true_if(out, "HavePortMap", net->have_port_map);
	json_out_opt_if(out, "UPnP", net->upnp);
	json_out_opt_if(out, "PMP", net->pmp);
	json_out_opt_if(out, "PCP", net->pcp);
	json_out_int_if(out, "PreferredDERP", net->preferred_derp);
	json_out_text_if(out, "LinkType", net->link_type);
	if (net->n_latency) {
		json_out_open_object(out, "DERPLatency");
		for (i = 0; i < net->n_latency; i++)
			json_out_number(out, net->latency[i].name,
					net->latency[i].seconds);
		json_out_close_object(out);
	}
	json_out_text_if(out, "FirewallMode", net->firewall_mode);
	json_out_close_object(out);
}

static void build_texts(struct json_out *out, const char *name,
			const struct text_list *list)
{
	size_t i;

	if (list->n == 0)
		return;
	json_out_open_array(out, name);
	for (i = 0; i < list->n; i++)
		json_out_text(out, NULL, list->item[i]);
	json_out_close_array(out);
}

static void build_routes(struct json_out *out, const struct ip_prefixes *routes)
{
	char text[IP_PREFIX_TEXT_MAX];
	size_t i;

	if (routes->n == 0)
		return;
	json_out_open_array(out, "RoutableIPs");
	for (i = 0; i < routes->n; i++)
		json_out_text(out, NULL,
			      ip_prefix_format(&routes->item[i], text));
	json_out_close_array(out);
}

static void build_services(struct json_out *out, const struct hostinfo *info)
{
	size_t i;

	if (info->n_services == 0)
		return;
	json_out_open_array(out, "Services");
	for (i = 0; i < info->n_services; i++) {
		const struct service *service = &info->services[i];

		json_out_open_object(out, NULL);
		json_out_text(out, "Proto", service->proto);
		json_out_int(out, "Port", service->port);
		json_out_text_if(out, "Description", service->description);
		json_out_close_object(out);
	}
	json_out_close_array(out);
}

static void build_tpm(struct json_out *out, const struct tpm_info *tpm)
{
	json_out_open_object(out, "TPM");
	json_out_text_if(out, "Manufacturer", tpm->manufacturer);
	json_out_text_if(out, "Vendor", tpm->vendor);
	json_out_int_if(out, "Model", tpm->model);
	if (tpm->firmware_version)
		json_out_uint(out, "FirmwareVersion", tpm->firmware_version);
	json_out_int_if(out, "SpecRevision", tpm->spec_revision);
	json_out_text_if(out, "FamilyIndicator", tpm->family_indicator);
	json_out_close_object(out);
}

static void build_system(struct json_out *out, const struct hostinfo *info)
{
	json_out_text_if(out, "IPNVersion", info->ipn_version);
	json_out_text_if(out, "BackendLogID", info->backend_log_id);
	json_out_text_if(out, "OS", info->os);
	json_out_text_if(out, "OSVersion", info->os_version);
	json_out_opt_if(out, "Container", info->container);
	json_out_text_if(out, "Distro", info->distro);
	json_out_text_if(out, "DistroVersion", info->distro_version);
	json_out_text_if(out, "DistroCodeName", info->distro_code_name);
	json_out_text_if(out, "App", info->app);
	json_out_text_if(out, "Package", info->package);
	json_out_text_if(out, "DeviceModel", info->device_model);
	json_out_text_if(out, "Hostname", info->hostname);
}

void hostinfo_json_build(struct json_out *out, const char *name,
			 const struct hostinfo *info)
{
	json_out_open_object(out, name);
	build_system(out, info);
	json_out_true_if(out, "ShieldsUp", info->shields_up);
	json_out_true_if(out, "NoLogsNoSupport", info->no_logs_no_support);
	json_out_text_if(out, "Machine", info->machine);
	json_out_text_if(out, "GoArch", info->go_arch);
	build_routes(out, &info->routable_ips);
	build_texts(out, "RequestTags", &info->request_tags);
	build_services(out, info);
	if (info->netinfo)
		build_netinfo(out, info->netinfo);
	build_texts(out, "sshHostKeys", &info->ssh_host_keys);
	json_out_opt_if(out, "Userspace", info->userspace);
	json_out_opt_if(out, "UserspaceRouter", info->userspace_router);
	json_out_opt_if(out, "AppConnector", info->app_connector);
	json_out_text_if(out, "ExitNodeID", info->exit_node_id);
	if (info->tpm)
		build_tpm(out, info->tpm);
	json_out_opt_if(out, "StateEncrypted", info->state_encrypted);
	json_out_close_object(out);
}

/* A field that is not right counts as missing; only memory is an error. */
static int lenient(int r)
{
	return r == -ENOMEM ? r : 0;
}

static int parse_services(const json_t *object, struct arena *mem,
			  struct hostinfo *ret)
{
	struct service *item;
	json_t *array, *entry;
	int64_t port;
	size_t i;

	if (json_get_array(object, "Services", SERVICES_MAX, &array) <= 0)
		return 0;
	item = arena_array(mem, json_array_size(array), sizeof(*item));
	if (!item)
		return -ENOMEM;
	ret->services = item;
	json_array_foreach(array, i, entry) {
		struct service *service = &item[ret->n_services];

		service->proto = "";
		service->description = "";
		if (json_copy_text(entry, "Proto", TEXT_MAX, mem,
				   &service->proto) == -ENOMEM ||
		    json_copy_text(entry, "Description", TEXT_MAX, mem,
				   &service->description) == -ENOMEM)
			return -ENOMEM;
		if (!*service->proto ||
		    json_get_int(entry, "Port", 0, UINT16_MAX, &port) <= 0)
			continue;
		service->port = port;
		ret->n_services++;
	}
	return 0;
}

static int parse_location(const json_t *object, struct arena *mem,
			  struct hostinfo *ret)
{
	json_t *location;
	int r;

	if (json_get_object(object, "Location", &location) <= 0)
		return 0;
	json_get_int(location, "Priority", INT32_MIN, INT32_MAX,
		     &ret->location_priority);
	r = lenient(json_copy_text(location, "CountryCode", TEXT_MAX, mem,
				   &ret->country_code));
	if (r < 0)
		return r;
	return lenient(json_copy_text(location, "CityCode", TEXT_MAX, mem,
				      &ret->city_code));
}

static int parse_texts(const json_t *object, struct arena *mem,
		       struct hostinfo *info)
{
	const struct {
		const char *name;
		const char **text;
	} texts[] = {
		{ "IPNVersion", &info->ipn_version },
		{ "OS", &info->os },
		{ "OSVersion", &info->os_version },
		{ "Package", &info->package },
		{ "DeviceModel", &info->device_model },
		{ "App", &info->app },
		{ "Distro", &info->distro },
		{ "DistroVersion", &info->distro_version },
		{ "DistroCodeName", &info->distro_code_name },
		{ "Hostname", &info->hostname },
		{ "Machine", &info->machine },
		{ "GoArch", &info->go_arch },
		{ "ExitNodeID", &info->exit_node_id },
	};
	size_t i;
	int r = 0;

	for (i = 0; i < ARRAY_SIZE(texts) && r == 0; i++) {
		*texts[i].text = "";
		r = lenient(json_copy_text(object, texts[i].name, TEXT_MAX,
					   mem, texts[i].text));
	}
	return r;
}

int hostinfo_json_parse(const json_t *object, struct arena *mem,
			const struct hostinfo **ret)
{
	struct hostinfo *info = arena_alloc(mem, sizeof(*info));
	int r;

	if (!info)
		return -ENOMEM;
	info->country_code = "";
	info->city_code = "";
	r = parse_texts(object, mem, info);
	if (r == 0)
		r = parse_services(object, mem, info);
	if (r == 0)
		r = parse_location(object, mem, info);
	if (r == 0)
		r = lenient(json_copy_texts(object, "sshHostKeys",
					    SSH_KEYS_MAX, SSH_KEY_MAX, mem,
					    &info->ssh_host_keys));
	if (r < 0)
		return r;
	json_get_bool(object, "ShieldsUp", &info->shields_up);
	json_get_opt_bool(object, "Container", &info->container);
	json_get_opt_bool(object, "Userspace", &info->userspace);
	json_get_opt_bool(object, "UserspaceRouter", &info->userspace_router);
	json_get_opt_bool(object, "AppConnector", &info->app_connector);
	json_get_opt_bool(object, "StateEncrypted", &info->state_encrypted);
	*ret = info;
	return 0;
}
