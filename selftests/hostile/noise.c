// SPDX-License-Identifier: GPL-2.0-only
/*
 * Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s, both roles, written for tests: every
 * function makes what it is told to make, valid or not, and keeps no policy
 * (no limits, no timers, no replay state).
 *
 * Source: WireGuard, "Next Generation Kernel Network Tunnel", section 5.4.
 */
#include "noise.h"

#include "blake2s.h"

#include <endian.h>
#include <sodium.h>
#include <string.h>
#include <time.h>

static const char construction[] = "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s";
static const char identifier[] = "WireGuard v1 zx2c4 Jason@zx2c4.com";

static void mix_hash(uint8_t h[HASH_LEN], const void *in, size_t len)
{
	blake2s_hash(h, (struct chunk[]){ { h, HASH_LEN }, { in, len } }, 2);
}

static void aead_seal(uint8_t *out, const void *in, size_t len, const void *ad,
		      size_t ad_len, uint64_t counter, const uint8_t *key)
{
	uint8_t nonce[12] = { 0 };
	uint64_t le = htole64(counter);

	memcpy(nonce + 4, &le, sizeof(le));
	crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, in, len, ad,
						  ad_len, NULL, nonce, key);
}

static int aead_open(uint8_t *out, const void *in, size_t len, const void *ad,
		     size_t ad_len, uint64_t counter, const uint8_t *key)
{
	uint8_t nonce[12] = { 0 };
	uint64_t le = htole64(counter);

	memcpy(nonce + 4, &le, sizeof(le));
	return crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, in,
							 len, ad, ad_len,
							 nonce, key);
}

static void prologue(struct noise_hs *hs, const uint8_t responder[KEY_LEN])
{
	blake2s_hash(hs->ck, (struct chunk[]){
		{ construction, sizeof(construction) - 1 } }, 1);
	blake2s_hash(hs->hash, (struct chunk[]){
		{ hs->ck, KEY_LEN },
		{ identifier, sizeof(identifier) - 1 } }, 2);
	mix_hash(hs->hash, responder, KEY_LEN);
}

static void mix_ephemeral(struct noise_hs *hs, const uint8_t eph[KEY_LEN])
{
	mix_hash(hs->hash, eph, KEY_LEN);
	blake2s_kdf(hs->ck, eph, KEY_LEN, hs->ck, NULL, NULL);
}

/* A fresh ephemeral, or a public value that nobody has the private key of. */
static void new_ephemeral(struct noise_hs *hs, const uint8_t *low_order)
{
	randombytes_buf(hs->eph_priv, KEY_LEN);
	if (low_order)
		memcpy(hs->eph_pub, low_order, KEY_LEN);
	else
		crypto_scalarmult_curve25519_base(hs->eph_pub, hs->eph_priv);
}

/*
 * What the honest side would compute with a low-order ephemeral is zero, so
 * that is what a hostile sender uses: a receiver that forgets the check then
 * finds every tag right.
 */
static void shared(uint8_t out[KEY_LEN], const uint8_t priv[KEY_LEN],
		   const uint8_t pub[KEY_LEN], const uint8_t *low_order)
{
	if (low_order || crypto_scalarmult_curve25519(out, priv, pub))
		memset(out, 0, KEY_LEN);
}

/**
 * noise_test_key() - the n-th well-known test key
 * @n:		which
 * @priv:	private key, clamped
 * @pub:	public key
 *
 * Fixed keys let a script and the tool agree without passing them around.
 */
void noise_test_key(unsigned int n, uint8_t priv[KEY_LEN], uint8_t pub[KEY_LEN])
{
	static const char label[] = "hostile test key";
	uint32_t le = htole32(n);

	blake2s_hash(priv, (struct chunk[]){ { label, sizeof(label) - 1 },
					     { &le, sizeof(le) } }, 2);
	priv[0] &= 248;
	priv[31] = (priv[31] & 127) | 64;
	crypto_scalarmult_curve25519_base(pub, priv);
}

/**
 * noise_ident_set() - set up one side
 * @id:		result
 * @priv:	our private key
 * @remote:	their public key
 * @psk:	preshared key
 *
 * Return: 0, or -1 when the remote key is a point of low order.
 */
int noise_ident_set(struct noise_ident *id, const uint8_t priv[KEY_LEN],
		    const uint8_t remote[KEY_LEN], const uint8_t psk[KEY_LEN])
{
	memcpy(id->priv, priv, KEY_LEN);
	memcpy(id->remote, remote, KEY_LEN);
	memcpy(id->psk, psk, KEY_LEN);
	crypto_scalarmult_curve25519_base(id->pub, priv);
	return crypto_scalarmult_curve25519(id->ss, priv, remote);
}

/**
 * noise_tai_at() - the stamp of a moment
 * @unix_ns:	nanoseconds since 1970
 * @tai:	TAI64N label, rounded down as senders do
 */
void noise_tai_at(uint64_t unix_ns, uint8_t tai[TAI_LEN])
{
	uint64_t s = htobe64(0x400000000000000aULL + unix_ns / 1000000000);
	uint32_t n = (uint32_t)(unix_ns % 1000000000);

	n = htobe32(n & ~(TAI_GRAIN_NS - 1));
	memcpy(tai, &s, 8);
	memcpy(tai + 8, &n, 4);
}

/**
 * noise_tai_now() - the stamp of now
 * @tai:	TAI64N label
 */
void noise_tai_now(uint8_t tai[TAI_LEN])
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	noise_tai_at((uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec,
		     tai);
}

/**
 * noise_init_create() - build an initiation
 * @hs:		handshake, set up
 * @id:		both sides
 * @index:	our index
 * @tai:	stamp
 * @low_order:	NULL, or a low-order point to send as ephemeral
 * @ret:	message with mac1; mac2 is zero
 */
void noise_init_create(struct noise_hs *hs, const struct noise_ident *id,
		       uint32_t index, const uint8_t tai[TAI_LEN],
		       const uint8_t *low_order, struct wire_init *ret)
{
	uint8_t dh[KEY_LEN], k[KEY_LEN];

	memset(ret, 0, sizeof(*ret));
	ret->type = htole32(WIRE_INIT);
	ret->sender = htole32(index);
	hs->local_index = index;

	prologue(hs, id->remote);
	new_ephemeral(hs, low_order);
	memcpy(ret->ephemeral, hs->eph_pub, KEY_LEN);
	mix_ephemeral(hs, hs->eph_pub);

	shared(dh, hs->eph_priv, id->remote, low_order);
	blake2s_kdf(hs->ck, dh, KEY_LEN, hs->ck, k, NULL);
	aead_seal(ret->enc_static, id->pub, KEY_LEN, hs->hash, HASH_LEN, 0, k);
	mix_hash(hs->hash, ret->enc_static, sizeof(ret->enc_static));

	blake2s_kdf(hs->ck, id->ss, KEY_LEN, hs->ck, k, NULL);
	aead_seal(ret->enc_tai, tai, TAI_LEN, hs->hash, HASH_LEN, 0, k);
	mix_hash(hs->hash, ret->enc_tai, sizeof(ret->enc_tai));

	noise_mac1(id->remote, ret, sizeof(*ret));
	memcpy(hs->mac1, ret->mac1, MAC_LEN);
}

/**
 * noise_init_consume() - open an initiation sent to us
 * @hs:		handshake, set up on success
 * @id:		both sides
 * @msg:	message
 * @tai:	its stamp
 *
 * Return: 0, or -1 when it is not from the remote of @id or not valid.
 */
int noise_init_consume(struct noise_hs *hs, const struct noise_ident *id,
		       const struct wire_init *msg, uint8_t tai[TAI_LEN])
{
	uint8_t dh[KEY_LEN], k[KEY_LEN], pub[KEY_LEN];

	if (!noise_mac1_ok(id->pub, msg, sizeof(*msg)))
		return -1;
	prologue(hs, id->pub);
	memcpy(hs->remote_eph, msg->ephemeral, KEY_LEN);
	mix_ephemeral(hs, msg->ephemeral);

	if (crypto_scalarmult_curve25519(dh, id->priv, msg->ephemeral))
		return -1;
	blake2s_kdf(hs->ck, dh, KEY_LEN, hs->ck, k, NULL);
	if (aead_open(pub, msg->enc_static, sizeof(msg->enc_static), hs->hash,
		      HASH_LEN, 0, k) || memcmp(pub, id->remote, KEY_LEN))
		return -1;
	mix_hash(hs->hash, msg->enc_static, sizeof(msg->enc_static));

	blake2s_kdf(hs->ck, id->ss, KEY_LEN, hs->ck, k, NULL);
	if (aead_open(tai, msg->enc_tai, sizeof(msg->enc_tai), hs->hash,
		      HASH_LEN, 0, k))
		return -1;
	mix_hash(hs->hash, msg->enc_tai, sizeof(msg->enc_tai));
	hs->remote_index = le32toh(msg->sender);
	return 0;
}

/**
 * noise_resp_create() - answer an initiation
 * @hs:		what noise_init_consume() set up; advanced
 * @id:		both sides
 * @index:	our index
 * @low_order:	NULL, or a low-order point to send as ephemeral
 * @ret:	message with mac1; mac2 is zero
 *
 * Return: 0, or -1 when a DH is zero.
 */
int noise_resp_create(struct noise_hs *hs, const struct noise_ident *id,
		      uint32_t index, const uint8_t *low_order,
		      struct wire_resp *ret)
{
	uint8_t dh[KEY_LEN], tau[KEY_LEN], k[KEY_LEN];

	memset(ret, 0, sizeof(*ret));
	ret->type = htole32(WIRE_RESP);
	ret->sender = htole32(index);
	ret->receiver = htole32(hs->remote_index);
	hs->local_index = index;

	new_ephemeral(hs, low_order);
	memcpy(ret->ephemeral, hs->eph_pub, KEY_LEN);
	mix_ephemeral(hs, hs->eph_pub);
	shared(dh, hs->eph_priv, hs->remote_eph, low_order);
	blake2s_kdf(hs->ck, dh, KEY_LEN, hs->ck, NULL, NULL);
	shared(dh, hs->eph_priv, id->remote, low_order);
	blake2s_kdf(hs->ck, dh, KEY_LEN, hs->ck, NULL, NULL);

	blake2s_kdf(hs->ck, id->psk, KEY_LEN, hs->ck, tau, k);
	mix_hash(hs->hash, tau, KEY_LEN);
	aead_seal(ret->enc_empty, NULL, 0, hs->hash, HASH_LEN, 0, k);
	mix_hash(hs->hash, ret->enc_empty, sizeof(ret->enc_empty));

	noise_mac1(id->remote, ret, sizeof(*ret));
	memcpy(hs->mac1, ret->mac1, MAC_LEN);
	return 0;
}

/**
 * noise_resp_consume() - open the answer to our initiation
 * @hs:		what noise_init_create() set up; advanced on success only
 * @id:		both sides
 * @msg:	message
 *
 * Return: 0, or -1 when it is not valid.
 */
int noise_resp_consume(struct noise_hs *hs, const struct noise_ident *id,
		       const struct wire_resp *msg)
{
	uint8_t dh[KEY_LEN], tau[KEY_LEN], k[KEY_LEN], none[1];
	struct noise_hs h = *hs;

	if (!noise_mac1_ok(id->pub, msg, sizeof(*msg)))
		return -1;
	mix_ephemeral(&h, msg->ephemeral);
	if (crypto_scalarmult_curve25519(dh, h.eph_priv, msg->ephemeral))
		return -1;
	blake2s_kdf(h.ck, dh, KEY_LEN, h.ck, NULL, NULL);
	if (crypto_scalarmult_curve25519(dh, id->priv, msg->ephemeral))
		return -1;
	blake2s_kdf(h.ck, dh, KEY_LEN, h.ck, NULL, NULL);

	blake2s_kdf(h.ck, id->psk, KEY_LEN, h.ck, tau, k);
	mix_hash(h.hash, tau, KEY_LEN);
	if (aead_open(none, msg->enc_empty, sizeof(msg->enc_empty), h.hash,
		      HASH_LEN, 0, k))
		return -1;
	mix_hash(h.hash, msg->enc_empty, sizeof(msg->enc_empty));
	h.remote_index = le32toh(msg->sender);
	*hs = h;
	return 0;
}

/**
 * noise_derive() - transport keys of a finished handshake
 * @hs:		handshake
 * @initiator:	our role
 * @ret:	session, counter 0
 */
void noise_derive(const struct noise_hs *hs, bool initiator,
		  struct session *ret)
{
	uint8_t t1[KEY_LEN], t2[KEY_LEN];

	blake2s_kdf(hs->ck, NULL, 0, t1, t2, NULL);
	memcpy(ret->send, initiator ? t1 : t2, KEY_LEN);
	memcpy(ret->recv, initiator ? t2 : t1, KEY_LEN);
	ret->local_index = hs->local_index;
	ret->remote_index = hs->remote_index;
	ret->counter = 0;
}

static void labelled(const char *label, const uint8_t pub[KEY_LEN],
		     uint8_t out[KEY_LEN])
{
	blake2s_hash(out, (struct chunk[]){ { label, 8 }, { pub, KEY_LEN } }, 2);
}

static void mac1_of(const uint8_t pub[KEY_LEN], const void *msg, size_t len,
		    uint8_t out[MAC_LEN])
{
	uint8_t k[KEY_LEN];

	labelled("mac1----", pub, k);
	blake2s_mac(out, k, KEY_LEN,
		    &(struct chunk){ msg, len - 2 * MAC_LEN }, 1);
}

/**
 * noise_mac1() - write mac1 into a handshake message
 * @receiver_pub:	static key of who will check it
 * @msg:		message
 * @len:		its length, both macs included
 */
void noise_mac1(const uint8_t receiver_pub[KEY_LEN], void *msg, size_t len)
{
	mac1_of(receiver_pub, msg, len, (uint8_t *)msg + len - 2 * MAC_LEN);
}

/**
 * noise_mac1_ok() - is mac1 right?
 * @receiver_pub:	our static key
 * @msg:		message
 * @len:		its length, both macs included
 *
 * Return: whether.
 */
bool noise_mac1_ok(const uint8_t receiver_pub[KEY_LEN], const void *msg,
		   size_t len)
{
	uint8_t m[MAC_LEN];

	mac1_of(receiver_pub, msg, len, m);
	return !memcmp(m, (const uint8_t *)msg + len - 2 * MAC_LEN, MAC_LEN);
}

/**
 * noise_mac2() - write mac2 into a handshake message that has its mac1
 * @cookie:	cookie
 * @msg:	message
 * @len:	its length, both macs included
 */
void noise_mac2(const uint8_t cookie[MAC_LEN], void *msg, size_t len)
{
	blake2s_mac((uint8_t *)msg + len - MAC_LEN, cookie, MAC_LEN,
		    &(struct chunk){ msg, len - MAC_LEN }, 1);
}

/**
 * noise_cookie_create() - build a cookie reply
 * @our_pub:	static key of the side that hands the cookie out
 * @receiver:	sender index of the message it answers
 * @mac1:	mac1 of that message
 * @cookie:	the cookie
 * @ret:	message
 */
void noise_cookie_create(const uint8_t our_pub[KEY_LEN], uint32_t receiver,
			 const uint8_t mac1[MAC_LEN],
			 const uint8_t cookie[MAC_LEN],
			 struct wire_cookie *ret)
{
	uint8_t k[KEY_LEN];

	labelled("cookie--", our_pub, k);
	ret->type = htole32(WIRE_COOKIE);
	ret->receiver = htole32(receiver);
	randombytes_buf(ret->nonce, XNONCE_LEN);
	crypto_aead_xchacha20poly1305_ietf_encrypt(ret->enc_cookie, NULL,
						   cookie, MAC_LEN, mac1,
						   MAC_LEN, NULL, ret->nonce,
						   k);
}

/**
 * noise_cookie_open() - open a cookie reply
 * @their_pub:	static key of the side that made it
 * @mac1:	mac1 of the message it answers
 * @msg:	message
 * @cookie:	the cookie
 *
 * Return: 0, or -1 when it is not valid.
 */
int noise_cookie_open(const uint8_t their_pub[KEY_LEN],
		      const uint8_t mac1[MAC_LEN],
		      const struct wire_cookie *msg, uint8_t cookie[MAC_LEN])
{
	uint8_t k[KEY_LEN];

	labelled("cookie--", their_pub, k);
	return crypto_aead_xchacha20poly1305_ietf_decrypt(cookie, NULL, NULL,
							  msg->enc_cookie,
							  sizeof(msg->enc_cookie),
							  mac1, MAC_LEN,
							  msg->nonce, k);
}

/**
 * noise_seal() - build a data message with any counter
 * @s:		session; its own counter is not touched
 * @counter:	counter to use
 * @plain:	plaintext, padded by the caller if at all
 * @len:	bytes of it
 * @ret:	room for @len + DATA_OVERHEAD bytes
 *
 * Return: length of the message.
 */
size_t noise_seal(const struct session *s, uint64_t counter, const void *plain,
		  size_t len, void *ret)
{
	struct wire_data *d = ret;

	d->type = htole32(WIRE_DATA);
	d->receiver = htole32(s->remote_index);
	d->counter = htole64(counter);
	aead_seal(d->sealed, plain, len, NULL, 0, counter, s->send);
	return len + DATA_OVERHEAD;
}

/**
 * noise_open() - open a data message
 * @s:		session it is addressed to
 * @msg:	message, at least DATA_OVERHEAD bytes
 * @len:	bytes of it
 * @ret_plain:	room for @len bytes
 * @ret_len:	plaintext bytes
 *
 * Return: 0, or -1 when it is not valid.
 */
int noise_open(const struct session *s, const void *msg, size_t len,
	       void *ret_plain, size_t *ret_len)
{
	const struct wire_data *d = msg;

	if (aead_open(ret_plain, d->sealed, len - sizeof(*d), NULL, 0,
		      le64toh(d->counter), s->recv))
		return -1;
	*ret_len = len - DATA_OVERHEAD;
	return 0;
}
