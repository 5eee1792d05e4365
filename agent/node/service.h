/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Telling the service manager how we are. Source: sd_notify(3); so little of it
 * is used that no library is needed.
 */
#ifndef NODE_SERVICE_H
#define NODE_SERVICE_H

#include <stdint.h>

/**
 * service_notify() - send a message
 * @fmt:	as printf: lines "NAME=value"
 *
 * Without a service manager nothing happens; errors are ignored, as there is
 * nobody else to tell.
 */
void service_notify(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

/**
 * service_watchdog_ms() - how often the manager wants to hear "WATCHDOG=1"
 *
 * Return: half of its limit in ms; 0 = never.
 */
uint64_t service_watchdog_ms(void);

#endif /* NODE_SERVICE_H */
