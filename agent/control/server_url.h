/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CONTROL_SERVER_URL_H
#define CONTROL_SERVER_URL_H

#include <stdbool.h>
#include <stdint.h>

#define SERVER_HOST_MAX 254	/* bytes with the end */

/**
 * struct server_url - where a control server is
 * @https: what the URL says
 * @host: name, or address without brackets
 * @port: as written; 0 = none
 * @private: loopback, RFC 1918 or fc00::/7 in text, or "localhost"
 */
struct server_url {
	bool https;
	char host[SERVER_HOST_MAX];
	uint16_t port;
	bool private;
};

/**
 * struct server_ports - which ports speak Noise
 * @http: 0 = none
 * @https: 0 = none
 */
struct server_ports {
	uint16_t http;
	uint16_t https;
};

/**
 * server_url_parse() - read the URL of a control server
 * @text:	http or https, a host, perhaps a port; a slash at the end is
 *		dropped, any other path, user, query or fragment refused
 * @ret:	the URL
 *
 * Return: 0, TNE_URL or -ENOMEM.
 */
int server_url_parse(const char *text, struct server_url *ret);

/**
 * server_url_ports() - ports to be dialled for Noise
 * @url:	the server
 * @ret:	the ports
 *
 * The reference tries port 80 of "https://h:P", too. Not here: whatever listens
 * there belongs to something else more often than not.
 * Source: control/controlhttp/client.go, dialURL.
 */
void server_url_ports(const struct server_url *url, struct server_ports *ret);

#endif /* CONTROL_SERVER_URL_H */
