// SPDX-License-Identifier: GPL-2.0-only
/* IP packets that travel inside the tunnel. */
#include "inner.h"

#include <netinet/in.h>
#include <string.h>

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static uint32_t get16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t sum(uint32_t s, const uint8_t *p, size_t len)
{
	for (; len > 1; len -= 2, p += 2)
		s += get16(p);
	if (len)
		s += (uint32_t)p[0] << 8;
	return s;
}

static uint32_t fold(uint32_t s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return ~s & 0xffff;
}

/**
 * inner_pad() - what an honest sender pads a plaintext to
 * @len:	bytes
 *
 * Return: next multiple of 16.
 */
size_t inner_pad(size_t len)
{
	return (len + 15) & ~(size_t)15;
}

/**
 * inner_fix4() - make the header checksum of an IPv4 packet right
 * @ip:		packet
 */
void inner_fix4(uint8_t *ip)
{
	put16(ip + 10, 0);
	put16(ip + 10, fold(sum(0, ip, (size_t)(ip[0] & 15) * 4)));
}

static size_t head4(const struct inner_addrs *a, uint8_t protocol, size_t len,
		    uint8_t *ip)
{
	memset(ip, 0, 20);
	ip[0] = 0x45;
	put16(ip + 2, (uint32_t)(20 + len));
	ip[8] = 64;
	ip[9] = protocol;
	memcpy(ip + 12, a->us4, 4);
	memcpy(ip + 16, a->them4, 4);
	inner_fix4(ip);
	return 20 + len;
}

static size_t head6(const struct inner_addrs *a, uint8_t protocol, size_t len,
		    uint8_t *ip)
{
	memset(ip, 0, 40);
	ip[0] = 0x60;
	put16(ip + 4, (uint32_t)len);
	ip[6] = protocol;
	ip[7] = 64;
	memcpy(ip + 8, a->us6, 16);
	memcpy(ip + 24, a->them6, 16);
	return 40 + len;
}

/* Kind, code, checksum, id, sequence, mark, then a pattern. */
static void echo_body(uint8_t *p, uint8_t type, uint32_t mark, size_t fill)
{
	memset(p, 0, 8);
	p[0] = type;
	put16(p + 4, mark >> 16);
	put16(p + 6, mark);
	put32(p + 8, mark);
	memset(p + 12, 0x5a, fill);
}

/**
 * inner_echo4() - an ICMP echo request to the victim
 * @a:		addresses
 * @mark:	mark to carry
 * @fill:	bytes of payload behind the mark
 * @ret:	room for 32 + @fill bytes
 *
 * Return: length.
 */
size_t inner_echo4(const struct inner_addrs *a, uint32_t mark, size_t fill,
		   uint8_t *ret)
{
	size_t len = 12 + fill;

	echo_body(ret + 20, 8, mark, fill);
	put16(ret + 22, fold(sum(0, ret + 20, len)));
	return head4(a, IPPROTO_ICMP, len, ret);
}

/**
 * inner_echo6() - an ICMPv6 echo request to the victim
 * @a:		addresses
 * @mark:	mark to carry
 * @fill:	bytes of payload behind the mark
 * @ret:	room for 52 + @fill bytes
 *
 * Return: length.
 */
size_t inner_echo6(const struct inner_addrs *a, uint32_t mark, size_t fill,
		   uint8_t *ret)
{
	size_t len = 12 + fill;

	echo_body(ret + 40, 128, mark, fill);
	head6(a, IPPROTO_ICMPV6, len, ret);
	put16(ret + 42, fold(sum(sum((uint32_t)len + IPPROTO_ICMPV6, ret + 8,
				     32), ret + 40, len)));
	return 40 + len;
}

/**
 * inner_fix_udp() - make the UDP checksum right again
 * @ip:		packet with true lengths
 */
void inner_fix_udp(uint8_t *ip)
{
	bool v6 = ip[0] >> 4 == 6;
	uint8_t *udp = ip + (v6 ? 40 : 20);
	size_t len = v6 ? get16(ip + 4) : get16(ip + 2) - 20;
	uint32_t pseudo = (uint32_t)len + IPPROTO_UDP;
	uint32_t s;

	put16(udp + 6, 0);
	pseudo = v6 ? sum(pseudo, ip + 8, 32) : sum(pseudo, ip + 12, 8);
	s = fold(sum(pseudo, udp, len));
	put16(udp + 6, s ? s : 0xffff);
}

static void udp_body(uint8_t *p, uint32_t mark, size_t fill)
{
	put16(p, SINK_PORT);
	put16(p + 2, SINK_PORT);
	put16(p + 4, (uint32_t)(12 + fill));
	put32(p + 8, mark);
	memset(p + 12, 0x5a, fill);
}

/**
 * inner_udp4() - a UDP datagram for the sink on the victim's side
 * @a:		addresses
 * @mark:	mark to carry
 * @fill:	bytes of payload behind the mark
 * @ret:	room for 32 + @fill bytes
 *
 * Return: length.
 */
size_t inner_udp4(const struct inner_addrs *a, uint32_t mark, size_t fill,
		  uint8_t *ret)
{
	size_t len = head4(a, IPPROTO_UDP, 12 + fill, ret);

	udp_body(ret + 20, mark, fill);
	inner_fix_udp(ret);
	return len;
}

/**
 * inner_udp6() - the same over IPv6
 * @a:		addresses
 * @mark:	mark to carry
 * @fill:	bytes of payload behind the mark
 * @ret:	room for 52 + @fill bytes
 *
 * Return: length.
 */
size_t inner_udp6(const struct inner_addrs *a, uint32_t mark, size_t fill,
		  uint8_t *ret)
{
	size_t len = head6(a, IPPROTO_UDP, 12 + fill, ret);

	udp_body(ret + 40, mark, fill);
	inner_fix_udp(ret);
	return len;
}

static uint32_t mark_at(const uint8_t *p)
{
	return get16(p) << 16 | get16(p + 2);
}

/**
 * inner_parse() - what came out of the tunnel?
 * @ip:		plaintext
 * @len:	bytes of it, padding included
 * @ret_mark:	mark, when there is one
 *
 * Return: kind.
 */
enum inner_kind inner_parse(const uint8_t *ip, size_t len, uint32_t *ret_mark)
{
	size_t head;
	uint8_t protocol;

	if (len == 0)
		return INNER_KEEPALIVE;
	if (ip[0] == 0x45 && len >= 32) {
		head = 20;
		protocol = ip[9];
	} else if (ip[0] >> 4 == 6 && len >= 52) {
		head = 40;
		protocol = ip[6];
	} else {
		return INNER_OTHER;
	}
	*ret_mark = mark_at(ip + head + 8);
	if ((protocol == IPPROTO_ICMP && ip[head] == 0) ||
	    (protocol == IPPROTO_ICMPV6 && ip[head] == 129))
		return INNER_ECHO_REPLY;
	if (protocol == IPPROTO_UDP)
		return INNER_UDP;
	return INNER_OTHER;
}
