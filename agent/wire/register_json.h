/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRE_REGISTER_JSON_H
#define WIRE_REGISTER_JSON_H

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/rfc3339.h"
#include "base/secret.h"
#include "crypto/key_text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hostinfo;

/* What we ask for and take at most, bytes; the servers' limit, too. */
#define REGISTER_JSON_MAX (1U << 20)

/* Expiry that logs a node out, seconds since 1970: any time in the past does;
 * this is the one of the reference. Source: control/controlclient/direct.go.
 */
#define REGISTER_LOGOUT_EXPIRY_S 123

/**
 * struct register_request - a request to join, to stay or to leave
 * @version: of the protocol, 1..65535
 * @node_key: to be registered; not zero
 * @old_node_key: the one before; zero = none
 * @lock_key: of the tailnet lock
 * @auth_key: NULL = none; a lock key wrapped in it is not sent
 * @expiry: wanted; none = as the server likes
 * @followup: URL that a person has been sent to; "" or NULL = none
 * @hostinfo: never NULL
 * @ephemeral: forget us once we are gone
 * @signature: for @node_key, by the tailnet lock; empty = none
 * @tailnet: the one to join; "" or NULL = any
 *
 * All pointers are borrowed. Source: tailcfg/tailcfg.go, RegisterRequest.
 */
struct register_request {
	uint16_t version;
	struct node_public node_key;
	struct node_public old_node_key;
	struct lock_public lock_key;
	const struct secret_buf *auth_key;
	struct timestamp expiry;
	const char *followup;
	const struct hostinfo *hostinfo;
	bool ephemeral;
	struct bytes signature;
	const char *tailnet;
};

/**
 * register_request_build() - write a request
 * @request:	what to ask
 * @ret:	JSON, for secret_buf_done()
 *
 * Return: 0, TNE_TOO_LONG above REGISTER_JSON_MAX, or -ENOMEM.
 */
int register_request_build(const struct register_request *request,
			   struct secret_buf *ret);

/**
 * struct register_user - who owns the node
 * @id: 0 = nobody yet
 * @display_name: for people
 * @profile_pic_url: may be empty
 */
struct register_user {
	int64_t id;
	const char *display_name;
	const char *profile_pic_url;
};

/**
 * struct register_login - by which account
 * @id: its id
 * @provider: who knows it
 * @login_name: such as ana@example.com
 * @display_name: for people
 * @profile_pic_url: may be empty
 */
struct register_login {
	int64_t id;
	const char *provider;
	const char *login_name;
	const char *display_name;
	const char *profile_pic_url;
};

/**
 * struct register_response - answer of the server
 * @mem: owns it
 * @user: who owns the node
 * @login: by which account
 * @node_key_expired: the key that was sent has expired
 * @machine_authorized: an admin has let the machine in
 * @auth_url: where a person has to go; "" = nowhere
 * @signature: to be signed anew for a new key; empty = nothing
 * @error: why not; "" = no error; a text from outside
 *
 * Source: tailcfg/tailcfg.go, RegisterResponse.
 */
struct register_response {
	struct arena *mem;
	struct register_user user;
	struct register_login login;
	bool node_key_expired;
	bool machine_authorized;
	const char *auth_url;
	struct bytes signature;
	const char *error;
};

/**
 * register_response_parse() - read an answer
 * @text:	body of the response
 * @len:	bytes
 * @detail:	filled on error
 * @ret:	the answer, for register_response_free()
 *
 * Return: 0, TNE_JSON, TNE_JSON_VALUE, TNE_TOO_LONG or -ENOMEM.
 */
int register_response_parse(const char *text, size_t len,
			    struct err_detail *detail,
			    struct register_response **ret);

/**
 * register_response_free() - free an answer
 * @response: from register_response_parse(), or NULL
 */
void register_response_free(struct register_response *response);

DEFINE_CLEANUP(register_response, struct register_response *,
	       register_response_free)

/* What to do about an answer. */
enum register_next {
	REGISTER_REFUSED,	/* show the error, try again later */
	REGISTER_RESIGN,	/* new key, sign it, ask again once */
	REGISTER_NEW_KEY,	/* new key, ask again once */
	REGISTER_EXPIRED,	/* even a fresh key has expired: an error */
	REGISTER_VISIT,		/* a person has to go to a URL first */
	REGISTER_DONE,
};

/**
 * register_response_check() - decide what an answer means
 * @response:	the answer
 * @key_is_fresh: the request had a key made for it
 *
 * The order of the questions is the protocol's: an error hides all other
 * fields. Source: control/controlclient/direct.go, doLogin.
 *
 * Return: what to do. It does not know how often it was asked: the caller has to
 * see that REGISTER_RESIGN and REGISTER_NEW_KEY happen once in an attempt.
 */
enum register_next
register_response_check(const struct register_response *response,
			bool key_is_fresh);

#endif /* WIRE_REGISTER_JSON_H */
