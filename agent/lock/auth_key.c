// SPDX-License-Identifier: GPL-2.0-only
#include "lock/auth_key.h"

#include "wire/nks.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

#define MARK "--TL"
#define VARIANT sodium_base64_VARIANT_ORIGINAL_NO_PADDING

/* Longest credential in base64. */
#define CREDENTIAL_TEXT_MAX (NKS_MAX / 3 * 4 + 4)

/* Seed and public key. */
#define PRIVATE_LEN (SECRET_LEN + KEY_LEN)

/* Return: bytes, or 0 if it is no base64 or more than there is room for. */
static size_t decode(const char *text, size_t len, uint8_t *ret, size_t cap)
{
	const char *end;
	size_t n;

	if (sodium_base642bin(ret, cap, text, len, NULL, &n, &end,
			      VARIANT) != 0 || end != text + len)
		return 0;
	return n;
}

static int take_credential(const char *text, size_t len, struct arena *mem,
			   struct bytes *ret)
{
	uint8_t data[NKS_MAX];
	struct node_sig sig;
	struct bytes bytes = { .data = data };

	if (len > CREDENTIAL_TEXT_MAX)
		return 0;
	bytes.len = decode(text, len, data, sizeof(data));
	if (bytes.len == 0 || nks_parse(bytes, &sig) < 0)
		return 0;
	return arena_bytes(mem, bytes, ret);
}

/* Return: 1, 0 if it is no private key, or -ENOMEM. */
static int take_private(const char *text, struct lock_signer *ret)
{
	uint8_t *whole = sodium_malloc(PRIVATE_LEN);
	int r = 0;

	if (!whole)
		return -ENOMEM;
	if (decode(text, strlen(text), whole, PRIVATE_LEN) == PRIVATE_LEN) {
		ret->seed = secret32_new();
		r = ret->seed ? 1 : -ENOMEM;
	}
	if (r > 0) {
		memcpy(secret32_expose(ret->seed), whole, SECRET_LEN);
		memcpy(ret->public.byte, whole + SECRET_LEN, KEY_LEN);
	}
	secret_wipe(whole, PRIVATE_LEN);
	sodium_free(whole);
	return r;
}

int auth_key_parse(const char *text, struct arena *mem, struct auth_key *ret)
{
	struct auth_key key = { .len = strlen(text) };
	const char *mark = strstr(text, MARK);
	const char *first = mark ? mark + strlen(MARK) : NULL;
	const char *dash = mark ? strchr(first, '-') : NULL;
	int r = 0;

	if (dash) {
		r = take_credential(first, dash - first, mem, &key.credential);
		if (r == 0 && key.credential.len)
			r = take_private(dash + 1, &key.delegate);
		if (r < 0)
			return r;
	}
	if (r > 0)
		key.len = mark - text;
	else
		key.credential = (struct bytes){ 0 };
	*ret = key;
	return 0;
}

void auth_key_done(struct auth_key *key)
{
	secret32_free(key->delegate.seed);
	memset(key, 0, sizeof(*key));
}

static int append(struct secret_buf *out, const char *s, size_t len)
{
	int r = secret_buf_reserve(out, len);

	if (r < 0)
		return r;
	memcpy(out->data + out->len, s, len);
	out->len += len;
	return 0;
}

static int append_base64(struct secret_buf *out, const void *data, size_t len)
{
	size_t size = sodium_base64_encoded_len(len, VARIANT);
	int r = secret_buf_reserve(out, size);

	if (r < 0)
		return r;
	sodium_bin2base64(out->data + out->len, size, data, len, VARIANT);
	out->len += strlen(out->data + out->len);
	return 0;
}

int auth_key_wrap(const char *text, struct bytes credential,
		  const struct lock_signer *delegate, struct secret_buf *out)
{
	uint8_t *whole = sodium_malloc(PRIVATE_LEN);
	int r;

	if (!whole)
		return -ENOMEM;
	memcpy(whole, secret32_expose(delegate->seed), SECRET_LEN);
	memcpy(whole + SECRET_LEN, delegate->public.byte, KEY_LEN);
	r = append(out, text, strlen(text));
	if (r == 0)
		r = append(out, MARK, strlen(MARK));
	if (r == 0)
		r = append_base64(out, credential.data, credential.len);
	if (r == 0)
		r = append(out, "-", 1);
	if (r == 0)
		r = append_base64(out, whole, PRIVATE_LEN);
	secret_wipe(whole, PRIVATE_LEN);
	sodium_free(whole);
	return r;
}
