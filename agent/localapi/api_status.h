/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOCALAPI_API_STATUS_H
#define LOCALAPI_API_STATUS_H

struct api_call;

/* The functions answer the call, which is over with it. */

/* GET status: all about the node and its peers. */
void api_status(struct api_call *call);

/* GET whois: who has an address. */
void api_whois(struct api_call *call);

/* GET derpmap: the relays; null before there is a map. */
void api_derp_map(struct api_call *call);

/* GET serve-config: nothing is served; clients ask with every status. */
void api_serve_config(struct api_call *call);

/* GET check-*: nothing to be warned of. */
void api_no_warning(struct api_call *call);

/* Takes what clients send unasked, and drops it. */
void api_accept(struct api_call *call);

#endif /* LOCALAPI_API_STATUS_H */
