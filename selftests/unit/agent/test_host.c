// SPDX-License-Identifier: GPL-2.0-only
#include "system/host.h"

#include "test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define LONG127 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
	const char *name, *text, *distro, *version, *code_name;
} cases[] = {
	{ "empty", "", "", "", "" },
	{ "debian", "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n"
	  "VERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\nID=debian\n",
	  "debian", "12", "bookworm" },
	{ "no newline at the end", "ID=arch", "arch", "", "" },
	{ "single quotes", "ID='alpine'\nVERSION_ID='3.19'\n", "alpine",
	  "3.19", "" },
	{ "escaped", "ID=\"a\\\"b\\$c\"\n", "a\"b$c", "", "" },
	{ "not escaped in single quotes", "ID='a\\b'\n", "a\\b", "", "" },
	{ "carriage return", "ID=debian\r\n", "debian", "", "" },
	{ "comment", "#ID=debian\n", "", "", "" },
	{ "name that begins alike", "ID_LIKE=debian\nXID=x\n", "", "", "" },
	{ "open quote", "ID=\"debian\n", "", "", "" },
	{ "lone quote", "ID=\"\n", "", "", "" },
	{ "empty quotes", "ID=\"\"\n", "", "", "" },
	{ "backslash at the end", "ID=debian\\\n", "", "", "" },
	{ "no equals sign", "ID\n=\n\n", "", "", "" },
	{ "not printable", "ID=de\001bian\n", "", "", "" },
	{ "not ASCII", "ID=d\xc3\xa9\n", "", "", "" },
	{ "as long as can be", "ID=" LONG127 "\n", LONG127, "", "" },
	{ "too long", "ID=" LONG127 "a\nVERSION_ID=1\n", "", "1", "" },
	{ "the last one counts", "ID=a\nID=b\n", "b", "", "" },
};

static void os_release(void)
{
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = strlen(cases[i].text);
		char *text = malloc(len + 1);
		struct host_facts f = { 0 };

		test_case("%s", cases[i].name);
		/* Nothing behind the text, so that the sanitizer sees. */
		memcpy(text, cases[i].text, len);
		text = realloc(text, len ? len : 1);
		host_os_release_parse(text, len, &f);
		free(text);
		CHECK(!strcmp(f.distro, cases[i].distro));
		CHECK(!strcmp(f.distro_version, cases[i].version));
		CHECK(!strcmp(f.distro_code_name, cases[i].code_name));
	}
}

static void truncated(void)
{
	const char *whole = cases[4].text;
	size_t len;

	for (len = 0; len < strlen(whole); len++) {
		char *text = malloc(len ? len : 1);
		struct host_facts f = { 0 };

		memcpy(text, whole, len);
		host_os_release_parse(text, len, &f);
		free(text);
		CHECK(strlen(f.distro) < len + 1);
	}
}

static void put(const char *root, const char *path, const char *text)
{
	char name[256];
	FILE *f;

	snprintf(name, sizeof(name), "%s%s", root, path);
	f = fopen(name, "w");
	fputs(text, f);
	fclose(f);
}

static void make_folder(const char *root, const char *path)
{
	char name[256];

	snprintf(name, sizeof(name), "%s%s", root, path);
	mkdir(name, 0700);
}

static void system_facts(void)
{
	char root[] = "/tmp/test_host.XXXXXX", command[64];
	struct host_facts none, bare, full, plain;

	CHECK(mkdtemp(root));
	make_folder(root, "/etc");
	make_folder(root, "/usr");
	make_folder(root, "/usr/lib");
	host_facts_read(root, &none);
	put(root, "/usr/lib/os-release", "ID=fedora\nVERSION_ID=40\n");
	host_facts_read(root, &plain);
	put(root, "/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n");
	put(root, "/etc/debian_version", "bookworm/sid\n");
	host_facts_read(root, &bare);
	put(root, "/etc/debian_version", "12.11\n");
	put(root, "/.dockerenv", "");
	host_facts_read(root, &full);
	snprintf(command, sizeof(command), "rm -rf %s", root);
	CHECK_EQ(system(command), 0);

	CHECK(*none.os_version && *none.machine);
	CHECK(!strchr(none.hostname, '.'));
	CHECK(!*none.distro && !none.container);
	CHECK(!strcmp(plain.distro, "fedora"));
	CHECK(!strcmp(plain.distro_version, "40"));
	CHECK(!strcmp(bare.distro_version, "12") && !bare.container);
	CHECK(!strcmp(full.distro_version, "12.11") && full.container);
}

static const struct test tests[] = {
	TEST(os_release), TEST(truncated), TEST(system_facts),
};

TEST_MAIN(tests)
