// SPDX-License-Identifier: GPL-2.0-only
#include "crypto/recovery.h"

#include "base/err.h"
#include "crypto/state_box.h"

#include <string.h>

#include <sodium.h>

#define GROUP 4		/* characters */

_Static_assert(STATE_BOX_NONCE_LEN + STATE_BOX_TAG_LEN + SECRET_LEN ==
	       RECOVERY_WRAP_LEN, "a box with a key");

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

void recovery_format(const uint8_t *key, char ret[RECOVERY_TEXT_LEN + 1])
{
	uint32_t bits = 0;
	unsigned int n = 0, chars = 0;
	size_t i;

	for (i = 0; i < RECOVERY_LEN; i++) {
		bits = bits << 8 | key[i];
		for (n += 8; n >= 5; n -= 5) {
			if (chars && chars % GROUP == 0)
				*ret++ = '-';
			*ret++ = alphabet[bits >> (n - 5) & 31];
			chars++;
		}
	}
	*ret = 0;
}

/* Return: 0 to 31, or below 0. */
static int value_of(char c)
{
	static const char wrong[] = "018", right[] = "OIB";
	const char *at = c ? strchr(wrong, c) : NULL;

	if (at)
		c = right[at - wrong];
	if (c >= 'a' && c <= 'z')
		c -= 'a' - 'A';
	at = c ? strchr(alphabet, c) : NULL;
	return at ? at - alphabet : -1;
}

int recovery_parse(const char *text, size_t len, uint8_t *ret)
{
	uint8_t key[RECOVERY_LEN];
	uint32_t bits = 0;
	unsigned int n = 0;
	size_t i, used = 0;
	int value, r = 0;

	for (i = 0; i < len && r == 0; i++) {
		if (memchr(" -\t\r\n", text[i], 5))
			continue;
		value = value_of(text[i]);
		if (value < 0 || used == RECOVERY_LEN) {
			r = TNE_RECOVERY_KEY;
			break;
		}
		bits = bits << 5 | value;
		n += 5;
		if (n >= 8) {
			n -= 8;
			key[used++] = bits >> n;
		}
	}
	if (used != RECOVERY_LEN)
		r = TNE_RECOVERY_KEY;
	if (r == 0)
		memcpy(ret, key, sizeof(key));
	secret_wipe(key, sizeof(key));
	secret_wipe(&bits, sizeof(bits));
	return r;
}

void recovery_wrap(struct secret32 *kek, struct secret32 *key, uint8_t *ret)
{
	randombytes_buf(ret, STATE_BOX_NONCE_LEN);
	state_box_seal(kek, ret, secret32_expose(key), SECRET_LEN,
		       ret + STATE_BOX_NONCE_LEN);
}

int recovery_unwrap(struct secret32 *kek, const uint8_t *wrap,
		    struct secret32 *key)
{
	/* In place of state_box_open(): the length is known. */
	if (crypto_secretbox_open_easy(secret32_expose(key),
				       wrap + STATE_BOX_NONCE_LEN,
				       STATE_BOX_TAG_LEN + SECRET_LEN, wrap,
				       secret32_expose(kek)))
		return TNE_RECOVERY_KEY;
	return 0;
}
