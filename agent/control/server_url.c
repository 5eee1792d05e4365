// SPDX-License-Identifier: GPL-2.0-only
#include "control/server_url.h"

#include "base/array.h"
#include "base/err.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <arpa/inet.h>
#include <curl/curl.h>

#define HTTP_PORT 80
#define HTTPS_PORT 443

/* Source: RFC 1918, RFC 4193, RFC 1122 section 3.2.1.3. */
static bool is_private(const char *host)
{
	uint8_t a[16];

	if (strcasecmp(host, "localhost") == 0)
		return true;
	if (inet_pton(AF_INET, host, a) == 1)
		return a[0] == 127 || a[0] == 10 ||
		       (a[0] == 172 && (a[1] & 0xf0) == 16) ||
		       (a[0] == 192 && a[1] == 168);
	if (inet_pton(AF_INET6, host, a) == 1) {
		static const uint8_t loopback[16] = { [15] = 1 };

		return (a[0] & 0xfe) == 0xfc || memcmp(a, loopback, 16) == 0;
	}
	return false;
}

/* Return: 1 and the text, 0 if there is no such part, or an error. */
static int get(CURLU *url, CURLUPart part, char **ret)
{
	CURLUcode code = curl_url_get(url, part, ret, 0);

	if (code == CURLUE_OUT_OF_MEMORY)
		return -ENOMEM;
	return code == CURLUE_OK;
}

static int take_host(CURLU *url, struct server_url *ret)
{
	size_t len, skip;
	char *host;
	int r;

	r = get(url, CURLUPART_HOST, &host);
	if (r <= 0)
		return r < 0 ? r : TNE_URL;
	skip = host[0] == '[';
	len = strlen(host) - 2 * skip;
	r = len == 0 || len >= sizeof(ret->host) ? TNE_URL : 0;
	if (r == 0) {
		memcpy(ret->host, host + skip, len);
		ret->host[len] = 0;
	}
	/* It goes into a header, and a zone into no header at all. */
	if (r == 0 && strpbrk(ret->host, " %\"\\\r\n\t"))
		r = TNE_URL;
	curl_free(host);
	return r;
}

static int take_scheme(CURLU *url, struct server_url *ret)
{
	char *scheme;
	int r;

	r = get(url, CURLUPART_SCHEME, &scheme);
	if (r <= 0)
		return r < 0 ? r : TNE_URL;
	ret->https = strcmp(scheme, "https") == 0;
	r = ret->https || strcmp(scheme, "http") == 0 ? 0 : TNE_URL;
	curl_free(scheme);
	return r;
}

static int take_port(CURLU *url, struct server_url *ret)
{
	char *port;
	int r;

	r = get(url, CURLUPART_PORT, &port);
	if (r <= 0)
		return r;
	ret->port = strtoul(port, NULL, 10);
	curl_free(port);
	return ret->port ? 0 : TNE_URL;
}

static int refuse_rest(CURLU *url)
{
	static const CURLUPart unwanted[] = {
		CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY,
		CURLUPART_FRAGMENT, CURLUPART_ZONEID,
	};
	char *text;
	size_t i;
	int r;

	for (i = 0; i < ARRAY_SIZE(unwanted); i++) {
		r = get(url, unwanted[i], &text);
		if (r == 1)
			curl_free(text);
		if (r != 0)
			return r < 0 ? r : TNE_URL;
	}
	r = get(url, CURLUPART_PATH, &text);
	if (r <= 0)
		return r;
	r = strcmp(text, "/") == 0 ? 0 : TNE_URL;
	curl_free(text);
	return r;
}

int server_url_parse(const char *text, struct server_url *ret)
{
	struct server_url parsed = { 0 };
	CURLU *url = curl_url();
	CURLUcode code;
	int r;

	if (!url)
		return -ENOMEM;
	code = curl_url_set(url, CURLUPART_URL, text, 0);
	if (code == CURLUE_OUT_OF_MEMORY)
		r = -ENOMEM;
	else
		r = code == CURLUE_OK ? take_scheme(url, &parsed) : TNE_URL;
	if (r == 0)
		r = take_host(url, &parsed);
	if (r == 0)
		r = take_port(url, &parsed);
	if (r == 0)
		r = refuse_rest(url);
	curl_url_cleanup(url);
	if (r < 0)
		return r;
	parsed.private = is_private(parsed.host);
	*ret = parsed;
	return 0;
}

void server_url_ports(const struct server_url *url, struct server_ports *ret)
{
	struct server_ports ports = { HTTP_PORT, HTTPS_PORT };

	if (url->https && url->port) {
		ports.http = 0;
		ports.https = url->port;
	}
	if (!url->https) {
		if (url->port)
			ports.http = url->port;
		if (url->private)
			ports.https = 0;
	}
	*ret = ports;
}
