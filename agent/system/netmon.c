// SPDX-License-Identifier: GPL-2.0-only
#include "system/netmon.h"

#include "base/array.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>

#define RECEIVE_LEN	65536		/* bytes; notifications are far smaller */
#define RECEIVE_QUEUE	(1 << 20)	/* bytes in the kernel */
/* Datagrams in one go, so that a busy router does not hold up the loop. */
#define READ_MAX	64

struct netmon {
	int fd;
	unsigned char *buf;
	struct change change;
};

static int join(int fd)
{
	static const int groups[] = {
		RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
		RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_RULE,
		RTNLGRP_IPV6_RULE,
	};
	struct sockaddr_nl local = { .nl_family = AF_NETLINK };
	int queue = RECEIVE_QUEUE;
	size_t i;

	/* As much as we are given: an overflow is noticed and dealt with. */
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &queue, sizeof(queue));
	if (bind(fd, (struct sockaddr *)&local, sizeof(local)) < 0)
		return -errno;
	for (i = 0; i < ARRAY_SIZE(groups); i++) {
		if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
			       &groups[i], sizeof(groups[i])) < 0)
			return -errno;
	}
	return 0;
}

int netmon_open(struct netmon **ret)
{
	struct netmon *mon auto_clean(netmon) = calloc(1, sizeof(*mon));
	int r;

	if (!mon)
		return -ENOMEM;
	mon->fd = -1;
	mon->buf = malloc(RECEIVE_LEN);
	if (!mon->buf)
		return -ENOMEM;
	mon->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			 NETLINK_ROUTE);
	if (mon->fd < 0)
		return -errno;
	r = join(mon->fd);
	if (r < 0)
		return r;
	change_init(&mon->change, 0);
	*ret = steal(mon);
	return 0;
}

void netmon_free(struct netmon *mon)
{
	if (!mon)
		return;
	if (mon->fd >= 0)
		close(mon->fd);
	free(mon->buf);
	free(mon);
}

void netmon_set_own(struct netmon *mon, uint32_t ifindex, uint32_t mtu,
		    uint32_t port)
{
	mon->change.ifindex = ifindex;
	mon->change.mtu = mtu;
	mon->change.port = port;
}

int netmon_fd(const struct netmon *mon)
{
	return mon->fd;
}

static void take_datagram(struct netmon *mon, size_t n, uint64_t now_ms)
{
	const struct nlmsghdr *msg = (const struct nlmsghdr *)mon->buf;
	int left;

	for (left = n; nlmsg_ok(msg, left);
	     msg = nlmsg_next((struct nlmsghdr *)(uintptr_t)msg, &left))
		change_note(&mon->change, change_parse(&mon->change, msg),
			    now_ms);
}

int netmon_read(struct netmon *mon, uint64_t now_ms)
{
	int i;

	for (i = 0; i < READ_MAX; i++) {
		struct sockaddr_nl from = { 0 };
		socklen_t from_len = sizeof(from);
		ssize_t n = recvfrom(mon->fd, mon->buf, RECEIVE_LEN, MSG_TRUNC,
				     (struct sockaddr *)&from, &from_len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n < 0 && errno != ENOBUFS)
			return -errno;
		/* Messages are lost: anything may have happened. */
		if (n < 0 || n > RECEIVE_LEN)
			change_note(&mon->change, CHANGE_HOST | CHANGE_REPAIR,
				    now_ms);
		else if (from.nl_pid == 0)
			take_datagram(mon, n, now_ms);
	}
	return 0;
}

uint64_t netmon_due(const struct netmon *mon)
{
	return change_due(&mon->change);
}

unsigned int netmon_take(struct netmon *mon, uint64_t now_ms)
{
	return change_take(&mon->change, now_ms);
}
