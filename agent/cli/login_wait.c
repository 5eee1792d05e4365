// SPDX-License-Identifier: GPL-2.0-only
#include "cli/login_wait.h"

#include "cli/qr.h"
#include "model/up_rules.h"
#include "wire/json_put.h"
#include "wire/local_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WAIT_STEP_MS 86400000	/* fits into an int */

/**
 * struct waiting - what has come so far
 * @cli: the run
 * @how: how to wait
 * @url: address that was shown, or NULL
 * @approval: the text about approval was shown
 * @running: the node runs
 * @key_changed: it has another key
 */
struct waiting {
	const struct cli *cli;
	const struct login_wait *how;
	char *url;
	bool approval;
	bool running;
	bool key_changed;
};

static void print_object(const char *name, const char *value,
			 const char *state, bool tabs)
{
	json_t *object = json_object();
	int r = json_put_some_text(object, name, value);

	if (r == 0)
		r = json_put_some_text(object, "BackendState", state);
	if (r == 0)
		cli_print_json(object, tabs);
	else
		json_decref(object);
	fflush(stdout);
}

/* Both ways: people read one, programs the other. */
static int fail(const struct cli *cli, const struct login_wait *how, int err,
		const struct err_detail *detail)
{
	if (how->json)
		print_object("Error", detail->text[0] ? detail->text :
			     err_text(err), "NoState", false);
	return cli_fail(cli, err, detail);
}

/*
 * An address comes from the control server: it is shown as it is, so it must
 * not be able to do anything to the terminal.
 */
static bool is_printable(const char *url)
{
	for (; *url; url++) {
		if (*url <= 0x20 || *url >= 0x7f)
			return false;
	}
	return true;
}

static int show_url(struct waiting *w, const char *url)
{
	char *copy;

	if (w->url && strcmp(w->url, url) == 0)
		return 0;
	if (!is_printable(url))
		return -EINVAL;
	copy = strndup(url, strlen(url));
	if (!copy)
		return -ENOMEM;
	free(w->url);
	w->url = copy;
	if (w->how->json) {
		print_object("AuthURL", url, "NeedsLogin", true);
		return 0;
	}
	fprintf(stderr, "\nTo authenticate, visit:\n\n\t%s\n\n", url);
	/* Nice to have: the address itself is on the screen already. */
	if (w->how->qr)
		qr_print(url, stderr);
	return 0;
}

static void show_approval(struct waiting *w)
{
	const char *server = w->how->server;

	if (w->approval || w->how->quiet)
		return;
	w->approval = true;
	if (w->how->json)
		print_object("AuthURL", NULL, "NeedsMachineAuth", true);
	else if (up_same_server(server, ""))
		fputs("\nTo approve your machine, visit (as admin):\n\n\thttps://login.tailscale.com/admin\n\n",
		      stderr);
	else
		fprintf(stderr,
			"\nTo approve your machine, visit (as admin):\n\n\t%s/admin\n\n",
			server);
}

/* Return: exit code if it is over, below 0 to go on. */
static int take_message(struct waiting *w, const struct local_notify *msg)
{
	struct err_detail detail = { "" };

	if (msg->error && !w->how->quiet) {
		err_explain(&detail, TNE_LOCAL_JSON, "backend error: %s",
			    msg->error);
		return fail(w->cli, w->how, TNE_LOCAL_JSON, &detail);
	}
	if (msg->browse_to_url && !w->how->quiet &&
	    show_url(w, msg->browse_to_url) < 0) {
		err_explain(&detail, TNE_LOCAL_JSON,
			    "the control server gave an address that cannot be shown");
		return fail(w->cli, w->how, TNE_LOCAL_JSON, &detail);
	}
	if (msg->has_state && msg->state == BACKEND_NEEDS_MACHINE_AUTH)
		show_approval(w);
	if (msg->has_state)
		w->running = msg->state == BACKEND_RUNNING;
	if (msg->has_self_key &&
	    key_cmp_public(&msg->self_key, &w->how->old_key) != 0)
		w->key_changed = true;
	if (!w->running || (w->how->new_key && !w->key_changed))
		return -1;
	if (w->how->json)
		print_object("AuthURL", NULL, "Running", false);
	else if (w->url || w->approval)
		fputs("Success.\n", stderr);
	return CLI_OK;
}

static int parse_message(struct waiting *w, const char *line)
{
	struct err_detail detail = { "" };
	struct local_notify msg;
	json_t *object;
	int r = json_read_object(line, strlen(line), "a message", &detail,
				 &object), code;

	if (r == 0) {
		r = local_notify_parse(object, &detail, &msg);
		json_decref(object);
	}
	if (r < 0)
		return cli_fail(w->cli, r, &detail);
	code = take_message(w, &msg);
	local_notify_done(&msg);
	return code;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int explain_end(const struct cli *cli, const struct login_wait *how,
		       int r)
{
	struct err_detail detail = { "" };

	if (r == 0)
		err_explain(&detail, 0, "the agent has gone away");
	else if (r == -ETIMEDOUT)
		err_explain(&detail, 0,
			    "timeout waiting for %s to come up; check its health with: %s status",
			    cli->title, cli->name);
	return fail(cli, how, r == 0 ? -EPIPE : r, &detail);
}

int login_wait(const struct cli *cli, struct client_watch *watch,
	       const struct login_wait *how)
{
	struct waiting w = { .cli = cli, .how = how };
	int64_t until = now_ms() + how->timeout_ms, left;
	const char *line;
	int r, code = -1;

	while (code < 0) {
		left = until - now_ms();
		if (left < 0)
			left = 0;
		/* Whoever waits for weeks looks again now and then. */
		if (left > WAIT_STEP_MS)
			left = WAIT_STEP_MS;
		r = client_watch_next(watch, how->timeout_ms ? left : -1,
				      &line);
		if (r == -ETIMEDOUT && left == WAIT_STEP_MS)
			continue;
		code = r > 0 ? parse_message(&w, line) :
			explain_end(cli, how, r);
	}
	free(w.url);
	return code;
}
