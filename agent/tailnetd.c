// SPDX-License-Identifier: GPL-2.0-only
/* The agent: options, privileges, the node, the loop. */
#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/version.h"
#include "localapi/api.h"
#include "loop/loop.h"
#include "loop/resolve.h"
#include "loop/transfers.h"
#include "model/host_config.h"
#include "node/service.h"
#include "node_own.h"
#include "store/side.h"
#include "store/state.h"
#include "system/privs.h"
#include "wire/daemon_conf.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Source: sysexits.h; which means what is in tailnetd(8). */
enum exit_code {
	EXIT_OK = 0,
	EXIT_ERROR = 1,
	EXIT_FLAGS = 2,
	EXIT_ARGUMENTS = 64,
	EXIT_NO_MODULE = 69,
	EXIT_RUNNING = 75,
	EXIT_CONFIG = 78,
};

#define FOLDER_MODE 0755

/**
 * struct daemon - what main() puts together, in the order of its making
 */
struct daemon {
	struct daemon_options options;
	struct daemon_conf conf;
	struct loop *loop;
	struct transfers *transfers;
	struct state *state;
	struct side *side;
	struct node_own *node;
	struct api *api;
	struct loop_signal on_term;
	struct loop_signal on_int;
	struct loop_signal on_hup;
};

static int complain(int code, const struct err_detail *detail, int err)
{
	log_err("tailnetd: %s", detail->text[0] ? detail->text :
						  err_text(err));
	return code;
}

/*
 * Which exit code goes with a failure. A device or a UDP port that is in use is
 * no other agent: that would have the state file.
 */
static enum exit_code code_of(const struct daemon *d, int err)
{
	bool at_node = d->side && !d->node;

	switch (err) {
	case TNE_NO_MODULE:
		return EXIT_NO_MODULE;
	case -EBUSY:
	case -EADDRINUSE:
		return at_node ? EXIT_ERROR : EXIT_RUNNING;
	case TNE_STATE_FORMAT:
	case TNE_STATE_SEALED:
	case TNE_STATE_FILE:
	case TNE_STATE_IDENTITY:
	case TNE_CONF_SYNTAX:
	case TNE_URL:
		return EXIT_CONFIG;
	}
	return EXIT_ERROR;
}

/* The whole file; an absent one is empty if that is allowed. */
static int read_conf(struct daemon_conf *conf, const char *path,
		     bool optional, struct err_detail *detail)
{
	struct secret_buf text auto_clean(secret_buf) = { 0 };
	int fd, r;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && optional)
		return 0;
	if (fd < 0) {
		r = -errno;
		return err_explain(detail, r, "%s: %s", path, err_text(r));
	}
	r = secret_buf_read(&text, fd, DAEMON_CONF_MAX);
	close(fd);
	if (r < 0)
		return err_explain(detail, r, "%s: %s", path, err_text(r));
	return daemon_conf_parse(text.data, text.len, detail, conf);
}

/* What file and command line say; empty on error. */
static int make_conf(const struct daemon_options *options,
		     struct err_detail *detail, struct daemon_conf *ret)
{
	const char *path = options->conf_file ? options->conf_file :
						DAEMON_CONF_FILE;
	int r;

	r = daemon_conf_init(ret);
	if (r < 0)
		return r;
	r = read_conf(ret, path, !options->conf_file, detail);
	if (r == 0)
		r = daemon_conf_apply(ret, options, detail);
	if (r < 0)
		daemon_conf_done(ret);
	return r;
}

static void set_up_log(const struct daemon_conf *conf)
{
	log_setup(STDERR_FILENO, (enum log_level)conf->log_level,
		  getenv("JOURNAL_STREAM"));
}

/* Missing rights show later, too, but then as riddles. */
static void check_rights(void)
{
	struct err_detail lines[PRIVS_LINES_MAX];
	unsigned int i, n;
	uint64_t have;

	if (privs_read(&have) < 0)
		return;
	n = privs_explain(have, PRIVS_NET_ADMIN, lines);
	for (i = 0; i < n; i++)
		log_warning("tailnetd: %s", lines[i].text);
}

static int open_state(struct daemon *d, struct err_detail *detail)
{
	int r;

	if (d->conf.state_in_memory)
		r = state_memory(&d->state);
	else
		r = state_open(d->conf.state_dir, state_io_system(), detail,
			       &d->state);
	if (r < 0)
		return r;
	if (state_mode_was_wrong(d->state))
		log_warning("store: others could read the state file; corrected");
	return side_open(d->state, state_io_system(), detail, &d->side);
}

static int open_network(struct daemon *d, struct err_detail *detail)
{
	const struct transfers_options options = {
		.ca_file = d->conf.control_ca_file,
		.mark = HOST_MARK_BYPASS,
	};
	int r;

	r = loop_new(clock_system(), &d->loop);
	if (r == 0)
		r = transfers_new(d->loop, &options, &d->transfers);
	if (r < 0)
		err_explain(detail, r, "%s", err_text(r));
	return r;
}

static void node_settings(const struct daemon *d,
			  struct node_own_settings *ret)
{
	*ret = (struct node_own_settings){
		.control_url = d->conf.control_url,
		.obey_exit = d->conf.control_exit,
	};
	if (d->conf.has_control_key)
		ret->control_key = d->conf.control_key;
}

static int open_node(struct daemon *d, struct err_detail *detail)
{
	struct node_own_config config = {
		.loop = d->loop,
		.transfers = d->transfers,
		.state = d->state,
		.side = d->side,
		.tun = d->conf.tun,
		.port = d->conf.port,
	};

	node_settings(d, &config.settings);
	return node_own_new(&config, detail, &d->node);
}

/* The folder of the socket; systemd makes it, people do not. */
static void make_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[200];

	if (!slash || slash == path || slash - path >= (long)sizeof(folder))
		return;
	memcpy(folder, path, slash - path);
	folder[slash - path] = 0;
	if (mkdir(folder, FOLDER_MODE) == 0)
		(void)chmod(folder, FOLDER_MODE);
}

/* Return: 1 and the group, 0 if none is named, or an error. */
static int find_group(const struct daemon_conf *conf,
		      struct err_detail *detail, gid_t *ret)
{
	const struct group *group;

	if (!conf->read_group)
		return 0;
	group = getgrnam(conf->read_group);
	if (!group)
		return err_explain(detail, TNE_CONF_SYNTAX,
				   "there is no group %s", conf->read_group);
	*ret = group->gr_gid;
	return 1;
}

static int open_api(struct daemon *d, struct err_detail *detail)
{
	struct api_config config = {
		.node = node_own_api(),
		.node_ctx = d->node,
		.version = VERSION_LONG,
		.cap = VERSION_CAP,
		.find_uid = auth_find_uid,
	};
	int fd, r;

	r = find_group(&d->conf, detail, &config.read_gid);
	if (r < 0)
		return r;
	config.restrict_read = r;
	make_folder(d->conf.socket);
	r = api_listen(d->conf.socket, detail, &fd);
	if (r < 0)
		return r;
	r = api_new(d->loop, fd, &config, &d->api);
	if (r < 0)
		close(fd);
	return r;
}

static void on_stop(void *ctx, int signo)
{
	struct daemon *d = ctx;

	log_notice("tailnetd: %s; the network stays as it is",
		   strsignal(signo));
	service_notify("STOPPING=1");
	loop_stop(d->loop, EXIT_OK);
}

/* All that is wrong shows before anything changes. */
static int reload(struct daemon *d, struct err_detail *detail)
{
	struct node_own_settings settings;
	struct daemon_conf conf = { 0 };
	struct err_detail waiting;
	gid_t gid = 0;
	int r;

	r = make_conf(&d->options, detail, &conf);
	if (r == 0)
		r = find_group(&conf, detail, &gid);
	if (r >= 0) {
		daemon_conf_reload(&d->conf, &conf, &waiting);
		set_up_log(&d->conf);
		api_restrict_read(d->api, r, gid);
		node_settings(d, &settings);
		node_own_set(d->node, &settings);
		if (waiting.text[0])
			log_warning("tailnetd: in force at the next start only: %s",
				    waiting.text);
	}
	daemon_conf_done(&conf);
	return r;
}

static void on_reload(void *ctx, int signo)
{
	struct daemon *d = ctx;
	struct err_detail detail = { 0 };
	int r;

	(void)signo;
	/* While it is being built there is nothing to be told. */
	if (!d->api)
		return;
	r = reload(d, &detail);
	if (r < 0)
		log_err("tailnetd: the settings stay as they are: %s",
			detail.text[0] ? detail.text : err_text(r));
	else
		log_notice("tailnetd: settings read again");
}

static int watch_signals(struct daemon *d)
{
	int r;

	loop_signal_init(&d->on_term, on_stop, d);
	loop_signal_init(&d->on_int, on_stop, d);
	loop_signal_init(&d->on_hup, on_reload, d);
	r = loop_signal_add(d->loop, &d->on_term, SIGTERM);
	if (r == 0)
		r = loop_signal_add(d->loop, &d->on_int, SIGINT);
	if (r == 0)
		r = loop_signal_add(d->loop, &d->on_hup, SIGHUP);
	return r;
}

static void close_all(struct daemon *d)
{
	api_free(d->api);
	node_own_free(d->node);
	side_close(d->side);
	state_close(d->state);
	transfers_free(d->transfers);
	loop_free(d->loop);
	daemon_conf_done(&d->conf);
}

static int build(struct daemon *d, struct err_detail *detail)
{
	int r;

	r = privs_harden(detail);
	if (r < 0)
		return r;
	check_rights();
	r = open_network(d, detail);
	if (r == 0)
		r = watch_signals(d);
	if (r == 0)
		r = open_state(d, detail);
	if (r == 0)
		r = open_node(d, detail);
	if (r == 0)
		r = open_api(d, detail);
	return r;
}

static int run(struct daemon *d)
{
	struct err_detail detail = { 0 };
	int r;

	r = build(d, &detail);
	if (r < 0)
		return complain(code_of(d, r), &detail, r);
	service_notify("READY=1");
	log_notice("tailnetd " VERSION_LONG ": ready");
	r = loop_run(d->loop);
	if (r < 0)
		return complain(EXIT_ERROR, &detail, r);
	return r;
}

static int cleanup(const struct daemon *d)
{
	struct err_detail detail = { 0 };
	int r = node_own_undo(d->conf.tun, &detail);

	return r < 0 ? complain(EXIT_ERROR, &detail, r) : EXIT_OK;
}

int main(int argc, char **argv)
{
	struct err_detail detail = { 0 };
	struct daemon d = { 0 };
	int r;

	resolve_helper(argc, argv);
	log_setup(STDERR_FILENO, LOG_LEVEL_INFO, getenv("JOURNAL_STREAM"));
	if (secret_init() < 0)
		return EXIT_ERROR;
	r = daemon_options_parse(argc - 1, argv + 1, &detail, &d.options);
	if (r < 0)
		return complain(r == TNE_USAGE ? EXIT_FLAGS : EXIT_ARGUMENTS,
				&detail, r);
	if (r > 0 || d.options.version) {
		printf("%s\n", r > 0 ? daemon_options_usage() : VERSION_LONG);
		return EXIT_OK;
	}
	r = make_conf(&d.options, &detail, &d.conf);
	if (r < 0)
		return complain(EXIT_CONFIG, &detail, r);
	set_up_log(&d.conf);
	r = d.options.cleanup ? cleanup(&d) : run(&d);
	close_all(&d);
	return r;
}
