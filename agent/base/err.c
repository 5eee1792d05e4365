// SPDX-License-Identifier: GPL-2.0-only
#include "base/err.h"

#include "base/array.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
	int err;
	enum err_class class;
	const char *text;
} errors[] = {
	{ TNE_KEY_FORMAT, ERR_REFUSE,
	  "Key is not the correct length or format" },
	{ TNE_CONF_SYNTAX, ERR_REFUSE, "Configuration parsing error" },
	{ TNE_NAME_LOOKUP, ERR_RETRY, "Host name lookup failed" },
	{ TNE_NO_MODULE, ERR_FATAL,
	  "the kernel module is not loaded; try: modprobe tailnet" },
	{ TNE_NO_FAMILY_ANSWER, ERR_FATAL,
	  "the kernel module gave an incomplete answer" },
	{ TNE_TOO_LONG, ERR_REFUSE, "Input is too long" },
	{ TNE_AUTH_URL, ERR_REFUSE, "not an address to send people to" },
	{ TNE_REGISTER_REFUSED, ERR_RETRY, "the server does not let us in" },
	{ TNE_CONTROL_STATUS, ERR_RETRY, "the server answers with an error" },
	{ TNE_MAP_SILENT, ERR_RETRY, "the server has fallen silent" },
	{ TNE_MAP_ENDED, ERR_RETRY, "the server ended the map stream" },
	{ TNE_NOT_READY, ERR_RETRY, "not possible in this state" },
};

const char *err_text(int err)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		if (errors[i].err == err)
			return errors[i].text;
	}
	return strerror(-err);
}

enum err_class err_class(int err)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		if (errors[i].err == err)
			return errors[i].class;
	}
	switch (-err) {
	case EAGAIN:
	case EINTR:
	case EBUSY:
	case ESTALE:
	case ENOBUFS:
		return ERR_RETRY;
	case EINVAL:
	case ERANGE:
		return ERR_REFUSE;
	}
	return ERR_FATAL;
}

int err_explain(struct err_detail *detail, int err, const char *fmt, ...)
{
	unsigned char *c;
	va_list args;

	if (!detail)
		return err;
	va_start(args, fmt);
	vsnprintf(detail->text, sizeof(detail->text), fmt, args);
	va_end(args);
	for (c = (unsigned char *)detail->text; *c; c++) {
		if (*c < 0x20 || *c == 0x7f)
			*c = '?';
	}
	return err;
}
