// SPDX-License-Identifier: GPL-2.0-only
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_LEN 1000	/* bytes of text in a line */

/* One of the few globals: a log that is handed around is a log not used. */
static struct {
	int fd;
	enum log_level level;
	bool prefix;
} out = { .fd = STDERR_FILENO, .level = LOG_LEVEL_INFO };

void log_setup(int fd, enum log_level level, bool prefix)
{
	out.fd = fd;
	out.level = level;
	out.prefix = prefix;
}

bool log_wants(enum log_level level)
{
	return level <= out.level;
}

/* Return: characters written, 1 or 4. */
static size_t put_escaped(char *to, unsigned char c)
{
	static const char digits[] = "0123456789abcdef";

	if (c >= 0x20 && c < 0x7f) {
		to[0] = c;
		return 1;
	}
	to[0] = '\\';
	to[1] = 'x';
	to[2] = digits[c >> 4];
	to[3] = digits[c & 15];
	return 4;
}

const char *log_escape(const void *s, size_t len, struct log_text *ret)
{
	const unsigned char *c = s;
	char *to = ret->c;
	size_t i;

	for (i = 0; i < len && i < LOG_ESCAPE_MAX; i++)
		to += put_escaped(to, c[i]);
	if (len > LOG_ESCAPE_MAX)
		to = stpcpy(to, "...");
	*to = 0;
	return ret->c;
}

static void say(enum log_level level, const char *text)
{
	char line[4 + 4 * LINE_MAX_LEN + 1];
	const unsigned char *c;
	size_t len = 0;
	ssize_t n;

	if (out.prefix)
		len = sprintf(line, "<%d>", (int)level);
	for (c = (const unsigned char *)text; *c; c++)
		len += put_escaped(line + len, *c);
	line[len++] = '\n';
	n = write(out.fd, line, len);
	(void)n;
}

void log_line(enum log_level level, const char *fmt, ...)
{
	char text[LINE_MAX_LEN + 1];
	va_list args;

	if (!log_wants(level))
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	say(level, text);
}

static bool limit_allows(struct log_limit *limit, uint64_t now_ms)
{
	if (now_ms - limit->window_ms >= LOG_LIMIT_WINDOW_MS) {
		limit->window_ms = now_ms;
		limit->said = 0;
	}
	if (limit->said < LOG_LIMIT_LINES) {
		limit->said++;
		return true;
	}
	limit->dropped++;
	return false;
}

void log_limited(struct log_limit *limit, uint64_t now_ms,
		 enum log_level level, const char *fmt, ...)
{
	char text[LINE_MAX_LEN + 1], tail[64] = "";
	va_list args;
	size_t len;

	if (!log_wants(level) || !limit_allows(limit, now_ms))
		return;
	if (limit->dropped)
		snprintf(tail, sizeof(tail), " (%lu more not shown)",
			 limit->dropped);
	limit->dropped = 0;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	len = strnlen(text, sizeof(text) - 1 - strlen(tail));
	strcpy(text + len, tail);
	say(level, text);
}
