// SPDX-License-Identifier: GPL-2.0-only
/* Commands about what nodes are sent. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin.h"
#include "conn.h"
#include "map.h"
#include "node_json.h"
#include "rpc.h"
#include "text.h"

#define WAIT_MS		10000	/* for an answer of a node */
#define LOOK_MS		20

static char *dump(const json_t *v)
{
	char *text = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);

	if (!text)
		abort();
	return text;
}

static void send_all(struct admin *a, struct buf *b)
{
	map_send(a->srv, NULL, NULL, (char *)buf_data(b), buf_len(b));
	buf_done(b);
	admin_ok(a);
}

/* --- settings of the tailnet ------------------------------------------------ */

/* Named filters: null deletes, "*" null deletes all. */
static void merge_filters(struct server *srv, const json_t *v)
{
	const char *name;
	json_t *rules;

	if (json_is_null(json_object_get(v, "*")))
		json_object_clear(srv->filters);
	json_object_foreach((json_t *)v, name, rules) {
		if (json_is_null(rules))
			json_object_del(srv->filters, name);
		else if (strcmp(name, "*"))
			json_object_set(srv->filters, name, rules);
	}
}

static void cmd_filter(struct admin *a, char *args)
{
	json_t *v = admin_json(a, args);
	struct buf b = {};
	char *text;

	if (!v)
		return;
	if (json_is_array(v)) {
		json_object_clear(a->srv->filters);
		if (json_array_size(v))
			json_object_set(a->srv->filters, "base", v);
		buf_text(&b, "{");
		/* Whatever other chunks there were go first. */
		if (json_array_size(v))
			buf_printf(&b, "\"PacketFilters\":{\"*\":null,"
				   "\"base\":%s}}", text = dump(v)), free(text);
		else
			buf_text(&b, "\"PacketFilters\":{\"*\":null},\"PacketFilter\":[]}");
	} else {
		merge_filters(a->srv, v);
		text = dump(v);
		buf_printf(&b, "{\"PacketFilters\":%s}", text);
		free(text);
	}
	json_decref(v);
	send_all(a, &b);
}

static void set_text(struct admin *a, const char *args, char **where,
		     const char *field)
{
	json_t *v = admin_json(a, args);
	struct buf b = {};

	if (!v)
		return;
	free(*where);
	*where = dump(v);
	json_decref(v);
	buf_printf(&b, "{\"%s\":%s}", field, *where);
	send_all(a, &b);
}

static void cmd_dns(struct admin *a, char *args)
{
	set_text(a, args, &a->srv->dns, "DNSConfig");
}

static void cmd_derpmap(struct admin *a, char *args)
{
	set_text(a, args, &a->srv->derpmap, "DERPMap");
}

static void cmd_health(struct admin *a, char *args)
{
	struct buf b = {};

	buf_text(&b, "{\"Health\":[");
	if (*args)
		json_quote(&b, args, strlen(args));
	buf_text(&b, "]}");
	send_all(a, &b);
}

static void cmd_display(struct admin *a, char *args)
{
	struct buf b = {};

	buf_printf(&b, "{\"DisplayMessages\":%s}", args);
	send_all(a, &b);
}

/* --- peers nobody registered ------------------------------------------------ */

static void cmd_inject_node(struct admin *a, char *args)
{
	json_t *v = admin_json(a, args);
	struct injected *in;
	struct buf b = {};

	if (!v)
		return;
	if (json_is_object(v) && !json_object_get(v, "ID"))
		json_object_set_new(v, "ID",
				    json_integer(++a->srv->nodes.last_id));
	in = calloc(1, sizeof(*in));
	if (!in)
		abort();
	in->id = json_integer_value(json_object_get(v, "ID"));
	in->json = dump(v);
	json_decref(v);
	in->next = a->srv->nodes.injected;
	a->srv->nodes.injected = in;
	admin_say(a, "%lld", (long long)in->id);
	buf_printf(&b, "{\"PeersChanged\":[%s]}", in->json);
	send_all(a, &b);
}

static void cmd_synth(struct admin *a, char *args)
{
	long n = atol(admin_word(&args));
	size_t had = a->srv->nodes.n_synth;

	if (n < 0 || n > SYNTH_MAX) {
		admin_error(a, "0 to %d", SYNTH_MAX);
		return;
	}
	synth_resize(&a->srv->nodes, n);
	map_synth(a->srv, had, n, false);
	map_synth(a->srv, n, had, true);
	admin_ok(a);
}

static void cmd_synth_key(struct admin *a, char *args)
{
	size_t i = atol(admin_word(&args));
	char four[32], hex[65];
	uint8_t key[KEY_LEN];

	synth_private(i, key);
	hex_text(key, KEY_LEN, hex);
	node_address4(SYNTH_ID + i, four);
	admin_say(a, "privkey:%s %s", hex, four);
	admin_ok(a);
}

static void cmd_touch(struct admin *a, char *args)
{
	char *name = admin_word(&args);
	struct nodes *ns = &a->srv->nodes;
	struct node *n;
	size_t i;

	if (!strncmp(name, "synth-", 6)) {
		i = atol(name + 6);
		if (i >= ns->n_synth) {
			admin_error(a, "there are %zu", ns->n_synth);
			return;
		}
		ns->synth[i].touches++;
		map_synth(a->srv, i, i + 1, false);
		admin_ok(a);
		return;
	}
	n = admin_node(a, name);
	if (!n)
		return;
	map_changed(a->srv, n);
	admin_ok(a);
}

/* --- messages as they are --------------------------------------------------- */

static void cmd_patch(struct admin *a, char *args)
{
	char *name = admin_word(&args), *text;
	struct node *n = node_by_name(&a->srv->nodes, name);
	json_t *v = admin_json(a, args);
	struct buf b = {};

	if (!v)
		return;
	if (!n && !isdigit((unsigned char)*name)) {
		admin_error(a, "no node %s", name);
		json_decref(v);
		return;
	}
	json_object_set_new(v, "NodeID", json_integer(n ? n->id : atoll(name)));
	text = dump(v);
	json_decref(v);
	buf_printf(&b, "{\"PeersChangedPatch\":[%s]}", text);
	free(text);
	map_send(a->srv, NULL, n, (char *)buf_data(&b), buf_len(&b));
	buf_done(&b);
	admin_ok(a);
}

static void cmd_send(struct admin *a, char *args)
{
	char *name = admin_word(&args);
	bool all = !strcmp(name, "all");
	struct node *n = all ? NULL : admin_node(a, name);

	if (!all && !n)
		return;
	admin_say(a, "%u", map_send(a->srv, n, NULL, args, strlen(args)));
	admin_ok(a);
}

static void cmd_send_hex(struct admin *a, char *args)
{
	struct node *n = admin_node(a, admin_word(&args));
	size_t len = strlen(args) / 2;
	struct buf b = {};

	if (!n)
		return;
	if (!hex_parse(args, len, buf_grow(&b, len + 1)))
		admin_error(a, "not hex");
	else {
		admin_say(a, "%u", map_send_raw(a->srv, n, buf_data(&b), len));
		admin_ok(a);
	}
	buf_done(&b);
}

static void cmd_send_fault(struct admin *a, char *args)
{
	struct node *n = admin_node(a, admin_word(&args));
	enum fault_id id = n ? fault_find(admin_word(&args)) : FAULT_COUNT;

	if (!n)
		return;
	if (id < FAULT_MAP_NO_NODE) {
		admin_error(a, "not a fault of a map message");
		return;
	}
	if (id == FAULT_COUNT) {
		admin_error(a, "no such fault");
		return;
	}
	admin_say(a, "%u", map_fault_now(a->srv, n, id, args));
	admin_ok(a);
}

static void cmd_refresh(struct admin *a, char *args)
{
	(void)args;
	map_refresh(a->srv);
	admin_ok(a);
}

static void end_streams(struct admin *a, char *args, bool reset)
{
	struct node *n = admin_node(a, admin_word(&args));

	if (!n)
		return;
	map_end(n, reset);
	admin_ok(a);
}

static void cmd_end(struct admin *a, char *args)
{
	end_streams(a, args, false);
}

static void cmd_reset(struct admin *a, char *args)
{
	end_streams(a, args, true);
}

static void cmd_drop(struct admin *a, char *args)
{
	struct conn *c;
	unsigned int n = 0;

	(void)args;
	for (c = a->srv->conns; c; c = c->next) {
		conn_kill(c);
		n++;
	}
	admin_say(a, "%u", n);
	admin_ok(a);
}

/* --- pings ------------------------------------------------------------------ */

/* Look whether the answer has come. */
static void ping_look(void *arg)
{
	struct admin *a = arg;
	json_t *v = json_object_get(a->srv->ping_ids, a->ping_id);
	char *text;

	if (json_is_false(v) && clock_mono_ms() < a->until_ms) {
		loop_timer(a->srv->loop, &a->poll, LOOK_MS, ping_look, a);
		return;
	}
	if (json_is_false(v)) {
		admin_error(a, "timeout");
	} else {
		text = dump(v);
		admin_say(a, "%s", text);
		free(text);
		admin_ok(a);
	}
	json_object_del(a->srv->ping_ids, a->ping_id);
	admin_resume(a);
}

static void ping_auto(struct admin *a)
{
	random_hex(a->ping_id, 32);
	json_object_set_new(a->srv->ping_ids, a->ping_id, json_false());
}

static void cmd_ping(struct admin *a, char *args)
{
	struct node *n = admin_node(a, admin_word(&args));
	char *url = admin_word(&args), *w, *text;
	json_t *ping = json_object(), *root;
	int64_t wait_ms = WAIT_MS;
	struct buf b = {};

	if (!n || !*url) {
		if (n)
			admin_error(a, "a URL, or auto");
		json_decref(ping);
		return;
	}
	while (*(w = admin_word(&args))) {
		if (!strcmp(w, "--noise"))
			json_object_set_new(ping, "URLIsNoise", json_true());
		else if (!strcmp(w, "--types"))
			json_object_set_new(ping, "Types",
					    json_string(admin_word(&args)));
		else if (!strcmp(w, "--ip"))
			json_object_set_new(ping, "IP",
					    json_string(admin_word(&args)));
		else if (!strcmp(w, "--wait"))
			wait_ms = atof(admin_word(&args)) * 1000;
	}
	if (!strcmp(url, "auto")) {
		ping_auto(a);
		buf_printf(&b, "%s/machine/ping-response?id=%s",
			   a->srv->cfg.url, a->ping_id);
		a->until_ms = clock_mono_ms() + wait_ms;
		a->busy = true;
	} else {
		buf_text(&b, url);
	}
	json_object_set_new(ping, "URL", json_string(buf_str(&b)));
	buf_done(&b);
	root = json_pack("{s:o}", "PingRequest", ping);
	text = dump(root);
	json_decref(root);
	admin_say(a, "%u", map_send(a->srv, n, NULL, text, strlen(text)));
	free(text);
	if (a->busy)
		loop_timer(a->srv->loop, &a->poll, LOOK_MS, ping_look, a);
	else
		admin_ok(a);
}

static void c2n_done(void *arg, const char *answer, size_t n)
{
	struct admin *a = arg;
	const char *end;
	size_t len;

	if (!answer) {
		admin_error(a, "timeout");
		admin_resume(a);
		return;
	}
	while (n) {
		end = memchr(answer, '\n', n);
		len = end ? (size_t)(end - answer) : n;
		admin_say(a, "%.*s", (int)(len && answer[len - 1] == '\r' ?
					   len - 1 : len), answer);
		len += end ? 1 : 0;
		answer += len;
		n -= len;
	}
	admin_ok(a);
	admin_resume(a);
}

static void cmd_c2n(struct admin *a, char *args)
{
	struct node *n = admin_node(a, admin_word(&args));
	char *method = admin_word(&args), *path = admin_word(&args);
	struct buf b = {};

	if (!n)
		return;
	if (!*path) {
		admin_error(a, "a method and a path");
		return;
	}
	buf_printf(&b, "%s %s HTTP/1.1\r\nHost: node\r\nContent-Length: %zu\r\n"
		   "\r\n%s", method, path, strlen(args), args);
	a->busy = true;
	if (!c2n_send(a->srv, n, buf_str(&b), buf_len(&b), WAIT_MS, c2n_done,
		      a)) {
		a->busy = false;
		admin_error(a, "it does not poll");
	}
	buf_done(&b);
}

const struct admin_command admin_map_commands[] = {
	{ "filter", "JSON", "an array of rules, or an object of named ones",
	  cmd_filter },
	{ "dns", "JSON", "the DNSConfig", cmd_dns },
	{ "derpmap", "JSON", "the DERPMap", cmd_derpmap },
	{ "health", "[TEXT]", "a Health message, or none", cmd_health },
	{ "display", "JSON", "DisplayMessages", cmd_display },
	{ "inject-node", "JSON", "a peer nobody registered", cmd_inject_node },
	{ "synth", "N", "that many synthetic peers", cmd_synth },
	{ "synth-key", "I", "private key and address of one", cmd_synth_key },
	{ "touch", "NODE|synth-I", "send it to the others once more",
	  cmd_touch },
	{ "patch", "NODE JSON", "a PeersChangedPatch to the others", cmd_patch },
	{ "send", "NODE|all JSON", "a message as it is", cmd_send },
	{ "send-hex", "NODE HEX", "bytes of the map stream", cmd_send_hex },
	{ "send-fault", "NODE FAULT [ARG]", "a fault into a live stream",
	  cmd_send_fault },
	{ "refresh", "", "the whole map again, to all", cmd_refresh },
	{ "end", "NODE", "end its map stream", cmd_end },
	{ "reset", "NODE", "reset its map stream", cmd_reset },
	{ "drop", "", "close all connections", cmd_drop },
	{ "ping", "NODE URL|auto [--noise] [--types T --ip A] [--wait S]",
	  "a PingRequest; auto waits for the answer", cmd_ping },
	{ "c2n", "NODE METHOD PATH [BODY]", "ask the node, print its answer",
	  cmd_c2n },
	{}
};
