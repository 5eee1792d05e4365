// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages of any length and content to a responder under load, and replies of
 * any content to a sender. What is not authentic must not be taken; what is not
 * taken must not change anything.
 */
#include "cookie.h"

#include "crypto.h"
#include "fuzz.h"
#include "host.h"

static struct tn_cookie_checker checker;
static struct tn_cookie cookie;
static const u8 public[TN_KEY_LEN] = { 1, 2, 3 };

static struct tn_source take_source(struct fuzz_input *in)
{
	struct tn_source s = { .is_v6 = fuzz_u8(in) & 1 };

	fuzz_bytes(in, s.addr, s.is_v6 ? 16 : 4);
	fuzz_bytes(in, &s.port, sizeof(s.port));
	return s;
}

/* In memory of just the right size, so that reading past it is seen. */
static void judge_message(struct fuzz_input *in, u64 now_ns)
{
	struct tn_source source = take_source(in);
	size_t len = fuzz_u8(in);
	struct tn_msg_cookie reply;
	u8 *msg = malloc(len ?: 1);

	fuzz_bytes(in, msg, len);
	if (tn_cookie_check(&checker, msg, len, &source, true, now_ns))
		tn_cookie_reply_create(&checker, msg, len, 0, &source, now_ns,
				       &reply);
	free(msg);
}

static void false_reply(struct fuzz_input *in, u64 now_ns)
{
	struct tn_cookie before = cookie;
	struct tn_msg_cookie reply;

	fuzz_bytes(in, &reply, sizeof(reply));
	if (fuzz_u8(in) & 1)
		reply.header.type = cpu_to_le32(TN_MSG_COOKIE);
	HOST_BUG_ON(tn_cookie_reply_consume(&cookie, &reply, now_ns));
	HOST_BUG_ON(memcmp(&before, &cookie, sizeof(cookie)));
}

/* A true exchange, with one byte of the reply changed or none. */
static void true_exchange(struct fuzz_input *in, u64 now_ns)
{
	u8 at = fuzz_u8(in), with = fuzz_u8(in);
	struct tn_source source = take_source(in);
	struct tn_msg_response msg = { .sender_index = cpu_to_le32(9) };
	struct tn_msg_cookie reply;
	bool changed;

	fuzz_bytes(in, msg.ephemeral, sizeof(msg.ephemeral));
	tn_cookie_add_macs(&cookie, &msg, sizeof(msg), now_ns);
	HOST_BUG_ON(tn_cookie_check(&checker, &msg, sizeof(msg), &source, true,
				    now_ns) == TN_MAC_INVALID);
	HOST_BUG_ON(!tn_cookie_reply_create(&checker, &msg, sizeof(msg),
					    msg.sender_index, &source, now_ns,
					    &reply));
	if (at < sizeof(reply))
		((u8 *)&reply)[at] ^= with;
	changed = at < sizeof(reply) && with && (at < 4 || at >= 8);
	HOST_BUG_ON(tn_cookie_reply_consume(&cookie, &reply, now_ns) == changed);
	if (changed)
		return;
	tn_cookie_add_macs(&cookie, &msg, sizeof(msg), now_ns);
	HOST_BUG_ON(tn_cookie_check(&checker, &msg, sizeof(msg), &source, true,
				    now_ns) != TN_MAC_VALID_COOKIE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	u64 now_ns = 0;

	host_random_seed(1);
	tn_cookie_checker_init(&checker);
	tn_cookie_checker_update_keys(&checker, public);
	tn_cookie_init(&cookie, public);
	while (in.left) {
		switch (fuzz_u8(&in) & 3) {
		case 0:
			judge_message(&in, now_ns);
			break;
		case 1:
			false_reply(&in, now_ns);
			break;
		case 2:
			true_exchange(&in, now_ns);
			break;
		case 3:
			now_ns += fuzz_u8(&in) * NSEC_PER_SEC;
			break;
		}
	}
	return 0;
}
