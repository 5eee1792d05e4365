// SPDX-License-Identifier: GPL-2.0-only
#include "system/host.h"

#include "base/array.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#define FILE_MAX 16384	/* bytes; os-release has a few hundred */

static bool is_plain(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if ((unsigned char)s[i] < 0x20 || (unsigned char)s[i] > 0x7e)
			return false;
	}
	return true;
}

static bool set_fact(char ret[HOST_FACT_MAX], const char *s, size_t len)
{
	if (len >= HOST_FACT_MAX || !is_plain(s, len))
		return false;
	memcpy(ret, s, len);
	ret[len] = 0;
	return true;
}

/* A value is bare, or quoted as in a shell, without anything to expand. */
static bool unquote(const char *s, size_t len, char ret[HOST_FACT_MAX])
{
	char text[HOST_FACT_MAX];
	char quote = 0;
	size_t n = 0, i = 0;

	if (len && (*s == '"' || *s == '\'')) {
		quote = *s;
		if (len < 2 || s[len - 1] != quote)
			return false;
		i = 1;
		len--;
	}
	for (; i < len; i++) {
		if (quote != '\'' && s[i] == '\\' && ++i == len)
			return false;
		if (n == sizeof(text) - 1)
			return false;
		text[n++] = s[i];
	}
	return set_fact(ret, text, n);
}

static void parse_line(const char *line, size_t len, struct host_facts *ret)
{
	const char *eq = memchr(line, '=', len);
	const struct {
		const char *name;
		char *fact;
	} names[] = {
		{ "ID", ret->distro },
		{ "VERSION_ID", ret->distro_version },
		{ "VERSION_CODENAME", ret->distro_code_name },
	};
	size_t i, name_len;

	if (!eq)
		return;
	name_len = eq - line;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (strlen(names[i].name) == name_len &&
		    memcmp(names[i].name, line, name_len) == 0)
			unquote(eq + 1, len - name_len - 1, names[i].fact);
	}
}

static size_t trimmed(const char *line, size_t len)
{
	while (len && strchr(" \t\r", line[len - 1]) && line[len - 1])
		len--;
	return len;
}

void host_os_release_parse(const char *text, size_t len, struct host_facts *ret)
{
	while (len) {
		const char *end = memchr(text, '\n', len);
		size_t line = end ? (size_t)(end - text) : len;

		if (*text != '#')
			parse_line(text, trimmed(text, line), ret);
		if (!end)
			return;
		text += line + 1;
		len -= line + 1;
	}
}

/* Return: bytes read, as many as fit, or -errno. */
static ssize_t read_file(const char *root, const char *path, char *ret,
			 size_t size)
{
	char name[PATH_MAX];
	ssize_t n;
	int fd;

	if (snprintf(name, sizeof(name), "%s%s", root, path) >=
	    (int)sizeof(name))
		return -ENAMETOOLONG;
	/* Were it a FIFO, opening must not wait. */
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	do
		n = read(fd, ret, size);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		n = -errno;
	close(fd);
	return n;
}

static bool exists(const char *root, const char *path)
{
	char name[PATH_MAX];
	struct stat st;

	return snprintf(name, sizeof(name), "%s%s", root, path) <
	       (int)sizeof(name) && stat(name, &st) == 0;
}

static void read_distro(const char *root, struct host_facts *ret)
{
	char text[FILE_MAX];
	ssize_t n = read_file(root, "/etc/os-release", text, sizeof(text));

	if (n < 0)
		n = read_file(root, "/usr/lib/os-release", text, sizeof(text));
	if (n > 0)
		host_os_release_parse(text, n, ret);
	/* os-release has "12", this one "12.11". */
	if (strcmp(ret->distro, "debian") != 0)
		return;
	n = read_file(root, "/etc/debian_version", text, sizeof(text) - 1);
	if (n <= 0 || text[0] < '0' || text[0] > '9')
		return;
	text[n] = 0;
	set_fact(ret->distro_version, text,
		 trimmed(text, strcspn(text, "\n")));
}

/*
 * Marks that the makers of containers leave. Source: systemd's container
 * interface, docker, podman.
 */
static bool is_container(const char *root)
{
	static const char *const marks[] = {
		"/run/systemd/container", "/.dockerenv", "/run/.containerenv",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(marks); i++) {
		if (exists(root, marks[i]))
			return true;
	}
	return false;
}

void host_facts_read(const char *root, struct host_facts *ret)
{
	struct utsname uts;

	memset(ret, 0, sizeof(*ret));
	if (uname(&uts) == 0) {
		set_fact(ret->os_version, uts.release, strlen(uts.release));
		set_fact(ret->machine, uts.machine, strlen(uts.machine));
		set_fact(ret->hostname, uts.nodename,
			 strcspn(uts.nodename, "."));
	}
	read_distro(root, ret);
	ret->container = is_container(root);
}
