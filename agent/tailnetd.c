// SPDX-License-Identifier: GPL-2.0-only
/* The agent: options, privileges, the node, the loop. */
#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/version.h"
#include "localapi/api.h"
#include "lock/disable_job.h"
#include "loop/loop.h"
#include "loop/resolve.h"
#include "loop/transfers.h"
#include "model/host_config.h"
#include "node/lock_handover.h"
#include "node/service.h"
#include "node/waiting.h"
#include "node_own.h"
#include "store/adopt.h"
#include "store/keeper.h"
#include "store/side.h"
#include "system/privs.h"
#include "tpm/tpm_job.h"
#include "wire/daemon_conf.h"
#include "wire/json_wipe.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
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
#define AGENT_USER "tailnetd"

/* Longest time without an answer of the TPM before we say so; ours. */
#define PATIENCE_MS 5000
/* Longest time that an end waits for the TPM to count; ours. */
#define SETTLE_MS 5000
/* Source: systemd.exec(5), and ours. */
#define CREDENTIALS "CREDENTIALS_DIRECTORY"
#define OWNER_AUTH "tpm-owner-auth"

/**
 * struct daemon - what main() puts together, in the order of its making
 * @is_ready: systemd was told
 * @is_ending: a signal has come, and the TPM is waited for
 */
struct daemon {
	struct daemon_options options;
	struct daemon_conf conf;
	struct loop *loop;
	struct transfers *transfers;
	struct keeper *keeper;
	struct loop_timer patience;
	struct loop_timer watchdog;
	struct waiting *waiting;
	struct side *side;
	struct node_own *node;
	struct api *api;
	bool is_ready;
	bool is_ending;
	enum exit_code code;
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
	case TNE_TPM_UNFIT:
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
		.keeper = d->keeper,
		.state = keeper_state(d->keeper),
		.side = d->side,
		.tun = d->conf.tun,
		.port = d->conf.port,
		.lock_genesis = d->conf.has_lock_genesis ?
				&d->conf.lock_genesis : NULL,
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

static int open_api(struct daemon *d, const struct node_api *node, void *ctx,
		    struct err_detail *detail)
{
	struct api_config config = {
		.node = node,
		.node_ctx = ctx,
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

static void be_ready(struct daemon *d)
{
	if (d->is_ready)
		return;
	d->is_ready = true;
	service_notify("READY=1");
	log_notice("tailnetd " VERSION_LONG ": ready");
}

static void end(struct daemon *d, int err, const struct err_detail *detail)
{
	d->code = complain(code_of(d, err), detail, err);
	loop_stop(d->loop, d->code);
}

/* The state is there: everything else begins. */
static int begin(struct daemon *d, struct err_detail *detail)
{
	int r;

	r = side_open(keeper_state(d->keeper), state_io_system(), detail,
		      &d->side);
	if (r == 0)
		r = open_node(d, detail);
	if (r < 0)
		return r;
	if (!d->api)
		return open_api(d, node_own_api(), d->node, detail);
	waiting_free(steal(d->waiting));
	api_set_node(d->api, node_own_api(), d->node);
	return 0;
}

static bool is_of_state(int err)
{
	switch (err) {
	case TNE_STATE_FORMAT:
	case TNE_STATE_FILE:
	case TNE_STATE_IDENTITY:
	case TNE_LOCAL_JSON:
	case TNE_KEY_FORMAT:
		return true;
	}
	return false;
}

/* It stays up, so that there is somebody who says why. */
static void reject(struct daemon *d, int err, const struct err_detail *detail)
{
	side_close(steal(d->side));
	keeper_reject(d->keeper, err, detail);
}

static void on_opened(void *ctx)
{
	struct err_detail detail = { 0 };
	struct daemon *d = ctx;
	int r;

	loop_timer_cancel(d->loop, &d->patience);
	if (d->is_ending)
		return;
	r = begin(d, &detail);
	/* The file can be read, and what is in it is no node. */
	if (is_of_state(r))
		reject(d, r, &detail);
	else if (r < 0)
		end(d, r, &detail);
	else
		be_ready(d);
}

static void on_failed(void *ctx, int err, const struct err_detail *detail)
{
	end(ctx, err, detail);
}

/* Until there is a node, which does it then. */
static void on_watchdog(void *ctx)
{
	struct daemon *d = ctx;

	if (d->node || !service_watchdog_ms())
		return;
	service_notify("WATCHDOG=1");
	loop_timer_set(d->loop, &d->watchdog, service_watchdog_ms());
}

/* Without a state there is somebody who can say why. */
static void wait_aloud(struct daemon *d)
{
	struct err_detail detail = { 0 };
	int r;

	if (d->node || d->waiting || d->is_ending)
		return;
	r = waiting_new(d->keeper, &d->waiting);
	if (r == 0)
		r = open_api(d, waiting_api(), d->waiting, &detail);
	if (r < 0) {
		end(d, r, &detail);
		return;
	}
	service_notify("STATUS=the state cannot be opened yet");
	be_ready(d);
	on_watchdog(d);
}

static void on_impatient(void *ctx)
{
	wait_aloud(ctx);
}

static void on_changed(void *ctx)
{
	struct daemon *d = ctx;

	switch (keeper_phase(d->keeper)) {
	case KEEPER_WAITING:
	case KEEPER_STUCK:
		wait_aloud(d);
		break;
	case KEEPER_ASKING:
	case KEEPER_OPEN:
	case KEEPER_PHASES:
		break;
	}
	if (!d->waiting)
		return;
	waiting_tell(d->waiting);
	if (d->api)
		api_recheck(d->api);
}

/* A password of the TPM's owner, which systemd hands to this service alone. */
static void read_owner_auth(struct tpm_options *tpm)
{
	const char *dir = getenv(CREDENTIALS);
	char path[200];
	ssize_t n;
	int fd;

	if (!dir || snprintf(path, sizeof(path), "%s/" OWNER_AUTH, dir) >=
	    (int)sizeof(path))
		return;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	n = read(fd, tpm->auth, sizeof(tpm->auth));
	close(fd);
	while (n > 0 && tpm->auth[n - 1] == '\n')
		n--;
	tpm->auth_len = n > 0 ? n : 0;
}

/* Return: owned, in guarded memory; NULL without memory. */
static struct tpm_options *find_tpm(const struct daemon_conf *conf)
{
	struct tpm_options *tpm = tpm_options_new();

	if (!tpm)
		return NULL;
	if (conf->tpm)
		snprintf(tpm->tcti, sizeof(tpm->tcti), "%s", conf->tpm);
	read_owner_auth(tpm);
	return tpm;
}

static int open_keeper(struct daemon *d, struct err_detail *detail)
{
	struct tpm_options *tpm auto_clean(tpm_options) = find_tpm(&d->conf);
	const struct keeper_calls calls = {
		.opened = on_opened, .failed = on_failed,
		.changed = on_changed, .ctx = d,
	};
	struct keeper_config config = {
		.loop = d->loop,
		.dir = d->conf.state_in_memory ? NULL : d->conf.state_dir,
		.io = state_io_system(),
		.flag = d->conf.encrypt_state,
		.policy = d->conf.encrypt_policy,
		.counter = d->conf.state_counter,
		.counter_index = d->conf.counter_index,
		.tpm = tpm,
	};

	if (!tpm)
		return -ENOMEM;
	return keeper_new(&config, &calls, detail, &d->keeper);
}

/* All that might still write to the state. */
static void close_services(struct daemon *d)
{
	api_free(steal(d->api));
	waiting_free(steal(d->waiting));
	node_own_free(steal(d->node));
	side_close(steal(d->side));
}

static void on_settled(void *ctx)
{
	struct daemon *d = ctx;

	loop_stop(d->loop, EXIT_OK);
}

static void on_stop(void *ctx, int signo)
{
	struct daemon *d = ctx;

	if (d->is_ending) {
		loop_stop(d->loop, EXIT_OK);
		return;
	}
	d->is_ending = true;
	log_notice("tailnetd: %s; the network stays as it is",
		   strsignal(signo));
	service_notify("STOPPING=1");
	close_services(d);
	if (!keeper_settle(d->keeper, SETTLE_MS, on_settled, d))
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
		/* Made by them later, if they are not there yet. */
		if (d->api)
			api_restrict_read(d->api, r, gid);
		if (d->node) {
			node_settings(d, &settings);
			node_own_set(d->node, &settings);
		}
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
	close_services(d);
	if (d->loop) {
		loop_timer_cancel(d->loop, &d->patience);
		loop_timer_cancel(d->loop, &d->watchdog);
	}
	keeper_free(d->keeper);
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
		r = open_keeper(d, detail);
	if (r < 0)
		return r;
	loop_timer_init(&d->patience, on_impatient, d);
	loop_timer_init(&d->watchdog, on_watchdog, d);
	loop_timer_set(d->loop, &d->patience, PATIENCE_MS);
	return 0;
}

static int run(struct daemon *d)
{
	struct err_detail detail = { 0 };
	int r;

	r = build(d, &detail);
	if (r < 0)
		return complain(code_of(d, r), &detail, r);
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

/* A node changes hands: once, as root, while neither daemon runs. */
static int hand_over(const struct daemon *d, const struct daemon_options *options)
{
	struct tpm_options *tpm auto_clean(tpm_options) = find_tpm(&d->conf);
	const struct passwd *user = getpwnam(AGENT_USER);
	struct adopt_config config = {
		.dir = options->adopt_dir,
		.stock_dir = ADOPT_STOCK_DIR,
		.own_dir = d->conf.state_dir,
		.stock_socket = ADOPT_STOCK_SOCKET,
		.defaults = ADOPT_DEFAULTS,
		.dropin_dir = ADOPT_DROPIN_DIR,
		.record = ADOPT_RECORD,
		.copy = options->copy,
		.tell = options->state || options->state_dir,
		.tpm = tpm,
		.check_lock = lock_handover_check,
	};
	struct err_detail detail = { "" };
	char dir[ADOPT_PATH_MAX];
	int r;

	if (!tpm)
		return complain(EXIT_ERROR, &detail, -ENOMEM);

	if (geteuid() != 0 || !user) {
		r = err_explain(&detail, -EPERM,
				user ? "this is for root" :
				"there is no user " AGENT_USER);
		return complain(EXIT_ERROR, &detail, r);
	}
	config.uid = user->pw_uid;
	config.gid = user->pw_gid;
	make_folder(ADOPT_RECORD);
	r = options->adopt ? adopt_take(&config, &detail, dir) :
			     adopt_release(&config, &detail, dir);
	if (r < 0)
		return complain(r == -EBUSY ? EXIT_RUNNING : EXIT_ERROR,
				&detail, r);
	printf("the node is in %s now; go on with: systemctl daemon-reload; systemctl enable --now %s\n",
	       dir, options->adopt ? "tailnetd" : "tailscaled");
	return EXIT_OK;
}

/* Started by ourselves, see tpm_job.h. */
static int help(void)
{
	struct err_detail detail;

	return privs_harden(&detail) < 0 ? EXIT_ERROR : tpm_helper_main();
}

int main(int argc, char **argv)
{
	struct err_detail detail = { 0 };
	struct daemon d = { 0 };
	int r;

	resolve_helper(argc, argv);
	disable_job_helper(argc, argv);
	if (argc == 2 && strcmp(argv[1], TPM_HELPER_ARG) == 0)
		return help();
	/* Profiles with private keys are read and written as JSON. */
	json_wipe_init();
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
	if (d.options.cleanup)
		r = cleanup(&d);
	else if (d.options.adopt || d.options.release)
		r = hand_over(&d, &d.options);
	else
		r = run(&d);
	close_all(&d);
	return r;
}
