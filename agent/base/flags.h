/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Options of the command line, with the grammar of the stock programs: one or
 * two dashes, "-x=value" or "-x value"; switches only "-x" or "-x=false".
 *
 * Source: Go package flag.
 */
#ifndef BASE_FLAGS_H
#define BASE_FLAGS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum flag_type {
	FLAG_BOOL,	/* @value is a bool */
	FLAG_TEXT,	/* const char *, borrowed from the arguments */
	FLAG_NUMBER,	/* uint32_t */
	FLAG_DURATION,	/* uint64_t, ms; "90s", "1m30s", "0" */
	FLAG_REFUSED,	/* known, but what it asks for does not exist here */
};

/**
 * struct flag - one option
 * @name:	without dashes
 * @type:	of its value
 * @value:	where it goes; keeps its default if the option is not given
 * @help:	one line; NULL = not shown. Of FLAG_REFUSED: why
 * @given:	set by flags_parse()
 */
struct flag {
	const char *name;
	enum flag_type type;
	void *value;
	const char *help;
	bool given;
};

/* A line of a table of options. */
#define FLAG(n, t, v, h) { .name = (n), .type = (t), .value = (v), .help = (h) }

/**
 * flags_parse() - take options off the front of the arguments
 * @flag:	known options; what they point to is changed
 * @n:		how many
 * @argc:	number of arguments
 * @argv:	arguments, without the program or verb
 * @detail:	filled on error
 * @ret_next:	index of the first argument that is no option
 *
 * "--" ends the options and is dropped. An option twice is an error.
 *
 * Return: 0, 1 if help is asked for, TNE_USAGE, TNE_UNSUPPORTED.
 */
int flags_parse(struct flag *flag, size_t n, int argc, char *const *argv,
		struct err_detail *detail, int *ret_next);

/**
 * flags_find() - an option by its name
 * @flag:	known options
 * @n:		how many
 * @name:	without dashes
 *
 * Return: borrowed, or NULL.
 */
struct flag *flags_find(struct flag *flag, size_t n, const char *name);

/**
 * flags_print() - list the options with their help
 * @flag:	known options
 * @n:		how many
 * @out:	where to
 */
void flags_print(const struct flag *flag, size_t n, FILE *out);

/**
 * flags_parse_duration() - read a span of time
 * @text:	"1h2m3.5s", "300ms", "0"
 * @ret:	ms
 *
 * Source: Go time.ParseDuration, without signs and units below ms.
 *
 * Return: 0 or TNE_USAGE.
 */
int flags_parse_duration(const char *text, uint64_t *ret);

#endif /* BASE_FLAGS_H */
