// SPDX-License-Identifier: GPL-2.0-only
#include "dataplane/link.h"

#include "dataplane/batch.h"
#include "dataplane/fetch.h"
#include "dataplane/genl_conn.h"
#include "model/wg_device.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/udp.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#define LINK_KIND "tailnet"

/* Room for a request about one link, bytes: header, name and kind. */
#define LINK_MSG_MAX 512

/* Pairs of sockets that may find no common port before we give up. Ours. */
#define LINK_BIND_TRIES 16

static struct nl_msg *begin(int type, int flags, uint32_t ifindex)
{
	struct ifinfomsg info = {
		.ifi_family = AF_UNSPEC, .ifi_index = ifindex,
	};
	struct nl_msg *msg auto_clean(batch_msg) =
		nlmsg_alloc_size(LINK_MSG_MAX);
	struct nlmsghdr *header;

	if (!msg)
		return NULL;
	header = nlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, type, sizeof(info),
			   flags);
	if (!header)
		return NULL;
	memcpy(nlmsg_data(header), &info, sizeof(info));
	return steal(msg);
}

/* @what: "to create", for the detail */
static int ask(struct genl_conn *route, struct nl_msg *msg,
	       nl_answer_fn fn, void *ctx, const char *ifname,
	       const char *what, struct err_detail *detail)
{
	struct nl_refusal refusal;
	int r;

	if (!msg)
		return err_explain(detail, -ENOMEM, "%s", err_text(-ENOMEM));
	r = genl_conn_do(route, msg, fn, ctx, &refusal);
	if (r < 0)
		err_explain(detail, r, "failed to %s %s: %s", what, ifname,
			    refusal.text[0] ? refusal.text : err_text(r));
	return r;
}

static int check_name(const char *ifname, struct err_detail *detail)
{
	if (ifname[0] && strlen(ifname) <= WG_NAME_MAX)
		return 0;
	return err_explain(detail, -EINVAL,
			   "'%s' is no name for an interface", ifname);
}

int link_create(struct genl_conn *route, const char *ifname,
		struct err_detail *detail)
{
	struct nl_msg *msg auto_clean(batch_msg) =
		begin(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0);
	struct nlattr *nest;
	int r = check_name(ifname, detail);

	if (r < 0)
		return r;
	if (msg) {
		r |= nla_put_string(msg, IFLA_IFNAME, ifname);
		nest = nla_nest_start(msg, IFLA_LINKINFO);
		if (r < 0 || !nest ||
		    nla_put_string(msg, IFLA_INFO_KIND, LINK_KIND) < 0 ||
		    nla_nest_end(msg, nest) < 0)
			batch_msg_free(steal(msg));
	}
	return ask(route, msg, NULL, NULL, ifname, "create", detail);
}

/**
 * struct look - an answer about a link
 * @state: what it says
 * @found: there was one
 * @ours: the link is of our kind
 */
struct look {
	struct link_state state;
	bool found;
	bool ours;
};

static bool is_our_kind(struct nlattr *info)
{
	const struct nlattr *kind = info ? nla_find(nla_data(info),
						    nla_len(info),
						    IFLA_INFO_KIND) : NULL;
	size_t len = sizeof(LINK_KIND) - 1;

	/* With its end or without. */
	return kind && (size_t)nla_len(kind) >= len &&
	       (size_t)nla_len(kind) <= len + 1 &&
	       strncmp(nla_data(kind), LINK_KIND, nla_len(kind)) == 0;
}

static int take_link(void *ctx, const struct nlmsghdr *msg)
{
	struct look *look = ctx;
	struct ifinfomsg info;
	struct nlattr *mtu;

	if (msg->nlmsg_type != RTM_NEWLINK ||
	    !nlmsg_valid_hdr(msg, sizeof(info)))
		return TNE_NO_FAMILY_ANSWER;
	memcpy(&info, nlmsg_data(msg), sizeof(info));
	look->found = true;
	look->state.ifindex = info.ifi_index;
	look->state.up = info.ifi_flags & IFF_UP;
	mtu = nlmsg_find_attr((struct nlmsghdr *)msg, sizeof(info), IFLA_MTU);
	if (mtu && nla_len(mtu) >= (int)sizeof(uint32_t))
		look->state.mtu = nla_get_u32(mtu);
	look->ours = is_our_kind(nlmsg_find_attr((struct nlmsghdr *)msg,
						 sizeof(info), IFLA_LINKINFO));
	return 0;
}

int link_find(struct genl_conn *route, const char *ifname,
	      struct err_detail *detail, struct link_state *ret)
{
	struct nl_msg *msg auto_clean(batch_msg) = begin(RTM_GETLINK, 0, 0);
	struct look look = { 0 };
	int r = check_name(ifname, detail);

	if (r < 0)
		return r;
	if (msg && nla_put_string(msg, IFLA_IFNAME, ifname) < 0)
		batch_msg_free(steal(msg));
	r = ask(route, msg, take_link, &look, ifname, "find", detail);
	if (r < 0)
		return r;
	if (!look.found)
		return err_explain(detail, TNE_NO_FAMILY_ANSWER, "%s",
				   err_text(TNE_NO_FAMILY_ANSWER));
	if (!look.ours)
		return err_explain(detail, -EEXIST,
				   "%s is a link of another kind", ifname);
	*ret = look.state;
	return 0;
}

int link_delete(struct genl_conn *route, const char *ifname,
		struct err_detail *detail)
{
	struct nl_msg *msg auto_clean(batch_msg) = NULL;
	struct link_state state;
	int r = link_find(route, ifname, detail, &state);

	if (r < 0)
		return r;
	/* By number: the name may be another's by now. */
	msg = begin(RTM_DELLINK, 0, state.ifindex);
	return ask(route, msg, NULL, NULL, ifname, "delete", detail);
}

static int set_int(int fd, int level, int option, int value)
{
	if (setsockopt(fd, level, option, &value, sizeof(value)) < 0)
		return -errno;
	return 0;
}

/* Return: a socket, or -errno. */
static int open_socket(int family, uint32_t fwmark, bool share)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r = 0;

	if (fd < 0)
		return -errno;
	if (family == AF_INET6)
		r = set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (r == 0 && fwmark)
		r = set_int(fd, SOL_SOCKET, SO_MARK, fwmark);
	if (r == 0 && share)
		r = set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	if (r == 0)
		r = set_int(fd, IPPROTO_UDP, UDP_GRO, 1);
	if (r == 0)
		return fd;
	close(fd);
	return r;
}

int link_sockets_open(uint32_t fwmark, bool share, struct err_detail *detail,
		      struct link_sockets *ret)
{
	struct link_sockets s = { .fd4 = -1, .fd6 = -1 };
	int r;

	r = open_socket(AF_INET, fwmark, share);
	if (r >= 0) {
		s.fd4 = r;
		r = open_socket(AF_INET6, fwmark, share);
	}
	if (r >= 0)
		s.fd6 = r;
	else if (s.fd4 < 0 || r != -EAFNOSUPPORT) {
		link_sockets_done(&s);
		return err_explain(detail, r, "failed to make a UDP socket: %s",
				   err_text(r));
	}
	*ret = s;
	return 0;
}

static int bind_one(int fd, int family, uint16_t port)
{
	union {
		struct sockaddr any;
		struct sockaddr_in in4;
		struct sockaddr_in6 in6;
	} addr = { 0 };
	socklen_t len = sizeof(addr.in4);

	addr.any.sa_family = family;
	addr.in4.sin_port = htons(port);	/* in the same place in both */
	if (family == AF_INET6)
		len = sizeof(addr.in6);
	return bind(fd, &addr.any, len) < 0 ? -errno : 0;
}

/* Return: the port, or -errno. */
static int bound_port(int fd)
{
	struct sockaddr_in addr = { 0 };
	socklen_t len = sizeof(addr);

	if (getsockname(fd, (struct sockaddr *)&addr, &len) < 0)
		return -errno;
	return ntohs(addr.sin_port);
}

static int bind_both(struct link_sockets *s, uint16_t port)
{
	int r = bind_one(s->fd4, AF_INET, port);

	if (r == 0)
		r = bound_port(s->fd4);
	if (r < 0)
		return r;
	s->port = r;
	if (s->fd6 >= 0) {
		r = bind_one(s->fd6, AF_INET6, s->port);
		if (r < 0)
			return r;
		r = set_int(s->fd6, SOL_SOCKET, SO_REUSEPORT, 1);
		if (r < 0)
			return r;
	}
	/* Only now: before, it would have let us share with just anybody. */
	return set_int(s->fd4, SOL_SOCKET, SO_REUSEPORT, 1);
}

int link_sockets_bind(struct link_sockets *sockets, uint16_t port,
		      struct err_detail *detail)
{
	int r = bind_both(sockets, port);

	if (r == 0)
		return 0;
	sockets->port = 0;
	return err_explain(detail, r, "failed to bind UDP port %u: %s", port,
			   err_text(r));
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void link_sockets_done(struct link_sockets *sockets)
{
	close_one(&sockets->fd4);
	close_one(&sockets->fd6);
	sockets->port = 0;
}

static int adopt(struct genl_conn *conn, const char *ifname,
		 const struct link_sockets *s, const struct link_wish *wish,
		 struct err_detail *detail)
{
	struct batch_adoption adoption = {
		.fd4 = s->fd4, .fd6 = s->fd6, .fwmark = wish->fwmark,
		.manage = wish->manage,
	};
	struct nl_msg *msg auto_clean(batch_msg) =
		batch_dev_adopt(genl_conn_family(conn), ifname, &adoption);
	struct nl_refusal refusal;
	int r;

	if (!msg)
		return err_explain(detail, -ENOMEM, "%s", err_text(-ENOMEM));
	r = genl_conn_do(conn, msg, NULL, NULL, &refusal);
	if (r < 0)
		batch_explain(msg, &refusal, r, detail);
	return r;
}

/*
 * One try. To take a port over, the new sockets are handed over first: from the
 * moment that they are bound, datagrams hash to them. On a port of nobody they
 * are bound first, so that a port in use is found before the device knows them.
 */
static int take_once(struct genl_conn *conn, const char *ifname,
		     const struct link_wish *wish, bool share,
		     struct err_detail *detail, struct link_sockets *ret)
{
	struct link_sockets s;
	int r = link_sockets_open(wish->fwmark, share, detail, &s);

	if (r < 0)
		return r;
	if (share)
		r = adopt(conn, ifname, &s, wish, detail);
	if (r == 0)
		r = link_sockets_bind(&s, wish->port, detail);
	if (r == 0 && !share)
		r = adopt(conn, ifname, &s, wish, detail);
	if (r < 0) {
		link_sockets_done(&s);
		return r;
	}
	*ret = s;
	return 0;
}

int link_take(struct genl_conn *conn, const char *ifname,
	      const struct link_wish *wish, struct err_detail *detail,
	      struct link_sockets *ret)
{
	struct wg_device dev auto_clean(wg_device) = { 0 };
	int r = fetch_device(conn, ifname, false, detail, &dev);
	struct link_wish now = *wish;
	int tries = 0;
	bool share;

	if (r < 0)
		return r;
	share = dev.sockets == WG_SOCKETS_ADOPTED && dev.listen_port &&
		(!wish->port || wish->port == dev.listen_port);
	/* Any port will do: then the one that others know already. */
	if (share)
		now.port = dev.listen_port;
	/* Said again it would be refused while there are peers. */
	now.manage = wish->manage && !dev.managed;
	do
		r = take_once(conn, ifname, &now, share, detail, ret);
	while (r == -EADDRINUSE && !now.port && ++tries < LINK_BIND_TRIES);
	return r;
}
