// SPDX-License-Identifier: GPL-2.0-only
/*
 * Texts of the control server that lead to something: addresses for people,
 * addresses to ask, waiting times, answers to a registration, requests to the
 * node.
 */
#include "control/c2n.h"
#include "control/ping.h"
#include "control/register_decide.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const struct server_url servers[] = {
	{ .https = true, .host = "controlplane.tailscale.com" },
	{ .https = true, .host = "h.example" },
	{ .https = false, .host = "10.0.0.1" },
};

static void fuzz_urls(const char *text)
{
	char path[PING_PATH_MAX];
	const char *c;
	size_t i;

	for (i = 0; i < 3; i++) {
		if (register_check_url(text, &servers[i]) == 0) {
			assert(strlen(text) <= REGISTER_URL_MAX);
			assert(!strncmp(text, "https://", 8) ||
			       (i == 2 && !strncmp(text, "http://", 7)));
			for (c = text; *c; c++)
				assert(*c > 0x20 && *c < 0x7f);
		}
		(void)ping_check_url(text, &servers[i]);
	}
	if (ping_url_path(text, path))
		assert(path[0] == '/' && !strchr(path, ' '));
}

static void fuzz_answer(const char *text, size_t len, uint32_t random)
{
	const struct register_attempt attempt = {
		.server = &servers[random % 3], .followup = "",
		.fresh_key = random & 8, .logout = random & 16,
	};
	const struct register_reply reply = {
		.status = random & 32 ? 429 : 200, .retry_after = text,
		.body = text, .len = len,
	};
	struct register_action action;

	register_decide(&attempt, &reply, 784111777, random, &action);
	assert(!attempt.logout || action.act == REGISTER_ACT_LEFT);
	assert(action.wait_ms <= REGISTER_BUSY_MAX_S * 1000ULL);
	if (action.act == REGISTER_ACT_VISIT)
		assert(register_check_url(action.response->auth_url,
					  attempt.server) == 0);
	register_action_done(&action);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1), *answer;
	size_t answer_len;

	if (!text)
		return 0;
	if (len)
		memcpy(text, data, len);
	text[len] = 0;
	fuzz_urls(text);
	fuzz_answer(text, len, len ? data[0] : 0);
	if (c2n_answer((struct bytes){ data, len }, &answer,
		       &answer_len) == 0) {
		assert(answer_len > 12 && !memcmp(answer, "HTTP/1.1 ", 9));
		free(answer);
	}
	free(text);
	return 0;
}
