// SPDX-License-Identifier: GPL-2.0-only
/* Sockets, addresses and clocks for the hostile peer. */
#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/**
 * now_ns() - monotonic clock
 *
 * Return: nanoseconds.
 */
uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/**
 * now_ms() - monotonic clock
 *
 * Return: milliseconds.
 */
uint64_t now_ms(void)
{
	return now_ns() / 1000000;
}

/**
 * die() - end the test as failed
 * @fmt:	what failed, with the name of the case
 */
_Noreturn void die(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("FAIL: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

/**
 * addr_parse() - read "1.2.3.4:5" or "[::1]:5"
 * @text:	text
 * @ret:	address
 *
 * Return: 0 or -1.
 */
int addr_parse(const char *text, union addr *ret)
{
	char host[64];
	const char *colon = strrchr(text, ':');
	size_t len;
	int port;

	if (!colon)
		return -1;
	port = atoi(colon + 1);
	len = (size_t)(colon - text);
	if (text[0] == '[' && len > 2 && colon[-1] == ']') {
		text++;
		len -= 2;
	}
	if (port < 0 || port > 65535 || len >= sizeof(host))
		return -1;
	memcpy(host, text, len);
	host[len] = 0;

	memset(ret, 0, sizeof(*ret));
	if (inet_pton(AF_INET, host, &ret->v4.sin_addr) == 1) {
		ret->v4.sin_family = AF_INET;
		ret->v4.sin_port = htons((uint16_t)port);
		return 0;
	}
	if (inet_pton(AF_INET6, host, &ret->v6.sin6_addr) == 1) {
		ret->v6.sin6_family = AF_INET6;
		ret->v6.sin6_port = htons((uint16_t)port);
		return 0;
	}
	return -1;
}

/**
 * addr_len() - length for the socket calls
 * @a:		address
 *
 * Return: bytes.
 */
socklen_t addr_len(const union addr *a)
{
	return a->sa.sa_family == AF_INET ? sizeof(a->v4) : sizeof(a->v6);
}

/**
 * addr_set_port() - change the port
 * @a:		address
 * @port:	port, host order
 */
void addr_set_port(union addr *a, uint16_t port)
{
	if (a->sa.sa_family == AF_INET)
		a->v4.sin_port = htons(port);
	else
		a->v6.sin6_port = htons(port);
}

/**
 * addr_port() - the port
 * @a:		address
 *
 * Return: port, host order.
 */
uint16_t addr_port(const union addr *a)
{
	return ntohs(a->sa.sa_family == AF_INET ? a->v4.sin_port :
						  a->v6.sin6_port);
}

/**
 * udp_open() - a UDP socket of the family of @to, bound to a port
 * @to:		who will be talked to
 * @port:	local port, 0 for any
 *
 * Return: descriptor; dies when there is none.
 */
int udp_open(const union addr *to, uint16_t port)
{
	int one = 1, size = 4 << 20, pmtu = IP_PMTUDISC_DONT;
	union addr local = { .sa.sa_family = to->sa.sa_family };
	int fd = socket(to->sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket: %s", strerror(errno));
	addr_set_port(&local, port);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	if (to->sa.sa_family == AF_INET) {
		setsockopt(fd, IPPROTO_IP, IP_RECVTOS, &one, sizeof(one));
		setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &pmtu, sizeof(pmtu));
	} else {
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, &one, sizeof(one));
	}
	if (bind(fd, &local.sa, addr_len(&local)))
		die("bind to port %u: %s", port, strerror(errno));
	return fd;
}

/**
 * udp_recv() - wait for one datagram
 * @fd:		socket
 * @deadline_ms: until when; a passed one means: only what is there already
 * @buf:	room
 * @size:	bytes of it
 * @ret_tos:	TOS or traffic class it came with, or NULL
 *
 * Return: length, or -1 when the deadline passed.
 */
int udp_recv(int fd, uint64_t deadline_ms, void *buf, size_t size,
	     uint8_t *ret_tos)
{
	struct iovec iov = { buf, size };
	uint8_t control[128];
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	struct cmsghdr *c;
	uint64_t now;
	ssize_t n;

	for (;;) {
		n = recvmsg(fd, &m, MSG_DONTWAIT);
		if (n >= 0)
			break;
		/* A refused port is reported here; it is not a datagram. */
		if (errno == ECONNREFUSED || errno == EINTR)
			continue;
		if (errno != EAGAIN)
			die("recvmsg: %s", strerror(errno));
		now = now_ms();
		if (now >= deadline_ms)
			return -1;
		if (poll(&pfd, 1, (int)(deadline_ms - now)) < 0 &&
		    errno != EINTR)
			die("poll: %s", strerror(errno));
	}
	if (!ret_tos)
		return (int)n;
	*ret_tos = 0;
	for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS) ||
		    (c->cmsg_level == IPPROTO_IPV6 &&
		     c->cmsg_type == IPV6_TCLASS))
			*ret_tos = *CMSG_DATA(c);
	}
	return (int)n;
}

/**
 * udp_send() - send one datagram
 * @fd:		socket
 * @to:		where to
 * @buf:	bytes
 * @len:	how many; 0 is a datagram too
 */
void udp_send(int fd, const union addr *to, const void *buf, size_t len)
{
	int tries = 0;

	/* An ICMP error of an earlier datagram must not eat this one. */
	while (sendto(fd, buf, len, 0, &to->sa, addr_len(to)) < 0) {
		if (errno == ENOBUFS || errno == EAGAIN)
			sched_yield();
		else if (errno != ECONNREFUSED && errno != EINTR)
			die("sendto %zu bytes: %s", len, strerror(errno));
		if (++tries > 10000)
			die("sendto %zu bytes: %s, again and again", len,
			    strerror(errno));
	}
}

/**
 * udp_send_tos() - send one datagram with a given TOS or traffic class
 * @fd:		socket
 * @to:		where to
 * @buf:	bytes
 * @len:	how many
 * @tos:	TOS; the socket goes back to 0 after it
 */
void udp_send_tos(int fd, const union addr *to, const void *buf, size_t len,
		  uint8_t tos)
{
	bool v4 = to->sa.sa_family == AF_INET;
	int level = v4 ? IPPROTO_IP : IPPROTO_IPV6;
	int name = v4 ? IP_TOS : IPV6_TCLASS;
	int value = tos;

	if (setsockopt(fd, level, name, &value, sizeof(value)))
		die("setting TOS: %s", strerror(errno));
	udp_send(fd, to, buf, len);
	value = 0;
	setsockopt(fd, level, name, &value, sizeof(value));
}

/**
 * socket_in_netns() - create a socket in another network namespace
 * @netns:	name under /run/netns
 * @family:	as for socket()
 * @type:	as for socket()
 * @protocol:	as for socket()
 *
 * Return: descriptor; dies when there is none.
 */
int socket_in_netns(const char *netns, int family, int type, int protocol)
{
	char path[256];
	int home, there, fd;

	snprintf(path, sizeof(path), "/run/netns/%s", netns);
	home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	there = open(path, O_RDONLY | O_CLOEXEC);
	if (home < 0 || there < 0)
		die("%s: %s", path, strerror(errno));
	if (setns(there, CLONE_NEWNET))
		die("setns %s: %s", path, strerror(errno));
	fd = socket(family, type | SOCK_CLOEXEC, protocol);
	if (fd < 0)
		die("socket in %s: %s", path, strerror(errno));
	if (setns(home, CLONE_NEWNET))
		die("setns home: %s", strerror(errno));
	close(there);
	close(home);
	return fd;
}

/**
 * raw_open() - open a socket for spoofed datagrams
 * @raw:	result
 * @to:		where all of them go
 *
 * Return: 0 or -1, errno set.
 */
int raw_open(struct raw *raw, const union addr *to)
{
	union addr dst = *to;
	int size = 1 << 20;

	raw->to = *to;
	raw->fd = socket(to->sa.sa_family, SOCK_RAW | SOCK_CLOEXEC,
			 IPPROTO_RAW);
	if (raw->fd < 0)
		return -1;
	setsockopt(raw->fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	/* Raw sockets take no port. */
	addr_set_port(&dst, 0);
	return connect(raw->fd, &dst.sa, addr_len(&dst));
}

static uint32_t sum_words(uint32_t sum, const void *p, size_t len)
{
	const uint8_t *b = p;

	for (; len > 1; len -= 2, b += 2)
		sum += (uint32_t)b[0] << 8 | b[1];
	if (len)
		sum += (uint32_t)b[0] << 8;
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put_udp(uint8_t *udp, uint16_t sport, uint16_t dport,
		    const void *payload, size_t len, uint32_t pseudo)
{
	uint16_t sum;

	put16(udp, sport);
	put16(udp + 2, dport);
	put16(udp + 4, (uint16_t)(len + 8));
	put16(udp + 6, 0);
	memcpy(udp + 8, payload, len);
	sum = fold(sum_words(pseudo + IPPROTO_UDP + (uint32_t)len + 8, udp,
			     len + 8));
	put16(udp + 6, sum ? sum : 0xffff);
}

/**
 * raw_build() - wrap a payload in IP and UDP with an invented source
 * @raw:	socket it is for
 * @source:	what the address and port are made of: IPv4 sources lie in
 *		10.128.0.0/9, IPv6 ones in fd66::/64 to fd66:0:ffff:ffff::/64,
 *		each value of the low 23 bits another one
 * @payload:	bytes
 * @len:	how many
 * @ret:	room for @len + RAW_HEAD6 bytes
 *
 * Return: bytes to send.
 */
size_t raw_build(const struct raw *raw, uint64_t source, const void *payload,
		 size_t len, uint8_t *ret)
{
	uint16_t sport = (uint16_t)(1024 + (source >> 23) % 60000);
	uint16_t dport = addr_port(&raw->to);
	uint32_t low = (uint32_t)source & 0x7fffff;

	if (raw->to.sa.sa_family == AF_INET) {
		uint32_t src = htonl(0x0a800000 | low);

		memset(ret, 0, 20);
		ret[0] = 0x45;
		put16(ret + 2, (uint16_t)(len + RAW_HEAD4));
		ret[8] = 64;
		ret[9] = IPPROTO_UDP;
		memcpy(ret + 12, &src, 4);
		memcpy(ret + 16, &raw->to.v4.sin_addr, 4);
		put16(ret + 10, fold(sum_words(0, ret, 20)));
		put_udp(ret + 20, sport, dport, payload, len,
			sum_words(0, ret + 12, 8));
		return len + RAW_HEAD4;
	}
	memset(ret, 0, 40);
	ret[0] = 0x60;
	put16(ret + 4, (uint16_t)(len + 8));
	ret[6] = IPPROTO_UDP;
	ret[7] = 64;
	ret[8] = 0xfd;
	ret[9] = 0x66;
	put16(ret + 12, (uint16_t)(low >> 16));
	put16(ret + 14, (uint16_t)low);
	ret[23] = 1;
	memcpy(ret + 24, &raw->to.v6.sin6_addr, 16);
	put_udp(ret + 40, sport, dport, payload, len,
		sum_words(0, ret + 8, 32));
	return len + RAW_HEAD6;
}
