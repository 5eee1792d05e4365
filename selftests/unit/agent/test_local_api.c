// SPDX-License-Identifier: GPL-2.0-only
#include "local_api_rig.h"

static void statuses(void)
{
	static const struct {
		const char *request;
		int status;
		const char *has;
	} cases[] = {
		{ GET("status"), 200, "\"BackendState\": \"Running\"" },
		{ GET("status"), 200, "\t\"Peer\": {" },
		{ GET("status"), 200, "access rules are not enforced" },
		{ GET("status?peers=false"), 200, "\"Peer\": null" },
		{ GET("prefs"), 200, "privkey:00000000" },
		{ GET("prefs"), 200, "\"LoginName\": \"ann@example.com\"" },
		{ GET("prefs"), 200, "\"NodeID\": \"nABC\"" },
		{ "HEAD /localapi/v0/prefs HTTP/1.1\r\n\r\n", 200, "Length: " },
		{ GET("serve-config"), 200, "{}" },
		{ GET("derpmap"), 200, "null" },
		{ GET("check-ip-forwarding"), 200, "{\"Warning\":\"\"}" },
		{ GET("netmap"), 200, "Peers" },
		{ GET("filter"), 501, "not built in" },
		{ GET("whois?addr=100.64.0.3%3A80"), 200, "ann@example.com" },
		{ GET("whois?addr=100.64.0.4:80"), 404, "no match for IP:port" },
		{ GET("whois"), 400, "addr" },
		{ GET("profiles/"), 200, "\"ID\": \"aaaa\"" },
		{ GET("profiles/current"), 200, "\"ID\": \"bbbb\"" },
		{ GET("profiles/aaaa"), 200, "\"Name\": \"home\"" },
		{ GET("profiles/cccc"), 404, "no such profile" },
		{ GET("profiles/averylongname"), 404, "no such profile" },
		{ GET("profiles"), 404, "" },
		{ "PATCH /localapi/v0/profiles/ HTTP/1.1\r\n\r\n", 405, "" },
		{ "POST /localapi/v0/profiles/ HTTP/1.1\r\n\r\n", 400, "" },
		{ "PUT /localapi/v0/profiles/aaaa HTTP/1.1\r\n\r\n", 400, "" },
		{ "DELETE /localapi/v0/profiles/ HTTP/1.1\r\n\r\n", 400, "" },
		{ "POST /localapi/v0/profiles/cccc HTTP/1.1\r\n\r\n", 404, "" },
		{ "POST /localapi/v0/profiles/aaaa HTTP/1.1\r\n\r\n", 204, "" },
		{ GET("profiles/current"), 200, "\"ID\": \"aaaa\"" },
		{ "PUT /localapi/v0/profiles/ HTTP/1.1\r\n\r\n", 201, "" },
		{ GET("profiles/current"), 200, "\"ID\": \"\"" },
		{ "DELETE /localapi/v0/profiles/current HTTP/1.1\r\n\r\n", 400, "" },
		{ "POST /localapi/v0/profiles/bbbb HTTP/1.1\r\n\r\n", 204, "" },
		{ "DELETE /localapi/v0/profiles/current HTTP/1.1\r\n\r\n", 204, "" },
		{ GET("profiles/bbbb"), 404, "" },
		{ GET("nothing"), 404, "" },
		{ GET("statusx"), 404, "" },
		{ GET(""), 404, "" },
		{ "GET / HTTP/1.1\r\n\r\n", 200, "local API" },
		{ "GET /server-status HTTP/1.1\r\n\r\n", 200, "{}" },
		{ GET("start"), 400, "" },
		{ GET("logout"), 400, "" },
		{ GET("check-prefs"), 405, "" },
		{ "POST /localapi/v0/status HTTP/1.1\r\n\r\n", 405, "" },
		{ "CONNECT a:1 HTTP/1.1\r\n\r\n", 405, "" },
		{ GET("watch-ipn-bus?mask=x"), 400, "" },
		{ GET("watch-ipn-bus?mask=-1"), 400, "" },
		{ GET("watch-ipn-bus?mask=65536"), 400, "" },
		{ GET("watch-ipn-bus?mask=4352"), 400, "" },
		{ "PATCH /localapi/v0/prefs HTTP/1.1\r\nContent-Length: 2\r\n\r\n[]",
		  400, "{\"Error\":" },
		{ "PATCH /localapi/v0/prefs HTTP/1.1\r\nContent-Length: 33\r\n\r\n"
		  "{\"InternalExitNodePriorSet\":true}", 400,
		  "can't set Internal fields" },
		{ "PATCH /localapi/v0/prefs HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
		  "28\r\n{\"HostnameSet\":true,\"Hostname\":\"newname\"\r\n1\r\n}\r\n0\r\n\r\n", 200,
		  "\"Hostname\": \"newname\"" },
		{ "POST /localapi/v0/check-prefs HTTP/1.1\r\nContent-Length: 20\r\n\r\n"
		  "{\"Hostname\":\"taken\"}", 200,
		  "{\"Error\":\"that name is taken\"}" },
		{ "POST /localapi/v0/check-prefs HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}",
		  200, "\r\n\r\n{}" },
		{ "POST /localapi/v0/start HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}",
		  204, "" },
		{ "POST /localapi/v0/login-interactive HTTP/1.1\r\n\r\n", 204, "" },
		{ "POST /localapi/v0/login-interactive HTTP/1.1\r\nContent-Length: 1\r\n\r\n[",
		  400, "the body is not a JSON object" },
		{ "POST /localapi/v0/login-interactive HTTP/1.1\r\nContent-Length: 13\r\n\r\n"
		  "{\"AuthKey\":7}", 400, "AuthKey" },
		{ "POST /localapi/v0/logout HTTP/1.1\r\n\r\n", 204, "" },
	};
	struct rig rig;
	size_t i;

	set_up(&rig);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].request);
		rig.sim.now_ms += 1000;
		CHECK_EQ(ask(&rig, cases[i].request), cases[i].status);
		CHECK(strstr(reply, cases[i].has));
		CHECK(strstr(reply, "X-Frame-Options: DENY\r\n") ||
		      strstr(cases[i].request, "CONNECT"));
	}
	CHECK_EQ(rig.node.starts, 1);
	CHECK_EQ(rig.node.logins, 1);
	CHECK_EQ(rig.node.logouts, 1);
	tear_down(&rig);
}

static void end_command(struct rig *rig, int err, const char *text)
{
	struct err_detail detail = { "" };
	node_done_fn done = rig->node.done;

	rig->node.done = NULL;
	if (err < 0)
		err_explain(&detail, err, "why not");
	done(rig->node.done_ctx, err, &detail, text);
}

#define POST(path, body) "POST /localapi/v0/" path " HTTP/1.1\r\n" \
	"Content-Length: " body

/* Answered when it is done, which may be long after. */
static void state_commands(void)
{
	static const struct {
		const char *request;
		enum node_state_command command;
		int err;
		const char *text;
		const char *reply;
	} cases[] = {
		{ POST("state/recovery-key", "0\r\n\r\n"),
		  NODE_STATE_RECOVERY_KEY, 0, "ABCD-EFGH",
		  "HTTP/1.1 200 " },
		{ POST("state/recover", "14\r\n\r\n{\"Key\":\"ABCD\"}"),
		  NODE_STATE_RECOVER, 0, NULL, "HTTP/1.1 204 " },
		{ POST("state/recover", "14\r\n\r\n{\"Key\":\"ABCD\"}"),
		  NODE_STATE_RECOVER, TNE_RECOVERY_KEY, NULL,
		  "HTTP/1.1 403 " },
		{ POST("state/reseal", "0\r\n\r\n"), NODE_STATE_RESEAL,
		  TNE_TPM_BUSY, NULL, "HTTP/1.1 500 " },
		{ POST("state/accept-rollback", "0\r\n\r\n"),
		  NODE_STATE_ACCEPT, 0, NULL, "HTTP/1.1 204 " },
	};
	struct rig rig;
	bool closed;
	size_t i;
	int fd;

	set_up(&rig);
	CHECK_EQ(ask(&rig, GET("state")), 200);
	CHECK(strstr(reply, "{\"Sealed\": true}"));
	CHECK_EQ(ask(&rig, POST("state/other", "0\r\n\r\n")), 404);
	CHECK_EQ(ask(&rig, POST("state/recover", "2\r\n\r\n{}")), 400);
	CHECK_EQ(ask(&rig, POST("state/recover", "1\r\n\r\n{")), 400);
	CHECK(!rig.node.done);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].request);
		rig.sim.now_ms += 1000;
		fd = connect_to(&rig);
		send_text(fd, cases[i].request, strlen(cases[i].request));
		receive(&rig, fd, &closed);
		CHECK(!reply[0] && rig.node.done);
		CHECK_EQ(rig.node.command, cases[i].command);
		CHECK_EQ(ask(&rig, POST("state/reseal", "0\r\n\r\n")), 503);
		end_command(&rig, cases[i].err, cases[i].text);
		receive(&rig, fd, &closed);
		CHECK(strncmp(reply, cases[i].reply, 13) == 0);
		CHECK(!cases[i].text || strstr(reply, cases[i].text));
		close(fd);
	}
	CHECK(strcmp(rig.node.command_arg, "") == 0);

	test_case("the client leaves first");
	fd = connect_to(&rig);
	send_text(fd, cases[0].request, strlen(cases[0].request));
	receive(&rig, fd, &closed);
	close(fd);
	turn(&rig);
	CHECK(rig.node.done);
	end_command(&rig, 0, "ABCD");
	test_case("the API ends first");
	fd = connect_to(&rig);
	send_text(fd, cases[0].request, strlen(cases[0].request));
	receive(&rig, fd, &closed);
	tear_down(&rig);
	end_command(&rig, -ECANCELED, NULL);
	close(fd);
}

/* The server comes first: whoever asks afterwards finds nobody logged in. */
static void logout_ends(void)
{
	static const struct {
		int err;
		const char *reply;
		const char *has;
	} cases[] = {
		{ 0, "HTTP/1.1 204 ", "" },
		{ -ECANCELED, "HTTP/1.1 500 ", "why not" },
	};
	struct rig rig;
	bool closed;
	size_t i;
	int fd;

	set_up(&rig);
	rig.node.slow_logout = true;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%d", cases[i].err);
		fd = connect_to(&rig);
		send_text(fd, POST("logout", "0\r\n\r\n"),
			  strlen(POST("logout", "0\r\n\r\n")));
		receive(&rig, fd, &closed);
		CHECK(!reply[0] && rig.node.done);
		CHECK_EQ(ask(&rig, POST("logout", "0\r\n\r\n")), 500);
		CHECK(strstr(reply, "one at a time"));
		end_command(&rig, cases[i].err, NULL);
		receive(&rig, fd, &closed);
		CHECK(strncmp(reply, cases[i].reply, 13) == 0);
		CHECK(strstr(reply, cases[i].has));
		close(fd);
	}
	tear_down(&rig);
}

/* What waited for the state is replaced by the node; watchers stay. */
static void another_node(void)
{
	struct fake_node second;
	struct notify msg = { .has_state = true, .state = BACKEND_STOPPED };
	struct rig rig;
	bool closed;
	int fd;

	set_up(&rig);
	fake_node_init(&second);
	rig.node.backend = BACKEND_NO_STATE;
	fd = connect_to(&rig);
	send_text(fd, GET("watch-ipn-bus?mask=2"),
		  strlen(GET("watch-ipn-bus?mask=2")));
	receive(&rig, fd, &closed);
	CHECK(strstr(reply, "\"State\":0"));
	api_set_node(rig.api, &fake_node_api, &second);
	CHECK_EQ(fake_node_watchers(&second), 1);
	receive(&rig, fd, &closed);
	CHECK(!closed && strstr(reply, "\"State\":6"));
	fake_node_tell(&second, &msg);
	receive(&rig, fd, &closed);
	CHECK(strstr(reply, "\"State\":4"));
	close(fd);
	turn(&rig);
	CHECK_EQ(fake_node_watchers(&second), 0);
	fake_node_done(&second);
	tear_down(&rig);
}

#define START "POST /localapi/v0/start HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}"

static int status_of(struct rig *rig, int fd)
{
	int status = -1;
	bool closed;

	receive(rig, fd, &closed);
	sscanf(reply, "HTTP/1.1 %d", &status);
	return status;
}

static int begin_request(struct rig *rig, const char *request)
{
	int fd = connect_to(rig);

	send_text(fd, request, strlen(request));
	turn(rig);
	return fd;
}

/* A command that comes while the state is being opened is for the node. */
static void waits_for_the_node(void)
{
	struct fake_node second;
	struct rig rig;
	int fd[3], many[HOLD_MAX + 1], i;

	set_up(&rig);
	fake_node_init(&second);
	rig.node.opening = true;
	test_case("who only looks is answered");
	CHECK_EQ(ask(&rig, GET("status")), 200);
	CHECK_EQ(ask(&rig, GET("state")), 200);
	test_case("until there is the node");
	fd[0] = begin_request(&rig, START);
	fd[1] = begin_request(&rig, GET("prefs"));
	fd[2] = begin_request(&rig, START);
	CHECK_EQ(status_of(&rig, fd[0]), -1);
	close(fd[2]);
	turn(&rig);
	api_recheck(rig.api);
	CHECK_EQ(status_of(&rig, fd[0]), -1);
	api_set_node(rig.api, &fake_node_api, &second);
	CHECK_EQ(status_of(&rig, fd[0]), 204);
	CHECK_EQ(status_of(&rig, fd[1]), 200);
	CHECK(!strstr(reply, "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'; script-src 'none'; script-src-elem 'none'; script-src-attr 'none'\r\nContent-Security"));
	CHECK_EQ(rig.node.starts, 0);
	/* Not for the one who has gone. */
	CHECK_EQ(second.starts, 1);
	close(fd[0]);
	close(fd[1]);

	test_case("or until it will not be opened");
	second.opening = true;
	fd[0] = begin_request(&rig, START);
	CHECK_EQ(status_of(&rig, fd[0]), -1);
	second.opening = false;
	api_recheck(rig.api);
	CHECK_EQ(status_of(&rig, fd[0]), 204);
	CHECK_EQ(second.starts, 2);
	close(fd[0]);

	test_case("or not longer than that");
	second.opening = true;
	fd[0] = begin_request(&rig, START);
	loop_advance(rig.loop, HOLD_MS - 1);
	CHECK_EQ(status_of(&rig, fd[0]), -1);
	loop_advance(rig.loop, 1);
	CHECK_EQ(status_of(&rig, fd[0]), 204);
	close(fd[0]);

	test_case("and not too many of them");
	for (i = 0; i <= HOLD_MAX; i++) {
		many[i] = begin_request(&rig, START);
		loop_advance(rig.loop, 100);
	}
	CHECK_EQ(status_of(&rig, many[HOLD_MAX]), 204);
	CHECK_EQ(status_of(&rig, many[0]), -1);
	tear_down(&rig);
	for (i = 0; i <= HOLD_MAX; i++)
		close(many[i]);
	fake_node_done(&second);
}

static void origins(void)
{
	static const struct {
		const char *headers;
		int status;
	} cases[] = {
		{ "", 200 },
		{ "Host:\r\n", 200 },
		{ HOST, 200 },
		{ "Host: LOCAL-TAILSCALED.SOCK\r\n", 403 },
		{ "Host: local-tailscaled.sock:80\r\n", 403 },
		{ "Host: evil.example\r\n", 403 },
		{ "Host: localhost\r\n", 403 },
		{ HOST "Origin: null\r\n", 403 },
		{ HOST "Origin:\r\n", 403 },
		{ HOST "referer: http://a/\r\n", 403 },
	};
	char request[300];
	struct rig rig;
	size_t i;

	set_up(&rig);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].headers);
		snprintf(request, sizeof(request),
			 "GET /localapi/v0/status HTTP/1.1\r\n%s\r\n",
			 cases[i].headers);
		CHECK_EQ(ask(&rig, request), cases[i].status);
		CHECK((cases[i].status == 200) ==
		      !!strstr(reply, "Tailscale-Cap: 113\r\n"));
	}
	tear_down(&rig);
}

static void bad_bytes(void)
{
	static const struct {
		const char *name;
		const char *s;
		int status;
	} cases[] = {
		{ "nonsense", "\x16\x03\x01\r\n\r\n", 400 },
		{ "too long a body",
		  "POST / HTTP/1.1\r\nContent-Length: 1048577\r\n\r\n", 413 },
		{ "too long a chunk",
		  "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n100001\r\n",
		  413 },
		{ "bad chunk",
		  "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
		  400 },
	};
	static char big[HTTP_HEAD_MAX + 10];
	struct rig rig;
	bool closed;
	size_t i;
	int fd;

	set_up(&rig);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].name);
		CHECK_EQ(ask(&rig, cases[i].s), cases[i].status);
		CHECK(strstr(reply, "Connection: close\r\n"));
	}
	memset(big, 'x', sizeof(big));
	memcpy(big, "GET / HTTP/1.1\r\nA: ", 19);
	fd = connect_to(&rig);
	send_text(fd, big, sizeof(big));
	receive(&rig, fd, &closed);
	CHECK(strncmp(reply, "HTTP/1.1 431 ", 13) == 0);
	CHECK(closed);
	close(fd);
	tear_down(&rig);
}

static void split_at_every_byte(void)
{
	static const char request[] =
		"PATCH /localapi/v0/prefs HTTP/1.1\r\n" HOST
		"Transfer-Encoding: chunked\r\n\r\n"
		"5\r\n{\"Hos\r\n24\r\ntnameSet\":true,\"Hostname\":\"newname\"}\r\n0\r\n\r\n";
	struct rig rig;
	size_t i;
	bool closed;
	int fd;

	set_up(&rig);
	for (i = 1; i < strlen(request); i++) {
		test_case("after %zu bytes", i);
		rig.sim.now_ms += 1000;
		fd = connect_to(&rig);
		send_text(fd, request, i);
		receive(&rig, fd, &closed);
		CHECK(!reply[0] && !closed);
		send_text(fd, request + i, strlen(request) - i);
		receive(&rig, fd, &closed);
		CHECK(strncmp(reply, "HTTP/1.1 200 ", 13) == 0);
		CHECK(!closed);
		close(fd);
	}
	CHECK_EQ(rig.node.edits, (int)strlen(request) - 1);
	tear_down(&rig);
}

static int count(const char *what)
{
	const char *s = reply;
	int n = 0;

	while ((s = strstr(s, what))) {
		n++;
		s += strlen(what);
	}
	return n;
}

static void pipelining_and_keep_alive(void)
{
	static const char one[] = GET("serve-config");
	static const char last[] =
		"GET /localapi/v0/serve-config HTTP/1.1\r\nConnection: close\r\n\r\n";
	static const char old[] = "GET /localapi/v0/serve-config HTTP/1.0\r\n\r\n";
	char many[2000] = "";
	struct rig rig;
	bool closed;
	int fd, i;

	set_up(&rig);
	fd = connect_to(&rig);
	for (i = 0; i < 10; i++)
		strcat(many, one);
	send_text(fd, many, strlen(many));
	receive(&rig, fd, &closed);
	CHECK_EQ(count("HTTP/1.1 200 OK"), 10);
	CHECK(!closed);
	send_text(fd, last, strlen(last));
	send_text(fd, one, strlen(one));
	receive(&rig, fd, &closed);
	CHECK_EQ(count("HTTP/1.1 200 OK"), 1);
	CHECK(closed);
	close(fd);
	fd = connect_to(&rig);
	send_text(fd, old, strlen(old));
	receive(&rig, fd, &closed);
	CHECK_EQ(count("HTTP/1.1 200 OK"), 1);
	CHECK(closed);
	close(fd);
	tear_down(&rig);
}

static void expectations(void)
{
	static const char head[] =
		"POST /localapi/v0/check-prefs HTTP/1.1\r\nContent-Length: 2\r\n"
		"Expect: 100-continue\r\n\r\n";
	struct rig rig;
	bool closed;
	int fd;

	set_up(&rig);
	fd = connect_to(&rig);
	send_text(fd, head, strlen(head));
	receive(&rig, fd, &closed);
	CHECK(strcmp(reply, "HTTP/1.1 100 Continue\r\n\r\n") == 0);
	send_text(fd, "{}", 2);
	receive(&rig, fd, &closed);
	CHECK_EQ(count("HTTP/1.1 200 OK"), 1);
	close(fd);
	tear_down(&rig);
}

/* Whoever dawdles is dropped, however it feeds us. */
static void slow_clients(void)
{
	struct rig rig;
	bool closed;
	int fd, i;

	set_up(&rig);
	fd = connect_to(&rig);
	turn(&rig);
	for (i = 0; i < 9; i++) {
		send_text(fd, "G", 1);
		turn(&rig);
		loop_advance(rig.loop, 1000);
	}
	receive(&rig, fd, &closed);
	CHECK(!closed);
	loop_advance(rig.loop, 1001);
	receive(&rig, fd, &closed);
	CHECK(closed);
	close(fd);

	fd = connect_to(&rig);
	send_text(fd, "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n", 38);
	turn(&rig);
	loop_advance(rig.loop, HTTP_BODY_TIMEOUT_MS - 1);
	send_text(fd, "x", 1);
	receive(&rig, fd, &closed);
	CHECK(!closed);
	loop_advance(rig.loop, 2);
	receive(&rig, fd, &closed);
	CHECK(closed);
	close(fd);

	fd = connect_to(&rig);
	turn(&rig);
	loop_advance(rig.loop, HTTP_IDLE_TIMEOUT_MS + 1);
	receive(&rig, fd, &closed);
	CHECK(closed);
	close(fd);
	tear_down(&rig);
}

static void rate_limit(void)
{
	static const char one[] = GET("serve-config");
	struct rig rig;
	bool closed;
	int fd, i;

	set_up(&rig);
	fd = connect_to(&rig);
	for (i = 0; i < LIMITS_RATE; i++) {
		send_text(fd, one, strlen(one));
		receive(&rig, fd, &closed);
		CHECK_EQ(count("HTTP/1.1 200 OK"), 1);
	}
	/* A connection of its own does not help. */
	CHECK_EQ(ask(&rig, one), 429);
	rig.sim.now_ms += 20;
	turn(&rig);
	CHECK_EQ(ask(&rig, one), 200);
	CHECK_EQ(ask(&rig, one), 429);
	close(fd);
	tear_down(&rig);
}

static void connection_limits(void)
{
	static struct limits l;
	uid_t uid;
	int i;

	memset(&l, 0, sizeof(l));
	for (i = 0; i < LIMITS_PER_USER; i++)
		CHECK(limits_connect(&l, 1000, 5));
	CHECK(!limits_connect(&l, 1000, 5));
	for (i = 0; i < LIMITS_CONNECTIONS - LIMITS_PER_USER; i++)
		CHECK(limits_connect(&l, 1001, 5));
	CHECK(!limits_connect(&l, 1002, 5));
	/* All of them together do not keep root out. */
	for (i = 0; i < LIMITS_ROOT_SPARE; i++)
		CHECK(limits_connect(&l, 0, 5));
	CHECK(!limits_connect(&l, 0, 5));
	for (i = 0; i < LIMITS_ROOT_SPARE; i++)
		limits_disconnect(&l, 0);
	limits_disconnect(&l, 1000);
	CHECK(limits_connect(&l, 1002, 5));
	limits_disconnect(&l, 1002);
	/* Many users one after another: the oldest makes room. */
	for (uid = 2000; uid < 3000; uid++) {
		CHECK(limits_connect(&l, uid, 5 + uid));
		limits_disconnect(&l, uid);
	}
	CHECK(l.n <= LIMITS_CONNECTIONS + 1);
	CHECK(limits_hold(&l, 1000, LIMITS_HELD));
	CHECK(!limits_hold(&l, 1000, 1));
	CHECK(!limits_hold(&l, 1000, SIZE_MAX));
	CHECK(limits_hold(&l, 1001, 1));
	limits_release(&l, 1000, 1);
	CHECK(limits_hold(&l, 1000, 1));
	CHECK(!limits_hold(&l, 1000, 1));
	for (i = 0; i < LIMITS_WATCHERS; i++)
		CHECK(limits_watch(&l, 1000));
	CHECK(!limits_watch(&l, 1000));
	limits_unwatch(&l, 1000);
	CHECK(limits_watch(&l, 1000));
}

/* What is dear is paid for later. */
static void dear_requests(void)
{
	static struct limits l;

	memset(&l, 0, sizeof(l));
	CHECK(limits_connect(&l, 1000, 5));
	CHECK(limits_connect(&l, 0, 5));
	CHECK(limits_request(&l, 1000, 5));
	limits_charge(&l, 1000, 2 * LIMITS_RATE);
	CHECK(!limits_request(&l, 1000, 5));
	CHECK(!limits_request(&l, 1000, 1000));
	CHECK(limits_request(&l, 1000, 2100));
	limits_charge(&l, 1000, SIZE_MAX);
	limits_charge(&l, 1000, SIZE_MAX);
	CHECK(!limits_request(&l, 1000, 60000));
	CHECK(limits_request(&l, 1000, 63000));
	limits_charge(&l, 0, SIZE_MAX);
	CHECK(limits_request(&l, 0, 5));
	limits_charge(&l, 1000, SIZE_MAX);
	CHECK(limits_request(&l, 1000, UINT64_C(1) << 60));
}

static void rights(void)
{
	static const struct {
		const char *name;
		bool known;
		uid_t uid;
		uid_t own;
		const char *operator_user;
		bool restricted;
		bool in_group;
		bool read;
		bool write;
	} cases[] = {
		{ "root", true, 0, 500, "", true, false, true, true },
		{ "agent's own user", true, 500, 500, "", false, false, true,
		  true },
		{ "somebody", true, 7, 500, "", false, false, true, false },
		{ "agent is root", true, 7, 0, "", false, false, true, false },
		{ "operator", true, 7, 500, "7", true, false, true, true },
		{ "other operator", true, 7, 500, "8", false, false, true,
		  false },
		{ "operator is nobody", true, 7, 500, "none.such", false,
		  false, true, false },
		{ "number of nobody", true, (uid_t)-1, 500, "4294967295",
		  false, false, true, false },
		{ "no credentials", false, 0, 500, "0", false, false, true,
		  false },
		{ "not in the group", true, 7, 500, "", true, false, false,
		  false },
		{ "in the group", true, 7, 500, "", true, true, true, false },
		{ "no credentials, restricted", false, 0, 0, "", true, false,
		  false, false },
	};
	struct auth_rights r;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct auth_policy policy = {
			.own_uid = cases[i].own,
			.operator_user = cases[i].operator_user,
			.restrict_read = cases[i].restricted,
			.find_uid = auth_find_uid,
		};
		struct http_peer peer = { .known = cases[i].known,
					  .uid = cases[i].uid };

		test_case("%s", cases[i].name);
		r = auth_check(&policy, &peer, cases[i].in_group);
		CHECK_EQ(r.read, cases[i].read);
		CHECK_EQ(r.write, cases[i].write);
	}
}

/* Another user, if we can be one: what it may and may not do. */
static void other_user(void)
{
	static const struct {
		const char *request;
		int status;
	} cases[] = {
		{ GET("status"), 200 },
		{ GET("prefs"), 200 },
		{ GET("derpmap"), 200 },
		{ GET("netmap"), 403 },
		{ GET("filter"), 403 },
		{ "PATCH /localapi/v0/prefs HTTP/1.1\r\n\r\n", 403 },
		{ "POST /localapi/v0/start HTTP/1.1\r\n\r\n", 403 },
		{ "POST /localapi/v0/check-prefs HTTP/1.1\r\n\r\n", 403 },
		{ "POST /localapi/v0/login-interactive HTTP/1.1\r\n\r\n", 403 },
		{ "POST /localapi/v0/logout HTTP/1.1\r\n\r\n", 403 },
	};
	struct rig rig;
	size_t i;

	if (geteuid() != 0)
		return;
	set_up(&rig);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].request);
		/* The server sees who we were when we connected. */
		CHECK_EQ(seteuid(12345), 0);
		int fd = connect_to(&rig);
		bool closed;

		CHECK_EQ(seteuid(0), 0);
		send_text(fd, cases[i].request, strlen(cases[i].request));
		receive(&rig, fd, &closed);
		CHECK_EQ(atoi(reply + 9), cases[i].status);
		close(fd);
	}
	CHECK_EQ(rig.node.edits + rig.node.starts + rig.node.logouts +
		 rig.node.logins, 0);
	tear_down(&rig);
}

static void socket_file(void)
{
	struct err_detail detail;
	struct rig rig;
	struct stat st;
	int fd;

	set_up(&rig);
	CHECK_EQ(stat(rig.path, &st), 0);
	CHECK_EQ(st.st_mode & 07777, 0666);
	CHECK_EQ(api_listen(rig.path, &detail, &fd), -EADDRINUSE);
	tear_down(&rig);
	/* One that nobody listens on any more is replaced, a file is not. */
	CHECK_EQ(api_listen(rig.path, &detail, &fd), 0);
	close(fd);
	CHECK_EQ(api_listen(rig.path, &detail, &fd), 0);
	close(fd);
	unlink(rig.path);
	fd = open(rig.path, O_CREAT | O_WRONLY, 0600);
	close(fd);
	CHECK_EQ(api_listen(rig.path, &detail, &fd), -EEXIST);
	CHECK_EQ(stat(rig.path, &st), 0);
	unlink(rig.path);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(statuses),
		TEST(state_commands),
		TEST(logout_ends),
		TEST(another_node),
		TEST(waits_for_the_node),
		TEST(origins),
		TEST(bad_bytes),
		TEST(split_at_every_byte),
		TEST(pipelining_and_keep_alive),
		TEST(expectations),
		TEST(slow_clients),
		TEST(rate_limit),
		TEST(connection_limits),
		TEST(dear_requests),
		TEST(rights),
		TEST(other_user),
		TEST(socket_file),
	};

	if (secret_init() < 0)
		return 1;
	return test_main(tests, ARRAY_SIZE(tests), argc, argv);
}
