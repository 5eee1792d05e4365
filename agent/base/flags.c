// SPDX-License-Identifier: GPL-2.0-only
#include "base/flags.h"

#include "base/array.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	uint64_t ms;
} units[] = {
	{ "ms", 1 },
	{ "s", 1000 },
	{ "m", 60 * 1000 },
	{ "h", 60 * 60 * 1000 },
};

#define DURATION_MAX_MS	(UINT64_C(1) << 40)	/* 34 years; ours */

/* A number with a fraction, in thousandths. */
static bool take_decimal(const char **text, uint64_t *ret)
{
	const char *s = *text;
	uint64_t value = 0, digit = 100;

	if (!isdigit((unsigned char)*s))
		return false;
	for (; isdigit((unsigned char)*s); s++) {
		value = value * 10 + (*s - '0') * 1000;
		if (value > DURATION_MAX_MS)
			return false;
	}
	if (*s == '.') {
		for (s++; isdigit((unsigned char)*s); s++, digit /= 10)
			value += (*s - '0') * digit;
	}
	*text = s;
	*ret = value;
	return true;
}

int flags_parse_duration(const char *text, uint64_t *ret)
{
	uint64_t total = 0, value;
	size_t i, len;

	if (strcmp(text, "0") == 0) {
		*ret = 0;
		return 0;
	}
	do {
		if (!take_decimal(&text, &value))
			return TNE_USAGE;
		len = strcspn(text, "0123456789.");
		for (i = 0; i < ARRAY_SIZE(units); i++) {
			if (strlen(units[i].name) == len &&
			    memcmp(units[i].name, text, len) == 0)
				break;
		}
		if (i == ARRAY_SIZE(units) ||
		    value > DURATION_MAX_MS / units[i].ms)
			return TNE_USAGE;
		total += value * units[i].ms / 1000;
		text += len;
	} while (*text);
	*ret = total;
	return 0;
}

struct flag *flags_find(struct flag *flag, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (strcmp(flag[i].name, name) == 0)
			return &flag[i];
	}
	return NULL;
}

/* Source: Go strconv.ParseBool. */
static int parse_bool(const char *text, bool *ret)
{
	static const char *const yes[] = {
		"1", "t", "T", "true", "TRUE", "True" };
	static const char *const no[] = {
		"0", "f", "F", "false", "FALSE", "False" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(yes); i++) {
		if (strcmp(text, yes[i]) == 0 || strcmp(text, no[i]) == 0) {
			*ret = strcmp(text, yes[i]) == 0;
			return 0;
		}
	}
	return TNE_USAGE;
}

static int parse_number(const char *text, uint32_t *ret)
{
	unsigned long long number;
	char *end;

	if (!isdigit((unsigned char)*text))
		return TNE_USAGE;
	number = strtoull(text, &end, 10);
	if (*end || number > UINT32_MAX)
		return TNE_USAGE;
	*ret = number;
	return 0;
}

static int set_value(const struct flag *flag, const char *text)
{
	switch (flag->type) {
	case FLAG_BOOL:
		return parse_bool(text, flag->value);
	case FLAG_TEXT:
		*(const char **)flag->value = text;
		return 0;
	case FLAG_NUMBER:
		return parse_number(text, flag->value);
	case FLAG_DURATION:
		return flags_parse_duration(text, flag->value);
	case FLAG_REFUSED:
		break;
	}
	return TNE_USAGE;
}

/* One option; @ret_used: arguments that it took. */
static int parse_one(struct flag *flags, size_t n, int argc,
		     char *const *argv, struct err_detail *detail,
		     int *ret_used)
{
	const char *name = argv[0] + (argv[0][1] == '-' ? 2 : 1);
	const char *equals = strchr(name, '='), *value;
	int len = equals ? equals - name : (int)strlen(name);
	struct flag *flag;
	char copy[64];

	*ret_used = 1;
	snprintf(copy, sizeof(copy), "%.*s", len, name);
	if (!equals && (strcmp(copy, "h") == 0 || strcmp(copy, "help") == 0))
		return 1;
	flag = len < (int)sizeof(copy) ? flags_find(flags, n, copy) : NULL;
	if (!flag)
		return err_explain(detail, TNE_USAGE,
				   "flag provided but not defined: -%s", copy);
	if (flag->type == FLAG_REFUSED)
		return err_explain(detail, TNE_UNSUPPORTED, "--%s: %s",
				   flag->name, flag->help);
	if (flag->given)
		return err_explain(detail, TNE_USAGE,
				   "flag provided more than once: -%s",
				   flag->name);
	flag->given = true;
	value = equals ? equals + 1 : NULL;
	if (!value && flag->type == FLAG_BOOL)
		value = "true";
	if (!value && argc < 2)
		return err_explain(detail, TNE_USAGE,
				   "flag needs an argument: -%s", flag->name);
	if (!value) {
		value = argv[1];
		*ret_used = 2;
	}
	/* It may be a key: the value itself is never shown. */
	if (set_value(flag, value) < 0)
		return err_explain(detail, TNE_USAGE,
				   "invalid value for flag -%s", flag->name);
	return 0;
}

int flags_parse(struct flag *flag, size_t n, int argc, char *const *argv,
		struct err_detail *detail, int *ret_next)
{
	int i = 0, used, r;

	while (i < argc && argv[i][0] == '-' && argv[i][1]) {
		if (strcmp(argv[i], "--") == 0) {
			i++;
			break;
		}
		r = parse_one(flag, n, argc - i, argv + i, detail, &used);
		if (r != 0)
			return r;
		i += used;
	}
	*ret_next = i;
	return 0;
}

void flags_print(const struct flag *flag, size_t n, FILE *out)
{
	static const char *const what[] = {
		[FLAG_BOOL] = "", [FLAG_TEXT] = " value",
		[FLAG_NUMBER] = " number", [FLAG_DURATION] = " duration",
	};
	size_t i;

	for (i = 0; i < n; i++) {
		if (flag[i].type == FLAG_REFUSED || !flag[i].help)
			continue;
		fprintf(out, "  --%s%s\n\t%s\n", flag[i].name,
			what[flag[i].type], flag[i].help);
	}
}
