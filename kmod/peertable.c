// SPDX-License-Identifier: GPL-2.0-only
/* Who has this public key, and what does this index stand for? */
#include "peertable.h"

#include <linux/mm.h>
#include <linux/random.h>
#include <linux/rculist.h>
#include <linux/slab.h>

#include "keypair.h"
#include "peer.h"

/* Buckets: 64 KiB of memory on a 64-bit machine for the two tables. */
#define TN_PUBKEYS_BITS 12
#define TN_INDICES_BITS 12

static struct hlist_head *tn_buckets_new(unsigned int bits)
{
	return kvcalloc(1u << bits, sizeof(struct hlist_head), GFP_KERNEL);
}

/**
 * tn_pubkeys_init() - make an empty table
 * @t:	the table
 *
 * Return: 0 or -ENOMEM.
 */
int tn_pubkeys_init(struct tn_pubkeys *t)
{
	t->bits = TN_PUBKEYS_BITS;
	t->buckets = tn_buckets_new(t->bits);
	get_random_bytes(&t->key, sizeof(t->key));
	return t->buckets ? 0 : -ENOMEM;
}

/**
 * tn_pubkeys_done() - free an empty table
 * @t:	the table
 */
void tn_pubkeys_done(struct tn_pubkeys *t)
{
	kvfree(t->buckets);
}

static struct hlist_head *tn_pubkeys_bucket(const struct tn_pubkeys *t,
					    const u8 *pub)
{
	/* Keyed, since peers choose their public keys. */
	u64 hash = siphash(pub, TN_KEY_LEN, &t->key);

	return &t->buckets[hash & ((1u << t->bits) - 1)];
}

/**
 * tn_pubkeys_add() - make a peer findable
 * @t:		the table
 * @peer:	the peer; its key is not in the table
 *
 * Context: The device's cfg_lock held.
 */
void tn_pubkeys_add(struct tn_pubkeys *t, struct tn_peer *peer)
{
	hlist_add_head_rcu(&peer->pubkey_node,
			   tn_pubkeys_bucket(t, peer->hs.remote_static));
}

/**
 * tn_pubkeys_del() - take a peer out
 * @t:		the table
 * @peer:	the peer; readers may see it until a grace period has passed
 *
 * Context: The device's cfg_lock held.
 */
void tn_pubkeys_del(struct tn_pubkeys *t, struct tn_peer *peer)
{
	hlist_del_init_rcu(&peer->pubkey_node);
}

/**
 * tn_pubkeys_find() - find a peer by its public key
 * @t:		the table
 * @pub:	TN_KEY_LEN bytes
 *
 * Context: Any.
 * Return: the peer, counted; or NULL.
 */
struct tn_peer *tn_pubkeys_find(struct tn_pubkeys *t, const u8 *pub)
{
	struct tn_peer *peer, *ret = NULL;

	rcu_read_lock();
	hlist_for_each_entry_rcu(peer, tn_pubkeys_bucket(t, pub), pubkey_node) {
		if (memcmp(peer->hs.remote_static, pub, TN_KEY_LEN))
			continue;
		ret = tn_peer_get_maybe_zero(peer);
		break;
	}
	rcu_read_unlock();
	return ret;
}

/**
 * tn_indices_init() - make an empty table
 * @t:	the table
 *
 * Return: 0 or -ENOMEM.
 */
int tn_indices_init(struct tn_indices *t)
{
	spin_lock_init(&t->lock);
	t->bits = TN_INDICES_BITS;
	t->buckets = tn_buckets_new(t->bits);
	return t->buckets ? 0 : -ENOMEM;
}

/**
 * tn_indices_done() - free an empty table
 * @t:	the table
 */
void tn_indices_done(struct tn_indices *t)
{
	kvfree(t->buckets);
}

static struct hlist_head *tn_indices_bucket(const struct tn_indices *t,
					    u32 number)
{
	/* No hash: we draw the numbers at random ourselves. */
	return &t->buckets[number & ((1u << t->bits) - 1)];
}

static bool tn_indices_taken(struct tn_indices *t, u32 number)
{
	const struct tn_index *e;

	hlist_for_each_entry(e, tn_indices_bucket(t, number), node)
		if (e->number == number)
			return true;
	return false;
}

/**
 * tn_indices_add() - draw a number for an entry and make it findable
 * @t:	the table
 * @e:	the entry; taken out first if it is in
 *
 * Context: Any but hard interrupt.
 * Return: the number.
 */
u32 tn_indices_add(struct tn_indices *t, struct tn_index *e)
{
	u32 number;

	spin_lock_bh(&t->lock);
	hlist_del_init_rcu(&e->node);
	do {
		number = get_random_u32();
	} while (tn_indices_taken(t, number));
	e->number = number;
	hlist_add_head_rcu(&e->node, tn_indices_bucket(t, number));
	spin_unlock_bh(&t->lock);
	return number;
}

/**
 * tn_indices_hand_over() - let a number stand for something else
 * @t:		the table
 * @from:	its entry until now
 * @to:		its entry from now on, not in the table
 * @number:	the number that is meant
 *
 * Return: false, and nothing has changed, if @from does not stand in the table
 *	   under @number.
 */
bool tn_indices_hand_over(struct tn_indices *t, struct tn_index *from,
			  struct tn_index *to, u32 number)
{
	bool ret = false;

	spin_lock_bh(&t->lock);
	if (!hlist_unhashed(&from->node) && from->number == number) {
		to->number = number;
		hlist_replace_rcu(&from->node, &to->node);
		/* Unhashed, but a reader that is on it still gets on. */
		WRITE_ONCE(from->node.pprev, NULL);
		ret = true;
	}
	spin_unlock_bh(&t->lock);
	return ret;
}

/**
 * tn_indices_del() - take an entry out, if it is in
 * @t:	the table
 * @e:	the entry; readers may see it until a grace period has passed
 */
void tn_indices_del(struct tn_indices *t, struct tn_index *e)
{
	spin_lock_bh(&t->lock);
	hlist_del_init_rcu(&e->node);
	spin_unlock_bh(&t->lock);
}

/**
 * tn_indices_find() - what does a number stand for?
 * @t:		the table
 * @number:	from a packet
 *
 * Context: Under rcu_read_lock() or with softirqs off, for as long as the
 *	    result is used.
 * Return: the entry, borrowed; or NULL.
 */
struct tn_index *tn_indices_find(struct tn_indices *t, u32 number)
{
	struct tn_index *e;

	hlist_for_each_entry_rcu(e, tn_indices_bucket(t, number), node,
				 rcu_read_lock_bh_held())
		if (e->number == number)
			return e;
	return NULL;
}
