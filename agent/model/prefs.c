// SPDX-License-Identifier: GPL-2.0-only
#include "model/prefs.h"

#include "base/array.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Source: RFC 1035, section 2.3.4; a label and a whole name. */
#define LABEL_MAX	63
#define HOSTNAME_MAX	253

#define FIELD(id, member, json, kind, in, omit)				\
	[id] = { .name = (json), .group = (in), .type = (kind),		\
		 .offset = offsetof(struct prefs, member),		\
		 .omit_empty = (omit) }

static const struct prefs_field fields[PREFS_N] = {
	FIELD(PREFS_CONTROL_URL, control_url, "ControlURL", PREFS_TEXT,
	      NULL, false),
	FIELD(PREFS_ROUTE_ALL, route_all, "RouteAll", PREFS_BOOL, NULL, false),
	FIELD(PREFS_EXIT_NODE_ID, exit_node_id, "ExitNodeID", PREFS_TEXT,
	      NULL, false),
	FIELD(PREFS_EXIT_NODE_IP, exit_node_ip, "ExitNodeIP", PREFS_TEXT,
	      NULL, false),
	FIELD(PREFS_AUTO_EXIT_NODE, auto_exit_node, "AutoExitNode", PREFS_TEXT,
	      NULL, true),
	FIELD(PREFS_EXIT_NODE_PRIOR, exit_node_prior, "InternalExitNodePrior",
	      PREFS_TEXT, NULL, false),
	FIELD(PREFS_EXIT_NODE_LAN, exit_node_lan, "ExitNodeAllowLANAccess",
	      PREFS_BOOL, NULL, false),
	FIELD(PREFS_CORP_DNS, corp_dns, "CorpDNS", PREFS_BOOL, NULL, false),
	FIELD(PREFS_RUN_SSH, run_ssh, "RunSSH", PREFS_BOOL, NULL, false),
	FIELD(PREFS_RUN_WEB, run_web, "RunWebClient", PREFS_BOOL, NULL, false),
	FIELD(PREFS_WANT_RUNNING, want_running, "WantRunning", PREFS_BOOL,
	      NULL, false),
	FIELD(PREFS_LOGGED_OUT, logged_out, "LoggedOut", PREFS_BOOL,
	      NULL, false),
	FIELD(PREFS_SHIELDS_UP, shields_up, "ShieldsUp", PREFS_BOOL,
	      NULL, false),
	FIELD(PREFS_ADVERTISE_TAGS, advertise_tags, "AdvertiseTags", PREFS_LIST,
	      NULL, false),
	FIELD(PREFS_HOSTNAME, hostname, "Hostname", PREFS_TEXT, NULL, false),
	FIELD(PREFS_NOTEPAD_URLS, notepad_urls, "NotepadURLs", PREFS_BOOL,
	      NULL, false),
	FIELD(PREFS_FORCE_DAEMON, force_daemon, "ForceDaemon", PREFS_BOOL,
	      NULL, true),
	FIELD(PREFS_EGG, egg, "Egg", PREFS_BOOL, NULL, true),
	FIELD(PREFS_ADVERTISE_ROUTES, advertise_routes, "AdvertiseRoutes",
	      PREFS_LIST, NULL, false),
	FIELD(PREFS_ADVERTISE_SERVICES, advertise_services, "AdvertiseServices",
	      PREFS_LIST, NULL, false),
	FIELD(PREFS_SYNC, sync, "Sync", PREFS_TRI, NULL, false),
	FIELD(PREFS_NO_SNAT, no_snat, "NoSNAT", PREFS_BOOL, NULL, false),
	FIELD(PREFS_NO_STATEFUL, no_stateful, "NoStatefulFiltering", PREFS_TRI,
	      NULL, true),
	FIELD(PREFS_NETFILTER_MODE, netfilter_mode, "NetfilterMode",
	      PREFS_NUMBER, NULL, false),
	FIELD(PREFS_OPERATOR_USER, operator_user, "OperatorUser", PREFS_TEXT,
	      NULL, true),
	FIELD(PREFS_PROFILE_NAME, profile_name, "ProfileName", PREFS_TEXT,
	      NULL, true),
	FIELD(PREFS_UPDATE_CHECK, update_check, "Check", PREFS_BOOL,
	      "AutoUpdate", false),
	FIELD(PREFS_UPDATE_APPLY, update_apply, "Apply", PREFS_TRI,
	      "AutoUpdate", false),
	FIELD(PREFS_APP_CONNECTOR, app_connector, "Advertise", PREFS_BOOL,
	      "AppConnector", false),
	FIELD(PREFS_POSTURE, posture, "PostureChecking", PREFS_BOOL,
	      NULL, false),
	FIELD(PREFS_NETFILTER_KIND, netfilter_kind, "NetfilterKind", PREFS_TEXT,
	      NULL, false),
	FIELD(PREFS_REMOTE_CONFIG, remote_config, "RemoteConfig", PREFS_BOOL,
	      NULL, false),
	FIELD(PREFS_DRIVE_SHARES, drive_shares, "DriveShares", PREFS_JSON,
	      NULL, false),
	FIELD(PREFS_RELAY_PORT, relay_port, "RelayServerPort", PREFS_PORT,
	      NULL, true),
	FIELD(PREFS_RELAY_ENDPOINTS, relay_endpoints,
	      "RelayServerStaticEndpoints", PREFS_LIST, NULL, true),
};

const struct prefs_field *prefs_field(enum prefs_id id)
{
	return &fields[id];
}

static void *member(const struct prefs *prefs, enum prefs_id id)
{
	return (char *)prefs + fields[id].offset;
}

void prefs_init(struct prefs *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->corp_dns = true;
	ret->logged_out = true;
	ret->no_stateful = OPT_TRUE;
	ret->netfilter_mode = PREFS_NETFILTER_ON;
	ret->update_check = true;
	ret->relay_port = PREFS_PORT_UNSET;
}

static void done_one(struct prefs *prefs, enum prefs_id id)
{
	switch (fields[id].type) {
	case PREFS_TEXT:
	case PREFS_JSON:
		free(*(char **)member(prefs, id));
		break;
	case PREFS_LIST:
		str_list_done(member(prefs, id));
		break;
	case PREFS_BOOL:
	case PREFS_TRI:
	case PREFS_NUMBER:
	case PREFS_PORT:
		break;
	}
}

void prefs_done(struct prefs *prefs)
{
	size_t i;

	for (i = 0; i < PREFS_N; i++)
		done_one(prefs, i);
	free(prefs->extra);
	prefs_init(prefs);
}

int prefs_set_text(char **slot, const char *value)
{
	char *copy = NULL;

	if (value && *value) {
		copy = strndup(value, strlen(value));
		if (!copy)
			return -ENOMEM;
	}
	free(*slot);
	*slot = copy;
	return 0;
}

/* @to has no value there yet, or one that is freed. */
static int copy_one(const struct prefs *from, enum prefs_id id,
		    struct prefs *to)
{
	struct str_list list;
	int r = 0;

	switch (fields[id].type) {
	case PREFS_TEXT:
	case PREFS_JSON:
		return prefs_set_text(member(to, id),
				      *(char **)member(from, id));
	case PREFS_LIST:
		r = str_list_copy(member(from, id), &list);
		if (r < 0)
			return r;
		str_list_done(member(to, id));
		*(struct str_list *)member(to, id) = list;
		break;
	case PREFS_BOOL:
		*(bool *)member(to, id) = *(bool *)member(from, id);
		break;
	case PREFS_TRI:
		*(enum opt_bool *)member(to, id) =
			*(enum opt_bool *)member(from, id);
		break;
	case PREFS_NUMBER:
	case PREFS_PORT:
		*(int *)member(to, id) = *(int *)member(from, id);
		break;
	}
	return r;
}

static int copy_some(const struct prefs *from, uint64_t set, struct prefs *to)
{
	size_t i;
	int r = 0;

	for (i = 0; i < PREFS_N && r == 0; i++) {
		if (set & PREFS_BIT(i))
			r = copy_one(from, i, to);
	}
	return r;
}

int prefs_copy(const struct prefs *from, struct prefs *ret)
{
	struct prefs copy;
	int r;

	prefs_init(&copy);
	r = copy_some(from, PREFS_ALL, &copy);
	if (r == 0)
		r = prefs_set_text(&copy.extra, from->extra);
	if (r < 0) {
		prefs_done(&copy);
		return r;
	}
	*ret = copy;
	return 0;
}

static bool equal_one(const struct prefs *a, const struct prefs *b,
		      enum prefs_id id)
{
	switch (fields[id].type) {
	case PREFS_TEXT:
	case PREFS_JSON:
		return strcmp(prefs_text(*(char **)member(a, id)),
			      prefs_text(*(char **)member(b, id))) == 0;
	case PREFS_LIST:
		return str_list_equal(member(a, id), member(b, id));
	case PREFS_BOOL:
		return *(bool *)member(a, id) == *(bool *)member(b, id);
	case PREFS_TRI:
		return *(enum opt_bool *)member(a, id) ==
			*(enum opt_bool *)member(b, id);
	case PREFS_NUMBER:
	case PREFS_PORT:
		break;
	}
	return *(int *)member(a, id) == *(int *)member(b, id);
}

uint64_t prefs_diff(const struct prefs *a, const struct prefs *b)
{
	uint64_t differ = 0;
	size_t i;

	for (i = 0; i < PREFS_N; i++) {
		if (!equal_one(a, b, i))
			differ |= PREFS_BIT(i);
	}
	return differ;
}

#define EXIT_NODE_BITS \
	(PREFS_BIT(PREFS_EXIT_NODE_ID) | PREFS_BIT(PREFS_EXIT_NODE_IP))

int prefs_apply(const struct prefs *old, const struct prefs_edit *edit,
		struct prefs *ret)
{
	struct prefs new;
	int r = prefs_copy(old, &new);

	if (r < 0)
		return r;
	r = copy_some(&edit->prefs, edit->set, &new);
	if (r < 0) {
		prefs_done(&new);
		return r;
	}
	if ((edit->set & EXIT_NODE_BITS) &&
	    !(edit->set & PREFS_BIT(PREFS_AUTO_EXIT_NODE)))
		prefs_set_text(&new.auto_exit_node, NULL);
	if ((edit->set & PREFS_BIT(PREFS_EXIT_NODE_ID)) &&
	    !*prefs_text(new.exit_node_id))
		prefs_set_text(&new.exit_node_prior, NULL);
	*ret = new;
	return 0;
}

int prefs_check_edit(const struct prefs_edit *edit, struct err_detail *detail)
{
	if (edit->set & PREFS_BIT(PREFS_EXIT_NODE_PRIOR))
		return err_explain(detail, TNE_PREFS,
				   "can't set Internal fields");
	return 0;
}

int prefs_check_tag(const char *tag, struct err_detail *detail)
{
	const char *c;

	if (strncmp(tag, "tag:", 4) != 0)
		return err_explain(detail, TNE_PREFS,
				   "tag: \"%s\": tags must start with 'tag:'",
				   tag);
	c = tag + 4;
	if (!*c)
		return err_explain(detail, TNE_PREFS,
				   "tag: \"%s\": tag names must not be empty",
				   tag);
	if (!isalpha((unsigned char)*c) || (unsigned char)*c >= 0x80)
		return err_explain(detail, TNE_PREFS,
				   "tag: \"%s\": tag names must start with a letter, after 'tag:'",
				   tag);
	for (; *c; c++) {
		if (!isalnum((unsigned char)*c) && *c != '-')
			return err_explain(detail, TNE_PREFS,
					   "tag: \"%s\": tag names can only contain numbers, letters, or dashes",
					   tag);
	}
	return 0;
}

/* Are the bits behind the first @bits all zero? */
static bool host_bits_zero(const uint8_t *addr, size_t len, unsigned int bits)
{
	size_t i = bits / 8;

	if (i < len && bits % 8) {
		if (addr[i] & (0xff >> (bits % 8)))
			return false;
		i++;
	}
	for (; i < len; i++) {
		if (addr[i])
			return false;
	}
	return true;
}

int prefs_check_route(const char *route, struct err_detail *detail)
{
	const char *slash = strchr(route, '/');
	char text[INET6_ADDRSTRLEN];
	unsigned long bits;
	uint8_t addr[16];
	char *end;
	size_t len;

	if (!slash || slash == route || slash - route >= (long)sizeof(text) ||
	    !isdigit((unsigned char)slash[1]))
		goto err;
	memcpy(text, route, slash - route);
	text[slash - route] = 0;
	len = strchr(text, ':') ? 16 : 4;
	if (inet_pton(len == 16 ? AF_INET6 : AF_INET, text, addr) != 1)
		goto err;
	bits = strtoul(slash + 1, &end, 10);
	if (*end || bits > len * 8 || (slash[1] == '0' && slash[2]))
		goto err;
	if (!host_bits_zero(addr, len, bits))
		return err_explain(detail, TNE_PREFS,
				   "%s has non-address bits set", route);
	return 0;
err:
	return err_explain(detail, TNE_PREFS,
			   "\"%s\" is not a valid IP address or CIDR prefix",
			   route);
}

/* Source: RFC 1123, section 2.1; '_' as the reference allows it. */
static bool hostname_ok(const char *name)
{
	size_t label = 0, len = strlen(name), i;
	unsigned char c, before = '-';

	if (len > HOSTNAME_MAX)
		return false;
	for (i = 0; i < len; i++, before = c) {
		c = name[i];
		if (c >= 0x80 || (!isalnum(c) && !strchr("-_.", c)))
			return false;
		if (c == '.') {
			if (label == 0 || before == '-' || before == '_')
				return false;
			label = 0;
		} else if ((label == 0 && !isalnum(c)) || ++label > LABEL_MAX) {
			return false;
		}
	}
	return len == 0 || (label > 0 && isalnum(before));
}

/**
 * struct problems - all that is wrong, in one text
 * @detail: has the text
 * @n: how many so far
 */
struct problems {
	struct err_detail *detail;
	unsigned int n;
};

static void add_problem(struct problems *p, const char *text)
{
	struct err_detail all;

	if (p->n++ == 0)
		err_explain(p->detail, TNE_PREFS, "%s", text);
	else if (p->detail) {
		all = *p->detail;
		err_explain(p->detail, TNE_PREFS, "%.200s; %.180s", all.text,
			    text);
	}
}

static void check_lists(const struct prefs *prefs, struct problems *p)
{
	struct err_detail one;
	size_t i;

	for (i = 0; i < prefs->advertise_tags.n; i++) {
		if (prefs_check_tag(prefs->advertise_tags.item[i], &one) < 0)
			add_problem(p, one.text);
	}
	for (i = 0; i < prefs->advertise_routes.n; i++) {
		if (prefs_check_route(prefs->advertise_routes.item[i],
				      &one) < 0)
			add_problem(p, one.text);
	}
}

static bool offers_exit(const struct prefs *prefs)
{
	const struct str_list *routes = &prefs->advertise_routes;

	return str_list_find(routes, "0.0.0.0/0") < routes->n ||
		str_list_find(routes, "::/0") < routes->n;
}

int prefs_check(const struct prefs *prefs, struct err_detail *detail)
{
	struct problems p = { .detail = detail };
	bool uses_exit = *prefs_text(prefs->exit_node_id) ||
		*prefs_text(prefs->exit_node_ip) ||
		*prefs_text(prefs->auto_exit_node);

	if (!hostname_ok(prefs_text(prefs->hostname)))
		add_problem(&p, "invalid hostname");
	if (strlen(prefs_text(prefs->profile_name)) > LABEL_MAX)
		add_problem(&p, "profile name is too long");
	check_lists(prefs, &p);
	if (uses_exit && offers_exit(prefs))
		add_problem(&p, "Cannot advertise an exit node and use an exit node at the same time.");
	if (prefs->netfilter_mode < PREFS_NETFILTER_OFF ||
	    prefs->netfilter_mode > PREFS_NETFILTER_ON)
		add_problem(&p, "unknown netfilter mode");
	/* What does not exist here yet is refused, never taken in silence. */
	if (uses_exit)
		add_problem(&p, "using an exit node is not supported by this agent yet");
	if (prefs->run_ssh)
		add_problem(&p, "the SSH server is not supported by this agent yet");
	if (prefs->run_web)
		add_problem(&p, "the web client is not supported by this agent yet");
	if (prefs->app_connector)
		add_problem(&p, "app connectors are not supported by this agent yet");
	if (prefs->update_apply == OPT_TRUE)
		add_problem(&p, "automatic updates are not supported; use the package manager");
	return p.n ? TNE_PREFS : 0;
}
