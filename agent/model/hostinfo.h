/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MODEL_HOSTINFO_H
#define MODEL_HOSTINFO_H

#include "base/arena.h"
#include "base/opt_bool.h"
#include "model/ip.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct service - a port that a node offers
 * @proto: "tcp", "udp", "peerapi4", "peerapi6", "peerapi-dns-proxy"
 * @port: its port
 * @description: for people; may be empty
 */
struct service {
	const char *proto;
	uint16_t port;
	const char *description;
};

/**
 * struct derp_latency - how far away a relay is
 * @name: "<region>-v4" or "<region>-v6"
 * @seconds: round trip
 */
struct derp_latency {
	const char *name;
	double seconds;
};

/**
 * struct netinfo - what a node knows of its network
 * @mapping_varies_by_dest: its NAT gives each destination another port
 * @working_ipv6: it reaches the internet by IPv6
 * @os_has_ipv6: its system has IPv6
 * @working_udp: it reaches the internet by UDP
 * @working_icmpv4: and by ICMP
 * @have_port_map: a port mapping is in use
 * @upnp: there is a UPnP gateway
 * @pmp: a NAT-PMP gateway
 * @pcp: a PCP gateway
 * @preferred_derp: home region, 0 = unknown
 * @link_type: may be empty
 * @latency: borrowed
 * @n_latency: how many
 * @firewall_mode: may be empty
 *
 * Source: tailcfg/tailcfg.go, NetInfo.
 */
struct netinfo {
	enum opt_bool mapping_varies_by_dest;
	enum opt_bool working_ipv6;
	enum opt_bool os_has_ipv6;
	enum opt_bool working_udp;
	enum opt_bool working_icmpv4;
	bool have_port_map;
	enum opt_bool upnp;
	enum opt_bool pmp;
	enum opt_bool pcp;
	int64_t preferred_derp;
	const char *link_type;
	const struct derp_latency *latency;
	size_t n_latency;
	const char *firewall_mode;
};

/**
 * struct tpm_info - the TPM of a node
 * @manufacturer: four letters
 * @vendor: text
 * @model: number
 * @firmware_version: number
 * @spec_revision: number
 * @family_indicator: "2.0"
 */
struct tpm_info {
	const char *manufacturer;
	const char *vendor;
	int64_t model;
	uint64_t firmware_version;
	int64_t spec_revision;
	const char *family_indicator;
};

/**
 * struct hostinfo - what a node says of itself
 *
 * Ours, as it is sent, and a peer's, as far as the server passes it on. Texts
 * may be NULL or empty, which is the same. All pointers are borrowed from
 * whoever filled it in.
 *
 * @ipn_version: version of the program
 * @backend_log_id: 64 lower case hexadecimal digits
 * @os: "linux"
 * @os_version: release of the kernel
 * @container: does it run in one?
 * @package: how it was installed
 * @device_model: of a device
 * @app: of a program that embeds a node
 * @distro: ID of the distribution
 * @distro_version: its version
 * @distro_code_name: its name
 * @hostname: wanted name of the node
 * @shields_up: all inbound connections are blocked
 * @no_logs_no_support: it sends no logs
 * @routable_ips: routes that it offers; sorted, unique
 * @request_tags: tags that it wants; sorted, unique
 * @services: borrowed
 * @n_services: how many
 * @ssh_host_keys: in the format of authorized_keys; only with an SSH server
 * @machine: architecture
 * @go_arch: the same in Go's words
 * @userspace: not the kernel's network stack
 * @userspace_router: not the kernel's routing
 * @app_connector: it is one
 * @exit_node_id: stable id of the exit node in use
 * @tpm: NULL = no TPM
 * @state_encrypted: is the state sealed at rest?
 * @netinfo: NULL = not known
 * @location_priority: of a peer as an exit node
 * @country_code: of a peer, where it says so
 * @city_code: likewise
 *
 * Source: tailcfg/tailcfg.go, Hostinfo.
 */
struct hostinfo {
	const char *ipn_version;
	const char *backend_log_id;
	const char *os;
	const char *os_version;
	enum opt_bool container;
	const char *package;
	const char *device_model;
	const char *app;
	const char *distro;
	const char *distro_version;
	const char *distro_code_name;
	const char *hostname;
	bool shields_up;
	bool no_logs_no_support;
	struct ip_prefixes routable_ips;
	struct text_list request_tags;
	const struct service *services;
	size_t n_services;
	struct text_list ssh_host_keys;
	const char *machine;
	const char *go_arch;
	enum opt_bool userspace;
	enum opt_bool userspace_router;
	enum opt_bool app_connector;
	const char *exit_node_id;
	const struct tpm_info *tpm;
	enum opt_bool state_encrypted;
	const struct netinfo *netinfo;
	int64_t location_priority;
	const char *country_code;
	const char *city_code;
};

/**
 * hostinfo_equal() - do two say the same?
 * @a: one or NULL
 * @b: the other or NULL
 *
 * Latencies are left out, as in netinfo_equal().
 *
 * Return: true if so.
 */
bool hostinfo_equal(const struct hostinfo *a, const struct hostinfo *b);

/**
 * netinfo_equal() - do two say the same, the latencies left out?
 * @a: one or NULL
 * @b: the other or NULL
 *
 * Latencies never stand still; only a change of the rest is worth a message.
 *
 * Return: true if so.
 */
bool netinfo_equal(const struct netinfo *a, const struct netinfo *b);

/**
 * hostinfo_tag_check() - is it a tag that may be asked for?
 * @tag: terminated
 *
 * Return: true for "tag:", a letter, then letters, digits and "-".
 */
bool hostinfo_tag_check(const char *tag);

#endif /* MODEL_HOSTINFO_H */
