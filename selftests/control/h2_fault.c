// SPDX-License-Identifier: GPL-2.0-only
#include "h2_fault.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

static void error_message(struct conn *c, const void *text, size_t n)
{
	uint8_t head[3] = { NOISE_TYPE_ERROR, n >> 8, n };

	conn_send(c, head, sizeof(head));
	conn_send(c, text, n);
	conn_finish(c);
}

bool h2_fault_handshake(struct conn *c, uint8_t response[NOISE_RESPONSE_LEN])
{
	static const char control[] =
		"\x1b]0;owned\x07\x1b[2J\r\n\0forged log line\n\xff\xfe";
	struct faults *f = &c->srv->faults;
	const char *arg;
	uint8_t *huge;
	long n;

	if (fault_take_arg(f, FAULT_NOISE_ERROR, NULL, &arg)) {
		arg = fault_text(arg, "go away");
		error_message(c, arg, strlen(arg));
		return true;
	}
	if (fault_take(f, FAULT_NOISE_ERROR_CONTROL, NULL)) {
		error_message(c, control, sizeof(control) - 1);
		return true;
	}
	if (fault_take(f, FAULT_NOISE_ERROR_HUGE, NULL)) {
		huge = malloc(65535);
		if (!huge)
			abort();
		memset(huge, 'e', 65535);
		error_message(c, huge, 65535);
		free(huge);
		return true;
	}
	if (fault_take_arg(f, FAULT_NOISE_TYPE, NULL, &arg))
		response[0] = fault_number(arg, 9);
	if (fault_take_arg(f, FAULT_NOISE_LENGTH, NULL, &arg)) {
		n = fault_number(arg, 65535);
		response[1] = n >> 8;
		response[2] = n;
	}
	if (fault_take(f, FAULT_NOISE_TAG, NULL))
		response[NOISE_RESPONSE_LEN - 1] ^= 1;
	if (fault_take(f, FAULT_NOISE_LOW_ORDER, NULL))
		memset(response + 3, 0, 32);
	return false;
}

/* Header and @have bytes of anything. */
static void bogus_record(struct conn *c, int type, size_t says, size_t have)
{
	uint8_t head[3] = { type, says >> 8, says };
	uint8_t *body = calloc(1, have ? have : 1);

	if (!body)
		abort();
	conn_send(c, head, sizeof(head));
	conn_send(c, body, have);
	free(body);
}

static void record(struct h2 *h, const void *data, size_t n)
{
	uint8_t rec[NOISE_RECORD_MAX];

	noise_seal(&h->ch.tx, data, n, rec);
	conn_send(h->c, rec, n + NOISE_HEADER_LEN + NOISE_TAG_LEN);
}

bool h2_fault_records(struct h2 *h)
{
	struct faults *f = &h->c->srv->faults;
	uint8_t rec[NOISE_RECORD_MAX];
	const char *arg;
	long n;

	if (fault_take_arg(f, FAULT_RECORD_EMPTY, NULL, &arg))
		for (n = fault_number(arg, 100); n > 0; n--)
			record(h, NULL, 0);
	if (fault_take(f, FAULT_RECORD_TYPE, NULL)) {
		noise_seal(&h->ch.tx, "hello", 5, rec);
		rec[0] = 5;
		conn_send(h->c, rec, 5 + NOISE_HEADER_LEN + NOISE_TAG_LEN);
	} else if (fault_take(f, FAULT_RECORD_OVERSIZE, NULL)) {
		bogus_record(h->c, NOISE_TYPE_RECORD, 4094, 4094);
	} else if (fault_take(f, FAULT_RECORD_HUGE, NULL)) {
		bogus_record(h->c, NOISE_TYPE_RECORD, 65535, 65535);
	} else if (fault_take(f, FAULT_RECORD_SHORT, NULL)) {
		bogus_record(h->c, NOISE_TYPE_RECORD, 15, 15);
	} else if (fault_take(f, FAULT_RECORD_TAG, NULL)) {
		noise_seal(&h->ch.tx, "hello", 5, rec);
		rec[NOISE_HEADER_LEN] ^= 1;
		conn_send(h->c, rec, 5 + NOISE_HEADER_LEN + NOISE_TAG_LEN);
	} else {
		return true;
	}
	return false;
}

static void early_bytes(struct buf *b, const char *json, uint32_t says)
{
	uint8_t head[9] = { 0xff, 0xff, 0xff, 'T', 'S', says >> 24, says >> 16,
			    says >> 8, says };

	buf_add(b, head, sizeof(head));
	buf_text(b, json);
}

void h2_early(struct h2 *h)
{
	struct server *srv = h->c->srv;
	struct faults *f = &srv->faults;
	uint8_t challenge[32], priv[32];
	struct buf json = {}, b = {};
	char text[KEY_TEXT_MAX];
	size_t step, n;

	if (!srv->cfg.early || h->version < 49 ||
	    fault_take(f, FAULT_EARLY_OFF, NULL))
		return;
	randombytes_buf(priv, sizeof(priv));
	crypto_scalarmult_curve25519_base(challenge, priv);
	buf_printf(&json, "{\"nodeKeyChallenge\":\"%s\"}",
		   key_text("chalpub", challenge, text));
	if (fault_take(f, FAULT_EARLY_HUGE, NULL))
		early_bytes(&b, buf_str(&json), 0x80000000);
	else if (fault_take(f, FAULT_EARLY_MALFORMED, NULL))
		early_bytes(&b, "{\"nodeKeyChallenge\":", 20);
	else
		early_bytes(&b, buf_str(&json), buf_len(&json));
	step = fault_take(f, FAULT_EARLY_SPLIT, NULL) ? 1 : NOISE_PLAIN_MAX;
	while ((n = buf_len(&b))) {
		n = n < step ? n : step;
		record(h, buf_data(&b), n);
		buf_take(&b, n);
	}
	buf_done(&b);
	buf_done(&json);
}

/* --- HTTP/2 frames by hand, RFC 9113 section 4.1 --------------------------- */

enum { H2_HEADERS = 1, H2_RST = 3, H2_SETTINGS = 4, H2_PUSH = 5, H2_PING = 6,
	H2_GOAWAY = 7, H2_CONTINUATION = 9 };

static void frame(struct buf *b, int type, int flags, uint32_t stream,
		  const void *body, size_t n)
{
	uint8_t head[9] = { n >> 16, n >> 8, n, type, flags, stream >> 24,
			    stream >> 16, stream >> 8, stream };

	buf_add(b, head, sizeof(head));
	buf_add(b, body, n);
}

static void flood(struct buf *b, int type, uint32_t stream, const void *body,
		  size_t n, long times)
{
	while (times-- > 0)
		frame(b, type, 0, stream, body, n);
}

/* RFC 7541: one long field into the dynamic table, then thousands of
 * one-byte references to it.
 */
static void hpack_bomb(struct buf *b)
{
	size_t value = 3900, refs = 10000;
	struct buf block = {};

	buf_add(&block, "\x88\x40\x01x\x7f", 5);	/* :status 200; x: ... */
	value -= 127;
	while (value >= 128) {
		buf_add(&block, &(uint8_t){ value % 128 + 128 }, 1);
		value /= 128;
	}
	buf_add(&block, &(uint8_t){ value }, 1);
	memset(buf_grow(&block, 3900), 'b', 3900);
	memset(buf_grow(&block, refs), 0xbe, refs);
	frame(b, H2_HEADERS, 4, 1, buf_data(&block), buf_len(&block));
	buf_done(&block);
}

void h2_fault_frames(struct h2 *h)
{
	static const uint8_t goaway[8], ping[8] = "flooding";
	static const uint8_t cancel[4] = { 0, 0, 0, 8 };
	static const uint8_t setting[6] = { 0, 3, 0, 0, 0, 100 };
	struct faults *f = &h->c->srv->faults;
	const char *arg;
	long n;

	if (fault_take_arg(f, FAULT_H2_PING_FLOOD, NULL, &arg))
		flood(&h->raw, H2_PING, 0, ping, sizeof(ping),
		      fault_number(arg, 100000));
	if (fault_take_arg(f, FAULT_H2_SETTINGS_FLOOD, NULL, &arg))
		flood(&h->raw, H2_SETTINGS, 0, setting, sizeof(setting),
		      fault_number(arg, 100000));
	if (fault_take_arg(f, FAULT_H2_RST_FLOOD, NULL, &arg))
		flood(&h->raw, H2_RST, 1, cancel, sizeof(cancel),
		      fault_number(arg, 100000));
	if (fault_take(f, FAULT_H2_GOAWAY, NULL))
		frame(&h->raw, H2_GOAWAY, 0, 0, goaway, sizeof(goaway));
	if (fault_take_arg(f, FAULT_H2_CONTINUATION, NULL, &arg)) {
		frame(&h->raw, H2_HEADERS, 0, 1, "\x88", 1);
		for (n = fault_number(arg, 100000); n > 0; n--)
			frame(&h->raw, H2_CONTINUATION, 0, 1, NULL, 0);
	}
	if (fault_take(f, FAULT_H2_HPACK_BOMB, NULL))
		hpack_bomb(&h->raw);
}

void h2_fault_push(struct h2 *h, int32_t id)
{
	/* Promised stream 2: GET https /, authority "x". */
	static const uint8_t promise[] = { 0, 0, 0, 2, 0x82, 0x87, 0x84, 0x41,
					   1, 'x' };

	frame(&h->raw, H2_PUSH, 4, id, promise, sizeof(promise));
}
