// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sealed state files, what is beside them, and recovery keys as typed: what is
 * taken is written in one form, and read back the same.
 */
#include "fuzz_sealed_json.h"

#include "crypto/recovery.h"
#include "store/adopt_files.h"
#include "store/counter.h"
#include "wire/seal_json.h"
#include "wire/sealed_json.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return secret_init();
}

static void try_file(const char *s, size_t len)
{
	struct sealed_file file, again;
	struct secret_buf out = { 0 };
	struct err_detail detail;

	if (sealed_json_parse(s, len, &detail, &file) < 0)
		return;
	assert(sealed_json_build(&file, &out) == 0);
	assert(state_form_find(out.data, out.len) == STATE_FORM_SEALED);
	assert(sealed_json_parse(out.data, out.len, &detail, &again) == 0);
	assert(memcmp(&file.blob, &again.blob, sizeof(file.blob)) == 0);
	assert(memcmp(file.nonce, again.nonce, sizeof(file.nonce)) == 0);
	assert(file.box_len == again.box_len &&
	       memcmp(file.box, again.box, file.box_len) == 0);
	secret_buf_done(&out);
	sealed_file_done(&file);
	sealed_file_done(&again);
}

static void try_extras(const char *s, size_t len)
{
	struct seal_extras extras, again;
	struct secret_buf out = { 0 };
	struct err_detail detail;

	if (seal_json_parse(s, len, &detail, &extras) < 0)
		return;
	assert(seal_json_build(&extras, &out) == 0);
	assert(seal_json_parse(out.data, out.len, &detail, &again) == 0);
	assert(extras.n_wraps == again.n_wraps &&
	       extras.parent_len == again.parent_len);
	secret_buf_done(&out);
}

static void try_texts(const char *s, size_t len)
{
	char text[RECOVERY_TEXT_LEN + 1];
	uint8_t key[RECOVERY_LEN], again[RECOVERY_LEN];
	struct secret_buf out = { 0 };
	uint64_t generation;
	uint32_t index;

	if (recovery_parse(s, len, key) == 0) {
		recovery_format(key, text);
		assert(recovery_parse(text, strlen(text), again) == 0);
		assert(memcmp(key, again, sizeof(key)) == 0);
	}
	(void)counter_parse((struct state_bytes){ s, len }, &generation,
			    &index);
	assert(adopt_set_flags(s, len, "/d", &out) == 0);
	assert(memmem(out.data, out.len, "--statedir=/d\"", 14));
	secret_buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *s = malloc(len ? len : 1);

	if (!s)
		return 0;
	if (len)
		memcpy(s, data, len);
	(void)state_form_find(s, len);
	try_file(s, len);
	try_extras(s, len);
	try_texts(s, len);
	free(s);
	return 0;
}
