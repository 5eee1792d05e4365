// SPDX-License-Identifier: GPL-2.0-only
/* The control client against a server played by hand, under a simulated clock. */
#include "fail_alloc.h"
#include "fake_conn.h"
#include "test.h"

#include "base/clock.h"
#include "base/log.h"
#include "control/client.h"
#include "control/map_poll.h"
#include "loop/loop.h"
#include "loop/transfers.h"
#include "model/hostinfo.h"
#include "model/netmap.h"

#include <errno.h>
#include <unistd.h>

#define NOW_S 1900000000
#define KEY(c) "nodekey:" c c c c c c c c c c c c c c c c
#define SELF \
	"{\"Node\":{\"ID\":7,\"StableID\":\"n7\",\"Name\":\"a.t.\",\"Key\":\"" \
	KEY("1111") "\",\"MachineAuthorized\":true," \
	"\"Addresses\":[\"100.64.0.7/32\"]%s}%s}"
#define OK_BODY "{\"MachineAuthorized\":true,\"Login\":{\"LoginName\":\"a@b\"}}"

/**
 * struct world - the client and what it has told
 */
static struct world {
	struct clock_sim clock;
	struct loop *loop;
	struct transfers *transfers;
	struct secret32 *machine;
	struct client *client;
	struct hostinfo hostinfo;
	char url[REGISTER_URL_MAX + 1];
	char why[400];
	bool gave_up;
	int n_refused;
	int n_registered;
	int n_new_keys;
	int n_netmaps;
	size_t n_peers;
	int n_logged_out;
	int n_exits;
	int n_pops;
	int n_key_changes;
	int keep_err;
	bool pause_on_netmap;
} w;

static void on_state(void *ctx, enum client_state state)
{
	(void)ctx;
	(void)state;
}

static void on_self(void *ctx, struct control_self *ret)
{
	(void)ctx;
	ret->hostinfo = &w.hostinfo;
	ret->disco_key.byte[0] = 1;
}

static void on_server_key(void *ctx, const struct machine_public *key,
			  bool known)
{
	(void)ctx;
	(void)key;
	w.n_key_changes += known;
}

static void on_visit(void *ctx, const char *url)
{
	(void)ctx;
	snprintf(w.url, sizeof(w.url), "%s", url);
}

static int on_registered(void *ctx, const struct register_response *response,
			 struct secret32 *key)
{
	(void)ctx;
	(void)response;
	w.n_registered++;
	w.n_new_keys += key != NULL;
	if (w.keep_err == 0)
		secret32_free(key);
	return w.keep_err;
}

static void on_refused(void *ctx, const char *why, bool give_up)
{
	(void)ctx;
	w.n_refused++;
	w.gave_up = give_up;
	snprintf(w.why, sizeof(w.why), "%s", why);
}

static void on_netmap(void *ctx, struct netmap *netmap)
{
	(void)ctx;
	w.n_netmaps++;
	w.n_peers = netmap_n_peers(netmap);
	if (w.pause_on_netmap)
		client_pause(w.client, true);
}

static void on_pop(void *ctx, const char *url)
{
	(void)ctx;
	(void)url;
	w.n_pops++;
}

static void on_logged_out(void *ctx)
{
	(void)ctx;
	w.n_logged_out++;
}

static void on_exit_wanted(void *ctx, int code)
{
	(void)ctx;
	(void)code;
	w.n_exits++;
}

static uint32_t half(void *ctx)
{
	(void)ctx;
	return UINT32_MAX / 2 + 1;	/* waits are what the formula says */
}

static void stop(void)
{
	client_free(w.client);
	transfers_free(w.transfers);
	loop_free(w.loop);
	secret32_free(w.machine);
	memset(&w, 0, sizeof(w));
}

static const struct client_calls calls = {
	.state = on_state, .self = on_self, .server_key = on_server_key,
	.visit = on_visit, .registered = on_registered,
	.refused = on_refused, .netmap = on_netmap, .pop_url = on_pop,
	.logged_out = on_logged_out, .exit = on_exit_wanted,
};

static void begin(bool has_key, uint8_t known_key)
{
	const struct transfers_options options = { .no_proxy = true };
	struct client_config config = {
		.server_url = "https://c.example", .version = 113,
		.random = half,
	};

	stop();
	fake_reset();
	log_setup(STDERR_FILENO, LOG_LEVEL_ERR, false);
	clock_sim_init(&w.clock, NOW_S);
	CHECK_EQ(loop_new(&w.clock.clock, &w.loop), 0);
	CHECK_EQ(transfers_new(w.loop, &options, &w.transfers), 0);
	w.machine = secret32_new();
	w.hostinfo.os = "linux";
	config.transfers = w.transfers;
	config.machine = w.machine;
	config.keys.lock.byte[0] = 1;
	config.known_key.byte[0] = known_key;
	if (has_key)
		memset(config.keys.node.byte, 0x11, KEY_LEN);
	CHECK_EQ(client_new(&config, &calls, &w.client), 0);
}

static void turn(void)
{
	int i;

	for (i = 0; i < 5; i++)
		loop_turn(w.loop, 0);
}

static void advance(uint64_t ms)
{
	loop_advance(w.loop, ms);
	turn();
}

static void reach_register(void)
{
	turn();
	CHECK_EQ(client_state(w.client), CLIENT_KEY);
	fake_key(0, 9);
	turn();
	CHECK_EQ(client_state(w.client), CLIENT_DIALING);
	fake_connected();
	turn();
	CHECK_EQ(client_state(w.client), CLIENT_REGISTERING);
}

static struct h2_stream *poll_request(void)
{
	return fake_find("/machine/map", "\"Stream\":true");
}

static struct h2_stream *lite_request(void)
{
	return fake_find("/machine/map", "\"OmitPeers\":true");
}

static struct h2_stream *reg_request(void)
{
	return fake_find("/machine/register", NULL);
}

static void reach_poll(void)
{
	begin(true, 0);
	CHECK_EQ(client_login(w.client, false, NULL), 0);
	CHECK_IN(reach_register());
	fake_answer(reg_request(), 200, "", OK_BODY);
	turn();
	CHECK_EQ(client_state(w.client), CLIENT_POLLING);
	CHECK(poll_request());
}

static const char *self_map(const char *node, const char *rest)
{
	static char text[4096];

	snprintf(text, sizeof(text), SELF, node, rest);
	return text;
}

static void first_map(void)
{
	CHECK_IN(reach_poll());
	fake_begin(poll_request(), 200);
	fake_map(poll_request(), self_map("", ""));
	CHECK_EQ(w.n_netmaps, 1);
	CHECK(client_is_in_poll(w.client));
}

static void restart(void)
{
	CHECK_IN(reach_poll());
	CHECK_EQ(w.n_registered, 1);
	CHECK_EQ(w.n_new_keys, 0);
	fake_begin(poll_request(), 200);
	fake_map(poll_request(), "{\"KeepAlive\":true}");
	CHECK(!client_is_in_poll(w.client));
	fake_map(poll_request(), self_map("", ""));
	CHECK(client_is_in_poll(w.client));
	stop();
}

static void login_by_url(void)
{
	struct h2_stream *s;

	begin(false, 0);
	CHECK_EQ(client_login(w.client, true, NULL), 0);
	CHECK_IN(reach_register());
	s = reg_request();
	CHECK(strstr(s->body, "\"OldNodeKey\":\"" KEY("0000")));
	fake_answer(s, 200, "", "{\"AuthURL\":\"https://c.example/a/1\"}");
	CHECK(!strcmp(w.url, "https://c.example/a/1"));
	CHECK(!strcmp(client_url(w.client), w.url));
	CHECK_EQ(w.n_registered, 0);
	s = reg_request();
	CHECK(s && strstr(s->body, "\"Followup\":\"https://c.example/a/1\""));

	/* The connection breaks while the person is on the way. */
	fake_closed(TNE_CLOSED);
	turn();
	CHECK_EQ(client_state(w.client), CLIENT_BACKOFF);
	advance(100);
	fake_connected();
	turn();
	s = reg_request();
	CHECK(s && strstr(s->body, "\"Followup\":\"https://c.example/a/1\""));
	/* The session is gone: another address. */
	fake_answer(s, 200, "", "{\"AuthURL\":\"https://c.example/a/2\"}");
	CHECK(!strcmp(w.url, "https://c.example/a/2"));
	fake_answer(reg_request(), 200, "", OK_BODY);
	turn();
	CHECK_EQ(w.n_new_keys, 1);
	CHECK(poll_request());
	CHECK(!*client_url(w.client));
	stop();
}

static void same_url(void)
{
	begin(false, 0);
	CHECK_EQ(client_login(w.client, true, NULL), 0);
	CHECK_IN(reach_register());
	fake_answer(reg_request(), 200, "", "{\"AuthURL\":\"https://c.example/a\"}");
	fake_answer(reg_request(), 200, "", "{\"AuthURL\":\"https://c.example/a\"}");
	turn();
	CHECK_EQ(client_state(w.client), CLIENT_BACKOFF);
	CHECK(!reg_request());
	stop();
}

static void endless_urls(void)
{
	char body[100];
	int i;

	begin(false, 0);
	CHECK_EQ(client_login(w.client, true, NULL), 0);
	CHECK_IN(reach_register());
	for (i = 0; i <= REGISTER_URLS_MAX; i++) {
		CHECK(reg_request());
		snprintf(body, sizeof(body),
			 "{\"AuthURL\":\"https://c.example/%d\"}", i);
		fake_answer(reg_request(), 200, "", body);
	}
	turn();
	CHECK(w.gave_up);
	CHECK_EQ(client_state(w.client), CLIENT_IDLE);
	CHECK_EQ(fake_n_open(), 0);
	stop();
}

static void key_rotation(void)
{
	begin(true, 0);
	CHECK_EQ(client_login(w.client, false, NULL), 0);
	CHECK_IN(reach_register());
	fake_answer(reg_request(), 200, "", "{\"NodeKeyExpired\":true}");
	CHECK(reg_request());
	CHECK(strstr(reg_request()->body, "\"OldNodeKey\":\"" KEY("1111")));
	CHECK(!strstr(reg_request()->body, "\"NodeKey\":\"" KEY("1111")));
	fake_answer(reg_request(), 200, "", "{\"NodeKeyExpired\":true}");
	turn();
	CHECK_EQ(client_state(w.client), CLIENT_BACKOFF);
	CHECK_EQ(w.n_registered, 0);
	stop();
}

static void node_key_of(const struct h2_stream *s, char ret[80])
{
	const char *at = strstr(s->body, "\"NodeKey\":\"");

	snprintf(ret, 80, "%.72s", at ? at + 11 : "");
}

static void not_on_disk(void)
{
	char key[80], again[80];

	begin(false, 0);
	w.keep_err = -ENOSPC;
	log_setup(STDERR_FILENO, (enum log_level)0, false);
	CHECK_EQ(client_login(w.client, true, NULL), 0);
	CHECK_IN(reach_register());
	node_key_of(reg_request(), key);
	fake_answer(reg_request(), 200, "", OK_BODY);
	turn();
	CHECK_EQ(client_state(w.client), CLIENT_BACKOFF);
	CHECK(!poll_request());
	/* The server has that key, and will let nobody in for another one. */
	w.keep_err = 0;
	advance(20);
	CHECK(reg_request());
	node_key_of(reg_request(), again);
	CHECK_EQ(strcmp(key, again), 0);
	CHECK(strstr(reg_request()->body, "\"Followup\":\"\""));
	fake_answer(reg_request(), 200, "", OK_BODY);
	turn();
	CHECK_EQ(w.n_new_keys, 2);
	CHECK_EQ(client_state(w.client), CLIENT_POLLING);
	stop();
}

static void busy_server(void)
{
	begin(true, 0);
	CHECK_EQ(client_login(w.client, false, NULL), 0);
	CHECK_IN(reach_register());
	fake_answer(reg_request(), 429, "20", "");
	turn();
	CHECK_EQ(client_state(w.client), CLIENT_BACKOFF);
	/* Nothing that happens here is a reason to hurry. */
	client_network_changed(w.client);
	advance(19000);
	CHECK(!fake.open);
	advance(1100);
	fake_connected();
	turn();
	CHECK(reg_request());
	stop();
}

static void refused_login(void)
{
	begin(true, 0);
	CHECK_EQ(client_login(w.client, false, NULL), 0);
	CHECK_IN(reach_register());
	fake_answer(reg_request(), 200, "", "{\"Error\":\"invalid authkey\"}");
	CHECK(strstr(w.why, "invalid authkey"));
	CHECK(!w.gave_up);
	CHECK_EQ(client_state(w.client), CLIENT_BACKOFF);
	advance(10);
	CHECK(reg_request());
	stop();
}

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

#define RELAY \
	",\"DERPMap\":{\"Regions\":{\"901\":{\"RegionID\":901,\"Nodes\":[" \
	"{\"Name\":\"a\",\"RegionID\":901,\"HostName\":\"derp.example\"," \
	"\"IPv4\":\"203.0.113.9\"}]}}}"
#define PLAN \
	",\"ControlDialPlan\":{\"Candidates\":[{\"IP\":\"203.0.113.10\"}," \
	"{\"ACEHost\":\"ace.example\"},{\"IP\":\"2001:db8::1\"}]}"

static void ways_to_the_server(void)
{
	CHECK_IN(reach_poll());
	CHECK_EQ(fake.n_plan, 0);
	CHECK_EQ(fake.n_spare, 0);
	fake_begin(poll_request(), 200);
	fake_map(poll_request(), self_map("", RELAY PLAN));
	fake_closed(-ECONNRESET);
	CHECK_EQ(fake.boot_asked, 0);
	advance(20);
	CHECK_EQ(fake.opened, 2);
	CHECK_EQ(fake.n_plan, 2);

	/* Its name has no address any more: relays are asked, once. */
	fake_closed(TNE_NAME_LOOKUP);
	CHECK_EQ(fake.boot_asked, 1);
	CHECK_EQ(strcmp(fake.boot_first, "derp.example"), 0);
	advance(20);
	CHECK_EQ(fake.opened, 3);
	fake_closed(TNE_NAME_LOOKUP);
	fake_boot(0);
	advance(100);
	CHECK_EQ(fake.opened, 4);
	CHECK_EQ(fake.n_spare, 0);
	fake_closed(TNE_NAME_LOOKUP);
	CHECK_EQ(fake.boot_asked, 1);
	advance(30000);
	fake_closed(TNE_NAME_LOOKUP);
	CHECK_EQ(fake.boot_asked, 2);
	/* An answer ends the wait; it stays when later there is none. */
	fake_boot(2);
	turn();
	CHECK_EQ(fake.n_spare, 2);
	advance(40000);
	fake_closed(TNE_NAME_LOOKUP);
	CHECK_EQ(fake.boot_asked, 3);
	fake_boot(0);
	advance(1000);
	CHECK_EQ(fake.n_spare, 2);
	fake_closed(TNE_NAME_LOOKUP);
	client_pause(w.client, true);
	turn();
	CHECK_EQ(client_state(w.client), CLIENT_IDLE);
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

static void logout(void)
{
	CHECK_IN(first_map());
	client_pause(w.client, true);
	client_logout(w.client);
	turn();
	CHECK(reg_request());
	CHECK(strstr(reg_request()->body, "\"Expiry\":\"1970-01-01T00:02:03Z\""));
	CHECK(!poll_request());
	fake_answer(reg_request(), 200, "", "{\"NodeKeyExpired\":true}");
	CHECK_EQ(w.n_logged_out, 1);
	turn();
	CHECK_EQ(client_state(w.client), CLIENT_IDLE);
	stop();
	/* A server that does not answer keeps nobody. */
	CHECK_IN(first_map());
	client_logout(w.client);
	advance(CLIENT_LOGOUT_MS + 1);
	CHECK_EQ(w.n_logged_out, 1);
	CHECK_EQ(client_state(w.client), CLIENT_IDLE);
	stop();
}

static void server_keys(void)
{
	int i;

	/* No answer, but one is remembered. */
	begin(true, 5);
	CHECK_EQ(client_login(w.client, false, NULL), 0);
	turn();
	fake_key(TNE_FETCH, 0);
	turn();
	CHECK_EQ(client_state(w.client), CLIENT_DIALING);
	/* It proves nothing: after three times the key is asked for again. */
	for (i = 0; i < CLIENT_TAGS_MAX; i++) {
		CHECK(fake.open);
		fake_closed(TNE_NOISE_TAG);
		turn();
		CHECK_EQ(client_state(w.client), CLIENT_BACKOFF);
		advance(1000);
	}
	CHECK_EQ(fake.key_asked, 2);
	log_setup(STDERR_FILENO, LOG_LEVEL_ERR, false);
	fake_key(0, 6);
	CHECK_EQ(w.n_key_changes, 1);
	stop();
	/* None at all. */
	begin(true, 0);
	CHECK_EQ(client_login(w.client, false, NULL), 0);
	turn();
	fake_key(TNE_FETCH, 0);
	turn();
	CHECK_EQ(client_state(w.client), CLIENT_BACKOFF);
	CHECK_EQ(fake.opened, 0);
	stop();
	/* Not the pinned one: what is remembered does not count. */
	begin(true, 5);
	CHECK_EQ(client_login(w.client, false, NULL), 0);
	turn();
	fake_key(TNE_SERVER_KEY_PIN, 0);
	turn();
	CHECK_EQ(client_state(w.client), CLIENT_BACKOFF);
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

static void expiry(void)
{
	CHECK_IN(reach_poll());
	fake_begin(poll_request(), 200);
	fake_map(poll_request(), self_map(
		",\"KeyExpiry\":\"2030-03-17T18:46:40Z\"", ""));
	CHECK_EQ(w.n_netmaps, 1);
	/* 1900000000 is 2030-03-17T17:46:40Z. */
	advance(3500 * 1000);
	w.clock.wall_s = NOW_S + 3500;
	CHECK_EQ(w.n_netmaps, 1);
	w.clock.wall_s = NOW_S + 3615;
	advance(115 * 1000);
	CHECK(w.n_netmaps > 1);
	stop();
}

static void orders(void)
{
	CHECK_IN(first_map());
	fake_map(poll_request(),
		 "{\"PopBrowserURL\":\"https://c.example/x\"}");
	fake_map(poll_request(), "{\"PopBrowserURL\":\"file:///etc/passwd\"}");
	CHECK_EQ(w.n_pops, 1);
	fake_map(poll_request(), "{\"Debug\":{\"Exit\":3}}");
	CHECK_EQ(w.n_exits, 1);
	fake_map(poll_request(), "{\"PingRequest\":{\"URL\":"
		 "\"https://unused/c2n/9f\",\"Types\":\"c2n\",\"Payload\":"
		 "\"R0VUIC9lY2hvIEhUVFAvMS4xDQpIb3N0OiBuDQoNCg==\"}}");
	CHECK(fake_find("/c2n/9f", "HTTP/1.1 200 OK\r\n"));
	fake_map(poll_request(), "{\"KeepAlive\":true,\"PingRequest\":{\"URL\":"
		 "\"https://c.example/p?id=2\",\"URLIsNoise\":true}}");
	CHECK(fake_find("/p?id=2", NULL));
	CHECK(!strcmp(fake_find("/p?id=2", NULL)->method, "HEAD"));
	stop();
}

static int make_once(void *ctx)
{
	struct client_config config = {
		.transfers = w.transfers, .server_url = "https://c.example",
		.version = 113, .machine = w.machine, .random = half,
	};
	struct client *client = NULL;
	int r;

	(void)ctx;
	r = client_new(&config, &calls, &client);
	client_free(client);
	return r;
}

static void no_memory(void)
{
	CHECK_IN(begin(true, 0));
	CHECK(fail_alloc_each(make_once, NULL) > 0);
	stop();
}

static const struct test tests[] = {
	TEST(no_memory),
	TEST(restart),
	TEST(login_by_url),
	TEST(same_url),
	TEST(endless_urls),
	TEST(key_rotation),
	TEST(not_on_disk),
	TEST(busy_server),
	TEST(refused_login),
	TEST(watchdog),
	TEST(server_sleep),
	TEST(server_sleep_and_end),
	TEST(deltas),
	TEST(no_self),
	TEST(unknown_node),
	TEST(ways_to_the_server),
	TEST(updates),
	TEST(network_change),
	TEST(pausing),
	TEST(logout),
	TEST(server_keys),
	TEST(draining),
	TEST(storms),
	TEST(expiry),
	TEST(orders),
};

int main(int argc, char **argv)
{
	secret_init();
	return test_main(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
