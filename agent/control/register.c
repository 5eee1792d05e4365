// SPDX-License-Identifier: GPL-2.0-only
#include "control/register.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "control/control_conn.h"
#include "crypto/key.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_AFTER_MAX 64	/* bytes kept of that header */

/**
 * struct registration - a wish, and how far it has come
 * @config: as given
 * @calls: as given
 * @server: where
 * @logout: the wish is to be forgotten
 * @interactive: a person asked for a new key
 * @auth_key: empty = none
 * @candidate: key that becomes ours once the server has taken it, or NULL
 * @is_taken: the server has taken @candidate, only we could not keep it
 * @key_is_fresh: @candidate was made since the last request without one
 * @to_resign: signature that the server wants made anew; empty = none
 * @resigned: it has asked for that once
 * @sig_mem: owns @to_resign
 * @url: that a person was sent to; "" = none
 * @n_urls: how many different ones
 * @conn: of the request under way
 * @keys: of it
 * @expired: of it
 * @stream: of it; NULL = none is under way
 * @status: of its answer
 * @retry_after: of its answer
 * @body: of its answer
 * @too_long: the body was
 * @no_memory: the body could not be kept
 */
struct registration {
	struct registration_config config;
	struct registration_calls calls;
	struct server_url server;
	bool logout;
	bool interactive;
	struct secret_buf auth_key;
	struct secret32 *candidate;
	bool is_taken;
	bool key_is_fresh;
	struct bytes to_resign;
	bool resigned;
	struct arena *sig_mem;
	char url[REGISTER_URL_MAX + 1];
	unsigned int n_urls;
	struct control_conn *conn;
	struct registration_keys keys;
	bool expired;
	struct h2_stream *stream;
	int status;
	char retry_after[RETRY_AFTER_MAX];
	struct buf body;
	bool too_long;
	bool no_memory;
};

int registration_new(const struct registration_config *config,
		     const struct registration_calls *calls,
		     struct registration **ret)
{
	struct registration *reg;
	int r;

	reg = calloc(1, sizeof(*reg));
	if (!reg)
		return -ENOMEM;
	r = server_url_parse(config->server_url, &reg->server);
	if (r < 0) {
		free(reg);
		return r;
	}
	reg->config = *config;
	reg->config.server_url = NULL;
	reg->calls = *calls;
	buf_init(&reg->body, REGISTER_JSON_MAX);
	*ret = reg;
	return 0;
}

static void forget_old_sig(struct registration *reg)
{
	arena_put(steal(reg->sig_mem));
	reg->to_resign = (struct bytes){ 0 };
	reg->resigned = false;
}

static void forget_wish(struct registration *reg)
{
	registration_cancel(reg);
	secret_buf_done(&reg->auth_key);
	secret32_free(steal(reg->candidate));
	forget_old_sig(reg);
	reg->logout = false;
	reg->interactive = false;
	reg->is_taken = false;
	reg->url[0] = 0;
	reg->n_urls = 0;
}

void registration_free(struct registration *reg)
{
	if (!reg)
		return;
	forget_wish(reg);
	buf_done(&reg->body);
	free(reg);
}

int registration_login(struct registration *reg, bool interactive,
		       const struct secret_buf *auth_key)
{
	struct secret_buf copy = { 0 };
	int r;

	if (auth_key && auth_key->len) {
		r = secret_buf_reserve(&copy, auth_key->len);
		if (r < 0)
			return r;
		memcpy(copy.data, auth_key->data, auth_key->len);
		copy.len = auth_key->len;
	}
	forget_wish(reg);
	reg->interactive = interactive;
	reg->auth_key = copy;
	return 0;
}

void registration_renew(struct registration *reg)
{
	registration_cancel(reg);
	reg->interactive = true;
}

bool registration_renews(const struct registration *reg)
{
	return reg->interactive && !reg->is_taken && !reg->expired &&
	       !node_public_is_zero(&reg->keys.node);
}

void registration_logout(struct registration *reg)
{
	forget_wish(reg);
	reg->logout = true;
}

void registration_restore(struct registration *reg, struct secret32 *key)
{
	forget_wish(reg);
	/* As if a person had asked for it: it is sent before the current one. */
	reg->interactive = true;
	reg->candidate = key;
	reg->is_taken = true;
	reg->key_is_fresh = true;
}

void registration_cancel(struct registration *reg)
{
	h2_cancel(steal(reg->stream));
	reg->conn = NULL;
	buf_done(&reg->body);
}

const char *registration_url(const struct registration *reg)
{
	return reg->url;
}

static int make_candidate(struct registration *reg)
{
	struct secret32 *key = secret32_new();

	if (!key)
		return -ENOMEM;
	key_make_private(key);
	secret32_free(reg->candidate);
	reg->candidate = key;
	reg->key_is_fresh = true;
	return 0;
}

/* Return: 0 or -ENOMEM. */
static int choose_key(struct registration *reg)
{
	const struct register_wish wish = {
		.has_key = !node_public_is_zero(&reg->keys.node),
		.has_candidate = reg->candidate,
		.logout = reg->logout,
		.followup = reg->url[0],
		.interactive = reg->interactive,
		.expired = reg->expired,
	};

	switch (register_choose_key(&wish)) {
	case REGISTER_KEY_CURRENT:
		secret32_free(steal(reg->candidate));
		reg->key_is_fresh = false;
		forget_old_sig(reg);
		return 0;
	case REGISTER_KEY_CANDIDATE:
		return 0;
	case REGISTER_KEY_FRESH:
		return make_candidate(reg);
	}
	return -EINVAL;
}

/*
 * What others need to let the key in. Without it the server may still take us:
 * then somebody else has to sign.
 */
static int sign_key(struct registration *reg, const struct node_public *key,
		    struct arena *mem, struct bytes *ret)
{
	const struct control_signer *signer = &reg->config.signer;
	int r = 0;

	if (reg->to_resign.len && signer->resign)
		r = signer->resign(signer->ctx, reg->to_resign, key, mem, ret);
	else if (reg->auth_key.len && signer->by_auth_key)
		r = signer->by_auth_key(signer->ctx, &reg->auth_key, key, mem,
					ret);
	if (r < 0)
		log_warning("control: the new node key is not signed: %s",
			    err_text(r));
	/* An auth key that is not what it says is of no use without, either. */
	return reg->to_resign.len && r != -ENOMEM ? 0 : r;
}

static int build_body(struct registration *reg, struct secret_buf *ret)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct register_request request = {
		.version = reg->config.version,
		.node_key = reg->keys.node,
		.old_node_key = reg->keys.old_node,
		.lock_key = reg->keys.lock,
		.followup = reg->url,
	};
	struct control_self self = { 0 };
	int r;

	if (!mem)
		return -ENOMEM;
	if (reg->candidate) {
		/* The server moves the record of the current key over. */
		if (!node_public_is_zero(&reg->keys.node))
			request.old_node_key = reg->keys.node;
		key_derive_public(reg->candidate, &request.node_key);
	}
	if (reg->auth_key.len)
		request.auth_key = &reg->auth_key;
	if (reg->logout)
		request.expiry = (struct timestamp){
			.set = true, .s = REGISTER_LOGOUT_EXPIRY_S,
		};
	if (!reg->logout) {
		r = sign_key(reg, &request.node_key, mem, &request.signature);
		if (r < 0)
			return r;
	}
	reg->config.self(reg->config.ctx, &self);
	request.hostinfo = self.hostinfo;
	return register_request_build(&request, ret);
}

static void on_response(void *ctx, const struct h2_response *response)
{
	struct registration *reg = ctx;

	reg->status = response->status;
	/* Cut short it is no time any more, which has a meaning, too. */
	snprintf(reg->retry_after, sizeof(reg->retry_after), "%s",
		 response->retry_after);
}

static void on_data(void *ctx, const uint8_t *data, size_t len)
{
	struct registration *reg = ctx;
	int r;

	if (reg->too_long || reg->no_memory)
		return;
	r = buf_add(&reg->body, data, len);
	reg->too_long = r == TNE_TOO_LONG;
	reg->no_memory = r == -ENOMEM;
}

static int send_request(struct registration *reg);

/* Tell the owner; may free the registration, so the last thing done. */
static void finish(struct registration *reg, struct register_action *action)
{
	struct secret32 *key = NULL;

	if (action->act == REGISTER_ACT_DONE) {
		key = steal(reg->candidate);
		forget_wish(reg);
	} else if (action->act == REGISTER_ACT_LEFT) {
		forget_wish(reg);
	}
	reg->calls.end(reg->calls.ctx, action, key);
}

static void fail(struct registration *reg, int err)
{
	struct register_action action = {
		.act = reg->logout ? REGISTER_ACT_LEFT : REGISTER_ACT_RETRY,
		.err = err,
	};

	finish(reg, &action);
}

static void go_on(struct registration *reg, int r)
{
	if (r == 0)
		r = send_request(reg);
	if (r < 0)
		fail(reg, r);
}

static void visit(struct registration *reg, const char *url)
{
	int r;

	snprintf(reg->url, sizeof(reg->url), "%s", url);
	reg->n_urls++;
	/* First of all the next request: @visit may free us. */
	r = send_request(reg);
	if (r < 0)
		fail(reg, r);
	else
		reg->calls.visit(reg->calls.ctx, url);
}

/* Of a new key, which the next request is made with. */
static int keep_old_sig(struct registration *reg,
			const struct register_response *response)
{
	struct arena *mem = arena_new();
	int r;

	if (!mem)
		return -ENOMEM;
	r = arena_bytes(mem, response->signature, &reg->to_resign);
	if (r < 0) {
		arena_put(mem);
		return r;
	}
	arena_put(reg->sig_mem);
	reg->sig_mem = mem;
	return make_candidate(reg);
}

static void act(struct registration *reg, struct register_action *action)
{
	switch (action->act) {
	case REGISTER_ACT_VISIT:
		visit(reg, action->response->auth_url);
		return;
	case REGISTER_ACT_NEW_KEY:
		reg->url[0] = 0;
		go_on(reg, make_candidate(reg));
		return;
	case REGISTER_ACT_RESIGN:
		reg->url[0] = 0;
		reg->resigned = true;
		go_on(reg, keep_old_sig(reg, action->response));
		return;
	case REGISTER_ACT_RETRY:
	case REGISTER_ACT_WAIT:
	case REGISTER_ACT_ASK:
	case REGISTER_ACT_DONE:
	case REGISTER_ACT_LEFT:
		finish(reg, action);
		return;
	}
}

static void on_end(void *ctx, int err)
{
	struct registration *reg = ctx;
	const struct register_attempt attempt = {
		.server = &reg->server,
		.logout = reg->logout,
		.fresh_key = reg->candidate && reg->key_is_fresh,
		.resigned = reg->resigned,
		.followup = reg->url,
		.n_urls = reg->n_urls,
	};
	const struct register_reply reply = {
		.err = err ? err : reg->no_memory ? -ENOMEM : 0,
		.status = reg->status,
		.retry_after = reg->retry_after,
		.body = (const char *)buf_data(&reg->body),
		.len = buf_len(&reg->body),
		.too_long = reg->too_long,
	};
	struct register_action action auto_clean(register_action);

	reg->stream = NULL;
	register_decide(&attempt, &reply,
			clock_wall(reg->config.clock).tv_sec,
			reg->config.random(reg->config.ctx), &action);
	buf_done(&reg->body);
	act(reg, &action);
}

static int send_request(struct registration *reg)
{
	struct secret_buf body auto_clean(secret_buf) = { 0 };
	static const struct h2_header header = {
		"content-type", "application/json",
	};
	const struct h2_stream_calls calls = {
		.response = on_response, .data = on_data, .end = on_end,
		.ctx = reg,
	};
	struct h2_request request = {
		.method = "POST", .path = "/machine/register",
		.headers = &header, .n_headers = 1,
	};
	int r;

	r = build_body(reg, &body);
	if (r < 0)
		return r;
	request.body = body.data;
	request.body_len = body.len;
	buf_done(&reg->body);
	reg->too_long = false;
	reg->no_memory = false;
	reg->status = 0;
	reg->retry_after[0] = 0;
	return control_conn_request(reg->conn, &request, &calls, &reg->stream);
}

int registration_send(struct registration *reg, struct control_conn *conn,
		      const struct registration_keys *keys, bool expired)
{
	int r;

	assert(!reg->stream);
	reg->keys = *keys;
	reg->expired = expired;
	reg->resigned = false;
	if (reg->logout && node_public_is_zero(&keys->node))
		return -EINVAL;
	r = choose_key(reg);
	if (r < 0)
		return r;
	reg->conn = conn;
	r = send_request(reg);
	if (r < 0)
		reg->conn = NULL;
	return r;
}
