// SPDX-License-Identifier: GPL-2.0-only
#include "localapi/api_lock.h"

#include "localapi/api.h"
#include "wire/lock_link.h"
#include "wire/lock_local.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LOG_DEFAULT 50		/* updates; the reference's */
#define KEY_ID_MAX 2048		/* bytes; the reference's */
/* What asks the control server is as dear as so many requests; ours. */
#define ASK_CHARGE 10
/* So many peers are as dear as a request of the usual kind; ours. */
#define PEERS_PER_REQUEST 100

enum later_kind {
	LATER_STATUS,	/* the state of the lock */
	LATER_SIGS,	/* a list of signatures */
	LATER_OK,	/* nothing, 200 */
	LATER_EMPTY,	/* nothing, 204 */
};

/**
 * struct later - an answer that waits for the control server
 * @api: the API
 * @x: exchange; NULL when the client has gone
 * @kind: of the answer
 */
struct later {
	struct api *api;
	struct http_exchange *x;
	enum later_kind kind;
};

static const struct node_lock_api *lock_of(struct api_call *call)
{
	return call->api->config.node->lock;
}

static void *node_of(struct api_call *call)
{
	return call->api->config.node_ctx;
}

static int status_of(int err)
{
	switch (err) {
	case -EPERM:
		return 403;
	case TNE_JSON:
	case TNE_JSON_VALUE:
	case TNE_TOO_LONG:
	case TNE_CBOR:
		return 400;
	}
	return 500;
}

static void reply_failure(struct api_call *call, int err,
			  const struct err_detail *detail)
{
	api_reply_text(call, status_of(err), api_explain(err, detail));
}

/* @text: moved */
static void reply_built(struct api_call *call, int r, struct secret_buf *text)
{
	if (r < 0)
		api_reply_text(call, 500, err_text(r));
	else
		http_reply(call->x, 200, "application/json", text->data,
			   text->len);
	secret_buf_done(text);
}

static void reply_bytes(struct api_call *call, struct bytes bytes)
{
	http_reply(call->x, 200, "application/octet-stream", bytes.data,
		   bytes.len);
}

static void reply_ok(struct api_call *call)
{
	http_reply(call->x, 200, "text/plain; charset=utf-8", "", 0);
}

void api_lock_status(struct api_call *call)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct secret_buf text = { 0 };
	struct lock_status status;
	int r = mem ? lock_of(call)->status(node_of(call), mem, &status) :
		      -ENOMEM;

	if (r == 0)
		r = lock_local_status_build(&status, &text);
	/* The loop has other things to do as well. */
	if (r == 0)
		http_exchange_charge(call->x, (status.n_visible +
					       status.n_filtered) /
					      PEERS_PER_REQUEST);
	reply_built(call, r, &text);
}

/* Answers that come later */

static void on_gone(void *ctx)
{
	struct later *later = ctx;

	later->x = NULL;
}

static void reply_later(struct api_call *call, enum later_kind kind,
			const struct bytes *list, size_t n)
{
	struct secret_buf text = { 0 };
	int r;

	switch (kind) {
	case LATER_STATUS:
		api_lock_status(call);
		return;
	case LATER_SIGS:
		r = lock_local_sigs_build(list, n, &text);
		reply_built(call, r, &text);
		return;
	case LATER_OK:
		reply_ok(call);
		return;
	case LATER_EMPTY:
		api_reply_empty(call);
		return;
	}
}

static void on_done(void *ctx, int err, const struct err_detail *detail,
		    const struct bytes *list, size_t n)
{
	struct later *later = ctx;
	struct api_call call = { .api = later->api, .x = later->x };

	if (call.x && err < 0)
		reply_failure(&call, err, detail);
	else if (call.x)
		reply_later(&call, later->kind, list, n);
	free(later);
}

/* Return: for a command; NULL without memory, and then it is answered. */
static struct later *wait_later(struct api_call *call, enum later_kind kind,
				struct node_lock_call *ret)
{
	struct later *later = malloc(sizeof(*later));

	if (!later) {
		api_reply_text(call, 500, err_text(-ENOMEM));
		return NULL;
	}
	http_exchange_charge(call->x, ASK_CHARGE);
	*later = (struct later){ .api = call->api, .x = call->x,
				 .kind = kind };
	*ret = (struct node_lock_call){ .done = on_done, .ctx = later };
	return later;
}

/* @r: what the command has returned */
static void begun(struct api_call *call, struct later *later, int r,
		  const struct err_detail *detail)
{
	if (r == 0) {
		http_exchange_on_close(call->x, on_gone, later);
		return;
	}
	free(later);
	reply_failure(call, r, detail);
}

void api_lock_init(struct api_call *call)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct err_detail detail = { "" };
	struct lock_local_init init;
	struct node_lock_call done;
	struct later *later = wait_later(call, LATER_STATUS, &done);
	int r = -ENOMEM;

	if (!later)
		return;
	if (mem)
		r = lock_local_init_parse(call->body.s, call->body.len, mem,
					  &detail, &init);
	if (r == 0)
		r = lock_of(call)->init(node_of(call), &init, &done, &detail);
	begun(call, later, r, &detail);
}

void api_lock_sign(struct api_call *call)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct err_detail detail = { "" };
	struct lock_local_sign sign;
	struct node_lock_call done;
	struct later *later = wait_later(call, LATER_OK, &done);
	int r = -ENOMEM;

	if (!later)
		return;
	if (mem)
		r = lock_local_sign_parse(call->body.s, call->body.len, mem,
					  &detail, &sign);
	if (r == 0)
		r = lock_of(call)->sign(node_of(call), &sign, &done, &detail);
	begun(call, later, r, &detail);
}

void api_lock_modify(struct api_call *call)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct err_detail detail = { "" };
	struct lock_local_modify modify;
	struct node_lock_call done;
	struct later *later = wait_later(call, LATER_EMPTY, &done);
	int r = -ENOMEM;

	if (!later)
		return;
	if (mem)
		r = lock_local_modify_parse(call->body.s, call->body.len, mem,
					    &detail, &modify);
	if (r == 0)
		r = lock_of(call)->modify(node_of(call), &modify, &done,
					  &detail);
	begun(call, later, r, &detail);
}

static struct bytes body_of(struct api_call *call)
{
	return (struct bytes){ .data = (const uint8_t *)call->body.s,
			       .len = call->body.len };
}

static void pass_body(struct api_call *call, enum later_kind kind,
		      int (*command)(void *node, struct bytes body,
				     const struct node_lock_call *done,
				     struct err_detail *detail))
{
	struct err_detail detail = { "" };
	struct node_lock_call done;
	struct later *later = wait_later(call, kind, &done);

	if (later)
		begun(call, later, command(node_of(call), body_of(call), &done,
					   &detail), &detail);
}

void api_lock_disable(struct api_call *call)
{
	pass_body(call, LATER_OK, lock_of(call)->disable);
}

void api_lock_submit(struct api_call *call)
{
	pass_body(call, LATER_OK, lock_of(call)->submit);
}

void api_lock_affected(struct api_call *call)
{
	if (call->body.len == 0 || call->body.len > KEY_ID_MAX) {
		api_reply_text(call, 400, "the body is not the id of a key");
		return;
	}
	pass_body(call, LATER_SIGS, lock_of(call)->affected);
}

/* Answers at once */

void api_lock_log(struct api_call *call)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct secret_buf text = { 0 };
	struct lock_update *list = NULL;
	char limit[8] = "";
	size_t n = 0;
	int r;

	r = http_query_find(call->req->query, "limit", limit, sizeof(limit));
	if (r < 0 || strspn(limit, "0123456789") != strlen(limit)) {
		api_reply_text(call, 400, "invalid 'limit' parameter");
		return;
	}
	r = mem ? lock_of(call)->log(node_of(call), *limit ?
				     strtoul(limit, NULL, 10) : LOG_DEFAULT,
				     mem, &list, &n) : -ENOMEM;
	if (r == -ENODATA) {
		api_reply_text(call, 500, "the tailnet lock is not enabled");
		return;
	}
	if (r == 0)
		r = lock_local_log_build(list, n, &text);
	reply_built(call, r, &text);
}

void api_lock_local_disable(struct api_call *call)
{
	struct err_detail detail = { "" };
	int r;

	/* A slip of the finger is no object. */
	if (!call->body.len || call->body.s[0] != '{') {
		api_reply_text(call, 400, "the body has to be {}");
		return;
	}
	r = lock_of(call)->local_disable(node_of(call), &detail);
	if (r < 0)
		reply_failure(call, r, &detail);
	else
		reply_ok(call);
}

void api_lock_wrap(struct api_call *call)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct lock_local_wrap wrap = { .seed = secret32_new() };
	struct secret_buf text = { 0 };
	struct err_detail detail = { "" };
	int r = -ENOMEM;

	if (mem && wrap.seed)
		r = lock_local_wrap_parse(call->body.s, call->body.len, mem,
					  &detail, &wrap);
	if (r == 0)
		r = lock_of(call)->wrap(node_of(call), wrap.auth_key,
					wrap.seed, &wrap.public, &text,
					&detail);
	if (r < 0)
		reply_failure(call, r, &detail);
	else
		http_reply(call->x, 200, "text/plain; charset=utf-8",
			   text.data, text.len);
	secret_buf_done(&text);
	secret32_free(wrap.seed);
}

void api_lock_recovery(struct api_call *call)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct lock_local_recovery recovery;
	struct err_detail detail = { "" };
	struct bytes update;
	int r = -ENOMEM;

	if (mem)
		r = lock_local_recovery_parse(call->body.s, call->body.len,
					      mem, &detail, &recovery);
	if (r == 0)
		r = lock_of(call)->recovery(node_of(call), &recovery, mem,
					    &update, &detail);
	if (r < 0)
		reply_failure(call, r, &detail);
	else
		reply_bytes(call, update);
}

void api_lock_cosign(struct api_call *call)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct err_detail detail = { "" };
	struct bytes update;
	int r = -ENOMEM;

	if (mem)
		r = lock_of(call)->cosign(node_of(call), body_of(call), mem,
					  &update, &detail);
	if (r < 0)
		reply_failure(call, r, &detail);
	else
		reply_bytes(call, update);
}

/* Return: 0, or why the link is not of our lock. */
static int check_link(struct api_call *call, const char *url,
		      struct arena *mem, struct err_detail *detail,
		      struct lock_link *ret)
{
	struct lock_link link = { 0 };
	uint64_t id = 0;
	int r = lock_of(call)->state_id(node_of(call), &id);

	if (r == -ENODATA)
		return err_explain(detail, r, "the tailnet lock is not enabled");
	r = lock_link_parse(url, mem, detail, &link);
	if (r == 0 && !lock_link_check(&link, id))
		r = err_explain(detail, TNE_URL, "its code is not that of this tailnet lock");
	if (r == 0)
		*ret = link;
	return r;
}

void api_lock_verify_link(struct api_call *call)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct err_detail detail = { "" };
	struct lock_link link = { 0 };
	struct secret_buf text = { 0 };
	const char *url;
	int r = -ENOMEM;

	if (mem)
		r = lock_link_url_parse(call->body.s, call->body.len, mem,
					&detail, &url);
	if (r < 0) {
		reply_failure(call, r, &detail);
		return;
	}
	r = check_link(call, url, mem, &detail, &link);
	reply_built(call, lock_link_build(&link, r < 0 ? detail.text : "",
					  &text), &text);
}
