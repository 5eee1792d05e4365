// SPDX-License-Identifier: GPL-2.0-only
#include "fault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	const char *what;
} table[FAULT_COUNT] = {
#define FAULT_ROW(id, name, what)	{ name, what },
	FAULTS(FAULT_ROW)
#undef FAULT_ROW
};

const char *fault_name(enum fault_id id)
{
	return table[id].name;
}

const char *fault_what(enum fault_id id)
{
	return table[id].what;
}

enum fault_id fault_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < FAULT_COUNT; i++)
		if (!strcmp(table[i].name, name))
			break;
	return i;
}

/* A leading word KEY=VALUE: copy the value, return what follows it. */
static const char *word_value(const char *s, const char *key, char *value,
			      size_t size)
{
	size_t n = strlen(key), len;

	if (strncmp(s, key, n))
		return NULL;
	s += n;
	len = strcspn(s, " ");
	snprintf(value, size, "%.*s", (int)len, s);
	s += len;
	return s + strspn(s, " ");
}

void fault_set(struct faults *f, enum fault_id id, const char *words)
{
	struct fault *x = &f->of[id];
	char value[64];
	const char *rest;

	memset(x, 0, sizeof(*x));
	x->left = -1;
	for (;;) {
		rest = word_value(words, "times=", value, sizeof(value));
		if (rest) {
			x->left = atol(value);
			words = rest;
			continue;
		}
		rest = word_value(words, "node=", value, sizeof(value));
		if (!rest)
			break;
		snprintf(x->node, sizeof(x->node), "%s", value);
		words = rest;
	}
	snprintf(x->arg, sizeof(x->arg), "%s", words);
	x->on = true;
}

void fault_clear(struct faults *f, enum fault_id id)
{
	f->of[id].on = false;
}

void fault_clear_all(struct faults *f)
{
	unsigned int i;

	for (i = 0; i < FAULT_COUNT; i++)
		f->of[i].on = false;
}

bool fault_on(const struct faults *f, enum fault_id id, const char *label)
{
	const struct fault *x = &f->of[id];

	return x->on && (!*x->node || (label && !strcmp(label, x->node)));
}

const char *fault_take(struct faults *f, enum fault_id id, const char *label)
{
	struct fault *x = &f->of[id];

	if (!fault_on(f, id, label))
		return NULL;
	x->hits++;
	if (x->left > 0 && --x->left == 0)
		x->on = false;
	return x->arg;
}

bool fault_take_arg(struct faults *f, enum fault_id id, const char *label,
		    const char **ret)
{
	const char *arg = fault_take(f, id, label);

	if (!arg)
		return false;
	*ret = arg;
	return true;
}

long fault_number(const char *arg, long otherwise)
{
	return *arg ? atol(arg) : otherwise;
}

const char *fault_text(const char *arg, const char *otherwise)
{
	return *arg ? arg : otherwise;
}
