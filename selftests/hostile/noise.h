/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOSTILE_NOISE_H
#define HOSTILE_NOISE_H

#include "wire.h"

#include <stdbool.h>
#include <stddef.h>

/**
 * struct noise_ident - who we are and whom we talk to
 * @priv:	our static private key
 * @pub:	our static public key
 * @remote:	their static public key
 * @psk:	preshared key, zeros for none
 * @ss:		DH of the two static keys
 */
struct noise_ident {
	uint8_t priv[KEY_LEN];
	uint8_t pub[KEY_LEN];
	uint8_t remote[KEY_LEN];
	uint8_t psk[KEY_LEN];
	uint8_t ss[KEY_LEN];
};

/**
 * struct noise_hs - one handshake under way
 * @hash:	running hash
 * @ck:		chaining key
 * @eph_priv:	our ephemeral
 * @eph_pub:	our ephemeral
 * @remote_eph:	their ephemeral
 * @local_index: the index we gave
 * @remote_index: the index they gave
 * @mac1:	mac1 of the message we sent, what a cookie reply is bound to
 */
struct noise_hs {
	uint8_t hash[HASH_LEN];
	uint8_t ck[KEY_LEN];
	uint8_t eph_priv[KEY_LEN];
	uint8_t eph_pub[KEY_LEN];
	uint8_t remote_eph[KEY_LEN];
	uint32_t local_index;
	uint32_t remote_index;
	uint8_t mac1[MAC_LEN];
};

/**
 * struct session - a pair of transport keys
 * @send:		key we send with
 * @recv:		key we receive with
 * @local_index:	what they address us by
 * @remote_index:	what we address them by
 * @counter:		next counter to send
 */
struct session {
	uint8_t send[KEY_LEN];
	uint8_t recv[KEY_LEN];
	uint32_t local_index;
	uint32_t remote_index;
	uint64_t counter;
};

void noise_test_key(unsigned int n, uint8_t priv[KEY_LEN], uint8_t pub[KEY_LEN]);
int noise_ident_set(struct noise_ident *id, const uint8_t priv[KEY_LEN],
		    const uint8_t remote[KEY_LEN], const uint8_t psk[KEY_LEN]);
void noise_tai_at(uint64_t unix_ns, uint8_t tai[TAI_LEN]);
void noise_tai_now(uint8_t tai[TAI_LEN]);

void noise_init_create(struct noise_hs *hs, const struct noise_ident *id,
		       uint32_t index, const uint8_t tai[TAI_LEN],
		       const uint8_t *low_order, struct wire_init *ret);
int noise_init_consume(struct noise_hs *hs, const struct noise_ident *id,
		       const struct wire_init *msg, uint8_t tai[TAI_LEN]);
int noise_resp_create(struct noise_hs *hs, const struct noise_ident *id,
		      uint32_t index, const uint8_t *low_order,
		      struct wire_resp *ret);
int noise_resp_consume(struct noise_hs *hs, const struct noise_ident *id,
		       const struct wire_resp *msg);
void noise_derive(const struct noise_hs *hs, bool initiator,
		  struct session *ret);

void noise_mac1(const uint8_t receiver_pub[KEY_LEN], void *msg, size_t len);
bool noise_mac1_ok(const uint8_t receiver_pub[KEY_LEN], const void *msg,
		   size_t len);
void noise_mac2(const uint8_t cookie[MAC_LEN], void *msg, size_t len);
void noise_cookie_create(const uint8_t our_pub[KEY_LEN], uint32_t receiver,
			 const uint8_t mac1[MAC_LEN],
			 const uint8_t cookie[MAC_LEN],
			 struct wire_cookie *ret);
int noise_cookie_open(const uint8_t their_pub[KEY_LEN],
		      const uint8_t mac1[MAC_LEN],
		      const struct wire_cookie *msg, uint8_t cookie[MAC_LEN]);

size_t noise_seal(const struct session *s, uint64_t counter, const void *plain,
		  size_t len, void *ret);
int noise_open(const struct session *s, const void *msg, size_t len,
	       void *ret_plain, size_t *ret_len);

#endif
