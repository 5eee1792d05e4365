/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOCALAPI_API_DEBUG_H
#define LOCALAPI_API_DEBUG_H

struct api_call;

/* The functions answer the call, which is over with it. Both are ours. */

/* GET netmap: the network map as it is held. */
void api_netmap(struct api_call *call);

/* GET filter: the access rules, and whether they are enforced. */
void api_filter(struct api_call *call);

#endif /* LOCALAPI_API_DEBUG_H */
