/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MODEL_IP_H
#define MODEL_IP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IP_TEXT_MAX 46		/* bytes, with the end */
#define IP_PREFIX_TEXT_MAX 50
#define IP_PORT_TEXT_MAX 54

/**
 * struct ip_addr - an IP address, or none
 * @byte: network order; what is behind @len bytes is zero
 * @len: 4, 16, or 0 = none
 *
 * An IPv4 address written in the IPv6 way (::ffff:192.0.2.1) stays an IPv6 one.
 */
struct ip_addr {
	uint8_t byte[16];
	uint8_t len;
};

/**
 * struct ip_prefix - a network
 * @addr: never none; bits behind @bits may be set unless masked
 * @bits: 0..32 or 0..128
 */
struct ip_prefix {
	struct ip_addr addr;
	uint8_t bits;
};

/**
 * struct ip_port - an address with a port
 * @addr: never none
 * @port: host order
 */
struct ip_port {
	struct ip_addr addr;
	uint16_t port;
};

/**
 * struct ip_prefixes - several networks
 * @item: borrowed from the value it belongs to
 * @n: how many
 */
struct ip_prefixes {
	const struct ip_prefix *item;
	size_t n;
};

/**
 * struct ip_ports - several addresses with ports
 * @item: borrowed from the value it belongs to
 * @n: how many
 */
struct ip_ports {
	const struct ip_port *item;
	size_t n;
};

/* Most prefixes that one range can come to. */
#define IP_RANGE_PREFIXES_MAX 254

/*
 * The parsers take text that need not be terminated, without spaces, zones and
 * leading zeros. They return 0 or TNE_IP_FORMAT.
 */
int ip_parse(const char *s, size_t len, struct ip_addr *ret);
/* ADDRESS/BITS; bits behind the prefix may be set, see ip_prefix_mask(). */
int ip_prefix_parse(const char *s, size_t len, struct ip_prefix *ret);
/* ADDRESS:PORT or [ADDRESS]:PORT */
int ip_port_parse(const char *s, size_t len, struct ip_port *ret);

/* The one canonical text (RFC 5952); that of none is empty. Returns @ret. */
const char *ip_format(const struct ip_addr *ip, char ret[IP_TEXT_MAX]);
const char *ip_prefix_format(const struct ip_prefix *prefix,
			     char ret[IP_PREFIX_TEXT_MAX]);
const char *ip_port_format(const struct ip_port *port,
			   char ret[IP_PORT_TEXT_MAX]);

/* Order: none, IPv4, IPv6; then by address; then by bits or port. */
int ip_cmp(const struct ip_addr *a, const struct ip_addr *b);
int ip_prefix_cmp(const struct ip_prefix *a, const struct ip_prefix *b);
int ip_port_cmp(const struct ip_port *a, const struct ip_port *b);
bool ip_prefixes_equal(const struct ip_prefixes *a,
		       const struct ip_prefixes *b);
bool ip_ports_equal(const struct ip_ports *a, const struct ip_ports *b);

/**
 * ip_prefix_of() - the network of one address
 * @ip: not none
 *
 * Return: a /32 or /128.
 */
struct ip_prefix ip_prefix_of(const struct ip_addr *ip);

/**
 * ip_prefix_is_single() - is it one address?
 * @prefix: the network
 *
 * Return: true for a /32 or /128.
 */
bool ip_prefix_is_single(const struct ip_prefix *prefix);

/**
 * ip_prefix_mask() - clear the bits behind the prefix
 * @prefix: changed
 *
 * Return: true if one of them was set.
 */
bool ip_prefix_mask(struct ip_prefix *prefix);

/**
 * ip_prefix_contains() - is an address in a network?
 * @prefix:	the network
 * @ip:		the address; another family is in none
 *
 * Return: true if so.
 */
bool ip_prefix_contains(const struct ip_prefix *prefix,
			const struct ip_addr *ip);

/**
 * ip_prefix_overlaps() - have two networks an address in common?
 * @a: one
 * @b: the other
 *
 * Return: true if so.
 */
bool ip_prefix_overlaps(const struct ip_prefix *a, const struct ip_prefix *b);

/**
 * ip_is_link_local() - 169.254/16 or fe80::/10
 * @ip: the address
 *
 * Return: true if so.
 */
bool ip_is_link_local(const struct ip_addr *ip);

/**
 * ip_range_prefixes() - the fewest networks that make up a range
 * @from:	first address
 * @to:		last address
 * @ret:	the networks, in order
 *
 * Return: how many, at least 1; TNE_IP_FORMAT if the families differ, one is
 * none, or @to comes before @from.
 */
int ip_range_prefixes(const struct ip_addr *from, const struct ip_addr *to,
		      struct ip_prefix ret[IP_RANGE_PREFIXES_MAX]);

#endif /* MODEL_IP_H */
