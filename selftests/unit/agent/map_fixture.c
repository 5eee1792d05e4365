// SPDX-License-Identifier: GPL-2.0-only
#include "map_fixture.h"

#include "model/netmap_merge.h"
#include "test.h"
#include "wire/map_json.h"

const char map_first[] =
	"{'Node':{'ID':7,'StableID':'n7','Name':'lab-7.demo.example.',"
	"'User':41,'Key':'" K1 "','KeyExpiry':'2030-01-01T00:00:00Z',"
	"'Machine':'mkey:" H("55") "','DiscoKey':'" D4 "',"
	"'Addresses':['100.64.0.7/32','fd7a:115c:a1e0::7/128'],"
	"'AllowedIPs':['100.64.0.7/32','fd7a:115c:a1e0::7/128'],"
	"'HomeDERP':901,'Created':'2029-01-01T00:00:00Z','Cap':113,"
	"'MachineAuthorized':true,"
	"'CapMap':{'https':null,'default-auto-update':[false]}},"
	"'DERPMap':{'Regions':{'901':{'RegionID':901,'RegionCode':'lab',"
	"'RegionName':'Lab','Nodes':[{'Name':'901a','RegionID':901,"
	"'HostName':'derp.lab.example','IPv4':'203.0.113.9',"
	"'STUNPort':3478}]}}},"
	"'Peers':[{'ID':9,'StableID':'n9','Name':'pi.demo.example.',"
	"'User':41,'Key':'" K6 "','DiscoKey':'" D7 "',"
	"'Addresses':['100.64.0.9/32'],"
	"'AllowedIPs':['100.64.0.9/32','10.20.0.0/16'],"
	"'PrimaryRoutes':['10.20.0.0/16'],"
	"'Endpoints':['203.0.113.50:41641'],'HomeDERP':901,"
	"'Hostinfo':{'OS':'linux','Services':[{'Proto':'peerapi4',"
	"'Port':40001}]},'Created':'2029-01-01T00:00:00Z','Cap':131,"
	"'Online':true,'MachineAuthorized':true}],"
	"'DNSConfig':{'Resolvers':[{'Addr':'9.9.9.9'}],"
	"'Routes':{'demo.example':[]},'Domains':['demo.example'],"
	"'Proxied':true},'Domain':'lab.example','CollectServices':false,"
	"'PacketFilters':{'base':[{'SrcIPs':['100.64.0.0/10'],"
	"'DstPorts':[{'IP':'100.64.0.7','Ports':{'First':0,"
	"'Last':65535}}]}]},"
	"'UserProfiles':[{'ID':41,'LoginName':'ana@lab.example',"
	"'DisplayName':'Ana'}],'ControlTime':'2029-06-01T12:00:00.5Z',"
	"'Debug':{'DisableLogTail':true}}";

char *map_text(const char *format, ...)
{
	char *text = NULL, *c;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vasprintf(&text, format, ap);
	va_end(ap);
	if (n < 0)
		return NULL;
	for (c = text; *c; c++) {
		if (*c == '\'')
			*c = '"';
	}
	return text;
}

struct netmap_delta *map_delta(char *text)
{
	struct netmap_delta *delta = NULL;
	struct err_detail detail = { "" };
	int r;

	if (!text)
		return NULL;
	r = map_json_parse(text, strlen(text), &detail, &delta);
	if (r < 0)
		test_fail(__FILE__, __LINE__, "%d %s: %.100s", r, detail.text,
			  text);
	free(text);
	return delta;
}

int map_refused(char *text)
{
	struct netmap_delta *delta = NULL;
	struct err_detail detail = { "" };
	int r = map_json_parse(text, strlen(text), &detail, &delta);

	if (r < 0 && !*detail.text)
		test_fail(__FILE__, __LINE__, "%d without a reason", r);
	netmap_delta_free(delta);
	free(text);
	return r;
}

struct netmap *map_merged(struct netmap *old, char *text)
{
	struct netmap_delta *delta = map_delta(text);
	static const struct timestamp now = { true, MAP_NOW_S, 0 };
	struct netmap *new = NULL;
	int r;

	if (!old || !delta) {
		netmap_delta_free(delta);
		netmap_put(old);
		return NULL;
	}
	r = netmap_merge(old, NULL, delta, &now, &new);
	if (r < 0)
		test_fail(__FILE__, __LINE__, "merge: %d", r);
	netmap_delta_free(delta);
	netmap_put(old);
	return new;
}
