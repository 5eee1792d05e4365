// SPDX-License-Identifier: GPL-2.0-only
#include "nodes.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server.h"

static void *zalloc(size_t n)
{
	void *p = calloc(1, n);

	if (!p)
		abort();
	return p;
}

/* --- users and auth keys --------------------------------------------------- */

static struct user *user_add(struct nodes *ns, int64_t id, const char *login)
{
	struct user *u = zalloc(sizeof(*u));

	u->id = id;
	snprintf(u->login, sizeof(u->login), "%s", login);
	u->next = ns->users;
	ns->users = u;
	return u;
}

struct user *user_get(struct nodes *ns, const char *login)
{
	struct user *u;
	int64_t last = 0;

	for (u = ns->users; u; u = u->next) {
		if (!strcmp(u->login, login))
			return u;
		if (u->id != TAGGED_USER && u->id > last)
			last = u->id;
	}
	return user_add(ns, last + 1, login);
}

struct user *user_tagged(struct nodes *ns)
{
	struct user *u;

	for (u = ns->users; u; u = u->next)
		if (u->id == TAGGED_USER)
			return u;
	return user_add(ns, TAGGED_USER, "tagged-devices");
}

struct authkey *authkey_new(struct nodes *ns, const char *user)
{
	struct authkey *k = zalloc(sizeof(*k));
	char rest[33];

	random_hex(rest, 32);
	snprintf(k->text, sizeof(k->text), "tskey-auth-%s", rest);
	k->user = user_get(ns, user);
	k->tags = json_array();
	k->next = ns->authkeys;
	ns->authkeys = k;
	return k;
}

struct authkey *authkey_find(struct nodes *ns, const char *text)
{
	struct authkey *k;

	for (k = ns->authkeys; k && strcmp(k->text, text); k = k->next)
		;
	return k;
}

/* --- nodes ----------------------------------------------------------------- */

/* Lower-case letters, digits and inner hyphens, never empty. */
static void clean_label(const char *s, char out[LABEL_MAX])
{
	size_t n = 0;

	for (; *s && *s != '.' && n < LABEL_MAX - 8; s++) {
		if (isalnum((unsigned char)*s))
			out[n++] = tolower((unsigned char)*s);
		else if (n && out[n - 1] != '-')
			out[n++] = '-';
	}
	while (n && out[n - 1] == '-')
		n--;
	out[n] = '\0';
	if (!n)
		strcpy(out, "node");
}

static bool label_taken(struct nodes *ns, const char *label,
			const struct node *except)
{
	struct node *n;

	for (n = ns->list; n; n = n->next)
		if (n != except && !strcmp(n->label, label))
			return true;
	return false;
}

void node_rename(struct nodes *ns, struct node *n, const char *hostname)
{
	char base[LABEL_MAX], label[LABEL_MAX];
	unsigned int i;

	clean_label(hostname, base);
	strcpy(label, base);
	for (i = 1; label_taken(ns, label, n); i++)
		snprintf(label, sizeof(label), "%.55s-%u", base, i);
	strcpy(n->label, label);
}

struct node *node_new(struct server *srv, const char *hostname)
{
	struct nodes *ns = &srv->nodes;
	struct node **p, *n;

	if (ns->count >= NODES_MAX)
		return NULL;
	n = zalloc(sizeof(*n));
	n->srv = srv;
	n->id = ++ns->last_id;
	node_rename(ns, n, hostname);
	n->tags = json_array();
	n->endpoints = json_array();
	n->routes = json_array();
	n->hostinfo = json_object();
	n->capmap = json_object();
	n->created_ms = n->seen_ms = clock_wall_ms();
	for (p = &ns->list; *p; p = &(*p)->next)
		;
	*p = n;
	ns->count++;
	return n;
}

void node_free(struct server *srv, struct node *n)
{
	struct node **p;

	for (p = &srv->nodes.list; *p; p = &(*p)->next) {
		if (*p == n) {
			*p = n->next;
			srv->nodes.count--;
			break;
		}
	}
	loop_cancel(srv->loop, &n->expire);
	loop_cancel(srv->loop, &n->reap);
	json_decref(n->tags);
	json_decref(n->endpoints);
	json_decref(n->routes);
	json_decref(n->hostinfo);
	json_decref(n->capmap);
	buf_done(&n->sig);
	buf_done(&n->prev_sig);
	json_decref(n->as_peer);
	json_decref(n->as_self);
	free(n);
}

static bool same_key(const uint8_t a[KEY_LEN], const uint8_t b[KEY_LEN])
{
	return !memcmp(a, b, KEY_LEN);
}

struct node *node_by_key(struct nodes *ns, const uint8_t key[KEY_LEN])
{
	struct node *n;

	for (n = ns->list; n && !same_key(n->key, key); n = n->next)
		;
	return n;
}

struct node *node_by_poll_key(struct nodes *ns, const uint8_t key[KEY_LEN])
{
	struct node *n = node_by_key(ns, key);
	struct login *l;

	if (n || key_is_zero(key))
		return n;
	for (n = ns->list; n; n = n->next)
		if (same_key(n->prev_key, key))
			return n;
	for (l = ns->logins; l; l = l->next)
		if (same_key(l->node_key, key) && !key_is_zero(l->old_key))
			return node_by_key(ns, l->old_key);
	return NULL;
}

struct node *node_by_machine(struct nodes *ns, const uint8_t machine[KEY_LEN],
			     const struct user *user)
{
	struct node *n;

	for (n = ns->list; n; n = n->next)
		if (same_key(n->machine, machine) && n->user == user)
			return n;
	return NULL;
}

struct node *node_by_name(struct nodes *ns, const char *name)
{
	uint8_t key[KEY_LEN];
	struct node *n;

	if (key_parse(name, "nodekey", key))
		return node_by_key(ns, key);
	for (n = ns->list; n; n = n->next)
		if (!strcmp(n->label, name) ||
		    (isdigit((unsigned char)*name) && atoll(name) == n->id))
			return n;
	return NULL;
}

bool node_expired(const struct node *n)
{
	return n->expiry_ms && n->expiry_ms <= clock_wall_ms();
}

/* 100.64.0.0/10 has 22 bits; ids beyond them wrap. */
static uint32_t address_bits(int64_t id)
{
	return 0x64400000u | ((uint64_t)id & 0x3fffff);
}

void node_address4(int64_t id, char out[32])
{
	struct in_addr a = { htonl(address_bits(id)) };

	inet_ntop(AF_INET, &a, out, 32);
}

void node_address6(int64_t id, char out[64])
{
	static const uint8_t prefix[13] = { 0xfd, 0x7a, 0x11, 0x5c, 0xa1, 0xe0,
		0xab, 0x12, 0x48, 0x43, 0xcd, 0x96, 0x62 };
	uint32_t bits = address_bits(id);
	struct in6_addr a;

	memcpy(a.s6_addr, prefix, sizeof(prefix));
	a.s6_addr[13] = bits >> 16;
	a.s6_addr[14] = bits >> 8;
	a.s6_addr[15] = bits;
	inet_ntop(AF_INET6, &a, out, 64);
}

/* --- synthetic peers ------------------------------------------------------- */

void synth_private(size_t i, uint8_t ret[KEY_LEN])
{
	char seed[64];
	int n = snprintf(seed, sizeof(seed), "tn-control synthetic peer %zu", i);

	crypto_generichash(ret, KEY_LEN, (uint8_t *)seed, n, NULL, 0);
	ret[0] &= 248;
	ret[31] = (ret[31] & 127) | 64;
}

void synth_resize(struct nodes *ns, size_t n)
{
	uint8_t priv[KEY_LEN];

	if (n > ns->n_synth) {
		ns->synth = reallocarray(ns->synth, n, sizeof(*ns->synth));
		if (!ns->synth)
			abort();
	}
	for (; ns->n_synth < n; ns->n_synth++) {
		synth_private(ns->n_synth, priv);
		ns->synth[ns->n_synth].touches = 0;
		crypto_scalarmult_base(ns->synth[ns->n_synth].key, priv);
	}
	ns->n_synth = n;
}

/* --- logins ---------------------------------------------------------------- */

void login_free(struct nodes *ns, struct login *l)
{
	struct login **p;

	for (p = &ns->logins; *p; p = &(*p)->next) {
		if (*p == l) {
			*p = l->next;
			ns->n_logins--;
			break;
		}
	}
	json_decref(l->request);
	free(l);
}

/* The list is newest first; one that somebody waits for is left alone. */
static void drop_oldest(struct nodes *ns)
{
	struct login *l, *oldest = NULL;

	for (l = ns->logins; l; l = l->next)
		if (!l->waiter)
			oldest = l;
	if (oldest)
		login_free(ns, oldest);
}

struct login *login_new(struct server *srv)
{
	struct nodes *ns = &srv->nodes;
	struct login *l = zalloc(sizeof(*l));
	char hex[25];

	if (ns->n_logins >= LOGINS_MAX)
		drop_oldest(ns);
	random_hex(hex, 24);
	if (srv->cfg.mode == SERVER_HEADSCALE) {
		snprintf(l->id, sizeof(l->id), "hskey-authreq-%s", hex);
		snprintf(l->url, sizeof(l->url), "%.400s/register/%s",
			 srv->cfg.url, l->id);
	} else {
		snprintf(l->id, sizeof(l->id), "%.12s", hex);
		snprintf(l->url, sizeof(l->url), "%.400s/a/%s", srv->cfg.url,
			 l->id);
	}
	l->created_ms = clock_wall_ms();
	l->next = ns->logins;
	ns->logins = l;
	ns->n_logins++;
	srv->stats.logins++;
	return l;
}

struct login *login_find(struct nodes *ns, const char *what)
{
	struct login *l;

	for (l = ns->logins; l; l = l->next)
		if (!strcmp(l->id, what) || !strcmp(l->url, what))
			return l;
	return NULL;
}

void nodes_done(struct server *srv)
{
	struct nodes *ns = &srv->nodes;
	struct injected *in;
	struct authkey *k;
	struct user *u;

	while (ns->list)
		node_free(srv, ns->list);
	while (ns->logins)
		login_free(ns, ns->logins);
	while ((in = ns->injected)) {
		ns->injected = in->next;
		free(in->json);
		free(in);
	}
	while ((k = ns->authkeys)) {
		ns->authkeys = k->next;
		json_decref(k->tags);
		free(k);
	}
	while ((u = ns->users)) {
		ns->users = u->next;
		free(u);
	}
	free(ns->synth);
}
