/* SPDX-License-Identifier: GPL-2.0-only */
/* The local API with a fake node. For one test program each: all is static. */
#ifndef LOCAL_API_RIG_H
#define LOCAL_API_RIG_H

#include "test.h"

#include "base/array.h"
#include "base/clock.h"
#include "fake_node.h"
#include "localapi/api.h"
#include "loop/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define HOST "Host: local-tailscaled.sock\r\n"
#define GET(path) "GET /localapi/v0/" path " HTTP/1.1\r\n" HOST "\r\n"

/**
 * struct rig - the API with a fake node, on a clock that stands still
 * @loop: runs it
 * @sim: its clock
 * @node: the node
 * @api: the API
 * @path: of the socket
 */
struct rig {
	struct loop *loop;
	struct clock_sim sim;
	struct fake_node node;
	struct api *api;
	char path[64];
};

static inline int find_no_uid(const char *name, uid_t *ret)
{
	(void)name;
	(void)ret;
	return -ENOENT;
}

static inline void set_up(struct rig *rig)
{
	struct api_config config = {
		.node = &fake_node_api, .node_ctx = &rig->node,
		.version = "9.9.9-tailnet", .cap = 113,
		.find_uid = find_no_uid,
	};
	struct err_detail detail;
	int fd;

	memset(rig, 0, sizeof(*rig));
	clock_sim_init(&rig->sim, 1700000000);
	fake_node_init(&rig->node);
	snprintf(rig->path, sizeof(rig->path), "/tmp/test_api.%d", getpid());
	if (loop_new(&rig->sim.clock, &rig->loop) < 0 ||
	    api_listen(rig->path, &detail, &fd) < 0 ||
	    api_new(rig->loop, fd, &config, &rig->api) < 0)
		abort();
}

static inline void tear_down(struct rig *rig)
{
	api_free(rig->api);
	loop_free(rig->loop);
	fake_node_done(&rig->node);
	unlink(rig->path);
}

static inline void turn(struct rig *rig)
{
	int i;

	for (i = 0; i < 12; i++)
		loop_turn(rig->loop, 0);
}

static inline int connect_to(struct rig *rig)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	strcpy(addr.sun_path, rig->path);
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		abort();
	return fd;
}

static char reply[1 << 20];

/* All that has come; @ret_closed: and no more will. */
static inline size_t receive(struct rig *rig, int fd, bool *ret_closed)
{
	size_t len = 0;
	ssize_t n;
	int i;

	*ret_closed = false;
	for (i = 0; i < 20; i++) {
		turn(rig);
		n = recv(fd, reply + len, sizeof(reply) - 1 - len, 0);
		if (n > 0)
			len += n;
		if (n == 0 || (n < 0 && errno != EAGAIN))
			*ret_closed = true;
	}
	reply[len] = 0;
	return len;
}

static inline void send_text(int fd, const char *s, size_t len)
{
	if (send(fd, s, len, MSG_NOSIGNAL) != (ssize_t)len)
		abort();
}

/* One request on a connection of its own. */
static inline int ask(struct rig *rig, const char *request)
{
	int fd = connect_to(rig), status = -1;
	bool closed;

	send_text(fd, request, strlen(request));
	receive(rig, fd, &closed);
	sscanf(reply, "HTTP/1.1 %d", &status);
	close(fd);
	turn(rig);
	return status;
}

#endif /* LOCAL_API_RIG_H */
