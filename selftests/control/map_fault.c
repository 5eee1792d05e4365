// SPDX-License-Identifier: GPL-2.0-only
#include "map_fault.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "map_fault_lock.h"
#include "map_fault_peer.h"
#include "node_json.h"

#define TEN_YEARS_S	315360000

/* Values that fit only one place are written as JSON. */
static void put(json_t *root, const char *field, const char *json)
{
	json_t *v = json_loads(json, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);

	/* Only an argument can be no JSON; null is hostile enough then. */
	json_object_set_new(root, field, v ? v : json_null());
}

/* An argument that is to be a string, and may be anything. */
static void put_string(json_t *root, const char *field, const char *s)
{
	json_t *v = json_string(s);

	json_object_set_new(root, field, v ? v : json_string("?"));
}

static void put_time(json_t *root, long seconds_from_now)
{
	char text[TIME_TEXT_MAX];

	time_text(clock_wall_ms() + 1000LL * seconds_from_now, text);
	put_string(root, "ControlTime", text);
}

static void put_ping(json_t *root, const char *url)
{
	json_t *ping = json_object();

	put_string(ping, "URL", url);
	json_object_set_new(root, "PingRequest", ping);
}

static json_t *c2n_ping(unsigned int i, const char *payload, size_t n)
{
	json_t *ping = json_object();
	struct buf b64 = {};
	char url[64];

	base64_add(&b64, payload, n);
	snprintf(url, sizeof(url), "https://unused/c2n/fault%u", i);
	put_string(ping, "URL", url);
	put_string(ping, "Types", "c2n");
	put_string(ping, "Payload", buf_str(&b64));
	buf_done(&b64);
	return ping;
}

static void put_c2n(json_t *root, const char *method_path)
{
	struct buf b = {};

	buf_printf(&b, "%s HTTP/1.1\r\nHost: node\r\nContent-Length: 0\r\n\r\n",
		   method_path);
	json_object_set_new(root, "PingRequest",
			    c2n_ping(0, buf_str(&b), buf_len(&b)));
	buf_done(&b);
}

static void put_c2n_huge(json_t *root, size_t n)
{
	struct buf b = {};

	buf_printf(&b, "POST /echo HTTP/1.1\r\nHost: n\r\n"
		   "Content-Length: %zu\r\n\r\n", n);
	memset(buf_grow(&b, n), 'c', n);
	json_object_set_new(root, "PingRequest",
			    c2n_ping(0, buf_str(&b), buf_len(&b)));
	buf_done(&b);
}

/* --- faults of one field ---------------------------------------------------- */

static const char derp_null[] =
	"{\"Regions\":{\"1\":null,\"-5\":{\"RegionID\":-5,\"Nodes\":null},\n"
	"\"9007199254740993\":{\"RegionID\":1,\"Nodes\":[]},\"x\":{},\n"
	"\"7\":{\"RegionID\":7,\"Nodes\":[null]}},\n"
	"\"HomeParams\":{\"RegionScore\":{}}}";

static const char derp_hostile[] =
	"{\"Regions\":{\"666\":{\"RegionID\":666,\"RegionCode\":\"\\u001b[2J\",\n"
	"\"RegionName\":\"../../etc\",\"Nodes\":["
	"{\"Name\":\"666a\",\"RegionID\":666,\"HostName\":\"127.0.0.1\",\n"
	"\"IPv4\":\"169.254.169.254\",\"STUNPort\":22,\"DERPPort\":22,\n"
	"\"InsecureForTests\":true},\n"
	"{\"Name\":\"666b\",\"RegionID\":1,\"HostName\":\"a b\\r\\nX: y\",\n"
	"\"CertName\":\"*\",\"IPv6\":\"::1\",\"STUNPort\":70000,\n"
	"\"DERPPort\":-9,\"STUNTestIP\":\"224.0.0.1\"},\n"
	"{\"Name\":\"\",\"HostName\":\"\",\"IPv4\":\"not an address\"}]}},\n"
	"\"HomeParams\":{\"RegionScore\":{\"666\":1e-300,\"1\":-1,\"x\":2}},\n"
	"\"omitDefaultRegions\":true}";

static const char dns_hostile[] =
	"{\"Resolvers\":[{\"Addr\":\"http://169.254.169.254/dns\"},\n"
	"{\"Addr\":\"9.9.9.9:99999\"},{\"Addr\":\"\"},{\"Addr\":null},null,\n"
	"{\"Addr\":\"127.0.0.1\\nnameserver 6.6.6.6\"}],\n"
	"\"Routes\":{\".\":[{\"Addr\":\"6.6.6.6\"}],\n"
	"\"com\":[],\"a\\nb\":null,\"..\":[{\"Addr\":\"100.100.100.100\"}]},\n"
	"\"Domains\":[\"com\",\"evil.example\\nsearch x\",\"\",\n"
	"\"-bad-.example\",\"a..b\"],\"Proxied\":true,\n"
	"\"CertDomains\":[\"*.com\"],\n"
	"\"ExtraRecords\":[{\"Name\":\"www.bank.example\",\"Value\":\"6.6.6.6\"},\n"
	"{\"Name\":\"x\\u0007.example\",\"Type\":\"A\",\"Value\":\"not an address\"},\n"
	"{\"Name\":\"\",\"Type\":\"TXT\",\"Value\":\"\"},\n"
	"{\"Name\":\"login.tailscale.com\",\"Type\":\"AAAA\",\"Value\":\"::1\"}]}";

static const char filter_bad[] =
	"{\"base\":[{\"SrcIPs\":[\"300.1.1.1\",\"100.64.0.1/33\",\"9-1\",\n"
	"\"10.0.0.9-10.0.0.1\",\"\",\"cap:\",null],\"DstPorts\":["
	"{\"IP\":\"nowhere\",\"Ports\":{\"First\":9,\"Last\":1}},\n"
	"{\"IP\":\"*\",\"Ports\":{\"First\":-1,\"Last\":70000}},\n"
	"{\"IP\":\"cap:x\"}],\"IPProto\":[-1,256,99999]},null,\n"
	"{\"SrcIPs\":\"*\"},{}],\"\":null,\"*\":[{\"SrcIPs\":[\"*\"]}]}";

static const char dial_plan[] =
	"{\"Candidates\":[{\"IP\":\"169.254.169.254\",\"DialTimeoutSec\":1e300,\n"
	"\"Priority\":9},{\"IP\":\"not an address\"},\n"
	"{\"IP\":\"127.0.0.1\",\"DialStartDelaySec\":-5,\"DialTimeoutSec\":-1},\n"
	"{\"ACEHost\":\"a b\",\"IP\":\"\"},null,{}]}";

/* Return: true if @id was one of these. */
static bool edit_field(json_t *root, const struct node *n, enum fault_id id,
		       const char *arg)
{
	char text[512];

	switch ((int)id) {
	case FAULT_MAP_NO_NODE:
		json_object_del(root, "Node");
		break;
	case FAULT_TIME:
		put_time(root, fault_number(arg, TEN_YEARS_S));
		break;
	case FAULT_TIME_JUMP:
		put_time(root, TEN_YEARS_S);
		break;
	case FAULT_DEBUG_EXIT:
		snprintf(text, sizeof(text), "{\"Exit\":%ld}",
			 fault_number(arg, 0));
		put(root, "Debug", text);
		break;
	case FAULT_DEBUG_SLEEP:
		snprintf(text, sizeof(text), "{\"SleepSeconds\":%.60s}",
			 fault_text(arg, "1e9"));
		put(root, "Debug", text);
		break;
	case FAULT_BROWSER_URL:
		put_string(root, "PopBrowserURL",
			   fault_text(arg, "file:///etc/passwd;$(touch /tmp/x)\x1b]0;x\x07"));
		break;
	case FAULT_PING_URL:
		put_ping(root, fault_text(arg,
				"http://169.254.169.254/latest/meta-data/"));
		break;
	case FAULT_PING_LOOPBACK:
		snprintf(text, sizeof(text), "http://127.0.0.1:%ld/",
			 fault_number(arg, 22));
		put_ping(root, text);
		break;
	case FAULT_PING_FILE:
		put_ping(root, "file:///etc/shadow");
		break;
	case FAULT_PING_REPEAT:
		put_ping(root, fault_text(arg, "https://unused/repeat"));
		break;
	case FAULT_C2N_PATH:
		put_c2n(root, fault_text(arg,
					 "POST /netfilter-kind?kind=off"));
		break;
	case FAULT_C2N_GARBAGE:
		json_object_set_new(root, "PingRequest",
				    c2n_ping(0, "\0\xff no HTTP\r\n\r\n", 13));
		break;
	case FAULT_C2N_HUGE:
		put_c2n_huge(root, fault_number(arg, 2 << 20));
		break;
	case FAULT_FILTER_EMPTY:
		json_object_del(root, "PacketFilters");
		put(root, "PacketFilter", "[]");
		break;
	case FAULT_FILTER_NONE:
		json_object_del(root, "PacketFilters");
		json_object_del(root, "PacketFilter");
		break;
	case FAULT_FILTER_BITS:
		json_object_del(root, "PacketFilters");
		put(root, "PacketFilter",
		    "[{\"SrcIPs\":[\"100.64.0.0\"],\"SrcBits\":[10],\"DstPorts\":"
		    "[{\"IP\":\"*\",\"Ports\":{\"First\":0,\"Last\":65535}}]}]");
		break;
	case FAULT_FILTER_BAD:
		put(root, "PacketFilters", filter_bad);
		break;
	case FAULT_DERP_NULL:
		put(root, "DERPMap", derp_null);
		break;
	case FAULT_DERP_HOSTILE:
		put(root, "DERPMap", derp_hostile);
		break;
	case FAULT_DNS_HOSTILE:
		put(root, "DNSConfig", dns_hostile);
		break;
	case FAULT_HEALTH_CONTROL:
		put(root, "Health", "[\"\\u001b[2Jgone\\r\\nforged line\",\n"
		    "\"\\u202etxt.exe\"]");
		put(root, "DisplayMessages", "{\"x\":{\"Title\":\"\\u0007\",\n"
		    "\"Text\":\"\\u001b]52;c;eA==\\u0007\",\"Severity\":\"odd\",\n"
		    "\"PrimaryAction\":{\"URL\":\"javascript:1\",\n"
		    "\"Label\":\"\\n\"}}}");
		break;
	case FAULT_DIAL_PLAN:
		put(root, "ControlDialPlan", dial_plan);
		break;
	default:
		return map_fault_edit_nodes(root, n, id, arg) ||
		       map_fault_edit_lock(root, n, id, arg);
	}
	return true;
}

/* Fields nobody knows, in the message and in each node. */
static void unknown_fields(json_t *root)
{
	json_t *peers = json_object_get(root, "Peers"), *v;
	size_t i;

	put(root, "FieldOfTheFuture", "{\"a\":[1,2.5,null,{\"b\":\"c\"}]}");
	json_array_foreach(peers, i, v)
		put(v, "PeerFieldOfTheFuture", "[[[]]]");
	v = json_object_get(root, "Node");
	if (v)
		put(v, "NodeFieldOfTheFuture", "9223372036854775807");
}

static bool edit(json_t *root, const struct node *n, enum fault_id id,
		 const char *arg)
{
	if (id == FAULT_UNKNOWN_FIELDS) {
		unknown_fields(root);
		return true;
	}
	return edit_field(root, n, id, arg);
}

static bool edits(enum fault_id id)
{
	return id == FAULT_MAP_NO_NODE || id >= FAULT_UNKNOWN_FIELDS;
}

static json_t *parse(const struct buf *b)
{
	json_t *root = json_loadb((char *)buf_data(b), buf_len(b),
				  JSON_ALLOW_NUL, NULL);

	if (!root)
		abort();
	return root;
}

/* Peers beyond those there are were written already. */
static const char *take(struct server *srv, const struct node *n,
			enum fault_id id)
{
	return id == FAULT_PEERS_MANY ? NULL :
	       fault_take(&srv->faults, id, n->label);
}

static void put_back(struct buf *b, json_t *root)
{
	char *text = json_dumps(root, JSON_COMPACT);

	if (!text)
		abort();
	buf_take(b, buf_len(b));
	buf_text(b, text);
	free(text);
	json_decref(root);
}

void map_fault_edit(struct server *srv, const struct node *n, struct buf *b,
		    enum fault_id only, const char *arg,
		    struct map_faults *ret)
{
	json_t *root = NULL;
	unsigned int id;

	for (id = 0; id < FAULT_COUNT; id++) {
		if (!edits(id) || (only != FAULT_COUNT && id != only))
			continue;
		if (only == FAULT_COUNT)
			arg = take(srv, n, id);
		if (!arg)
			continue;
		root = root ? root : parse(b);
		ret->taken[id] = true;
		edit(root, n, id, arg);
	}
	if (root)
		put_back(b, root);
}

void map_fault_edit_info(struct server *srv, const struct node *n,
			 struct buf *b)
{
	json_t *root = NULL;
	const char *arg;
	unsigned int id;

	for (id = FAULT_TKA_UNKNOWN; id <= FAULT_TKA_DISABLED; id++) {
		arg = take(srv, n, id);
		if (!arg)
			continue;
		root = root ? root : parse(b);
		map_fault_edit_lock(root, n, id, arg);
	}
	if (root)
		put_back(b, root);
}

/* --- messages behind the first ---------------------------------------------- */

static void send_object(struct map_session *s, json_t *root)
{
	char *text = json_dumps(root, JSON_COMPACT);

	if (!text)
		abort();
	session_send(s, text, strlen(text));
	free(text);
	json_decref(root);
}

static void send_ping(struct map_session *s, json_t *ping)
{
	json_t *root = json_object();

	json_object_set_new(root, "KeepAlive", json_true());
	json_object_set_new(root, "PingRequest", ping);
	send_object(s, root);
}

static void send_storm(struct map_session *s, bool is_c2n, long times)
{
	static const char get[] = "GET /echo HTTP/1.1\r\nHost: n\r\n\r\n";
	char url[128];
	json_t *ping;
	long i;

	for (i = 0; i < times; i++) {
		if (is_c2n) {
			ping = c2n_ping(i, get, sizeof(get) - 1);
		} else {
			snprintf(url, sizeof(url), "%.80s/storm?n=%ld",
				 s->srv->cfg.url, i);
			ping = json_object();
			put_string(ping, "URL", url);
		}
		send_ping(s, ping);
	}
}

static void removed(struct map_session *s)
{
	json_t *root = json_object(), *ids = json_array();
	const struct node *n;
	int64_t i;

	for (n = s->srv->nodes.list; n; n = n->next)
		json_array_append_new(ids, json_integer(n->id));
	for (i = -2; i < 3; i++)
		json_array_append_new(ids, json_integer(INT64_MAX / 3 * i));
	json_object_set_new(root, "PeersRemoved", ids);
	send_object(s, root);
}

/* With the signatures of the keys before, or with none. */
static void rekeyed(struct map_session *s, bool sigs)
{
	json_t *root = json_object(), *all = json_array(), *one;
	char text[KEY_TEXT_MAX];
	const struct node *n;
	uint8_t key[KEY_LEN];
	struct buf b64 = {};

	for (n = s->srv->nodes.list; n; n = n->next) {
		if (n == s->node)
			continue;
		randombytes_buf(key, sizeof(key));
		one = json_object();
		json_object_set_new(one, "NodeID", json_integer(n->id));
		put_string(one, "Key", key_text("nodekey", key, text));
		base64_add(&b64, buf_data(&n->sig), buf_len(&n->sig));
		if (sigs)
			put_string(one, "KeySignature", buf_str(&b64));
		buf_done(&b64);
		json_array_append_new(all, one);
	}
	json_object_set_new(root, "PeersChangedPatch", all);
	send_object(s, root);
}

static void flap(struct map_session *s, long times)
{
	static const char off[] = "{\"TKAInfo\":{\"Disabled\":true}}";
	struct buf on = {};
	long i;

	json_tka_info(&on, s->srv, s->node);
	for (i = 0; i < times; i++) {
		session_send(s, off, sizeof(off) - 1);
		if (!buf_len(&on))
			continue;
		if (!i)
			buf_text(&on, "}");
		buf_data(&on)[0] = '{';
		session_send(s, (char *)buf_data(&on), buf_len(&on));
	}
	buf_done(&on);
}

static void after(struct map_session *s, enum fault_id id, const char *arg)
{
	json_t *root;

	switch ((int)id) {
	case FAULT_TIME_JUMP:
		root = json_object();
		put_time(root, -TEN_YEARS_S);
		send_object(s, root);
		break;
	case FAULT_PING_REPEAT:
		root = json_object();
		put_ping(root, fault_text(arg, "https://unused/repeat"));
		send_object(s, root);
		break;
	case FAULT_PING_STORM:
		send_storm(s, false, fault_number(arg, 1000));
		break;
	case FAULT_C2N_STORM:
		send_storm(s, true, fault_number(arg, 1000));
		break;
	case FAULT_PEERS_REMOVED:
		removed(s);
		break;
	case FAULT_PEERS_REKEYED:
		rekeyed(s, false);
		break;
	case FAULT_TKA_PATCH_KEY:
		rekeyed(s, true);
		break;
	case FAULT_TKA_FLAP:
		flap(s, fault_number(arg, 20));
		break;
	}
}

void map_fault_after(struct server *srv, struct map_session *s,
		     const struct map_faults *had, enum fault_id only,
		     const char *arg)
{
	unsigned int id;

	for (id = 0; id < FAULT_COUNT; id++)
		if (had->taken[id])
			after(s, id, only == FAULT_COUNT ?
			      srv->faults.of[id].arg : arg);
}
