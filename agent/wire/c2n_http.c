// SPDX-License-Identifier: GPL-2.0-only
#include "wire/c2n_http.h"

#include "base/array.h"
#include "base/err.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define METHOD_MAX 16
#define TARGET_MAX 8192
#define LINE_MAX 16384

struct piece {
	const char *s;
	size_t len;
};

/* A line without its end, which is LF with or without CR. */
static bool take_line(struct piece *in, struct piece *ret)
{
	const char *eol = memchr(in->s, '\n', in->len);

	if (!eol || eol - in->s > LINE_MAX)
		return false;
	ret->s = in->s;
	ret->len = eol - in->s;
	in->len -= ret->len + 1;
	in->s = eol + 1;
	if (ret->len && ret->s[ret->len - 1] == '\r')
		ret->len--;
	return !memchr(ret->s, 0, ret->len);
}

static bool take_word(struct piece *in, struct piece *ret)
{
	const char *space = memchr(in->s, ' ', in->len);

	if (!space)
		return false;
	*ret = (struct piece){ in->s, space - in->s };
	in->len -= ret->len + 1;
	in->s = space + 1;
	return ret->len > 0;
}

static bool is_graphic(const struct piece *text)
{
	size_t i;

	for (i = 0; i < text->len; i++) {
		if ((unsigned char)text->s[i] <= ' ' ||
		    (unsigned char)text->s[i] >= 0x7f)
			return false;
	}
	return true;
}

static int parse_first(struct piece line, struct c2n_request *ret)
{
	struct piece method, target;
	const char *mark;

	if (!take_word(&line, &method) || !take_word(&line, &target) ||
	    method.len > METHOD_MAX || target.len > TARGET_MAX ||
	    !is_graphic(&method) || !is_graphic(&target) ||
	    *target.s != '/' || line.len != 8 ||
	    memcmp(line.s, "HTTP/1.", 7) != 0 ||
	    (line.s[7] != '0' && line.s[7] != '1'))
		return TNE_HTTP_SYNTAX;
	ret->method = method.s;
	ret->method_len = method.len;
	ret->path = target.s;
	ret->path_len = target.len;
	ret->query = target.s + target.len;
	mark = memchr(target.s, '?', target.len);
	if (mark) {
		ret->path_len = mark - target.s;
		ret->query = mark + 1;
		ret->query_len = target.len - ret->path_len - 1;
	}
	return 0;
}

static bool is_name(const struct piece *text, const char *name)
{
	return text->len == strlen(name) &&
	       strncasecmp(text->s, name, text->len) == 0;
}

static void trim(struct piece *text)
{
	while (text->len && (*text->s == ' ' || *text->s == '\t')) {
		text->s++;
		text->len--;
	}
	while (text->len && (text->s[text->len - 1] == ' ' ||
			     text->s[text->len - 1] == '\t'))
		text->len--;
}

static bool parse_length(const struct piece *text, size_t *ret)
{
	size_t i, n = 0;

	if (text->len == 0 || text->len > 9)
		return false;
	for (i = 0; i < text->len; i++) {
		if (text->s[i] < '0' || text->s[i] > '9')
			return false;
		n = n * 10 + (text->s[i] - '0');
	}
	*ret = n;
	return true;
}

/* Nanoseconds of a unit; 0 = there is none of that name. */
static double unit_ns(const struct piece *in, size_t *ret_len)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = {
		{ "ns", 1 },	  { "us", 1e3 },  { "\xc2\xb5s", 1e3 },
		{ "\xce\xbcs", 1e3 }, { "ms", 1e6 },  { "s", 1e9 },
		{ "m", 60e9 },	  { "h", 3600e9 },
	};
	size_t i, n;

	for (i = 0; i < ARRAY_SIZE(units); i++) {
		n = strlen(units[i].name);
		if (in->len >= n && memcmp(in->s, units[i].name, n) == 0) {
			*ret_len = n;
			return units[i].ns;
		}
	}
	return 0;
}

static bool take_number(struct piece *in, double *ret)
{
	double value = 0, scale = 1;
	bool point = false, any = false;

	for (; in->len; in->s++, in->len--) {
		if (*in->s == '.' && !point) {
			point = true;
			continue;
		}
		if (*in->s < '0' || *in->s > '9')
			break;
		any = true;
		if (point)
			scale /= 10;
		value = point ? value + (*in->s - '0') * scale :
			value * 10 + (*in->s - '0');
	}
	*ret = value;
	return any;
}

/* Source: Go time.ParseDuration; such as "1m30.5s". */
static bool parse_duration(struct piece in, uint32_t *ret_ms)
{
	double ns = 0, number, unit;
	size_t n;

	if (in.len == 0)
		return false;
	while (in.len) {
		if (!take_number(&in, &number))
			return false;
		unit = unit_ns(&in, &n);
		if (unit == 0)
			return false;
		ns += number * unit;
		in.s += n;
		in.len -= n;
	}
	*ret_ms = ns / 1e6 > C2N_TIMEOUT_MAX_MS ? C2N_TIMEOUT_MAX_MS :
		  (uint32_t)(ns / 1e6);
	return true;
}

struct fields {
	bool has_length;
	size_t length;
};

static int parse_field(struct piece line, struct c2n_request *request,
		       struct fields *fields)
{
	const char *colon = memchr(line.s, ':', line.len);
	struct piece name, value;
	uint32_t timeout_ms;
	size_t length;

	if (!colon || colon == line.s)
		return TNE_HTTP_SYNTAX;
	name = (struct piece){ line.s, colon - line.s };
	value = (struct piece){ colon + 1, line.len - name.len - 1 };
	trim(&value);
	if (!is_graphic(&name))
		return TNE_HTTP_SYNTAX;
	if (is_name(&name, "Transfer-Encoding"))
		return TNE_HTTP_SYNTAX;
	if (is_name(&name, "Content-Length")) {
		if (!parse_length(&value, &length) ||
		    (fields->has_length && fields->length != length))
			return TNE_HTTP_SYNTAX;
		fields->has_length = true;
		fields->length = length;
	}
	if (is_name(&name, "C2n-Handler-Timeout") &&
	    parse_duration(value, &timeout_ms) && timeout_ms > 0)
		request->timeout_ms = timeout_ms;
	return 0;
}

int c2n_request_parse(struct bytes data, struct c2n_request *ret)
{
	struct c2n_request request = { .timeout_ms = C2N_TIMEOUT_MS };
	struct piece in = { (const char *)data.data, data.len };
	struct fields fields = { 0 };
	struct piece line;
	size_t n;
	int r;

	if (data.len == 0 || !take_line(&in, &line))
		return TNE_HTTP_SYNTAX;
	r = parse_first(line, &request);
	if (r < 0)
		return r;
	for (n = 0;; n++) {
		if (!take_line(&in, &line) || n > C2N_FIELDS_MAX)
			return TNE_HTTP_SYNTAX;
		if (line.len == 0)
			break;
		r = parse_field(line, &request, &fields);
		if (r < 0)
			return r;
	}
	if (in.len != fields.length)
		return TNE_HTTP_SYNTAX;
	request.body = (struct bytes){ (const uint8_t *)in.s, in.len };
	*ret = request;
	return 0;
}

static const char *status_text(unsigned int status)
{
	switch (status) {
	case 200:
		return "OK";
	case 204:
		return "No Content";
	case 400:
		return "Bad Request";
	case 405:
		return "Method Not Allowed";
	case 500:
		return "Internal Server Error";
	case 501:
		return "Not Implemented";
	}
	return "Status";
}

int c2n_response_build(unsigned int status, const char *type, struct bytes body,
		       char **ret, size_t *ret_len)
{
	char length[48] = "";
	char *text;
	int n;

	/* There is never one with a 204. */
	if (status == 204)
		body.len = 0;
	else
		snprintf(length, sizeof(length), "Content-Length: %zu\r\n",
			 body.len);
	n = snprintf(NULL, 0, "HTTP/1.1 %u %s\r\n%s%s%s%sConnection: close\r\n\r\n",
		     status, status_text(status), type ? "Content-Type: " : "",
		     type ? type : "", type ? "\r\n" : "", length);
	text = malloc(n + 1 + body.len);
	if (!text)
		return -ENOMEM;
	sprintf(text, "HTTP/1.1 %u %s\r\n%s%s%s%sConnection: close\r\n\r\n",
		status, status_text(status), type ? "Content-Type: " : "",
		type ? type : "", type ? "\r\n" : "", length);
	if (body.len)
		memcpy(text + n, body.data, body.len);
	*ret = text;
	*ret_len = n + body.len;
	return 0;
}
