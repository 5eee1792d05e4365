// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include <ctype.h>
#include <unistd.h>

unsigned long test_checks;
bool test_failed;

static char case_name[128];
static char reason[512];

void test_case(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(case_name, sizeof(case_name), format, ap);
	va_end(ap);
}

/* The first failure of a group is the one that is told. */
void test_fail(const char *file, int line, const char *format, ...)
{
	const char *base = strrchr(file, '/');
	char what[256];
	va_list ap;

	if (test_failed)
		return;
	test_failed = true;
	va_start(ap, format);
	vsnprintf(what, sizeof(what), format, ap);
	va_end(ap);
	snprintf(reason, sizeof(reason), "%s%s%s:%d: %s", case_name,
		 *case_name ? ": " : "", base ? base + 1 : file, line, what);
}

size_t test_differ(const void *a, const void *b, size_t n)
{
	const uint8_t *x = a, *y = b;
	size_t i;

	for (i = 0; i < n && x[i] == y[i]; i++)
		;
	return i;
}

/* Arguments, if any, name the groups to run. */
static bool wanted(const char *name, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (!strcmp(argv[i], name))
			return true;
	return argc < 2;
}

/* Groups are told apart by their program: "test_replay" is "replay". */
static const char *program_name(const char *path)
{
	const char *base = strrchr(path, '/');

	base = base ? base + 1 : path;
	return strncmp(base, "test_", 5) ? base : base + 5;
}

int test_main(const struct test *tests, size_t n, int argc, char **argv)
{
	const char *program = program_name(argv[0]);
	unsigned int failed = 0, ran = 0;
	unsigned long before;
	size_t i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 0; i < n; i++) {
		if (!wanted(tests[i].name, argc, argv))
			continue;
		ran++;
		test_failed = false;
		*case_name = '\0';
		before = test_checks;
		tests[i].run();
		if (!test_failed && test_checks == before) {
			*case_name = '\0';
			test_fail(__FILE__, __LINE__, "nothing was checked");
		}
		if (test_failed) {
			failed++;
			printf("not ok %s/%s - %s\n", program, tests[i].name,
			       reason);
		} else {
			printf("ok %s/%s\n", program, tests[i].name);
		}
	}
	return failed || !ran;
}

static int hex_digit(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static bool parse_hex(const char *s, uint8_t **ret, size_t *ret_len)
{
	size_t i, n = strlen(s);
	uint8_t *data;

	if (n % 2)
		return false;
	data = malloc(n / 2 + 1);
	for (i = 0; i < n / 2; i++) {
		int hi = hex_digit(s[2 * i]), lo = hex_digit(s[2 * i + 1]);

		if (hi < 0 || lo < 0) {
			free(data);
			return false;
		}
		data[i] = hi << 4 | lo;
	}
	*ret = data;
	*ret_len = n / 2;
	return true;
}

static void vector_clear(struct vector *v)
{
	while (v->n)
		free(v->fields[--v->n].data);
	memset(v, 0, sizeof(*v));
}

static bool copy_text(char *dst, size_t size, const char *src)
{
	size_t n = strlen(src);

	if (n >= size)
		return false;
	memcpy(dst, src, n + 1);
	return true;
}

/* One line that is no comment. Return: false if it is malformed. */
static bool vector_line(struct vector *v, char *line, int number)
{
	char *value = strchr(line, ':');
	struct vector_field *f;

	if (!value)
		return false;
	*value++ = '\0';
	while (*value == ' ')
		value++;
	if (!strcmp(line, "case")) {
		v->line = number;
		return v->n == 0 && copy_text(v->name, sizeof(v->name), value);
	}
	if (!v->line || v->n == sizeof(v->fields) / sizeof(v->fields[0]))
		return false;
	f = &v->fields[v->n];
	if (!copy_text(f->key, sizeof(f->key), line) ||
	    !parse_hex(value, &f->data, &f->len))
		return false;
	v->n++;
	return true;
}

static void vector_run(struct vector *v, const char *file,
		       void (*run)(const struct vector *v), unsigned int *count)
{
	if (v->line) {
		test_case("%s: %s", file, v->name);
		if (!test_failed)
			run(v);
		++*count;
	}
	vector_clear(v);
}

/* $VECTORS, unless it is a folder of tailnet-lock vectors only. */
static const char *vectors_dir(const char *file)
{
	const char *dir = getenv("VECTORS");
	char path[4096];

	if (!dir)
		return VECTORS_DIR;
	snprintf(path, sizeof(path), "%s/%s", dir, file);
	if (access(path, F_OK) == 0)
		return dir;
	snprintf(path, sizeof(path), "%s/tka", dir);
	return access(path, F_OK) == 0 ? VECTORS_DIR : dir;
}

void test_vectors(const char *file, void (*run)(const struct vector *v))
{
	const char *dir = vectors_dir(file);
	static char path[4096], line[65536];
	struct vector v = {};
	unsigned int count = 0;
	int number = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	f = fopen(path, "r");
	if (!f) {
		test_fail(__FILE__, __LINE__, "cannot open %s", path);
		return;
	}
	while (fgets(line, sizeof(line), f)) {
		number++;
		line[strcspn(line, "\r\n")] = '\0';
		if (!*line)
			vector_run(&v, file, run, &count);
		else if (*line != '#' && !vector_line(&v, line, number))
			test_fail(__FILE__, __LINE__, "%s:%d: malformed", file,
				  number);
	}
	vector_run(&v, file, run, &count);
	fclose(f);
	if (!count)
		test_fail(__FILE__, __LINE__, "%s has no cases", file);
}

static const struct vector_field *find(const struct vector *v, const char *key)
{
	size_t i;

	for (i = 0; i < v->n; i++)
		if (!strcmp(v->fields[i].key, key))
			return &v->fields[i];
	return NULL;
}

bool vector_has(const struct vector *v, const char *key)
{
	return find(v, key);
}

/* A file that lacks what the test needs is no reason to go on. */
static const struct vector_field *must_find(const struct vector *v,
					    const char *key)
{
	const struct vector_field *f = find(v, key);

	if (!f) {
		fprintf(stderr, "vector \"%s\" has no %s\n", v->name, key);
		exit(2);
	}
	return f;
}

const uint8_t *vector_get(const struct vector *v, const char *key, size_t len)
{
	const struct vector_field *f = must_find(v, key);

	if (len != SIZE_MAX && f->len != len) {
		fprintf(stderr, "vector \"%s\": %s has %zu bytes, not %zu\n",
			v->name, key, f->len, len);
		exit(2);
	}
	return f->data;
}

size_t vector_len(const struct vector *v, const char *key)
{
	return must_find(v, key)->len;
}

/* Numbers are written big-endian, as one reads them. */
uint64_t vector_u64(const struct vector *v, const char *key)
{
	const uint8_t *p = vector_get(v, key, 8);
	uint64_t n = 0;
	int i;

	for (i = 0; i < 8; i++)
		n = n << 8 | p[i];
	return n;
}
