// SPDX-License-Identifier: GPL-2.0-only
#include "fake_node.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add(struct str_list *list, const char *s)
{
	if (str_list_add(list, s, strlen(s)) < 0)
		abort();
}

static void set(char **slot, const char *s)
{
	if (status_set_text(slot, s) < 0)
		abort();
}

static void fill_peer(struct status_peer *p, int n, const char *name)
{
	char text[64];

	snprintf(text, sizeof(text), "n%d", n);
	set(&p->id, text);
	p->node_id = n;
	memset(p->key.byte, n, sizeof(p->key.byte));
	set(&p->host_name, name);
	snprintf(text, sizeof(text), "%s.tail.example.", name);
	set(&p->dns_name, text);
	set(&p->os, "linux");
	p->user_id = 7;
	snprintf(text, sizeof(text), "100.64.0.%d", n);
	add(&p->addresses, text);
	snprintf(text, sizeof(text), "fd7a:115c:a1e0::%d", n);
	add(&p->addresses, text);
	snprintf(text, sizeof(text), "100.64.0.%d/32", n);
	add(&p->allowed_ips, text);
	p->online = true;
	p->in_map = true;
	p->in_magicsock = true;
	p->in_engine = true;
	p->created = (struct timestamp){ .set = true, .s = 1600000000 };
}

static void fill_peers(struct status *s)
{
	struct status_peer *p = status_add_peer(s);

	fill_peer(p, 3, "beta");
	p->active = true;
	set(&p->cur_addr, "192.0.2.1:41641");
	set(&p->relay, "fra");
	p->rx_bytes = 10;
	p->tx_bytes = 20;
	p->last_handshake = (struct timestamp){ .set = true, .s = 1700000000,
						.ns = 500000000 };
	add(&p->tags, "tag:server");
	p = status_add_peer(s);
	fill_peer(p, 2, "alpha");
	p->online = false;
	p->last_seen = (struct timestamp){ .set = true, .s = 1700000000 };
	p->key_expiry = (struct timestamp){ .set = true, .s = 1800000000,
					    .ns = 5 };
	p->expired = true;
}

int fake_node_status(void *ctx, bool peers, struct status *ret)
{
	struct fake_node *node = ctx;
	struct status s = { 0 };
	struct status_user *user;

	set(&s.version, "9.9.9-tailnet");
	s.tun = true;
	s.backend = node->backend;
	s.have_node_key = node->have_key;
	if (node->backend == BACKEND_NEEDS_LOGIN)
		set(&s.auth_url, node->url);
	fill_peer(&s.self, 1, "self");
	add(&s.self.endpoints, "192.0.2.9:41641");
	if (peers)
		fill_peers(&s);
	user = status_add_user(&s);
	user->id = 7;
	set(&user->login, "ann@example.com");
	set(&user->display, "Ann");
	set(&s.magic_dns_suffix, "tail.example");
	s.has_tailnet = true;
	set(&s.tailnet_name, "example.com");
	s.magic_dns = true;
	s.filter = STATUS_FILTER_NOT_ENFORCED;
	*ret = s;
	return 0;
}

static const struct prefs *get_prefs(void *ctx)
{
	return &((struct fake_node *)ctx)->prefs;
}

static void user(void *ctx, struct login_info *ret)
{
	struct fake_node *node = ctx;

	*ret = (struct login_info){
		.id = *node->login ? 7 : 0,
		.login = node->login,
		.display = *node->login ? "Ann" : "",
		.node_id = *node->login ? "nABC" : "",
	};
}

static int check_prefs(void *ctx, const struct prefs *prefs,
		       struct err_detail *detail)
{
	(void)ctx;
	if (strcmp(prefs_text(prefs->hostname), "taken") == 0)
		return err_explain(detail, TNE_PREFS, "that name is taken");
	return 0;
}

static void tell_state(struct fake_node *node, enum backend_state state)
{
	struct notify msg = { .has_state = true, .state = state };

	node->backend = state;
	fake_node_tell(node, &msg);
}

static int edit_prefs(void *ctx, const struct prefs_edit *edit,
		      struct err_detail *detail)
{
	struct fake_node *node = ctx;
	struct prefs new;
	int r = prefs_apply(&node->prefs, edit, &new);

	(void)detail;
	if (r < 0)
		return r;
	node->edits++;
	prefs_done(&node->prefs);
	node->prefs = new;
	if (edit->set & PREFS_BIT(PREFS_WANT_RUNNING))
		tell_state(node, new.want_running ? BACKEND_RUNNING :
			   BACKEND_STOPPED);
	return 0;
}

static int start(void *ctx, const struct node_start *start,
		 struct err_detail *detail)
{
	struct fake_node *node = ctx;
	struct prefs new;

	(void)detail;
	node->starts++;
	node->auth_key[0] = 0;
	if (start->auth_key)
		snprintf(node->auth_key, sizeof(node->auth_key), "%.*s",
			 (int)start->auth_key->len, start->auth_key->data);
	if (start->update_prefs) {
		if (prefs_copy(start->update_prefs, &new) < 0)
			return -ENOMEM;
		prefs_done(&node->prefs);
		node->prefs = new;
	}
	if (start->auth_key || (node->finish && node->have_key))
		tell_state(node, BACKEND_RUNNING);
	return 0;
}

static int login_interactive(void *ctx, const struct secret_buf *auth_key,
			     struct err_detail *detail)
{
	struct fake_node *node = ctx;
	struct notify msg = { .browse_to_url = node->url };
	struct status status;

	node->logins++;
	/* The key has done it. */
	if (!auth_key && node->auth_key[0])
		return err_explain(detail, -EALREADY, "a second login");
	node->auth_key[0] = 0;
	if (auth_key) {
		snprintf(node->auth_key, sizeof(node->auth_key), "%.*s",
			 (int)auth_key->len, auth_key->data);
		msg = (struct notify){ .error = "the key is used up" };
	}
	if (!auth_key || !strcmp(node->auth_key, "used")) {
		fake_node_tell(node, &msg);
		fake_node_tell(node, &msg);
	}
	if (!node->finish)
		return 0;
	msg = (struct notify){ .login_finished = true };
	if (fake_node_status(node, false, &status) < 0)
		return -ENOMEM;
	status.self.key.byte[0] ^= 0xff;
	msg.self = &status.self;
	fake_node_tell(node, &msg);
	status_done(&status);
	tell_state(node, BACKEND_RUNNING);
	return 0;
}

static int logout(void *ctx, struct err_detail *detail, node_done_fn done,
		  void *done_ctx)
{
	struct fake_node *node = ctx;

	if (node->done)
		return err_explain(detail, -EBUSY, "one at a time");
	node->logouts++;
	if (node->slow_logout) {
		node->done = done;
		node->done_ctx = done_ctx;
	} else {
		done(done_ctx, 0, NULL, NULL);
	}
	node->have_key = false;
	tell_state(node, BACKEND_NEEDS_LOGIN);
	return 0;
}

static int watch(void *ctx, const struct node_watcher *w, uint64_t *ret_id)
{
	struct fake_node *node = ctx;
	int i;

	for (i = 0; i < FAKE_WATCHERS; i++) {
		if (!node->watcher[i].notify) {
			node->watcher[i] = *w;
			*ret_id = i;
			return 0;
		}
	}
	return -ENOSPC;
}

static void unwatch(void *ctx, uint64_t id)
{
	((struct fake_node *)ctx)->watcher[id].notify = NULL;
}

static size_t health(void *ctx, const struct notify_warning **ret)
{
	static const struct notify_warning warning = {
		.code = "not-in-map-poll", .severity = "medium",
		.title = "Out of sync", .text = "no map", .impacts = true,
	};

	(void)ctx;
	*ret = &warning;
	return 1;
}

static int netmap(void *ctx, char **ret)
{
	struct fake_node *node = ctx;

	if (node->backend != BACKEND_RUNNING)
		return -ENODATA;
	*ret = strdup("{\"Peers\":[]}");
	return *ret ? 0 : -ENOMEM;
}

static int whois(void *ctx, const struct status *status, const char *addr,
		 struct node_whois *ret)
{
	(void)ctx;
	if (strcmp(addr, "100.64.0.3:80") != 0)
		return -ENOENT;
	ret->peer = &status->peers[0];
	ret->user = &status->users[0];
	return 0;
}

/* Two, the second one in use until it is switched or deleted. */
static int profiles(void *ctx, struct profile_list *ret,
		    struct err_detail *detail)
{
	static const char *const ids[] = { "aaaa", "bbbb" };
	struct fake_node *node = ctx;
	size_t i;

	(void)detail;
	*ret = (struct profile_list){
		.item = calloc(2, sizeof(*ret->item)), .current = 2,
	};
	if (!ret->item)
		return -ENOMEM;
	for (i = 0; i < 2; i++) {
		struct profile *p = &ret->item[ret->n];

		if (!strcmp(node->deleted, ids[i]))
			continue;
		strcpy(p->id, ids[i]);
		set(&p->name, i ? "work" : "home");
		set(&p->domain, i ? "work.example" : "home.example");
		set(&p->user.login, i ? "ann@work.example" : "ann@example.com");
		if (!strcmp(node->profile, ids[i]))
			ret->current = ret->n;
		ret->n++;
	}
	return 0;
}

static int switch_profile(void *ctx, const char *id, struct err_detail *detail)
{
	struct fake_node *node = ctx;

	if (*id && strcmp(id, "aaaa") && strcmp(id, "bbbb"))
		return err_explain(detail, -ENOENT, "no such profile");
	snprintf(node->profile, sizeof(node->profile), "%s", id);
	return 0;
}

static int delete_profile(void *ctx, const char *id, struct err_detail *detail)
{
	struct fake_node *node = ctx;

	if (strcmp(id, "aaaa") && strcmp(id, "bbbb"))
		return err_explain(detail, -ENOENT, "no such profile");
	snprintf(node->deleted, sizeof(node->deleted), "%s", id);
	if (!strcmp(node->profile, id))
		node->profile[0] = 0;
	return 0;
}

static bool is_opening(void *ctx)
{
	const struct fake_node *node = ctx;

	return node->opening;
}

static int state_info(void *ctx, char **ret)
{
	(void)ctx;
	*ret = strdup("{\"Sealed\": true}");
	return *ret ? 0 : -ENOMEM;
}

static int state_command(void *ctx, enum node_state_command command,
			 const char *arg, size_t len,
			 struct err_detail *detail, node_done_fn done,
			 void *done_ctx)
{
	struct fake_node *node = ctx;

	if (node->done)
		return err_explain(detail, -EBUSY, "one at a time");
	node->command = command;
	snprintf(node->command_arg, sizeof(node->command_arg), "%.*s",
		 (int)len, arg);
	node->done = done;
	node->done_ctx = done_ctx;
	return 0;
}

const struct node_api fake_node_api = {
	.status = fake_node_status,
	.prefs = get_prefs,
	.user = user,
	.check_prefs = check_prefs,
	.edit_prefs = edit_prefs,
	.start = start,
	.login_interactive = login_interactive,
	.logout = logout,
	.watch = watch,
	.unwatch = unwatch,
	.health = health,
	.netmap = netmap,
	.profiles = profiles,
	.switch_profile = switch_profile,
	.delete_profile = delete_profile,
	.whois = whois,
	.is_opening = is_opening,
	.state_info = state_info,
	.state_command = state_command,
};

void fake_node_init(struct fake_node *node)
{
	memset(node, 0, sizeof(*node));
	prefs_init(&node->prefs);
	node->prefs.logged_out = false;
	node->prefs.want_running = true;
	node->login = "ann@example.com";
	node->backend = BACKEND_RUNNING;
	node->have_key = true;
	node->url = "https://login.example/a/1";
	node->finish = true;
	strcpy(node->profile, "bbbb");
}

void fake_node_done(struct fake_node *node)
{
	prefs_done(&node->prefs);
}

void fake_node_tell(struct fake_node *node, const struct notify *msg)
{
	int i;

	for (i = 0; i < FAKE_WATCHERS; i++) {
		if (node->watcher[i].notify)
			node->watcher[i].notify(node->watcher[i].ctx, msg);
	}
}

int fake_node_watchers(const struct fake_node *node)
{
	int n = 0, i;

	for (i = 0; i < FAKE_WATCHERS; i++)
		n += node->watcher[i].notify != NULL;
	return n;
}
