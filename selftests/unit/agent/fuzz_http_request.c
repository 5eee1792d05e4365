// SPDX-License-Identifier: GPL-2.0-only
/* Requests with their bodies, in steps that the first byte chooses. */
#include "fuzz_http_request.h"

#include "base/err.h"
#include "wire/http_request.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void take_body(const struct http_request *req, const char *s, size_t len,
		      size_t step)
{
	size_t at = 0, have = 0, used, total = 0;
	struct http_text piece;
	struct http_body body;
	int r;

	if (http_body_init(&body, req) < 0)
		return;
	for (;;) {
		r = http_body_next(&body, s + at, have - at, &used, &piece);
		assert(used <= have - at);
		at += used;
		if (r == 1) {
			assert(piece.len > 0 && piece.s >= s &&
			       piece.s + piece.len <= s + have);
			total += piece.len;
			assert(total <= HTTP_BODY_MAX);
		} else if (r == -EAGAIN && have < len) {
			have = len - have < step ? len : have + step;
		} else {
			assert(r == 0 || r == -EAGAIN || r == TNE_TOO_LONG ||
			       r == TNE_LOCAL_HTTP);
			return;
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct http_request req, cut;
	size_t used, other, step;
	char value[32], *s;
	int r;

	if (len < 1)
		return 0;
	step = data[0] + 1;
	len--;
	s = malloc(len ? len : 1);
	if (!s)
		return 0;
	memcpy(s, data + 1, len);
	r = http_request_parse(s, len, &req, &used);
	if (r == 0) {
		assert(used <= len && req.path.len > 0);
		http_query_find(req.query, "mask", value, sizeof(value));
		/* Without its last byte it is not there yet. */
		assert(http_request_parse(s, used - 1, &cut, &other) ==
		       -EAGAIN);
		take_body(&req, s + used, len - used, step);
	}
	free(s);
	return 0;
}
