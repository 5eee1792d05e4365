// SPDX-License-Identifier: GPL-2.0-only
#include "localapi/api_debug.h"

#include "localapi/api.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void reply(struct api_call *call, const char *type,
		  int (*ask)(void *node, char **ret))
{
	char *text = NULL;
	int r;

	if (!ask) {
		api_reply_text(call, 501, "not built in yet");
		return;
	}
	r = ask(call->api->config.node_ctx, &text);
	if (r == -ENODATA)
		api_reply_text(call, 503, "there is no network map yet");
	else if (r < 0)
		api_reply_text(call, 500, err_text(r));
	else
		http_reply(call->x, 200, type, text, strlen(text));
	free(text);
}

void api_netmap(struct api_call *call)
{
	reply(call, "application/json", call->api->config.node->netmap);
}

void api_filter(struct api_call *call)
{
	reply(call, "text/plain; charset=utf-8",
	      call->api->config.node->filter);
}
