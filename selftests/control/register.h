/* SPDX-License-Identifier: GPL-2.0-only */
/* POST /machine/register, and what a person does in the browser. */
#ifndef CONTROL_REGISTER_H
#define CONTROL_REGISTER_H

#include "h2.h"
#include "nodes.h"

void register_serve(struct server *srv, struct stream *st);

/* The person logs in as @user (NULL: the default one); answers who waits. */
void register_login_finish(struct server *srv, struct login *l,
			   const char *user);
/* The person says no. */
void register_login_refuse(struct server *srv, struct login *l);

#define REGISTER_DEFAULT_USER	"user@example.com"

#endif /* CONTROL_REGISTER_H */
