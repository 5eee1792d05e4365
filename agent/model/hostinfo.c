// SPDX-License-Identifier: GPL-2.0-only
#include "model/hostinfo.h"

#include <string.h>

static bool texts_equal(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool lists_equal(const struct text_list *a, const struct text_list *b)
{
	size_t i;

	if (a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++) {
		if (strcmp(a->item[i], b->item[i]) != 0)
			return false;
	}
	return true;
}

static bool services_equal(const struct hostinfo *a, const struct hostinfo *b)
{
	size_t i;

	if (a->n_services != b->n_services)
		return false;
	for (i = 0; i < a->n_services; i++) {
		const struct service *x = &a->services[i];
		const struct service *y = &b->services[i];

		if (!texts_equal(x->proto, y->proto) || x->port != y->port ||
		    !texts_equal(x->description, y->description))
			return false;
	}
	return true;
}

static bool tpms_equal(const struct tpm_info *a, const struct tpm_info *b)
{
	if (!a || !b)
		return a == b;
	return texts_equal(a->manufacturer, b->manufacturer) &&
	       texts_equal(a->vendor, b->vendor) && a->model == b->model &&
	       a->firmware_version == b->firmware_version &&
	       a->spec_revision == b->spec_revision &&
	       texts_equal(a->family_indicator, b->family_indicator);
}

bool netinfo_equal(const struct netinfo *a, const struct netinfo *b)
{
	if (!a || !b)
		return a == b;
	return a->mapping_varies_by_dest == b->mapping_varies_by_dest &&
	       a->working_ipv6 == b->working_ipv6 &&
	       a->os_has_ipv6 == b->os_has_ipv6 &&
	       a->working_udp == b->working_udp &&
	       a->working_icmpv4 == b->working_icmpv4 &&
	       a->have_port_map == b->have_port_map && a->upnp == b->upnp &&
	       a->pmp == b->pmp && a->pcp == b->pcp &&
	       a->preferred_derp == b->preferred_derp &&
	       texts_equal(a->link_type, b->link_type) &&
	       texts_equal(a->firewall_mode, b->firewall_mode);
}

static bool same_system(const struct hostinfo *a, const struct hostinfo *b)
{
	return texts_equal(a->ipn_version, b->ipn_version) &&
	       texts_equal(a->backend_log_id, b->backend_log_id) &&
	       texts_equal(a->os, b->os) &&
	       texts_equal(a->os_version, b->os_version) &&
	       a->container == b->container &&
	       texts_equal(a->package, b->package) &&
	       texts_equal(a->device_model, b->device_model) &&
	       texts_equal(a->app, b->app) &&
	       texts_equal(a->distro, b->distro) &&
	       texts_equal(a->distro_version, b->distro_version) &&
	       texts_equal(a->distro_code_name, b->distro_code_name) &&
	       texts_equal(a->hostname, b->hostname) &&
	       texts_equal(a->machine, b->machine) &&
	       texts_equal(a->go_arch, b->go_arch) &&
	       tpms_equal(a->tpm, b->tpm) &&
	       a->state_encrypted == b->state_encrypted &&
	       a->location_priority == b->location_priority &&
	       texts_equal(a->country_code, b->country_code) &&
	       texts_equal(a->city_code, b->city_code);
}

static bool same_offers(const struct hostinfo *a, const struct hostinfo *b)
{
	return a->shields_up == b->shields_up &&
	       a->no_logs_no_support == b->no_logs_no_support &&
	       ip_prefixes_equal(&a->routable_ips, &b->routable_ips) &&
	       lists_equal(&a->request_tags, &b->request_tags) &&
	       services_equal(a, b) &&
	       lists_equal(&a->ssh_host_keys, &b->ssh_host_keys) &&
	       a->userspace == b->userspace &&
	       a->userspace_router == b->userspace_router &&
	       a->app_connector == b->app_connector &&
	       texts_equal(a->exit_node_id, b->exit_node_id);
}

bool hostinfo_equal(const struct hostinfo *a, const struct hostinfo *b)
{
	if (!a || !b)
		return a == b;
	return same_system(a, b) && same_offers(a, b) &&
	       netinfo_equal(a->netinfo, b->netinfo);
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Source: tailcfg/tailcfg.go, CheckTag. */
bool hostinfo_tag_check(const char *tag)
{
	if (strncmp(tag, "tag:", 4) != 0 || !is_letter(tag[4]))
		return false;
	for (tag += 5; *tag; tag++) {
		if (!is_letter(*tag) && !(*tag >= '0' && *tag <= '9') &&
		    *tag != '-')
			return false;
	}
	return true;
}
