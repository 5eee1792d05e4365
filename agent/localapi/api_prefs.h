/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOCALAPI_API_PREFS_H
#define LOCALAPI_API_PREFS_H

struct api_call;

/* The functions answer the call, which is over with it. */

/* GET prefs: preferences, without any key. */
void api_prefs_get(struct api_call *call);

/* PATCH prefs: change some; answers with all. */
void api_prefs_patch(struct api_call *call);

/* POST check-prefs: could these be set? */
void api_check_prefs(struct api_call *call);

#endif /* LOCALAPI_API_PREFS_H */
