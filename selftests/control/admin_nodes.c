// SPDX-License-Identifier: GPL-2.0-only
/* Commands about auth keys, logins and nodes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin.h"
#include "map.h"
#include "node_json.h"
#include "register.h"
#include "text.h"

/* --- auth keys ------------------------------------------------------------- */

/* Options of "authkey add". Return: false with an error sent. */
static bool authkey_options(struct admin *a, struct authkey *k, char *args)
{
	char *w;

	while (*(w = admin_word(&args))) {
		if (!strcmp(w, "--ephemeral"))
			k->ephemeral = true;
		else if (!strcmp(w, "--reusable"))
			k->reusable = true;
		else if (!strcmp(w, "--tag"))
			json_array_append_new(k->tags,
					      json_string(admin_word(&args)));
		else if (!strcmp(w, "--expires"))
			k->expiry_ms = clock_wall_ms() +
				       (int64_t)(atof(admin_word(&args)) * 1000);
		else if (!strcmp(w, "--user"))
			k->user = user_get(&a->srv->nodes, admin_word(&args));
		else if (!strcmp(w, "--key"))
			snprintf(k->text, sizeof(k->text), "%s",
				 admin_word(&args));
		else {
			admin_error(a, "unknown option %s", w);
			return false;
		}
	}
	return true;
}

static void authkey_add(struct admin *a, char *args)
{
	struct nodes *ns = &a->srv->nodes;
	struct authkey *k = authkey_new(ns, REGISTER_DEFAULT_USER);

	if (!authkey_options(a, k, args)) {
		ns->authkeys = k->next;
		json_decref(k->tags);
		free(k);
		return;
	}
	a->srv->state_dirty = true;
	admin_say(a, "%s", k->text);
	admin_ok(a);
}

static void authkey_list(struct admin *a)
{
	const struct authkey *k;
	char time[TIME_TEXT_MAX];

	for (k = a->srv->nodes.authkeys; k; k = k->next)
		admin_say(a, "%s user=%s used=%u%s%s%s expires=%s", k->text,
			  k->user->login, k->used,
			  k->reusable ? " reusable" : "",
			  k->ephemeral ? " ephemeral" : "",
			  k->revoked ? " revoked" : "", k->expiry_ms ?
			  time_text(k->expiry_ms, time) : "never");
	admin_ok(a);
}

static void cmd_authkey(struct admin *a, char *args)
{
	char *w = admin_word(&args);
	struct authkey *k;

	if (!strcmp(w, "add")) {
		authkey_add(a, args);
	} else if (!strcmp(w, "list")) {
		authkey_list(a);
	} else if (!strcmp(w, "revoke")) {
		k = authkey_find(&a->srv->nodes, admin_word(&args));
		if (!k) {
			admin_error(a, "no such key");
			return;
		}
		k->revoked = true;
		a->srv->state_dirty = true;
		admin_ok(a);
	} else {
		admin_error(a, "authkey add, list or revoke");
	}
}

/* --- logins ---------------------------------------------------------------- */

static void cmd_logins(struct admin *a, char *args)
{
	const struct login *l;

	(void)args;
	for (l = a->srv->nodes.logins; l; l = l->next)
		admin_say(a, "%s%s%s", l->url, l->waiter ? " waited-for" : "",
			  l->done ? " done" : "");
	admin_ok(a);
}

static void cmd_login_finish(struct admin *a, char *args)
{
	struct login *l = login_find(&a->srv->nodes, admin_word(&args));
	char *user = admin_word(&args);

	if (!l) {
		admin_error(a, "no such login");
		return;
	}
	register_login_finish(a->srv, l, *user ? user : NULL);
	admin_ok(a);
}

static void cmd_login_refuse(struct admin *a, char *args)
{
	struct login *l = login_find(&a->srv->nodes, admin_word(&args));

	if (!l) {
		admin_error(a, "no such login");
		return;
	}
	register_login_refuse(a->srv, l);
	admin_ok(a);
}

/* --- nodes ----------------------------------------------------------------- */

static void cmd_nodes(struct admin *a, char *args)
{
	char four[32], key[KEY_TEXT_MAX], time[TIME_TEXT_MAX];
	const struct injected *in;
	struct node *n;

	(void)args;
	for (n = a->srv->nodes.list; n; n = n->next) {
		node_address4(n->id, four);
		admin_say(a, "%lld %s %s %s %s%s%s%s user=%s cap=%d derp=%d "
			  "endpoints=%zu tags=%zu expiry=%s",
			  (long long)n->id, n->label, four,
			  key_text("nodekey", n->key, key),
			  node_online(n) ? "online" : "offline",
			  node_expired(n) ? " expired" : "",
			  n->authorized ? "" : " unapproved",
			  n->ephemeral ? " ephemeral" : "", n->user->login,
			  n->cap, n->home_derp, json_array_size(n->endpoints),
			  json_array_size(n->tags), n->expiry_ms ?
			  time_text(n->expiry_ms, time) : "never");
	}
	for (in = a->srv->nodes.injected; in; in = in->next)
		admin_say(a, "%lld injected", (long long)in->id);
	if (a->srv->nodes.n_synth)
		admin_say(a, "%d... %zu synthetic", SYNTH_ID,
			  a->srv->nodes.n_synth);
	admin_ok(a);
}

static void cmd_node(struct admin *a, char *args)
{
	struct node *n = admin_node(a, admin_word(&args));
	struct buf b = {};

	if (!n)
		return;
	json_self(&b, a->srv, n);
	admin_say(a, "%s", buf_str(&b));
	buf_done(&b);
	admin_ok(a);
}

static void cmd_approve(struct admin *a, char *args)
{
	struct node *n = admin_node(a, admin_word(&args));

	if (!n)
		return;
	n->authorized = true;
	a->srv->state_dirty = true;
	map_changed(a->srv, n);
	/* It has seen nobody so far. */
	map_refresh(a->srv);
	admin_ok(a);
}

static void cmd_expire(struct admin *a, char *args)
{
	struct node *n = admin_node(a, admin_word(&args));

	if (!n)
		return;
	n->expiry_ms = clock_wall_ms() - 1;
	map_expiry(a->srv, n);
	admin_ok(a);
}

static void cmd_set_expiry(struct admin *a, char *args)
{
	struct node *n = admin_node(a, admin_word(&args));
	double s = atof(admin_word(&args));

	if (!n)
		return;
	n->expiry_ms = s ? clock_wall_ms() + (int64_t)(s * 1000) : 0;
	map_expiry(a->srv, n);
	admin_ok(a);
}

static void delete_injected(struct admin *a, int64_t id)
{
	struct injected **p, *in;

	for (p = &a->srv->nodes.injected; (in = *p); p = &in->next) {
		if (in->id != id)
			continue;
		*p = in->next;
		free(in->json);
		free(in);
		map_removed(a->srv, id);
		admin_ok(a);
		return;
	}
	admin_error(a, "no node of that name or id");
}

static void cmd_delete(struct admin *a, char *args)
{
	char *name = admin_word(&args);
	struct node *n = node_by_name(&a->srv->nodes, name);

	if (!n) {
		delete_injected(a, atoll(name));
		return;
	}
	map_delete(a->srv, n);
	admin_ok(a);
}

static void cmd_routes(struct admin *a, char *args)
{
	struct node *n = admin_node(a, admin_word(&args));
	char *w;

	if (!n)
		return;
	json_array_clear(n->routes);
	while (*(w = admin_word(&args))) {
		if (!strcmp(w, "all"))
			json_array_extend(n->routes,
					  json_object_get(n->hostinfo,
							  "RoutableIPs"));
		else if (strcmp(w, "none"))
			json_array_append_new(n->routes, json_string(w));
	}
	a->srv->state_dirty = true;
	map_changed(a->srv, n);
	admin_ok(a);
}

static void cmd_override(struct admin *a, char *args)
{
	char *side = admin_word(&args);
	struct node *n = admin_node(a, admin_word(&args));
	json_t *v, **where;

	if (!n)
		return;
	where = !strcmp(side, "self") ? &n->as_self : &n->as_peer;
	if (!strcmp(args, "off")) {
		json_decref(*where);
		*where = NULL;
	} else {
		v = admin_json(a, args);
		if (!v)
			return;
		json_decref(*where);
		*where = v;
	}
	map_changed(a->srv, n);
	admin_ok(a);
}

static void cmd_capmap(struct admin *a, char *args)
{
	struct node *n = admin_node(a, admin_word(&args));
	json_t *v = n ? admin_json(a, args) : NULL;

	if (!v)
		return;
	json_decref(n->capmap);
	n->capmap = v;
	map_self(a->srv, n);
	admin_ok(a);
}

static void cmd_rename(struct admin *a, char *args)
{
	struct node *n = admin_node(a, admin_word(&args));

	if (!n)
		return;
	node_rename(&a->srv->nodes, n, admin_word(&args));
	map_changed(a->srv, n);
	admin_ok(a);
}

const struct admin_command admin_nodes_commands[] = {
	{ "authkey", "add [--ephemeral] [--reusable] [--tag T] [--expires S] "
	  "[--user U] [--key TEXT] | list | revoke KEY",
	  "keys that let nodes in", cmd_authkey },
	{ "logins", "", "interactive logins under way", cmd_logins },
	{ "login-finish", "URL|ID [USER]", "what the browser would do",
	  cmd_login_finish },
	{ "login-refuse", "URL|ID", "the person says no", cmd_login_refuse },
	{ "nodes", "", "one line each", cmd_nodes },
	{ "node", "NODE", "its self node as JSON", cmd_node },
	{ "approve", "NODE", "let a machine in that waits for approval",
	  cmd_approve },
	{ "expire", "NODE", "its key expires now", cmd_expire },
	{ "set-expiry", "NODE SECONDS", "its key expires then; 0 for never",
	  cmd_set_expiry },
	{ "delete", "NODE|ID", "remove it", cmd_delete },
	{ "rename", "NODE LABEL", "give it another name", cmd_rename },
	{ "routes", "NODE all|none|PREFIX...", "which of its routes are approved",
	  cmd_routes },
	{ "override", "peer|self NODE JSON|off",
	  "fields laid over what others, or it, see of it", cmd_override },
	{ "capmap", "NODE JSON", "its CapMap", cmd_capmap },
	{}
};
