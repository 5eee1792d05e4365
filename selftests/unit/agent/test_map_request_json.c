// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "map_fixture.h"
#include "model/hostinfo.h"
#include "wire/map_request_json.h"

static struct ip_port port(const char *text)
{
	struct ip_port ret = { 0 };

	if (ip_port_parse(text, strlen(text), &ret) < 0)
		test_fail(__FILE__, __LINE__, "%s", text);
	return ret;
}

static bool is_text(const struct map_request *request, const char *format)
{
	struct secret_buf got;
	char *want = map_text("%s", format);
	bool same;

	if (map_request_build(request, &got) < 0)
		return false;
	same = got.len == strlen(want) && !memcmp(got.data, want, got.len);
	if (!same)
		test_fail(__FILE__, __LINE__, "%.*s", (int)got.len, got.data);
	free(want);
	secret_buf_done(&got);
	return same;
}

static void three_uses(void)
{
	static const struct derp_latency latency = { "901-v4", 0.012 };
	static const struct netinfo net = {
		.working_udp = OPT_TRUE, .mapping_varies_by_dest = OPT_FALSE,
		.preferred_derp = 901, .latency = &latency, .n_latency = 1,
	};
	static const struct service service = { "peerapi4", 43210, NULL };
	static const char *tags[] = { "tag:a" };
	struct ip_prefix route;
	struct hostinfo host = {
		.os = "linux", .hostname = "lab-7", .services = &service,
		.n_services = 1, .netinfo = &net, .state_encrypted = OPT_TRUE,
		.routable_ips = { &route, 1 }, .request_tags = { tags, 1 },
	};
	struct own_endpoint endpoints[] = {
		{ port("198.51.100.7:41641"), ENDPOINT_STUN },
		{ port("[fe80::1]:41641"), ENDPOINT_LOCAL },
		{ port("[2001:db8::1]:41641"), ENDPOINT_LOCAL },
	};
	struct map_request r = {
		.version = 113, .use = MAP_USE_POLL, .compress = true,
		.hostinfo = &host, .endpoints = endpoints, .n_endpoints = 3,
		.tka_head = "HEAD",
	};

	CHECK_EQ(ip_prefix_parse("10.9.0.0/24", 11, &route), 0);
	memset(&r.node_key, 0x11, sizeof(r.node_key));
	memset(&r.disco_key, 0x44, sizeof(r.disco_key));
#define HEAD "{'Version':113,'Compress':'zstd','KeepAlive':true," \
	"'NodeKey':'" K1 "','DiscoKey':'" D4 "',"
#define BODY "'Hostinfo':{'OS':'linux','Hostname':'lab-7'," \
	"'RoutableIPs':['10.9.0.0/24'],'RequestTags':['tag:a']," \
	"'Services':[{'Proto':'peerapi4','Port':43210}],'NetInfo':{" \
	"'MappingVariesByDestIP':false,'WorkingUDP':true," \
	"'PreferredDERP':901,'DERPLatency':{'901-v4':0.012}}," \
	"'StateEncrypted':true},'Endpoints':['198.51.100.7:41641'," \
	"'[2001:db8::1]:41641'],'EndpointTypes':[2,1],'TKAHead':'HEAD'"
	CHECK(is_text(&r, HEAD "'Stream':true," BODY "}"));
	r.use = MAP_USE_LITE;
	CHECK(is_text(&r, HEAD BODY ",'OmitPeers':true}"));
	r.use = MAP_USE_FETCH;
	CHECK(is_text(&r, HEAD BODY "}"));
	r.n_endpoints = 0;
	r.compress = false;
	r.tka_head = NULL;
	host = (struct hostinfo){ 0 };
	CHECK(is_text(&r, "{'Version':113,'KeepAlive':true,'NodeKey':'" K1
		      "','DiscoKey':'" D4 "','Hostinfo':{}}"));
}

static void tpm(void)
{
	static const struct tpm_info tpm = {
		.manufacturer = "IBM", .firmware_version = UINT64_MAX,
		.spec_revision = 164, .family_indicator = "2.0",
	};
	struct hostinfo host = { .tpm = &tpm, .container = OPT_FALSE };
	struct map_request r = { .version = 1, .use = MAP_USE_FETCH,
				 .hostinfo = &host };

	CHECK(is_text(&r, "{'Version':1,'KeepAlive':true,'NodeKey':'nodekey:"
		      H("00") "','DiscoKey':'discokey:" H("00") "','Hostinfo':"
		      "{'Container':false,'TPM':{'Manufacturer':'IBM',"
		      "'FirmwareVersion':18446744073709551615,"
		      "'SpecRevision':164,'FamilyIndicator':'2.0'}}}"));
}

static void comparison(void)
{
	struct netinfo a = { .preferred_derp = 1 }, b = a;
	struct hostinfo x = { .os = "linux", .netinfo = &a }, y = x;
	struct derp_latency latency = { "1-v4", 1 };

	y.netinfo = &b;
	y.app = "";
	CHECK(hostinfo_equal(&x, &y));
	b.latency = &latency;
	b.n_latency = 1;
	CHECK(hostinfo_equal(&x, &y));
	b.preferred_derp = 2;
	CHECK(!hostinfo_equal(&x, &y));
	y.netinfo = NULL;
	CHECK(!hostinfo_equal(&x, &y));
	x.netinfo = NULL;
	CHECK(hostinfo_equal(&x, &y));
	y.shields_up = true;
	CHECK(!hostinfo_equal(&x, &y));
	CHECK(!hostinfo_equal(&x, NULL));
}

static void tags(void)
{
	CHECK(hostinfo_tag_check("tag:a"));
	CHECK(hostinfo_tag_check("tag:A-9"));
	CHECK(!hostinfo_tag_check("tag:"));
	CHECK(!hostinfo_tag_check("tag:9"));
	CHECK(!hostinfo_tag_check("tag:-a"));
	CHECK(!hostinfo_tag_check("tag:a_b"));
	CHECK(!hostinfo_tag_check("a"));
	CHECK(!hostinfo_tag_check(""));
}

static const struct test tests[] = {
	TEST(three_uses),
	TEST(tpm),
	TEST(comparison),
	TEST(tags),
};
TEST_MAIN(tests)
