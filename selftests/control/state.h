/* SPDX-License-Identifier: GPL-2.0-only */
/* Nodes, auth keys and the server's key in a file, so that it can be restarted. */
#ifndef CONTROL_STATE_H
#define CONTROL_STATE_H

#include <stdbool.h>

#include "server.h"

/* A file that is not there is no error. Return: false, message printed. */
bool state_load(struct server *srv);
/* If something changed. */
void state_save(struct server *srv);

#endif /* CONTROL_STATE_H */
