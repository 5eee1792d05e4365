// SPDX-License-Identifier: GPL-2.0-only
/*
 * The frames of a map stream. The first byte says how: compressed or plain, and
 * in pieces of how many bytes.
 */
#include "fuzz_wg_conf.h"

#include "wire/map_frame.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct map_frame_limits limits = { 65536, 100000, 20 };
	struct map_frame_reader *reader;
	struct err_detail detail;
	const uint8_t *piece, *next;
	size_t step, left, body_len, i;
	const char *body;
	unsigned int sum = 0;
	int r = 0;

	if (len < 2)
		return 0;
	reader = map_frame_reader_new(*data & 1, &limits);
	assert(reader);
	step = (*data >> 1) + 1;
	for (piece = data + 1; piece < data + len && r >= 0; piece += step) {
		left = data + len - piece;
		if (left > step)
			left = step;
		next = piece;
		while ((r = map_frame_read(reader, &next, &left, &detail,
					   &body, &body_len)) > 0) {
			assert(body_len > 0 && body_len <= limits.body);
			for (i = 0; i < body_len; i++)
				sum += (unsigned char)body[i];
		}
		assert(r < 0 || left == 0);
	}
	map_frame_reader_free(reader);
	return sum == UINT32_MAX ? -1 : 0;
}
