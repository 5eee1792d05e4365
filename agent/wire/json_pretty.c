// SPDX-License-Identifier: GPL-2.0-only
#include "wire/json_pretty.h"

#include "base/array.h"

#include <string.h>

/**
 * struct pretty - a text being laid out
 * @in: next character
 * @end: behind the last one
 * @indent: for each level
 * @depth: levels
 * @out: where to
 */
struct pretty {
	const char *in;
	const char *end;
	const char *indent;
	size_t depth;
	struct secret_buf *out;
};

static int put(struct pretty *p, const char *s, size_t len)
{
	int r = secret_buf_reserve(p->out, len);

	if (r < 0)
		return r;
	memcpy(p->out->data + p->out->len, s, len);
	p->out->len += len;
	return 0;
}

static int put_line(struct pretty *p)
{
	size_t i;
	int r = put(p, "\n", 1);

	for (i = 0; i < p->depth && r == 0; i++)
		r = put(p, p->indent, strlen(p->indent));
	return r;
}

/* A character inside of a text, or an escape. */
static int put_char(struct pretty *p)
{
	static const struct {
		const char *from;
		const char *to;
	} other[] = {
		{ "<", "\\u003c" }, { ">", "\\u003e" }, { "&", "\\u0026" },
		{ "\xe2\x80\xa8", "\\u2028" }, { "\xe2\x80\xa9", "\\u2029" },
		{ "\\u0008", "\\b" }, { "\\u0009", "\\t" },
		{ "\\u000a", "\\n" }, { "\\u000c", "\\f" },
		{ "\\u000d", "\\r" },
	};
	size_t i, len, left = p->end - p->in;
	int r;

	for (i = 0; i < ARRAY_SIZE(other); i++) {
		len = strlen(other[i].from);
		if (len > left || memcmp(p->in, other[i].from, len) != 0)
			continue;
		p->in += len;
		return put(p, other[i].to, strlen(other[i].to));
	}
	len = *p->in == '\\' && left > 1 ? 2 : 1;
	r = put(p, p->in, len);
	p->in += len;
	return r;
}

static int put_text(struct pretty *p)
{
	int r = put(p, p->in++, 1);

	while (r == 0 && p->in < p->end && *p->in != '"')
		r = put_char(p);
	if (r < 0 || p->in == p->end)
		return r;
	return put(p, p->in++, 1);
}

static int put_open(struct pretty *p)
{
	int r = put(p, p->in++, 1);

	if (r < 0 || p->in == p->end)
		return r;
	/* One without contents stays as it is. */
	if (*p->in == '}' || *p->in == ']')
		return put(p, p->in++, 1);
	p->depth++;
	return put_line(p);
}

static int put_close(struct pretty *p)
{
	int r;

	if (p->depth)
		p->depth--;
	r = put_line(p);
	return r < 0 ? r : put(p, p->in++, 1);
}

static int put_next(struct pretty *p)
{
	int r;

	switch (*p->in) {
	case '"':
		return put_text(p);
	case '{':
	case '[':
		return put_open(p);
	case '}':
	case ']':
		return put_close(p);
	case ',':
		r = put(p, p->in++, 1);
		return r < 0 ? r : put_line(p);
	case ':':
		p->in++;
		return put(p, ": ", 2);
	}
	return put(p, p->in++, 1);
}

int json_pretty(const struct secret_buf *text, const char *indent,
		struct secret_buf *ret)
{
	struct pretty p = {
		.in = text->data,
		.end = text->data + text->len,
		.indent = indent,
		.out = ret,
	};
	int r = 0;

	while (r == 0 && p.in < p.end)
		r = put_next(&p);
	return r;
}

int json_pretty_end(struct json_out *out, const char *indent, const char *end,
		    struct secret_buf *ret)
{
	struct secret_buf text = { 0 }, done = { 0 };
	int r = json_out_end(out, &text);

	if (r == 0)
		r = json_pretty(&text, indent, &done);
	if (r == 0)
		r = secret_buf_reserve(&done, strlen(end));
	secret_buf_done(&text);
	if (r < 0) {
		secret_buf_done(&done);
		return r;
	}
	memcpy(done.data + done.len, end, strlen(end));
	done.len += strlen(end);
	*ret = done;
	return 0;
}
