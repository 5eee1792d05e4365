// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many handshake messages one source may send while we are under load.
 *
 * One table for all devices, of fixed size and with no allocation, no timer and
 * no garbage after it was made: an entry is the time at which its bucket will
 * be full again (the "generic cell rate algorithm" of ITU-T I.371). Once that
 * time has passed the entry says nothing that an empty one does not, so it is
 * free without anybody having freed it.
 */
#include "ratelimit.h"

#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/random.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/time64.h>

#include "cookie.h"
#include "messages.h"

#define TN_RATELIMIT_WAYS	8
#define TN_RATELIMIT_MAX_SETS	8192U
#define TN_RATELIMIT_MIN_SETS	16U

/* Time that one message costs, and how far ahead a source may run. */
#define TN_RATELIMIT_COST_NS	(NSEC_PER_SEC / TN_RATELIMIT_PER_SECOND)
#define TN_RATELIMIT_AHEAD_NS	((TN_RATELIMIT_BURST - 1) * TN_RATELIMIT_COST_NS)

/**
 * struct tn_ratelimit_entry - one source
 * @tag:	hash of source and namespace; stands for them
 * @full_ns:	when its bucket is full again; 0 = never used
 *
 * Two sources with one tag would share a bucket, which at 64 bits under a
 * secret key neither happens by chance nor can be arranged.
 */
struct tn_ratelimit_entry {
	u64 tag;
	u64 full_ns;
};

/**
 * struct tn_ratelimit_set - the places where a source's entry can be
 * @lock:	protects @way
 * @way:	in no order
 */
struct tn_ratelimit_set {
	/* Held for a few dozen instructions, in any context. */
	spinlock_t lock;
	struct tn_ratelimit_entry way[TN_RATELIMIT_WAYS];
};

/* The table lives while somebody uses it; sets and seed are constant then. */
static DEFINE_MUTEX(ratelimit_lock);
static unsigned int ratelimit_users;
static struct tn_ratelimit_set *ratelimit_sets;
static u32 ratelimit_mask;
static siphash_key_t ratelimit_seed;

/* One set per 128 KiB of memory: all 8192, about 1.1 MiB, from 1 GiB on. */
static u32 set_count(void)
{
	u64 n = ((u64)totalram_pages() << PAGE_SHIFT) >> 17;

	n = clamp_t(u64, n, TN_RATELIMIT_MIN_SETS, TN_RATELIMIT_MAX_SETS);
	return rounddown_pow_of_two(n);
}

/**
 * tn_ratelimit_init() - make the table, or share it if there is one
 *
 * Every success is paired with one tn_ratelimit_done().
 *
 * Context: Process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int tn_ratelimit_init(void)
{
	struct tn_ratelimit_set *sets;
	int ret = 0;
	u32 n, i;

	mutex_lock(&ratelimit_lock);
	if (ratelimit_users)
		goto out_count;

	n = set_count();
	sets = kvcalloc(n, sizeof(*sets), GFP_KERNEL);
	if (!sets) {
		ret = -ENOMEM;
		goto out_unlock;
	}
	for (i = 0; i < n; i++)
		spin_lock_init(&sets[i].lock);
	get_random_bytes(&ratelimit_seed, sizeof(ratelimit_seed));
	ratelimit_mask = n - 1;
	ratelimit_sets = sets;
out_count:
	ratelimit_users++;
out_unlock:
	mutex_unlock(&ratelimit_lock);
	return ret;
}

/**
 * tn_ratelimit_done() - stop using the table
 *
 * Context: Process, may sleep. The caller has stopped whatever of its own could
 * still call tn_ratelimit_allow().
 */
void tn_ratelimit_done(void)
{
	mutex_lock(&ratelimit_lock);
	if (!--ratelimit_users) {
		kvfree(ratelimit_sets);
		ratelimit_sets = NULL;
	}
	mutex_unlock(&ratelimit_lock);
}

/*
 * IPv4 addresses count alone, IPv6 by /64: a host has one of them to itself.
 * The port is left out, since a sender has 65536 of those.
 */
static u64 source_tag(const struct tn_source *source, u64 ns)
{
	u64 net = 0;

	memcpy(&net, source->addr, source->is_v6 ? 8 : 4);
	return siphash_3u64(net, source->is_v6, ns, &ratelimit_seed);
}

/* The source's entry, else one that means nothing any more, else NULL. */
static struct tn_ratelimit_entry *
find_entry(struct tn_ratelimit_set *set, u64 tag, u64 now_ns)
	__must_hold(&set->lock)
{
	struct tn_ratelimit_entry *e, *unused = NULL;
	unsigned int i;

	for (i = 0; i < TN_RATELIMIT_WAYS; i++) {
		e = &set->way[i];
		if (e->full_ns && e->tag == tag)
			return e;
		if (e->full_ns <= now_ns)
			unused = e;
	}
	return unused;
}

/**
 * tn_ratelimit_allow() - may this source have one more message processed?
 * @source:	proved by a valid mac2 to be no lie
 * @ns:		any number that tells network namespaces apart
 * @now_ns:	boot-time clock
 *
 * When all places of a source are taken by sources that are themselves short of
 * their burst, it is refused: memory stays bounded, and who is there already
 * keeps being served.
 *
 * Context: Any but hard interrupt; between init and done of the caller.
 * Return: true if so; that counts as having sent it.
 */
bool tn_ratelimit_allow(const struct tn_source *source, u64 ns, u64 now_ns)
{
	u64 tag = source_tag(source, ns), full_ns;
	struct tn_ratelimit_entry *e;
	struct tn_ratelimit_set *set;
	bool allow = false;

	set = &ratelimit_sets[(tag >> 32) & ratelimit_mask];
	spin_lock_bh(&set->lock);
	e = find_entry(set, tag, now_ns);
	if (!e)
		goto out;

	full_ns = e->tag == tag ? max(e->full_ns, now_ns) : now_ns;
	if (full_ns - now_ns > TN_RATELIMIT_AHEAD_NS)
		goto out;
	e->tag = tag;
	e->full_ns = full_ns + TN_RATELIMIT_COST_NS;
	allow = true;
out:
	spin_unlock_bh(&set->lock);
	return allow;
}
