// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two ends and what an attacker between them can do: the input is a list of
 * steps of the ends and of changes to the messages on their way. Whatever comes,
 * a message that was changed is not taken, a message that is not taken changes
 * nothing, and two ends that finish have the same keys.
 */
#include "handshake.h"

#include "cookie.h"
#include "crypto.h"
#include "fuzz.h"
#include "host.h"

struct end {
	struct tn_identity id;
	struct tn_handshake hs;
	struct tn_cookie cookie;
	struct tn_cookie_checker checker;
	/* Of the last session, with the transcript that it came from. */
	struct tn_session_keys keys;
	u8 transcript[TN_HASH_LEN];
	bool has_keys;
	int references;
};

static const struct tn_source source;
static struct end ends[2];
/* On their way, and as the last end that made one had made it. */
static struct tn_msg_initiation initiation, true_initiation;
static struct tn_msg_response response, true_response;

static struct tn_handshake *get(void *ctx, const u8 public[TN_KEY_LEN])
{
	struct end *e = ctx;

	if (memcmp(public, e->hs.remote_static, TN_KEY_LEN))
		return NULL;
	e->references++;
	return &e->hs;
}

static void put(void *ctx, struct tn_handshake *hs)
{
	struct end *e = ctx;

	e->references--;
}

static void end_init(struct end *e, u8 seed)
{
	u8 key[TN_KEY_LEN] = { 0, seed };

	memset(e, 0, sizeof(*e));
	tn_identity_init(&e->id);
	down_write(&e->id.lock);
	HOST_BUG_ON(!tn_identity_set(&e->id, key));
	up_write(&e->id.lock);
	tn_cookie_checker_init(&e->checker);
	tn_cookie_checker_update_keys(&e->checker, e->id.public);
}

static void begin(void)
{
	host_random_seed(1);
	end_init(&ends[0], 1);
	end_init(&ends[1], 2);
	tn_handshake_init(&ends[0].hs, ends[1].id.public);
	tn_handshake_init(&ends[1].hs, ends[0].id.public);
	tn_cookie_init(&ends[0].cookie, ends[1].id.public);
	tn_cookie_init(&ends[1].cookie, ends[0].id.public);
	memset(&initiation, 0, sizeof(initiation));
	memset(&response, 0, sizeof(response));
	memset(&true_initiation, 0, sizeof(true_initiation));
	memset(&true_response, 0, sizeof(true_response));
}

static void initiate(struct end *e, struct fuzz_input *in)
{
	struct timespec64 now = { fuzz_u8(in), fuzz_u8(in) << 20 };

	HOST_BUG_ON(tn_handshake_create_initiation(&e->id, &e->hs, &now,
						   fuzz_u8(in), &initiation));
	tn_cookie_add_macs(&e->cookie, &initiation, sizeof(initiation), 0);
	true_initiation = initiation;
}

static bool mac1_is_good(struct end *e, const void *msg, size_t len)
{
	return tn_cookie_check(&e->checker, msg, len, &source, true, 0) !=
	       TN_MAC_INVALID;
}

/* The state, but for the secret that is only computed at need. */
static void snapshot(struct end *e, struct tn_handshake *ret)
{
	*ret = e->hs;
	memset(ret->static_static, 0, TN_KEY_LEN);
	ret->static_generation = 0;
}

static void check_unchanged(struct end *e, const struct tn_handshake *before)
{
	struct tn_handshake now;

	snapshot(e, &now);
	HOST_BUG_ON(memcmp(&now, before, sizeof(now)));
}

static void take_initiation(struct end *e, struct fuzz_input *in)
{
	struct tn_hs_directory dir = { get, put, e };
	struct tn_handshake before, *found;
	enum tn_hs_result ret;
	bool mac;

	snapshot(e, &before);
	mac = mac1_is_good(e, &initiation, sizeof(initiation));
	ret = tn_handshake_consume_initiation(&e->id, &initiation, &dir,
					      fuzz_u8(in) * 10000000ULL, &found);
	if (ret != TN_HS_OK) {
		HOST_BUG_ON(e->references);
		check_unchanged(e, &before);
		return;
	}
	HOST_BUG_ON(e->references != 1 || found != &e->hs);
	e->references = 0;
	HOST_BUG_ON(mac && memcmp(&initiation, &true_initiation,
			   sizeof(initiation) - TN_MAC_LEN));
	HOST_BUG_ON(memcmp(e->hs.latest_timestamp, before.latest_timestamp,
			   TN_TAI64N_LEN) <= 0);
}

static void respond(struct end *e, struct fuzz_input *in)
{
	struct tn_handshake before;

	snapshot(e, &before);
	if (tn_handshake_create_response(&e->hs, fuzz_u8(in), &response)) {
		check_unchanged(e, &before);
		return;
	}
	tn_cookie_add_macs(&e->cookie, &response, sizeof(response), 0);
	true_response = response;
}

static void take_response(struct end *e)
{
	struct tn_handshake before;
	bool mac;

	snapshot(e, &before);
	mac = mac1_is_good(e, &response, sizeof(response));
	if (tn_handshake_consume_response(&e->id, &e->hs, &response)) {
		check_unchanged(e, &before);
		return;
	}
	HOST_BUG_ON(mac && memcmp(&response, &true_response,
			   sizeof(response) - TN_MAC_LEN));
}

/* Who saw the same messages has the same keys; who did not, has others. */
static void check_sessions(const struct end *a, const struct end *b)
{
	bool same = !memcmp(a->transcript, b->transcript, TN_HASH_LEN);

	if (!a->has_keys || !b->has_keys)
		return;
	HOST_BUG_ON(same != !memcmp(a->keys.send, b->keys.receive, TN_KEY_LEN));
	HOST_BUG_ON(same != !memcmp(a->keys.receive, b->keys.send, TN_KEY_LEN));
	HOST_BUG_ON(same && a->keys.i_am_initiator == b->keys.i_am_initiator);
}

static void begin_session(struct end *e)
{
	struct tn_handshake before;

	snapshot(e, &before);
	if (!tn_handshake_begin_session(&e->hs, &e->keys)) {
		check_unchanged(e, &before);
		return;
	}
	HOST_BUG_ON(e->hs.state != TN_HS_ZEROED);
	memcpy(e->transcript, before.hash, TN_HASH_LEN);
	e->has_keys = true;
	check_sessions(&ends[0], &ends[1]);
}

/* Change one byte, or all that there is input for. */
static void meddle(void *msg, size_t len, struct fuzz_input *in)
{
	u8 at = fuzz_u8(in), with = fuzz_u8(in);

	if (at < len)
		((u8 *)msg)[at] ^= with;
	else
		fuzz_bytes(in, msg, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct end *e;
	u8 op;

	begin();
	while (in.left) {
		op = fuzz_u8(&in);
		e = &ends[op >> 7];
		switch (op & 7) {
		case 0:
			initiate(e, &in);
			break;
		case 1:
			take_initiation(e, &in);
			break;
		case 2:
			respond(e, &in);
			break;
		case 3:
			take_response(e);
			break;
		case 4:
			begin_session(e);
			break;
		case 5:
			meddle(&initiation, sizeof(initiation), &in);
			break;
		case 6:
			meddle(&response, sizeof(response), &in);
			break;
		case 7:
			tn_handshake_clear(&e->hs);
			break;
		}
	}
	return 0;
}
