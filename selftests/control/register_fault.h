/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults of the register answer. */
#ifndef CONTROL_REGISTER_FAULT_H
#define CONTROL_REGISTER_FAULT_H

#include <jansson.h>
#include <stdbool.h>

#include "h2.h"

/* Return: true if a fault has answered, or never will. */
bool register_fault(struct server *srv, struct stream *st,
		    const json_t *hostinfo);

#endif /* CONTROL_REGISTER_FAULT_H */
