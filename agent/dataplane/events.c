// SPDX-License-Identifier: GPL-2.0-only
#include "dataplane/events.h"

#include "base/array.h"
#include "base/err.h"
#include "dataplane/answer.h"
#include "uapi/tailnet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

/*
 * Bytes that wait for us in the kernel. One event takes about 1 KiB there,
 * overhead included, and packets of others cause 256 a second and CPU at most:
 * this lasts several seconds of that. Ours.
 */
#define EVENTS_QUEUE 4194304	/* bytes */

/* An event has about 200 bytes; a message is one event. */
#define EVENTS_MSG_MAX 8192	/* bytes */

/* Messages of one call, so that the loop gets its turn. Ours. */
#define EVENTS_AT_ONCE 256

struct events {
	struct event_fns fns;
	struct nl_sock *sock;
	int family;
	unsigned char buf[EVENTS_MSG_MAX]
		__attribute__((aligned(NLMSG_ALIGNTO)));
};

/**
 * struct meaning - an event as the module numbers it
 * @kind: ours
 * @of_peer: it is about one
 * @known: there is such an event
 */
struct meaning {
	enum event_kind kind;
	bool of_peer;
	bool known;
};

static const struct meaning meanings[] = {
	[TAILNET_EVENT_SESSION_UP] = { EVENT_SESSION_UP, true, true },
	[TAILNET_EVENT_SESSION_DOWN] = { EVENT_SESSION_DOWN, true, true },
	[TAILNET_EVENT_ENDPOINT] = { EVENT_ENDPOINT, true, true },
	[TAILNET_EVENT_EXPIRED] = { EVENT_EXPIRED, true, true },
	[TAILNET_EVENT_WANT_PATH] = { EVENT_WANT_PATH, true, true },
	[TAILNET_EVENT_UNREACHABLE] = { EVENT_UNREACHABLE, true, true },
	[TAILNET_EVENT_CONFIG] = { EVENT_CONFIG, false, true },
	[TAILNET_EVENT_SOCKET_GONE] = { EVENT_SOCKET_GONE, false, true },
	[TAILNET_EVENT_ORPHANED] = { EVENT_ORPHANED, false, true },
	[TAILNET_EVENT_VMFORK] = { EVENT_VMFORK, false, true },
};

int event_parse(const struct nlmsghdr *msg, struct event *ret)
{
	struct event event = { 0 };
	struct wg_device dev auto_clean(wg_device) = { 0 };
	const struct meaning *m;
	uint32_t number;
	int r;

	r = answer_event(msg, &number);
	if (r < 0)
		return r;
	if (number >= ARRAY_SIZE(meanings) || !meanings[number].known)
		return 0;
	m = &meanings[number];
	r = answer_device(msg, &dev);
	if (r == 0)
		r = answer_generation(msg, &event.generation);
	if (r == 0 && m->of_peer)
		r = answer_peers(msg, &dev);
	if (r < 0)
		return r;
	if (m->of_peer && dev.n_peers != 1)
		return TNE_NO_FAMILY_ANSWER;

	event.kind = m->kind;
	event.ifindex = dev.ifindex;
	memcpy(event.ifname, dev.name, sizeof(event.ifname));
	if (m->of_peer) {
		event.key = dev.peers[0].key;
		event.node_id = dev.peers[0].node_id;
		event.endpoint = dev.peers[0].endpoint;
	}
	*ret = event;
	return 1;
}

/* All numbers first: an event would be taken for the answer to a question. */
static int join_groups(struct events *events)
{
	static const char *const names[] = {
		TAILNET_MCGRP_PEER, TAILNET_MCGRP_PATH, TAILNET_MCGRP_DEVICE,
	};
	int number[ARRAY_SIZE(names)];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		number[i] = genl_ctrl_resolve_grp(events->sock,
						  TAILNET_GENL_NAME, names[i]);
		if (number[i] < 0)
			return TNE_NO_MODULE;
	}
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (setsockopt(events_fd(events), SOL_NETLINK,
			       NETLINK_ADD_MEMBERSHIP, &number[i],
			       sizeof(number[i])) < 0)
			return -errno;
	}
	return 0;
}

static int prepare(struct events *events)
{
	if (nl_connect(events->sock, NETLINK_GENERIC) < 0)
		return -EPROTONOSUPPORT;
	/* Beyond the system's limit with CAP_NET_ADMIN, which we have. */
	nl_socket_set_buffer_size(events->sock, EVENTS_QUEUE, 0);
	events->family = genl_ctrl_resolve(events->sock, TAILNET_GENL_NAME);
	if (events->family < 0)
		return TNE_NO_MODULE;
	return join_groups(events);
}

int events_open(const struct event_fns *fns, struct events **ret)
{
	struct events *events auto_clean(events) = calloc(1, sizeof(*events));
	int r;

	if (!events)
		return -ENOMEM;
	events->fns = *fns;
	events->sock = nl_socket_alloc();
	if (!events->sock)
		return -ENOMEM;
	r = prepare(events);
	if (r < 0)
		return r;
	*ret = steal(events);
	return 0;
}

int events_fd(const struct events *events)
{
	return nl_socket_get_fd(events->sock);
}

static void take_message(struct events *events, const struct nlmsghdr *msg)
{
	struct event event;
	int r;

	if (msg->nlmsg_type != events->family)
		return;
	r = event_parse(msg, &event);
	if (r > 0)
		events->fns.event(events->fns.ctx, &event);
	else if (r < 0)
		/* Whatever it was about, we do not know it now. */
		events->fns.lost(events->fns.ctx);
}

/* Return: 1 if there may be more, 0 if not, or -errno. */
static int read_one(struct events *events)
{
	struct sockaddr_nl from = { 0 };
	socklen_t from_len = sizeof(from);
	const struct nlmsghdr *msg = (const struct nlmsghdr *)events->buf;
	ssize_t n;
	int left;

	n = recvfrom(events_fd(events), events->buf, sizeof(events->buf),
		     MSG_TRUNC | MSG_DONTWAIT, (struct sockaddr *)&from,
		     &from_len);
	if (n < 0 && errno == EINTR)
		return 1;
	if (n < 0 && errno == EAGAIN)
		return 0;
	if ((n < 0 && errno == ENOBUFS) || n > EVENTS_MSG_MAX) {
		events->fns.lost(events->fns.ctx);
		return 1;
	}
	if (n < 0)
		return -errno;
	/* Other processes may send to this socket too. */
	if (from.nl_pid != 0)
		return 1;
	for (left = n; nlmsg_ok(msg, left);
	     msg = nlmsg_next((struct nlmsghdr *)msg, &left))
		take_message(events, msg);
	return 1;
}

int events_read(struct events *events)
{
	int i, r = 1;

	for (i = 0; i < EVENTS_AT_ONCE && r == 1; i++)
		r = read_one(events);
	return r < 0 ? r : 0;
}

void events_free(struct events *events)
{
	if (!events)
		return;
	nl_socket_free(events->sock);
	free(events);
}
