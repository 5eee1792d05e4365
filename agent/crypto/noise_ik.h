/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The client's side of Noise_IK_25519_ChaChaPoly_BLAKE2s as control servers
 * speak it. Source: control/controlbase/{handshake,conn}.go of tailscale.
 */
#ifndef CRYPTO_NOISE_IK_H
#define CRYPTO_NOISE_IK_H

#include "base/cleanup.h"
#include "base/secret.h"
#include "crypto/key_text.h"

#include <stddef.h>
#include <stdint.h>

#define NOISE_TAG_LEN 16	/* bytes */
/* Bytes of the messages' bodies: point, sealed point, tag; point, tag. */
#define NOISE_IK_INITIATION_LEN (KEY_LEN + KEY_LEN + 2 * NOISE_TAG_LEN)
#define NOISE_IK_RESPONSE_LEN (KEY_LEN + NOISE_TAG_LEN)

struct noise_ik;
struct noise_cipher;

/**
 * noise_ik_new() - begin a handshake
 * @machine:	own static key; borrowed until noise_ik_free()
 * @server:	static key of the other side
 * @version:	protocol version, in the prologue; not 0
 * @ret:	the handshake, owned by the caller
 *
 * Return: 0 or -ENOMEM.
 */
int noise_ik_new(struct secret32 *machine, const struct machine_public *server,
		 uint16_t version, struct noise_ik **ret);

/**
 * noise_ik_free() - wipe and free
 * @ik: the handshake or NULL
 */
void noise_ik_free(struct noise_ik *ik);

DEFINE_CLEANUP(noise_ik, struct noise_ik *, noise_ik_free)

/**
 * noise_ik_initiate() - make the first message
 * @ik:		new
 * @ephemeral:	random, from key_make_private(); borrowed until
 *		noise_ik_free(). Never used twice
 * @ret:	body of the message
 *
 * Return: 0, -ENOMEM, or TNE_NOISE_DH if the server's key is no good point.
 */
int noise_ik_initiate(struct noise_ik *ik, struct secret32 *ephemeral,
		      uint8_t ret[NOISE_IK_INITIATION_LEN]);

/**
 * noise_ik_finish() - read the second message
 * @ik:		initiated; of no use afterwards, whatever the result
 * @response:	body of the message
 * @ret_send:	cipher of what the client sends; owned by the caller
 * @ret_receive: cipher of what the server sends; owned by the caller
 *
 * Return: 0, -ENOMEM, TNE_NOISE_DH, or TNE_NOISE_TAG: then the other side does
 * not have the server's key, or the message was changed.
 */
int noise_ik_finish(struct noise_ik *ik,
		    const uint8_t response[NOISE_IK_RESPONSE_LEN],
		    struct noise_cipher **ret_send,
		    struct noise_cipher **ret_receive);

/**
 * noise_ik_hash() - the hash of all that was said so far, for tests
 * @ik: the handshake
 *
 * Return: 32 bytes, borrowed from @ik.
 */
const uint8_t *noise_ik_hash(const struct noise_ik *ik);

/**
 * noise_cipher_new() - cipher of one direction
 * @key:	32 bytes; copied
 *
 * Return: the cipher, owned by the caller, counting from 0; NULL without
 * memory.
 */
struct noise_cipher *noise_cipher_new(const uint8_t *key);

/**
 * noise_cipher_free() - wipe and free
 * @cipher: the cipher or NULL
 */
void noise_cipher_free(struct noise_cipher *cipher);

DEFINE_CLEANUP(noise_cipher, struct noise_cipher *, noise_cipher_free)

/**
 * noise_cipher_seal() - encrypt one record
 * @cipher:	of this direction; counts on
 * @plain:	bytes; may be @ret
 * @len:	how many, perhaps 0
 * @ret:	@len + NOISE_TAG_LEN bytes
 *
 * The counter is big endian in the nonce, which is not what Noise says.
 *
 * Return: 0, or TNE_NOISE_EXHAUSTED after 2^64 - 1 records.
 */
int noise_cipher_seal(struct noise_cipher *cipher, const uint8_t *plain,
		      size_t len, uint8_t *ret);

/**
 * noise_cipher_open() - decrypt one record
 * @cipher:	of this direction; counts on
 * @sealed:	bytes; may be @ret
 * @len:	how many
 * @ret:	@len - NOISE_TAG_LEN bytes
 *
 * Return: 0; TNE_NOISE_TAG if it is too short or not genuine, TNE_NOISE_EXHAUSTED
 * as above: either ends the connection.
 */
int noise_cipher_open(struct noise_cipher *cipher, const uint8_t *sealed,
		      size_t len, uint8_t *ret);

/**
 * noise_cipher_skip() - set the counter, for tests
 * @cipher:	the cipher
 * @counter:	number of the next record
 */
void noise_cipher_skip(struct noise_cipher *cipher, uint64_t counter);

#endif /* CRYPTO_NOISE_IK_H */
