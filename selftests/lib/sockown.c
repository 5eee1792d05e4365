// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands in for the agent as owner of UDP sockets: makes them, hands them over
 * to a device, reads what the module leaves to it, and dies when told.
 *
 * usage: sockown FIFO
 *
 * Reads commands, one a line, and answers each with one line on standard
 * output, "ok ..." or "error NAME":
 *   sock NAME 4|6|tcp|dual [reuseport]	make a socket; dual is IPv6 and IPv4
 *   bind NAME PORT
 *   connect NAME ADDR PORT		IPv4
 *   close NAME
 *   give DEV [4=NAME|-1] [6=NAME|-1]	hand over, or take back with -1
 *   timeout DEV SECONDS			orphan timeout
 *   get DEV				sockets, orphaned, port
 *   recv NAME				how many datagrams wait, and the last one
 *   send NAME ADDR PORT HEX		IPv4
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../uapi/tailnet.h"

#define SOCKS_MAX	16
#define NAME_MAX_LEN	32
#define WORDS_MAX	8
#define UDP_GRO		104	/* not in older C library headers */
#define SOL_UDP_	17

struct named {
	char name[NAME_MAX_LEN];
	int fd;
};

static struct named socks[SOCKS_MAX];
static struct nl_sock *nl;
static int family;

static void answer(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

static void refuse(int err)
{
	answer("error %s", strerrorname_np(err) ?: "unknown");
}

static struct named *find(const char *name)
{
	for (int i = 0; i < SOCKS_MAX; i++)
		if (!strcmp(socks[i].name, name))
			return &socks[i];
	return NULL;
}

/* a name that is a number means that descriptor, whatever it is */
static int fd_of(const char *name)
{
	struct named *n = find(name);

	return n ? n->fd : atoi(name);
}

static void do_sock(int argc, char **argv)
{
	struct named *n = find("");
	int one = 1, mark = 0x80000, fd, af;

	af = !strcmp(argv[2], "6") || !strcmp(argv[2], "dual") ? AF_INET6 : AF_INET;
	fd = socket(af, !strcmp(argv[2], "tcp") ? SOCK_STREAM : SOCK_DGRAM, 0);
	if (fd < 0 || !n) {
		refuse(n ? errno : ENFILE);
		return;
	}
	setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark));
	if (!strcmp(argv[2], "6"))
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (strcmp(argv[2], "tcp"))
		setsockopt(fd, SOL_UDP_, UDP_GRO, &one, sizeof(one));
	if (argc > 3 && !strcmp(argv[3], "reuseport"))
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	snprintf(n->name, sizeof(n->name), "%s", argv[1]);
	n->fd = fd;
	answer("ok");
}

static void do_bind(int fd, int port)
{
	struct sockaddr_storage any = { 0 };
	struct sockaddr_in6 *sin6 = (void *)&any;
	struct sockaddr_in *sin = (void *)&any;
	socklen_t len = sizeof(any);

	/* the family, of a socket that has no address yet */
	if (getsockname(fd, (struct sockaddr *)&any, &len)) {
		refuse(errno);
		return;
	}
	if (any.ss_family == AF_INET6)
		sin6->sin6_port = htons(port);
	else
		sin->sin_port = htons(port);
	if (bind(fd, (struct sockaddr *)&any, len))
		refuse(errno);
	else
		answer("ok");
}

static int peer_addr(char **argv, struct sockaddr_in *ret)
{
	*ret = (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons(atoi(argv[1])) };
	return inet_pton(AF_INET, argv[0], &ret->sin_addr) == 1;
}

static void do_send(int fd, char **argv)
{
	unsigned char data[1500];
	struct sockaddr_in sin;
	size_t len = 0;
	unsigned int b;

	for (const char *p = argv[2]; len < sizeof(data) && sscanf(p, "%2x", &b) == 1; p += 2)
		data[len++] = b;
	if (!peer_addr(argv, &sin) ||
	    sendto(fd, data, len, 0, (struct sockaddr *)&sin, sizeof(sin)) < 0)
		refuse(errno);
	else
		answer("ok");
}

static void do_recv(int fd)
{
	char hex[2 * 64 + 1] = "";
	unsigned char buf[65536];
	int count = 0;
	ssize_t n;

	while ((n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT)) >= 0) {
		count++;
		for (ssize_t i = 0; i < n && i < 64; i++)
			sprintf(hex + 2 * i, "%02x", buf[i]);
	}
	answer("ok %d %s", count, hex);
}

/* --- netlink --- */

static struct nl_msg *request(int cmd, const char *dev, struct nlattr **ret_nest)
{
	struct nl_msg *msg = nlmsg_alloc();

	if (!msg || !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, 0, cmd,
				 TAILNET_GENL_VERSION))
		exit(1);
	*ret_nest = nla_nest_start(msg, TAILNET_A_DEV);
	nla_put_string(msg, TAILNET_A_DEV_IFNAME, dev);
	return msg;
}

static int on_error(struct sockaddr_nl *who, struct nlmsgerr *e, void *arg)
{
	(void)who;
	*(int *)arg = -e->error;
	return NL_STOP;
}

static int on_ack(struct nl_msg *msg, void *arg)
{
	(void)msg;
	*(int *)arg = 0;
	return NL_STOP;
}

static int on_device(struct nl_msg *msg, void *arg)
{
	struct nlattr *top[TAILNET_A_MAX + 1], *dev[TAILNET_A_DEV_MAX + 1];

	(void)arg;
	if (genlmsg_parse(nlmsg_hdr(msg), 0, top, TAILNET_A_MAX, NULL) ||
	    !top[TAILNET_A_DEV] ||
	    nla_parse_nested(dev, TAILNET_A_DEV_MAX, top[TAILNET_A_DEV], NULL)) {
		answer("error EBADMSG");
		return NL_OK;
	}
	answer("ok sockets=%u orphaned=%d port=%u",
	       dev[TAILNET_A_DEV_SOCKETS] ? nla_get_u32(dev[TAILNET_A_DEV_SOCKETS]) : 0,
	       !!dev[TAILNET_A_DEV_ORPHANED],
	       dev[TAILNET_A_DEV_LISTEN_PORT] ? nla_get_u16(dev[TAILNET_A_DEV_LISTEN_PORT]) : 0);
	return NL_OK;
}

/* frees the message; errno value of the answer */
static int transact(struct nl_msg *msg)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
	int state = -1;

	nl_cb_err(cb, NL_CB_CUSTOM, on_error, &state);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_ack, &state);
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_device, NULL);
	if (nl_send_auto(nl, msg) < 0)
		state = EIO;
	while (state < 0)
		if (nl_recvmsgs(nl, cb) < 0 && state < 0)
			state = EIO;
	nl_cb_put(cb);
	nlmsg_free(msg);
	return state;
}

static void do_give(int argc, char **argv)
{
	struct nlattr *nest;
	struct nl_msg *msg = request(TAILNET_CMD_DEV_SET, argv[1], &nest);
	int err;

	for (int i = 2; i < argc; i++)
		nla_put_s32(msg, argv[i][0] == '6' ? TAILNET_A_DEV_SOCK6 : TAILNET_A_DEV_SOCK4,
			    fd_of(argv[i] + 2));
	nla_nest_end(msg, nest);
	err = transact(msg);
	if (err)
		refuse(err);
	else
		answer("ok");
}

static void do_timeout(char **argv)
{
	struct nlattr *nest;
	struct nl_msg *msg = request(TAILNET_CMD_DEV_SET, argv[1], &nest);
	int err;

	nla_put_u32(msg, TAILNET_A_DEV_ORPHAN_TIMEOUT, atoi(argv[2]));
	nla_nest_end(msg, nest);
	err = transact(msg);
	if (err)
		refuse(err);
	else
		answer("ok");
}

static void do_get(char **argv)
{
	struct nlattr *nest;
	struct nl_msg *msg = request(TAILNET_CMD_DEV_GET, argv[1], &nest);
	int err;

	nla_nest_end(msg, nest);
	err = transact(msg);
	if (err)
		refuse(err);
}

static void command(int argc, char **argv)
{
	struct sockaddr_in sin;
	struct named *n;

	if (argc >= 3 && !strcmp(argv[0], "sock")) {
		do_sock(argc, argv);
	} else if (argc == 3 && !strcmp(argv[0], "bind")) {
		do_bind(fd_of(argv[1]), atoi(argv[2]));
	} else if (argc == 4 && !strcmp(argv[0], "connect")) {
		if (!peer_addr(argv + 2, &sin) ||
		    connect(fd_of(argv[1]), (struct sockaddr *)&sin, sizeof(sin)))
			refuse(errno);
		else
			answer("ok");
	} else if (argc == 2 && !strcmp(argv[0], "close") && (n = find(argv[1]))) {
		close(n->fd);
		*n = (struct named){ 0 };
		answer("ok");
	} else if (argc >= 3 && !strcmp(argv[0], "give")) {
		do_give(argc, argv);
	} else if (argc == 3 && !strcmp(argv[0], "timeout")) {
		do_timeout(argv);
	} else if (argc == 2 && !strcmp(argv[0], "get")) {
		do_get(argv);
	} else if (argc == 2 && !strcmp(argv[0], "recv")) {
		do_recv(fd_of(argv[1]));
	} else if (argc == 5 && !strcmp(argv[0], "send")) {
		do_send(fd_of(argv[1]), argv + 2);
	} else {
		answer("error usage");
	}
}

int main(int argc, char **argv)
{
	char line[4096], *words[WORDS_MAX], *save;
	FILE *in;
	int n;

	if (argc != 2) {
		fprintf(stderr, "usage: sockown FIFO\n");
		return 2;
	}
	nl = nl_socket_alloc();
	if (!nl || genl_connect(nl))
		return 1;
	family = genl_ctrl_resolve(nl, TAILNET_GENL_NAME);
	if (family < 0) {
		fprintf(stderr, "sockown: no netlink family %s\n", TAILNET_GENL_NAME);
		return 1;
	}
	/* opened for writing too, so that the end of one writer is no end */
	n = open(argv[1], O_RDWR | O_CLOEXEC);
	in = n < 0 ? NULL : fdopen(n, "r");
	if (!in) {
		perror(argv[1]);
		return 1;
	}
	answer("ok ready");
	while (fgets(line, sizeof(line), in)) {
		n = 0;
		for (char *w = strtok_r(line, " \n", &save); w && n < WORDS_MAX;
		     w = strtok_r(NULL, " \n", &save))
			words[n++] = w;
		if (n)
			command(n, words);
	}
	return 0;
}
