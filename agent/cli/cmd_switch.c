// SPDX-License-Identifier: GPL-2.0-only
#include "cli/cmd_switch.h"

#include "base/array.h"
#include "base/tame.h"
#include "cli/cli.h"
#include "wire/json_put.h"
#include "wire/profile_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CELL_MAX 128	/* bytes of a cell; ours */
#define COLUMNS 3

/* How long a profile may take to come up before its state is told. */
#define SETTLE_MS 10000
#define LOOK_MS 200

static int parse_list(const json_t *array, struct err_detail *detail,
		      struct profile_list *list)
{
	size_t i, n = json_array_size(array);
	int r = 0;

	if (!json_is_array(array) || n > PROFILES_MAX)
		return err_explain(detail, TNE_LOCAL_JSON,
				   "the answer is no list of profiles");
	list->item = calloc(n + 1, sizeof(*list->item));
	if (!list->item)
		return -ENOMEM;
	for (i = 0; i < n && r == 0; i++) {
		r = profile_json_parse(json_array_get(array, i), detail,
				       &list->item[i]);
		if (r == 0)
			list->n++;
	}
	return r;
}

/* Ask for a document of any kind. */
static int ask(const struct cli *cli, const char *path, json_t **ret)
{
	struct client_answer answer __attribute__((cleanup(client_answer_cleanup))) = { 0 };
	struct err_detail detail = { "" };
	int code = cli_ask(cli, "GET", path, NULL, &answer);

	if (code >= 0)
		return code;
	*ret = json_loadb(answer.body, answer.len, 0, NULL);
	return *ret ? -1 : cli_fail(cli, TNE_LOCAL_JSON, &detail);
}

/* Return: below 0 to go on, else the exit code. */
static int get_list(const struct cli *cli, struct profile_list *ret)
{
	struct err_detail detail = { "" };
	json_t *array, *current;
	const char *id;
	int code = ask(cli, "profiles/", &array), r;
	size_t i;

	if (code >= 0)
		return code;
	r = parse_list(array, &detail, ret);
	json_decref(array);
	if (r < 0)
		return cli_fail(cli, r, &detail);
	code = ask(cli, "profiles/current", &current);
	if (code >= 0)
		return code;
	id = json_string_value(json_object_get(current, "ID"));
	ret->current = ret->n;
	for (i = 0; i < ret->n && id; i++) {
		if (strcmp(ret->item[i].id, id) == 0)
			ret->current = i;
	}
	json_decref(current);
	return -1;
}

static const char *tailnet_of(const struct profile *p)
{
	return *prefs_text(p->tailnet) ? p->tailnet : prefs_text(p->domain);
}

static int print_json(const struct profile_list *list)
{
	json_t *array = json_array(), *object;
	size_t i;
	int r = array ? 0 : -ENOMEM;

	for (i = 0; i < list->n && r == 0; i++) {
		const struct profile *p = &list->item[i];

		object = json_object();
		r = json_put_text(object, "id", p->id);
		if (r == 0)
			r = json_put_text(object, "nickname", p->name);
		if (r == 0)
			r = json_put_text(object, "tailnet", tailnet_of(p));
		if (r == 0)
			r = json_put_text(object, "account", p->user.login);
		if (r == 0)
			r = json_put(object, "selected",
				     json_boolean(i == list->current));
		if (r < 0)
			json_decref(object);
		else if (json_array_append_new(array, object) < 0)
			r = -ENOMEM;
	}
	if (r < 0) {
		json_decref(array);
		array = NULL;
	}
	return cli_print_json(array, false);
}

static void fill(char cell[COLUMNS][CELL_MAX], const char *id,
		 const char *tailnet, const char *account, const char *mark)
{
	size_t i;

	snprintf(cell[0], CELL_MAX, "%s", id);
	snprintf(cell[1], CELL_MAX, "%s", tailnet);
	snprintf(cell[2], CELL_MAX, "%s%s", account, mark);
	for (i = 0; i < COLUMNS; i++)
		tame_text(cell[i]);
}

static void fill_row(const struct profile_list *list, size_t i,
		     char cell[COLUMNS][CELL_MAX])
{
	const struct profile *p = &list->item[i];

	fill(cell, p->id, tailnet_of(p), prefs_text(p->user.login),
	     i == list->current ? "*" : "");
}

static int print_table(const struct profile_list *list)
{
	size_t width[COLUMNS] = { 2, 7, 7 }, i, c;
	char cell[COLUMNS][CELL_MAX];

	for (i = 0; i < list->n; i++) {
		fill_row(list, i, cell);
		for (c = 0; c < COLUMNS; c++) {
			if (strlen(cell[c]) > width[c])
				width[c] = strlen(cell[c]);
		}
	}
	printf("%-*s  %-*s  %s\n", (int)width[0], "ID", (int)width[1],
	       "Tailnet", "Account");
	for (i = 0; i < list->n; i++) {
		fill_row(list, i, cell);
		printf("%-*s  %-*s  %s\n", (int)width[0], cell[0],
		       (int)width[1], cell[1], cell[2]);
	}
	return CLI_OK;
}

/* What a word may mean, the best first; the first hit wins. */
static const char *meaning(const struct profile *p, unsigned int kind)
{
	switch (kind) {
	case 0:
		return p->id;
	case 1:
		return prefs_text(p->domain);
	case 2:
		return prefs_text(p->name);
	default:
		return prefs_text(p->tailnet);
	}
}

static const struct profile *find(const struct profile_list *list,
				  const char *word)
{
	unsigned int kind;
	size_t i;

	for (kind = 0; kind < 4; kind++) {
		for (i = 0; i < list->n; i++) {
			if (*word && !strcmp(meaning(&list->item[i], kind),
					     word))
				return &list->item[i];
		}
	}
	return NULL;
}

/* A profile that is logged in takes a moment. */
static int tell_state(const struct cli *cli)
{
	const struct timespec pause = { .tv_nsec = LOOK_MS * 1000000 };
	struct status status = { 0 };
	enum backend_state state;
	unsigned int ms;
	int code;

	for (ms = 0;; ms += LOOK_MS) {
		code = cli_status(cli, false, &status);
		if (code >= 0)
			return code;
		state = status.backend;
		status_done(&status);
		if (state == BACKEND_RUNNING) {
			puts("Success.");
			return CLI_OK;
		}
		if (state == BACKEND_NEEDS_LOGIN) {
			printf("Logged out.\nTo log in, run:\n  %s up\n",
			       cli->name);
			return CLI_OK;
		}
		if (state != BACKEND_STARTING || ms >= SETTLE_MS)
			break;
		nanosleep(&pause, NULL);
	}
	printf("Switched; the state is %s.\n", backend_state_name(state));
	return CLI_FAILED;
}

static int switch_to(const struct cli *cli, const struct profile_list *list,
		     const char *word)
{
	const struct profile *p = find(list, word);
	char path[sizeof("profiles/") + PROFILE_ID_LEN];
	int code;

	if (!p) {
		fprintf(stderr, "No profile named %s\n", word);
		return CLI_FAILED;
	}
	if (p == &list->item[list->current]) {
		fprintf(stderr, "Already on account %s\n", word);
		return CLI_OK;
	}
	snprintf(path, sizeof(path), "profiles/%s", p->id);
	code = cli_ask(cli, "POST", path, NULL, NULL);
	return code < 0 ? tell_state(cli) : code;
}

int cmd_switch(const struct cli *cli, int argc, char **argv)
{
	struct profile_list list auto_clean(profile_list) = { 0 };
	bool show = false, json = false;
	struct flag flags[] = {
		FLAG("list", FLAG_BOOL, &show, "show the profiles"),
		FLAG("json", FLAG_BOOL, &json, "as JSON, with --list"),
	};
	int next, code;

	code = cli_flags(cli, "switch --list | <profile>", flags,
			 ARRAY_SIZE(flags), argc, argv, &next);
	if (code >= 0)
		return code;
	if (!show && argc - next != 1) {
		fprintf(stderr, "Usage: %s switch --list | <profile>\n",
			cli->name);
		return CLI_FAILED;
	}
	if (show)
		code = cli_no_args(cli, argc, argv, next);
	if (code < 0)
		code = get_list(cli, &list);
	if (code >= 0)
		return code;
	if (show)
		return json ? print_json(&list) : print_table(&list);
	return switch_to(cli, &list, argv[next]);
}
