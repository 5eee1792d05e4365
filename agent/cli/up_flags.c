// SPDX-License-Identifier: GPL-2.0-only
#include "cli/up_flags.h"

#include "base/array.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define AUTH_KEY_MAX 4096	/* bytes; ours */

/* What the stock flags of features do that do not exist here yet. */
struct refusal {
	const char *name;
	const char *why;
};

static const struct refusal refused[] = {
	{ "exit-node", "using an exit node is not supported yet" },
	{ "exit-node-allow-lan-access",
	  "using an exit node is not supported yet" },
	{ "ssh", "the SSH server is not supported yet" },
	{ "advertise-connector", "app connectors are not supported yet" },
	{ "report-posture", "reporting posture is not supported yet" },
	{ "stateful-filtering", "stateful filtering is not supported yet" },
	{ "snat-subnet-routes",
	  "source addresses of routed traffic are not rewritten yet" },
	{ "netfilter-mode", "no netfilter rules are made by this agent" },
};

static const struct refusal refused_login[] = {
	{ "client-id", "OAuth clients are not supported yet" },
	{ "client-secret", "OAuth clients are not supported yet" },
	{ "id-token", "workload identity is not supported yet" },
	{ "audience", "workload identity is not supported yet" },
};

static const struct refusal refused_set[] = {
	{ "update-check", "updates come with the package manager" },
	{ "auto-update", "updates come with the package manager" },
	{ "webclient", "the web client is not supported yet" },
	{ "relay-server-port", "relaying for peers is not supported yet" },
	{ "relay-server-static-endpoints",
	  "relaying for peers is not supported yet" },
	{ "remote-config", "settings are not taken from afar" },
	{ "sync", "the agent always listens to the control server" },
};

static void add(struct up_options *o, const char *name, enum flag_type type,
		void *value, const char *help)
{
	assert(o->n < UP_OPTIONS_MAX);
	o->flag[o->n++] = (struct flag)FLAG(name, type, value, help);
}

static void add_text(struct up_options *o, enum up_flag flag, const char *help)
{
	add(o, up_flag_name(flag), FLAG_TEXT, &o->text[flag], help);
}

static void add_switch(struct up_options *o, enum up_flag flag,
		       const char *help)
{
	add(o, up_flag_name(flag), FLAG_BOOL, &o->on[flag], help);
}

static void add_common(struct up_options *o)
{
	add_text(o, UP_HOSTNAME, "name instead of the host's own");
	add_switch(o, UP_ACCEPT_ROUTES, "use the subnet routes of other nodes");
	add_switch(o, UP_ACCEPT_DNS,
		   "use the DNS settings of the tailnet (default true)");
	add_text(o, UP_ADVERTISE_ROUTES,
		 "offer these prefixes to other nodes, separated by commas");
	add_switch(o, UP_ADVERTISE_EXIT_NODE, "offer to be an exit node");
	add_switch(o, UP_SHIELDS_UP, "let nobody connect to this node");
	add_text(o, UP_OPERATOR, "user who may control the agent without sudo");
	add(o, "accept-risk", FLAG_TEXT, &o->risk,
	    "do not ask before this risk; taken for compatibility");
}

/* What is needed to log in. */
static void add_login(struct up_options *o)
{
	add_text(o, UP_LOGIN_SERVER, "address of the control server");
	add(o, "auth-key", FLAG_TEXT, &o->auth_key,
	    "log in with this key; file:PATH reads it from a file");
	add_text(o, UP_ADVERTISE_TAGS,
		 "ask for these tags, separated by commas");
	add(o, "timeout", FLAG_DURATION, &o->timeout_ms,
	    "longest wait, such as 30s (default: for ever)");
	add(o, "qr", FLAG_BOOL, &o->qr,
	    "draw the login address as a QR code (default: on a terminal)");
	add(o, "qr-format", FLAG_TEXT, &o->qr_format, NULL);
	add(o, "host-routes", FLAG_BOOL, &o->host_routes, NULL);
}

static void add_up(struct up_options *o)
{
	add(o, "force-reauth", FLAG_BOOL, &o->force_reauth, "log in anew");
	add(o, "reset", FLAG_BOOL, &o->reset,
	    "give up settings that are not mentioned");
	add(o, "json", FLAG_BOOL, &o->json,
	    "print JSON; the form may change");
}

static void add_nickname(struct up_options *o)
{
	add(o, "nickname", FLAG_TEXT, &o->nickname, "name of the profile");
}

static void add_refused(struct up_options *o, const struct refusal *list,
			size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		add(o, list[i].name, FLAG_REFUSED, NULL, list[i].why);
}

static void set_defaults(struct up_options *o)
{
	size_t i;

	memset(o, 0, sizeof(*o));
	o->auth_key = "";
	o->qr_format = "auto";
	o->host_routes = true;
	o->nickname = "";
	for (i = 0; i < UP_FLAGS; i++)
		o->text[i] = "";
	o->on[UP_ACCEPT_DNS] = true;
}

void up_options_init(struct up_options *options, enum up_verb verb)
{
	set_defaults(options);
	add_common(options);
	switch (verb) {
	case UP_VERB_UP:
		add_login(options);
		add_up(options);
		break;
	case UP_VERB_LOGIN:
		add_login(options);
		add_nickname(options);
		break;
	case UP_VERB_SET:
		add_nickname(options);
		add_refused(options, refused_set, ARRAY_SIZE(refused_set));
		break;
	}
	add_refused(options, refused, ARRAY_SIZE(refused));
	if (verb != UP_VERB_SET)
		add_refused(options, refused_login,
			    ARRAY_SIZE(refused_login));
}

unsigned int up_options_given(struct up_options *options, bool *ret_any)
{
	unsigned int given = 0;
	struct flag *flag;
	size_t i;

	*ret_any = false;
	for (i = 0; i < options->n; i++)
		*ret_any |= options->flag[i].given;
	for (i = 0; i < UP_FLAGS; i++) {
		flag = flags_find(options->flag, options->n, up_flag_name(i));
		if (flag && flag->given)
			given |= UP_BIT(i);
	}
	return given;
}

bool up_options_qr_given(struct up_options *options)
{
	return flags_find(options->flag, options->n, "qr")->given;
}

/* "server" and "tag:server" are the same tag. */
static int add_tag(struct str_list *tags, const char *tag, size_t len)
{
	char text[300];

	if (memchr(tag, ':', len))
		return str_list_add(tags, tag, len);
	snprintf(text, sizeof(text), "tag:%.*s", (int)len, tag);
	return str_list_add(tags, text, strlen(text));
}

static int parse_tags(const char *text, struct err_detail *detail,
		      struct str_list *ret)
{
	const char *end;
	int r = 0;

	for (; *text && r == 0; text = *end ? end + 1 : end) {
		end = strchrnul(text, ',');
		r = end - text > 250 ? TNE_USAGE :
			add_tag(ret, text, end - text);
		if (r == 0)
			r = prefs_check_tag(ret->item[ret->n - 1], detail);
		else if (r == TNE_USAGE)
			err_explain(detail, r, "a tag is too long");
	}
	return r;
}

static int parse_routes(const struct up_options *o, struct err_detail *detail,
			struct str_list *ret)
{
	int r = str_list_split(ret, o->text[UP_ADVERTISE_ROUTES], ',');
	size_t i;

	for (i = 0; i < ret->n && r == 0; i++)
		r = prefs_check_route(ret->item[i], detail);
	if (r == 0 && o->on[UP_ADVERTISE_EXIT_NODE]) {
		r = str_list_add(ret, "0.0.0.0/0", 9);
		if (r == 0)
			r = str_list_add(ret, "::/0", 4);
	}
	if (r == 0)
		str_list_sort(ret);
	return r;
}

static int check_server(const char *url, struct err_detail *detail)
{
	if (!*url || strncmp(url, "https://", 8) == 0 ||
	    strncmp(url, "http://", 7) == 0)
		return 0;
	return err_explain(detail, TNE_USAGE,
			   "--login-server must begin with https:// or http://");
}

static int fill_prefs(const struct up_options *o, struct err_detail *detail,
		      struct prefs *prefs)
{
	int r = check_server(o->text[UP_LOGIN_SERVER], detail);

	if (r == 0)
		r = prefs_set_text(&prefs->control_url,
				   o->text[UP_LOGIN_SERVER]);
	if (r == 0)
		r = prefs_set_text(&prefs->hostname, o->text[UP_HOSTNAME]);
	if (r == 0)
		r = prefs_set_text(&prefs->operator_user,
				   o->text[UP_OPERATOR]);
	if (r == 0)
		r = prefs_set_text(&prefs->profile_name, o->nickname);
	if (r == 0)
		r = parse_tags(o->text[UP_ADVERTISE_TAGS], detail,
			       &prefs->advertise_tags);
	if (r == 0)
		r = parse_routes(o, detail, &prefs->advertise_routes);
	prefs->route_all = o->on[UP_ACCEPT_ROUTES];
	prefs->corp_dns = o->on[UP_ACCEPT_DNS];
	prefs->shields_up = o->on[UP_SHIELDS_UP];
	prefs->want_running = true;
	prefs->logged_out = false;
	return r;
}

int up_options_prefs(const struct up_options *options,
		     struct err_detail *detail, struct prefs *ret)
{
	struct prefs prefs;
	int r;

	if (!options->host_routes)
		return err_explain(detail, TNE_USAGE,
				   "--host-routes can only be true");
	prefs_init(&prefs);
	r = fill_prefs(options, detail, &prefs);
	if (r == 0)
		r = prefs_check(&prefs, detail);
	if (r < 0) {
		prefs_done(&prefs);
		return r;
	}
	*ret = prefs;
	return 0;
}

static void trim(struct secret_buf *buf)
{
	size_t begin = 0;

	while (buf->len && isspace((unsigned char)buf->data[buf->len - 1]))
		buf->len--;
	while (begin < buf->len && isspace((unsigned char)buf->data[begin]))
		begin++;
	buf->len -= begin;
	if (buf->len)
		memmove(buf->data, buf->data + begin, buf->len);
}

static int read_key(const char *path, struct err_detail *detail,
		    struct secret_buf *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), r;

	if (fd < 0)
		return err_explain(detail, TNE_USAGE,
				   "cannot read the key from %s: %s", path,
				   strerror(errno));
	r = secret_buf_read(ret, fd, AUTH_KEY_MAX);
	close(fd);
	if (r < 0)
		return err_explain(detail, TNE_USAGE,
				   "cannot read the key from %s: %s", path,
				   err_text(r));
	trim(ret);
	if (ret->len == 0)
		return err_explain(detail, TNE_USAGE, "%s has no key in it",
				   path);
	return 0;
}

int up_options_auth_key(const struct up_options *options,
			struct err_detail *detail, struct secret_buf *ret)
{
	size_t len = strlen(options->auth_key);
	int r;

	if (strncmp(options->auth_key, "file:", 5) == 0)
		return read_key(options->auth_key + 5, detail, ret);
	if (len == 0)
		return 0;
	if (len > AUTH_KEY_MAX)
		return err_explain(detail, TNE_USAGE, "the key is too long");
	r = secret_buf_reserve(ret, len);
	if (r < 0)
		return r;
	memcpy(ret->data, options->auth_key, len);
	ret->len = len;
	return 0;
}
