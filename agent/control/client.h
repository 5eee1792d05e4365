/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The control client: keeps a node registered and its network map current.
 *
 * It says what happens; whoever owns it decides what that means for the host.
 * What was heard last stays true while the server is away.
 */
#ifndef CONTROL_CLIENT_H
#define CONTROL_CLIENT_H

#include "base/cleanup.h"
#include "base/err.h"
#include "control/client_state.h"
#include "control/register.h"
#include "control/self.h"

#include <stdbool.h>
#include <stdint.h>

struct client;
struct derp_regions;
struct netmap;
struct rpcs;
struct transfers;

#define CLIENT_TAGS_MAX 3	/* handshakes by a wrong key; ours */
#define CLIENT_404_MAX 3	/* polls of a node that is not known; ours */
#define CLIENT_LOGOUT_MS 10000	/* then we are logged out anyway; ours */

/**
 * struct client_config - what does not change
 * @transfers: the loop, certificates; borrowed until client_free()
 * @server_url: copied
 * @version: of the protocol
 * @machine: own machine key; borrowed until client_free()
 * @keys: who we are so far
 * @pin: the only server key that is taken; zero = any
 * @known_key: server key remembered from before, in case it cannot be asked
 *	for; zero = none
 * @relays: that may know the server's address, before there is a map; borrowed
 *	until client_free(); NULL = none
 * @random: any 32 bits
 * @ctx: for @random
 * @signer: of new node keys
 */
struct client_config {
	struct transfers *transfers;
	const char *server_url;
	uint16_t version;
	struct secret32 *machine;
	struct registration_keys keys;
	struct machine_public pin;
	struct machine_public known_key;
	const struct derp_regions *relays;
	uint32_t (*random)(void *ctx);
	void *ctx;
	struct control_signer signer;
};

/**
 * struct client_calls - what a client tells
 * @state: it has changed
 * @self: asks what to say about this node
 * @server_key: the server has a new key, to be remembered; @known is false for
 *	the first one
 * @visit: a person has to go to @url to log in
 * @registered: the server has taken us. @key is the new node key, NULL if it is
 *	the current one; it must be on disk when this returns 0, and is moved
 *	then. On an error it is not, and we register with it again later.
 *	@response has the user
 * @refused: it has not; @why is for people. It is tried again, unless @give_up
 * @netmap: a new netmap; borrowed
 * @pop_url: the server wants @url to be shown
 * @logged_out: we are, as far as it lies with us
 * @exit: the server wants this process to end
 * @ctx: for all
 *
 * None of them may free the client.
 */
struct client_calls {
	void (*state)(void *ctx, enum client_state state);
	control_self_fn self;
	void (*server_key)(void *ctx, const struct machine_public *key,
			   bool known);
	void (*visit)(void *ctx, const char *url);
	int (*registered)(void *ctx, const struct register_response *response,
			  struct secret32 *key);
	void (*refused)(void *ctx, const char *why, bool give_up);
	void (*netmap)(void *ctx, struct netmap *netmap);
	void (*pop_url)(void *ctx, const char *url);
	void (*logged_out)(void *ctx);
	void (*exit)(void *ctx, int code);
	void *ctx;
};

/**
 * client_new() - a client that does nothing yet
 * @config:	copied
 * @calls:	copied
 * @ret:	owned by the caller
 *
 * Return: 0, TNE_URL or -ENOMEM.
 */
int client_new(const struct client_config *config,
	       const struct client_calls *calls, struct client **ret);

/**
 * client_free() - end everything
 * @client: the client or NULL; not inside of one of its calls
 */
void client_free(struct client *client);

DEFINE_CLEANUP(client, struct client *, client_free)

/**
 * client_login() - log in, or go on being logged in
 * @client:	what was under way is given up
 * @interactive: with a new key, and a person
 * @auth_key:	without a person; copied; NULL = none
 *
 * Return: 0 or -ENOMEM.
 */
int client_login(struct client *client, bool interactive,
		 const struct secret_buf *auth_key);

/**
 * client_renew() - let the login under way get a new key
 * @client: its auth key stays
 */
void client_renew(struct client *client);

/**
 * client_logout() - have the server forget us
 * @client: also when paused; ends with @logged_out in any case
 */
void client_logout(struct client *client);

/**
 * client_pause() - leave the server alone, or go on
 * @client:	the client
 * @pause:	true: all requests are cancelled, what is known stays
 */
void client_pause(struct client *client, bool pause);

/**
 * client_network_changed() - the way to the server may be another one
 * @client: connects anew at once
 */
void client_network_changed(struct client *client);

/**
 * client_self_changed() - what @self says has changed
 * @client: tells the server soon
 */
void client_self_changed(struct client *client);

/**
 * client_rpcs() - other requests to the server
 * @client: registered or not
 *
 * Return: borrowed until client_free(), which ends them.
 */
struct rpcs *client_rpcs(struct client *client);

/**
 * client_trust_clock() - is the local clock known to be right?
 * @client:	the client
 * @trusted:	then a server a day off makes nothing expire
 */
void client_trust_clock(struct client *client, bool trusted);

/**
 * client_state() - what it is doing
 * @client: the client
 *
 * Return: the state.
 */
enum client_state client_state(const struct client *client);

/**
 * client_is_in_poll() - is the map being kept current?
 * @client: the client
 *
 * Return: true if the current stream has brought a netmap.
 */
bool client_is_in_poll(const struct client *client);

/**
 * client_netmap() - the newest netmap
 * @client: the client
 *
 * Return: borrowed; NULL before the first.
 */
struct netmap *client_netmap(const struct client *client);

/**
 * client_url() - where a person has to go
 * @client: the client
 *
 * Return: borrowed; "" = nowhere.
 */
const char *client_url(const struct client *client);

#endif /* CONTROL_CLIENT_H */
