// SPDX-License-Identifier: GPL-2.0-only
#include "control/server_key.h"

#include "loop/fetch.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#define URL_MAX 1024	/* bytes */

/**
 * struct server_key - one request
 * @fetch: under way
 * @fn: told the end
 * @ctx: for @fn
 * @pinned: @pin is the only key that is taken
 * @pin: that key
 */
struct server_key {
	struct fetch *fetch;
	server_key_fn fn;
	void *ctx;
	bool pinned;
	struct machine_public pin;
};

/* The answer of servers from before Noise: 64 hexadecimal digits. */
static bool is_legacy(const uint8_t *body, size_t len)
{
	size_t i;

	while (len && isspace(body[len - 1]))
		len--;
	for (i = 0; i < len && isxdigit(body[i]); i++)
		;
	return len == 2 * KEY_LEN && i == len;
}

static int read_key(const json_t *root, struct err_detail *detail,
		    struct machine_public *ret)
{
	const json_t *value = json_object_get(root, "publicKey");
	struct machine_public key;

	if (!json_is_string(value) ||
	    key_text_parse_machine(json_string_value(value),
				   json_string_length(value), &key) < 0)
		return err_explain(detail, TNE_SERVER_KEY,
				   "the server's answer has no publicKey");
	if (machine_public_is_zero(&key))
		return err_explain(detail, TNE_SERVER_KEY,
				   "the server has no key for Noise");
	*ret = key;
	return 0;
}

int server_key_parse(const uint8_t *body, size_t len, struct err_detail *detail,
		     struct machine_public *ret)
{
	json_error_t error;
	json_t *root;
	int r;

	if (is_legacy(body, len))
		return err_explain(detail, TNE_SERVER_OLD, "%s",
				   err_text(TNE_SERVER_OLD));
	if (len == 0)
		return err_explain(detail, TNE_SERVER_KEY,
				   "the answer is empty: the server may not know this version");
	root = json_loadb((const char *)body, len, JSON_ALLOW_NUL, &error);
	if (!root)
		return err_explain(detail, TNE_SERVER_KEY,
				   "the server's answer is no JSON");
	r = read_key(root, detail, ret);
	json_decref(root);
	return r;
}

static int check_response(const struct server_key *request,
			  const struct fetch_response *response,
			  struct err_detail *detail, struct machine_public *ret)
{
	struct machine_public key;
	int r;

	if (response->status != 200)
		return err_explain(detail, TNE_SERVER_KEY,
				   "the server answers with status %d",
				   response->status);
	r = server_key_parse(response->body, response->body_len, detail, &key);
	if (r < 0)
		return r;
	if (request->pinned &&
	    memcmp(key.byte, request->pin.byte, KEY_LEN) != 0)
		return err_explain(detail, TNE_SERVER_KEY_PIN, "%s",
				   err_text(TNE_SERVER_KEY_PIN));
	*ret = key;
	return 0;
}

static void fetched(void *ctx, int err, const struct err_detail *detail,
		    const struct fetch_response *response)
{
	struct server_key request = *(struct server_key *)ctx;
	struct err_detail why = *detail;
	struct machine_public key;

	free(ctx);
	if (err == 0)
		err = check_response(&request, response, &why, &key);
	request.fn(request.ctx, err, &why, err < 0 ? NULL : &key);
}

static int build_url(const char *server_url, uint16_t version,
		     char ret[URL_MAX])
{
	size_t len = strlen(server_url);
	int n;

	while (len && server_url[len - 1] == '/')
		len--;
	if (len >= URL_MAX)
		return TNE_URL;
	n = snprintf(ret, URL_MAX, "%.*s/key?v=%u", (int)len, server_url,
		     version);
	return n < URL_MAX ? 0 : TNE_URL;
}

int server_key_fetch(struct transfers *transfers, const char *server_url,
		     const struct resolve_addr *addr, uint16_t version,
		     const struct machine_public *pin, server_key_fn fn,
		     void *ctx, struct server_key **ret)
{
	struct server_key *request;
	char url[URL_MAX];
	const struct fetch_request fetch = {
		.method = FETCH_GET,
		.url = url,
		.addr = addr,
		.body_max = SERVER_KEY_BODY_MAX,
		.redirects_max = addr ? 0 : SERVER_KEY_REDIRECTS_MAX,
		.timeout_ms = SERVER_KEY_TIMEOUT_MS,
	};
	int r;

	r = build_url(server_url, version, url);
	if (r < 0)
		return r;
	request = calloc(1, sizeof(*request));
	if (!request)
		return -ENOMEM;
	request->fn = fn;
	request->ctx = ctx;
	if (pin) {
		request->pinned = true;
		request->pin = *pin;
	}
	r = fetch_start(transfers, &fetch, fetched, request, &request->fetch);
	if (r < 0)
		free(request);
	else
		*ret = request;
	return r;
}

void server_key_cancel(struct server_key *request)
{
	if (!request)
		return;
	fetch_cancel(request->fetch);
	free(request);
}
