// SPDX-License-Identifier: GPL-2.0-only
#include "node/waiting.h"

#include "base/version.h"
#include "node/state_side.h"
#include "node/watchers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/**
 * struct waiting - the one that waits
 * @keeper: knows what for
 * @prefs: of nobody
 * @watchers: who is told
 * @warnings: of the last collect()
 * @list: where their texts come from
 */
struct waiting {
	struct keeper *keeper;
	struct prefs prefs;
	struct watchers watchers;
	struct notify_warning warnings[KEEPER_WARNINGS_MAX];
	struct keeper_warning list[KEEPER_WARNINGS_MAX];
};

static size_t collect(struct waiting *waiting)
{
	size_t i, n = keeper_find_warnings(waiting->keeper, waiting->list);

	for (i = 0; i < n; i++)
		waiting->warnings[i] = (struct notify_warning){
			.code = waiting->list[i].code,
			.severity = waiting->list[i].severity,
			.title = waiting->list[i].title,
			.text = waiting->list[i].text,
			.impacts = waiting->list[i].impacts,
		};
	return n;
}

int waiting_new(struct keeper *keeper, struct waiting **ret)
{
	struct waiting *waiting = calloc(1, sizeof(*waiting));

	if (!waiting)
		return -ENOMEM;
	waiting->keeper = keeper;
	prefs_init(&waiting->prefs);
	watchers_init(&waiting->watchers);
	*ret = waiting;
	return 0;
}

void waiting_free(struct waiting *waiting)
{
	if (!waiting)
		return;
	watchers_done(&waiting->watchers);
	prefs_done(&waiting->prefs);
	free(waiting);
}

void waiting_tell(struct waiting *waiting)
{
	struct notify msg = { .has_health = true };

	msg.n_warnings = collect(waiting);
	msg.warnings = waiting->warnings;
	watchers_tell(&waiting->watchers, &msg);
}

static int waiting_status(void *ctx, bool peers, struct status *ret)
{
	struct waiting *waiting = ctx;
	struct status status = { .backend = BACKEND_NO_STATE };
	size_t i, n = collect(waiting);
	int r = status_set_text(&status.version, VERSION_LONG);

	(void)peers;
	for (i = 0; i < n && r == 0; i++)
		r = str_list_add(&status.health, waiting->warnings[i].text,
				 strlen(waiting->warnings[i].text));
	if (r == 0)
		r = state_side_status(waiting->keeper, &status.rest);
	if (r < 0) {
		status_done(&status);
		return r;
	}
	*ret = status;
	return 0;
}

static const struct prefs *waiting_prefs(void *ctx)
{
	const struct waiting *waiting = ctx;

	return &waiting->prefs;
}

static void waiting_user(void *ctx, struct login_info *ret)
{
	(void)ctx;
	*ret = (struct login_info){ .login = "", .display = "", .node_id = "" };
}

/* The texts begin as the stock daemon's. */
static int refuse(struct waiting *waiting, const char *what,
		  struct err_detail *detail)
{
	size_t n = collect(waiting);

	return err_explain(detail, TNE_NOT_READY,
			   "cannot %s when state store is unhealthy%s%.300s",
			   what, n ? ": " : "",
			   n ? waiting->warnings[0].text : "");
}

static int refuse_start(void *ctx, struct err_detail *detail)
{
	return refuse(ctx, "start backend", detail);
}

/* Stuck is not: then only a person can help. */
static bool waiting_is_opening(void *ctx)
{
	const struct waiting *waiting = ctx;

	switch (keeper_phase(waiting->keeper)) {
	case KEEPER_ASKING:
	case KEEPER_WAITING:
		return true;
	case KEEPER_STUCK:
	case KEEPER_OPEN:
	case KEEPER_PHASES:
		break;
	}
	return false;
}

static int waiting_check_prefs(void *ctx, const struct prefs *prefs,
			       struct err_detail *detail)
{
	(void)prefs;
	return refuse_start(ctx, detail);
}

static int waiting_edit_prefs(void *ctx, const struct prefs_edit *edit,
			      struct err_detail *detail)
{
	(void)edit;
	return refuse_start(ctx, detail);
}

static int waiting_start(void *ctx, const struct node_start *start,
			 struct err_detail *detail)
{
	(void)start;
	return refuse_start(ctx, detail);
}

static int waiting_login(void *ctx, const struct secret_buf *auth_key,
			 struct err_detail *detail)
{
	(void)auth_key;
	return refuse(ctx, "log in", detail);
}

static int waiting_logout(void *ctx, struct err_detail *detail,
			  node_done_fn done, void *done_ctx)
{
	(void)done;
	(void)done_ctx;
	return refuse(ctx, "log out", detail);
}

static int waiting_watch(void *ctx, const struct node_watcher *w,
			 uint64_t *ret_id)
{
	struct waiting *waiting = ctx;

	return watchers_add(&waiting->watchers, w, ret_id);
}

static void waiting_unwatch(void *ctx, uint64_t id)
{
	struct waiting *waiting = ctx;

	watchers_remove(&waiting->watchers, id);
}

static size_t waiting_health(void *ctx, const struct notify_warning **ret)
{
	struct waiting *waiting = ctx;
	size_t n = collect(waiting);

	*ret = waiting->warnings;
	return n;
}

static int waiting_whois(void *ctx, const struct status *status,
			 const char *addr, struct node_whois *ret)
{
	(void)ctx;
	(void)status;
	(void)addr;
	(void)ret;
	return -ENOENT;
}

static int waiting_state_info(void *ctx, char **ret)
{
	const struct waiting *waiting = ctx;

	return state_side_dump(waiting->keeper, ret);
}

static int waiting_state_command(void *ctx, enum node_state_command command,
				 const char *arg, size_t len,
				 struct err_detail *detail, node_done_fn done,
				 void *done_ctx)
{
	const struct waiting *waiting = ctx;

	return state_side_command(waiting->keeper, command, arg, len, detail,
				  done, done_ctx);
}

const struct node_api *waiting_api(void)
{
	static const struct node_api api = {
		.status = waiting_status,
		.prefs = waiting_prefs,
		.user = waiting_user,
		.check_prefs = waiting_check_prefs,
		.edit_prefs = waiting_edit_prefs,
		.start = waiting_start,
		.login_interactive = waiting_login,
		.logout = waiting_logout,
		.watch = waiting_watch,
		.unwatch = waiting_unwatch,
		.health = waiting_health,
		.whois = waiting_whois,
		.is_opening = waiting_is_opening,
		.state_info = waiting_state_info,
		.state_command = waiting_state_command,
	};

	return &api;
}
