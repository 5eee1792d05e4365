/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the node answers to requests of the control server. Pure. Nothing in here
 * changes anything: that would be remote control by whoever runs the server.
 */
#ifndef CONTROL_C2N_H
#define CONTROL_C2N_H

#include "base/arena.h"

#include <stddef.h>

/**
 * c2n_answer() - answer one request
 * @payload:	an HTTP/1 request, complete
 * @ret:	the whole response, for free()
 * @ret_len:	bytes of it
 *
 * There is an answer to everything: 400 to what cannot be read, too. An unknown
 * path gets 400, a known one with another method 405, what is not built 501.
 * Source: ipn/ipnlocal/c2n.go.
 *
 * Return: 0 or -ENOMEM.
 */
int c2n_answer(struct bytes payload, char **ret, size_t *ret_len);

#endif /* CONTROL_C2N_H */
