/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOCALAPI_API_WATCH_H
#define LOCALAPI_API_WATCH_H

struct api_call;

/**
 * api_watch() - GET watch-ipn-bus: tell the client what changes
 * @call: goes on until the client leaves
 */
void api_watch(struct api_call *call);

#endif /* LOCALAPI_API_WATCH_H */
