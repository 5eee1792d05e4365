/* SPDX-License-Identifier: GPL-2.0-only */
/* The options of "up", "login" and "set". */
#ifndef CLI_UP_FLAGS_H
#define CLI_UP_FLAGS_H

#include "base/flags.h"
#include "base/secret.h"
#include "model/prefs.h"
#include "model/up_rules.h"

#include <stdbool.h>
#include <stdint.h>

#define UP_OPTIONS_MAX 48

enum up_verb {
	UP_VERB_UP,
	UP_VERB_LOGIN,
	UP_VERB_SET,
};

/**
 * struct up_options - what was typed
 * @flag: the options; the first @n are in use
 * @n: how many
 * @text: values of the texts among the flags that are preferences
 * @on: values of the switches among them
 * @auth_key: key, or "file:" and where it is
 * @force_reauth: log in anew
 * @reset: give up what is not mentioned
 * @json: print JSON
 * @qr: draw the address as a QR code
 * @qr_format: how; one way is known
 * @timeout_ms: longest wait, 0 = for ever
 * @risk: taken for compatibility
 * @host_routes: must stay on
 * @nickname: of the profile; "login" and "set" only
 */
struct up_options {
	struct flag flag[UP_OPTIONS_MAX];
	size_t n;
	const char *text[UP_FLAGS];
	bool on[UP_FLAGS];
	const char *auth_key;
	bool force_reauth;
	bool reset;
	bool json;
	bool qr;
	const char *qr_format;
	uint64_t timeout_ms;
	const char *risk;
	bool host_routes;
	const char *nickname;
};

/**
 * up_options_init() - the options with their defaults
 * @options:	set up; must not be moved after this
 * @verb:	whose
 */
void up_options_init(struct up_options *options, enum up_verb verb);

/**
 * up_options_given() - which flags that are preferences were given?
 * @options:	after parsing
 * @ret_any:	was any option given at all?
 *
 * Return: UP_BIT()s.
 */
unsigned int up_options_given(struct up_options *options, bool *ret_any);

/**
 * up_options_qr_given() - was the QR code asked for or declined?
 * @options: after parsing
 *
 * Return: true if so.
 */
bool up_options_qr_given(struct up_options *options);

/**
 * up_options_prefs() - the preferences that the options ask for
 * @options:	after parsing
 * @detail:	filled on error
 * @ret:	owned by the caller
 *
 * Return: 0, -ENOMEM, TNE_USAGE or TNE_PREFS.
 */
int up_options_prefs(const struct up_options *options,
		     struct err_detail *detail, struct prefs *ret);

/**
 * up_options_auth_key() - the authentication key, read from its file if need be
 * @options:	after parsing
 * @detail:	filled on error, never with the key
 * @ret:	owned by the caller; empty without a key
 *
 * Return: 0, -ENOMEM or TNE_USAGE.
 */
int up_options_auth_key(const struct up_options *options,
			struct err_detail *detail, struct secret_buf *ret);

#endif /* CLI_UP_FLAGS_H */
