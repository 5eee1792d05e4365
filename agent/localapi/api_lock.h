/* SPDX-License-Identifier: GPL-2.0-only */
/* The tailnet lock over the local API. */
#ifndef LOCALAPI_API_LOCK_H
#define LOCALAPI_API_LOCK_H

struct api_call;

/*
 * Each answers one endpoint; those that ask the control server answer later.
 * Source: tailscale ipn/localapi/tailnetlock.go.
 */
void api_lock_status(struct api_call *call);
void api_lock_log(struct api_call *call);
void api_lock_init(struct api_call *call);
void api_lock_sign(struct api_call *call);
void api_lock_modify(struct api_call *call);
void api_lock_disable(struct api_call *call);
void api_lock_local_disable(struct api_call *call);
void api_lock_affected(struct api_call *call);
void api_lock_wrap(struct api_call *call);
void api_lock_recovery(struct api_call *call);
void api_lock_cosign(struct api_call *call);
void api_lock_submit(struct api_call *call);
void api_lock_verify_link(struct api_call *call);

#endif /* LOCALAPI_API_LOCK_H */
