// SPDX-License-Identifier: GPL-2.0-only
/* The grammar of "wg set"; declared in wg_conf.h beside that of the files. */
#include "wire/wg_conf.h"

#include "base/array.h"
#include "wire/wg_value.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/**
 * struct args - arguments being read
 * @config: what they have said so far
 * @detail: for errors
 * @peer: the peer that the next settings are about; NULL = the device
 */
struct args {
	struct wg_config *config;
	struct err_detail *detail;
	struct wg_peer_config *peer;
};

static struct wg_text text_of(const char *s)
{
	return (struct wg_text){ .s = s, .len = strlen(s) };
}

/*
 * People who give the key itself instead of a file have just shown it to
 * everybody on the machine; do not print it as well.
 */
static int check_key_file(struct args *a, const char *path)
{
	struct node_public key;

	if (key_parse_public(path, strlen(path), &key) == 0)
		return err_explain(a->detail, TNE_CONF_SYNTAX,
				   "Give the name of a file that holds the key, not the key");
	return 0;
}

static int arg_private_key(struct args *a, const char *value)
{
	a->config->set |= WG_DEV_KEY;
	a->config->key_file = value;
	return check_key_file(a, value);
}

static int arg_port(struct args *a, const char *value)
{
	a->config->set |= WG_DEV_PORT;
	return wg_parse_port(text_of(value), a->detail,
			     &a->config->listen_port);
}

static int arg_fwmark(struct args *a, const char *value)
{
	a->config->set |= WG_DEV_FWMARK;
	return wg_parse_fwmark(text_of(value), a->detail, &a->config->fwmark);
}

static int arg_switch(struct args *a, const char *value, enum wg_switch which)
{
	a->config->switch_set[which] = true;
	return wg_parse_switch(text_of(value), a->detail,
			       &a->config->switch_on[which]);
}

static int arg_gso(struct args *a, const char *value)
{
	return arg_switch(a, value, WG_SWITCH_GSO);
}

static int arg_gro(struct args *a, const char *value)
{
	return arg_switch(a, value, WG_SWITCH_GRO);
}

static int arg_inline(struct args *a, const char *value)
{
	return arg_switch(a, value, WG_SWITCH_INLINE);
}

static int arg_psk(struct args *a, const char *value)
{
	a->peer->set |= WG_PEER_PSK;
	a->peer->psk_file = value;
	return check_key_file(a, value);
}

static int arg_endpoint(struct args *a, const char *value)
{
	return wg_parse_endpoint(text_of(value), a->detail, a->peer);
}

static int arg_keepalive(struct args *a, const char *value)
{
	a->peer->set |= WG_PEER_KEEPALIVE;
	return wg_parse_keepalive(text_of(value), a->detail,
				  &a->peer->keepalive_s);
}

/*
 * A list is the whole list, unless one of its prefixes is marked: then it is
 * a change of the list there is. The empty list removes everything.
 */
static int arg_allowed_ips(struct args *a, const char *value)
{
	size_t before = a->peer->prefixes.n, len = 0;
	bool any_sign = false, replace;
	char *packed;
	int r = 0;

	packed = malloc(strlen(value) + 1);
	if (!packed)
		return -ENOMEM;
	for (; *value; value++) {
		if (!isspace((unsigned char)*value))
			packed[len++] = *value;
	}
	packed[len] = 0;
	if (len)
		r = wg_parse_allowed_ips(text_of(packed), true, a->detail,
					 &a->peer->prefixes, &any_sign);
	free(packed);
	if (r < 0)
		return r;

	replace = a->peer->set & WG_PEER_REPLACE_IPS;
	if (any_sign ? replace : before > 0 && !replace)
		return err_explain(a->detail, TNE_CONF_SYNTAX,
				   "Give either the whole list of allowed IPs of a peer or changes with + and -");
	if (!any_sign)
		a->peer->set |= WG_PEER_REPLACE_IPS;
	return 0;
}

static int arg_roam(struct args *a, const char *value)
{
	a->peer->set |= WG_PEER_ROAM;
	return wg_parse_switch(text_of(value), a->detail, &a->peer->roam);
}

static int arg_peer(struct args *a, const char *value)
{
	struct node_public key;
	int r = wg_parse_public(text_of(value), a->detail, &key);

	if (r < 0)
		return r;
	a->peer = wg_config_add_peer(a->config);
	if (!a->peer)
		return -ENOMEM;
	a->peer->key = key;
	return 0;
}

enum place {
	IN_DEVICE = 1,
	IN_PEER = 2,
};

static const struct {
	const char *name;
	unsigned int place;
	int (*parse)(struct args *a, const char *value);
} arguments[] = {
	{ "listen-port", IN_DEVICE, arg_port },
	{ "fwmark", IN_DEVICE, arg_fwmark },
	{ "private-key", IN_DEVICE, arg_private_key },
	{ "gso", IN_DEVICE, arg_gso },
	{ "gro", IN_DEVICE, arg_gro },
	{ "inline", IN_DEVICE, arg_inline },
	{ "peer", IN_DEVICE | IN_PEER, arg_peer },
	{ "preshared-key", IN_PEER, arg_psk },
	{ "endpoint", IN_PEER, arg_endpoint },
	{ "persistent-keepalive", IN_PEER, arg_keepalive },
	{ "allowed-ips", IN_PEER, arg_allowed_ips },
	{ "roam", IN_PEER, arg_roam },
};

static int parse_one(struct args *a, const char *name, const char *value)
{
	unsigned int place = a->peer ? IN_PEER : IN_DEVICE;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(arguments); i++) {
		if (strcmp(name, arguments[i].name) == 0)
			break;
	}
	if (i == ARRAY_SIZE(arguments))
		return err_explain(a->detail, TNE_CONF_SYNTAX,
				   "Invalid argument: %.200s", name);
	if (!(arguments[i].place & place))
		return err_explain(a->detail, TNE_CONF_SYNTAX,
				   "Invalid argument: %s (%s)", name,
				   a->peer ? "settings of the device come before the first peer" :
					     "settings of a peer come behind peer KEY");
	if (!value)
		return err_explain(a->detail, TNE_CONF_SYNTAX,
				   "Invalid argument: %s (its value is missing)",
				   name);
	return arguments[i].parse(a, value);
}

int wg_conf_parse_args(char *const *argv, int argc, struct err_detail *detail,
		       struct wg_config *ret)
{
	struct wg_config config = { 0 };
	struct args a = { .config = &config, .detail = detail };
	int i, r = 0;

	detail->text[0] = 0;
	for (i = 0; i < argc && r == 0; i++) {
		if (a.peer && strcmp(argv[i], "remove") == 0) {
			a.peer->remove = true;
			continue;
		}
		r = parse_one(&a, argv[i], i + 1 < argc ? argv[i + 1] : NULL);
		i++;
	}
	if (r < 0) {
		wg_config_done(&config);
		return r;
	}
	*ret = config;
	return 0;
}
