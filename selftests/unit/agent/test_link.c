// SPDX-License-Identifier: GPL-2.0-only
/*
 * Links and their sockets. The sockets are real ones, of this machine's own
 * addresses; the module is played by module.c, and rtnetlink by this file: its
 * requests come by the same functions, so it takes what is no message of ours.
 */
#include "test.h"

#include "fail_alloc.h"
#include "module.h"

#include "base/array.h"
#include "dataplane/link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/udp.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#define IFNAME "tailnet0"

static uint16_t port_of(int fd)
{
	struct sockaddr_in6 addr = { 0 };
	socklen_t len = sizeof(addr);

	getsockname(fd, (struct sockaddr *)&addr, &len);
	return ntohs(addr.sin6_port);
}

static int get(int fd, int level, int option)
{
	int value = -1;
	socklen_t len = sizeof(value);

	getsockopt(fd, level, option, &value, &len);
	return value;
}

/* Some machines have no IPv6. */
static bool has_ipv6(void)
{
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

static void sockets(void)
{
	struct link_sockets a, b, c;
	struct err_detail detail;

	CHECK_EQ(link_sockets_open(0, false, &detail, &a), 0);
	CHECK(a.fd4 >= 0 && a.port == 0);
	CHECK_EQ(a.fd6 >= 0, has_ipv6());
	CHECK_EQ(link_sockets_bind(&a, 0, &detail), 0);
	CHECK(a.port && port_of(a.fd4) == a.port);
	CHECK_EQ(get(a.fd4, IPPROTO_UDP, UDP_GRO), 1);
	CHECK(fcntl(a.fd4, F_GETFL) & O_NONBLOCK);
	CHECK(fcntl(a.fd4, F_GETFD) & FD_CLOEXEC);
	if (a.fd6 >= 0) {
		CHECK_EQ(port_of(a.fd6), a.port);
		CHECK_EQ(get(a.fd6, IPPROTO_IPV6, IPV6_V6ONLY), 1);
		CHECK_EQ(get(a.fd6, IPPROTO_UDP, UDP_GRO), 1);
	}

	test_case("nobody may share it by chance");
	CHECK_EQ(link_sockets_open(0, false, &detail, &b), 0);
	CHECK_EQ(link_sockets_bind(&b, a.port, &detail), -EADDRINUSE);
	CHECK(strstr(detail.text, "bind") && b.port == 0);
	link_sockets_done(&b);
	CHECK(b.fd4 == -1 && b.fd6 == -1);

	test_case("a successor may");
	CHECK_EQ(link_sockets_open(0, true, &detail, &c), 0);
	CHECK_EQ(link_sockets_bind(&c, a.port, &detail), 0);
	CHECK_EQ(c.port, a.port);
	link_sockets_done(&a);
	link_sockets_done(&c);
}

static int take(const struct link_wish *wish, struct link_sockets *ret)
{
	struct err_detail detail;

	return link_take(NULL, IFNAME, wish, &detail, ret);
}

static void takes(void)
{
	struct link_wish wish = { .manage = true };
	struct link_sockets first, second, third;

	test_case("any port");
	module_reset();
	CHECK_EQ(take(&wish, &first), 0);
	CHECK(first.port && strcmp(module.log, "ds") == 0);
	CHECK(module.fds[0] == first.fd4 && module.fds[1] == first.fd6);
	CHECK(module.table.dev.managed);
	module.port = first.port;

	test_case("the port of the agent before, without being asked to");
	CHECK_EQ(take(&wish, &second), 0);
	CHECK_EQ(second.port, first.port);
	CHECK_EQ(module.fds[0], second.fd4);

	test_case("by its number");
	wish.port = first.port;
	CHECK_EQ(take(&wish, &third), 0);
	CHECK_EQ(third.port, first.port);
	link_sockets_done(&second);

	test_case("a device of other sockets: the port is not free");
	module.sockets = 1;
	CHECK_EQ(take(&wish, &second), -EADDRINUSE);
	CHECK_EQ(module.fds[0], third.fd4);

	test_case("refused by the module");
	wish.port = 0;
	module.fail = 's';
	module.err = -EPERM;
	module.times = 1;
	CHECK_EQ(take(&wish, &second), -EPERM);

	test_case("no device");
	module.fail = 'd';
	module.err = -ENODEV;
	module.times = 1;
	CHECK_EQ(take(&wish, &second), -ENODEV);

	test_case("peers in the way of the flag");
	module.table.dev.managed = false;
	table_op(&module.table, 0, &(struct node_public){ { 1 } });
	CHECK_EQ(take(&wish, &second), -EBUSY);
	link_sockets_done(&first);
	link_sockets_done(&third);
	module_reset();
}

static void names(void)
{
	static const char *const bad[] = { "", "sixteen-letters0" };
	struct link_state state;
	struct err_detail detail;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		test_case("'%s'", bad[i]);
		CHECK_EQ(link_create(NULL, bad[i], &detail), -EINVAL);
		CHECK_EQ(link_find(NULL, bad[i], &detail, &state), -EINVAL);
		CHECK_EQ(link_delete(NULL, bad[i], &detail), -EINVAL);
	}
}

static const struct test tests[] = {
	TEST(sockets),
	TEST(takes),
	TEST(names),
};

TEST_MAIN(tests)
