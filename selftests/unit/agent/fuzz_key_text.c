// SPDX-License-Identifier: GPL-2.0-only
/* Keys in text: what is taken is written as it was read. */
#include "fuzz_wg_conf.h"

#include "crypto/key_text.h"
#include "wire/lock_text.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return secret_init();
}

static void same(const char *text, const char *s, size_t len)
{
	assert(strlen(text) == len && strncasecmp(text, s, len) == 0);
}

/* Arguments about the tailnet lock, which end at the first NUL. */
static void try_argument(const char *s, size_t len)
{
	struct arena *mem auto_clean(arena) = arena_new();
	const char *text = arena_text(mem, s, len);
	struct lock_text arg;

	if (lock_text_parse(text, mem, &arg) == 0)
		assert(arg.kind == LOCK_TEXT_BYTES ? arg.votes == 0 :
		       arg.bytes.len == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct secret32 *secret;
	char text[KEY_LOCK_PRIVATE_HEX_LEN + 1];
	const char *s = (const char *)data;
	struct machine_public machine;
	struct challenge_public challenge;
	struct disco_public disco;
	struct node_public node;
	struct lock_public lock;
	struct key_hex hex;

	if (!secret)
		secret = secret32_new();
	try_argument(s, len);
	if (key_text_parse_machine(s, len, &machine) == 0)
		same(key_text_format_machine(&machine, &hex), s, len);
	if (key_text_parse_node(s, len, &node) == 0)
		same(key_text_format_node(&node, &hex), s, len);
	if (key_text_parse_disco(s, len, &disco) == 0)
		same(key_text_format_disco(&disco, &hex), s, len);
	if (key_text_parse_challenge(s, len, &challenge) == 0)
		same(key_text_format_challenge(&challenge, &hex), s, len);
	if (key_text_parse_lock(s, len, &lock) == 0)
		same(*s == 't' ? key_text_format_lock_cli(&lock, &hex) :
		     key_text_format_lock(&lock, &hex), s, len);
	if (key_text_parse_private(s, len, secret) == 0) {
		key_text_format_private(secret, text);
		same(text, s, len);
	}
	if (key_text_parse_lock_private(s, len, secret, &lock) == 0) {
		key_text_format_lock_private(secret, &lock, text);
		same(text, s, len);
	}
	return 0;
}
