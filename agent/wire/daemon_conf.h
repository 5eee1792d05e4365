/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the agent is set up: /etc/tailnet/tailnetd.conf and its options. What is
 * wrong in either is an error, never passed over.
 */
#ifndef WIRE_DAEMON_CONF_H
#define WIRE_DAEMON_CONF_H

#include "base/err.h"
#include "base/opt_bool.h"
#include "crypto/key_text.h"
#include "model/aum.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DAEMON_CONF_FILE	"/etc/tailnet/tailnetd.conf"
#define DAEMON_CONF_STATE_DIR	"/var/lib/tailnet"
#define DAEMON_CONF_SOCKET	"/run/tailnet/tailnetd.sock"
#define DAEMON_CONF_TUN		"tailnet0"

#define DAEMON_CONF_MAX		(64u << 10)	/* bytes of the file; ours */
#define DAEMON_CONF_LINE_MAX	4096		/* bytes; ours */

/* Numbers of syslog(3). */
#define DAEMON_CONF_LEVEL_INFO	6
#define DAEMON_CONF_LEVEL_DEBUG	7

/**
 * struct daemon_conf - settings of the agent
 * @control_url: control server of a node that has never been up; NULL = the
 *	default one
 * @has_control_key: @control_key is set
 * @control_key: the one key that the control server may have
 * @has_lock_genesis: @lock_genesis is set
 * @lock_genesis: first update of the one tailnet lock that the node goes by; it
 *	is never without
 * @control_ca_file: certificates beside those of the system, or NULL
 * @state_dir: directory of the state
 * @state_in_memory: keep no state
 * @tun: name of the device
 * @socket: path of the local API
 * @port: UDP port, 0 = any
 * @read_group: group whose members may ask the local API, or NULL = everybody
 * @control_exit: the control server may order the agent to end
 * @log_level: least important level that is logged
 * @encrypt_policy: seal the state where that is possible
 * @hardened: the profile is that one: seal where possible, and keep a counter
 * @has_encrypt: @encrypt_policy was set by name, which goes before the profile
 * @has_counter: so was @state_counter
 * @state_counter: keep old states from being put back
 * @counter_index: NV index of the counter; 0 = the default one
 * @tpm: connection to the TPM, as tpm2-tss calls it; NULL = the device
 * @encrypt_state: seal it, or do not, whatever the policy says
 *
 * Texts are owned.
 */
struct daemon_conf {
	char *control_url;
	bool has_control_key;
	struct machine_public control_key;
	bool has_lock_genesis;
	struct aum_hash lock_genesis;
	char *control_ca_file;
	char *state_dir;
	bool state_in_memory;
	char *tun;
	char *socket;
	uint16_t port;
	char *read_group;
	bool control_exit;
	int log_level;
	bool encrypt_policy;
	bool hardened;
	bool has_encrypt;
	bool has_counter;
	bool state_counter;
	uint32_t counter_index;
	char *tpm;
	enum opt_bool encrypt_state;
};

/**
 * struct daemon_options - what the command line says
 * @conf_file: settings; NULL = DAEMON_CONF_FILE, which need not exist
 * @state: path of the state file, or "mem:"; NULL = not given
 * @state_dir: NULL = not given, so are the texts below
 * @tun: name of the device
 * @socket: path of the local API
 * @has_port: @port is set
 * @port: UDP port
 * @verbose: 0 = as the file says
 * @encrypt_state: seal the state?
 * @adopt: take over a node of the stock daemon, do nothing else
 * @release: give it back, do nothing else
 * @adopt_dir: of what is taken over; NULL = not given
 * @copy: leave that where it is
 * @version: print the version, do nothing else
 * @cleanup: undo what the agent has set up, do nothing else
 *
 * Texts are borrowed from the arguments.
 */
struct daemon_options {
	const char *conf_file;
	const char *state;
	const char *state_dir;
	const char *tun;
	const char *socket;
	bool has_port;
	uint16_t port;
	uint32_t verbose;
	enum opt_bool encrypt_state;
	bool adopt;
	bool release;
	const char *adopt_dir;
	bool copy;
	bool version;
	bool cleanup;
};

/**
 * daemon_conf_init() - the defaults
 * @ret:	owned by the caller
 *
 * Return: 0 or -ENOMEM.
 */
int daemon_conf_init(struct daemon_conf *ret);

/**
 * daemon_conf_parse() - read the file of settings
 * @text:	the file
 * @len:	bytes
 * @detail:	filled on error, with the number of the line
 * @conf:	begun by daemon_conf_init(); changed only by success
 *
 * Return: 0, -ENOMEM, TNE_TOO_LONG or TNE_CONF_SYNTAX.
 */
int daemon_conf_parse(const char *text, size_t len, struct err_detail *detail,
		      struct daemon_conf *conf);

/**
 * daemon_options_parse() - read the command line
 * @argc:	number of arguments, without the program
 * @argv:	arguments
 * @detail:	filled on error
 * @ret:	borrows from @argv
 *
 * Return: 0, 1 if help was asked for, TNE_USAGE, TNE_UNSUPPORTED.
 */
int daemon_options_parse(int argc, char *const *argv,
			 struct err_detail *detail,
			 struct daemon_options *ret);

/**
 * daemon_conf_apply() - let the command line override the file
 * @conf:	changed
 * @options:	from the command line
 * @detail:	filled on error
 *
 * Return: 0, -ENOMEM or TNE_CONF_SYNTAX; what had been applied before stays.
 */
int daemon_conf_apply(struct daemon_conf *conf,
		      const struct daemon_options *options,
		      struct err_detail *detail);

/**
 * daemon_conf_reload() - settings that can change while the agent runs
 * @conf:	in force; takes ControlURL, ControlKey, ControlExit,
 *		LocalAPIReadGroup and LogLevel of @new
 * @new:	gets what they were; to be freed once nobody borrows from it
 * @ret_waiting: names of others that differ, for people; empty if none does
 */
void daemon_conf_reload(struct daemon_conf *conf, struct daemon_conf *new,
			struct err_detail *ret_waiting);

/**
 * daemon_options_usage() - text of the help
 *
 * Return: a static string.
 */
const char *daemon_options_usage(void);

/**
 * daemon_conf_done() - free the contents
 * @conf: all zero afterwards
 */
void daemon_conf_done(struct daemon_conf *conf);

#endif /* WIRE_DAEMON_CONF_H */
