// SPDX-License-Identifier: GPL-2.0-only
#include "loop/fetch.h"

#include "base/buf.h"
#include "loop/transfers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HEADER_MAX 65536	/* bytes, if the caller names no limit; ours */

/**
 * struct fetch - one request
 * @transfer: the part that libcurl does
 * @loop: where it runs
 * @fn: told the end
 * @ctx: for @fn
 * @method: GET, HEAD or POST
 * @url: where it is now, owned
 * @headers: owned
 * @request_body: owned
 * @redirects_left: that may be followed
 * @timer: longest time
 * @header_max: bytes
 * @header_len: bytes of header that came, of this answer and those before it
 * @body: what came
 * @too_long: a limit was the reason to stop
 * @retry_after: header of that name
 */
struct fetch {
	struct transfer transfer;
	struct loop *loop;
	fetch_fn fn;
	void *ctx;
	enum fetch_method method;
	char *url;
	struct curl_slist *headers;
	void *request_body;
	unsigned int redirects_left;
	struct loop_timer timer;
	size_t header_max;
	size_t header_len;
	struct buf body;
	bool too_long;
	char retry_after[64];
};

static void fetch_free(struct fetch *fetch)
{
	if (!fetch)
		return;
	transfer_done(&fetch->transfer);
	loop_timer_cancel(fetch->loop, &fetch->timer);
	curl_slist_free_all(fetch->headers);
	free(fetch->request_body);
	free(fetch->url);
	buf_done(&fetch->body);
	free(fetch);
}

DEFINE_CLEANUP(fetch, struct fetch *, fetch_free)

static void finish(struct fetch *fetch, int err,
		   const struct err_detail *detail)
{
	struct err_detail copy = { { 0 } };
	struct fetch_response response = {
		.retry_after = fetch->retry_after,
		.body = buf_data(&fetch->body),
		.body_len = buf_len(&fetch->body),
	};
	long status = 0;

	if (detail)
		copy = *detail;
	curl_easy_getinfo(fetch->transfer.easy, CURLINFO_RESPONSE_CODE,
			  &status);
	response.status = status;
	/* Nothing can end it twice, and @fn may look at the response. */
	loop_timer_cancel(fetch->loop, &fetch->timer);
	fetch->fn(fetch->ctx, err, &copy, err < 0 ? NULL : &response);
	fetch_free(fetch);
}

static size_t on_body(char *data, size_t size, size_t n, void *ctx)
{
	struct fetch *fetch = ctx;

	if (buf_add(&fetch->body, data, size * n) < 0) {
		fetch->too_long = true;
		return 0;
	}
	return size * n;
}

/* Keep the value of a line if its name is wanted. */
static void keep_header(const char *line, size_t len, const char *name,
			char *to, size_t size)
{
	size_t name_len = strlen(name);

	if (len <= name_len || line[name_len] != ':' ||
	    strncasecmp(line, name, name_len) != 0)
		return;
	line += name_len + 1;
	len -= name_len + 1;
	while (len && (*line == ' ' || *line == '\t')) {
		line++;
		len--;
	}
	while (len && strchr(" \t\r\n", line[len - 1]))
		len--;
	if (len >= size)
		return;
	memcpy(to, line, len);
	to[len] = 0;
}

static size_t on_header(char *line, size_t size, size_t n, void *ctx)
{
	struct fetch *fetch = ctx;
	size_t len = size * n;

	fetch->header_len += len;
	if (fetch->header_len > fetch->header_max) {
		fetch->too_long = true;
		return 0;
	}
	keep_header(line, len, "retry-after", fetch->retry_after,
		    sizeof(fetch->retry_after));
	return len;
}

/* Return: 1 if the way leads on, 0 if this is the answer, or an error. */
static int follow(struct fetch *fetch)
{
	const char *to = NULL;
	char *copy;
	int r;

	/* libcurl makes a relative one absolute. */
	curl_easy_getinfo(fetch->transfer.easy, CURLINFO_REDIRECT_URL, &to);
	if (!to || fetch->method == FETCH_POST)
		return 0;
	if (fetch->redirects_left == 0)
		return TNE_REDIRECT;
	if (strncasecmp(to, "https://", 8) != 0 &&
	    strncasecmp(fetch->url, "https://", 8) == 0)
		return TNE_REDIRECT;
	copy = strndup(to, strlen(to));
	if (!copy)
		return -ENOMEM;
	fetch->redirects_left--;
	free(fetch->url);
	fetch->url = copy;
	buf_done(&fetch->body);
	fetch->retry_after[0] = 0;
	r = transfer_start(&fetch->transfer, fetch->url);
	return r < 0 ? r : 1;
}

static void transferred(void *ctx, int err, const struct err_detail *detail)
{
	struct fetch *fetch = ctx;

	if (fetch->too_long)
		err = TNE_TOO_LONG;
	if (err == 0) {
		err = follow(fetch);
		detail = NULL;
		if (err == 1)
			return;
	}
	finish(fetch, err, detail);
}

static void timer_due(void *ctx)
{
	finish(ctx, -ETIMEDOUT, NULL);
}

static int copy_request(struct fetch *fetch,
			const struct fetch_request *request)
{
	struct curl_slist *list;
	size_t i;

	fetch->url = strndup(request->url, strlen(request->url));
	fetch->request_body = malloc(request->body_len + 1);
	if (!fetch->url || !fetch->request_body)
		return -ENOMEM;
	if (request->body_len)
		memcpy(fetch->request_body, request->body, request->body_len);
	/* libcurl would wait for a 100 before it sends a body. */
	fetch->headers = curl_slist_append(NULL, "Expect:");
	if (!fetch->headers)
		return -ENOMEM;
	for (i = 0; i < request->n_headers; i++) {
		list = curl_slist_append(fetch->headers, request->headers[i]);
		if (!list)
			return -ENOMEM;
	}
	return 0;
}

static void set_options(struct fetch *fetch,
			const struct fetch_request *request)
{
	CURL *easy = fetch->transfer.easy;

	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, fetch->headers);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, fetch);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, fetch);
	curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	switch (request->method) {
	case FETCH_GET:
		break;
	case FETCH_HEAD:
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
		break;
	case FETCH_POST:
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
				 (curl_off_t)request->body_len);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, fetch->request_body);
		break;
	}
}

int fetch_start(struct transfers *transfers,
		const struct fetch_request *request, fetch_fn fn, void *ctx,
		struct fetch **ret)
{
	struct fetch *fetch auto_clean(fetch) = calloc(1, sizeof(*fetch));
	int r;

	if (!fetch)
		return -ENOMEM;
	fetch->loop = transfers_loop(transfers);
	fetch->fn = fn;
	fetch->ctx = ctx;
	fetch->method = request->method;
	fetch->redirects_left = request->redirects_max;
	fetch->header_max = request->header_max ? request->header_max :
						  HEADER_MAX;
	buf_init(&fetch->body, request->body_max);
	loop_timer_init(&fetch->timer, timer_due, fetch);
	r = transfer_init(&fetch->transfer, transfers, transferred, fetch);
	if (r == 0)
		r = copy_request(fetch, request);
	if (r < 0)
		return r;
	set_options(fetch, request);
	if (request->addr)
		fetch->transfer.fixed = *request->addr;
	r = transfer_start(&fetch->transfer, fetch->url);
	if (r < 0)
		return r;
	loop_timer_set(fetch->loop, &fetch->timer, request->timeout_ms);
	*ret = steal(fetch);
	return 0;
}

void fetch_cancel(struct fetch *fetch)
{
	fetch_free(fetch);
}
