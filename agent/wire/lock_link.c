// SPDX-License-Identifier: GPL-2.0-only
#include "wire/lock_link.h"

#include "base/array.h"
#include "base/utf8.h"
#include "crypto/key_text.h"
#include "wire/json.h"
#include "wire/json_out.h"
#include "wire/json_pretty.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

#define PREFIX "tailscale://sign-device/v1"

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* In place of %XX and '+' what they stand for. Return: 0 or an error. */
static int decode(const char *s, size_t len, struct arena *mem,
		  const char **ret)
{
	char *text = arena_alloc(mem, len + 1);
	size_t i, n = 0;

	if (!text)
		return -ENOMEM;
	for (i = 0; i < len; i++) {
		char c = s[i] == '+' ? ' ' : s[i];

		if (c == '%') {
			if (len - i < 3 || digit(s[i + 1]) < 0 ||
			    digit(s[i + 2]) < 0)
				return TNE_URL;
			c = digit(s[i + 1]) << 4 | digit(s[i + 2]);
			i += 2;
		}
		if (!c)
			return TNE_URL;
		text[n++] = c;
	}
	text[n] = 0;
	*ret = text;
	return utf8_check((const unsigned char *)text, n) ? 0 : TNE_URL;
}

/* One "name=value". */
static int take_pair(const char *s, size_t len, struct arena *mem,
		     struct lock_link *link, const char **code)
{
	const struct {
		char name[3];
		const char **slot;
	} fields[] = {
		{ "nk", &link->node_key }, { "tp", &link->lock_key },
		{ "dn", &link->device }, { "os", &link->os },
		{ "em", &link->email }, { "hm", code },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		if (len < 4 || strncmp(s, fields[i].name, 2) != 0 ||
		    s[2] != '=')
			continue;
		return *fields[i].slot ? TNE_URL :
		       decode(s + 3, len - 3, mem, fields[i].slot);
	}
	/* Others mean nothing to us, and the code is not over them. */
	return 0;
}

static int take_query(const char *query, struct arena *mem,
		      struct lock_link *link, const char **code)
{
	size_t len;
	int r = 0;

	for (; r == 0 && *query; query += len + (query[len] == '&')) {
		len = strcspn(query, "&");
		r = take_pair(query, len, mem, link, code);
	}
	return r;
}

static bool has_keys(const struct lock_link *link)
{
	struct lock_public lock;
	struct node_public node;

	return key_text_parse_node(link->node_key, strlen(link->node_key),
				   &node) == 0 &&
	       key_text_parse_lock(link->lock_key, strlen(link->lock_key),
				   &lock) == 0;
}

static int take_code(const char *hex, uint8_t ret[LOCK_LINK_CODE_LEN])
{
	size_t n = 0;

	if (strlen(hex) != 2 * LOCK_LINK_CODE_LEN ||
	    sodium_hex2bin(ret, LOCK_LINK_CODE_LEN, hex, strlen(hex), NULL, &n,
			   NULL) < 0 || n != LOCK_LINK_CODE_LEN)
		return TNE_URL;
	return 0;
}

int lock_link_parse(const char *url, struct arena *mem,
		    struct err_detail *detail, struct lock_link *ret)
{
	struct lock_link link = { 0 };
	const char *code = NULL;
	int r = 0;

	detail->text[0] = 0;
	if (strncmp(url, PREFIX, strlen(PREFIX)) != 0)
		return err_explain(detail, TNE_URL, "it does not begin with "
				   PREFIX);
	url += strlen(PREFIX);
	url += *url == '/';
	if (*url != '?' || strchr(url, '#') || strlen(url) > LOCK_LINK_MAX)
		r = TNE_URL;
	if (r == 0)
		r = take_query(url + 1, mem, &link, &code);
	if (r == 0 && (!link.node_key || !link.lock_key || !link.device ||
		       !link.os || !link.email || !code))
		r = err_explain(detail, TNE_URL, "something is missing in it");
	if (r == 0)
		r = take_code(code, link.code);
	if (r == 0 && !has_keys(&link))
		r = err_explain(detail, TNE_URL, "its keys are none");
	if (r == 0)
		*ret = link;
	else if (!detail->text[0])
		err_explain(detail, r, "%s", err_text(r));
	return r;
}

bool lock_link_check(const struct lock_link *link, uint64_t state_id)
{
	const char *const part[] = {
		link->node_key, link->lock_key, link->device, link->os,
		link->email,
	};
	crypto_auth_hmacsha256_state state;
	uint8_t code[LOCK_LINK_CODE_LEN], key[8];
	size_t i;

	for (i = 0; i < sizeof(key); i++)
		key[i] = state_id >> 8 * i;
	crypto_auth_hmacsha256_init(&state, key, sizeof(key));
	for (i = 0; i < ARRAY_SIZE(part); i++)
		crypto_auth_hmacsha256_update(&state,
					      (const uint8_t *)part[i],
					      strlen(part[i]));
	crypto_auth_hmacsha256_final(&state, code);
	return sodium_memcmp(code, link->code, sizeof(code)) == 0;
}

int lock_link_url_parse(const char *text, size_t len, struct arena *mem,
			struct err_detail *detail, const char **ret)
{
	json_t *root auto_clean(json) = NULL;
	int r = json_read(text, len, detail, &root);

	if (r == 0)
		r = json_copy_text(root, "URL", LOCK_LINK_MAX, mem, ret);
	if (r > 0)
		return 0;
	return r == 0 ? err_explain(detail, TNE_JSON_VALUE, "no URL") : r;
}

static void put_text(struct json_out *out, const char *name, const char *text)
{
	json_out_text(out, name, text ? text : "");
}

int lock_link_build(const struct lock_link *link, const char *error,
		    struct secret_buf *ret)
{
	struct json_out out = { 0 };

	json_out_open_object(&out, NULL);
	json_out_bool(&out, "IsValid", !*error);
	json_out_text(&out, "Error", error);
	json_out_uint(&out, "Version", 0);
	put_text(&out, "NodeKey", link->node_key);
	put_text(&out, "TLPub", link->lock_key);
	put_text(&out, "DeviceName", link->device);
	put_text(&out, "OSName", link->os);
	put_text(&out, "EmailAddress", link->email);
	json_out_close_object(&out);
	return json_pretty_end(&out, "\t", "", ret);
}
