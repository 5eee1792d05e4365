// SPDX-License-Identifier: GPL-2.0-only
/* Commands about the server itself. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "admin.h"
#include "map.h"
#include "text.h"

static void set_bool(struct admin *a, char *args, bool *where)
{
	char *w = admin_word(&args);

	if (!strcmp(w, "on")) {
		*where = true;
	} else if (!strcmp(w, "off")) {
		*where = false;
	} else {
		admin_error(a, "on or off");
		return;
	}
	admin_ok(a);
}

#define BOOL_COMMAND(name) \
static void cmd_##name(struct admin *a, char *args) \
{ \
	set_bool(a, args, &a->srv->cfg.name); \
}

BOOL_COMMAND(approve_machines)
BOOL_COMMAND(auto_login)
BOOL_COMMAND(auto_routes)
BOOL_COMMAND(open)
BOOL_COMMAND(early)
BOOL_COMMAND(resume)
BOOL_COMMAND(verbose)

static void set_ms(struct admin *a, char *args, int64_t *where)
{
	char *w = admin_word(&args), *end;
	double s = strtod(w, &end);

	if (end == w || *end || !(s >= 0 && s < 1e9)) {
		admin_error(a, "seconds");
		return;
	}
	*where = s * 1000;
	admin_ok(a);
}

static void cmd_keepalive(struct admin *a, char *args)
{
	set_ms(a, args, &a->srv->cfg.keepalive_ms);
	map_keepalives(a->srv);
}

static void cmd_ephemeral(struct admin *a, char *args)
{
	set_ms(a, args, &a->srv->cfg.ephemeral_ms);
}

static void cmd_key_expiry(struct admin *a, char *args)
{
	set_ms(a, args, &a->srv->cfg.key_expiry_ms);
}

static void cmd_min_capver(struct admin *a, char *args)
{
	a->srv->cfg.min_capver = atoi(admin_word(&args));
	admin_ok(a);
}

static void cmd_mode(struct admin *a, char *args)
{
	char *w = admin_word(&args);

	if (!strcmp(w, "headscale")) {
		a->srv->cfg.mode = SERVER_HEADSCALE;
		a->srv->cfg.min_capver = 113;
	} else if (!strcmp(w, "tailscale")) {
		a->srv->cfg.mode = SERVER_TAILSCALE;
		a->srv->cfg.min_capver = 0;
	} else {
		admin_error(a, "headscale or tailscale");
		return;
	}
	admin_ok(a);
}

static void cmd_bootstrap_dns(struct admin *a, char *args)
{
	json_t *v = admin_json(a, args);

	if (!v)
		return;
	json_decref(a->srv->bootstrap_dns);
	a->srv->bootstrap_dns = v;
	admin_ok(a);
}

static void cmd_stats(struct admin *a, char *args)
{
	struct server_stats *s = &a->srv->stats;

	if (!strcmp(admin_word(&args), "reset")) {
		memset(s, 0, sizeof(*s));
		admin_ok(a);
		return;
	}
#define SHOW(field)	admin_say(a, #field " %llu", (unsigned long long)s->field)
	SHOW(connections);
	SHOW(key_requests);
	SHOW(upgrades);
	SHOW(handshakes);
	SHOW(handshakes_bad);
	SHOW(requests);
	SHOW(registers);
	SHOW(registers_done);
	SHOW(followups);
	SHOW(logins);
	SHOW(map_streams);
	SHOW(map_resumes);
	SHOW(lite_updates);
	SHOW(one_shots);
	SHOW(rpcs);
	SHOW(ping_replies);
	SHOW(c2n_replies);
	SHOW(map_frames);
	SHOW(map_keepalives);
	SHOW(map_bytes);
	SHOW(map_json_bytes);
#undef SHOW
	admin_say(a, "open_connections %u", a->srv->n_conns);
	admin_ok(a);
}

static void cmd_rpcs(struct admin *a, char *args)
{
	size_t i;
	json_t *v;

	(void)args;
	json_array_foreach(a->srv->rpc_log, i, v)
		admin_say(a, "%s", json_string_value(v));
	admin_ok(a);
}

static void list_faults(struct admin *a, bool all)
{
	const struct fault *f;
	unsigned int i;

	for (i = 0; i < FAULT_COUNT; i++) {
		f = &a->srv->faults.of[i];
		if (all)
			admin_say(a, "%s -- %s", fault_name(i), fault_what(i));
		else if (f->on || f->hits)
			admin_say(a, "%s %s hits=%lu%s%s %s", fault_name(i),
				  f->on ? "on" : "off", f->hits,
				  *f->node ? " node=" : "", f->node, f->arg);
	}
	admin_ok(a);
}

static void cmd_fault(struct admin *a, char *args)
{
	char *name = admin_word(&args);
	enum fault_id id;

	if (!*name || !strcmp(name, "list")) {
		list_faults(a, *name);
		return;
	}
	if (!strcmp(name, "off")) {
		name = admin_word(&args);
		if (!*name) {
			fault_clear_all(&a->srv->faults);
			admin_ok(a);
			return;
		}
		id = fault_find(name);
		if (id != FAULT_COUNT)
			fault_clear(&a->srv->faults, id);
	} else {
		id = fault_find(name);
		if (id != FAULT_COUNT)
			fault_set(&a->srv->faults, id, args);
	}
	if (id == FAULT_COUNT)
		admin_error(a, "no fault %s; try fault list", name);
	else
		admin_ok(a);
}

static void cmd_key(struct admin *a, char *args)
{
	char text[KEY_TEXT_MAX];

	if (!strcmp(admin_word(&args), "new")) {
		randombytes_buf(a->srv->key, sizeof(a->srv->key));
		crypto_scalarmult_base(a->srv->pub, a->srv->key);
		a->srv->state_dirty = true;
	}
	admin_say(a, "%s", key_text("mkey", a->srv->pub, text));
	admin_ok(a);
}

static void cmd_quit(struct admin *a, char *args)
{
	(void)args;
	loop_stop(a->srv->loop);
	admin_ok(a);
}

const struct admin_command admin_set_commands[] = {
	{ "fault", "[list] | NAME [times=N] [node=LABEL] [ARG] | off [NAME]",
	  "misbehave; alone: what is set", cmd_fault },
	{ "mode", "headscale|tailscale", "whose habits it has", cmd_mode },
	{ "approve-machines", "on|off", "new machines wait for approve",
	  cmd_approve_machines },
	{ "auto-login", "on|off", "opening a login page finishes the login",
	  cmd_auto_login },
	{ "auto-routes", "on|off", "advertised routes need no approval",
	  cmd_auto_routes },
	{ "open", "on|off", "whoever registers is let in", cmd_open },
	{ "early", "on|off", "send the early payload", cmd_early },
	{ "resume", "on|off", "map sessions can be resumed", cmd_resume },
	{ "verbose", "on|off", "log requests", cmd_verbose },
	{ "keepalive", "SECONDS", "between keep-alives; 0 for none",
	  cmd_keepalive },
	{ "ephemeral", "SECONDS", "how long an ephemeral node outlives its poll",
	  cmd_ephemeral },
	{ "key-expiry", "SECONDS", "life of new node keys; 0 for ever",
	  cmd_key_expiry },
	{ "min-capver", "N", "older nodes are refused", cmd_min_capver },
	{ "bootstrap-dns", "JSON", "what /bootstrap-dns answers",
	  cmd_bootstrap_dns },
	{ "key", "[new]", "the server's Noise key, or another one", cmd_key },
	{ "stats", "[reset]", "counters", cmd_stats },
	{ "rpcs", "", "the last small RPCs", cmd_rpcs },
	{ "quit", "", "end the server", cmd_quit },
	{}
};
