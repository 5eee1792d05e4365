// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "base/array.h"
#include "cli/wg_print.h"
#include "fail_alloc.h"
#include "uapi_text.h"
#include "wire/wg_conf.h"

static char *read_golden(const char *name)
{
	char path[512];
	char *text = calloc(1, 65536);
	FILE *in;

	snprintf(path, sizeof(path), "%s/%s", GOLDEN_DIR, name);
	in = fopen(path, "r");
	if (!in || !text || !fread(text, 1, 65535, in)) {
		fprintf(stderr, "%s cannot be read\n", path);
		exit(2);
	}
	fclose(in);
	return text;
}

static void read_device(struct wg_device *dev)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/wg0.uapi", GOLDEN_DIR);
	uapi_text_read(path, "wg0", dev);
}

/* @name: a file of golden/, which says what is printed as well */
static void print(FILE *out, struct wg_device *dev, const char *name,
		  int64_t now_s)
{
	struct wg_style style = {
		.color = strcmp(name, "people-color") == 0,
		.now_s = now_s,
	};

	if (strncmp(name, "people", 6) == 0)
		wg_print_device(out, dev, &style);
	else if (strcmp(name, "dump") == 0)
		wg_print_dump(out, dev, false);
	else if (strcmp(name, "conf") == 0)
		wg_print_conf(out, dev);
	else
		wg_print_field(out, dev, name, false);
}

static char *print_text(struct wg_device *dev, const char *name, int64_t now_s)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		exit(2);
	print(out, dev, name, now_s);
	fclose(out);
	return text;
}

static void as_wg_prints(void)
{
	/* "people" comes last: it sorts. */
	static const char *const names[] = {
		"public-key", "private-key", "listen-port", "fwmark", "peers",
		"preshared-keys", "endpoints", "allowed-ips",
		"latest-handshakes", "persistent-keepalive", "transfer",
		"dump", "people", "people-color",
	};
	char *now = read_golden("now");
	struct wg_device dev;
	size_t i;

	read_device(&dev);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		char *want = read_golden(names[i]), *have;

		if (i + 2 == ARRAY_SIZE(names))
			CHECK_EQ(wg_device_sort_recent(&dev), 0);
		have = print_text(&dev, names[i], atoll(now));
		test_case("%s", names[i]);
		CHECK_EQ(strlen(have), strlen(want));
		CHECK_MEM(have, want, strlen(want));
		free(want);
		free(have);
	}
	free(now);
	wg_device_done(&dev);
}

/* What showconf prints is refused until the secrets are filled in. */
static void conf_cannot_drop_a_key(void)
{
	static const char key[] =
		"dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=";
	struct err_detail detail;
	struct secret_buf buf;
	struct wg_config config;
	struct wg_device dev;
	char *text, *want, *at;
	int holes = 0;

	read_device(&dev);
	want = read_golden("conf");
	text = print_text(&dev, "conf", 0);
	CHECK(strstr(text, want));
	text = realloc(text, strlen(text) + 1000);
	CHECK(text);
	for (;;) {
		buf = (struct secret_buf){ text, strlen(text), strlen(text) };
		if (wg_conf_parse(&buf, true, &detail, &config) == 0)
			break;
		CHECK(strstr(detail.text, WG_CONF_HIDDEN));
		at = strstr(text, "= " WG_CONF_HIDDEN);
		CHECK(at && holes++ < 10);
		memmove(at + 2 + strlen(key),
			at + 2 + strlen(WG_CONF_HIDDEN),
			strlen(at + 2 + strlen(WG_CONF_HIDDEN)) + 1);
		memcpy(at + 2, key, strlen(key));
	}
	CHECK_EQ(holes, 2);
	CHECK(config.private_key && config.peers[0].psk);
	CHECK_EQ(config.n_peers, dev.n_peers);
	wg_config_done(&config);
	wg_device_done(&dev);
	free(text);
	free(want);
}

static void conf_keeps_extensions(void)
{
	struct wg_device dev = { .name = "wg0", .on = { true, true, true } };
	struct wg_peer *peer = wg_device_add_peer(&dev);
	char *text;

	CHECK(peer);
	peer->roam = true;
	text = print_text(&dev, "conf", 0);
	CHECK(!strstr(text, "GSO") && !strstr(text, "Roam"));
	CHECK(!strstr(text, "never gives out"));
	free(text);
	dev.on[WG_SWITCH_GSO] = false;
	dev.on[WG_SWITCH_INLINE] = false;
	peer->roam = false;
	text = print_text(&dev, "conf", 0);
	CHECK(strstr(text, "GSO = off\nInline = off\n"));
	CHECK(strstr(text, "Roam = off\n"));
	free(text);
	text = print_text(&dev, "people", 0);
	CHECK(strstr(text, "  switched off: gso, inline\n"));
	CHECK(strstr(text, "  roaming: off\n"));
	free(text);
	dev.sockets = WG_SOCKETS_ADOPTED;
	dev.orphaned = true;
	text = print_text(&dev, "people", 0);
	CHECK(strstr(text, "  managed: by an agent, which has gone\n"));
	free(text);
	wg_device_done(&dev);
}

static void names_devices(void)
{
	struct wg_device dev = { .name = "tailnet0" };
	struct wg_drop drop = { "replay", 5 };
	struct wg_drops drops = { .name = "tailnet0", .item = &drop, .n = 1 };
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	CHECK(out);
	wg_print_dump(out, &dev, true);
	wg_print_field(out, &dev, "listen-port", true);
	wg_print_drops(out, &drops, true);
	wg_print_drops(out, &drops, false);
	fclose(out);
	CHECK(strcmp(text, "tailnet0\t(none)\t(none)\t0\toff\n"
			   "tailnet0\t0\n"
			   "tailnet0\treplay\t5\n"
			   "replay\t5\n") == 0);
	free(text);
}

static void knows_fields(void)
{
	CHECK(wg_print_is_field("transfer"));
	CHECK(!wg_print_is_field("dump"));
	CHECK(!wg_print_is_field(""));
	CHECK(!wg_print_is_field("TRANSFER"));
}

static int sort(void *ctx)
{
	return wg_device_sort_recent(ctx);
}

static void sorting_without_memory(void)
{
	struct wg_device dev;

	read_device(&dev);
	CHECK_EQ(fail_alloc_each(sort, &dev), 2);
	CHECK(dev.peers[0].handshake_s >= dev.peers[1].handshake_s);
	wg_device_done(&dev);
}

static const struct test tests[] = {
	TEST(as_wg_prints),
	TEST(conf_cannot_drop_a_key),
	TEST(conf_keeps_extensions),
	TEST(names_devices),
	TEST(knows_fields),
	TEST(sorting_without_memory),
};

int main(int argc, char **argv)
{
	if (secret_init() < 0)
		return 2;
	return test_main(tests, ARRAY_SIZE(tests), argc, argv);
}
