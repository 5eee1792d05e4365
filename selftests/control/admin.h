/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tester's side: a unix socket, one command a line. An answer is any
 * number of lines that begin with a space, then "ok" or "error REASON".
 */
#ifndef CONTROL_ADMIN_H
#define CONTROL_ADMIN_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "loop.h"
#include "server.h"

#define ADMIN_LINE_MAX	(8 << 20)	/* ours: bytes of a command */

/**
 * struct admin - one connection
 * @busy:	a command waits for something; later lines wait for it
 * @poll:	for commands that look again and again
 * @until_ms:	when such a command gives up
 * @ping_id:	what it looks for
 */
struct admin {
	struct admin *next;
	struct server *srv;
	struct loop_io *io;
	int fd;
	struct buf in;
	struct buf out;
	bool busy;
	bool dead;
	struct timer poll;
	int64_t until_ms;
	char ping_id[33];
};

/**
 * struct admin_command - one row of a table of commands
 * @name:	first word
 * @usage:	the words behind it
 * @help:	one line
 * @run:	gets the rest of the line; ends with admin_ok(), admin_error(),
 *		or with @busy set
 */
struct admin_command {
	const char *name;
	const char *usage;
	const char *help;
	void (*run)(struct admin *a, char *args);
};

extern const struct admin_command admin_nodes_commands[];
extern const struct admin_command admin_lock_commands[];
extern const struct admin_command admin_map_commands[];
extern const struct admin_command admin_set_commands[];

/* Listen on a socket file, which is replaced. Return: false, message printed. */
bool admin_listen(struct server *srv, const char *path);
void admin_close_all(struct server *srv);

void admin_say(struct admin *a, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void admin_ok(struct admin *a);
void admin_error(struct admin *a, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* A waiting command has ended; go on with the next line. */
void admin_resume(struct admin *a);

/* Cut the next word off; "" if there is none. */
char *admin_word(char **rest);
/* The node of that name; an error was sent if NULL. */
struct node *admin_node(struct admin *a, const char *name);
/* JSON of any kind; an error was sent if NULL. */
json_t *admin_json(struct admin *a, const char *text);

#endif /* CONTROL_ADMIN_H */
