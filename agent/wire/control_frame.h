/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages around the Noise handshake with a control server, records behind it,
 * and what the server may say before HTTP/2 begins.
 * Source: control/controlbase/messages.go, conn.go; control/ts2021/conn.go.
 */
#ifndef WIRE_CONTROL_FRAME_H
#define WIRE_CONTROL_FRAME_H

#include "base/cursor.h"
#include "crypto/noise_ik.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The protocol version that we claim: in /key?v=, in the initiation and its
 * prologue, and in each request. It promises all that lower versions do.
 */
#define CONTROL_VERSION 113

#define CONTROL_INITIATION_LEN (5 + NOISE_IK_INITIATION_LEN)	/* 101 bytes */

#define CONTROL_RECORD_HEADER_LEN 3	/* bytes */
#define CONTROL_RECORD_MAX 4096		/* bytes, header and all */
#define CONTROL_SEALED_MAX (CONTROL_RECORD_MAX - CONTROL_RECORD_HEADER_LEN)
#define CONTROL_PLAIN_MAX (CONTROL_SEALED_MAX - NOISE_TAG_LEN)	/* 4077 bytes */

#define CONTROL_EARLY_HEADER_LEN 9	/* bytes */
/* Ours; the reference takes 10 MiB, what servers send has about 100 bytes. */
#define CONTROL_EARLY_MAX 65536		/* bytes of JSON */

/**
 * struct control_reply - the server's answer to the initiation
 * @response: body of NOISE_IK_RESPONSE_LEN bytes; NULL if it is an error
 * @error: what the server says instead; anyone may have written it
 * @error_len: bytes
 *
 * Pointers are borrowed from the bytes read.
 */
struct control_reply {
	const uint8_t *response;
	const uint8_t *error;
	size_t error_len;
};

/**
 * struct control_record - one sealed record
 * @sealed: borrowed from the bytes read
 * @len: NOISE_TAG_LEN..CONTROL_SEALED_MAX bytes
 */
struct control_record {
	const uint8_t *sealed;
	size_t len;
};

/**
 * struct control_early - what the server says before HTTP/2
 * @present: it said something; otherwise the bytes belong to HTTP/2
 * @has_challenge: @challenge counts
 * @challenge: a key that nothing in the protocol uses yet
 */
struct control_early {
	bool present;
	bool has_challenge;
	struct challenge_public challenge;
};

/**
 * control_initiation_build() - the first message of the handshake
 * @version:	protocol version
 * @body:	from noise_ik_initiate()
 * @ret:	the message
 */
void control_initiation_build(uint16_t version,
			      const uint8_t body[NOISE_IK_INITIATION_LEN],
			      uint8_t ret[CONTROL_INITIATION_LEN]);

/**
 * control_reply_parse() - take the second message off the front
 * @in:		unread bytes; advanced past it on success only
 * @ret:	the message
 *
 * Return: 0; -EAGAIN if @in ends inside of it; TNE_CONTROL_TYPE or
 * TNE_CONTROL_LENGTH if the handshake is over.
 */
int control_reply_parse(struct cursor *in, struct control_reply *ret);

/**
 * control_record_build() - the header in front of a sealed record
 * @len:	sealed bytes, up to CONTROL_SEALED_MAX
 * @ret:	the header
 */
void control_record_build(size_t len, uint8_t ret[CONTROL_RECORD_HEADER_LEN]);

/**
 * control_record_parse() - take a record off the front
 * @in:		unread bytes; advanced past it on success only
 * @ret:	the record
 *
 * Type and length are judged before the body has come.
 *
 * Return: 0; -EAGAIN if @in ends inside of it; TNE_CONTROL_TYPE or
 * TNE_CONTROL_LENGTH if the connection is of no use any more.
 */
int control_record_parse(struct cursor *in, struct control_record *ret);

/**
 * control_early_parse() - take the early payload off the front, if there is one
 * @in:		the first decrypted bytes; advanced past the payload if present
 * @ret:	the payload
 *
 * Return: 0; -EAGAIN if more bytes are needed to know; TNE_CONTROL_LENGTH above
 * CONTROL_EARLY_MAX; TNE_CONTROL_EARLY if it is malformed; -ENOMEM.
 */
int control_early_parse(struct cursor *in, struct control_early *ret);

#endif /* WIRE_CONTROL_FRAME_H */
