// SPDX-License-Identifier: GPL-2.0-only
#include "node/host_side.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "system/rtnl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <netinet/in.h>
#include <sys/socket.h>

/* Some port; nothing is sent. */
#define PROBE_PORT 9

static void rearm(struct host_side *side)
{
	uint64_t due = netmon_due(side->mon), now = loop_now_ms(side->loop);

	if (due == CHANGE_NEVER)
		loop_timer_cancel(side->loop, &side->due);
	else
		loop_timer_set(side->loop, &side->due,
			       due > now ? due - now : 0);
}

static void on_readable(void *ctx, uint32_t events)
{
	struct host_side *side = ctx;
	int r;

	(void)events;
	r = netmon_read(side->mon, loop_now_ms(side->loop));
	if (r < 0) {
		log_warning("system: changes of the host are not seen any more: %s",
			    err_text(r));
		loop_io_del(side->loop, &side->io);
	}
	rearm(side);
}

static void on_due(void *ctx)
{
	struct host_side *side = ctx;
	struct err_detail detail = { 0 };
	unsigned int bits;
	int r;

	bits = netmon_take(side->mon, loop_now_ms(side->loop));
	rearm(side);
	if (!bits)
		return;
	r = host_side_read(side, &detail);
	if (r < 0)
		log_warning("system: the host cannot be read: %s",
			    detail.text);
	side->calls.changed(side->calls.ctx, bits);
}

static void close_probe(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/*
 * Our mark keeps the answer free of the tailnet's own routes. Without the right
 * to set it the choice may be worse, no more.
 */
static int open_probe(int family)
{
	const int mark = HOST_MARK_BYPASS;
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd >= 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark));
	return fd;
}

static bool is_routed(void *ctx, const struct ip_addr *ip)
{
	struct host_side *side = ctx;
	union {
		struct sockaddr any;
		struct sockaddr_in in4;
		struct sockaddr_in6 in6;
	} addr = { 0 };

	if (ip->len == 4) {
		addr.in4.sin_family = AF_INET;
		addr.in4.sin_port = htons(PROBE_PORT);
		memcpy(&addr.in4.sin_addr, ip->byte, 4);
		return connect(side->probe[0], &addr.any,
			       sizeof(addr.in4)) == 0;
	}
	addr.in6.sin6_family = AF_INET6;
	addr.in6.sin6_port = htons(PROBE_PORT);
	memcpy(&addr.in6.sin6_addr, ip->byte, 16);
	return connect(side->probe[1], &addr.any, sizeof(addr.in6)) == 0;
}

static bool is_own(const struct host_side *side,
		   const struct host_other *other)
{
	return other->owner == HOST_OWNER_FOREIGN &&
	       (!side->state.ifindex || other->ifindex != side->state.ifindex);
}

/* Lists that follow from the state. Return: 0 or -ENOMEM. */
static int derive(struct host_side *side)
{
	const struct host_others *addrs = &side->state.addrs;
	struct ip_prefix *attached, *own;
	size_t i, n = 0;

	attached = calloc(addrs->n + 1, sizeof(*attached));
	own = calloc(addrs->n + 1, sizeof(*own));
	if (!attached || !own) {
		free(attached);
		free(own);
		return -ENOMEM;
	}
	for (i = 0; i < addrs->n; i++) {
		if (is_own(side, &addrs->item[i]))
			own[n++] = ip_prefix_of(&addrs->item[i].prefix.addr);
	}
	free(side->attached);
	free(side->own);
	side->attached = attached;
	side->n_attached = rtnl_attached(&side->state, attached);
	side->own = own;
	side->n_own = n;
	return 0;
}

int host_side_read(struct host_side *side, struct err_detail *detail)
{
	struct host_state state = { 0 };
	int r;

	r = rtnl_read(side->rtnl, side->link, &state, detail);
	if (r < 0) {
		host_state_done(&state);
		return r;
	}
	host_state_done(&side->state);
	side->state = state;
	netmon_set_own(side->mon, state.ifindex, HOST_MTU,
		       rtnl_port(side->rtnl));
	return derive(side);
}

int host_side_open(struct host_side *side, struct loop *loop, const char *link,
		   const struct host_side_calls *calls,
		   struct err_detail *detail)
{
	int r;

	*side = (struct host_side){
		.loop = loop, .calls = *calls, .link = link,
		.probe = { -1, -1 },
	};
	loop_io_init(&side->io, on_readable, side);
	loop_timer_init(&side->due, on_due, side);
	side->probe[0] = open_probe(AF_INET);
	side->probe[1] = open_probe(AF_INET6);
	r = rtnl_open(RTNL_KIND, &side->rtnl);
	if (r == 0)
		r = netmon_open(&side->mon);
	if (r == 0)
		r = loop_io_set(loop, &side->io, netmon_fd(side->mon),
				EPOLLIN);
	if (r < 0)
		return err_explain(detail, r, "the host cannot be watched: %s",
				   err_text(r));
	return host_side_read(side, detail);
}

void host_side_close(struct host_side *side)
{
	if (!side->loop)
		return;
	loop_io_del(side->loop, &side->io);
	loop_timer_cancel(side->loop, &side->due);
	netmon_free(side->mon);
	rtnl_free(side->rtnl);
	host_state_done(&side->state);
	free(side->attached);
	free(side->own);
	close_probe(&side->probe[0]);
	close_probe(&side->probe[1]);
	side->loop = NULL;
}

int host_side_set(struct host_side *side, const struct host_config *want,
		  struct err_detail *detail)
{
	if (!want)
		return rtnl_undo(side->rtnl, side->link, detail);
	return rtnl_set(side->rtnl, side->link, want, detail);
}

size_t host_side_endpoints(const struct host_side *side, uint16_t port,
			   struct own_endpoint ret[HOST_SIDE_ENDPOINTS])
{
	size_t i, n = 0;

	for (i = 0; i < side->n_own && n < HOST_SIDE_ENDPOINTS; i++) {
		if (!reach_is_usable(&side->own[i].addr))
			continue;
		ret[n++] = (struct own_endpoint){
			.addr = { side->own[i].addr, port },
			.type = ENDPOINT_LOCAL,
		};
	}
	return n;
}

void host_side_reach(struct host_side *side, struct reach_host *ret)
{
	*ret = (struct reach_host){
		.attached = { side->attached, side->n_attached },
		.own = { side->own, side->n_own },
		.routed = is_routed,
		.ctx = side,
	};
}
