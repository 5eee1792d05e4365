// SPDX-License-Identifier: GPL-2.0-only
/* The tailnet lock over the local API, with a node that is none. */
#include "local_api_rig.h"

#define POST(path, body, len) \
	"POST /localapi/v0/tka/" path " HTTP/1.1\r\n" HOST \
	"Content-Length: " #len "\r\n\r\n" body
#define HEX "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"

/**
 * struct lock_node - what the lock of the node was asked, and says
 * @result: of each command, at once
 * @waits: who waits for it
 * @n: commands
 * @last: name of the last one
 * @limit: of the last log
 */
static struct lock_node {
	int result;
	struct node_lock_call waits;
	int n;
	char last[16];
	size_t limit;
} lock;

static int note(const char *name, const struct node_lock_call *call,
		struct err_detail *detail)
{
	lock.n++;
	snprintf(lock.last, sizeof(lock.last), "%s", name);
	if (lock.result < 0)
		return err_explain(detail, lock.result, "not now");
	if (call)
		lock.waits = *call;
	return 0;
}

static int status(void *node, struct arena *mem, struct lock_status *ret)
{
	(void)node;
	(void)mem;
	*ret = (struct lock_status){ .enabled = true,
				     .trouble = "trouble here" };
	return lock.result;
}

static int get_log(void *node, size_t limit, struct arena *mem,
		   struct lock_update **ret, size_t *ret_n)
{
	(void)node;
	(void)mem;
	lock.limit = limit;
	*ret = NULL;
	*ret_n = 0;
	return lock.result;
}

static int init(void *node, const struct lock_local_init *init,
		const struct node_lock_call *call, struct err_detail *detail)
{
	(void)node;
	(void)init;
	return note("init", call, detail);
}

static int sign(void *node, const struct lock_local_sign *sign,
		const struct node_lock_call *call, struct err_detail *detail)
{
	(void)node;
	(void)sign;
	return note("sign", call, detail);
}

static int modify(void *node, const struct lock_local_modify *modify,
		  const struct node_lock_call *call,
		  struct err_detail *detail)
{
	(void)node;
	(void)modify;
	return note("modify", call, detail);
}

static int disable(void *node, struct bytes secret,
		   const struct node_lock_call *call,
		   struct err_detail *detail)
{
	(void)node;
	(void)secret;
	return note("disable", call, detail);
}

static int affected(void *node, struct bytes key_id,
		    const struct node_lock_call *call,
		    struct err_detail *detail)
{
	(void)node;
	(void)key_id;
	return note("affected", call, detail);
}

static int submit(void *node, struct bytes update,
		  const struct node_lock_call *call,
		  struct err_detail *detail)
{
	(void)node;
	(void)update;
	return note("submit", call, detail);
}

static int local_disable(void *node, struct err_detail *detail)
{
	(void)node;
	return note("local", NULL, detail);
}

static int wrap(void *node, const char *auth_key, struct secret32 *seed,
		const struct lock_public *public, struct secret_buf *ret,
		struct err_detail *detail)
{
	(void)node;
	(void)auth_key;
	(void)seed;
	(void)public;
	(void)ret;
	return note("wrap", NULL, detail);
}

static int recovery(void *node, const struct lock_local_recovery *recovery,
		    struct arena *mem, struct bytes *ret,
		    struct err_detail *detail)
{
	(void)node;
	(void)recovery;
	(void)mem;
	*ret = (struct bytes){ (const uint8_t *)"update", 6 };
	return note("recovery", NULL, detail);
}

static int cosign(void *node, struct bytes update, struct arena *mem,
		  struct bytes *ret, struct err_detail *detail)
{
	(void)node;
	(void)mem;
	*ret = update;
	return note("cosign", NULL, detail);
}

static int state_id(void *node, uint64_t *ret)
{
	(void)node;
	*ret = 0x0123456789abcdefULL;
	return lock.result;
}

static const struct node_lock_api lock_api = {
	.status = status, .state_id = state_id, .log = get_log, .init = init, .sign = sign,
	.modify = modify, .disable = disable, .affected = affected,
	.submit = submit, .local_disable = local_disable, .wrap = wrap,
	.recovery = recovery, .cosign = cosign,
};

static struct rig rig;
static struct node_api with_lock;

static void begin(void)
{
	memset(&lock, 0, sizeof(lock));
	set_up(&rig);
	with_lock = fake_node_api;
	with_lock.lock = &lock_api;
	rig.api->config.node = &with_lock;
}

/* Its code is Python's, for the name that state_id() gives. */
#define LINK \
	"{\"URL\":\"tailscale://sign-device/v1/?dn=ann%27s+laptop&e" \
	"m=ann%40example.com&hm=24349148b6a4c6acb4b92ad711094b9e329" \
	"d692d2a8ecc73572c8f1a7d5031b8&nk=nodekey%3A111111111111111" \
	"1111111111111111111111111111111111111111111111111&os=linux" \
	"&tp=tlpub%3A2222222222222222222222222222222222222222222222" \
	"222222222222222222\"}"

static void at_once(void)
{
	static const struct {
		const char *request;
		int result;
		int status;
		const char *has;
	} cases[] = {
		{ GET("tka/status"), 0, 200, "\"Enabled\": true" },
		{ GET("tka/status"), 0, 200, "trouble here" },
		{ GET("tka/status"), -ENOMEM, 500, "" },
		{ GET("tka/log"), 0, 200, "null" },
		{ GET("tka/log?limit=7"), 0, 200, "null" },
		{ GET("tka/log?limit=x"), 0, 400, "limit" },
		{ GET("tka/log?limit=-1"), 0, 400, "limit" },
		{ GET("tka/log"), -ENODATA, 500, "not enabled" },
		{ GET("tka/sign"), 0, 405, "" },
		{ GET("tka/nothing"), 0, 404, "" },
		{ POST("sign", "[]", 2), 0, 400, "" },
		{ POST("sign", "{}", 2), 0, 400, "" },
		{ POST("modify", "{\"AddKeys\":7}", 13), 0, 400, "" },
		{ POST("modify", "{}", 2), TNE_NOT_READY, 500, "not now" },
		{ POST("init", "{}", 2), -EPERM, 403, "not now" },
		{ POST("init", "{\"Keys\":[7]}", 12), 0, 400, "" },
		{ POST("disable", "abc", 3), TNE_LOCK_SECRET, 500, "not now" },
		{ POST("affected-sigs", "", 0), 0, 400, "id of a key" },
		{ POST("force-local-disable", "", 0), 0, 400, "{}" },
		{ POST("force-local-disable", "{}", 2), 0, 200, "" },
		{ POST("force-local-disable", "{}", 2), TNE_NOT_READY, 500,
		  "not now" },
		{ POST("wrap-preauth-key", "{}", 2), 0, 400, "" },
		{ POST("generate-recovery-aum", "{}", 2), 0, 200, "update" },
		{ POST("cosign-recovery-aum", "blob", 4), 0, 200, "blob" },
		{ POST("cosign-recovery-aum", "blob", 4), TNE_CBOR, 400,
		  "not now" },
		{ POST("verify-deeplink", LINK, 307), 0, 200,
		  "\"IsValid\": true" },
		{ POST("verify-deeplink", LINK, 307), 0, 200,
		  "\"DeviceName\": \"ann's laptop\"" },
		{ POST("verify-deeplink", LINK, 307), -ENODATA, 200,
		  "not enabled" },
		{ POST("verify-deeplink", "{\"URL\":\"x\"}", 11), 0, 200,
		  "\"IsValid\": false" },
		{ POST("verify-deeplink", "{}", 2), 0, 400, "URL" },
	};
	size_t i;

	begin();
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%.40s, %d", cases[i].request + 4, cases[i].result);
		lock.result = cases[i].result;
		CHECK_EQ(ask(&rig, cases[i].request), cases[i].status);
		CHECK(strstr(reply, cases[i].has));
	}
	CHECK_EQ(lock.limit, 50);
	test_case("not built in");
	rig.api->config.node = &fake_node_api;
	CHECK_EQ(ask(&rig, GET("tka/status")), 501);
	tear_down(&rig);
}

static void later(void)
{
	static const struct {
		const char *request;
		const char *command;
		int err;
		int status;
		const char *has;
	} cases[] = {
		{ POST("init", "{}", 2), "init", 0, 200, "\"Enabled\": true" },
		{ POST("sign", "{\"NodeKey\":\"nodekey:" HEX "\"}", 86), "sign",
		  0, 200, "" },
		{ POST("modify", "{}", 2), "modify", 0, 204, "" },
		{ POST("modify", "{}", 2), "modify", TNE_LOCK_ANSWER, 500,
		  "the server says no" },
		{ POST("disable", "abc", 3), "disable", 0, 200, "" },
		{ POST("affected-sigs", "id", 2), "affected", 0, 200,
		  "\"YWJj\"" },
		{ POST("submit-recovery-aum", "x", 1), "submit", 0, 200, "" },
		{ POST("submit-recovery-aum", "x", 1), "submit", -ECANCELED,
		  500, "the server says no" },
	};
	const struct bytes list = { (const uint8_t *)"abc", 3 };
	struct err_detail detail = { "" };
	bool closed;
	int fd, got;
	size_t i;

	begin();
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s, %d", cases[i].command, cases[i].err);
		fd = connect_to(&rig);
		send_text(fd, cases[i].request, strlen(cases[i].request));
		CHECK_EQ(receive(&rig, fd, &closed), 0);
		CHECK(!closed && !strcmp(lock.last, cases[i].command));
		snprintf(detail.text, sizeof(detail.text), "%s",
			 cases[i].err ? "the server says no" : "");
		lock.waits.done(lock.waits.ctx, cases[i].err, &detail, &list,
				1);
		receive(&rig, fd, &closed);
		CHECK_EQ(sscanf(reply, "HTTP/1.1 %d", &got), 1);
		CHECK_EQ(got, cases[i].status);
		CHECK(strstr(reply, cases[i].has));
		close(fd);
		turn(&rig);
	}

	test_case("the client has gone meanwhile");
	fd = connect_to(&rig);
	send_text(fd, cases[2].request, strlen(cases[2].request));
	receive(&rig, fd, &closed);
	close(fd);
	turn(&rig);
	lock.waits.done(lock.waits.ctx, 0, &detail, NULL, 0);

	test_case("the agent ends: first the API");
	fd = connect_to(&rig);
	send_text(fd, cases[2].request, strlen(cases[2].request));
	receive(&rig, fd, &closed);
	tear_down(&rig);
	lock.waits.done(lock.waits.ctx, -ECANCELED, &detail, NULL, 0);
	close(fd);
}

static const struct test tests[] = {
	TEST(at_once),
	TEST(later),
};

TEST_MAIN(tests)
