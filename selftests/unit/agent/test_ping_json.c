// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "map_fixture.h"
#include "base/array.h"
#include "wire/ping_json.h"

static void requests(void)
{
	static const struct {
		const char *fields;
		bool there, head, c2n;
		unsigned int types;
	} cases[] = {
		{ "'URL':'u'", true, true, false, 0 },
		{ "'URL':'u','Types':''", true, true, false, 0 },
		{ "'URL':'','Types':'c2n'", false, false, false, 0 },
		{ "'Types':'c2n'", false, false, false, 0 },
		{ "'URL':'u','Types':'c2n'", true, false, true, 0 },
		{ "'URL':'u','Types':'c2n,disco'", true, false, false,
		  PING_DISCO },
		{ "'URL':'u','Types':'disco,TSMP,x,ICMP,peerapi'", true, false,
		  false, PING_DISCO | PING_TSMP | PING_ICMP | PING_PEERAPI },
		{ "'URL':'u','Types':'Disco,tsmp'", true, false, false, 0 },
		{ "'URL':'u','Types':','", true, false, false, 0 },
		/* One that is wrong is none. */
		{ "'URL':'u','Types':17", false, false, false, 0 },
		{ "'URL':'u','IP':'x'", false, false, false, 0 },
		{ "'URL':'u','Payload':'*'", false, false, false, 0 },
		{ "'URL':17", false, false, false, 0 },
		{ "'URL':'a\\u0000b'", false, false, false, 0 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct netmap_delta *d = map_delta(map_text(
			"{'PingRequest':{%s}}", cases[i].fields));

		test_case("%s", cases[i].fields);
		CHECK(d);
		CHECK_EQ(!!d->ping, cases[i].there);
		if (d->ping) {
			CHECK_EQ(d->ping->head, cases[i].head);
			CHECK_EQ(d->ping->c2n, cases[i].c2n);
			CHECK_EQ(d->ping->types, cases[i].types);
		}
		netmap_delta_free(d);
	}
}

static void payload(void)
{
	struct netmap_delta *d = map_delta(map_text(
		"{'PingRequest':{'URL':'https://unused/c2n/9f3a','Types':'c2n',"
		"'URLIsNoise':true,'IP':'100.64.0.9','Payload':"
		"'R0VUIC9lY2hvIEhUVFAvMS4xDQpIb3N0OiBuDQoNCg=='}}"));
	static const char want[] = "GET /echo HTTP/1.1\r\nHost: n\r\n\r\n";

	CHECK(d);
	CHECK(d->ping->url_is_noise);
	CHECK_EQ(d->ping->ip.len, 4);
	CHECK_EQ(d->ping->payload.len, strlen(want));
	CHECK_MEM(d->ping->payload.data, want, strlen(want));
	netmap_delta_free(d);
}

static void responses(void)
{
	struct ping_response r = {
		.type = PING_DISCO, .node_name = "pi", .latency_seconds = 0.004,
	};
	char *want = map_text("{'Type':'disco','IP':'100.64.0.9','NodeIP':"
			      "'100.64.0.9','NodeName':'pi','LatencySeconds':"
			      "0.004,'Endpoint':'203.0.113.50:41641'}");
	struct secret_buf text;

	CHECK_EQ(ip_parse("100.64.0.9", 10, &r.ip), 0);
	r.node_ip = r.ip;
	CHECK_EQ(ip_port_parse("203.0.113.50:41641", 18, &r.endpoint), 0);
	CHECK_EQ(ping_response_build(&r, &text), 0);
	CHECK_EQ(text.len, strlen(want));
	CHECK_MEM(text.data, want, text.len);
	secret_buf_done(&text);
	free(want);
}

static const struct test tests[] = {
	TEST(requests),
	TEST(payload),
	TEST(responses),
};
TEST_MAIN(tests)
