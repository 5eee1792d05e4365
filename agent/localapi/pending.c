// SPDX-License-Identifier: GPL-2.0-only
#include "localapi/pending.h"

#include "base/secret.h"
#include "localapi/api.h"

#include <stdio.h>
#include <stdlib.h>

#define LINE_MAX_BYTES 512

/**
 * struct pending - a command that has not ended
 * @x: to be answered; NULL = the client has left
 */
struct pending {
	struct http_exchange *x;
};

static void client_left(void *ctx)
{
	struct pending *pending = ctx;

	pending->x = NULL;
}

struct pending *pending_new(struct api_call *call)
{
	struct pending *pending = calloc(1, sizeof(*pending));

	if (!pending)
		return NULL;
	pending->x = call->x;
	http_exchange_on_close(call->x, client_left, pending);
	return pending;
}

void pending_drop(struct pending *pending)
{
	if (pending->x)
		http_exchange_on_close(pending->x, NULL, NULL);
	free(pending);
}

static void reply(struct http_exchange *x, int status, const char *text)
{
	char line[LINE_MAX_BYTES];
	int n = snprintf(line, sizeof(line), "%.*s\n",
			 (int)sizeof(line) - 2, text);

	http_reply(x, status, "text/plain; charset=utf-8", line, n);
	secret_wipe(line, sizeof(line));
}

void pending_done(void *ctx, int err, const struct err_detail *detail,
		  const char *text)
{
	struct pending *pending = ctx;
	struct http_exchange *x = pending->x;

	pending_drop(pending);
	if (!x)
		return;
	if (err < 0)
		reply(x, err == TNE_RECOVERY_KEY ? 403 : 500,
		      api_explain(err, detail));
	else if (text)
		reply(x, 200, text);
	else
		http_reply(x, 204, NULL, NULL, 0);
}
