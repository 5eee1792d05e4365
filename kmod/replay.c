// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which packet counters have been seen: a ring of bits, as in RFC 6479.
 *
 * The ring is cleared by whole words as it turns. The word that holds the
 * greatest counter may be partly from the future, so counters are trusted only
 * as far back as one word less than the ring: TN_REPLAY_WINDOW.
 */
#include "replay.h"

#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/kconfig.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include <asm/barrier.h>

#define TN_REPLAY_WORDS	(TN_REPLAY_BITS / BITS_PER_LONG)

/* tn_replay_accept() masks with both. */
static_assert((TN_REPLAY_BITS & (TN_REPLAY_BITS - 1)) == 0);
static_assert(TN_REPLAY_WINDOW + BITS_PER_LONG <= TN_REPLAY_BITS);

/**
 * tn_replay_init() - forget all counters
 * @replay:	becomes empty
 *
 * Context: Any; the caller owns @replay or holds its lock.
 */
void tn_replay_init(struct tn_replay *replay)
{
	memset(replay, 0, sizeof(*replay));
}

/*
 * Too old to tell? Below the rejection limit, which callers check first, adding
 * the window and one cannot wrap.
 */
static bool is_stale(u64 next, u64 counter)
{
	return counter + TN_REPLAY_WINDOW + 1 < next;
}

/**
 * tn_replay_precheck() - is a packet sure to be refused later?
 * @replay:	window
 * @counter:	as claimed by the packet, not yet authentic
 *
 * Cheap test before decryption, against floods of old packets. It changes
 * nothing: a counter may only count as seen once its packet was opened.
 *
 * Context: Any. Needs no lock: an outdated true costs one decryption, and false
 * stays false, since windows only move on.
 * Return: false if tn_replay_accept() would refuse @counter.
 */
bool tn_replay_precheck(const struct tn_replay *replay, u64 counter)
{
	u64 next;

	if (counter >= TN_REJECT_AFTER_MESSAGES)
		return false;
	/* A counter read in two halves could refuse a good packet. */
	if (!IS_ENABLED(CONFIG_64BIT))
		return true;

	next = READ_ONCE(replay->next);
	if (counter >= next)
		return true;
	if (is_stale(next, counter))
		return false;

	/* Pairs with tn_replay_accept(): no bit of the previous turn. */
	smp_rmb();
	return !test_bit(counter & (TN_REPLAY_BITS - 1), replay->ring);
}

/**
 * tn_replay_accept() - count a packet as received, unless it was before
 * @replay:	window
 * @counter:	of a packet that was opened with this key
 *
 * Context: Any; the caller holds the keypair's receive lock.
 * Return: true the first time for each counter inside the window.
 */
bool tn_replay_accept(struct tn_replay *replay, u64 counter)
{
	u64 top = replay->next ? replay->next - 1 : 0;
	u64 word, n, i;

	if (counter >= TN_REJECT_AFTER_MESSAGES ||
	    is_stale(replay->next, counter))
		return false;

	if (counter >= replay->next) {
		word = top / BITS_PER_LONG;
		n = min_t(u64, counter / BITS_PER_LONG - word, TN_REPLAY_WORDS);
		for (i = 1; i <= n; i++)
			WRITE_ONCE(replay->ring[(word + i) % TN_REPLAY_WORDS], 0);
		/* Pairs with tn_replay_precheck(): first clear, then move on. */
		smp_wmb();
		WRITE_ONCE(replay->next, counter + 1);
	}

	return !__test_and_set_bit(counter & (TN_REPLAY_BITS - 1), replay->ring);
}
