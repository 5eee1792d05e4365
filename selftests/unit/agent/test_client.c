// SPDX-License-Identifier: GPL-2.0-only
/* The control client: how a node is let in, and out. */
#include "client_rig.h"

#include "base/array.h"
#include "fail_alloc.h"

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

/* A node that is in wants another key, and has a key of the server for it. */
static void renew_by_key(void)
{
	const struct secret_buf key = { .data = (char *)"tskey-1", .len = 7 };
	struct h2_stream *s;

	CHECK_IN(reach_poll());
	CHECK_EQ(client_login(w.client, false, &key), 0);
	turn();
	s = reg_request();
	CHECK(s && strstr(s->body, "\"AuthKey\":\"tskey-1\""));
	CHECK(strstr(s->body, "\"OldNodeKey\":\"" KEY("0000")));
	/* As it comes from clients that say so in a command of its own. */
	client_renew(w.client);
	turn();
	s = reg_request();
	CHECK(s && strstr(s->body, "\"AuthKey\":\"tskey-1\""));
	CHECK(!strstr(s->body, "\"OldNodeKey\":\"" KEY("0000")));
	fake_answer(s, 200, "", OK_BODY);
	turn();
	CHECK_EQ(w.n_new_keys, 1);
	CHECK(poll_request());
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

/* The same of a node that was in: its key of before is of no use any more. */
static void renewal_not_on_disk(void)
{
	char key[80], again[80];

	CHECK_IN(reach_poll());
	w.keep_err = -ENOSPC;
	log_setup(STDERR_FILENO, (enum log_level)0, false);
	CHECK_EQ(client_login(w.client, true, NULL), 0);
	turn();
	node_key_of(reg_request(), key);
	fake_answer(reg_request(), 200, "", OK_BODY);
	turn();
	CHECK_EQ(client_state(w.client), CLIENT_BACKOFF);
	w.keep_err = 0;
	advance(20);
	fake_answer(reg_request(), 200, "", "{\"Error\":\"not now\"}");
	turn();
	CHECK(!w.gave_up);
	advance(60);
	CHECK(reg_request());
	node_key_of(reg_request(), again);
	CHECK_EQ(strcmp(key, again), 0);
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

/* A new key was wished for, and is not to be had: the one of now still serves. */
static void refused_renewal(void)
{
	const struct secret_buf key = { .data = (char *)"tskey-1", .len = 7 };
	static const struct {
		int status;
		const char *body;
	} cases[] = {
		{ 200, "{\"Error\":\"already used\"}" },
		{ 401, "already used" },
	};
	struct h2_stream *s;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%d", cases[i].status);
		CHECK_IN(reach_poll());
		CHECK_EQ(client_login(w.client, true, &key), 0);
		turn();
		s = reg_request();
		CHECK(s && !strstr(s->body, "\"OldNodeKey\":\"" KEY("0000")));
		fake_answer(s, cases[i].status, "", cases[i].body);
		CHECK(strstr(w.why, "already used"));
		CHECK(w.gave_up);
		turn();
		s = reg_request();
		CHECK(s && !strstr(s->body, "AuthKey"));
		CHECK(strstr(s->body, "\"OldNodeKey\":\"" KEY("0000")));
		fake_answer(s, 200, "", OK_BODY);
		turn();
		CHECK_EQ(w.n_new_keys, 0);
		CHECK(poll_request());
		stop();
	}

	test_case("a server in trouble is no refusal");
	CHECK_IN(reach_poll());
	CHECK_EQ(client_login(w.client, true, &key), 0);
	turn();
	fake_answer(reg_request(), 500, "", "");
	turn();
	CHECK(!w.gave_up);
	CHECK_EQ(client_state(w.client), CLIENT_BACKOFF);
	advance(10);
	s = reg_request();
	CHECK(s && strstr(s->body, "AuthKey"));
	stop();
}

#define RELAY \
	",\"DERPMap\":{\"Regions\":{\"901\":{\"RegionID\":901,\"Nodes\":[" \
	"{\"Name\":\"a\",\"RegionID\":901,\"HostName\":\"derp.example\"," \
	"\"IPv4\":\"203.0.113.9\"}]}}}"
#define PLAN \
	",\"ControlDialPlan\":{\"Candidates\":[{\"IP\":\"203.0.113.10\"}," \
	"{\"ACEHost\":\"ace.example\"},{\"IP\":\"2001:db8::1\"}]}"

/* A first login where names do not work, and relays are known from elsewhere. */
static void key_without_names(void)
{
	static const struct derp_node node = {
		.name = "1a", .region_id = 1, .host_name = "derp.example",
		.cert_name = "",
		.ipv4 = { .len = 4, .byte = { 192, 0, 2, 1 } },
	};
	static const struct derp_region region = {
		.id = 1, .nodes = &node, .n_nodes = 1,
	};
	static const struct derp_regions relays = { .item = &region, .n = 1 };

	rig_relays = &relays;
	begin(false, 0);
	rig_relays = NULL;
	CHECK_EQ(client_login(w.client, true, NULL), 0);
	turn();
	CHECK_EQ(fake.key_asked, 1);
	CHECK_EQ(fake.key_at, -1);
	fake_key(TNE_NAME_LOOKUP, 0);
	turn();
	CHECK_EQ(fake.boot_asked, 1);
	CHECK_EQ(strcmp(fake.boot_first, "derp.example"), 0);
	/* None: by name, as before. */
	fake_boot(0);
	advance(1000);
	CHECK_EQ(fake.key_asked, 2);
	CHECK_EQ(fake.key_at, -1);
	advance(30000);
	fake_key(TNE_NAME_LOOKUP, 0);
	CHECK_EQ(fake.boot_asked, 2);
	/* An answer ends the wait. One after the other, then by name again. */
	fake_boot(2);
	turn();
	CHECK_EQ(fake.key_asked, 3);
	CHECK_EQ(fake.key_at, 9);
	fake_key(TNE_TLS, 0);
	advance(30000);
	CHECK_EQ(fake.key_asked, 4);
	CHECK_EQ(fake.key_at, 10);
	fake_key(-ETIMEDOUT, 0);
	advance(30000);
	CHECK_EQ(fake.key_asked, 5);
	CHECK_EQ(fake.key_at, -1);
	fake_key(TNE_NAME_LOOKUP, 0);
	advance(30000);
	CHECK_EQ(fake.key_at, 9);
	fake_key(0, 9);
	turn();
	CHECK_EQ(fake.opened, 1);
	CHECK_EQ(fake.n_spare, 2);
	stop();

	test_case("over http nobody would prove who he is");
	rig_relays = &relays;
	rig_url = "http://c.example";
	begin(false, 0);
	rig_relays = NULL;
	rig_url = "https://c.example";
	CHECK_EQ(client_login(w.client, true, NULL), 0);
	turn();
	fake_key(TNE_NAME_LOOKUP, 0);
	turn();
	fake_boot(2);
	turn();
	CHECK_EQ(fake.key_asked, 2);
	CHECK_EQ(fake.key_at, -1);
	stop();
}

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
	TEST(renew_by_key),
	TEST(same_url),
	TEST(endless_urls),
	TEST(key_rotation),
	TEST(not_on_disk),
	TEST(renewal_not_on_disk),
	TEST(busy_server),
	TEST(refused_login),
	TEST(refused_renewal),
	TEST(key_without_names),
	TEST(ways_to_the_server),
	TEST(logout),
	TEST(server_keys),
	TEST(expiry),
	TEST(orders),
};

int main(int argc, char **argv)
{
	secret_init();
	return test_main(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
