// SPDX-License-Identifier: GPL-2.0-only
#include "model/ip.h"

#include "base/err.h"

#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>

static unsigned int bits_of(const struct ip_addr *ip)
{
	return ip->len * 8;
}

int ip_parse(const char *s, size_t len, struct ip_addr *ret)
{
	struct ip_addr ip = { 0 };
	char text[IP_TEXT_MAX];
	int family = AF_INET;

	if (len == 0 || len >= sizeof(text) || memchr(s, 0, len))
		return TNE_IP_FORMAT;
	memcpy(text, s, len);
	text[len] = 0;
	ip.len = 4;
	if (memchr(s, ':', len)) {
		ip.len = 16;
		family = AF_INET6;
	}
	if (inet_pton(family, text, ip.byte) != 1)
		return TNE_IP_FORMAT;
	*ret = ip;
	return 0;
}

/* Decimal without leading zeros. */
static int parse_number(const char *s, size_t len, unsigned int max,
			unsigned int *ret)
{
	unsigned int n = 0;
	size_t i;

	if (len == 0 || len > 5 || (len > 1 && *s == '0'))
		return TNE_IP_FORMAT;
	for (i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return TNE_IP_FORMAT;
		n = n * 10 + (s[i] - '0');
	}
	if (n > max)
		return TNE_IP_FORMAT;
	*ret = n;
	return 0;
}

int ip_prefix_parse(const char *s, size_t len, struct ip_prefix *ret)
{
	const char *slash = memchr(s, '/', len);
	struct ip_prefix prefix;
	unsigned int bits;
	int r;

	if (!slash)
		return TNE_IP_FORMAT;
	r = ip_parse(s, slash - s, &prefix.addr);
	if (r < 0)
		return r;
	r = parse_number(slash + 1, s + len - slash - 1, bits_of(&prefix.addr),
			 &bits);
	if (r < 0)
		return r;
	prefix.bits = bits;
	*ret = prefix;
	return 0;
}

int ip_port_parse(const char *s, size_t len, struct ip_port *ret)
{
	const char *colon = memrchr(s, ':', len), *host = s;
	size_t host_len;
	struct ip_port port;
	unsigned int number;
	bool brackets;
	int r;

	if (!colon)
		return TNE_IP_FORMAT;
	host_len = colon - s;
	brackets = host_len >= 2 && *s == '[' && colon[-1] == ']';
	if (brackets) {
		host++;
		host_len -= 2;
	}
	r = ip_parse(host, host_len, &port.addr);
	if (r < 0)
		return r;
	if (brackets != (port.addr.len == 16))
		return TNE_IP_FORMAT;
	r = parse_number(colon + 1, s + len - colon - 1, UINT16_MAX, &number);
	if (r < 0)
		return r;
	port.port = number;
	*ret = port;
	return 0;
}

static bool is_mapped(const struct ip_addr *ip)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(ip->byte, mapped, sizeof(mapped)) == 0;
}

static unsigned int group_at(const struct ip_addr *ip, int i)
{
	return ip->byte[2 * i] << 8 | ip->byte[2 * i + 1];
}

/* The first of the longest runs of two or more zero groups. */
static void longest_zeros(const struct ip_addr *ip, int *start, int *len)
{
	int i, run = 0;

	*len = 1;
	*start = -1;
	for (i = 0; i < 8; i++) {
		run = group_at(ip, i) == 0 ? run + 1 : 0;
		if (run > *len) {
			*len = run;
			*start = i - run + 1;
		}
	}
}

/* inet_ntop() writes some IPv6 addresses with dots that Go does not. */
static void format_v6(const struct ip_addr *ip, char *ret)
{
	int start, len, i, n = 0;

	longest_zeros(ip, &start, &len);
	for (i = 0; i < 8; i++) {
		if (i == start) {
			n += sprintf(ret + n, "::");
			i += len - 1;
			continue;
		}
		n += sprintf(ret + n, "%s%x",
			     i > 0 && ret[n - 1] != ':' ? ":" : "",
			     group_at(ip, i));
	}
}

const char *ip_format(const struct ip_addr *ip, char ret[IP_TEXT_MAX])
{
	const uint8_t *v4 = ip->byte;
	const char *before = "";

	if (ip->len == 16 && !is_mapped(ip)) {
		format_v6(ip, ret);
		return ret;
	}
	if (ip->len == 0) {
		ret[0] = 0;
		return ret;
	}
	if (ip->len == 16) {
		before = "::ffff:";
		v4 += 12;
	}
	snprintf(ret, IP_TEXT_MAX, "%s%u.%u.%u.%u", before, v4[0], v4[1], v4[2],
		 v4[3]);
	return ret;
}

const char *ip_prefix_format(const struct ip_prefix *prefix,
			     char ret[IP_PREFIX_TEXT_MAX])
{
	char ip[IP_TEXT_MAX];

	snprintf(ret, IP_PREFIX_TEXT_MAX, "%s/%u",
		 ip_format(&prefix->addr, ip), prefix->bits);
	return ret;
}

const char *ip_port_format(const struct ip_port *port,
			   char ret[IP_PORT_TEXT_MAX])
{
	char ip[IP_TEXT_MAX];

	snprintf(ret, IP_PORT_TEXT_MAX,
		 port->addr.len == 16 ? "[%s]:%u" : "%s:%u",
		 ip_format(&port->addr, ip), port->port);
	return ret;
}

int ip_cmp(const struct ip_addr *a, const struct ip_addr *b)
{
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return memcmp(a->byte, b->byte, a->len);
}

int ip_prefix_cmp(const struct ip_prefix *a, const struct ip_prefix *b)
{
	int r = ip_cmp(&a->addr, &b->addr);

	return r ? r : (int)a->bits - (int)b->bits;
}

int ip_port_cmp(const struct ip_port *a, const struct ip_port *b)
{
	int r = ip_cmp(&a->addr, &b->addr);

	return r ? r : (int)a->port - (int)b->port;
}

bool ip_prefixes_equal(const struct ip_prefixes *a, const struct ip_prefixes *b)
{
	size_t i;

	if (a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++) {
		if (ip_prefix_cmp(&a->item[i], &b->item[i]) != 0)
			return false;
	}
	return true;
}

bool ip_ports_equal(const struct ip_ports *a, const struct ip_ports *b)
{
	size_t i;

	if (a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++) {
		if (ip_port_cmp(&a->item[i], &b->item[i]) != 0)
			return false;
	}
	return true;
}

struct ip_prefix ip_prefix_of(const struct ip_addr *ip)
{
	return (struct ip_prefix){ .addr = *ip, .bits = bits_of(ip) };
}

bool ip_prefix_is_single(const struct ip_prefix *prefix)
{
	return prefix->bits == bits_of(&prefix->addr);
}

/* What of a byte lies within @bits, counted from the start of the address. */
static uint8_t mask_at(unsigned int bits, unsigned int i)
{
	if (bits >= 8 * (i + 1))
		return 0xff;
	return bits <= 8 * i ? 0 : 0xff << (8 - bits % 8);
}

bool ip_prefix_mask(struct ip_prefix *prefix)
{
	bool any = false;
	unsigned int i;

	for (i = 0; i < prefix->addr.len; i++) {
		uint8_t mask = mask_at(prefix->bits, i);

		any |= prefix->addr.byte[i] & (uint8_t)~mask;
		prefix->addr.byte[i] &= mask;
	}
	return any;
}

static bool same_bits(const struct ip_addr *a, const struct ip_addr *b,
		      unsigned int bits)
{
	unsigned int i;

	if (a->len != b->len)
		return false;
	for (i = 0; i < a->len; i++) {
		if ((a->byte[i] ^ b->byte[i]) & mask_at(bits, i))
			return false;
	}
	return true;
}

bool ip_prefix_contains(const struct ip_prefix *prefix,
			const struct ip_addr *ip)
{
	return same_bits(&prefix->addr, ip, prefix->bits);
}

bool ip_prefix_overlaps(const struct ip_prefix *a, const struct ip_prefix *b)
{
	return same_bits(&a->addr, &b->addr,
			 a->bits < b->bits ? a->bits : b->bits);
}

bool ip_is_link_local(const struct ip_addr *ip)
{
	if (ip->len == 4)
		return ip->byte[0] == 169 && ip->byte[1] == 254;
	return ip->len == 16 && ip->byte[0] == 0xfe &&
	       (ip->byte[1] & 0xc0) == 0x80;
}

static unsigned __int128 to_number(const struct ip_addr *ip)
{
	unsigned __int128 n = 0;
	unsigned int i;

	for (i = 0; i < ip->len; i++)
		n = n << 8 | ip->byte[i];
	return n;
}

static struct ip_addr to_addr(unsigned __int128 n, uint8_t len)
{
	struct ip_addr ip = { .len = len };
	unsigned int i;

	for (i = len; i-- > 0; n >>= 8)
		ip.byte[i] = n & 0xff;
	return ip;
}

int ip_range_prefixes(const struct ip_addr *from, const struct ip_addr *to,
		      struct ip_prefix ret[IP_RANGE_PREFIXES_MAX])
{
	unsigned __int128 first = to_number(from), last = to_number(to), size;
	unsigned int bits = bits_of(from), host;
	int n = 0;

	if (from->len == 0 || from->len != to->len || first > last)
		return TNE_IP_FORMAT;
	for (;;) {
		/* As wide as the first address is aligned, and the range long. */
		for (host = 0; host < bits; host++) {
			if (first >> host & 1)
				break;
			size = ((unsigned __int128)2 << host) - 1;
			if (last - first < size)
				break;
		}
		ret[n++] = (struct ip_prefix){
			.addr = to_addr(first, from->len),
			.bits = bits - host,
		};
		if (host == 128)
			return n;
		size = (unsigned __int128)1 << host;
		if (last - first < size)
			return n;
		first += size;
	}
}
