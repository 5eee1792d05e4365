// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a control server sends before HTTP/2. The first byte chooses the parser;
 * the parsers of streams are also fed piece by piece and must not change their
 * mind.
 */
#include "fuzz_wg_conf.h"

#include "base/err.h"
#include "wire/control_frame.h"
#include "wire/upgrade_http.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return secret_init();
}

static int parse(unsigned int which, struct cursor *c)
{
	struct control_record record;
	struct control_reply reply;
	struct control_early early;
	struct err_detail detail = { { 0 } };
	const char *s;
	int r;

	switch (which % 4) {
	case 0:
		r = control_reply_parse(c, &reply);
		assert(r < 0 || !reply.response != !reply.error);
		return r;
	case 1:
		r = control_record_parse(c, &record);
		assert(r < 0 || (record.len >= NOISE_TAG_LEN &&
				 record.len <= CONTROL_SEALED_MAX));
		return r;
	case 2:
		return control_early_parse(c, &early);
	}
	r = upgrade_http_parse(c, &detail);
	for (s = detail.text; *s; s++)
		assert((unsigned char)*s >= 0x20);
	return r;
}

/* A copy of the first bytes without one to spare. */
static int parse_prefix(unsigned int which, const uint8_t *data, size_t len,
			size_t *ret_used)
{
	uint8_t *copy = malloc(len ? len : 1);
	struct cursor c = { copy, len };
	int r;

	assert(copy);
	if (len)
		memcpy(copy, data, len);
	r = parse(which, &c);
	assert(r <= 0 && c.p + c.len == copy + len);
	assert(r == 0 || c.p == copy);
	*ret_used = len - c.len;
	free(copy);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t used, early_used, n;
	int r, early;

	if (len == 0)
		return 0;
	r = parse_prefix(data[0], data + 1, len - 1, &used);
	n = (len - 1) / 2;
	early = parse_prefix(data[0], data + 1, n, &early_used);
	assert(early == -EAGAIN || (early == r && early_used == used));
	return 0;
}
