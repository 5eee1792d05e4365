/* SPDX-License-Identifier: GPL-2.0-only */
/* Nodes and whole map messages as JSON text. */
#ifndef CONTROL_NODE_JSON_H
#define CONTROL_NODE_JSON_H

#include <stdbool.h>

#include "buf.h"
#include "nodes.h"
#include "server.h"

/* May @reader see @n? */
bool node_visible(const struct server *srv, const struct node *n,
		  const struct node *reader);
bool node_online(const struct node *n);

/* One node object. */
void json_self(struct buf *b, const struct server *srv, const struct node *n);
void json_peer(struct buf *b, const struct server *srv, const struct node *n,
	       const struct node *reader);
void json_synth(struct buf *b, const struct server *srv, size_t i,
		const struct node *reader);

/* Array of all users. */
void json_profiles(struct buf *b, const struct server *srv);
/* "PacketFilter..." fields, no comma at either end. */
void json_filters(struct buf *b, const struct server *srv);
/* One user object as RegisterResponse has it, twice. */
void json_user(struct buf *b, const struct user *u);

/* The first message of a stream, with at least @synth synthetic peers. */
void json_full(struct buf *b, struct server *srv, const struct node *n,
	       size_t synth);

/* The fields that a patch of @n has: "Endpoints" and so on, with commas in
 * front.
 */
#define PATCH_ENDPOINTS	1
#define PATCH_DERP	2
#define PATCH_DISCO	4
#define PATCH_ONLINE	8
#define PATCH_EXPIRY	16
#define PATCH_KEY	32
#define PATCH_SIG	64
void json_patch(struct buf *b, const struct node *n, unsigned int what);

/* The TKAInfo for node @n with a comma in front; nothing if there is no lock. */
void json_tka_info(struct buf *b, struct server *srv, const struct node *n);

/* Give back the peer part of @hostinfo, a new object. */
json_t *hostinfo_for_peers(const json_t *hostinfo);

#endif /* CONTROL_NODE_JSON_H */
