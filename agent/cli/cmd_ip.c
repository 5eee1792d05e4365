// SPDX-License-Identifier: GPL-2.0-only
#include "cli/cmd_ip.h"

#include "base/array.h"
#include "cli/cli.h"

#include <string.h>
#include <strings.h>

/**
 * struct ip_options - which addresses
 * @one: only the first
 * @want4: only IPv4
 * @want6: only IPv6
 * @assert_ip: say nothing, but fail unless this is one; or NULL
 */
struct ip_options {
	bool one;
	bool want4;
	bool want6;
	const char *assert_ip;
};

static bool is_name_of(const struct status *status,
		       const struct status_peer *peer, const char *name)
{
	const char *dns = status_text(peer->dns_name);
	size_t len = strlen(name);

	if (len && name[len - 1] == '.')
		len--;
	if (str_list_find(&peer->addresses, name) < peer->addresses.n ||
	    strcasecmp(status_text(peer->host_name), name) == 0)
		return true;
	if (len == 0 || strncasecmp(dns, name, len) != 0 || dns[len] != '.')
		return false;
	/* The whole name, or what stands before the tailnet's suffix. */
	return !dns[len + 1] ||
		strncasecmp(dns + len + 1,
			    status_text(status->magic_dns_suffix),
			    strlen(status_text(status->magic_dns_suffix))) == 0;
}

static const struct status_peer *find_node(const struct status *status,
					   const char *name)
{
	size_t i;

	if (!name || is_name_of(status, &status->self, name))
		return &status->self;
	for (i = 0; i < status->n_peers; i++) {
		if (is_name_of(status, &status->peers[i], name))
			return &status->peers[i];
	}
	return NULL;
}

static int print_addresses(const struct cli *cli,
			   const struct ip_options *options,
			   const struct status_peer *node)
{
	size_t n = 0, i;
	bool is6;

	for (i = 0; i < node->addresses.n; i++) {
		is6 = strchr(node->addresses.item[i], ':');
		if (is6 ? options->want4 : options->want6)
			continue;
		puts(node->addresses.item[i]);
		n++;
		if (options->one)
			break;
	}
	if (n)
		return CLI_OK;
	fprintf(stderr, "%s: no %s %s address\n", cli->name,
		cli->compat ? "Tailscale" : "tailnet",
		options->want4 ? "IPv4" : options->want6 ? "IPv6" : "IP");
	return CLI_FAILED;
}

static int check_address(const struct cli *cli, const struct status *status,
			 const char *address)
{
	const struct str_list *own = &status->self.addresses;

	if (str_list_find(own, address) < own->n)
		return CLI_OK;
	fprintf(stderr, "%s: %s is not one of this node's addresses\n",
		cli->name, address);
	return CLI_FAILED;
}

static int run(const struct cli *cli, const struct ip_options *options,
	       const char *name)
{
	struct status status __attribute__((cleanup(status_cleanup))) = { 0 };
	const struct status_peer *node;
	int code = cli_status(cli, name != NULL, &status);

	if (code >= 0)
		return code;
	if (status.self.addresses.n == 0) {
		fprintf(stderr, "%s: no current %s IPs; state: %s\n",
			cli->name, cli->compat ? "Tailscale" : "tailnet",
			backend_state_name(status.backend));
		return CLI_FAILED;
	}
	if (options->assert_ip)
		return check_address(cli, &status, options->assert_ip);
	node = find_node(&status, name);
	if (!node) {
		fprintf(stderr, "%s: no peer or service found with IP %s\n",
			cli->name, name);
		return CLI_FAILED;
	}
	return print_addresses(cli, options, node);
}

int cmd_ip(const struct cli *cli, int argc, char **argv)
{
	struct ip_options options = { 0 };
	struct flag flags[] = {
		FLAG("1", FLAG_BOOL, &options.one, "only one address"),
		FLAG("4", FLAG_BOOL, &options.want4, "only the IPv4 address"),
		FLAG("6", FLAG_BOOL, &options.want6, "only the IPv6 address"),
		FLAG("assert", FLAG_TEXT, &options.assert_ip,
		  "fail unless this is an address of this node"),
	};
	int next, code;

	code = cli_flags(cli, "ip [-1] [-4] [-6] [PEER]", flags,
			 ARRAY_SIZE(flags), argc, argv, &next);
	if (code >= 0)
		return code;
	if (argc - next > 1)
		return cli_no_args(cli, argc, argv, next + 1);
	if (options.one + options.want4 + options.want6 > 1) {
		fprintf(stderr,
			"%s: -1, -4 and -6 are mutually exclusive\n",
			cli->name);
		return CLI_FAILED;
	}
	return run(cli, &options, next < argc ? argv[next] : NULL);
}
