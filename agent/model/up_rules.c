// SPDX-License-Identifier: GPL-2.0-only
#include "model/up_rules.h"

#include "base/array.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXIT4 "0.0.0.0/0"
#define EXIT6 "::/0"

static const struct {
	const char *name;
	uint64_t prefs;
} flags[UP_FLAGS] = {
	[UP_LOGIN_SERVER] = { "login-server", PREFS_BIT(PREFS_CONTROL_URL) },
	[UP_ACCEPT_ROUTES] = { "accept-routes", PREFS_BIT(PREFS_ROUTE_ALL) },
	[UP_ACCEPT_DNS] = { "accept-dns", PREFS_BIT(PREFS_CORP_DNS) },
	[UP_EXIT_NODE] = { "exit-node", PREFS_BIT(PREFS_EXIT_NODE_ID) |
			   PREFS_BIT(PREFS_EXIT_NODE_IP) |
			   PREFS_BIT(PREFS_AUTO_EXIT_NODE) },
	[UP_EXIT_NODE_LAN] = { "exit-node-allow-lan-access",
			       PREFS_BIT(PREFS_EXIT_NODE_LAN) },
	[UP_SHIELDS_UP] = { "shields-up", PREFS_BIT(PREFS_SHIELDS_UP) },
	[UP_SSH] = { "ssh", PREFS_BIT(PREFS_RUN_SSH) },
	[UP_ADVERTISE_TAGS] = { "advertise-tags",
				PREFS_BIT(PREFS_ADVERTISE_TAGS) },
	[UP_HOSTNAME] = { "hostname", PREFS_BIT(PREFS_HOSTNAME) },
	[UP_ADVERTISE_ROUTES] = { "advertise-routes",
				  PREFS_BIT(PREFS_ADVERTISE_ROUTES) },
	[UP_ADVERTISE_EXIT_NODE] = { "advertise-exit-node",
				     PREFS_BIT(PREFS_ADVERTISE_ROUTES) },
	[UP_ADVERTISE_CONNECTOR] = { "advertise-connector",
				     PREFS_BIT(PREFS_APP_CONNECTOR) },
	[UP_REPORT_POSTURE] = { "report-posture", PREFS_BIT(PREFS_POSTURE) },
	[UP_OPERATOR] = { "operator", PREFS_BIT(PREFS_OPERATOR_USER) },
	[UP_SNAT_ROUTES] = { "snat-subnet-routes", PREFS_BIT(PREFS_NO_SNAT) },
	[UP_STATEFUL] = { "stateful-filtering",
			  PREFS_BIT(PREFS_NO_STATEFUL) },
	[UP_NETFILTER_MODE] = { "netfilter-mode",
				PREFS_BIT(PREFS_NETFILTER_MODE) },
};

const char *up_flag_name(enum up_flag flag)
{
	return flags[flag].name;
}

uint64_t up_flag_prefs(enum up_flag flag)
{
	return flags[flag].prefs;
}

static bool is_exit_route(const char *route)
{
	return strcmp(route, EXIT4) == 0 || strcmp(route, EXIT6) == 0;
}

/* Routes but for the pair that makes an exit node, which has its own flag. */
static char *routes_value(const struct str_list *routes)
{
	struct str_list rest = { 0 };
	char *text = NULL;
	size_t i;
	int r = 0;

	for (i = 0; i < routes->n && r == 0; i++) {
		if (!is_exit_route(routes->item[i]))
			r = str_list_add(&rest, routes->item[i],
					 strlen(routes->item[i]));
	}
	if (r == 0)
		text = str_list_join(&rest, ",");
	str_list_done(&rest);
	return text;
}

static bool offers_exit(const struct str_list *routes)
{
	return str_list_find(routes, EXIT4) < routes->n &&
		str_list_find(routes, EXIT6) < routes->n;
}

static const char *bool_value(bool on)
{
	return on ? "true" : "false";
}

static const char *exit_node(const struct prefs *p)
{
	if (*prefs_text(p->auto_exit_node))
		return p->auto_exit_node;
	if (*prefs_text(p->exit_node_ip))
		return p->exit_node_ip;
	return prefs_text(p->exit_node_id);
}

static const char *netfilter_value(int mode)
{
	return mode == PREFS_NETFILTER_OFF ? "off" :
		mode == PREFS_NETFILTER_NODIVERT ? "nodivert" : "on";
}

static const char *server_value(const char *url)
{
	return up_same_server(url, "") ? UP_DEFAULT_SERVER : url;
}

/* Values that are somewhere already; NULL for those that are to be made. */
static const char *fixed_value(enum up_flag flag, const struct prefs *p)
{
	switch (flag) {
	case UP_LOGIN_SERVER:
		return server_value(prefs_text(p->control_url));
	case UP_ACCEPT_ROUTES:
		return bool_value(p->route_all);
	case UP_ACCEPT_DNS:
		return bool_value(p->corp_dns);
	case UP_EXIT_NODE:
		return exit_node(p);
	case UP_EXIT_NODE_LAN:
		return bool_value(p->exit_node_lan);
	case UP_SHIELDS_UP:
		return bool_value(p->shields_up);
	case UP_SSH:
		return bool_value(p->run_ssh);
	case UP_HOSTNAME:
		return prefs_text(p->hostname);
	case UP_ADVERTISE_EXIT_NODE:
		return bool_value(offers_exit(&p->advertise_routes));
	case UP_ADVERTISE_CONNECTOR:
		return bool_value(p->app_connector);
	case UP_REPORT_POSTURE:
		return bool_value(p->posture);
	case UP_OPERATOR:
		return prefs_text(p->operator_user);
	case UP_SNAT_ROUTES:
		return bool_value(!p->no_snat);
	case UP_STATEFUL:
		/* Unset counts as off, what it was before it existed. */
		return bool_value(p->no_stateful == OPT_FALSE);
	case UP_NETFILTER_MODE:
		return netfilter_value(p->netfilter_mode);
	case UP_ADVERTISE_TAGS:
	case UP_ADVERTISE_ROUTES:
	case UP_FLAGS:
		break;
	}
	return NULL;
}

/* Owned by the caller; NULL without memory. */
static char *flag_value(enum up_flag flag, const struct prefs *p)
{
	const char *fixed = fixed_value(flag, p);

	if (fixed)
		return strndup(fixed, strlen(fixed));
	if (flag == UP_ADVERTISE_ROUTES)
		return routes_value(&p->advertise_routes);
	return str_list_join(&p->advertise_tags, ",");
}

static bool is_switch(enum up_flag flag)
{
	switch (flag) {
	case UP_LOGIN_SERVER:
	case UP_EXIT_NODE:
	case UP_ADVERTISE_TAGS:
	case UP_HOSTNAME:
	case UP_ADVERTISE_ROUTES:
	case UP_OPERATOR:
	case UP_NETFILTER_MODE:
	case UP_FLAGS:
		return false;
	case UP_ACCEPT_ROUTES:
	case UP_ACCEPT_DNS:
	case UP_EXIT_NODE_LAN:
	case UP_SHIELDS_UP:
	case UP_SSH:
	case UP_ADVERTISE_EXIT_NODE:
	case UP_ADVERTISE_CONNECTOR:
	case UP_REPORT_POSTURE:
	case UP_SNAT_ROUTES:
	case UP_STATEFUL:
		break;
	}
	return true;
}

static bool needs_quotes(const char *text)
{
	for (; *text; text++) {
		if (!isalnum((unsigned char)*text) &&
		    !strchr("-_./:,@%+=", *text))
			return true;
	}
	return false;
}

/* In single quotes, each of its own as '\''. */
static char *quote(const char *text)
{
	char *quoted = malloc(4 * strlen(text) + 3), *to = quoted;

	if (!quoted)
		return NULL;
	*to++ = '\'';
	for (; *text; text++) {
		if (*text == '\'')
			to = stpcpy(to, "'\\''");
		else
			*to++ = *text;
	}
	strcpy(to, "'");
	return quoted;
}

static char *join_arg(const char *name, const char *value)
{
	size_t size = strlen(name) + strlen(value) + 4;
	char *arg = malloc(size);

	if (arg)
		snprintf(arg, size, "--%s%s%s", name, *value ? "=" : "", value);
	return arg;
}

char *up_flag_arg(enum up_flag flag, const struct prefs *prefs)
{
	char *value = flag_value(flag, prefs), *quoted = NULL, *arg;

	if (!value)
		return NULL;
	if (is_switch(flag) && strcmp(value, "true") == 0) {
		arg = join_arg(flags[flag].name, "");
	} else if (*value && !needs_quotes(value)) {
		arg = join_arg(flags[flag].name, value);
	} else {
		quoted = quote(value);
		arg = quoted ? join_arg(flags[flag].name, quoted) : NULL;
	}
	free(quoted);
	free(value);
	return arg;
}

bool up_same_server(const char *a, const char *b)
{
	static const char *const defaults[] = {
		"", UP_DEFAULT_SERVER, "https://login.tailscale.com",
	};
	bool a_default = false, b_default = false;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(defaults); i++) {
		a_default |= strcmp(a, defaults[i]) == 0;
		b_default |= strcmp(b, defaults[i]) == 0;
	}
	return (a_default && b_default) || strcmp(a, b) == 0;
}

int up_keep_routes(const struct str_list *old, bool routes,
		   struct str_list *list)
{
	size_t i;
	int r = 0;

	for (i = 0; i < old->n && r == 0; i++) {
		if (is_exit_route(old->item[i]) != routes ||
		    str_list_find(list, old->item[i]) < list->n)
			continue;
		r = str_list_add(list, old->item[i], strlen(old->item[i]));
	}
	if (r == 0)
		str_list_sort(list);
	return r;
}

static int values_differ(enum up_flag flag, const struct up_question *q)
{
	char *old = flag_value(flag, q->old);
	char *new = flag_value(flag, q->new);
	int r = !old || !new ? -ENOMEM : strcmp(old, new) != 0;

	free(old);
	free(new);
	return r;
}

/* Changes that nobody has to mention. */
static bool is_excepted(enum up_flag flag, const struct up_question *q)
{
	if (flag == UP_STATEFUL)
		return q->old->no_stateful == OPT_FALSE;
	if (flag == UP_OPERATOR)
		return q->user &&
			strcmp(prefs_text(q->old->operator_user), q->user) == 0;
	return false;
}

static int add_missing(enum up_flag flag, const struct up_question *q,
		       struct str_list *missing)
{
	char *arg = up_flag_arg(flag, q->old);
	int r = arg ? str_list_add(missing, arg, strlen(arg)) : -ENOMEM;

	free(arg);
	return r;
}

static int find_missing(const struct up_question *q, struct up_answer *answer)
{
	size_t i;
	int r;

	for (i = 0; i < UP_FLAGS; i++) {
		if (q->given & UP_BIT(i))
			continue;
		r = values_differ(i, q);
		if (r > 0 && is_excepted(i, q)) {
			if (i == UP_OPERATOR)
				answer->keep_operator = true;
			continue;
		}
		if (r > 0)
			r = add_missing(i, q, &answer->missing);
		if (r < 0)
			return r;
	}
	str_list_sort(&answer->missing);
	return 0;
}

static uint64_t mentioned_prefs(unsigned int given)
{
	uint64_t set = 0;
	size_t i;

	for (i = 0; i < UP_FLAGS; i++) {
		if (given & UP_BIT(i))
			set |= flags[i].prefs;
	}
	return set;
}

static bool same_tags(const struct up_question *q)
{
	return str_list_equal(&q->old->advertise_tags,
			      &q->new->advertise_tags);
}

static enum up_action choose(const struct up_question *q)
{
	bool same = up_same_server(prefs_text(q->old->control_url),
				   prefs_text(q->new->control_url));
	bool running = q->backend == BACKEND_RUNNING;

	if (running && !same && !q->force_reauth)
		return UP_NEEDS_REAUTH;
	if (running && same && !q->force_reauth && !q->has_auth_key &&
	    same_tags(q))
		return UP_EDIT;
	return UP_START;
}

int up_decide(const struct up_question *q, struct up_answer *ret)
{
	struct up_answer answer = { 0 };
	bool was_up = *prefs_text(q->old->control_url);
	int r = 0;

	if (was_up && !q->any_flag && *q->login &&
	    q->backend != BACKEND_NEEDS_LOGIN) {
		answer.action = UP_SIMPLE;
		*ret = answer;
		return 0;
	}
	if (was_up && !q->reset)
		r = find_missing(q, &answer);
	if (r < 0) {
		str_list_done(&answer.missing);
		return r;
	}
	answer.action = answer.missing.n ? UP_MISSING : choose(q);
	answer.edit_set = mentioned_prefs(q->reset ? UP_BIT(UP_FLAGS) - 1 :
					  q->given);
	answer.edit_set |= PREFS_BIT(PREFS_WANT_RUNNING);
	*ret = answer;
	return 0;
}
