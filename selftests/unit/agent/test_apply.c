// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading and changing devices, against a module that is played by this file:
 * it stands in for genl_conn.c, keeps a log of the commands and answers by a
 * script.
 */
#include "test.h"

#include "base/array.h"
#include "base/err.h"
#include "dataplane/apply.h"
#include "dataplane/batch.h"
#include "dataplane/fetch.h"
#include "dataplane/genl_conn.h"
#include "uapi/tailnet.h"
#include "wire/wg_conf.h"

#include <errno.h>
#include <time.h>

#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>

#define PUB1 "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo="
#define PUB2 "3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08="
#define TOKEN 42

/**
 * struct module - what is played
 * @log: a letter for each request: d DEV_GET, p PEER_GET, b BEGIN, a ADD,
 *	c COMMIT, x ABORT; capitals for dumps
 * @n: how many
 * @has_peer: PUB1 is there
 * @generation: of the table
 * @fail: which command fails
 * @err: how
 * @times: how often
 * @moves: the generation changes with every dump of peers
 * @pauses: calls of nanosleep()
 * @ifaces: devices in a dump
 * @mode: of the last transaction
 * @begun_at: generation that the last transaction asked for
 */
static struct module {
	char log[1024];
	size_t n;
	bool has_peer;
	uint64_t generation;
	char fail;
	int err;
	int times;
	bool moves;
	int pauses;
	int ifaces;
	uint32_t mode;
	uint64_t begun_at;
} module;

int nanosleep(const struct timespec *wait, struct timespec *left)
{
	(void)wait;
	(void)left;
	module.pauses++;
	return 0;
}

int genl_conn_family(const struct genl_conn *conn)
{
	(void)conn;
	return 0x1d;
}

static struct nlattr *top(struct nl_msg *msg, int type)
{
	return nlmsg_find_attr(nlmsg_hdr(msg), GENL_HDRLEN, type);
}

static struct nlattr *in(struct nlattr *nest, int type)
{
	return nest ? nla_find(nla_data(nest), nla_len(nest), type) : NULL;
}

static struct nl_msg *answer(int ifindex)
{
	struct nl_msg *msg = nlmsg_alloc_size(1024);
	struct nlattr *nest;
	char name[16];

	genlmsg_put(msg, 1, 1, 0x1d, 0, 0, 1, 1);
	nla_put_u64(msg, TAILNET_A_GENERATION, module.generation);
	nest = nla_nest_start(msg, TAILNET_A_DEV);
	nla_put_u32(msg, TAILNET_A_DEV_IFINDEX, ifindex);
	snprintf(name, sizeof(name), "wg%d", ifindex);
	nla_put_string(msg, TAILNET_A_DEV_IFNAME, name);
	nla_nest_end(msg, nest);
	return msg;
}

static int give(struct nl_msg *msg, nl_answer_fn fn, void *ctx)
{
	int r = fn ? fn(ctx, nlmsg_hdr(msg)) : 0;

	nlmsg_free(msg);
	return r;
}

static void note_begin(struct nl_msg *msg)
{
	struct nlattr *attr = in(top(msg, TAILNET_A_TXN), TAILNET_A_TXN_MODE);

	module.mode = attr ? nla_get_u32(attr) : UINT32_MAX;
	attr = top(msg, TAILNET_A_GENERATION);
	module.begun_at = attr ? nla_get_u64(attr) : 0;
}

static int answer_begin(nl_answer_fn fn, void *ctx)
{
	struct nl_msg *msg = answer(0);
	struct nlattr *nest = nla_nest_start(msg, TAILNET_A_TXN);

	nla_put_u32(msg, TAILNET_A_TXN_TOKEN, TOKEN);
	nla_nest_end(msg, nest);
	return give(msg, fn, ctx);
}

static bool is_known_peer(struct nl_msg *msg)
{
	struct nlattr *attr = in(top(msg, TAILNET_A_PEER),
				 TAILNET_A_PEER_PUBLIC_KEY);
	struct node_public key;

	key_parse_public(PUB1, KEY_TEXT_LEN, &key);
	return attr && module.has_peer &&
	       memcmp(nla_data(attr), key.byte, KEY_LEN) == 0;
}

/* Return: the letter of the request, which is logged. */
static char take(struct nl_msg *msg, bool dump)
{
	static const char letters[] = " d.p...bacx";
	struct genlmsghdr *genl = nlmsg_data(nlmsg_hdr(msg));
	char c = genl->cmd < sizeof(letters) ? letters[genl->cmd] : '?';

	if (dump)
		c -= 'a' - 'A';
	if (module.n < sizeof(module.log) - 1)
		module.log[module.n++] = c;
	return c;
}

static bool fails(char c, struct nl_refusal *refusal)
{
	memset(refusal, 0, sizeof(*refusal));
	if (c != module.fail || module.times == 0)
		return false;
	module.times--;
	strcpy(refusal->text, "played");
	return true;
}

int genl_conn_do(struct genl_conn *conn, struct nl_msg *msg, nl_answer_fn fn,
		 void *ctx, struct nl_refusal *refusal)
{
	char c = take(msg, false);

	(void)conn;
	if (fails(c, refusal))
		return module.err;
	switch (c) {
	case 'd':
		return give(answer(0), fn, ctx);
	case 'p':
		return is_known_peer(msg) ? give(answer(0), fn, ctx) : -ENOENT;
	case 'b':
		note_begin(msg);
		return answer_begin(fn, ctx);
	}
	return 0;
}

int genl_conn_dump(struct genl_conn *conn, struct nl_msg *msg,
		   nl_answer_fn fn, void *ctx, struct nl_refusal *refusal)
{
	char c = take(msg, true);
	int i, r = 0;

	(void)conn;
	if (fails(c, refusal))
		return module.err;
	if (c == 'P')
		module.generation += module.moves;
	for (i = 0; i < (c == 'D' ? module.ifaces : 1) && r == 0; i++)
		r = give(answer(i), fn, ctx);
	return r;
}

static void play(const struct module *script)
{
	module = *script;
}

static int change(const char *args, struct err_detail *detail)
{
	char copy[512], *argv[32], *s;
	struct wg_config config;
	int argc = 0, r;

	snprintf(copy, sizeof(copy), "%s", args);
	for (s = strtok(copy, " "); s; s = strtok(NULL, " "))
		argv[argc++] = s;
	r = wg_conf_parse_args(argv, argc, detail, &config);
	if (r < 0)
		return r;
	r = apply_config(NULL, "wg0", &config, detail);
	wg_config_done(&config);
	return r;
}

static void changes(void)
{
	static const struct {
		const char *name;
		const char *args;
		const char *log;
		int r;
		struct module script;
	} cases[] = {
		{ "device only", "fwmark 5", "dbac", 0 },
		{ "known peer", "peer " PUB1, "dpbac", 0, { .has_peer = 1 } },
		{ "new peer", "peer " PUB1, "dpbac", 0 },
		{ "nothing to ask", "peer " PUB1 " roam on", "dbac", 0 },
		{ "remove", "peer " PUB1 " remove", "dpbac", 0,
		  { .has_peer = 1 } },
		{ "remove what is not there", "peer " PUB1 " remove", "dpbc",
		  0 },
		{ "two, one of them not there",
		  "peer " PUB1 " remove peer " PUB2 " remove", "dppbac", 0,
		  { .has_peer = 1 } },
		{ "twice: asked once", "peer " PUB1 " peer " PUB1, "dpbac",
		  0 },
		{ "new, then removed", "peer " PUB1 " peer " PUB1 " remove",
		  "dpbac", 0 },
		{ "no device", "fwmark 5", "d", -ENODEV,
		  { .fail = 'd', .err = -ENODEV, .times = 9 } },
		{ "no permission to ask", "peer " PUB1, "dp", -EPERM,
		  { .fail = 'p', .err = -EPERM, .times = 9 } },
		{ "changed before it began", "fwmark 5", "dbdbac", 0,
		  { .fail = 'b', .err = -ESTALE, .times = 1 } },
		{ "changed while it was open", "peer " PUB1, "dpbacxdpbac", 0,
		  { .fail = 'c', .err = -EAGAIN, .times = 1 } },
		{ "another one open", "fwmark 5", "dbdbdbac", 0,
		  { .fail = 'b', .err = -EBUSY, .times = 2 } },
		{ "items refused", "fwmark 5", "dbax", -EINVAL,
		  { .fail = 'a', .err = -EINVAL, .times = 1 } },
		{ "commit refused", "fwmark 5", "dbacx", -EADDRINUSE,
		  { .fail = 'c', .err = -EADDRINUSE, .times = 1 } },
	};
	struct err_detail detail;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].name);
		play(&cases[i].script);
		module.generation = 7;
		CHECK_EQ(change(cases[i].args, &detail), cases[i].r);
		if (strcmp(module.log, cases[i].log) != 0)
			test_fail(__FILE__, __LINE__, "sent %s", module.log);
		CHECK(!test_failed);
		if (cases[i].r < 0)
			CHECK(strstr(detail.text, "played"));
		else
			CHECK_EQ(module.begun_at, 7);
		CHECK_EQ(module.mode, TAILNET_TXN_MERGE);
	}
}

static void gives_up(void)
{
	struct err_detail detail;

	play(&(struct module){ .fail = 'b', .err = -EBUSY, .times = 100000 });
	CHECK_EQ(change("fwmark 5", &detail), -EBUSY);
	CHECK(module.pauses >= 50 && module.pauses <= 200);
	CHECK(strstr(detail.text, "played"));
}

static void replaces(void)
{
	static const char text[] = "[Interface]\nListenPort=5\n";
	struct secret_buf buf = {
		(char *)text, sizeof(text) - 1, sizeof(text) - 1,
	};
	struct err_detail detail;
	struct wg_config config;

	play(&(struct module){ .generation = 1 });
	CHECK_EQ(wg_conf_parse(&buf, true, &detail, &config), 0);
	CHECK_EQ(apply_config(NULL, "wg0", &config, &detail), 0);
	CHECK(strcmp(module.log, "dbac") == 0);
	CHECK_EQ(module.mode, TAILNET_TXN_REPLACE);
	wg_config_done(&config);
}

static void reads_one(void)
{
	struct wg_device dev = { 0 };
	struct err_detail detail;

	test_case("at once");
	play(&(struct module){ 0 });
	CHECK_EQ(fetch_device(NULL, "wg0", true, &detail, &dev), 0);
	CHECK(strcmp(module.log, "dP") == 0);

	test_case("changed during the dump");
	play(&(struct module){ .fail = 'P', .err = -EINTR, .times = 3 });
	CHECK_EQ(fetch_device(NULL, "wg0", true, &detail, &dev), 0);
	CHECK(strcmp(module.log, "dPdPdPdP") == 0);

	test_case("changed between the device and its peers, always");
	play(&(struct module){ .moves = true });
	CHECK_EQ(fetch_device(NULL, "wg0", true, &detail, &dev), -EAGAIN);
	CHECK(strstr(detail.text, "keeps changing"));
	CHECK(module.n > 10 && module.n < 200);

	test_case("no device");
	play(&(struct module){ .fail = 'd', .err = -ENODEV, .times = 1 });
	CHECK_EQ(fetch_device(NULL, "wg0", true, &detail, &dev), -ENODEV);
	wg_device_done(&dev);
}

static void reads_all(void)
{
	struct wg_devices list = { 0 };
	struct err_detail detail;

	test_case("names only");
	play(&(struct module){ .ifaces = 3 });
	CHECK_EQ(fetch_devices(NULL, false, &detail, &list), 0);
	CHECK(strcmp(module.log, "D") == 0 && list.n == 3);
	CHECK(strcmp(list.item[2].name, "wg2") == 0);
	wg_devices_done(&list);

	test_case("with peers");
	play(&(struct module){ .ifaces = 3 });
	CHECK_EQ(fetch_devices(NULL, true, &detail, &list), 0);
	CHECK(strcmp(module.log, "DdPdPdP") == 0 && list.n == 3);
	wg_devices_done(&list);

	test_case("one goes meanwhile");
	play(&(struct module){ .ifaces = 3, .fail = 'd', .err = -ENODEV,
			       .times = 1 });
	CHECK_EQ(fetch_devices(NULL, true, &detail, &list), 0);
	CHECK_EQ(list.n, 2);
	wg_devices_done(&list);

	test_case("the list is refused");
	play(&(struct module){ .fail = 'D', .err = -EPERM, .times = 1 });
	CHECK_EQ(fetch_devices(NULL, true, &detail, &list), -EPERM);
	wg_devices_done(&list);

	test_case("the list changes once");
	play(&(struct module){ .ifaces = 1, .fail = 'D', .err = -EINTR,
			       .times = 1 });
	CHECK_EQ(fetch_devices(NULL, false, &detail, &list), 0);
	CHECK(strcmp(module.log, "DD") == 0 && list.n == 1);
	wg_devices_done(&list);
}

static const struct test tests[] = {
	TEST(changes),
	TEST(gives_up),
	TEST(replaces),
	TEST(reads_one),
	TEST(reads_all),
};

TEST_MAIN(tests)
