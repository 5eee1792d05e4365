/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a node tells about its host.
 */
#ifndef SYSTEM_HOST_H
#define SYSTEM_HOST_H

#include <stdbool.h>
#include <stddef.h>

#define HOST_FACT_MAX 128	/* bytes, with the end */

/**
 * struct host_facts - facts; a text that is not known is empty
 * @os_version: release of the kernel
 * @machine: architecture, as "uname -m"
 * @distro: ID of the distribution: "debian"
 * @distro_version: "12.11"
 * @distro_code_name: "bookworm"
 * @hostname: first label of the host name
 * @container: it runs in a container
 */
struct host_facts {
	char os_version[HOST_FACT_MAX];
	char machine[HOST_FACT_MAX];
	char distro[HOST_FACT_MAX];
	char distro_version[HOST_FACT_MAX];
	char distro_code_name[HOST_FACT_MAX];
	char hostname[HOST_FACT_MAX];
	bool container;
};

/**
 * host_os_release_parse() - take the facts from an os-release file
 * @text:	its contents, need not be terminated
 * @len:	bytes
 * @ret:	the three texts about the distribution are set as far as found
 *
 * Lines that are malformed, and values that are too long or not printable, are
 * passed over. Source: os-release(5).
 */
void host_os_release_parse(const char *text, size_t len,
			   struct host_facts *ret);

/**
 * host_facts_read() - ask the system
 * @root:	folder in the place of "/", for tests; "" else
 * @ret:	the facts
 */
void host_facts_read(const char *root, struct host_facts *ret);

#endif /* SYSTEM_HOST_H */
