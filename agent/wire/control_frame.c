// SPDX-License-Identifier: GPL-2.0-only
#include "wire/control_frame.h"

#include "base/err.h"

#include <errno.h>
#include <string.h>

#include <jansson.h>

enum control_type {
	CONTROL_INITIATION = 1,
	CONTROL_RESPONSE = 2,
	CONTROL_ERROR = 3,
	CONTROL_RECORD = 4,
};

static const uint8_t early_magic[5] = { 0xff, 0xff, 0xff, 'T', 'S' };

void control_initiation_build(uint16_t version,
			      const uint8_t body[NOISE_IK_INITIATION_LEN],
			      uint8_t ret[CONTROL_INITIATION_LEN])
{
	ret[0] = version >> 8;
	ret[1] = version;
	ret[2] = CONTROL_INITIATION;
	ret[3] = NOISE_IK_INITIATION_LEN >> 8;
	ret[4] = NOISE_IK_INITIATION_LEN & 0xff;
	memcpy(ret + 5, body, NOISE_IK_INITIATION_LEN);
}

int control_reply_parse(struct cursor *in, struct control_reply *ret)
{
	struct control_reply reply = { 0 };
	struct cursor c = *in;
	const uint8_t *body;
	uint8_t type;
	uint16_t len;

	if (!cursor_u8(&c, &type))
		return -EAGAIN;
	if (type != CONTROL_RESPONSE && type != CONTROL_ERROR)
		return TNE_CONTROL_TYPE;
	if (!cursor_be16(&c, &len))
		return -EAGAIN;
	if (type == CONTROL_RESPONSE && len != NOISE_IK_RESPONSE_LEN)
		return TNE_CONTROL_LENGTH;
	if (!cursor_take(&c, len, &body))
		return -EAGAIN;
	if (type == CONTROL_RESPONSE) {
		reply.response = body;
	} else {
		reply.error = body;
		reply.error_len = len;
	}
	*ret = reply;
	*in = c;
	return 0;
}

void control_record_build(size_t len, uint8_t ret[CONTROL_RECORD_HEADER_LEN])
{
	ret[0] = CONTROL_RECORD;
	ret[1] = len >> 8;
	ret[2] = len;
}

int control_record_parse(struct cursor *in, struct control_record *ret)
{
	struct cursor c = *in;
	const uint8_t *body;
	uint8_t type;
	uint16_t len;

	if (!cursor_u8(&c, &type))
		return -EAGAIN;
	if (type != CONTROL_RECORD)
		return TNE_CONTROL_TYPE;
	if (!cursor_be16(&c, &len))
		return -EAGAIN;
	if (len < NOISE_TAG_LEN || len > CONTROL_SEALED_MAX)
		return TNE_CONTROL_LENGTH;
	if (!cursor_take(&c, len, &body))
		return -EAGAIN;
	*ret = (struct control_record){ .sealed = body, .len = len };
	*in = c;
	return 0;
}

static int read_challenge(const json_t *root, struct control_early *ret)
{
	const json_t *value = json_object_get(root, "nodeKeyChallenge");

	if (!json_is_object(root))
		return TNE_CONTROL_EARLY;
	if (!value || json_is_null(value))
		return 0;
	if (!json_is_string(value) ||
	    key_text_parse_challenge(json_string_value(value),
				     json_string_length(value),
				     &ret->challenge) < 0)
		return TNE_CONTROL_EARLY;
	ret->has_challenge = true;
	return 0;
}

static int read_early(const uint8_t *text, size_t len,
		      struct control_early *ret)
{
	json_error_t error;
	json_t *root;
	int r;

	root = json_loadb((const char *)text, len, JSON_ALLOW_NUL, &error);
	if (!root)
		return json_error_code(&error) == json_error_out_of_memory ?
			       -ENOMEM : TNE_CONTROL_EARLY;
	r = read_challenge(root, ret);
	json_decref(root);
	return r;
}

int control_early_parse(struct cursor *in, struct control_early *ret)
{
	struct control_early early = { .present = true };
	struct cursor c = *in;
	const uint8_t *magic, *text;
	uint32_t len;
	size_t i;
	int r;

	/* A frame of HTTP/2 may be told by its first byte. */
	for (i = 0; i < sizeof(early_magic) && i < c.len; i++) {
		if (c.p[i] != early_magic[i]) {
			*ret = (struct control_early){ .present = false };
			return 0;
		}
	}
	if (!cursor_take(&c, sizeof(early_magic), &magic) ||
	    !cursor_be32(&c, &len))
		return -EAGAIN;
	if (len > CONTROL_EARLY_MAX)
		return TNE_CONTROL_LENGTH;
	if (!cursor_take(&c, len, &text))
		return -EAGAIN;
	r = read_early(text, len, &early);
	if (r < 0)
		return r;
	*ret = early;
	*in = c;
	return 0;
}
