// SPDX-License-Identifier: GPL-2.0-only
#include "wire/upgrade_http.h"

#include "base/buf.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <sodium.h>

#define PROTOCOL "tailscale-control-protocol"
#define BASE64_LEN (sodium_base64_ENCODED_LEN(CONTROL_INITIATION_LEN, \
					      sodium_base64_VARIANT_ORIGINAL))

int upgrade_http_build(const char *host, uint16_t port,
		       const uint8_t initiation[CONTROL_INITIATION_LEN],
		       struct buf *ret)
{
	bool six = strchr(host, ':') != NULL;
	char text[BASE64_LEN], request[1024];
	int len;

	sodium_bin2base64(text, sizeof(text), initiation,
			  CONTROL_INITIATION_LEN,
			  sodium_base64_VARIANT_ORIGINAL);
	len = snprintf(request, sizeof(request),
		       "POST /ts2021 HTTP/1.1\r\n"
		       "Host: %s%s%s:%u\r\n"
		       "Upgrade: " PROTOCOL "\r\n"
		       "Connection: upgrade\r\n"
		       "X-Tailscale-Handshake: %s\r\n"
		       "Content-Length: 0\r\n"
		       "\r\n",
		       six ? "[" : "", host, six ? "]" : "", port, text);
	if (len >= (int)sizeof(request))
		return TNE_TOO_LONG;
	return buf_add(ret, request, len);
}

/**
 * struct line - a line of the header, without its end
 * @p: not terminated
 * @len: bytes
 */
struct line {
	const char *p;
	size_t len;
};

static bool take_line(struct cursor *c, struct line *ret)
{
	const uint8_t *end = c->len ? memchr(c->p, '\n', c->len) : NULL;
	const uint8_t *start;

	if (!end)
		return false;
	ret->p = (const char *)c->p;
	ret->len = end - c->p;
	cursor_take(c, ret->len + 1, &start);
	if (ret->len && ret->p[ret->len - 1] == '\r')
		ret->len--;
	return true;
}

/* "HTTP/1.1 101 ..." */
static int parse_status(const struct line *line, int *ret)
{
	static const char version[] = "HTTP/1.";
	size_t at = sizeof(version) - 1;
	const char *p = line->p;
	int status = 0, i;

	if (line->len < at + 5 || memcmp(p, version, at) != 0 ||
	    (p[at] != '0' && p[at] != '1') || p[at + 1] != ' ' ||
	    (line->len > at + 5 && p[at + 5] != ' '))
		return TNE_HTTP_HEADER;
	for (i = 2; i < 5; i++) {
		if (p[at + i] < '0' || p[at + i] > '9')
			return TNE_HTTP_HEADER;
		status = status * 10 + p[at + i] - '0';
	}
	*ret = status;
	return 0;
}

/* Return: true and the value, if it is a line of that name. */
static bool value_of(const struct line *line, const char *name,
		     struct line *ret)
{
	size_t len = strlen(name);

	if (line->len <= len || line->p[len] != ':' ||
	    strncasecmp(line->p, name, len) != 0)
		return false;
	ret->p = line->p + len + 1;
	ret->len = line->len - len - 1;
	while (ret->len && (*ret->p == ' ' || *ret->p == '\t')) {
		ret->p++;
		ret->len--;
	}
	while (ret->len && (ret->p[ret->len - 1] == ' ' ||
			    ret->p[ret->len - 1] == '\t'))
		ret->len--;
	return true;
}

static bool is_field(const struct line *line)
{
	const char *colon = memchr(line->p, ':', line->len);

	return colon && colon != line->p && !memchr(line->p, 0, line->len) &&
	       *line->p != ' ' && *line->p != '\t';
}

static int check(int status, bool upgrades, struct err_detail *detail)
{
	if (status == 101 && upgrades)
		return 0;
	if (status == 101)
		return err_explain(detail, TNE_UPGRADE,
				   "the server changes to another protocol");
	return err_explain(detail, TNE_UPGRADE,
			   "the server answers with status %d", status);
}

int upgrade_http_parse(struct cursor *in, struct err_detail *detail)
{
	struct cursor c = *in;
	struct line line, value;
	bool upgrades = false;
	int status, r;

	if (c.len > UPGRADE_HEADER_MAX)
		c.len = UPGRADE_HEADER_MAX;
	if (!take_line(&c, &line))
		goto more;
	r = parse_status(&line, &status);
	if (r < 0)
		return err_explain(detail, r, "%s", err_text(r));
	for (;;) {
		if (!take_line(&c, &line))
			goto more;
		if (line.len == 0)
			break;
		if (!is_field(&line))
			return err_explain(detail, TNE_HTTP_HEADER, "%s",
					   err_text(TNE_HTTP_HEADER));
		if (value_of(&line, "upgrade", &value) &&
		    value.len == strlen(PROTOCOL) &&
		    memcmp(value.p, PROTOCOL, value.len) == 0)
			upgrades = true;
	}
	r = check(status, upgrades, detail);
	if (r < 0)
		return r;
	in->len -= c.p - in->p;
	in->p = c.p;
	return 0;
more:
	if (in->len >= UPGRADE_HEADER_MAX)
		return err_explain(detail, TNE_TOO_LONG, "%s",
				   "the server's header is too long");
	return -EAGAIN;
}
