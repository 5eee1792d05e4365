// SPDX-License-Identifier: GPL-2.0-only
#include "loop/proxy.h"

#include <stdlib.h>
#include <string.h>

static const char *get(const char *name, const char *other)
{
	const char *value = getenv(name);

	if ((!value || !*value) && other)
		value = getenv(other);
	return value && *value ? value : NULL;
}

void proxy_env_read(struct proxy_env *ret)
{
	*ret = (struct proxy_env){
		.http = get("http_proxy", NULL),
		.https = get("https_proxy", "HTTPS_PROXY"),
		.all = get("all_proxy", "ALL_PROXY"),
		.no = get("no_proxy", "NO_PROXY"),
	};
}

/* Is @host the domain of @len bytes, or under it? */
static bool under(const char *host, const char *domain, size_t len)
{
	size_t host_len = strlen(host);

	if (len > 0 && domain[0] == '.') {
		domain++;
		len--;
	}
	if (len == 0 || host_len < len ||
	    strncasecmp(host + host_len - len, domain, len) != 0)
		return false;
	return host_len == len || host[host_len - len - 1] == '.';
}

static bool is_excepted(const char *no, const char *host)
{
	static const char separators[] = ", \t";
	size_t len;

	for (; no && *no; no += len) {
		no += strspn(no, separators);
		len = strcspn(no, separators);
		if (len == 1 && *no == '*')
			return true;
		if (under(host, no, len))
			return true;
	}
	return false;
}

static bool is_loopback(const char *host)
{
	return strcasecmp(host, "localhost") == 0 ||
	       strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0;
}

const char *proxy_find(const struct proxy_env *env, bool https,
		       const char *host)
{
	const char *proxy = https ? env->https : env->http;

	if (!proxy)
		proxy = env->all;
	if (!proxy || is_loopback(host) || is_excepted(env->no, host))
		return NULL;
	return proxy;
}
