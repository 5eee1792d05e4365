/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unit tests: a program is a table of named groups, a group is a function with
 * CHECK()s, usually over a table of cases. One line is printed per group:
 *
 *	ok PROGRAM/NAME
 *	not ok PROGRAM/NAME - CASE: file:line: what was expected
 *
 * A failed CHECK() leaves its function; the other groups still run.
 */
#ifndef TEST_H
#define TEST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/**
 * struct test - one group of cases
 * @name:	printed
 * @run:	the cases
 */
struct test {
	const char *name;
	void (*run)(void);
};

#define TEST(fn)	{ #fn, fn }
#define TEST_MAIN(table) \
	int main(int argc, char **argv) \
	{ \
		return test_main(table, sizeof(table) / sizeof((table)[0]), \
				 argc, argv); \
	}

/* Leave the function if @cond is false. */
#define CHECK(cond) do {						\
	test_checks++;							\
	if (!(cond)) {							\
		test_fail(__FILE__, __LINE__, "%s", #cond);		\
		return;							\
	}								\
} while (0)

/* The same for whole numbers; shows both. */
#define CHECK_EQ(a, b) do {						\
	long long a__ = (long long)(a), b__ = (long long)(b);		\
									\
	test_checks++;							\
	if (a__ != b__) {						\
		test_fail(__FILE__, __LINE__, "%s is %lld, %s is %lld",	\
			  #a, a__, #b, b__);				\
		return;							\
	}								\
} while (0)

/* The same for bytes; shows where they part. */
#define CHECK_MEM(a, b, n) do {						\
	size_t at__ = test_differ(a, b, n);				\
									\
	test_checks++;							\
	if (at__ != (size_t)(n)) {					\
		test_fail(__FILE__, __LINE__, "%s and %s differ at %zu",	\
			  #a, #b, at__);				\
		return;							\
	}								\
} while (0)

/* Run a function with CHECK()s of its own, and leave if one failed. */
#define CHECK_IN(call) do {						\
	call;								\
	if (test_failed)						\
		return;							\
} while (0)

extern unsigned long test_checks;
extern bool test_failed;

/* Name the case at hand, for the message if it fails. */
void test_case(const char *format, ...) __attribute__((format(printf, 1, 2)));
void test_fail(const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
size_t test_differ(const void *a, const void *b, size_t n);
int test_main(const struct test *tests, size_t n, int argc, char **argv);

/**
 * struct vector - one record of a file of known answers
 * @name:	value of its first line, "case: NAME"
 * @line:	where it begins
 * @fields:	the "key: hex" lines; a value may be empty
 * @n:		how many
 */
struct vector {
	char name[64];
	int line;
	struct vector_field {
		char key[32];
		uint8_t *data;
		size_t len;
	} fields[48];
	size_t n;
};

/*
 * Call @run for each record of a file in the folder $VECTORS, or else in
 * VECTORS_DIR; a missing, empty or malformed file fails the test.
 */
void test_vectors(const char *file, void (*run)(const struct vector *v));

/* A field that must be there, with a given length unless that is SIZE_MAX. */
const uint8_t *vector_get(const struct vector *v, const char *key, size_t len);
size_t vector_len(const struct vector *v, const char *key);
uint64_t vector_u64(const struct vector *v, const char *key);
bool vector_has(const struct vector *v, const char *key);

#endif /* TEST_H */
