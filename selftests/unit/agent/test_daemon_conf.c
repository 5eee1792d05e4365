// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "base/array.h"
#include "base/flags.h"
#include "fail_alloc.h"
#include "wire/daemon_conf.h"

#define KEY "mkey:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define GENESIS "AEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static const char whole[] =
	"# a comment\n\n"
	"ControlURL = https://hs.example:8443\r\n"
	"  ControlKey=" KEY "\n"
	"LockGenesis=" GENESIS "\n"
	"ControlCAFile=/etc/tailnet/ca.pem\n"
	"StateDir=/srv/tailnet\n"
	"Tun=tn0\n"
	"Socket=/run/x.sock\n"
	"Port=41641\n"
	"LocalAPIReadGroup=tailnet\n"
	"ControlExit=no\n"
	"LogLevel=debug";

static void reads_everything(void)
{
	struct err_detail detail = { "" };
	struct daemon_conf c;

	CHECK_EQ(daemon_conf_init(&c), 0);
	CHECK(strcmp(c.tun, "tailnet0") == 0);
	CHECK(c.control_exit);
	CHECK_EQ(daemon_conf_parse(whole, strlen(whole), &detail, &c), 0);
	CHECK(strcmp(c.control_url, "https://hs.example:8443") == 0);
	CHECK(c.has_control_key);
	CHECK_EQ(c.control_key.byte[1], 0x11);
	CHECK(c.has_lock_genesis);
	CHECK_EQ(c.lock_genesis.byte[0], 1);
	CHECK(strcmp(c.control_ca_file, "/etc/tailnet/ca.pem") == 0);
	CHECK(strcmp(c.state_dir, "/srv/tailnet") == 0);
	CHECK(strcmp(c.tun, "tn0") == 0);
	CHECK(strcmp(c.socket, "/run/x.sock") == 0);
	CHECK_EQ(c.port, 41641);
	CHECK(strcmp(c.read_group, "tailnet") == 0);
	CHECK(!c.control_exit);
	CHECK_EQ(c.log_level, DAEMON_CONF_LEVEL_DEBUG);
	daemon_conf_done(&c);
}

static void reloads(void)
{
	static const char next[] =
		"ControlURL=http://other\nTun=tn1\nStateDir=/srv/tailnet\n"
		"Port=1\nLogLevel=error\nStateCounter=true\n"
		"TPM=swtpm:path=/s\n";
	struct err_detail detail = { "" };
	struct daemon_conf c, new;

	CHECK_EQ(daemon_conf_init(&c), 0);
	CHECK_EQ(daemon_conf_init(&new), 0);
	CHECK_EQ(daemon_conf_parse(whole, strlen(whole), &detail, &c), 0);
	CHECK_EQ(daemon_conf_parse(next, strlen(next), &detail, &new), 0);
	daemon_conf_reload(&c, &new, &detail);
	CHECK(strcmp(c.control_url, "http://other") == 0);
	CHECK(!c.has_control_key);
	CHECK(c.control_exit);
	CHECK(!c.read_group);
	CHECK_EQ(c.log_level, 3);
	/* What others borrow from is still there. */
	CHECK(strcmp(c.tun, "tn0") == 0);
	CHECK_EQ(c.port, 41641);
	CHECK(strcmp(new.control_url, "https://hs.example:8443") == 0);
	CHECK(strcmp(detail.text, "LockGenesis, ControlCAFile, Tun, Socket, Port, StateCounter, TPM") == 0);
	daemon_conf_done(&new);

	CHECK_EQ(daemon_conf_init(&new), 0);
	CHECK_EQ(daemon_conf_parse(whole, strlen(whole), &detail, &new), 0);
	daemon_conf_reload(&c, &new, &detail);
	CHECK(!detail.text[0]);
	CHECK(c.has_control_key);
	daemon_conf_done(&new);
	daemon_conf_done(&c);
}

static void refuses(void)
{
	static const struct {
		const char *s;
		const char *says;
	} cases[] = {
		{ "\nTunn=x\n", "line 2: unknown key \"Tunn\"" },
		{ "tun=x\n", "unknown key" },
		{ "ControlExit=maybe\n", "ControlExit: is neither yes nor no" },
		{ "Tun\n", "line 1: line is not Key=value" },
		{ "Tun=\n", "Tun has no value" },
		{ "Tun=a\nTun=b\n", "line 2: Tun is set twice" },
		{ "Tun=userspace-networking\n", "not supported" },
		{ "Tun=0123456789abcdef\n", "Tun: is not the name" },
		{ "Tun=a/b\n", "Tun: is not the name" },
		{ "Tun=..\n", "Tun: is not the name" },
		{ "Port=65536\n", "Port: is not a number" },
		{ "Port=-1\n", "Port: is not a number" },
		{ "Port=1 # x\n", "Port: is not a number" },
		{ "ControlURL=hs.example\n", "ControlURL: must begin" },
		{ "ControlKey=nodekey:00\n", "ControlKey: is not mkey:" },
		{ "StateDir=x\n", "StateDir: is not an absolute path" },
		{ "Socket=x\n", "Socket: is not an absolute path" },
		{ "LockGenesis=\n", "LockGenesis has no value" },
		{ "LockGenesis=AAAA\n", "LockGenesis: is not the hash" },
		{ "LockGenesis=" GENESIS "A\n", "LockGenesis: is not" },
		{ "LockGenesis=a" GENESIS "\n", "LockGenesis: is not" },
		{ "LockGenesis=aeaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
		  "LockGenesis: is not" },
		{ "LockGenesis=1:2\n", "LockGenesis: is not" },
		{ "LockGenesis=" GENESIS "\nLockGenesis=" GENESIS "\n",
		  "line 2: LockGenesis is set twice" },
		{ "LogLevel=loud\n", "LogLevel: is not one of" },
	};
	struct err_detail detail;
	struct daemon_conf c;
	size_t i;

	CHECK_EQ(daemon_conf_init(&c), 0);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].s);
		CHECK_EQ(daemon_conf_parse(cases[i].s, strlen(cases[i].s),
					   &detail, &c), TNE_CONF_SYNTAX);
		CHECK(strstr(detail.text, cases[i].says));
		/* Nothing of a bad file is taken. */
		CHECK(strcmp(c.tun, "tailnet0") == 0);
	}
	CHECK_EQ(daemon_conf_parse("Tun=a\0b\n", 8, &detail, &c),
		 TNE_CONF_SYNTAX);
	daemon_conf_done(&c);
}

static int options(const char *line, struct daemon_options *ret,
		   struct err_detail *detail)
{
	static char copy[500];
	char *argv[20], *save = NULL;
	int argc = 0;

	strcpy(copy, line);
	for (char *p = strtok_r(copy, " ", &save); p;
	     p = strtok_r(NULL, " ", &save))
		argv[argc++] = p;
	return daemon_options_parse(argc, argv, detail, ret);
}

static void options_override(void)
{
	struct err_detail detail = { "" };
	struct daemon_options o;
	struct daemon_conf c;

	CHECK_EQ(daemon_conf_init(&c), 0);
	CHECK_EQ(daemon_conf_parse(whole, strlen(whole), &detail, &c), 0);
	CHECK_EQ(options("-tun tn1 --statedir=/s --socket /q --port=0 --verbose=2",
			 &o, &detail), 0);
	CHECK_EQ(daemon_conf_apply(&c, &o, &detail), 0);
	CHECK(strcmp(c.tun, "tn1") == 0 && strcmp(c.state_dir, "/s") == 0);
	CHECK(strcmp(c.socket, "/q") == 0 && c.port == 0);
	CHECK_EQ(options("--state=/d/tailscaled.state", &o, &detail), 0);
	CHECK_EQ(daemon_conf_apply(&c, &o, &detail), 0);
	CHECK(strcmp(c.state_dir, "/d") == 0 && !c.state_in_memory);
	CHECK_EQ(options("--state=mem:", &o, &detail), 0);
	CHECK_EQ(daemon_conf_apply(&c, &o, &detail), 0);
	CHECK(c.state_in_memory);
	CHECK_EQ(options("--state=/d/other", &o, &detail), 0);
	CHECK_EQ(daemon_conf_apply(&c, &o, &detail), TNE_CONF_SYNTAX);
	CHECK_EQ(options("--socket=", &o, &detail), 0);
	CHECK_EQ(daemon_conf_apply(&c, &o, &detail), TNE_CONF_SYNTAX);
	CHECK(strstr(detail.text, "--socket: has no value"));
	daemon_conf_done(&c);
}

static void bad_options(void)
{
	static const struct {
		const char *line;
		int err;
	} cases[] = {
		{ "--version", 0 },
		{ "--help", 1 },
		{ "--port 65536", TNE_USAGE },
		{ "--port x", TNE_USAGE },
		{ "--port", TNE_USAGE },
		{ "--tun a --tun b", TNE_USAGE },
		{ "--nonsense", TNE_USAGE },
		{ "extra", TNE_USAGE },
		{ "--no-logs-no-support=false", TNE_USAGE },
		{ "--no-logs-no-support", 0 },
		{ "--encrypt-state", 0 },
		{ "--encrypt-state=maybe", TNE_USAGE },
		{ "--hardware-attestation", TNE_UNSUPPORTED },
		{ "--adopt", 0 },
		{ "--adopt --copy /d", 0 },
		{ "--adopt /d --copy", 0 },
		{ "--adopt /d --statedir /e", 0 },
		{ "--adopt /d --adopt", TNE_USAGE },
		{ "--adopt /d --copy /e", TNE_USAGE },
		{ "--release /d --copy", TNE_USAGE },
		{ "--adopt d", TNE_USAGE },
		{ "--adopt /d /e", TNE_USAGE },
		{ "--adopt --release", TNE_USAGE },
		{ "--copy", TNE_USAGE },
		{ "--release --copy", TNE_USAGE },
		{ "--config=/x", TNE_UNSUPPORTED },
	};
	struct err_detail detail;
	struct daemon_options o;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].line);
		CHECK_EQ(options(cases[i].line, &o, &detail), cases[i].err);
	}
}

/* Three values: not given is not false. */
static void sealing(void)
{
	static const struct {
		const char *line;
		enum opt_bool flag;
	} cases[] = {
		{ "--port=1", OPT_UNSET },
		{ "--encrypt-state", OPT_TRUE },
		{ "-encrypt-state=1", OPT_TRUE },
		{ "--encrypt-state=True", OPT_TRUE },
		{ "--encrypt-state=false", OPT_FALSE },
		{ "--encrypt-state=F", OPT_FALSE },
	};
	static const char good[] =
		"EncryptState=true\nStateCounter=true\nTPM=swtpm:path=/s\n";
	static const char *const bad[] = {
		"EncryptState=yes", "StateCounter=1", "TPM=cmd:rm -rf /",
		"TPM=device:tpm", "Profile=hard", "Profile=Hardened",
		"CounterIndex=0", "CounterIndex=0x017FFFFF",
		"CounterIndex=0x01C00000", "CounterIndex=0x01800F01x",
		"CounterIndex=-1", "CounterIndex=99999999999999999999" };
	static const struct {
		const char *text;
		bool encrypt, counter;
		uint32_t index;
	} profiles[] = {
		{ "Port=1\n", false, false, 0 },
		{ "Profile=standard\n", false, false, 0 },
		{ "Profile=hardened\n", true, true, 0 },
		{ "StateCounter=false\nProfile=hardened\n", true, false, 0 },
		{ "Profile=hardened\nEncryptState=false\n", false, true, 0 },
		{ "Profile=standard\nStateCounter=true\n", false, true, 0 },
		{ "CounterIndex=0x01800000\n", false, false, 0x01800000 },
		{ "CounterIndex=29360127\n", false, false, 0x01bfffff },
	};
	struct err_detail detail = { "" };
	struct daemon_options o;
	struct daemon_conf c;
	size_t i;

	CHECK_EQ(daemon_conf_init(&c), 0);
	CHECK_EQ(daemon_conf_parse(good, strlen(good), &detail, &c), 0);
	CHECK(c.encrypt_policy && c.state_counter);
	CHECK(strcmp(c.tpm, "swtpm:path=/s") == 0);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].line);
		CHECK_EQ(options(cases[i].line, &o, &detail), 0);
		CHECK_EQ(o.encrypt_state, cases[i].flag);
		CHECK_EQ(daemon_conf_apply(&c, &o, &detail), 0);
		CHECK_EQ(c.encrypt_state, cases[i].flag);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		test_case("%s", bad[i]);
		CHECK_EQ(daemon_conf_parse(bad[i], strlen(bad[i]), &detail,
					   &c), TNE_CONF_SYNTAX);
	}
	daemon_conf_done(&c);
	for (i = 0; i < ARRAY_SIZE(profiles); i++) {
		test_case("%s", profiles[i].text);
		CHECK_EQ(daemon_conf_init(&c), 0);
		CHECK_EQ(daemon_conf_parse(profiles[i].text,
					   strlen(profiles[i].text), &detail,
					   &c), 0);
		CHECK_EQ(c.encrypt_policy, profiles[i].encrypt);
		CHECK_EQ(c.state_counter, profiles[i].counter);
		CHECK_EQ(c.counter_index, profiles[i].index);
		daemon_conf_done(&c);
	}
}

static void durations(void)
{
	static const struct {
		const char *text;
		long long ms;	/* below 0 = refused */
	} cases[] = {
		{ "0", 0 }, { "1s", 1000 }, { "1.5s", 1500 },
		{ "300ms", 300 }, { "1h2m3s", 3723000 }, { "1m", 60000 },
		{ "0s", 0 }, { "", -1 }, { "1", -1 }, { "s", -1 },
		{ "-1s", -1 }, { "1x", -1 }, { "1s ", -1 },
		{ "99999999999999999999h", -1 }, { "1.s", 1000 },
	};
	uint64_t ms;
	size_t i;
	int r;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("\"%s\"", cases[i].text);
		r = flags_parse_duration(cases[i].text, &ms);
		CHECK_EQ(r, cases[i].ms < 0 ? TNE_USAGE : 0);
		if (r == 0)
			CHECK_EQ(ms, cases[i].ms);
	}
}

static int parse_whole(void *ctx)
{
	struct err_detail detail;
	struct daemon_conf c;
	int r = daemon_conf_init(&c);

	(void)ctx;
	if (r < 0)
		return r;
	r = daemon_conf_parse(whole, strlen(whole), &detail, &c);
	daemon_conf_done(&c);
	return r;
}

static void without_memory(void)
{
	CHECK(fail_alloc_each(parse_whole, NULL) > 8);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(reads_everything),
		TEST(reloads),
		TEST(refuses),
		TEST(options_override),
		TEST(bad_options),
		TEST(sealing),
		TEST(durations),
		TEST(without_memory),
	};

	return test_main(tests, ARRAY_SIZE(tests), argc, argv);
}
