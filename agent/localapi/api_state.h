/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOCALAPI_API_STATE_H
#define LOCALAPI_API_STATE_H

struct api_call;

/**
 * api_state_get() - GET state: how the state is kept at rest
 * @call: answered with JSON
 */
void api_state_get(struct api_call *call);

/**
 * api_state_post() - POST state/NAME: do something about it
 * @call: answered when it is done; the answer of "recovery-key" is the key
 *
 * For root and the agent's own user alone: the operator may use the network,
 * not take the node's keys away.
 */
void api_state_post(struct api_call *call);

#endif /* LOCALAPI_API_STATE_H */
