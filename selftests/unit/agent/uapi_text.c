// SPDX-License-Identifier: GPL-2.0-only
#include "uapi_text.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void reject(const char *line)
{
	fprintf(stderr, "malformed: %s\n", line);
	exit(2);
}

static void read_hex(const char *s, uint8_t *key)
{
	size_t i;

	if (strlen(s) != 2 * KEY_LEN)
		reject(s);
	for (i = 0; i < KEY_LEN; i++) {
		unsigned int byte;

		if (sscanf(s + 2 * i, "%2x", &byte) != 1)
			reject(s);
		key[i] = byte;
	}
}

static void read_addr(const char *s, uint8_t *addr, uint8_t *len)
{
	if (inet_pton(AF_INET, s, addr) == 1)
		*len = 4;
	else if (inet_pton(AF_INET6, s, addr) == 1)
		*len = 16;
	else
		reject(s);
}

/* 192.0.2.1:5, [2001:db8::1]:5, [fe80::1%7]:5 */
static void read_endpoint(char *s, struct wg_endpoint *e)
{
	char *colon = strrchr(s, ':'), *end, *scope;

	if (!colon)
		reject(s);
	*colon = 0;
	e->port = atoi(colon + 1);
	if (*s == '[') {
		s++;
		end = strchr(s, ']');
		if (!end)
			reject(s);
		*end = 0;
		scope = strchr(s, '%');
		if (scope) {
			*scope = 0;
			e->scope = atoi(scope + 1);
		}
	}
	read_addr(s, e->addr, &e->addr_len);
}

static void read_prefix(char *s, struct wg_prefixes *list)
{
	struct wg_prefix prefix = { 0 };
	char *slash = strchr(s, '/');

	if (!slash)
		reject(s);
	*slash = 0;
	read_addr(s, prefix.addr, &prefix.addr_len);
	prefix.bits = atoi(slash + 1);
	if (wg_prefixes_add(list, &prefix) < 0)
		reject("memory");
}

static void read_peer(struct wg_peer *peer, const char *name, char *value)
{
	if (strcmp(name, "preshared_key") == 0)
		peer->has_psk = strspn(value, "0") != strlen(value);
	else if (strcmp(name, "endpoint") == 0)
		read_endpoint(value, &peer->endpoint);
	else if (strcmp(name, "allowed_ip") == 0)
		read_prefix(value, &peer->prefixes);
	else if (strcmp(name, "last_handshake_time_sec") == 0)
		peer->handshake_s = atoll(value);
	else if (strcmp(name, "last_handshake_time_nsec") == 0)
		peer->handshake_ns = atoll(value);
	else if (strcmp(name, "rx_bytes") == 0)
		peer->rx_bytes = strtoull(value, NULL, 10);
	else if (strcmp(name, "tx_bytes") == 0)
		peer->tx_bytes = strtoull(value, NULL, 10);
	else if (strcmp(name, "persistent_keepalive_interval") == 0)
		peer->keepalive_s = atoi(value);
	else
		reject(name);
}

static void read_device(struct wg_device *dev, const char *name, char *value)
{
	struct secret32 *key;

	if (strcmp(name, "private_key") == 0) {
		key = secret32_new();
		if (!key)
			reject("memory");
		read_hex(value, secret32_expose(key));
		key_derive_public(key, &dev->key);
		secret32_free(key);
		dev->has_key = true;
	} else if (strcmp(name, "listen_port") == 0) {
		dev->listen_port = atoi(value);
	} else if (strcmp(name, "fwmark") == 0) {
		dev->fwmark = strtoul(value, NULL, 10);
	} else {
		reject(name);
	}
}

void uapi_text_read(const char *path, const char *ifname,
		    struct wg_device *dev)
{
	struct wg_peer *peer = NULL;
	char line[1024], *value;
	FILE *in = fopen(path, "r");
	size_t i;

	if (!in)
		reject(path);
	memset(dev, 0, sizeof(*dev));
	snprintf(dev->name, sizeof(dev->name), "%s", ifname);
	for (i = 0; i < WG_SWITCHES; i++)
		dev->on[i] = true;
	while (fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\n")] = 0;
		value = strchr(line, '=');
		if (!value)
			reject(line);
		*value++ = 0;
		if (strcmp(line, "public_key") == 0) {
			peer = wg_device_add_peer(dev);
			if (!peer)
				reject("memory");
			peer->roam = true;
			read_hex(value, peer->key.byte);
		} else if (peer) {
			read_peer(peer, line, value);
		} else {
			read_device(dev, line, value);
		}
	}
	fclose(in);
}

static void write_hex(FILE *out, const char *name, const uint8_t *key)
{
	size_t i;

	fprintf(out, "%s=", name);
	for (i = 0; i < KEY_LEN; i++)
		fprintf(out, "%02x", key ? key[i] : 0);
	fputc('\n', out);
}

static void write_endpoint(FILE *out, const struct wg_peer_config *peer)
{
	const struct wg_endpoint *e = &peer->endpoint;
	char text[INET6_ADDRSTRLEN];

	if (peer->host) {
		fprintf(out, "endpoint=NAME:%s:%u\n", peer->host, e->port);
		return;
	}
	inet_ntop(e->addr_len == 4 ? AF_INET : AF_INET6, e->addr, text,
		  sizeof(text));
	fprintf(out, e->addr_len == 4 ? "endpoint=%s:%u\n" :
					"endpoint=[%s]:%u\n", text, e->port);
}

static void write_peer(FILE *out, const struct wg_peer_config *peer)
{
	char text[INET6_ADDRSTRLEN];
	size_t i;

	write_hex(out, "public_key", peer->key.byte);
	if (peer->remove) {
		fputs("remove=true\n", out);
		return;
	}
	if (peer->set & WG_PEER_PSK)
		write_hex(out, "preshared_key",
			  peer->psk ? secret32_expose(peer->psk) : NULL);
	if (peer->set & WG_PEER_ENDPOINT)
		write_endpoint(out, peer);
	if (peer->set & WG_PEER_KEEPALIVE)
		fprintf(out, "persistent_keepalive_interval=%u\n",
			peer->keepalive_s);
	if (peer->set & WG_PEER_REPLACE_IPS)
		fputs("replace_allowed_ips=true\n", out);
	for (i = 0; i < peer->prefixes.n; i++) {
		const struct wg_prefix *p = &peer->prefixes.item[i];

		inet_ntop(p->addr_len == 4 ? AF_INET : AF_INET6, p->addr, text,
			  sizeof(text));
		fprintf(out, "allowed_ip=%s%s/%u\n", p->remove ? "-" : "",
			text, p->bits);
	}
}

void uapi_text_write(FILE *out, const struct wg_config *config)
{
	size_t i;

	if (config->set & WG_DEV_KEY)
		write_hex(out, "private_key", config->private_key ?
			  secret32_expose(config->private_key) : NULL);
	if (config->set & WG_DEV_PORT)
		fprintf(out, "listen_port=%u\n", config->listen_port);
	if (config->set & WG_DEV_FWMARK)
		fprintf(out, "fwmark=%" PRIu32 "\n", config->fwmark);
	if (config->replace)
		fputs("replace_peers=true\n", out);
	for (i = 0; i < config->n_peers; i++)
		write_peer(out, &config->peers[i]);
}
