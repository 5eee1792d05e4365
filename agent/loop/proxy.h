/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOOP_PROXY_H
#define LOOP_PROXY_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct proxy_env - what the environment says about proxies
 * @http: of http_proxy; NULL = unset, for all of them
 * @https: of https_proxy or HTTPS_PROXY
 * @all: of all_proxy or ALL_PROXY
 * @no: of no_proxy or NO_PROXY: hosts that are reached directly
 */
struct proxy_env {
	const char *http;
	const char *https;
	const char *all;
	const char *no;
};

/**
 * proxy_env_read() - read the environment
 * @ret: borrowed from the environment
 *
 * HTTP_PROXY in capitals does not count: a CGI script's client can set it.
 * Source: curl(1), ENVIRONMENT.
 */
void proxy_env_read(struct proxy_env *ret);

/**
 * proxy_find() - the proxy for a host
 * @env:	what the environment says
 * @https:	for https, not http
 * @host:	name, or address without brackets
 *
 * An entry of no_proxy is a host, a domain (with or without a dot in front) with
 * all that is under it, or "*". Addresses match as text only. Loopback is never
 * reached by a proxy.
 *
 * Return: URL or host:port, borrowed from @env; NULL = none.
 */
const char *proxy_find(const struct proxy_env *env, bool https,
		       const char *host);

#endif /* LOOP_PROXY_H */
