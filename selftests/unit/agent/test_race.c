// SPDX-License-Identifier: GPL-2.0-only
/* Ways to a control server whose name leads nowhere, and relays that know it. */
#include "test.h"

#include "base/array.h"
#include "base/clock.h"
#include "control/bootstrap.h"
#include "control/noise_conn.h"
#include "control/race.h"
#include "fail_alloc.h"
#include "loop/loop.h"
#include "loop/transfers.h"
#include "model/derp_map.h"
#include "model/netmap_delta.h"
#include "noise_server.h"

#include <errno.h>
#include <unistd.h>

#define CERT "/tmp/test_race.cert.pem"
#define KEY "/tmp/test_race.key.pem"

static struct clock_sim sim;
static struct loop *loop;
static struct transfers *transfers;
static struct secret32 *machine;
static struct noise_server server;
static struct dial_memory memory;
static struct race *race;
static struct server_url url;
static bool over, got_session;
static int result;
static struct resolve_addr found[BOOTSTRAP_ADDRS_MAX];
static size_t n_found;

static const struct race_candidate here = {
	.addr = { .family = AF_INET, .byte = { 127, 0, 0, 1 } },
};
/* Nobody listens there. */
static const struct race_candidate nobody = {
	.addr = { .family = AF_INET, .byte = { 127, 9, 9, 9 } },
};

static void done(void *ctx, int err, const struct err_detail *detail,
		 struct noise_session *session)
{
	(void)ctx;
	(void)detail;
	over = true;
	result = err;
	got_session = session && session->stream;
	if (err < 0)
		return;
	race_free(race);
	race = NULL;
}

static void begin(const struct noise_server_options *options, const char *ca)
{
	const struct transfers_options t = { .no_proxy = true, .ca_file = ca };

	noise_server_start(options, &server);
	clock_sim_init(&sim, 0);
	machine = secret32_new();
	if (!machine || loop_new(&sim.clock, &loop) < 0 ||
	    transfers_new(loop, &t, &transfers) < 0)
		abort();
	memset(secret32_expose(machine), 0x11, SECRET_LEN);
	memset(&memory, 0, sizeof(memory));
	over = false;
	got_session = false;
	race = NULL;
}

static void end(void)
{
	race_free(race);
	transfers_free(transfers);
	loop_free(loop);
	secret32_free(machine);
	noise_server_stop(&server);
}

static int start(const char *host, const struct race_candidate *plan,
		 size_t n_plan, const struct race_candidate *spare,
		 size_t n_spare)
{
	struct race_config config = {
		.transfers = transfers, .url = &url, .server = server.public,
		.machine = machine, .version = CONTROL_VERSION,
		.memory = &memory, .plan = plan, .n_plan = n_plan,
		.spare = spare, .n_spare = n_spare,
	};

	/* Private, so that there is no port for HTTPS. */
	url = (struct server_url){ .port = server.port, .private = true };
	strcpy(url.host, host);
	return race_start(&config, done, NULL, &race);
}

/* Descriptors only; the clock stands. */
static void turns(int ms)
{
	uint64_t start_ms = clock_boot_ms(clock_system());

	while (!over && clock_boot_ms(clock_system()) - start_ms < (uint64_t)ms)
		loop_turn(loop, 5);
}

static const struct noise_server_options honest;

static void the_plan_leads(void)
{
	const struct race_candidate plan[] = { nobody, here };

	begin(&honest, NULL);
	CHECK_EQ(start("c.invalid", plan, 2, NULL, 0), 0);
	/* Nothing before the start has returned. */
	CHECK(!over);
	turns(5000);
	CHECK(over && got_session);
	CHECK_EQ(result, 0);
	end();
}

static void then_the_name(void)
{
	const struct race_candidate plan[] = { nobody };

	begin(&honest, NULL);
	CHECK_EQ(start("127.0.0.1", plan, 1, NULL, 0), 0);
	turns(5000);
	CHECK(over && got_session);
	CHECK_EQ(result, 0);
	end();
}

static void then_the_spare_ones(void)
{
	const struct race_candidate spare[] = { nobody, here };

	begin(&honest, NULL);
	CHECK_EQ(start("c.invalid", &nobody, 1, spare, 2), 0);
	turns(15000);
	CHECK(over && got_session);
	CHECK_EQ(result, 0);
	end();

	/* Only for a name without an address. */
	begin(&honest, NULL);
	CHECK_EQ(start("127.9.9.9", NULL, 0, &here, 1), 0);
	turns(5000);
	CHECK(over && !got_session);
	CHECK_EQ(result, -ECONNREFUSED);
	CHECK_EQ(server.shared->connections, 0);
	end();
}

static void nothing_leads(void)
{
	begin(&honest, NULL);
	CHECK_EQ(start("c.invalid", &nobody, 1, &nobody, 1), 0);
	turns(15000);
	CHECK(over);
	CHECK_EQ(result, TNE_NAME_LOOKUP);
	end();
}

/* A candidate waits for its time, and the whole has an end. */
static void delays(void)
{
	static const struct noise_server_options silent = { .silent = true };
	struct race_candidate plan[] = { nobody, here };

	plan[1].after_ms = 300;
	begin(&honest, NULL);
	CHECK_EQ(start("c.invalid", plan, 2, NULL, 0), 0);
	turns(50);
	loop_advance(loop, 299);
	turns(50);
	CHECK(!over);
	CHECK_EQ(server.shared->connections, 0);
	loop_advance(loop, 1);
	turns(5000);
	CHECK(over && got_session);
	end();

	begin(&silent, NULL);
	plan[1].timeout_ms = 20000;
	CHECK_EQ(start("c.invalid", plan + 1, 1, NULL, 0), 0);
	loop_advance(loop, 20299);
	CHECK(!over);
	loop_advance(loop, 5001);
	CHECK(over);
	CHECK_EQ(result, -ETIMEDOUT);
	end();

	/* Given up in the middle. */
	begin(&silent, NULL);
	CHECK_EQ(start("c.invalid", plan, 2, NULL, 0), 0);
	turns(20);
	end();
	CHECK(!over);
}

static void plans(void)
{
	static const struct dial_candidate items[] = {
		{ .ip = { .len = 4, .byte = { 1, 2, 3, 4 } }, .ace_host = "",
		  .start_delay_ms = 7, .timeout_ms = 9000 },
		{ .ip = { .len = 4 }, .ace_host = "ace" },
		{ .ace_host = "ace" },
		{ .ip = { .len = 16, .byte = { 0x20 } }, .ace_host = "",
		  .timeout_ms = 60000, .start_delay_ms = 60000 },
	};
	const struct dial_plan plan = { .item = items, .n = 4 };
	struct race_candidate c[RACE_MAX];

	CHECK_EQ(race_plan(NULL, c), 0);
	CHECK_EQ(race_plan(&plan, c), 2);
	CHECK_EQ(c[0].addr.family, AF_INET);
	CHECK_MEM(c[0].addr.byte, "\1\2\3\4", 4);
	CHECK_EQ(c[0].after_ms, 7);
	CHECK_EQ(c[1].addr.family, AF_INET6);
	CHECK_EQ(race_deadline_ms(NULL, 0), 10000);
	CHECK_EQ(race_deadline_ms(c, 1), 14007);
	CHECK_EQ(race_deadline_ms(c, 2), 60000);
}

static int one_race(void *ctx)
{
	int r;

	(void)ctx;
	over = false;
	/* With a plan, what fails in it would be made good by the name. */
	r = start("127.0.0.1", NULL, 0, NULL, 0);
	if (r < 0)
		return r;
	turns(5000);
	race_free(race);
	race = NULL;
	return over ? result : -1;
}

static void survives_lack_of_memory(void)
{
	begin(&honest, NULL);
	CHECK(fail_alloc_each(one_race, NULL) > 0);
	end();
}

/* Relays */

static uint32_t counter;

static uint32_t some(void *ctx)
{
	(void)ctx;
	return counter += 0x9e3779b9;
}

static void choice(void)
{
	static struct derp_node nodes[12];
	static const struct derp_region region = { .nodes = nodes,
						   .n_nodes = 12 };
	const struct derp_regions regions = { .item = &region, .n = 1 };
	static char names[12][16];
	struct boot_node chosen[BOOT_NODES_MAX];
	size_t i, k, seed;

	for (i = 0; i < 12; i++) {
		snprintf(names[i], sizeof(names[i]), "r%zu.example", i);
		nodes[i].host_name = names[i];
		nodes[i].cert_name = "";
		nodes[i].ipv4.len = 4;
		nodes[i].derp_port = 443;
	}
	nodes[0].cert_name = "sha256-raw:00";
	nodes[1].no_ipv4 = true;
	nodes[2].host_name = "a/b?c";
	nodes[3].host_name = "";
	nodes[4].ipv4.len = 0;
	nodes[5].ipv6.len = 16;
	CHECK_EQ(boot_nodes_choose(NULL, some, NULL, chosen), 0);
	for (seed = 0; seed < 200; seed++) {
		CHECK_EQ(boot_nodes_choose(&regions, some, NULL, chosen),
			 BOOT_NODES_MAX);
		CHECK_EQ(chosen[1].addr.family, AF_INET6);
		for (i = 0; i < BOOT_NODES_MAX; i++) {
			CHECK(atoi(chosen[i].host + 1) >= 5);
			for (k = 0; k < i; k++)
				CHECK(strcmp(chosen[i].host, chosen[k].host) ||
				      chosen[i].addr.family !=
				      chosen[k].addr.family);
		}
	}
}

static void on_found(void *ctx, const struct resolve_addr *addr, size_t n)
{
	(void)ctx;
	over = true;
	n_found = n;
	if (n)
		memcpy(found, addr, n * sizeof(*addr));
}

#define ANSWER(body) \
	"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" body

static void relays_are_asked(void)
{
	static const struct {
		const char *name, *http;
		const char *host;
		size_t n;
	} cases[] = {
		{ "both kinds", ANSWER("{\"c.example\":[\"203.0.113.10\",\"2001:db8::10\"],\"other\":[\"1.1.1.1\"]}"), "localhost", 2 },
		{ "not addresses", ANSWER("{\"c.example\":[7,null,\"x\",\"203.0.113.10\"]}"), "localhost", 1 },
		{ "other names", ANSWER("{\"x\":[\"1.1.1.1\"]}"), "localhost", 0 },
		{ "no list", ANSWER("{\"c.example\":\"1.1.1.1\"}"), "localhost", 0 },
		{ "an array", ANSWER("[1]"), "localhost", 0 },
		{ "no JSON", ANSWER("hello"), "localhost", 0 },
		{ "another status", "HTTP/1.1 404 No\r\nConnection: close\r\n\r\n{\"c.example\":[\"1.1.1.1\"]}", "localhost", 0 },
		{ "certificate of another", ANSWER("{\"c.example\":[\"1.1.1.1\"]}"), "other.example", 0 },
	};
	struct boot_node nodes[2] = { { .addr = nobody.addr },
				      { .addr = here.addr } };
	struct bootstrap_config config = {
		.host = "c.example", .nodes = nodes, .n_nodes = 2,
		.random = some,
	};
	struct noise_server_options options = {
		.tls = true, .cert = CERT, .key = KEY,
	};
	struct bootstrap *search;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].name);
		options.http = cases[i].http;
		begin(&options, CERT);
		config.transfers = transfers;
		/* The first relay does not answer. */
		nodes[0].port = server.port;
		strcpy(nodes[0].host, "localhost");
		nodes[1].port = server.port;
		strcpy(nodes[1].host, cases[i].host);
		CHECK_EQ(bootstrap_start(&config, on_found, NULL, &search), 0);
		turns(10000);
		CHECK(over);
		CHECK_EQ(n_found, cases[i].n);
		CHECK(n_found == 0 || found[0].family != 0);
		end();
	}
	begin(&honest, NULL);
	config.transfers = transfers;
	CHECK_EQ(bootstrap_start(&config, on_found, NULL, &search), 0);
	loop_turn(loop, 0);
	bootstrap_cancel(search);
	config.host = "a&b";
	CHECK_EQ(bootstrap_start(&config, on_found, NULL, &search),
		 TNE_NAME_LOOKUP);
	end();
}

static const struct test tests[] = {
	TEST(the_plan_leads),
	TEST(then_the_name),
	TEST(then_the_spare_ones),
	TEST(nothing_leads),
	TEST(delays),
	TEST(plans),
	TEST(survives_lack_of_memory),
	TEST(choice),
	TEST(relays_are_asked),
};

int main(int argc, char **argv)
{
	int r;

	if (secret_init() < 0)
		return 2;
	noise_server_certificate(CERT, KEY);
	r = test_main(tests, ARRAY_SIZE(tests), argc, argv);
	unlink(CERT);
	unlink(KEY);
	return r;
}
