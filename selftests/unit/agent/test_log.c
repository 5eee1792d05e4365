// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "base/log.h"

#include <fcntl.h>
#include <unistd.h>

static char seen[20000];
static int pipe_fd[2];

static void begin(enum log_level level, bool prefix)
{
	if (pipe2(pipe_fd, O_NONBLOCK) < 0)
		abort();
	log_setup(pipe_fd[1], level, prefix);
}

static const char *end(void)
{
	ssize_t n;

	log_setup(STDERR_FILENO, LOG_LEVEL_INFO, false);
	close(pipe_fd[1]);
	n = read(pipe_fd[0], seen, sizeof(seen) - 1);
	close(pipe_fd[0]);
	seen[n > 0 ? n : 0] = 0;
	return seen;
}

static void levels_and_prefix(void)
{
	begin(LOG_LEVEL_NOTICE, true);
	log_err("a");
	log_notice("b %d", 7);
	log_info("c");
	log_debug("d");
	CHECK(strcmp(end(), "<3>a\n<5>b 7\n") == 0);
	begin(LOG_LEVEL_DEBUG, false);
	log_debug("d");
	CHECK(strcmp(end(), "d\n") == 0);
}

static void one_line_is_one_line(void)
{
	begin(LOG_LEVEL_INFO, false);
	log_info("a\nb\033[1m\x7f\xff%s", "c\r");
	CHECK(strcmp(end(), "a\\x0ab\\x1b[1m\\x7f\\xffc\\x0d\n") == 0);
}

static void long_lines_are_cut(void)
{
	char text[3000];

	memset(text, '\n', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	begin(LOG_LEVEL_INFO, false);
	log_info("%s", text);
	CHECK_EQ(strlen(end()), 4001);
}

static void escapes_strangers(void)
{
	struct log_text text;
	char bytes[201];

	CHECK(strcmp(log_escape("a\0b\x1b", 4, &text), "a\\x00b\\x1b") == 0);
	memset(bytes, 1, sizeof(bytes));
	CHECK_EQ(strlen(log_escape(bytes, 200, &text)), 800);
	CHECK_EQ(strlen(log_escape(bytes, 201, &text)), 803);
	CHECK(strcmp(log_escape(NULL, 0, &text), "") == 0);
}

static void limits_strangers(void)
{
	struct log_limit limit = { 0 };
	int i;

	begin(LOG_LEVEL_INFO, false);
	for (i = 0; i < 20; i++)
		log_limited(&limit, 100000, LOG_LEVEL_INFO, "x");
	CHECK(strcmp(end(), "x\nx\nx\nx\nx\n") == 0);
	begin(LOG_LEVEL_INFO, false);
	log_limited(&limit, 100000 + LOG_LIMIT_WINDOW_MS - 1, LOG_LEVEL_INFO,
		    "y");
	log_limited(&limit, 100000 + LOG_LIMIT_WINDOW_MS, LOG_LEVEL_INFO, "z");
	log_limited(&limit, 100000 + LOG_LIMIT_WINDOW_MS, LOG_LEVEL_INFO, "z");
	CHECK(strcmp(end(), "z (16 more not shown)\nz\n") == 0);
}

static const struct test tests[] = {
	TEST(levels_and_prefix),
	TEST(one_line_is_one_line),
	TEST(long_lines_are_cut),
	TEST(escapes_strangers),
	TEST(limits_strangers),
};
TEST_MAIN(tests)
