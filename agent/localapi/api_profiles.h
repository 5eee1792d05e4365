/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOCALAPI_API_PROFILES_H
#define LOCALAPI_API_PROFILES_H

struct api_call;

/*
 * profiles/ and what is under it: GET lists, or shows one ("current", or by its
 * id); PUT makes a new one, POST switches, DELETE forgets. Answers the call,
 * which is over with it.
 */
void api_profiles(struct api_call *call);

#endif /* LOCALAPI_API_PROFILES_H */
