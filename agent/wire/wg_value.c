// SPDX-License-Identifier: GPL-2.0-only
#include "wire/wg_value.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SHOWN_MAX 200	/* bytes of outside text in a message */

static int refuse(struct err_detail *detail, int err, const char *what,
		  struct wg_text text)
{
	int shown = text.len < SHOWN_MAX ? text.len : SHOWN_MAX;

	return err_explain(detail, err, "%s: `%.*s'", what, shown, text.s);
}

bool wg_text_is(struct wg_text text, const char *word)
{
	return text.len == strlen(word) &&
	       strncasecmp(text.s, word, text.len) == 0;
}

/* Digits only: no sign, no space, nothing behind them. */
static bool parse_uint(struct wg_text text, unsigned int base, uint32_t max,
		       uint32_t *ret)
{
	uint64_t value = 0;
	size_t i;

	if (text.len == 0)
		return false;
	for (i = 0; i < text.len; i++) {
		unsigned char c = text.s[i];
		unsigned int digit;

		if (isdigit(c))
			digit = c - '0';
		else if (base == 16 && isxdigit(c))
			digit = tolower(c) - 'a' + 10;
		else
			return false;
		value = value * base + digit;
		if (value > max)
			return false;
	}
	*ret = value;
	return true;
}

int wg_parse_port(struct wg_text text, struct err_detail *detail,
		  uint16_t *ret)
{
	uint32_t value;

	if (!parse_uint(text, 10, UINT16_MAX, &value))
		return refuse(detail, TNE_CONF_SYNTAX, "Port is not 0-65535",
			      text);
	*ret = value;
	return 0;
}

int wg_parse_fwmark(struct wg_text text, struct err_detail *detail,
		    uint32_t *ret)
{
	struct wg_text digits = text;
	unsigned int base = 10;

	if (wg_text_is(text, "off")) {
		*ret = 0;
		return 0;
	}
	if (text.len > 2 && text.s[0] == '0' && text.s[1] == 'x') {
		digits.s += 2;
		digits.len -= 2;
		base = 16;
	}
	if (!parse_uint(digits, base, UINT32_MAX, ret))
		return refuse(detail, TNE_CONF_SYNTAX,
			      "Fwmark is neither 0/off nor 0-0xffffffff",
			      text);
	return 0;
}

int wg_parse_keepalive(struct wg_text text, struct err_detail *detail,
		       uint16_t *ret)
{
	uint32_t value = 0;

	if (!wg_text_is(text, "off") &&
	    !parse_uint(text, 10, UINT16_MAX, &value))
		return refuse(detail, TNE_CONF_SYNTAX,
			      "Persistent keepalive interval is neither 0/off nor 1-65535",
			      text);
	*ret = value;
	return 0;
}

int wg_parse_switch(struct wg_text text, struct err_detail *detail, bool *ret)
{
	bool on = wg_text_is(text, "on");

	if (!on && !wg_text_is(text, "off"))
		return refuse(detail, TNE_CONF_SYNTAX,
			      "Value is neither on nor off",
			      text);
	*ret = on;
	return 0;
}

int wg_parse_public(struct wg_text text, struct err_detail *detail,
		    struct node_public *ret)
{
	if (key_parse_public(text.s, text.len, ret) < 0)
		return refuse(detail, TNE_KEY_FORMAT,
			      "Key is not the correct length or format",
			      text);
	return 0;
}

/* An address in numbers; @text need not be terminated. */
static bool parse_addr(struct wg_text text, uint8_t *addr, uint8_t *ret_len)
{
	char s[INET6_ADDRSTRLEN];

	if (text.len >= sizeof(s) || memchr(text.s, 0, text.len))
		return false;
	memcpy(s, text.s, text.len);
	s[text.len] = 0;
	if (inet_pton(AF_INET, s, addr) == 1) {
		*ret_len = 4;
		return true;
	}
	if (inet_pton(AF_INET6, s, addr) == 1) {
		*ret_len = 16;
		return true;
	}
	return false;
}

/* Separate HOST:PORT or [HOST]:PORT; the last colon is the one that counts. */
static bool split_endpoint(struct wg_text text, struct wg_text *ret_host,
			   struct wg_text *ret_port)
{
	struct wg_text host = text;
	const char *colon;

	colon = text.len ? memrchr(text.s, ':', text.len) : NULL;
	if (!colon)
		return false;
	host.len = colon - text.s;
	ret_port->s = colon + 1;
	ret_port->len = text.len - host.len - 1;
	if (host.len && host.s[0] == '[') {
		if (host.len < 3 || host.s[host.len - 1] != ']')
			return false;
		host.s++;
		host.len -= 2;
	}
	*ret_host = host;
	return host.len && ret_port->len && !memchr(host.s, 0, host.len);
}

int wg_parse_endpoint(struct wg_text text, struct err_detail *detail,
		      struct wg_peer_config *peer)
{
	struct wg_endpoint endpoint = { 0 };
	struct wg_text host, port;
	char *name = NULL;

	if (!split_endpoint(text, &host, &port))
		return refuse(detail, TNE_CONF_SYNTAX,
			      "Unable to find host and port of endpoint",
			      text);
	if (wg_parse_port(port, NULL, &endpoint.port) < 0 || !endpoint.port)
		return refuse(detail, TNE_CONF_SYNTAX,
			      "Port of endpoint is not 1-65535",
			      text);
	if (!parse_addr(host, endpoint.addr, &endpoint.addr_len)) {
		name = strndup(host.s, host.len);
		if (!name)
			return -ENOMEM;
	}
	free(peer->host);
	peer->host = name;
	peer->endpoint = endpoint;
	peer->set |= WG_PEER_ENDPOINT;
	return 0;
}

static int parse_allowed_ip(struct wg_text text, struct err_detail *detail,
			    struct wg_prefix *prefix)
{
	const char *slash = text.len ? memchr(text.s, '/', text.len) : NULL;
	struct wg_text addr = text, len;
	uint32_t bits;

	if (slash)
		addr.len = slash - text.s;
	if (!parse_addr(addr, prefix->addr, &prefix->addr_len))
		return refuse(detail, TNE_CONF_SYNTAX,
			      "Unable to parse IP address",
			      addr);
	bits = prefix->addr_len * 8;
	if (slash) {
		len.s = slash + 1;
		len.len = text.len - addr.len - 1;
		if (!parse_uint(len, 10, bits, &bits))
			return refuse(detail, TNE_CONF_SYNTAX,
				      "AllowedIP is not in the correct format",
				      text);
	}
	prefix->bits = bits;
	return 0;
}

int wg_parse_allowed_ips(struct wg_text text, bool signs,
			 struct err_detail *detail, struct wg_prefixes *list,
			 bool *ret_signed)
{
	const char *end = text.s + text.len;
	struct wg_text item = text;
	bool any_sign = false;
	int r;

	for (;;) {
		struct wg_prefix prefix = { 0 };
		const char *comma;

		comma = memchr(item.s, ',', end - item.s);
		item.len = (comma ? comma : end) - item.s;
		if (item.len && (item.s[0] == '+' || item.s[0] == '-')) {
			if (!signs)
				return refuse(detail, TNE_CONF_SYNTAX,
					      "A list of allowed IPs in a file is the whole list, without + and -",
					      item);
			any_sign = true;
			prefix.remove = item.s[0] == '-';
			item.s++;
			item.len--;
		}
		r = parse_allowed_ip(item, detail, &prefix);
		if (r < 0)
			return r;
		r = wg_prefixes_add(list, &prefix);
		if (r < 0)
			return r;
		if (!comma)
			break;
		item.s = comma + 1;
	}
	*ret_signed = any_sign;
	return 0;
}

int wg_parse_key_file(struct wg_text text, struct err_detail *detail,
		      struct secret32 *key, bool *ret_empty)
{
	while (text.len && isspace((unsigned char)text.s[text.len - 1]))
		text.len--;
	*ret_empty = text.len == 0;
	if (text.len == 0)
		return 0;
	if (key_parse_secret(text.s, text.len, key) < 0)
		return err_explain(detail, TNE_KEY_FORMAT,
				   "Key is not the correct length or format");
	return 0;
}
