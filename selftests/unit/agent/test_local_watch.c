// SPDX-License-Identifier: GPL-2.0-only
/* The local API: those who watch, and those who do not read. */
#include "local_api_rig.h"

/*
 * Somebody asks and does not read: what is kept for him has an end, and others
 * are answered.
 */
static void does_not_read(void)
{
	static char body[1 << 20];
	char head[128];
	struct rig rig;
	uid_t uid = geteuid() ? geteuid() : 12345;
	const struct limits_user *user;
	int fd[80], i;

	set_up(&rig);
	user = &http_server_limits(rig.api->http)->user[0];
	snprintf(head, sizeof(head), "POST /localapi/v0/start HTTP/1.1\r\n"
		 "Content-Length: %zu\r\n\r\n", sizeof(body));
	for (i = 0; i < 80; i++) {
		size_t at = 0;
		ssize_t n;

		/* Of root everything is kept. */
		CHECK(geteuid() || seteuid(uid) == 0);
		fd[i] = connect_to(&rig);
		CHECK(getuid() || seteuid(0) == 0);
		send_text(fd[i], head, strlen(head));
		/* All but the last byte. */
		while (at < sizeof(body) - 1) {
			n = send(fd[i], body, sizeof(body) - 1 - at,
				 MSG_DONTWAIT | MSG_NOSIGNAL);
			if (n > 0)
				at += n;
			else if (errno != EAGAIN)
				break;
			turn(&rig);
		}
	}
	CHECK_EQ(user->uid, uid);
	CHECK(user->held <= LIMITS_HELD);
	CHECK(user->held > LIMITS_HELD - (2u << 20));
	rig.sim.now_ms += 1000;
	CHECK_EQ(ask(&rig, GET("status")), 200);
	for (i = 0; i < 80; i++)
		close(fd[i]);
	for (i = 0; i < 2000 && user->connections; i++)
		turn(&rig);
	CHECK_EQ(user->connections, 0);
	CHECK_EQ(user->held, 0);
	tear_down(&rig);
}

static void watching(void)
{
	static const char request[] = GET("watch-ipn-bus?mask=142");
	struct notify msg = { .has_state = true, .state = BACKEND_STOPPED };
	struct notify_engine engine = { .rx_bytes = 5 };
	struct rig rig;
	bool closed;
	int fd;

	set_up(&rig);
	fd = connect_to(&rig);
	send_text(fd, request, strlen(request));
	receive(&rig, fd, &closed);
	CHECK(strstr(reply, "Transfer-Encoding: chunked\r\n"));
	CHECK(strstr(reply, "\"State\":6,\"Prefs\":{"));
	CHECK(strstr(reply, "\"SessionID\":\""));
	CHECK(strstr(reply, "\"Warnings\":{\"not-in-map-poll\":{"));
	CHECK(strstr(reply, "\"SelfChange\":{\"ID\":1,"));
	CHECK(strstr(reply, "\"NetMap\":{\"Peers\":[]}"));
	CHECK(!strstr(reply, "InitialStatus"));
	CHECK_EQ(fake_node_watchers(&rig.node), 1);
	fake_node_tell(&rig.node, &msg);
	receive(&rig, fd, &closed);
	CHECK(strstr(reply,
		     "{\"Version\":\"9.9.9-tailnet\",\"ErrMessage\":null,"
		     "\"LoginFinished\":null,\"State\":4,\"Prefs\":null,"
		     "\"NetMap\":null,\"Engine\":null,\"BrowseToURL\":null,"
		     "\"DriveShares\":null}\n\r\n"));
	msg = (struct notify){ .engine = &engine };
	fake_node_tell(&rig.node, &msg);
	receive(&rig, fd, &closed);
	CHECK(strstr(reply, "\"Engine\":null"));
	close(fd);
	turn(&rig);
	CHECK_EQ(fake_node_watchers(&rig.node), 0);
	tear_down(&rig);
}

/* "up" waits for the head before it starts anything. */
static void silent_watch_has_a_head(void)
{
	static const char request[] = GET("watch-ipn-bus?mask=128");
	struct rig rig;
	bool closed;
	int fd;

	set_up(&rig);
	fd = connect_to(&rig);
	send_text(fd, request, strlen(request));
	receive(&rig, fd, &closed);
	CHECK(strncmp(reply, "HTTP/1.1 200 OK", 15) == 0);
	CHECK(strcmp(strstr(reply, "\r\n\r\n"), "\r\n\r\n") == 0);
	/* It ends with the server, and nobody is told any more. */
	tear_down(&rig);
	CHECK_EQ(fake_node_watchers(&rig.node), 0);
	close(fd);
}

static void watchers_are_bounded(void)
{
	static const char request[] = GET("watch-ipn-bus?mask=0");
	int fd[LIMITS_WATCHERS], i;
	struct rig rig;
	bool closed;

	set_up(&rig);
	for (i = 0; i < LIMITS_WATCHERS; i++) {
		fd[i] = connect_to(&rig);
		send_text(fd[i], request, strlen(request));
		receive(&rig, fd[i], &closed);
		CHECK(strncmp(reply, "HTTP/1.1 200", 12) == 0);
	}
	CHECK_EQ(ask(&rig, request), 429);
	close(fd[0]);
	turn(&rig);
	CHECK_EQ(ask(&rig, request), 200);
	for (i = 1; i < LIMITS_WATCHERS; i++)
		close(fd[i]);
	turn(&rig);
	CHECK_EQ(fake_node_watchers(&rig.node), 0);
	tear_down(&rig);
}

static void slow_watcher_is_dropped(void)
{
	static const char request[] = GET("watch-ipn-bus?mask=0");
	char *url = malloc(20001);
	struct notify msg = { .browse_to_url = url };
	struct rig rig;
	bool closed;
	int fd, i;

	memset(url, 'x', 20000);
	url[20000] = 0;
	set_up(&rig);
	fd = connect_to(&rig);
	send_text(fd, request, strlen(request));
	receive(&rig, fd, &closed);
	for (i = 0; i < 60; i++) {
		fake_node_tell(&rig.node, &msg);
		turn(&rig);
	}
	CHECK_EQ(fake_node_watchers(&rig.node), 1);
	for (i = 0; i < 140; i++) {
		fake_node_tell(&rig.node, &msg);
		turn(&rig);
	}
	CHECK_EQ(fake_node_watchers(&rig.node), 0);
	close(fd);
	free(url);
	tear_down(&rig);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(does_not_read),
		TEST(watching),
		TEST(silent_watch_has_a_head),
		TEST(watchers_are_bounded),
		TEST(slow_watcher_is_dropped),
	};

	if (secret_init() < 0)
		return 1;
	return test_main(tests, ARRAY_SIZE(tests), argc, argv);
}
