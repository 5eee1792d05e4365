/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What relays answer when they are asked for the addresses of a control server.
 * Source: cmd/derper/bootstrap_dns.go.
 */
#ifndef WIRE_BOOTSTRAP_JSON_H
#define WIRE_BOOTSTRAP_JSON_H

#include "model/ip.h"

#include <stddef.h>
#include <stdint.h>

#define BOOTSTRAP_BODY_MAX 65536	/* bytes; ours */
#define BOOTSTRAP_ADDRS_MAX 8		/* ours */

/**
 * bootstrap_json_parse() - the addresses of one name
 * @body:	of the answer
 * @len:	bytes
 * @host:	the name; others in the answer are passed over
 * @ret:	room for BOOTSTRAP_ADDRS_MAX; entries that are no addresses are
 *		left out
 *
 * Return: how many; TNE_JSON, or TNE_NAME_LOOKUP if there are none.
 */
int bootstrap_json_parse(const uint8_t *body, size_t len, const char *host,
			 struct ip_addr *ret);

#endif /* WIRE_BOOTSTRAP_JSON_H */
