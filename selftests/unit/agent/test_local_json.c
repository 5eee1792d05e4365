// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "base/array.h"
#include "cli/status_print.h"
#include "fail_alloc.h"
#include "fake_node.h"
#include "wire/json_put.h"
#include "wire/local_json.h"
#include "wire/prefs_json.h"
#include "wire/status_json.h"

#include <errno.h>

static char golden[1 << 16];

static void read_golden(const char *name)
{
	char path[300];
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", GOLDEN_DIR, name);
	file = fopen(path, "r");
	n = file ? fread(golden, 1, sizeof(golden) - 1, file) : 0;
	golden[n] = 0;
	if (file)
		fclose(file);
}

static void get_status(struct status *status)
{
	struct fake_node node;

	fake_node_init(&node);
	if (fake_node_status(&node, true, status) < 0)
		abort();
	fake_node_done(&node);
}

static void status_document(void)
{
	struct status status;
	json_t *object;
	char *text;

	get_status(&status);
	CHECK_EQ(status_json_build(&status, &object), 0);
	text = json_text(object, JSON_INDENT(1));
	CHECK(text);
	json_indent_tabs(text, strlen(text));
	read_golden("local_status.json");
	CHECK_MEM(text, golden, strlen(golden));
	CHECK_EQ(strlen(text), strlen(golden));
	free(text);
	json_decref(object);
	status_done(&status);
}

static void status_is_read_back(void)
{
	struct err_detail detail = { "" };
	struct status status, read;
	json_t *object, *again;

	get_status(&status);
	CHECK_EQ(status_json_build(&status, &object), 0);
	CHECK_EQ(status_json_parse(object, &detail, &read), 0);
	CHECK_EQ(status_json_build(&read, &again), 0);
	CHECK(json_equal(object, again));
	CHECK_EQ(read.filter, STATUS_FILTER_NOT_ENFORCED);
	json_decref(again);
	json_decref(object);
	status_done(&read);

	/* A node that has nothing to say has an object for itself even so. */
	status_done(&status);
	CHECK_EQ(status_json_build(&status, &object), 0);
	CHECK(json_is_object(json_object_get(object, "Self")));
	CHECK(json_is_null(json_object_get(object, "Peer")));
	CHECK(json_is_null(json_object_get(object, "TailscaleIPs")));
	CHECK(json_is_array(json_object_get(object, "Health")));
	CHECK(!json_object_get(object, "HaveNodeKey"));
	CHECK(!json_object_get(object, "ExitNodeStatus"));
	json_decref(object);
}

/* How the state is kept: said, read back, and printed in one line. */
static void status_of_the_state(void)
{
	static const struct {
		const char *name;
		struct status_rest rest;
		const char *line;
	} cases[] = {
		{ "the stock daemon says nothing", { .known = false }, "" },
		{ "plain", { .known = true }, "# State at rest: plain\n" },
		{ "plain, and why",
		  { .known = true, .tpm_error = "there is no TPM" },
		  "# State at rest: plain; there is no TPM\n" },
		{ "sealed", { .known = true, .sealed = true,
			      .tpm = "IBM SW   TPM" },
		  "# State at rest: sealed by the TPM (IBM SW   TPM); recovery key: none; counter: no\n" },
		{ "sealed, with all there is",
		  { .known = true, .sealed = true, .recovery_key = true,
		    .counter = true, .tpm = "INTC" },
		  "# State at rest: sealed by the TPM (INTC); recovery key: yes; counter: yes\n" },
		{ "lockout",
		  { .known = true, .sealed = true, .tpm = "INTC",
		    .tpm_error = "the TPM is in lockout", .lockout = true,
		    .failures = 32, .failures_max = 31, .interval_s = 600 },
		  "# State at rest: sealed by the TPM (INTC); the TPM is in lockout; 32 failures of 31, one is forgotten every 600 s; recovery key: none; counter: no\n" },
		{ "lockout that does not matter",
		  { .known = true, .sealed = true, .lockout = true,
		    .failures = 3, .failures_max = 3, .interval_s = 10 },
		  "# State at rest: sealed by the TPM; the TPM is in lockout; 3 failures of 3, one is forgotten every 10 s; recovery key: none; counter: no\n" },
		{ "a TPM that calls itself strange names",
		  { .known = true, .tpm = "\033[2J" },
		  "# State at rest: plain (?[2J)\n" },
	};
	struct err_detail detail;
	json_t *object, *again;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct status status = { .backend = BACKEND_RUNNING }, read;
		char *line = NULL;
		size_t len;
		FILE *out;

		test_case("%s", cases[i].name);
		status.rest = cases[i].rest;
		CHECK_EQ(status_json_build(&status, &object), 0);
		CHECK_EQ(!!json_object_get(object, "StateAtRest"),
			 cases[i].rest.known);
		CHECK_EQ(status_json_parse(object, &detail, &read), 0);
		CHECK_EQ(status_json_build(&read, &again), 0);
		CHECK(json_equal(object, again));
		out = open_memstream(&line, &len);
		status_print_rest(&read.rest, out);
		fclose(out);
		if (!strstr(cases[i].name, "strange"))
			CHECK(strcmp(line, cases[i].line) == 0);
		else
			CHECK(!strchr(line, 27));
		free(line);
		json_decref(object);
		json_decref(again);
		status_done(&read);
	}
}

static void bad_status(void)
{
	static const char *const cases[] = {
		"{}", "{\"BackendState\":6}", "{\"BackendState\":\"Odd\"}",
		"{\"BackendState\":\"Running\",\"Health\":1}",
		"{\"BackendState\":\"Running\",\"Peer\":[]}",
		"{\"BackendState\":\"Running\",\"Self\":{\"PublicKey\":\"nodekey:0\"}}",
		"{\"BackendState\":\"Running\",\"Self\":{\"Created\":\"now\"}}",
		"{\"BackendState\":\"Running\",\"User\":{\"1\":{\"ID\":\"1\"}}}",
	};
	struct err_detail detail;
	struct status status;
	json_t *object;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i]);
		object = json_loads(cases[i], 0, NULL);
		CHECK(object);
		CHECK_EQ(status_json_parse(object, &detail, &status),
			 TNE_LOCAL_JSON);
		json_decref(object);
	}
}

static void status_table(void)
{
	struct status_print how = { .self = true, .peers = true,
				    .header = true, .now_s = 1700000000 + 7300 };
	struct status status;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	get_status(&status);
	CHECK_EQ(status_set_text(&status.peers[1].refused,
				 "no signature\x1b[2J"), 0);
	CHECK_EQ(status_print_table(&status, &how, out), 0);
	how.active = true;
	how.header = false;
	CHECK_EQ(status_print_table(&status, &how, out), 0);
	fclose(out);
	read_golden("local_status.txt");
	CHECK_MEM(text, golden, strlen(golden));
	CHECK_EQ(len, strlen(golden));
	free(text);
	status_done(&status);
}

static void messages(void)
{
	struct local_notify_extra extra = { .version = "1" };
	struct err_detail detail;
	struct local_notify read;
	struct status status;
	struct notify msg = { .error = "e", .login_finished = true,
			      .has_state = true, .state = BACKEND_RUNNING,
			      .browse_to_url = "https://a/" };
	json_t *object;

	get_status(&status);
	msg.self = &status.self;
	CHECK_EQ(local_notify_build(&msg, &extra, &object), 0);
	CHECK(json_is_integer(json_object_get(object, "State")));
	CHECK_EQ(local_notify_parse(object, &detail, &read), 0);
	CHECK(strcmp(read.error, "e") == 0 && read.login_finished);
	CHECK(read.has_state && read.state == BACKEND_RUNNING);
	CHECK(strcmp(read.browse_to_url, "https://a/") == 0);
	CHECK(read.has_self_key);
	CHECK_MEM(read.self_key.byte, status.self.key.byte, 32);
	local_notify_done(&read);
	json_object_set_new(object, "State", json_integer(7));
	CHECK_EQ(local_notify_parse(object, &detail, &read), TNE_LOCAL_JSON);
	json_decref(object);
	status_done(&status);
}

static void start_options(void)
{
	struct secret_buf key = { .data = (char *)"tskey-1", .len = 7 };
	struct err_detail detail;
	struct local_start start;
	struct prefs prefs;
	json_t *object;

	prefs_init(&prefs);
	CHECK_EQ(prefs_set_text(&prefs.hostname, "h"), 0);
	CHECK_EQ(local_start_build(&key, &prefs, &object), 0);
	CHECK_EQ(local_start_parse(object, &detail, &start), 0);
	CHECK_EQ(start.auth_key.len, 7);
	CHECK_MEM(start.auth_key.data, "tskey-1", 7);
	CHECK(start.has_prefs && strcmp(start.prefs.hostname, "h") == 0);
	local_start_done(&start);
	json_object_set_new(object, "AuthKey", json_integer(1));
	CHECK_EQ(local_start_parse(object, &detail, &start), TNE_LOCAL_JSON);
	json_decref(object);
	object = json_object();
	CHECK_EQ(local_start_parse(object, &detail, &start), 0);
	CHECK(!start.has_prefs && !start.auth_key.len);
	json_decref(object);
	prefs_done(&prefs);
}

static void error_texts(void)
{
	static const struct {
		const char *body;
		const char *text;
	} cases[] = {
		{ "plain\n", "plain" },
		{ "{\"error\":\"a\"}", "a" },
		{ "{\"Error\":\"b\"}", "b" },
		{ "{\"other\":1}", "{\"other\":1}" },
		{ "a\x1b[2Jb", "a?[2Jb" },
		{ "", "" },
	};
	struct err_detail detail;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].body);
		local_error_parse(cases[i].body, strlen(cases[i].body),
				  &detail);
		CHECK(strcmp(detail.text, cases[i].text) == 0);
	}
}

static bool odd;

/* The library may get over a failure, but then nothing may be amiss. */
static int go_round(void)
{
	struct err_detail detail;
	struct status status = { 0 }, read;
	json_t *object, *again;
	struct status_peer *peer = status_add_peer(&status);
	int r = peer ? status_set_text(&peer->dns_name, "a.b.") : -ENOMEM;

	if (r == 0)
		r = str_list_add(&peer->tags, "tag:a", 5);
	if (r == 0)
		r = status_json_build(&status, &object);
	if (r == 0) {
		r = status_json_parse(object, &detail, &read);
		if (r == 0) {
			r = status_json_build(&read, &again);
			status_done(&read);
		}
		if (r == 0) {
			odd |= !json_equal(object, again);
			json_decref(again);
		}
		json_decref(object);
	}
	status_done(&status);
	return r;
}

static void without_memory(void)
{
	size_t n;

	json_set_alloc_funcs(__wrap_malloc, free);
	for (n = 0;; n++) {
		fail_alloc_at(n);
		go_round();
		if (!fail_alloc_happened())
			break;
	}
	fail_alloc_at(SIZE_MAX);
	json_set_alloc_funcs(malloc, free);
	CHECK(n > 100);
	CHECK(!odd);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(status_document),
		TEST(status_is_read_back),
		TEST(status_of_the_state), TEST(bad_status),
		TEST(status_table),
		TEST(messages),
		TEST(start_options),
		TEST(error_texts),
		TEST(without_memory),
	};

	if (secret_init() < 0)
		return 1;
	return test_main(tests, ARRAY_SIZE(tests), argc, argv);
}
