/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DATAPLANE_EVENTS_H
#define DATAPLANE_EVENTS_H

#include "base/cleanup.h"
#include "crypto/key.h"
#include "model/wg_device.h"

#include <stdbool.h>
#include <stdint.h>

struct events;
struct nlmsghdr;

enum event_kind {
	EVENT_SESSION_UP,	/* peer: a session was made */
	EVENT_SESSION_DOWN,	/* peer: its keys were wiped */
	EVENT_ENDPOINT,		/* peer: authenticated from @endpoint */
	EVENT_EXPIRED,		/* peer: its time came, it is cut off */
	EVENT_WANT_PATH,	/* peer: packets wait, no endpoint */
	EVENT_UNREACHABLE,	/* peer: handshake given up */
	EVENT_CONFIG,		/* device: a new generation */
	EVENT_SOCKET_GONE,	/* device: an adopted socket closed */
	EVENT_ORPHANED,		/* device: its agent went away */
	EVENT_VMFORK,		/* device: the machine was cloned */
};

/**
 * struct event - something the module tells
 * @kind: what
 * @ifindex: the device
 * @ifname: its name
 * @generation: of its table then
 * @key: the peer, if @kind is about one
 * @node_id: our number for it
 * @endpoint: with EVENT_ENDPOINT; may be none
 */
struct event {
	enum event_kind kind;
	uint32_t ifindex;
	char ifname[WG_NAME_MAX + 1];
	uint64_t generation;
	struct node_public key;
	uint64_t node_id;
	struct wg_endpoint endpoint;
};

/**
 * event_parse() - read a notification
 * @msg:	the message, whole
 * @ret:	the event
 *
 * Return: 1; 0 for one that we do not know, of a newer module;
 * TNE_NO_FAMILY_ANSWER for one that lacks what it must hold.
 */
int event_parse(const struct nlmsghdr *msg, struct event *ret);

/**
 * struct event_fns - who is told
 * @event: gets each event; borrowed during the call
 * @lost: some were lost: what the kernel has must be read, and compared
 * @ctx: for both
 *
 * Neither may call events_read() or free the listener.
 */
struct event_fns {
	void (*event)(void *ctx, const struct event *event);
	void (*lost)(void *ctx);
	void *ctx;
};

/**
 * events_open() - listen to the module
 * @fns:	who is told; copied
 * @ret:	owned by the caller
 *
 * Nobody is called before events_read(). What happened before this returns must
 * be read from the module; what happens afterwards is told.
 *
 * Return: 0, TNE_NO_MODULE or -errno.
 */
int events_open(const struct event_fns *fns, struct events **ret);

/**
 * events_fd() - what to wait for
 * @events: the listener
 *
 * Return: a descriptor that becomes readable; borrowed, not to be read.
 */
int events_fd(const struct events *events);

/**
 * events_read() - tell what has come in
 * @events: the listener
 *
 * Reads until nothing is left, but not for ever: then the descriptor is still
 * readable.
 *
 * Return: 0, or -errno if the descriptor is of no use any more.
 */
int events_read(struct events *events);

/**
 * events_free() - stop listening
 * @events: the listener or NULL
 */
void events_free(struct events *events);

DEFINE_CLEANUP(events, struct events *, events_free)

#endif /* DATAPLANE_EVENTS_H */
