// SPDX-License-Identifier: GPL-2.0-only
#include "wire/lock_text.h"

#include "base/err.h"

#include <errno.h>
#include <string.h>

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int lock_text_hex(const char *text, size_t max, struct arena *mem,
		  struct bytes *ret)
{
	size_t i, n = strlen(text);
	uint8_t *data;

	if (n % 2)
		return TNE_KEY_FORMAT;
	n /= 2;
	if (n > max)
		return TNE_TOO_LONG;
	data = arena_alloc(mem, n + 1);
	if (!data)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		int hi = digit(text[2 * i]), lo = digit(text[2 * i + 1]);

		if (hi < 0 || lo < 0) {
			/* The half that was read may be that of a secret. */
			secret_wipe(data, n);
			return TNE_KEY_FORMAT;
		}
		data[i] = hi << 4 | lo;
	}
	*ret = (struct bytes){ .data = n ? data : NULL, .len = n };
	return 0;
}

int lock_text_put_hex(struct bytes bytes, bool upper, struct arena *mem,
		      const char **ret)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char *text = arena_alloc(mem, 2 * bytes.len + 1);
	size_t i;

	if (!text)
		return -ENOMEM;
	for (i = 0; i < bytes.len; i++) {
		text[2 * i] = digits[bytes.data[i] >> 4];
		text[2 * i + 1] = digits[bytes.data[i] & 15];
	}
	*ret = text;
	return 0;
}

static int parse_votes(const char *text, uint64_t *ret)
{
	uint64_t votes = 0;

	if (!*text)
		return TNE_KEY_FORMAT;
	for (; *text; text++) {
		if (*text < '0' || *text > '9' ||
		    __builtin_mul_overflow(votes, 10, &votes) ||
		    __builtin_add_overflow(votes, *text - '0', &votes))
			return TNE_KEY_FORMAT;
	}
	*ret = votes;
	return 0;
}

static int parse_key(const char *text, struct lock_text *ret)
{
	size_t len = strcspn(text, "?");
	struct lock_text key = { .kind = LOCK_TEXT_KEY, .votes = 1 };
	int r = key_text_parse_lock(text, len, &key.key);

	if (r == 0 && text[len])
		r = parse_votes(text + len + 1, &key.votes);
	if (r == 0)
		*ret = key;
	return r;
}

int lock_text_parse(const char *text, struct arena *mem, struct lock_text *ret)
{
	static const char *const prefixes[] = {
		LOCK_TEXT_VALUE, LOCK_TEXT_SECRET,
	};
	struct lock_text bytes = { .kind = LOCK_TEXT_BYTES };
	size_t i, len;
	int r;

	for (i = 0; i < 2; i++) {
		len = strlen(prefixes[i]);
		if (strncmp(text, prefixes[i], len) != 0)
			continue;
		r = lock_text_hex(text + len, LOCK_TEXT_BYTES_MAX, mem,
				  &bytes.bytes);
		if (r == 0)
			*ret = bytes;
		return r;
	}
	return parse_key(text, ret);
}
