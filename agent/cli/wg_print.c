// SPDX-License-Identifier: GPL-2.0-only
#include "cli/wg_print.h"

#include "base/array.h"
#include "wire/wg_conf.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

static const char none[] = "(none)";
static const char hidden[] = WG_CONF_HIDDEN;

static void print_addr(FILE *out, const uint8_t *addr, uint8_t addr_len)
{
	char text[INET6_ADDRSTRLEN];

	fputs(inet_ntop(addr_len == 4 ? AF_INET : AF_INET6, addr, text,
			sizeof(text)), out);
}

static void print_endpoint(FILE *out, const struct wg_endpoint *e)
{
	char name[IF_NAMESIZE];

	if (!e->addr_len) {
		fputs(none, out);
		return;
	}
	if (e->addr_len == 16)
		fputc('[', out);
	print_addr(out, e->addr, e->addr_len);
	if (e->scope && if_indextoname(e->scope, name))
		fprintf(out, "%%%s", name);
	else if (e->scope)
		fprintf(out, "%%%" PRIu32, e->scope);
	fprintf(out, "%s:%u", e->addr_len == 16 ? "]" : "", e->port);
}

/* @slash: what stands between address and length */
static void print_prefixes(FILE *out, const struct wg_prefixes *list,
			   const char *separator, const char *slash)
{
	size_t i;

	if (list->n == 0)
		fputs(none, out);
	for (i = 0; i < list->n; i++) {
		const struct wg_prefix *p = &list->item[i];

		if (i > 0)
			fputs(separator, out);
		print_addr(out, p->addr, p->addr_len);
		fprintf(out, "%s%u", slash, p->bits);
	}
}

static void print_key(FILE *out, const struct node_public *key)
{
	struct key_text text;

	fputs(key_format_public(key, &text), out);
}

static void print_fwmark(FILE *out, uint32_t fwmark)
{
	if (fwmark)
		fprintf(out, "0x%" PRIx32, fwmark);
	else
		fputs("off", out);
}

static void print_keepalive(FILE *out, uint16_t keepalive_s)
{
	if (keepalive_s)
		fprintf(out, "%u", keepalive_s);
	else
		fputs("off", out);
}

/*
 * For people. The forms are those of wg(8), so that its readers, and programs
 * that read over their shoulders, find everything in its place.
 */

#define C_RESET "\x1b[0m"
#define C_BOLD "\x1b[1m"
#define C_RED "\x1b[31m"
#define C_GREEN "\x1b[32m"
#define C_YELLOW "\x1b[33m"
#define C_CYAN "\x1b[36m"

static const char *color(const struct wg_style *style, const char *code)
{
	return style->color ? code : "";
}

static void print_unit(FILE *out, const struct wg_style *style,
		       const char *unit)
{
	fprintf(out, " %s%s%s", color(style, C_CYAN), unit,
		color(style, C_RESET));
}

static void print_label(FILE *out, const struct wg_style *style,
			const char *label)
{
	fprintf(out, "  %s%s%s: ", color(style, C_BOLD), label,
		color(style, C_RESET));
}

static void print_bytes(FILE *out, const struct wg_style *style, uint64_t bytes)
{
	static const char *const unit[] = { "KiB", "MiB", "GiB", "TiB" };
	uint64_t size = 1024;
	size_t i = 0;

	if (bytes < size) {
		fprintf(out, "%" PRIu64, bytes);
		print_unit(out, style, "B");
		return;
	}
	while (i < 3 && bytes / 1024 >= size) {
		size *= 1024;
		i++;
	}
	fprintf(out, "%.2f", (double)bytes / size);
	print_unit(out, style, unit[i]);
}

static void print_duration(FILE *out, const struct wg_style *style, uint64_t s)
{
	static const struct {
		uint32_t len_s;
		const char *one;
		const char *many;
	} units[] = {
		{ 365 * 86400, "year", "years" },
		{ 86400, "day", "days" },
		{ 3600, "hour", "hours" },
		{ 60, "minute", "minutes" },
		{ 1, "second", "seconds" },
	};
	const char *separator = "";
	size_t i;

	for (i = 0; i < ARRAY_SIZE(units); i++) {
		uint64_t n = s / units[i].len_s;

		s %= units[i].len_s;
		if (!n)
			continue;
		fprintf(out, "%s%" PRIu64, separator, n);
		print_unit(out, style, n == 1 ? units[i].one : units[i].many);
		separator = ", ";
	}
}

static void print_handshake(FILE *out, const struct wg_style *style,
			    int64_t when_s)
{
	if (when_s > style->now_s) {
		fprintf(out, "(%sSystem clock wound backward; connection problems may ensue.%s)",
			color(style, C_RED), color(style, C_RESET));
	} else if (when_s == style->now_s) {
		fputs("Now", out);
	} else {
		print_duration(out, style, style->now_s - when_s);
		fputs(" ago", out);
	}
}

static void print_peer(FILE *out, const struct wg_peer *peer,
		       const struct wg_style *style)
{
	char slash[32];

	fprintf(out, "%s%speer%s: %s", color(style, C_YELLOW),
		color(style, C_BOLD), color(style, C_RESET),
		color(style, C_YELLOW));
	print_key(out, &peer->key);
	fprintf(out, "%s\n", color(style, C_RESET));
	if (peer->has_psk) {
		print_label(out, style, "preshared key");
		fprintf(out, "%s\n", hidden);
	}
	if (peer->endpoint.addr_len) {
		print_label(out, style, "endpoint");
		print_endpoint(out, &peer->endpoint);
		fputc('\n', out);
	}
	print_label(out, style, "allowed ips");
	snprintf(slash, sizeof(slash), "%s/%s", color(style, C_CYAN),
		 color(style, C_RESET));
	print_prefixes(out, &peer->prefixes, ", ", slash);
	fputc('\n', out);
	if (peer->handshake_s) {
		print_label(out, style, "latest handshake");
		print_handshake(out, style, peer->handshake_s);
		fputc('\n', out);
	}
	if (peer->rx_bytes || peer->tx_bytes) {
		print_label(out, style, "transfer");
		print_bytes(out, style, peer->rx_bytes);
		fputs(" received, ", out);
		print_bytes(out, style, peer->tx_bytes);
		fputs(" sent\n", out);
	}
	if (peer->keepalive_s) {
		print_label(out, style, "persistent keepalive");
		fputs("every ", out);
		print_duration(out, style, peer->keepalive_s);
		fputc('\n', out);
	}
	if (!peer->roam) {
		print_label(out, style, "roaming");
		fputs("off\n", out);
	}
}

static const char *const switch_name[WG_SWITCHES] = {
	[WG_SWITCH_GSO] = "gso",
	[WG_SWITCH_GRO] = "gro",
	[WG_SWITCH_INLINE] = "inline",
};

/* Only what differs from a plain device, so that one looks as in wg(8). */
static void print_extras(FILE *out, const struct wg_device *dev,
			 const struct wg_style *style)
{
	const char *separator = "";
	size_t i;

	for (i = 0; i < WG_SWITCHES; i++) {
		if (dev->on[i])
			continue;
		if (!*separator)
			print_label(out, style, "switched off");
		fprintf(out, "%s%s", separator, switch_name[i]);
		separator = ", ";
	}
	if (*separator)
		fputc('\n', out);
	if (dev->managed || dev->sockets == WG_SOCKETS_ADOPTED ||
	    dev->orphaned) {
		print_label(out, style, "managed");
		fprintf(out, "by an agent%s\n",
			dev->orphaned ? ", which has gone" : "");
	}
}

void wg_print_device(FILE *out, const struct wg_device *dev,
		     const struct wg_style *style)
{
	size_t i;

	fprintf(out, "%s%s%sinterface%s: %s%s%s\n", color(style, C_RESET),
		color(style, C_GREEN), color(style, C_BOLD),
		color(style, C_RESET), color(style, C_GREEN), dev->name,
		color(style, C_RESET));
	if (dev->has_key) {
		print_label(out, style, "public key");
		print_key(out, &dev->key);
		fputc('\n', out);
		print_label(out, style, "private key");
		fprintf(out, "%s\n", hidden);
	}
	if (dev->listen_port) {
		print_label(out, style, "listening port");
		fprintf(out, "%u\n", dev->listen_port);
	}
	if (dev->fwmark) {
		print_label(out, style, "fwmark");
		print_fwmark(out, dev->fwmark);
		fputc('\n', out);
	}
	print_extras(out, dev, style);
	for (i = 0; i < dev->n_peers; i++) {
		fputc('\n', out);
		print_peer(out, &dev->peers[i], style);
	}
}

/* For programs: one value at a time, then lines made of them. */

static void device_private_key(FILE *out, const struct wg_device *dev)
{
	fputs(dev->has_key ? hidden : none, out);
}

static void device_public_key(FILE *out, const struct wg_device *dev)
{
	if (dev->has_key)
		print_key(out, &dev->key);
	else
		fputs(none, out);
}

static void device_port(FILE *out, const struct wg_device *dev)
{
	fprintf(out, "%u", dev->listen_port);
}

static void device_fwmark(FILE *out, const struct wg_device *dev)
{
	print_fwmark(out, dev->fwmark);
}

static void peer_psk(FILE *out, const struct wg_peer *peer)
{
	fputs(peer->has_psk ? hidden : none, out);
}

static void peer_endpoint(FILE *out, const struct wg_peer *peer)
{
	print_endpoint(out, &peer->endpoint);
}

static void peer_allowed_ips(FILE *out, const struct wg_peer *peer)
{
	print_prefixes(out, &peer->prefixes, " ", "/");
}

static void peer_handshake(FILE *out, const struct wg_peer *peer)
{
	fprintf(out, "%" PRId64, peer->handshake_s);
}

static void peer_transfer(FILE *out, const struct wg_peer *peer)
{
	fprintf(out, "%" PRIu64 "\t%" PRIu64, peer->rx_bytes, peer->tx_bytes);
}

static void peer_keepalive(FILE *out, const struct wg_peer *peer)
{
	print_keepalive(out, peer->keepalive_s);
}

/* A field is of the device or, behind the key of each, of the peers. */
static const struct field {
	const char *name;
	void (*device)(FILE *out, const struct wg_device *dev);
	void (*peer)(FILE *out, const struct wg_peer *peer);
} fields[] = {
	{ "public-key", device_public_key, NULL },
	{ "private-key", device_private_key, NULL },
	{ "listen-port", device_port, NULL },
	{ "fwmark", device_fwmark, NULL },
	{ "peers", NULL, NULL },
	{ "preshared-keys", NULL, peer_psk },
	{ "endpoints", NULL, peer_endpoint },
	{ "allowed-ips", NULL, peer_allowed_ips },
	{ "latest-handshakes", NULL, peer_handshake },
	{ "transfer", NULL, peer_transfer },
	{ "persistent-keepalive", NULL, peer_keepalive },
};

static const struct field *find_field(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		if (strcmp(fields[i].name, name) == 0)
			return &fields[i];
	}
	return NULL;
}

bool wg_print_is_field(const char *field)
{
	return find_field(field);
}

static void print_name(FILE *out, const struct wg_device *dev, bool with_name)
{
	if (with_name)
		fprintf(out, "%s\t", dev->name);
}

void wg_print_field(FILE *out, const struct wg_device *dev, const char *field,
		    bool with_name)
{
	const struct field *f = find_field(field);
	size_t i;

	if (!f)
		return;
	if (f->device) {
		print_name(out, dev, with_name);
		f->device(out, dev);
		fputc('\n', out);
		return;
	}
	for (i = 0; i < dev->n_peers; i++) {
		print_name(out, dev, with_name);
		print_key(out, &dev->peers[i].key);
		if (f->peer) {
			fputc('\t', out);
			f->peer(out, &dev->peers[i]);
		}
		fputc('\n', out);
	}
}

void wg_print_dump(FILE *out, const struct wg_device *dev, bool with_name)
{
	size_t i;

	print_name(out, dev, with_name);
	device_private_key(out, dev);
	fputc('\t', out);
	device_public_key(out, dev);
	fputc('\t', out);
	device_port(out, dev);
	fputc('\t', out);
	device_fwmark(out, dev);
	fputc('\n', out);
	for (i = 0; i < dev->n_peers; i++) {
		const struct wg_peer *peer = &dev->peers[i];

		print_name(out, dev, with_name);
		print_key(out, &peer->key);
		fputc('\t', out);
		peer_psk(out, peer);
		fputc('\t', out);
		peer_endpoint(out, peer);
		fputc('\t', out);
		print_prefixes(out, &peer->prefixes, ",", "/");
		fputc('\t', out);
		peer_handshake(out, peer);
		fputc('\t', out);
		peer_transfer(out, peer);
		fputc('\t', out);
		peer_keepalive(out, peer);
		fputc('\n', out);
	}
}

static void conf_peer(FILE *out, const struct wg_peer *peer)
{
	fputs("\n[Peer]\nPublicKey = ", out);
	print_key(out, &peer->key);
	fputc('\n', out);
	if (peer->has_psk)
		fprintf(out, "PresharedKey = %s\n", hidden);
	if (peer->prefixes.n) {
		fputs("AllowedIPs = ", out);
		print_prefixes(out, &peer->prefixes, ", ", "/");
		fputc('\n', out);
	}
	if (peer->endpoint.addr_len) {
		fputs("Endpoint = ", out);
		print_endpoint(out, &peer->endpoint);
		fputc('\n', out);
	}
	if (peer->keepalive_s)
		fprintf(out, "PersistentKeepalive = %u\n", peer->keepalive_s);
	if (!peer->roam)
		fputs("Roam = off\n", out);
}

void wg_print_conf(FILE *out, const struct wg_device *dev)
{
	static const char *const setting[WG_SWITCHES] = {
		[WG_SWITCH_GSO] = "GSO",
		[WG_SWITCH_GRO] = "GRO",
		[WG_SWITCH_INLINE] = "Inline",
	};
	bool secrets = dev->has_key;
	size_t i;

	for (i = 0; i < dev->n_peers; i++)
		secrets |= dev->peers[i].has_psk;
	if (secrets)
		fprintf(out, "# The module never gives out secrets. Replace each %s by the key it stands\n"
			"# for; until then this file is refused.\n", hidden);
	fputs("[Interface]\n", out);
	if (dev->listen_port)
		fprintf(out, "ListenPort = %u\n", dev->listen_port);
	if (dev->fwmark) {
		fputs("FwMark = ", out);
		print_fwmark(out, dev->fwmark);
		fputc('\n', out);
	}
	if (dev->has_key)
		fprintf(out, "PrivateKey = %s\n", hidden);
	for (i = 0; i < WG_SWITCHES; i++) {
		if (!dev->on[i])
			fprintf(out, "%s = off\n", setting[i]);
	}
	for (i = 0; i < dev->n_peers; i++)
		conf_peer(out, &dev->peers[i]);
}

void wg_print_drops(FILE *out, const struct wg_drops *drops, bool with_name)
{
	size_t i;

	for (i = 0; i < drops->n; i++) {
		if (with_name)
			fprintf(out, "%s\t", drops->name);
		fprintf(out, "%s\t%" PRIu64 "\n", drops->item[i].reason,
			drops->item[i].packets);
	}
}
