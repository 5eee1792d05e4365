// SPDX-License-Identifier: GPL-2.0-only
#include "node/self_info.h"

#include "base/version.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void self_info_init(struct self_info *self)
{
	*self = (struct self_info){ 0 };
	host_facts_read("", &self->facts);
}

static const char *go_arch(const char *machine)
{
	if (!strcmp(machine, "x86_64"))
		return "amd64";
	if (!strcmp(machine, "aarch64"))
		return "arm64";
	return NULL;
}

static int cmp_prefix(const void *a, const void *b)
{
	return ip_prefix_cmp(a, b);
}

static int cmp_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted, each once. Return: how many, or -ENOMEM. */
static int make_routes(const struct str_list *from, struct ip_prefix **ret)
{
	struct ip_prefix *list = calloc(from->n + 1, sizeof(*list));
	size_t i, n = 0, kept = 0;

	if (!list)
		return -ENOMEM;
	for (i = 0; i < from->n; i++) {
		if (ip_prefix_parse(from->item[i], strlen(from->item[i]),
				    &list[n]) == 0)
			n++;
	}
	qsort(list, n, sizeof(*list), cmp_prefix);
	for (i = 0; i < n; i++) {
		if (i == 0 || ip_prefix_cmp(&list[i], &list[kept - 1]))
			list[kept++] = list[i];
	}
	*ret = list;
	return kept;
}

static int make_tags(const struct str_list *from, const char ***ret)
{
	const char **list = calloc(from->n + 1, sizeof(*list));
	size_t i, n = 0, kept = 0;

	if (!list)
		return -ENOMEM;
	for (i = 0; i < from->n; i++) {
		if (hostinfo_tag_check(from->item[i]))
			list[n++] = from->item[i];
	}
	qsort(list, n, sizeof(*list), cmp_text);
	for (i = 0; i < n; i++) {
		if (i == 0 || strcmp(list[i], list[kept - 1]))
			list[kept++] = list[i];
	}
	*ret = list;
	return kept;
}

static void fill(struct self_info *self, const struct prefs *prefs,
		 const char *log_id)
{
	const struct host_facts *facts = &self->facts;

	self->netinfo = (struct netinfo){ .os_has_ipv6 = OPT_UNSET };
	self->info = (struct hostinfo){
		.ipn_version = VERSION_LONG,
		.backend_log_id = log_id,
		.os = "linux",
		.os_version = facts->os_version,
		.container = facts->container ? OPT_TRUE : OPT_FALSE,
		.distro = facts->distro,
		.distro_version = facts->distro_version,
		.distro_code_name = facts->distro_code_name,
		.hostname = *prefs_text(prefs->hostname) ? prefs->hostname :
							   facts->hostname,
		.shields_up = prefs->shields_up,
		.no_logs_no_support = true,
		.machine = facts->machine,
		.go_arch = go_arch(facts->machine),
		.userspace = OPT_FALSE,
		.userspace_router = OPT_FALSE,
		.app_connector = OPT_FALSE,
		.state_encrypted = self->sealed ? OPT_TRUE : OPT_FALSE,
		.tpm = self->has_tpm ? &self->tpm : NULL,
		.netinfo = &self->netinfo,
	};
}

void self_info_set_state(struct self_info *self, bool sealed,
			 const struct tpm_facts *facts)
{
	self->sealed = sealed;
	self->has_tpm = facts;
	if (!facts)
		return;
	self->tpm_facts = *facts;
	facts = &self->tpm_facts;
	self->tpm = (struct tpm_info){
		.manufacturer = facts->manufacturer,
		.vendor = facts->vendor,
		.model = facts->model,
		.firmware_version = facts->firmware,
		.spec_revision = facts->revision,
		.family_indicator = facts->family,
	};
}

int self_info_set(struct self_info *self, const struct prefs *prefs,
		  const char *log_id)
{
	struct ip_prefix *routes = NULL;
	struct ip_prefixes kept;
	const char **tags = NULL;
	int n_routes, n_tags;

	n_routes = make_routes(&prefs->advertise_routes, &routes);
	n_tags = make_tags(&prefs->advertise_tags, &tags);
	if (n_routes < 0 || n_tags < 0) {
		free(routes);
		free(tags);
		/* What it borrowed before may be gone after this call. */
		kept = self->info.routable_ips;
		fill(self, prefs, log_id);
		self->info.routable_ips = kept;
		return -ENOMEM;
	}
	free(self->routes);
	free(self->tags);
	self->routes = routes;
	self->tags = tags;
	fill(self, prefs, log_id);
	self->info.routable_ips = (struct ip_prefixes){ routes, n_routes };
	self->info.request_tags = (struct text_list){ tags, n_tags };
	return 0;
}

void self_info_done(struct self_info *self)
{
	free(self->routes);
	free(self->tags);
	self->routes = NULL;
	self->tags = NULL;
}
