/* SPDX-License-Identifier: GPL-2.0-only */
/* What a MapRequest says about its sender. */
#ifndef CONTROL_MAP_UPDATE_H
#define CONTROL_MAP_UPDATE_H

#include <jansson.h>

#include "nodes.h"

/* Take DiscoKey, Endpoints, Hostinfo and home DERP over; tell the others. */
void map_update(struct server *srv, struct node *n, const json_t *req);

/* Take TKAHead over, which all kinds of requests have. */
void map_update_lock_head(struct node *n, const json_t *req);

#endif /* CONTROL_MAP_UPDATE_H */
