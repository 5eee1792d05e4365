/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The server's side, for tests: answers the handshake, and as a process of its
 * own serves a few paths over HTTP/2, with faults on demand.
 */
#ifndef NOISE_SERVER_H
#define NOISE_SERVER_H

#include "crypto/key_text.h"
#include "wire/control_frame.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Private keys in; what the handshake gives out. */
struct noise_server_keys {
	uint8_t static_private[32];
	uint8_t ephemeral_private[32];
	uint8_t client[32];
	uint8_t k1[32];
	uint8_t k2[32];
};

/* Return: 0, or -1 if the initiation is not genuine. */
int noise_server_respond(struct noise_server_keys *keys,
			 const uint8_t initiation[CONTROL_INITIATION_LEN],
			 uint8_t response[NOISE_IK_RESPONSE_LEN]);

/**
 * struct noise_server_options - what the server does; all zero is honest
 * @tls: speak TLS, with @cert and @key
 * @early: send an early payload
 * @early_text: its JSON; NULL = a usual one
 * @early_len: length that its header claims; 0 = the true one
 * @piece: plaintext per record, bytes; 0 = as much as fits
 * @empty: records without content in front of all
 * @dribble: one byte per segment
 * @cut: close after @cut_at bytes of output
 * @flip: change a bit of the byte at @cut_at
 * @cut_at: may be changed later in the shared part
 * @after_upgrade: bytes sent behind 101 instead of Noise, then close
 * @after_handshake: bytes sent behind the handshake instead of records
 * @silent: take connections and say nothing
 * @max_streams: requests at once; 0 = 100
 * @window: bytes that a request may send ahead; 0 = as HTTP/2 begins
 * @http: answer to all that is not /ts2021
 */
struct noise_server_options {
	bool tls;
	const char *cert;
	const char *key;
	bool early;
	const char *early_text;
	uint32_t early_len;
	size_t piece;
	unsigned int empty;
	bool dribble;
	bool cut;
	bool flip;
	size_t cut_at;
	const void *after_upgrade;
	size_t after_upgrade_len;
	const void *after_handshake;
	size_t after_handshake_len;
	bool silent;
	unsigned int max_streams;
	unsigned int window;
	const char *http;
};

/**
 * struct noise_server_shared - between the test and the server's process
 * @cut_at: for the next connection
 * @output: bytes sent on the last connection
 * @connections: taken
 * @requests: HTTP/2 requests that ended
 * @http_request: last request outside of Noise, its first line
 * @connect: last request to be a proxy, its first line; it is one for itself
 */
struct noise_server_shared {
	size_t cut_at;
	size_t output;
	unsigned int connections;
	unsigned int requests;
	char http_request[256];
	char connect[64];
};

struct noise_server {
	pid_t pid;
	uint16_t port;
	struct machine_public public;
	volatile struct noise_server_shared *shared;
};

/*
 * Paths: /echo, /big/BYTES (of the pattern below), /status/CODE, /hang, /reset,
 * /refuse, /headers/COUNT/BYTES, /interim, /push, /goaway (this one is still
 * answered), /goaway0 (not even this one), /close.
 */
#define NOISE_SERVER_PATTERN(i) ((uint8_t)((i) * 7 + ((i) >> 8)))

void noise_server_start(const struct noise_server_options *options,
			struct noise_server *ret);
void noise_server_stop(struct noise_server *server);

/* Make a certificate for "localhost" and 127.0.0.1; two PEM files. */
void noise_server_certificate(const char *cert, const char *key);

#endif /* NOISE_SERVER_H */
