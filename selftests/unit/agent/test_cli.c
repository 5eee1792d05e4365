// SPDX-License-Identifier: GPL-2.0-only
/* The verbs, against an agent with a node that is none, in a child process. */
#include "test.h"

#include "base/array.h"
#include "base/clock.h"
#include "cli/cli.h"
#include "cli/cmd_adopt.h"
#include "cli/cmd_debug.h"
#include "cli/cmd_down.h"
#include "cli/cmd_ip.h"
#include "cli/cmd_login.h"
#include "cli/cmd_logout.h"
#include "cli/cmd_set.h"
#include "cli/cmd_status.h"
#include "cli/cmd_switch.h"
#include "cli/cmd_up.h"
#include "cli/cmd_version.h"
#include "cli/cmd_wait.h"
#include "fake_node.h"
#include "localapi/api.h"
#include "loop/loop.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char path[64];
static char out[1 << 16], err[1 << 16];

/* How the node is, before each case. */
enum node_is {
	IS_RUNNING,
	IS_STOPPED,
	IS_NEW,		/* needs a login, has no key */
	IS_STUCK,	/* needs a login, and it never ends */
};

static void serve(enum node_is is)
{
	struct fake_node node;
	struct api_config config = {
		.node = &fake_node_api, .node_ctx = &node,
		.version = "9.9.9-tailnet", .cap = 113,
		.find_uid = auth_find_uid,
	};
	struct err_detail detail;
	struct loop *loop;
	struct api *api;
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fake_node_init(&node);
	if (is == IS_STOPPED)
		node.backend = BACKEND_STOPPED;
	if (is >= IS_NEW) {
		node.backend = BACKEND_NEEDS_LOGIN;
		node.have_key = false;
		node.login = "";
	} else if (prefs_set_text(&node.prefs.control_url,
				  "https://hs.example") < 0 ||
		   prefs_set_text(&node.prefs.hostname, "old") < 0) {
		_exit(1);
	}
	node.finish = is != IS_STUCK;
	if (loop_new(clock_system(), &loop) < 0 ||
	    api_listen(path, &detail, &fd) < 0 ||
	    api_new(loop, fd, &config, &api) < 0)
		_exit(1);
	loop_run(loop);
	_exit(1);
}

static pid_t start_agent(enum node_is is)
{
	pid_t pid;
	int i;

	fflush(NULL);
	pid = fork();
	if (pid == 0)
		serve(is);
	for (i = 0; i < 1000; i++) {
		struct client client = { path };
		struct client_answer answer;
		struct err_detail detail;

		if (client_ask(&client, "GET", "serve-config", NULL, 0, &detail,
			       &answer) == 0) {
			client_answer_done(&answer);
			return pid;
		}
		usleep(5000);
	}
	abort();
}

static void stop_agent(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	unlink(path);
}

static const struct {
	const char *name;
	int (*run)(const struct cli *cli, int argc, char **argv);
} verbs[] = {
	{ "up", cmd_up }, { "down", cmd_down }, { "login", cmd_login },
	{ "logout", cmd_logout }, { "status", cmd_status }, { "ip", cmd_ip },
	{ "set", cmd_set }, { "wait", cmd_wait },
	{ "switch", cmd_switch },
	{ "version", cmd_version }, { "debug", cmd_debug },
	{ "adopt", cmd_adopt }, { "release", cmd_adopt },
};

static void read_all(FILE *file, char *buf, size_t size)
{
	size_t n;

	rewind(file);
	n = fread(buf, 1, size - 1, file);
	buf[n] = 0;
	fclose(file);
}

/* A line of a shell without quotes; its exit code. */
static int run(const char *line)
{
	struct cli cli = { .client = { path }, .name = "tailnet",
			   .title = "Tailnet" };
	char copy[300], *argv[20], *save = NULL, *word;
	FILE *files[2] = { tmpfile(), tmpfile() };
	int argc = 0, status;
	size_t i;
	pid_t pid;

	strcpy(copy, line);
	for (word = strtok_r(copy, " ", &save); word;
	     word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	argv[argc] = NULL;
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		alarm(20);
		dup2(fileno(files[0]), 1);
		dup2(fileno(files[1]), 2);
		for (i = 0; i < ARRAY_SIZE(verbs); i++) {
			if (strcmp(verbs[i].name, argv[0]) == 0)
				exit(verbs[i].run(&cli, argc, argv));
		}
		abort();
	}
	waitpid(pid, &status, 0);
	read_all(files[0], out, sizeof(out));
	read_all(files[1], err, sizeof(err));
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/**
 * struct step - a command and what comes of it
 * @is: how the node is
 * @line: the command
 * @code: exit code
 * @says: part of its output
 * @warns: part of what it prints on standard error; "" = nothing at all
 */
static const struct step {
	enum node_is is;
	const char *line;
	int code;
	const char *says;
	const char *warns;
} steps[] = {
	{ IS_RUNNING, "status", 0, "100.64.0.3  beta   tagged-devices  linux", "" },
	{ IS_RUNNING, "status", 0, "active; direct 192.0.2.1:41641, tx 20 rx 10", "" },
	{ IS_RUNNING, "status", 0, "# Health check:\n#     - access rules", "" },
	{ IS_RUNNING, "status --json", 0, "\n  \"BackendState\": \"Running\"", "" },
	{ IS_RUNNING, "status --json --peers=false", 0, "\"Peer\": null", "" },
	{ IS_RUNNING, "status x", 1, "", "unexpected argument" },
	{ IS_RUNNING, "status --web", 64, "", "no web page" },
	{ IS_RUNNING, "status --nonsense", 2, "", "not defined: -nonsense" },
	{ IS_RUNNING, "status --help", 0, "Usage: tailnet status", "" },
	{ IS_STOPPED, "status", 1, "Tailnet is stopped.\n", "" },
	{ IS_STOPPED, "status --json", 0, "\"Stopped\"", "" },
	{ IS_NEW, "status", 1, "Logged out.\nLog in at: https://login", "" },
	{ IS_RUNNING, "ip", 0, "100.64.0.1\nfd7a:115c:a1e0::1\n", "" },
	{ IS_RUNNING, "ip -4", 0, "100.64.0.1\n", "" },
	{ IS_RUNNING, "ip -6 beta", 0, "fd7a:115c:a1e0::3\n", "" },
	{ IS_RUNNING, "ip -1 alpha.tail.example", 0, "100.64.0.2\n", "" },
	{ IS_RUNNING, "ip alp", 1, "", "no peer or service" },
	{ IS_RUNNING, "ip -4 -6", 1, "", "mutually exclusive" },
	{ IS_RUNNING, "ip --assert 100.64.0.1", 0, "", "" },
	{ IS_RUNNING, "ip --assert=100.64.0.2", 1, "", "not one of" },
	{ IS_RUNNING, "version --daemon", 0, "Daemon: 9.9.9-tailnet", "" },
	{ IS_RUNNING, "debug netmap", 0, "Peers", "" },
	{ IS_RUNNING, "debug filter", 1, "", "not built in yet" },
	{ IS_STOPPED, "debug netmap", 1, "", "no network map yet" },
	{ IS_RUNNING, "debug x", 64, "", "no such topic" },
	{ IS_RUNNING, "down", 0, "", "" },
	{ IS_STOPPED, "down", 0, "", "Tailnet was already stopped.\n" },
	{ IS_RUNNING, "logout", 0, "", "" },
	{ IS_STOPPED, "up", 0, "", "" },
	{ IS_RUNNING, "up", 0, "", "" },
	{ IS_RUNNING, "up --hostname=new", 1, "",
	  "\ttailnet up --hostname=new --login-server=https://hs.example\n" },
	{ IS_RUNNING, "up --accept-routes", 1, "", "--hostname=old --login-server" },
	{ IS_RUNNING, "up --hostname=new --login-server=https://hs.example", 0, "", "" },
	{ IS_RUNNING, "up --hostname=old --login-server=https://b.example", 1,
	  "", "--force-reauth" },
	{ IS_RUNNING, "up --hostname=-x", 1, "", "invalid hostname" },
	{ IS_RUNNING, "up --advertise-routes=10.0.0.1/8", 1, "", "non-address bits" },
	{ IS_RUNNING, "up --exit-node=1.2.3.4", 64, "", "not supported yet" },
	{ IS_RUNNING, "up --auth-key=file:/nonexistent", 1, "", "cannot read the key" },
	{ IS_NEW, "up --hostname=taken", 1, "", "that name is taken" },
	{ IS_NEW, "up", 0, "",
	  "\nTo authenticate, visit:\n\n\thttps://login.example/a/1\n\nSuccess.\n" },
	{ IS_NEW, "up --qr", 0, "", "\u2588\u2588" },
	{ IS_NEW, "up --json", 0, "\"AuthURL\": \"https://login.example/a/1\"", "" },
	{ IS_NEW, "up --auth-key tskey-x --timeout=5s", 0, "", "" },
	{ IS_STUCK, "up --json --timeout=200ms", 1,
	  "\n  \"Error\": \"timeout waiting for Tailnet", "timeout waiting" },
	{ IS_NEW, "up --json", 0, "\n  \"BackendState\": \"Running\"", "" },
	{ IS_RUNNING, "set", 0, "", "Usage: tailnet set [flags]" },
	{ IS_RUNNING, "set --hostname=other --nickname=n", 0, "", "" },
	{ IS_RUNNING, "set --advertise-exit-node", 0, "", "" },
	{ IS_RUNNING, "set --hostname=-x", 1, "", "invalid hostname" },
	{ IS_RUNNING, "set --login-server=https://a", 2, "", "not defined: -login-server" },
	{ IS_RUNNING, "set --auto-update", 64, "", "package manager" },
	{ IS_RUNNING, "set --ssh", 64, "", "not supported yet" },
	{ IS_RUNNING, "set x", 1, "", "unexpected argument" },
	{ IS_RUNNING, "switch", 1, "", "Usage: tailnet switch" },
	{ IS_RUNNING, "switch --list", 0,
	  "ID    Tailnet       Account\n"
	  "aaaa  home.example  ann@example.com\n"
	  "bbbb  work.example  ann@work.example*\n", "" },
	{ IS_RUNNING, "switch --list --json", 0,
	  "\n    \"account\": \"ann@work.example\",\n    \"selected\": true\n", "" },
	{ IS_RUNNING, "switch --list x", 1, "", "unexpected argument" },
	{ IS_RUNNING, "switch aaaa", 0, "Success.\n", "" },
	{ IS_RUNNING, "switch home.example", 0, "Success.\n", "" },
	{ IS_NEW, "switch home", 0, "Logged out.\n", "" },
	{ IS_STOPPED, "switch home", 1, "the state is Stopped", "" },
	{ IS_RUNNING, "switch work", 0, "", "Already on account" },
	{ IS_RUNNING, "switch x", 1, "", "No profile named x\n" },
	{ IS_RUNNING, "wait", 0, "", "" },
	{ IS_RUNNING, "wait --timeout=5s", 0, "", "" },
	{ IS_STUCK, "wait --timeout=100ms", 1, "", "timeout waiting" },
	{ IS_NEW, "login", 0, "", "Success.\n" },
	{ IS_RUNNING, "login", 0, "", "" },
	{ IS_STUCK, "up --timeout=200ms", 1, "", "timeout waiting for Tailnet" },
	{ IS_RUNNING, "up --force-reauth --hostname=old --login-server=https://hs.example",
	  0, "", "Success.\n" },
	{ IS_RUNNING, "up --force-reauth --auth-key=k --timeout=5s --hostname=old --login-server=https://hs.example",
	  0, "", "" },
	{ IS_RUNNING, "up --force-reauth --auth-key=used --hostname=old --login-server=https://hs.example",
	  1, "", "backend error: the key is used up" },
	{ IS_NEW, "up --auth-key=k --login-server=https://hs.example",
	  0, "", "" },
};

static void commands(void)
{
	size_t i;
	pid_t pid;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		test_case("%s", steps[i].line);
		pid = start_agent(steps[i].is);
		int code = run(steps[i].line);

		stop_agent(pid);
		CHECK_EQ(code, steps[i].code);
		CHECK(strstr(out, steps[i].says));
		CHECK(*steps[i].warns ? !!strstr(err, steps[i].warns) : !*err ||
		      strstr(err, "authenticate"));
	}
}

static void no_agent(void)
{
	unlink(path);
	CHECK_EQ(run("status"), CLI_NO_AGENT);
	CHECK(strstr(err, "the agent is not running"));
	CHECK(strchr(err, '\n') == err + strlen(err) - 1);
	CHECK_EQ(run("up"), CLI_NO_AGENT);
	CHECK_EQ(run("version"), 0);
}

static void no_rights(void)
{
	pid_t pid, child;
	int status;

	if (geteuid() != 0)
		return;
	pid = start_agent(IS_RUNNING);
	fflush(NULL);
	child = fork();
	if (child == 0) {
		if (setuid(12345) < 0)
			_exit(99);
		_exit(run("down") == 1 && strstr(err, "Access denied: ") &&
		      strstr(err, "sudo tailnet") && run("status") == 0 ?
		      0 : 1);
	}
	waitpid(child, &status, 0);
	stop_agent(pid);
	CHECK_EQ(status, 0);
}

static void put_program(const char *dir, const char *name)
{
	char file[100];
	FILE *f;

	snprintf(file, sizeof(file), "%s/%s", dir, name);
	f = fopen(file, "w");
	if (!f || fprintf(f, "#!/bin/sh\necho %s \"$@\"\n", name) < 0 ||
	    fclose(f) != 0 || chmod(file, 0700) < 0)
		abort();
}

/* What becomes of their arguments, with programs that only say theirs. */
static void hand_over(void)
{
	static const struct {
		const char *line;
		int code;
		const char *says;
	} cases[] = {
		{ "adopt", 0, "tailnetd --adopt\n" },
		{ "adopt /d", 0, "tailnetd --adopt /d\n" },
		{ "adopt --copy /d", 0, "tailnetd --adopt --copy /d\n" },
		{ "adopt /d --copy", 0, "tailnetd --adopt --copy /d\n" },
		{ "adopt /d /e", 1, "" },
		{ "adopt /d --copy /e", 1, "" },
		{ "adopt /d --nonsense", 2, "" },
		{ "release", 0, "tailnetd --release\n" },
		{ "release /d", 0, "tailnetd --release /d\n" },
		{ "release /d --copy", 2, "" },
	};
	char dir[] = "/tmp/test_cli.XXXXXX", *old = strdup(getenv("PATH"));
	char with[300], line[100];
	size_t i;

	CHECK(old && mkdtemp(dir));
	put_program(dir, "tailnetd");
	put_program(dir, "systemctl");
	snprintf(with, sizeof(with), "%s:/usr/bin:/bin", dir);
	setenv("PATH", with, 1);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].line);
		CHECK_EQ(run(cases[i].line), cases[i].code);
		CHECK(*cases[i].says ? !!strstr(out, cases[i].says) : !*out);
	}
	setenv("PATH", old, 1);
	free(old);
	snprintf(line, sizeof(line), "rm -r %s", dir);
	CHECK_EQ(system(line), 0);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(commands),
		TEST(no_agent),
		TEST(no_rights),
		TEST(hand_over),
	};

	if (secret_init() < 0)
		return 1;
	snprintf(path, sizeof(path), "/tmp/test_cli.%d", getpid());
	return test_main(tests, ARRAY_SIZE(tests), argc, argv);
}
