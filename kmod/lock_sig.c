// SPDX-License-Identifier: GPL-2.0-only
/* Trusted keys and signatures, and the arithmetic for many at once. */
#include "lock_sig.h"

#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/workqueue.h>

/* Signatures that make the help of another CPU worth its while. Ours. */
#define TN_LOCK_SHARE 16

/**
 * tn_lock_keys_new() - make a set of keys to be filled
 * @generation:	of the set
 * @num:	how many keys, at most TAILNET_LOCK_MAX_KEYS; each to be set by
 *		tn_ed25519_key_init()
 *
 * Context: Process; sleeps.
 * Return: the set, or NULL if memory is short.
 */
struct tn_lock_keys *tn_lock_keys_new(u64 generation, u32 num)
{
	struct tn_lock_keys *keys;

	keys = kvzalloc(struct_size(keys, key, num), GFP_KERNEL_ACCOUNT);
	if (!keys)
		return NULL;
	kref_init(&keys->ref);
	keys->generation = generation;
	keys->num = num;
	return keys;
}

static int tn_lock_keys_compare(const void *a, const void *b)
{
	const struct tn_ed25519_key *x = a, *y = b;

	return memcmp(x->bytes, y->bytes, TN_ED25519_KEY_LEN);
}

/**
 * tn_lock_keys_ready() - order a set that has been filled
 * @keys:	the set; constant from here on
 */
void tn_lock_keys_ready(struct tn_lock_keys *keys)
{
	sort(keys->key, keys->num, sizeof(keys->key[0]), tn_lock_keys_compare,
	     NULL);
}

/**
 * tn_lock_keys_get() - take another reference
 * @keys:	the set, or NULL
 *
 * Return: @keys.
 */
struct tn_lock_keys *tn_lock_keys_get(struct tn_lock_keys *keys)
{
	if (keys)
		kref_get(&keys->ref);
	return keys;
}

static void tn_lock_keys_free(struct kref *ref)
{
	kvfree(container_of(ref, struct tn_lock_keys, ref));
}

/**
 * tn_lock_keys_put() - give a reference back
 * @keys:	the set, or NULL
 *
 * Context: Process.
 */
void tn_lock_keys_put(struct tn_lock_keys *keys)
{
	if (keys)
		kref_put(&keys->ref, tn_lock_keys_free);
}

/* Bytes of the layers alone come first, then the list of older keys. */
static size_t tn_lock_sig_size(unsigned int num)
{
	struct tn_lock_sig *sig;

	return ALIGN(struct_size(sig, layer, num), sizeof(void *)) +
	       num * sizeof(struct tn_rotation_prev);
}

/* What a chain says about older keys, should it be valid. */
static void tn_lock_sig_rotation(struct tn_lock_sig *sig)
{
	const struct tn_nodesig_layer *last = &sig->layer[sig->num - 1];
	struct tn_rotation *rot = &sig->rotation;
	unsigned int i;
	const u8 *key;

	INIT_HLIST_NODE(&rot->hash);
	INIT_LIST_HEAD(&rot->dirty);
	rot->prev = (void *)sig +
		    ALIGN(struct_size(sig, layer, sig->num), sizeof(void *));
	if (sig->form != TN_NODESIG_OK)
		return;
	rot->node_key = tn_nodesig_node_key(&sig->layer[0]);
	if (sig->num > 1 && last->kind == TN_NODESIG_DIRECT &&
	    last->has_wrapping)
		rot->wrapping = last->wrapping;
	for (i = 1; i < sig->num; i++) {
		key = tn_nodesig_node_key(&sig->layer[i]);
		if (key)
			rot->prev[rot->num_prev++].key = key;
	}
}

/**
 * tn_lock_sig_new() - make a signature of a peer
 * @node_key:	the peer's public key
 * @layers:	outermost first
 * @num:	how many, 1 to TN_NODESIG_LAYERS
 *
 * Context: Process; sleeps.
 * Return: the signature, not checked yet; or NULL if memory is short.
 */
struct tn_lock_sig *tn_lock_sig_new(const u8 *node_key,
				    const struct tn_nodesig_layer *layers,
				    unsigned int num)
{
	struct tn_lock_sig *sig;

	sig = kzalloc(tn_lock_sig_size(num), GFP_KERNEL_ACCOUNT);
	if (!sig)
		return NULL;
	kref_init(&sig->ref);
	sig->num = num;
	memcpy(sig->layer, layers, num * sizeof(layers[0]));
	sig->form = tn_nodesig_check_form(sig->layer, num, node_key);
	sig->checked = TN_LOCK_UNCHECKED;
	tn_lock_sig_rotation(sig);
	return sig;
}

/**
 * tn_lock_sig_get() - take another reference
 * @sig:	the signature
 *
 * Return: @sig.
 */
struct tn_lock_sig *tn_lock_sig_get(struct tn_lock_sig *sig)
{
	kref_get(&sig->ref);
	return sig;
}

static void tn_lock_sig_free(struct kref *ref)
{
	kfree(container_of(ref, struct tn_lock_sig, ref));
}

/**
 * tn_lock_sig_put() - give a reference back
 * @sig:	the signature, or NULL
 *
 * Context: Any.
 */
void tn_lock_sig_put(struct tn_lock_sig *sig)
{
	if (sig)
		kref_put(&sig->ref, tn_lock_sig_free);
}

/**
 * tn_lock_sig_bytes() - memory that a signature takes
 * @sig:	the signature
 *
 * Return: bytes.
 */
size_t tn_lock_sig_bytes(const struct tn_lock_sig *sig)
{
	return tn_lock_sig_size(sig->num);
}

/**
 * tn_lock_sig_equal() - are two signatures the same?
 * @a:	one
 * @b:	other, of the same peer
 *
 * Return: true if all their layers are.
 */
bool tn_lock_sig_equal(const struct tn_lock_sig *a,
		       const struct tn_lock_sig *b)
{
	return a->num == b->num &&
	       !memcmp(a->layer, b->layer, a->num * sizeof(a->layer[0]));
}

/**
 * tn_lock_sig_key() - the trusted key that a signature rests on
 * @sig:	the signature, its form in order
 * @keys:	the trusted keys
 *
 * Return: the key, borrowed from @keys; or NULL if it is not among them.
 */
const struct tn_ed25519_key *
tn_lock_sig_key(const struct tn_lock_sig *sig, const struct tn_lock_keys *keys)
{
	const u8 *id = tn_nodesig_key_id(sig->layer, sig->num);
	u32 low = 0, high = keys->num, mid;
	int cmp;

	while (low < high) {
		mid = low + (high - low) / 2;
		cmp = memcmp(keys->key[mid].bytes, id, TN_ED25519_KEY_LEN);
		if (!cmp)
			return &keys->key[mid];
		if (cmp < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

/**
 * tn_lock_sig_needs_check() - is there arithmetic to be done for a verdict?
 * @sig:	the signature
 * @keys:	the trusted keys
 *
 * Not for one that is refused anyhow: what nobody trusted signed costs nothing.
 *
 * Return: true if so.
 */
bool tn_lock_sig_needs_check(const struct tn_lock_sig *sig,
			     const struct tn_lock_keys *keys)
{
	return sig->form == TN_NODESIG_OK &&
	       READ_ONCE(sig->checked) == TN_LOCK_UNCHECKED &&
	       tn_lock_sig_key(sig, keys);
}

/**
 * struct tn_lock_job - signatures that several CPUs check
 * @sigs:	the signatures
 * @num:	how many
 * @next:	the first that nobody has taken
 * @keys:	the trusted keys
 * @checked:	counts them
 */
struct tn_lock_job {
	struct tn_lock_sig *const *sigs;
	size_t num;
	atomic_long_t next;
	const struct tn_lock_keys *keys;
	atomic64_t *checked;
};

struct tn_lock_helper {
	struct work_struct work;
	struct tn_lock_job *job;
};

static void tn_lock_job_run(struct tn_lock_job *job,
			    struct tn_nodesig_work *work)
{
	struct tn_lock_sig *sig;
	size_t i;

	while ((i = atomic_long_inc_return(&job->next) - 1) < job->num) {
		sig = job->sigs[i];
		if (!tn_lock_sig_needs_check(sig, job->keys))
			continue;
		WRITE_ONCE(sig->checked,
			   tn_nodesig_verify(sig->layer, sig->num,
					     tn_lock_sig_key(sig, job->keys),
					     work));
		atomic64_inc(job->checked);
		cond_resched();
	}
}

static void tn_lock_help(struct work_struct *work)
{
	struct tn_lock_helper *helper =
		container_of(work, struct tn_lock_helper, work);
	struct tn_nodesig_work *memory;

	/* Without it the others do it all. */
	memory = kmalloc(sizeof(*memory), GFP_KERNEL);
	if (memory)
		tn_lock_job_run(helper->job, memory);
	kfree(memory);
}

/**
 * tn_lock_sigs_check() - check signatures, by all CPUs if there are many
 * @sigs:	signatures, held; those that need no check are passed over
 * @num:	how many
 * @keys:	the trusted keys
 * @wq:		unbound, where the others are asked
 * @checked:	counts those that were checked
 *
 * Context: Process; sleeps until all are done.
 * Return: 0 or -ENOMEM.
 */
int tn_lock_sigs_check(struct tn_lock_sig *const *sigs, size_t num,
		       const struct tn_lock_keys *keys,
		       struct workqueue_struct *wq, atomic64_t *checked)
{
	struct tn_lock_job job = { .sigs = sigs, .num = num, .keys = keys,
				   .checked = checked };
	struct tn_lock_helper *helpers = NULL;
	struct tn_nodesig_work *memory;
	size_t i, n;

	if (!num)
		return 0;
	memory = kmalloc(sizeof(*memory), GFP_KERNEL);
	if (!memory)
		return -ENOMEM;
	n = min_t(size_t, num / TN_LOCK_SHARE, num_online_cpus() - 1);
	if (n)
		helpers = kcalloc(n, sizeof(*helpers), GFP_KERNEL);
	for (i = 0; helpers && i < n; i++) {
		helpers[i].job = &job;
		INIT_WORK(&helpers[i].work, tn_lock_help);
		queue_work(wq, &helpers[i].work);
	}
	tn_lock_job_run(&job, memory);
	/* One that has not begun yet is not waited for. */
	for (i = 0; helpers && i < n; i++)
		cancel_work_sync(&helpers[i].work);
	kfree(helpers);
	kfree(memory);
	return 0;
}
