/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stddef.h>

/*
 * One channel for results: 0 or more is success, -errno keeps its meaning, the
 * values below are ours. They start under the smallest -errno a kernel gives.
 */
enum tne {
	TNE_KEY_FORMAT = -4096,		/* text is not a key */
	TNE_CONF_SYNTAX = -4097,	/* configuration file or arguments */
	TNE_NAME_LOOKUP = -4098,	/* host name without an address */
	TNE_NO_MODULE = -4099,		/* the netlink family does not exist */
	TNE_NO_FAMILY_ANSWER = -4100,	/* answer without what was asked for */
	TNE_TOO_LONG = -4101,		/* input above its limit */
	TNE_AUTH_URL = -4400,		/* people must not be sent there */
	TNE_REGISTER_REFUSED = -4401,	/* server does not let us in */
	TNE_CONTROL_STATUS = -4402,	/* HTTP status of an answer */
	TNE_MAP_SILENT = -4403,		/* map stream without messages */
	TNE_MAP_ENDED = -4404,		/* map stream was ended */
	TNE_NOT_READY = -4405,		/* the node cannot do that now */
};

enum err_class {
	ERR_RETRY,	/* the same may succeed later */
	ERR_REFUSE,	/* drop this input, go on */
	ERR_FATAL,
};

/**
 * struct err_detail - what a person is told beside the code
 * @text: one line without control characters; empty if there is none
 */
struct err_detail {
	char text[400];
};

/**
 * err_text() - text of a result
 * @err: a negative result
 *
 * Return: a static string.
 */
const char *err_text(int err);

/**
 * err_class() - how a caller should take a result
 * @err: a negative result
 *
 * Return: its class.
 */
enum err_class err_class(int err);

/**
 * err_explain() - set the detail and return the code
 * @detail:	set; may be NULL
 * @err:	the code to be returned
 * @fmt:	as printf; strings from outside may be passed as they are, control
 *		characters become '?'
 *
 * Return: @err.
 */
int err_explain(struct err_detail *detail, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif /* BASE_ERR_H */
