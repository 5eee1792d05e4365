/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BASE_OPT_BOOL_H
#define BASE_OPT_BOOL_H

/* A switch that may be left open. Zero memory is an open one. */
enum opt_bool {
	OPT_UNSET,
	OPT_FALSE,
	OPT_TRUE,
};

#endif /* BASE_OPT_BOOL_H */
