// SPDX-License-Identifier: GPL-2.0-only
#include "wire/daemon_conf.h"

#include "base/array.h"
#include "base/flags.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TUN_MAX		15	/* bytes of an interface's name, IFNAMSIZ - 1 */
/* Source: TCG, registry of reserved TPM 2.0 handles: NV indices of the owner. */
#define INDEX_FIRST	0x01800000ul
#define INDEX_LAST	0x01BFFFFFul
#define TPM_MAX		150	/* bytes of a connection; ours */
#define NAME_SHOWN_MAX	40	/* bytes of a bad name that are shown; ours */
#define STATE_NAME	"tailscaled.state"

static int set_text(char **slot, const char *value)
{
	char *copy = strndup(value, strlen(value));

	if (!copy)
		return -ENOMEM;
	free(*slot);
	*slot = copy;
	return 0;
}

static int bad(struct err_detail *detail, const char *what)
{
	return err_explain(detail, TNE_CONF_SYNTAX, "%s", what);
}

static int set_control_url(struct daemon_conf *conf, const char *value,
			   struct err_detail *detail)
{
	if (strncmp(value, "https://", 8) != 0 &&
	    strncmp(value, "http://", 7) != 0)
		return bad(detail, "must begin with https:// or http://");
	return set_text(&conf->control_url, value);
}

static int set_control_key(struct daemon_conf *conf, const char *value,
			   struct err_detail *detail)
{
	if (key_text_parse_machine(value, strlen(value),
				   &conf->control_key) < 0)
		return bad(detail, "is not mkey: and 64 hexadecimal digits");
	conf->has_control_key = true;
	return 0;
}

static int set_path(char **slot, const char *value, struct err_detail *detail)
{
	if (value[0] != '/')
		return bad(detail, "is not an absolute path");
	return set_text(slot, value);
}

static int set_control_ca(struct daemon_conf *conf, const char *value,
			  struct err_detail *detail)
{
	return set_path(&conf->control_ca_file, value, detail);
}

static int set_lock_genesis(struct daemon_conf *conf, const char *value,
			    struct err_detail *detail)
{
	if (aum_hash_parse(value, strlen(value), &conf->lock_genesis) < 0)
		return bad(detail,
			   "is not the hash of an update, 52 characters from A to Z and 2 to 7");
	conf->has_lock_genesis = true;
	return 0;
}

static int set_state_dir(struct daemon_conf *conf, const char *value,
			 struct err_detail *detail)
{
	return set_path(&conf->state_dir, value, detail);
}

static int set_socket(struct daemon_conf *conf, const char *value,
		      struct err_detail *detail)
{
	return set_path(&conf->socket, value, detail);
}

static int set_tun(struct daemon_conf *conf, const char *value,
		   struct err_detail *detail)
{
	const char *c;

	if (strcmp(value, "userspace-networking") == 0)
		return bad(detail, "userspace networking is not supported");
	if (strlen(value) > TUN_MAX || value[0] == '.')
		return bad(detail, "is not the name of a network device");
	for (c = value; *c; c++) {
		if (!isalnum((unsigned char)*c) && !strchr("-_.", *c))
			return bad(detail,
				   "is not the name of a network device");
	}
	return set_text(&conf->tun, value);
}

static int parse_port(const char *value, struct err_detail *detail,
		      uint16_t *ret)
{
	unsigned long port;
	char *end;

	port = isdigit((unsigned char)value[0]) ? strtoul(value, &end, 10) :
		UINT16_MAX + 1ul;
	if (port > UINT16_MAX || *end)
		return bad(detail, "is not a number from 0 to 65535");
	*ret = port;
	return 0;
}

static int set_port(struct daemon_conf *conf, const char *value,
		    struct err_detail *detail)
{
	return parse_port(value, detail, &conf->port);
}

static int set_read_group(struct daemon_conf *conf, const char *value,
			  struct err_detail *detail)
{
	(void)detail;
	return set_text(&conf->read_group, value);
}

static int set_control_exit(struct daemon_conf *conf, const char *value,
			    struct err_detail *detail)
{
	bool yes = strcmp(value, "yes") == 0;

	if (!yes && strcmp(value, "no") != 0)
		return bad(detail, "is neither yes nor no");
	conf->control_exit = yes;
	return 0;
}

static int set_log_level(struct daemon_conf *conf, const char *value,
			 struct err_detail *detail)
{
	static const char *const names[] = {
		[3] = "error", "warning", "notice", "info", "debug" };
	int i;

	for (i = 3; i < (int)ARRAY_SIZE(names); i++) {
		if (strcmp(names[i], value) == 0) {
			conf->log_level = i;
			return 0;
		}
	}
	return bad(detail,
		   "is not one of error, warning, notice, info, debug");
}

static int parse_switch(const char *value, struct err_detail *detail, bool *ret)
{
	if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
		return bad(detail, "is neither true nor false");
	*ret = strcmp(value, "true") == 0;
	return 0;
}

static int set_encrypt(struct daemon_conf *conf, const char *value,
		       struct err_detail *detail)
{
	conf->has_encrypt = true;
	return parse_switch(value, detail, &conf->encrypt_policy);
}

static int set_counter(struct daemon_conf *conf, const char *value,
		       struct err_detail *detail)
{
	conf->has_counter = true;
	return parse_switch(value, detail, &conf->state_counter);
}

static int set_profile(struct daemon_conf *conf, const char *value,
		       struct err_detail *detail)
{
	bool yes = strcmp(value, "hardened") == 0;

	if (!yes && strcmp(value, "standard") != 0)
		return bad(detail, "is neither standard nor hardened");
	conf->hardened = yes;
	return 0;
}

/* Indices of others would be theirs. */
static int set_index(struct daemon_conf *conf, const char *value,
		     struct err_detail *detail)
{
	unsigned long index;
	char *end;

	index = isdigit((unsigned char)value[0]) ? strtoul(value, &end, 0) : 0;
	if (index < INDEX_FIRST || index > INDEX_LAST || *end)
		return bad(detail,
			   "is not an NV index from 0x01800000 to 0x01BFFFFF");
	conf->counter_index = index;
	return 0;
}

/* No others: one of them runs commands. */
static int set_tpm(struct daemon_conf *conf, const char *value,
		   struct err_detail *detail)
{
	if (strncmp(value, "device:/", 8) != 0 &&
	    strncmp(value, "swtpm:", 6) != 0)
		return bad(detail, "must begin with device:/ or swtpm:");
	if (strlen(value) > TPM_MAX)
		return bad(detail, "is too long");
	return set_text(&conf->tpm, value);
}

static const struct {
	const char *name;
	int (*set)(struct daemon_conf *conf, const char *value,
		   struct err_detail *detail);
} settings[] = {
	{ "ControlURL", set_control_url },
	{ "ControlKey", set_control_key },
	{ "ControlCAFile", set_control_ca },
	{ "ControlExit", set_control_exit },
	{ "LockGenesis", set_lock_genesis },
	{ "StateDir", set_state_dir },
	{ "Tun", set_tun },
	{ "Socket", set_socket },
	{ "Port", set_port },
	{ "LocalAPIReadGroup", set_read_group },
	{ "LogLevel", set_log_level },
	{ "EncryptState", set_encrypt },
	{ "Profile", set_profile },
	{ "StateCounter", set_counter },
	{ "CounterIndex", set_index },
	{ "TPM", set_tpm },
};

int daemon_conf_init(struct daemon_conf *ret)
{
	struct daemon_conf conf = {
		.control_exit = true, .log_level = DAEMON_CONF_LEVEL_INFO,
	};
	int r = set_text(&conf.state_dir, DAEMON_CONF_STATE_DIR);

	if (r == 0)
		r = set_text(&conf.socket, DAEMON_CONF_SOCKET);
	if (r == 0)
		r = set_text(&conf.tun, DAEMON_CONF_TUN);
	if (r < 0) {
		daemon_conf_done(&conf);
		return r;
	}
	*ret = conf;
	return 0;
}

static char *strip(char *s)
{
	char *end = s + strlen(s);

	while (end > s && isspace((unsigned char)end[-1]))
		*--end = 0;
	while (isspace((unsigned char)*s))
		s++;
	return s;
}

/* @seen: a bit for each setting that the file has had. */
static int parse_line(char *line, struct daemon_conf *conf, unsigned int *seen,
		      struct err_detail *detail)
{
	char *name = strip(line), *value = strchr(name, '=');
	struct err_detail why = { "" };
	size_t i;
	int r;

	if (!*name || *name == '#')
		return 0;
	if (!value)
		return bad(detail, "line is not Key=value");
	*value++ = 0;
	name = strip(name);
	value = strip(value);
	for (i = 0; i < ARRAY_SIZE(settings); i++) {
		if (strcmp(settings[i].name, name) == 0)
			break;
	}
	if (i == ARRAY_SIZE(settings))
		return err_explain(detail, TNE_CONF_SYNTAX,
				   "unknown key \"%.*s\"", NAME_SHOWN_MAX,
				   name);
	if (*seen & (1u << i))
		return err_explain(detail, TNE_CONF_SYNTAX,
				   "%s is set twice", name);
	*seen |= 1u << i;
	if (!*value)
		return err_explain(detail, TNE_CONF_SYNTAX, "%s has no value",
				   name);
	r = settings[i].set(conf, value, &why);
	if (r == TNE_CONF_SYNTAX)
		return err_explain(detail, r, "%s: %s", name, why.text);
	return r;
}

static int copy_conf(const struct daemon_conf *from, struct daemon_conf *ret)
{
	struct daemon_conf copy = *from;
	char **slots[] = { &copy.control_url, &copy.control_ca_file,
			   &copy.state_dir, &copy.tun, &copy.socket,
			   &copy.read_group, &copy.tpm };
	size_t i;
	int r = 0;

	for (i = 0; i < ARRAY_SIZE(slots); i++) {
		const char *text = *slots[i];

		*slots[i] = NULL;
		if (text && r == 0)
			r = set_text(slots[i], text);
	}
	if (r < 0) {
		daemon_conf_done(&copy);
		return r;
	}
	*ret = copy;
	return 0;
}

static int parse_lines(const char *text, size_t len, struct err_detail *detail,
		       struct daemon_conf *conf)
{
	const char *end = text + len, *eol;
	struct err_detail why = { "" };
	char line[DAEMON_CONF_LINE_MAX];
	unsigned int number = 0, seen = 0;
	int r;

	for (; text < end; text = eol + 1) {
		eol = memchr(text, '\n', end - text);
		if (!eol)
			eol = end;
		number++;
		if (eol - text >= DAEMON_CONF_LINE_MAX ||
		    memchr(text, 0, eol - text)) {
			r = bad(&why, "line is too long or has a zero byte");
		} else {
			memcpy(line, text, eol - text);
			line[eol - text] = 0;
			r = parse_line(line, conf, &seen, &why);
		}
		if (r < 0)
			return err_explain(detail, r, "line %u: %s", number,
					   why.text[0] ? why.text :
					   err_text(r));
	}
	return 0;
}

/* What is set by name goes before, wherever it stands. */
static void apply_profile(struct daemon_conf *conf)
{
	if (!conf->has_encrypt)
		conf->encrypt_policy = conf->hardened;
	if (!conf->has_counter)
		conf->state_counter = conf->hardened;
}

int daemon_conf_parse(const char *text, size_t len, struct err_detail *detail,
		      struct daemon_conf *conf)
{
	struct daemon_conf new;
	int r;

	if (len > DAEMON_CONF_MAX)
		return err_explain(detail, TNE_TOO_LONG,
				   "the file of settings is too long");
	r = copy_conf(conf, &new);
	if (r < 0)
		return r;
	r = parse_lines(text, len, detail, &new);
	if (r < 0) {
		daemon_conf_done(&new);
		return r;
	}
	apply_profile(&new);
	daemon_conf_done(conf);
	*conf = new;
	return 0;
}

static int check_adopt(const struct daemon_options *o,
		       struct err_detail *detail)
{
	if (o->adopt && o->release)
		return err_explain(detail, TNE_USAGE,
				   "--adopt and --release are opposites");
	if (o->copy && !o->adopt)
		return err_explain(detail, TNE_USAGE,
				   "--copy goes with --adopt");
	if (o->adopt_dir && o->adopt_dir[0] != '/')
		return err_explain(detail, TNE_USAGE,
				   "the directory must be an absolute path");
	return 0;
}

int daemon_options_parse(int argc, char *const *argv,
			 struct err_detail *detail,
			 struct daemon_options *ret)
{
	struct daemon_options o = { 0 };
	bool no_logs = true, encrypt = false;
	uint32_t port = 0;
	struct flag flags[] = {
		FLAG("conf", FLAG_TEXT, &o.conf_file, ""),
		FLAG("state", FLAG_TEXT, &o.state, ""),
		FLAG("statedir", FLAG_TEXT, &o.state_dir, ""),
		FLAG("tun", FLAG_TEXT, &o.tun, ""),
		FLAG("socket", FLAG_TEXT, &o.socket, ""),
		FLAG("port", FLAG_NUMBER, &port, ""),
		FLAG("verbose", FLAG_NUMBER, &o.verbose, ""),
		FLAG("version", FLAG_BOOL, &o.version, ""),
		FLAG("cleanup", FLAG_BOOL, &o.cleanup, ""),
		FLAG("no-logs-no-support", FLAG_BOOL, &no_logs, ""),
		FLAG("config", FLAG_REFUSED, NULL,
		     "the declarative configuration file is not supported yet; --conf names the file of settings"),
		FLAG("encrypt-state", FLAG_BOOL, &encrypt, ""),
		FLAG("adopt", FLAG_BOOL, &o.adopt, ""),
		FLAG("release", FLAG_BOOL, &o.release, ""),
		FLAG("copy", FLAG_BOOL, &o.copy, ""),
		FLAG("hardware-attestation", FLAG_REFUSED, NULL,
		     "attesting keys by the TPM is not supported yet"),
		FLAG("debug", FLAG_REFUSED, NULL,
		     "there is no debug listener"),
		FLAG("socks5-server", FLAG_REFUSED, NULL,
		     "proxies are not supported"),
		FLAG("outbound-http-proxy-listen", FLAG_REFUSED, NULL,
		     "proxies are not supported"),
		FLAG("bird-socket", FLAG_REFUSED, NULL,
		     "BIRD is not supported"),
		FLAG("syslog", FLAG_REFUSED, NULL,
		     "the log goes to standard error"),
	};
	int next, more = 0, r;

	r = flags_parse(flags, ARRAY_SIZE(flags), argc, argv, detail, &next);
	if (r != 0)
		return r;
	/* It reads like the value of its option, so others may follow. */
	if (next < argc && (o.adopt || o.release)) {
		o.adopt_dir = argv[next++];
		r = flags_parse(flags, ARRAY_SIZE(flags), argc - next,
				argv + next, detail, &more);
		if (r != 0)
			return r;
		next += more;
	}
	if (next < argc)
		return err_explain(detail, TNE_USAGE,
				   "unexpected argument \"%s\"", argv[next]);
	if (!no_logs)
		return err_explain(detail, TNE_USAGE,
				   "--no-logs-no-support can only be true: no log is ever sent anywhere");
	if (port > UINT16_MAX)
		return err_explain(detail, TNE_USAGE,
				   "--port is a number from 0 to 65535");
	r = check_adopt(&o, detail);
	if (r < 0)
		return r;
	if (flags_find(flags, ARRAY_SIZE(flags), "encrypt-state")->given)
		o.encrypt_state = encrypt ? OPT_TRUE : OPT_FALSE;
	o.has_port = flags_find(flags, ARRAY_SIZE(flags), "port")->given;
	o.port = port;
	*ret = o;
	return 0;
}

/* "/dir/tailscaled.state" is the directory; the name in it is fixed. */
static int apply_state(struct daemon_conf *conf, const char *state,
		       struct err_detail *detail)
{
	const char *slash = strrchr(state, '/');
	char *dir;

	if (strcmp(state, "mem:") == 0) {
		conf->state_in_memory = true;
		return 0;
	}
	if (state[0] != '/' || strcmp(slash + 1, STATE_NAME) != 0)
		return err_explain(detail, TNE_CONF_SYNTAX,
				   "--state is mem: or the absolute path of a file named "
				   STATE_NAME);
	dir = strndup(state, slash == state ? 1 : slash - state);
	if (!dir)
		return -ENOMEM;
	free(conf->state_dir);
	conf->state_dir = dir;
	return 0;
}

static int apply(struct daemon_conf *conf, const char *value, const char *name,
		 int (*set)(struct daemon_conf *conf, const char *value,
			    struct err_detail *detail),
		 struct err_detail *detail)
{
	struct err_detail why = { "" };
	int r;

	if (!value)
		return 0;
	r = *value ? set(conf, value, &why) : bad(&why, "has no value");
	if (r == TNE_CONF_SYNTAX)
		return err_explain(detail, r, "--%s: %s", name, why.text);
	return r;
}

int daemon_conf_apply(struct daemon_conf *conf,
		      const struct daemon_options *options,
		      struct err_detail *detail)
{
	int r = apply(conf, options->state_dir, "statedir", set_state_dir,
		      detail);

	if (r == 0 && options->state)
		r = apply_state(conf, options->state, detail);
	if (r == 0)
		r = apply(conf, options->tun, "tun", set_tun, detail);
	if (r == 0)
		r = apply(conf, options->socket, "socket", set_socket, detail);
	conf->encrypt_state = options->encrypt_state;
	if (options->has_port)
		conf->port = options->port;
	if (options->verbose)
		conf->log_level = DAEMON_CONF_LEVEL_DEBUG;
	return r;
}

static bool differ(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") != 0;
}

#define SWAP(a, b)				\
	({					\
		__typeof__(a) swap_ = (a);	\
		(a) = (b);			\
		(b) = swap_;			\
	})

void daemon_conf_reload(struct daemon_conf *conf, struct daemon_conf *new,
			struct err_detail *ret_waiting)
{
	const struct {
		const char *name;
		bool differs;
	} fixed[] = {
		{ "LockGenesis", conf->has_lock_genesis !=
				 new->has_lock_genesis ||
				 (conf->has_lock_genesis &&
				  !aum_hash_eq(&conf->lock_genesis,
					       &new->lock_genesis)) },
		{ "ControlCAFile", differ(conf->control_ca_file,
					  new->control_ca_file) },
		{ "StateDir", differ(conf->state_dir, new->state_dir) },
		{ "Tun", differ(conf->tun, new->tun) },
		{ "Socket", differ(conf->socket, new->socket) },
		{ "Port", conf->port != new->port },
		{ "EncryptState", conf->encrypt_policy !=
				  new->encrypt_policy },
		{ "Profile", conf->hardened != new->hardened },
		{ "StateCounter", conf->state_counter != new->state_counter },
		{ "CounterIndex", conf->counter_index != new->counter_index },
		{ "TPM", differ(conf->tpm, new->tpm) },
	};
	struct err_detail list = { "" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fixed); i++) {
		if (!fixed[i].differs)
			continue;
		if (list.text[0])
			strcat(list.text, ", ");
		strcat(list.text, fixed[i].name);
	}
	SWAP(conf->control_url, new->control_url);
	SWAP(conf->has_control_key, new->has_control_key);
	SWAP(conf->control_key, new->control_key);
	SWAP(conf->control_exit, new->control_exit);
	SWAP(conf->read_group, new->read_group);
	SWAP(conf->log_level, new->log_level);
	*ret_waiting = list;
}

const char *daemon_options_usage(void)
{
	return
"Usage: tailnetd [options]\n"
"\n"
"  --conf FILE         settings (default " DAEMON_CONF_FILE ")\n"
"  --statedir DIR      directory of the state (default " DAEMON_CONF_STATE_DIR ")\n"
"  --state FILE|mem:   state file, or none at all\n"
"  --tun NAME          network device (default " DAEMON_CONF_TUN ")\n"
"  --socket PATH       local API (default " DAEMON_CONF_SOCKET ")\n"
"  --port NUMBER       UDP port, 0 = any (default)\n"
"  --verbose NUMBER    1 = log everything\n"
"  --encrypt-state     have the TPM seal the state; =false undoes it\n"
"  --adopt [DIR]       take over the node of the stock daemon, and exit;\n"
"                      with --copy its state stays where it is\n"
"  --release [DIR]     give it back, and exit\n"
"  --cleanup           undo what the agent has set up, and exit\n"
"  --version           print the version, and exit\n";
}

void daemon_conf_done(struct daemon_conf *conf)
{
	free(conf->control_url);
	free(conf->control_ca_file);
	free(conf->state_dir);
	free(conf->tun);
	free(conf->socket);
	free(conf->read_group);
	free(conf->tpm);
	memset(conf, 0, sizeof(*conf));
}
