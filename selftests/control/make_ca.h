/* SPDX-License-Identifier: GPL-2.0-only */
/* A throw-away certificate authority for tests. */
#ifndef CONTROL_MAKE_CA_H
#define CONTROL_MAKE_CA_H

#include <stdbool.h>

/* Write ca.pem, server.pem and server.key into @dir for the names and
 * addresses of @names, a list that ends with NULL.
 * Return: false, message printed.
 */
bool make_ca(const char *dir, char *const *names);

#endif /* CONTROL_MAKE_CA_H */
