/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The status document.
 *
 * Source: tailscale ipn/ipnstate/ipnstate.go, Status and PeerStatus. Ours are
 * the members PacketFilter and AdmissionRefused, which other readers ignore.
 */
#ifndef WIRE_STATUS_JSON_H
#define WIRE_STATUS_JSON_H

#include "base/err.h"
#include "model/status.h"

#include <jansson.h>

/**
 * status_json_build() - write the status
 * @status:	written
 * @ret:	a new reference
 *
 * Return: 0 or -ENOMEM.
 */
int status_json_build(const struct status *status, json_t **ret);

/**
 * status_json_parse() - read the status
 * @object:	as decoded
 * @detail:	filled on error
 * @ret:	owned by the caller
 *
 * Return: 0, -ENOMEM or TNE_LOCAL_JSON.
 */
int status_json_parse(const json_t *object, struct err_detail *detail,
		      struct status *ret);

/**
 * status_json_build_node() - write a node as the control server describes it
 * @peer:	written as far as the status has it
 * @ret:	a new reference
 *
 * Source: tailscale tailcfg/tailcfg.go, Node.
 *
 * Return: 0 or -ENOMEM.
 */
int status_json_build_node(const struct status_peer *peer, json_t **ret);

/**
 * status_json_build_user() - write an owner of nodes
 * @user:	written
 * @ret:	a new reference
 *
 * Source: tailscale tailcfg/tailcfg.go, UserProfile.
 *
 * Return: 0 or -ENOMEM.
 */
int status_json_build_user(const struct status_user *user, json_t **ret);

#endif /* WIRE_STATUS_JSON_H */
