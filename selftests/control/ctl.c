// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sends commands to tn-control.
 *
 * usage: ctl [-s SOCKET] [COMMAND...]
 *
 * The words of COMMAND make one line; without any, lines come from standard
 * input. The socket is also taken from $TN_CONTROL. Ends with 1 if a command
 * was answered with an error, which goes to standard error.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int dial(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(un.sun_path)) {
		fprintf(stderr, "ctl: %s: too long\n", path);
		exit(2);
	}
	strcpy(un.sun_path, path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&un, sizeof(un))) {
		fprintf(stderr, "ctl: %s: %s\n", path, strerror(errno));
		exit(2);
	}
	return fd;
}

/* Show one answer. Return: true if it was "ok". */
static bool show(FILE *in)
{
	static char *line;
	static size_t size;
	ssize_t n;

	while ((n = getline(&line, &size, in)) > 0) {
		if (*line == ' ') {
			fwrite(line + 1, 1, n - 1, stdout);
			continue;
		}
		if (!strcmp(line, "ok\n"))
			return true;
		fprintf(stderr, "ctl: %s", line);
		return false;
	}
	fprintf(stderr, "ctl: the server closed the connection\n");
	return false;
}

static bool command(FILE *out, FILE *in, const char *line)
{
	if (line[strspn(line, " \n")] == '\0' || *line == '#')
		return true;
	fputs(line, out);
	if (!strchr(line, '\n'))
		fputc('\n', out);
	fflush(out);
	return show(in);
}

static bool from_stdin(FILE *out, FILE *in)
{
	char *line = NULL;
	size_t size = 0;
	bool ok = true;

	while (getline(&line, &size, stdin) > 0) {
		if (!command(out, in, line))
			ok = false;
		fflush(stdout);
	}
	free(line);
	return ok;
}

int main(int argc, char **argv)
{
	const char *path = getenv("TN_CONTROL");
	char line[1 << 16] = "";
	FILE *in, *out;
	int fd, i = 1;
	bool ok;

	if (argc > 2 && !strcmp(argv[1], "-s")) {
		path = argv[2];
		i = 3;
	}
	if (!path) {
		fprintf(stderr, "usage: ctl [-s SOCKET] [COMMAND...]\n");
		return 2;
	}
	fd = dial(path);
	in = fdopen(fd, "r");
	out = fdopen(dup(fd), "w");
	if (!in || !out)
		return 2;
	if (i == argc) {
		ok = from_stdin(out, in);
	} else {
		for (; i < argc; i++) {
			if (strlen(line) + strlen(argv[i]) + 2 > sizeof(line)) {
				fprintf(stderr, "ctl: use standard input for long commands\n");
				return 2;
			}
			strcat(line, argv[i]);
			strcat(line, i + 1 < argc ? " " : "");
		}
		ok = command(out, in, line);
	}
	return !ok;
}
