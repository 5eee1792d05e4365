// SPDX-License-Identifier: GPL-2.0-only
/* The control client: the map stream, updates, and connections that end. */
#include "client_rig.h"

static void watchdog(void)
{
	CHECK_IN(first_map());
	advance(MAP_POLL_SILENCE_MS - 1000);
	CHECK(poll_request());
	fake_map(poll_request(), "{\"KeepAlive\":true}");
	advance(MAP_POLL_SILENCE_MS - 1000);
	CHECK(poll_request());
	/* Bytes are no message. */
	fake_data(poll_request(), "\x40\0\0\0", 4);
	loop_advance(w.loop, 1000);
	CHECK(!poll_request());
	CHECK_EQ(client_state(w.client), CLIENT_BACKOFF);
	CHECK(!fake.open);
	CHECK_EQ(w.n_peers, 0);
	CHECK(client_netmap(w.client));
	stop();
}

static void server_sleep(void)
{
	CHECK_IN(first_map());
	fake_map(poll_request(), "{\"Debug\":{\"SleepSeconds\":200}}");
	fake_map(poll_request(), "{\"PeersChanged\":[{\"ID\":9,\"Key\":\""
		 KEY("2222") "\"}]}");
	advance(199000);
	CHECK(poll_request());
	CHECK_EQ(w.n_peers, 0);
	advance(1001);
	CHECK_EQ(w.n_peers, 1);
	/* The watchdog begins anew behind it. */
	advance(MAP_POLL_SILENCE_MS + 1);
	CHECK_EQ(client_state(w.client) == CLIENT_POLLING && poll_request(), 0);
	stop();
}

/* Whoever is told to wait, and then finds the door shut, still waits. */
static void server_sleep_and_end(void)
{
	CHECK_IN(first_map());
	fake_map(poll_request(), "{\"Debug\":{\"SleepSeconds\":200}}");
	fake_map(poll_request(), "{\"PeersChanged\":[{\"ID\":9,\"Key\":\""
		 KEY("2222") "\"}]}");
	fake_end(poll_request(), 0);
	advance(199000);
	CHECK_EQ(client_state(w.client), CLIENT_POLLING);
	CHECK(!poll_request());
	CHECK_EQ(w.n_peers, 0);
	advance(1001);
	CHECK_EQ(w.n_peers, 1);
	advance(20);
	CHECK(poll_request());

	/* Told to wait again by what came while it waited. */
	fake_begin(poll_request(), 200);
	fake_map(poll_request(), self_map("", ""));
	fake_map(poll_request(), "{\"Debug\":{\"SleepSeconds\":10}}");
	fake_map(poll_request(), "{\"Debug\":{\"SleepSeconds\":20}}");
	fake_end(poll_request(), 0);
	advance(29000);
	CHECK(!poll_request());
	advance(1100);
	CHECK(poll_request());

	/* Paused by what came while it waited. */
	fake_begin(poll_request(), 200);
	fake_map(poll_request(), self_map("", ""));
	fake_map(poll_request(), "{\"Debug\":{\"SleepSeconds\":10}}");
	fake_map(poll_request(), self_map("", ",\"Domain\":\"x\""));
	fake_end(poll_request(), 0);
	w.pause_on_netmap = true;
	advance(10100);
	CHECK_EQ(client_state(w.client), CLIENT_IDLE);
	stop();
}

static void deltas(void)
{
	int before;

	CHECK_IN(first_map());
	fake_map(poll_request(), "{\"PeersChanged\":[{\"ID\":9,\"Key\":\""
		 KEY("2222") "\"},{\"ID\":10,\"Key\":\"" KEY("3333") "\"}]}");
	CHECK_EQ(w.n_peers, 2);
	/* A new stream begins with nothing, but what there was stays. */
	fake_end(poll_request(), 0);
	before = w.n_netmaps;
	CHECK_EQ(client_state(w.client), CLIENT_BACKOFF);
	CHECK(!client_is_in_poll(w.client));
	CHECK_EQ(netmap_n_peers(client_netmap(w.client)), 2);
	advance(20);
	CHECK(poll_request());
	fake_begin(poll_request(), 200);
	CHECK_EQ(w.n_netmaps, before);
	fake_map(poll_request(), self_map("", ",\"Peers\":[{\"ID\":9,\"Key\":\""
		 KEY("2222") "\"}]"));
	CHECK_EQ(w.n_peers, 1);
	CHECK_EQ(fake.opened, 1);
	stop();
}

static void no_self(void)
{
	CHECK_IN(reach_poll());
	fake_begin(poll_request(), 200);
	fake_map(poll_request(), "{\"Domain\":\"x\"}");
	CHECK(!poll_request());
	CHECK_EQ(client_state(w.client), CLIENT_BACKOFF);
	stop();
}

static void unknown_node(void)
{
	int i;

	CHECK_IN(reach_poll());
	for (i = 0; i < CLIENT_404_MAX; i++) {
		CHECK(poll_request());
		fake_answer(poll_request(), 404, "", "node not found");
		CHECK_EQ(client_state(w.client), CLIENT_BACKOFF);
		advance(2000);
	}
	CHECK(!poll_request());
	CHECK(reg_request());
	CHECK(strstr(reg_request()->body, "\"NodeKey\":\"" KEY("1111")));
	stop();
}

static void updates(void)
{
	CHECK_IN(first_map());
	CHECK(lite_request());
	/* One under way, the newest wins. */
	w.hostinfo.hostname = "first";
	client_self_changed(w.client);
	w.hostinfo.hostname = "second";
	client_self_changed(w.client);
	turn();
	CHECK(!strstr(lite_request()->body, "second"));
	fake_answer(lite_request(), 200, "", "");
	turn();
	CHECK(strstr(lite_request()->body, "second"));
	fake_answer(lite_request(), 200, "", "");
	turn();
	CHECK(!lite_request());
	/* A failure is tried again; the stream does not notice. */
	client_self_changed(w.client);
	turn();
	fake_answer(lite_request(), 500, "", "");
	turn();
	CHECK(!lite_request());
	advance(11);
	CHECK(lite_request());
	CHECK(poll_request());
	stop();
}

static void network_change(void)
{
	CHECK_IN(first_map());
	client_network_changed(w.client);
	turn();
	CHECK_EQ(client_state(w.client), CLIENT_DIALING);
	CHECK_EQ(fake.opened, 2);
	fake_connected();
	turn();
	CHECK(poll_request());
	CHECK(lite_request());
	CHECK_EQ(w.n_registered, 1);
	stop();
}

static void pausing(void)
{
	CHECK_IN(first_map());
	client_pause(w.client, true);
	turn();
	CHECK_EQ(client_state(w.client), CLIENT_IDLE);
	CHECK_EQ(fake_n_open(), 0);
	CHECK(!fake.open);
	CHECK(client_netmap(w.client));
	advance(600000);
	CHECK_EQ(client_state(w.client), CLIENT_IDLE);
	client_pause(w.client, false);
	turn();
	CHECK_EQ(client_state(w.client), CLIENT_DIALING);
	stop();
	/* Out of a callback, in the middle of a message. */
	CHECK_IN(first_map());
	w.pause_on_netmap = true;
	fake_map(poll_request(), "{\"PeersChanged\":[{\"ID\":9,\"Key\":\""
		 KEY("2222") "\"}]}");
	turn();
	CHECK_EQ(client_state(w.client), CLIENT_IDLE);
	stop();
}

static void draining(void)
{
	CHECK_IN(first_map());
	fake.conn_calls.draining(fake.conn_calls.ctx);
	turn();
	CHECK_EQ(client_state(w.client), CLIENT_BACKOFF);
	advance(20);
	CHECK_EQ(fake.opened, 2);
	stop();
}

static void storms(void)
{
	int i;

	/* A server that takes everybody and then hangs up at once. */
	CHECK_IN(reach_poll());
	for (i = 0; i < 5; i++) {
		fake_closed(TNE_CLOSED);
		turn();
		CHECK_EQ(client_state(w.client), CLIENT_BACKOFF);
		loop_advance(w.loop, 251);
		turn();
		CHECK(fake.open);
		fake_connected();
		turn();
	}
	fake_closed(TNE_CLOSED);
	turn();
	loop_advance(w.loop, 990);
	CHECK(!fake.open);
	advance(11);
	CHECK(fake.open);
	stop();
}

static const struct test tests[] = {
	TEST(watchdog),
	TEST(server_sleep),
	TEST(server_sleep_and_end),
	TEST(deltas),
	TEST(no_self),
	TEST(unknown_node),
	TEST(updates),
	TEST(network_change),
	TEST(pausing),
	TEST(draining),
	TEST(storms),
};

int main(int argc, char **argv)
{
	secret_init();
	return test_main(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
