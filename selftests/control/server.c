// SPDX-License-Identifier: GPL-2.0-only
#include "server.h"

#include <stdarg.h>
#include <stdio.h>

#include "text.h"

void server_log(const struct server *srv, const char *format, ...)
{
	char text[512], safe[512];
	va_list ap;

	if (!srv->cfg.verbose)
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	fprintf(stderr, "tn-control: %s\n", text_safe(text, safe, sizeof(safe)));
}
