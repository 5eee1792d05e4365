/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOCALAPI_API_LOGIN_H
#define LOCALAPI_API_LOGIN_H

struct api_call;

/* The functions answer the call, which is over with it. */

/* POST start: begin, with preferences and an authentication key. */
void api_start(struct api_call *call);

/* POST login-interactive: the address to log in at comes to the watchers. */
void api_login_interactive(struct api_call *call);

/* POST logout: forget the login. */
void api_logout(struct api_call *call);

#endif /* LOCALAPI_API_LOGIN_H */
