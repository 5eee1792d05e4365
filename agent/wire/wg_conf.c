// SPDX-License-Identifier: GPL-2.0-only
#include "wire/wg_conf.h"

#include "base/array.h"
#include "wire/wg_value.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* Longer ones may be keys: base64 ends in '='. No name is as long. Ours. */
#define NAME_SHOWN_MAX 24	/* bytes */

enum section {
	SECTION_NONE,
	SECTION_DEVICE,
	SECTION_PEER,
};

/**
 * struct parser - a file being read
 * @config: what it has said so far
 * @detail: for errors
 * @section: the section of the line
 * @peer: the peer of the section
 * @has_key: that peer has been named
 */
struct parser {
	struct wg_config *config;
	struct err_detail *detail;
	enum section section;
	struct wg_peer_config *peer;
	bool has_key;
};

static int parse_secret(struct parser *p, struct wg_text value,
			struct secret32 **ret)
{
	struct secret32 *key;

	if (wg_text_is(value, WG_CONF_HIDDEN))
		return err_explain(p->detail, TNE_KEY_FORMAT,
				   "Replace %s by the key: the module never gives it out",
				   WG_CONF_HIDDEN);
	key = secret_arena_add(&p->config->arena);
	if (!key)
		return -ENOMEM;
	if (key_parse_secret(value.s, value.len, key) < 0)
		return err_explain(p->detail, TNE_KEY_FORMAT,
				   "Key is not the correct length or format");
	*ret = key;
	return 0;
}

static int device_private_key(struct parser *p, struct wg_text value)
{
	p->config->set |= WG_DEV_KEY;
	return parse_secret(p, value, &p->config->private_key);
}

static int device_port(struct parser *p, struct wg_text value)
{
	p->config->set |= WG_DEV_PORT;
	return wg_parse_port(value, p->detail, &p->config->listen_port);
}

static int device_fwmark(struct parser *p, struct wg_text value)
{
	p->config->set |= WG_DEV_FWMARK;
	return wg_parse_fwmark(value, p->detail, &p->config->fwmark);
}

static int device_switch(struct parser *p, struct wg_text value,
			 enum wg_switch which)
{
	p->config->switch_set[which] = true;
	return wg_parse_switch(value, p->detail, &p->config->switch_on[which]);
}

static int device_gso(struct parser *p, struct wg_text value)
{
	return device_switch(p, value, WG_SWITCH_GSO);
}

static int device_gro(struct parser *p, struct wg_text value)
{
	return device_switch(p, value, WG_SWITCH_GRO);
}

static int device_inline(struct parser *p, struct wg_text value)
{
	return device_switch(p, value, WG_SWITCH_INLINE);
}

static int peer_public_key(struct parser *p, struct wg_text value)
{
	p->has_key = true;
	return wg_parse_public(value, p->detail, &p->peer->key);
}

static int peer_psk(struct parser *p, struct wg_text value)
{
	p->peer->set |= WG_PEER_PSK;
	return parse_secret(p, value, &p->peer->psk);
}

static int peer_endpoint(struct parser *p, struct wg_text value)
{
	return wg_parse_endpoint(value, p->detail, p->peer);
}

static int peer_allowed_ips(struct parser *p, struct wg_text value)
{
	bool any_sign;

	return wg_parse_allowed_ips(value, false, p->detail,
				    &p->peer->prefixes, &any_sign);
}

static int peer_keepalive(struct parser *p, struct wg_text value)
{
	p->peer->set |= WG_PEER_KEEPALIVE;
	return wg_parse_keepalive(value, p->detail, &p->peer->keepalive_s);
}

static int peer_roam(struct parser *p, struct wg_text value)
{
	p->peer->set |= WG_PEER_ROAM;
	return wg_parse_switch(value, p->detail, &p->peer->roam);
}

static const struct {
	enum section section;
	const char *name;
	int (*parse)(struct parser *p, struct wg_text value);
} settings[] = {
	{ SECTION_DEVICE, "PrivateKey", device_private_key },
	{ SECTION_DEVICE, "ListenPort", device_port },
	{ SECTION_DEVICE, "FwMark", device_fwmark },
	{ SECTION_DEVICE, "GSO", device_gso },
	{ SECTION_DEVICE, "GRO", device_gro },
	{ SECTION_DEVICE, "Inline", device_inline },
	{ SECTION_PEER, "PublicKey", peer_public_key },
	{ SECTION_PEER, "PresharedKey", peer_psk },
	{ SECTION_PEER, "Endpoint", peer_endpoint },
	{ SECTION_PEER, "AllowedIPs", peer_allowed_ips },
	{ SECTION_PEER, "PersistentKeepalive", peer_keepalive },
	{ SECTION_PEER, "Roam", peer_roam },
};

static int check_section(struct parser *p)
{
	if (p->section == SECTION_PEER && !p->has_key)
		return err_explain(p->detail, TNE_CONF_SYNTAX,
				   "A peer is missing a public key");
	return 0;
}

static int enter_section(struct parser *p, struct wg_text line)
{
	int r = check_section(p);

	if (r < 0)
		return r;
	if (wg_text_is(line, "[Interface]")) {
		p->section = SECTION_DEVICE;
		return 0;
	}
	if (wg_text_is(line, "[Peer]")) {
		p->section = SECTION_PEER;
		p->has_key = false;
		p->peer = wg_config_add_peer(p->config);
		if (!p->peer)
			return -ENOMEM;
		p->peer->set = WG_PEER_REPLACE_IPS;
		return 0;
	}
	return err_explain(p->detail, TNE_CONF_SYNTAX,
			   "Section is neither [Interface] nor [Peer]");
}

/* The value may be a secret in the wrong place: messages show the name only. */
static int parse_setting(struct parser *p, struct wg_text line)
{
	const char *equals = memchr(line.s, '=', line.len);
	struct wg_text name = line, value;
	size_t i;

	if (!equals)
		return err_explain(p->detail, TNE_CONF_SYNTAX,
				   "Line is neither a section nor NAME = VALUE");
	name.len = equals - line.s;
	value.s = equals + 1;
	value.len = line.len - name.len - 1;
	for (i = 0; i < ARRAY_SIZE(settings); i++) {
		if (settings[i].section != p->section ||
		    !wg_text_is(name, settings[i].name))
			continue;
		if (value.len == 0)
			return err_explain(p->detail, TNE_CONF_SYNTAX,
					   "%s has no value", settings[i].name);
		return settings[i].parse(p, value);
	}
	if (name.len > NAME_SHOWN_MAX)
		return err_explain(p->detail, TNE_CONF_SYNTAX,
				   "Setting unrecognized");
	return err_explain(p->detail, TNE_CONF_SYNTAX,
			   "Setting unrecognized: `%.*s'", (int)name.len,
			   name.s);
}

/*
 * Without comment and without any white space, as wg(8) does: no value
 * contains any.
 */
static struct wg_text strip(const char *s, const char *end, char *scratch)
{
	struct wg_text line = { .s = scratch };

	for (; s < end && *s != '#'; s++) {
		if (!isspace((unsigned char)*s))
			scratch[line.len++] = *s;
	}
	return line;
}

static int parse_lines(struct parser *p, const struct secret_buf *text,
		       char *scratch, unsigned int *line_no)
{
	const char *end = text->data + text->len;
	const char *s, *eol;

	for (s = text->data; s < end; s = eol + 1) {
		struct wg_text line;
		int r = 0;

		eol = memchr(s, '\n', end - s);
		if (!eol)
			eol = end;
		++*line_no;
		line = strip(s, eol, scratch);
		if (line.len && line.s[0] == '[')
			r = enter_section(p, line);
		else if (line.len)
			r = parse_setting(p, line);
		if (r < 0)
			return r;
	}
	return check_section(p);
}

/* What a file that is the whole configuration says by not saying it. */
static void fill_defaults(struct wg_config *config)
{
	size_t i;

	config->replace = true;
	config->set |= WG_DEV_KEY | WG_DEV_PORT | WG_DEV_FWMARK;
	for (i = 0; i < config->n_peers; i++) {
		struct wg_peer_config *peer = &config->peers[i];

		if (!(peer->set & WG_PEER_ROAM))
			peer->roam = true;
		peer->set |= WG_PEER_PSK | WG_PEER_KEEPALIVE | WG_PEER_ROAM;
	}
}

int wg_conf_parse(const struct secret_buf *text, bool replace,
		  struct err_detail *detail, struct wg_config *ret)
{
	struct wg_config config = { 0 };
	struct parser p = { .config = &config, .detail = detail };
	struct secret_buf scratch = { 0 };
	struct err_detail bare;
	unsigned int line_no = 0;
	int r;

	detail->text[0] = 0;
	/* A copy of each line may hold a key, so it is that kind of memory. */
	r = secret_buf_reserve(&scratch, text->len + 1);
	if (r == 0)
		r = parse_lines(&p, text, scratch.data, &line_no);
	secret_buf_done(&scratch);
	if (r == 0)
		r = wg_config_fold(&config);
	if (r < 0) {
		if (detail->text[0]) {
			bare = *detail;
			err_explain(detail, r, "line %u: %.300s", line_no,
				    bare.text);
		}
		wg_config_done(&config);
		return r;
	}
	if (replace)
		fill_defaults(&config);
	*ret = config;
	return 0;
}
