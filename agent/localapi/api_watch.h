/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOCALAPI_API_WATCH_H
#define LOCALAPI_API_WATCH_H

struct api;
struct api_call;

/**
 * api_watch() - GET watch-ipn-bus: tell the client what changes
 * @call: goes on until the client leaves
 */
void api_watch(struct api_call *call);

/**
 * api_watch_renew() - the node is another one: let all watch that
 * @api: already has the new node; the old one has forgotten its watchers
 */
void api_watch_renew(struct api *api);

#endif /* LOCALAPI_API_WATCH_H */
