/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Numbers and order of syslog(3). */
enum log_level {
	LOG_LEVEL_ERR = 3,	/* this node cannot do its work */
	LOG_LEVEL_WARNING = 4,	/* something failed and we go on */
	LOG_LEVEL_NOTICE = 5,	/* a person may want to act */
	LOG_LEVEL_INFO = 6,	/* changes of state */
	LOG_LEVEL_DEBUG = 7,
};

/**
 * struct log_limit - how often one place may speak; all zero at first
 * @window_ms: start of the current window
 * @said: lines in it
 * @dropped: lines since the last that was printed
 */
struct log_limit {
	uint64_t window_ms;
	unsigned int said;
	unsigned long dropped;
};

#define LOG_LIMIT_WINDOW_MS 60000	/* ours */
#define LOG_LIMIT_LINES 5		/* per window; ours */

/**
 * log_setup() - where the log goes
 * @fd:		descriptor, standard error unless changed; borrowed for ever
 * @level:	the least important level that is printed
 * @prefix:	begin each line with its level as "<N>", for the journal
 */
void log_setup(int fd, enum log_level level, bool prefix);

/**
 * log_wants() - is a level printed?
 * @level: the level
 *
 * Return: true if it is; spares the making of costly texts.
 */
bool log_wants(enum log_level level);

/**
 * log_line() - print one line
 * @level:	its level
 * @fmt:	as printf; what comes from outside passes log_escape() first
 *
 * Control characters become "\xNN" even so, the whole is cut to 1000 bytes. The
 * line is one write(2); errors of it are ignored.
 */
void log_line(enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * log_limited() - print one line, if this place has not said too much
 * @limit:	of the place
 * @now_ms:	boot time
 * @level:	as in log_line()
 * @fmt:	as in log_line()
 *
 * For what outsiders can cause. The first line after others were dropped ends
 * with their number.
 */
void log_limited(struct log_limit *limit, uint64_t now_ms,
		 enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#define log_err(...) log_line(LOG_LEVEL_ERR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_notice(...) log_line(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...) log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

/* Bytes of text from outside that are shown; the rest is cut. */
#define LOG_ESCAPE_MAX 200

/**
 * struct log_text - text of an outsider made fit to be shown
 * @c: terminated; at most LOG_ESCAPE_MAX bytes of the original, each up to 4
 *	characters, and "..." if there was more
 */
struct log_text {
	char c[4 * LOG_ESCAPE_MAX + 4];
};

/**
 * log_escape() - make text from outside fit to be shown
 * @s:		need not be terminated
 * @len:	bytes
 * @ret:	the text: all but printable ASCII becomes "\xNN"
 *
 * Return: the text in @ret.
 */
const char *log_escape(const void *s, size_t len, struct log_text *ret);

#endif /* BASE_LOG_H */
