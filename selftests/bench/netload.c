// SPDX-License-Identifier: GPL-2.0-only
/*
 * Traffic for the benchmarks: small datagrams as fast as they go, counted where
 * they arrive, and round trips on an idle network.
 *
 * iperf3 makes one system call a datagram and ping(8) keeps no percentiles.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH		64
#define PAYLOAD_MAX	9000	/* bytes */
#define TRIES_MAX	100000	/* round trips in one run */
#define ANSWER_MS	1000	/* an echo later than this is lost */

static void die(const char *what)
{
	fprintf(stderr, "netload: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static struct sockaddr_in address(const char *host, const char *port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };

	if (inet_pton(AF_INET, host, &sin.sin_addr) != 1) {
		errno = EINVAL;
		die(host);
	}
	sin.sin_port = htons(atoi(port));
	return sin;
}

static void batch_init(struct mmsghdr *msgs, struct iovec *iov, char *buf, size_t len)
{
	memset(msgs, 0, BATCH * sizeof(*msgs));
	for (int i = 0; i < BATCH; i++) {
		iov[i] = (struct iovec){ .iov_base = buf, .iov_len = len };
		msgs[i].msg_hdr.msg_iov = &iov[i];
		msgs[i].msg_hdr.msg_iovlen = 1;
	}
}

/* udp-sink ADDR PORT SECONDS: datagrams a second, from the first one on */
static int udp_sink(char **argv)
{
	struct sockaddr_in sin = address(argv[0], argv[1]);
	uint64_t span = atof(argv[2]) * 1e9, start = 0, end = 0, count = 0;
	struct timeval patience = { .tv_sec = 0, .tv_usec = 200000 };
	static char buf[PAYLOAD_MAX];
	struct mmsghdr msgs[BATCH];
	struct iovec iov[BATCH];
	int idle = 0, one = 1, n;
	int rcvbuf = 4 << 20;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(fd, (struct sockaddr *)&sin, sizeof(sin)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)))
		die("udp-sink");
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &rcvbuf, sizeof(rcvbuf));
	batch_init(msgs, iov, buf, sizeof(buf));
	puts("ready");
	fflush(stdout);

	while (!start || end < start + span) {
		n = recvmmsg(fd, msgs, BATCH, MSG_WAITFORONE, NULL);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			die("recvmmsg");
		end = now_ns();
		if (n <= 0) {
			/* 20 s without a first datagram, 1 s without a next one */
			if (++idle > (start ? 5 : 100))
				break;
			continue;
		}
		idle = 0;
		if (!start)
			start = end;
		else
			count += n;
	}
	if (!start || end == start)
		return 1;
	printf("%.0f\n", count * 1e9 / (end - start));
	return 0;
}

/* udp-source ADDR PORT BYTES SECONDS: as fast as the kernel takes them */
static int udp_source(char **argv)
{
	struct sockaddr_in sin = address(argv[0], argv[1]);
	size_t len = atoi(argv[2]);
	uint64_t end = now_ns() + atof(argv[3]) * 1e9;
	static char buf[PAYLOAD_MAX];
	struct mmsghdr msgs[BATCH];
	struct iovec iov[BATCH];
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (len > sizeof(buf) || fd < 0 ||
	    connect(fd, (struct sockaddr *)&sin, sizeof(sin)))
		die("udp-source");
	batch_init(msgs, iov, buf, len);
	while (now_ns() < end) {
		if (sendmmsg(fd, msgs, BATCH, 0) < 0 && errno != ENOBUFS &&
		    errno != EAGAIN && errno != ECONNREFUSED)
			die("sendmmsg");
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* One echo; nanoseconds, or 0 if it was lost. The kernel fills in the rest of
 * the header of an ICMP datagram socket, identifier and checksum included.
 */
static uint64_t echo(int fd, uint16_t seq)
{
	char out[56 + sizeof(struct icmphdr)] = { 0 }, in[256];
	struct icmphdr hdr = { .type = ICMP_ECHO, .un.echo.sequence = htons(seq) };
	uint64_t start = now_ns();
	ssize_t n;

	memcpy(out, &hdr, sizeof(hdr));
	if (send(fd, out, sizeof(out), 0) < 0)
		return 0;
	for (;;) {
		n = recv(fd, in, sizeof(in), 0);
		if (n < (ssize_t)sizeof(hdr))
			return 0;
		memcpy(&hdr, in, sizeof(hdr));
		if (hdr.un.echo.sequence == htons(seq))
			return now_ns() - start;
	}
}

/* rtt ADDR COUNT GAP_US: median and 99th percentile in microseconds. The gap
 * lets everything go to sleep in between, which is what "idle" means here.
 */
static int rtt(char **argv)
{
	struct sockaddr_in sin = address(argv[0], "0");
	struct timeval patience = { .tv_sec = 0, .tv_usec = ANSWER_MS * 999 };
	static uint64_t ns[TRIES_MAX];
	int count = atoi(argv[1]), gap_us = atoi(argv[2]), got = 0;
	int fd = socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);

	if (count < 10 || count > TRIES_MAX || fd < 0 ||
	    connect(fd, (struct sockaddr *)&sin, sizeof(sin)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)))
		die("rtt");
	/* the first ones find cold caches and perhaps no session */
	for (int i = 0; i < 10; i++)
		echo(fd, i);
	for (int i = 0; i < count; i++) {
		usleep(gap_us);
		ns[got] = echo(fd, 100 + i % 60000);
		if (ns[got])
			got++;
	}
	if (got < count * 9 / 10) {
		fprintf(stderr, "netload: %d of %d echoes were lost\n", count - got, count);
		return 1;
	}
	qsort(ns, got, sizeof(*ns), compare);
	printf("%.1f %.1f\n", ns[got / 2] / 1e3, ns[(uint64_t)got * 99 / 100] / 1e3);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "udp-sink"))
		return udp_sink(argv + 2);
	if (argc == 6 && !strcmp(argv[1], "udp-source"))
		return udp_source(argv + 2);
	if (argc == 5 && !strcmp(argv[1], "rtt"))
		return rtt(argv + 2);
	fprintf(stderr,
		"usage: netload udp-sink ADDR PORT SECONDS\n"
		"       netload udp-source ADDR PORT BYTES SECONDS\n"
		"       netload rtt ADDR COUNT GAP_US\n");
	return 2;
}
