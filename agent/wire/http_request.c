// SPDX-License-Identifier: GPL-2.0-only
#include "wire/http_request.h"

#include "base/array.h"
#include "base/err.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *name;
	enum http_method method;
} methods[] = {
	{ "GET", HTTP_GET },
	{ "HEAD", HTTP_HEAD },
	{ "POST", HTTP_POST },
	{ "PUT", HTTP_PUT },
	{ "PATCH", HTTP_PATCH },
	{ "DELETE", HTTP_DELETE },
	{ "CONNECT", HTTP_CONNECT },
};

bool http_text_is(struct http_text text, const char *s)
{
	return strlen(s) == text.len && memcmp(text.s, s, text.len) == 0;
}

static bool same_name(struct http_text text, const char *s)
{
	return strlen(s) == text.len && strncasecmp(text.s, s, text.len) == 0;
}

/* Source: RFC 9110, section 5.6.2. */
static bool is_token(struct http_text text)
{
	size_t i;

	for (i = 0; i < text.len; i++) {
		unsigned char c = text.s[i];

		if (c >= 0x7f || !c ||
		    (!isalnum(c) && !strchr("!#$%&'*+-.^_`|~", c)))
			return false;
	}
	return text.len > 0;
}

/* A value or a target: nothing that moves the cursor, or ends a line. */
static bool is_visible(struct http_text text, bool spaces)
{
	size_t i;

	for (i = 0; i < text.len; i++) {
		unsigned char c = text.s[i];

		if (c == ' ' || c == '\t') {
			if (!spaces)
				return false;
		} else if (c < 0x21 || c == 0x7f || (!spaces && c >= 0x80)) {
			return false;
		}
	}
	return true;
}

static struct http_text trim(struct http_text text)
{
	while (text.len && strchr(" \t", text.s[0]) && text.s[0]) {
		text.s++;
		text.len--;
	}
	while (text.len && (text.s[text.len - 1] == ' ' ||
			    text.s[text.len - 1] == '\t'))
		text.len--;
	return text;
}

/* Up to @sep, which is dropped from the rest. */
static bool cut(struct http_text *rest, char sep, struct http_text *ret)
{
	const char *at = rest->len ? memchr(rest->s, sep, rest->len) : NULL;

	if (!at)
		return false;
	ret->s = rest->s;
	ret->len = at - rest->s;
	rest->len -= ret->len + 1;
	rest->s = at + 1;
	return true;
}

static enum http_method find_method(struct http_text name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		if (http_text_is(name, methods[i].name))
			return methods[i].method;
	}
	return HTTP_OTHER;
}

static int parse_target(struct http_text target, struct http_request *req)
{
	if (!target.len)
		return TNE_LOCAL_HTTP;
	/* Nobody here is a proxy, so no other form has a meaning. */
	if (req->method == HTTP_CONNECT) {
		req->path = target;
		return 0;
	}
	if (target.s[0] != '/' || memchr(target.s, '#', target.len))
		return TNE_LOCAL_HTTP;
	if (!cut(&target, '?', &req->path)) {
		req->path = target;
		target.len = 0;
	}
	req->query = target;
	return 0;
}

static int parse_start(struct http_text line, struct http_request *req)
{
	struct http_text method, target;

	if (!cut(&line, ' ', &method) || !is_token(method) ||
	    !cut(&line, ' ', &target) || !is_visible(target, false))
		return TNE_LOCAL_HTTP;
	req->method = find_method(method);
	if (http_text_is(line, "HTTP/1.1"))
		req->minor = 1;
	else if (http_text_is(line, "HTTP/1.0"))
		req->minor = 0;
	else
		return TNE_LOCAL_HTTP;
	return parse_target(target, req);
}

static int parse_header(struct http_text line, struct http_request *req)
{
	struct http_header *header;
	struct http_text name;

	/* Folded lines begin with white space, which is in no name. */
	if (!cut(&line, ':', &name) || !is_token(name))
		return TNE_LOCAL_HTTP;
	if (req->n_headers == HTTP_HEADERS_MAX)
		return TNE_TOO_LONG;
	header = &req->header[req->n_headers++];
	header->name = name;
	header->value = trim(line);
	return is_visible(header->value, true) ? 0 : TNE_LOCAL_HTTP;
}

const struct http_text *http_request_find(const struct http_request *req,
					  const char *name)
{
	size_t i;

	for (i = 0; i < req->n_headers; i++) {
		if (same_name(req->header[i].name, name))
			return &req->header[i].value;
	}
	return NULL;
}

static size_t count(const struct http_request *req, const char *name)
{
	size_t n = 0, i;

	for (i = 0; i < req->n_headers; i++)
		n += same_name(req->header[i].name, name);
	return n;
}

static int parse_number(struct http_text text, int base, uint64_t *ret)
{
	uint64_t number = 0;
	size_t i;

	/* 15 digits fit whatever the base is. */
	if (text.len == 0 || text.len > 15)
		return TNE_LOCAL_HTTP;
	for (i = 0; i < text.len; i++) {
		unsigned char c = text.s[i];

		if (base == 16 ? !isxdigit(c) : !isdigit(c))
			return TNE_LOCAL_HTTP;
		number = number * base +
			(isdigit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	*ret = number;
	return 0;
}

/* How long is the body? Two answers are the beginning of an attack. */
static int frame_body(struct http_request *req)
{
	const struct http_text *len = http_request_find(req, "Content-Length");
	const struct http_text *coding = http_request_find(req,
							   "Transfer-Encoding");

	if (count(req, "Content-Length") > 1 ||
	    count(req, "Transfer-Encoding") > 1 || (len && coding))
		return TNE_LOCAL_HTTP;
	if (coding) {
		if (!same_name(*coding, "chunked") || req->minor == 0)
			return TNE_LOCAL_HTTP;
		req->chunked = true;
	}
	return len ? parse_number(*len, 10, &req->body_len) : 0;
}

static bool has_word(const struct http_text *list, const char *word)
{
	struct http_text rest, item;

	if (!list)
		return false;
	for (rest = *list; rest.len;) {
		if (!cut(&rest, ',', &item)) {
			item = rest;
			rest.len = 0;
		}
		if (same_name(trim(item), word))
			return true;
	}
	return false;
}

static int interpret(struct http_request *req)
{
	const struct http_text *connection = http_request_find(req,
							       "Connection");
	const struct http_text *expect = http_request_find(req, "Expect");

	if (count(req, "Host") > 1 || count(req, "Connection") > 1)
		return TNE_LOCAL_HTTP;
	req->keep_alive = req->minor ? !has_word(connection, "close") :
		has_word(connection, "keep-alive");
	if (expect) {
		if (!same_name(*expect, "100-continue"))
			return TNE_LOCAL_HTTP;
		req->expect = true;
	}
	return frame_body(req);
}

/* A line up to CR LF; a lone one of either is no line end to anybody. */
static int take_line(struct http_text *rest, struct http_text *ret)
{
	struct http_text line;

	if (!cut(rest, '\n', &line))
		return -EAGAIN;
	if (line.len == 0 || line.s[line.len - 1] != '\r')
		return TNE_LOCAL_HTTP;
	line.len--;
	*ret = line;
	return 0;
}

int http_request_parse(const char *data, size_t len, struct http_request *ret,
		       size_t *ret_len)
{
	struct http_text rest = { .s = data, .len = len }, line;
	struct http_request *req = ret;
	int r;

	if (len > HTTP_HEAD_MAX)
		rest.len = HTTP_HEAD_MAX;
	memset(req, 0, sizeof(*req));
	r = take_line(&rest, &line);
	if (r == 0)
		r = parse_start(line, req);
	while (r == 0) {
		r = take_line(&rest, &line);
		if (r == 0 && line.len == 0)
			break;
		if (r == 0)
			r = parse_header(line, req);
	}
	if (r == -EAGAIN && len >= HTTP_HEAD_MAX)
		return TNE_TOO_LONG;
	if (r == 0)
		r = interpret(req);
	if (r == 0)
		*ret_len = rest.s - data;
	return r;
}

static int decode(struct http_text text, char *ret, size_t size)
{
	size_t n = 0, i;
	uint64_t c;

	for (i = 0; i < text.len; i++) {
		if (text.s[i] == '%') {
			if (text.len - i < 3 ||
			    parse_number((struct http_text){ text.s + i + 1, 2 },
					 16, &c) < 0 || c == 0)
				return TNE_LOCAL_HTTP;
			i += 2;
		} else {
			c = text.s[i] == '+' ? ' ' : (unsigned char)text.s[i];
		}
		if (n + 1 >= size)
			return TNE_LOCAL_HTTP;
		ret[n++] = c;
	}
	ret[n] = 0;
	return 1;
}

int http_query_find(struct http_text query, const char *name, char *ret,
		    size_t size)
{
	struct http_text item, key;

	while (query.len) {
		if (!cut(&query, '&', &item)) {
			item = query;
			query.len = 0;
		}
		if (!cut(&item, '=', &key)) {
			key = item;
			item.len = 0;
		}
		if (http_text_is(key, name))
			return decode(item, ret, size);
	}
	return 0;
}

int http_body_init(struct http_body *body, const struct http_request *req)
{
	memset(body, 0, sizeof(*body));
	body->chunked = req->chunked;
	body->max = HTTP_BODY_MAX;
	if (req->chunked)
		return 0;
	if (req->body_len > HTTP_BODY_MAX)
		return TNE_TOO_LONG;
	body->left = req->body_len;
	body->state = body->left ? HTTP_BODY_DATA : HTTP_BODY_DONE;
	return 0;
}

/* The next line of the chunks' own; @used grows by it. */
static int chunk_line(const char *data, size_t len, size_t *used,
		      struct http_text *ret)
{
	struct http_text rest = { .s = data + *used, .len = len - *used };
	size_t before;
	int r;

	if (rest.len > HTTP_CHUNK_LINE_MAX)
		rest.len = HTTP_CHUNK_LINE_MAX;
	before = rest.len;
	r = take_line(&rest, ret);
	if (r == -EAGAIN && before == HTTP_CHUNK_LINE_MAX)
		return TNE_LOCAL_HTTP;
	if (r == 0)
		*used += before - rest.len;
	return r;
}

static int chunk_size(struct http_body *body, struct http_text line)
{
	struct http_text size;
	int r;

	/* Extensions mean nothing to us. */
	if (!cut(&line, ';', &size))
		size = line;
	r = parse_number(trim(size), 16, &body->left);
	if (r < 0)
		return r;
	if (body->left > body->max - body->total)
		return TNE_TOO_LONG;
	body->state = body->left ? HTTP_BODY_DATA : HTTP_BODY_TRAILER;
	return 0;
}

static int body_data(struct http_body *body, const char *data, size_t len,
		     size_t *used, struct http_text *ret)
{
	size_t n = len - *used;

	if (n == 0)
		return -EAGAIN;
	if (n > body->left)
		n = body->left;
	*ret = (struct http_text){ .s = data + *used, .len = n };
	*used += n;
	body->left -= n;
	body->total += n;
	if (body->left == 0)
		body->state = body->chunked ? HTTP_BODY_CHUNK_END :
			HTTP_BODY_DONE;
	return 1;
}

int http_body_next(struct http_body *body, const char *data, size_t len,
		   size_t *ret_used, struct http_text *ret)
{
	struct http_text line;
	size_t used = 0;
	int r = 0;

	while (r == 0 && body->state != HTTP_BODY_DONE) {
		if (body->state == HTTP_BODY_DATA) {
			r = body_data(body, data, len, &used, ret);
			break;
		}
		r = chunk_line(data, len, &used, &line);
		if (r < 0)
			break;
		if (body->state == HTTP_BODY_SIZE)
			r = chunk_size(body, line);
		else if (body->state == HTTP_BODY_CHUNK_END)
			r = line.len ? TNE_LOCAL_HTTP : 0;
		else if (line.len == 0)
			body->state = HTTP_BODY_DONE;
		else
			r = TNE_LOCAL_HTTP;	/* trailers: nobody sends any */
		if (r == 0 && body->state == HTTP_BODY_CHUNK_END)
			body->state = HTTP_BODY_SIZE;
	}
	*ret_used = used;
	return r;
}
