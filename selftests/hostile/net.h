/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOSTILE_NET_H
#define HOSTILE_NET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/**
 * union addr - a UDP address of either family
 * @sa:		as the socket calls want it
 * @v4:		IPv4
 * @v6:		IPv6
 */
union addr {
	struct sockaddr sa;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/**
 * struct raw - a socket that sends UDP datagrams with invented sources
 * @fd:		socket
 * @to:		where all of them go
 */
struct raw {
	int fd;
	union addr to;
};

/* Headers in front of the payload in what raw_build() makes. */
#define RAW_HEAD4	28
#define RAW_HEAD6	48

uint64_t now_ms(void);
uint64_t now_ns(void);
_Noreturn void die(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

int addr_parse(const char *text, union addr *ret);
socklen_t addr_len(const union addr *a);
void addr_set_port(union addr *a, uint16_t port);
uint16_t addr_port(const union addr *a);

int udp_open(const union addr *to, uint16_t port);
int udp_recv(int fd, uint64_t deadline_ms, void *buf, size_t size,
	     uint8_t *ret_tos);
void udp_send(int fd, const union addr *to, const void *buf, size_t len);
void udp_send_tos(int fd, const union addr *to, const void *buf, size_t len,
		  uint8_t tos);
int socket_in_netns(const char *netns, int family, int type, int protocol);

int raw_open(struct raw *raw, const union addr *to);
size_t raw_build(const struct raw *raw, uint64_t source, const void *payload,
		 size_t len, uint8_t *ret);

#endif
