/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TN_QUEUE_H
#define TN_QUEUE_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct tn_batch;

/* Segments that one CPU takes from a batch at a time. */
#define TN_CHUNK_SEGS 8u

/* Most segments of one batch: what UDP GRO merges at most. */
#define TN_BATCH_SEGS_MAX 64u

/* Segments that may wait in the queues of one device and of one peer. */
#define TN_SEGS_QUEUED_MAX 16384
#define TN_PEER_SEGS_QUEUED_MAX 4096

/**
 * struct tn_batch_ops - what the two directions do with a batch
 * @crypt:	encrypt or decrypt segments @first to @first + @count - 1; runs
 *		on any CPU, in process context with softirqs off or in softirq,
 *		at the same time as other ranges of the same batch
 * @finish:	all segments are done; called once, by whoever did the last
 * @free:	the last reference went
 */
struct tn_batch_ops {
	void (*crypt)(struct tn_batch *b, unsigned int first,
		      unsigned int count);
	void (*finish)(struct tn_batch *b);
	void (*free)(struct tn_batch *b);
};

/**
 * struct tn_batch - the unit of work: datagrams of one session and direction
 * @link:	in the list of a crypt worker, under its lock
 * @order:	in the order queue of the peer, under its lock
 * @ops:	the direction
 * @ref:	one for the order queue, one for whoever works on it, one for
 *		the worker's list
 * @nsegs:	number of datagrams, 1..TN_BATCH_SEGS_MAX
 * @chunk:	segments that one CPU takes at a time
 * @next:	first segment that nobody has taken
 * @left:	segments not yet done, and one for the owner of a shared batch
 * @home:	CPU of the owner: whoever gave the batch its place in the order
 * @done:	all are; written with release, read with acquire
 */
struct tn_batch {
	struct list_head link;
	struct list_head order;
	const struct tn_batch_ops *ops;
	refcount_t ref;
	unsigned int nsegs;
	unsigned int chunk;
	atomic_t next;
	atomic_t left;
	int home;
	bool done;
};

/**
 * struct tn_order - puts batches of one peer back into their order
 * @lock:	protects @batches and @len
 * @batches:	in the order of tn_order_push()
 * @len:	segments in @batches; read without the lock for its bound
 * @draining:	bit 0: somebody takes done batches off the head
 */
struct tn_order {
	spinlock_t lock;	/* protects @batches and @len */
	struct list_head batches;
	unsigned int len;
	unsigned long draining;
};

/**
 * struct tn_idle_sample - how long a CPU had been idle, at some time
 * @cpu:	which
 * @idle_us:	since boot
 */
struct tn_idle_sample {
	int cpu;
	u64 idle_us;
};

/**
 * struct tn_crypt_cpu - the crypt worker of one CPU of one device
 * @lock:	protects @batches and @awake
 * @batches:	with segments that nobody has taken yet
 * @awake:	the worker was told, and has not yet found @batches empty
 * @work:	runs on @cpu
 * @cpu:	the CPU
 * @look_at:	in jiffies, when @cpu should look again who has time; this and
 *		what follows is for @cpu alone, with softirqs off
 * @looked_us:	when it did
 * @self:	how idle it was then
 * @other:	how idle another one was
 * @helper:	the CPU to give small batches to, or -1
 */
struct tn_crypt_cpu {
	spinlock_t lock;	/* protects @batches and @awake */
	struct list_head batches;
	bool awake;
	struct work_struct work;
	int cpu;
	unsigned long look_at;
	u64 looked_us;
	struct tn_idle_sample self;
	struct tn_idle_sample other;
	int helper;
};

/**
 * struct tn_crypt - the crypt workers of one device
 * @wq:		their workqueue
 * @cpu:	one for each CPU, allocated per CPU
 * @last:	the CPU that was given work last; a hint, racy
 */
struct tn_crypt {
	struct workqueue_struct *wq;
	struct tn_crypt_cpu __percpu *cpu;
	int last;
};

void tn_batch_init(struct tn_batch *b, const struct tn_batch_ops *ops,
		   unsigned int nsegs);
void tn_batch_put(struct tn_batch *b);
void tn_batch_run(struct tn_batch *b);
void tn_batch_run_shared(struct tn_batch *b);

void tn_order_init(struct tn_order *o);
void tn_order_push(struct tn_order *o, struct tn_batch *b);
struct tn_batch *tn_order_pop_done(struct tn_order *o);
bool tn_order_head_done(struct tn_order *o);
void tn_order_drain(struct tn_order *o, void (*fn)(struct tn_batch *b));

int tn_crypt_init(struct tn_crypt *c, const char *name);
void tn_crypt_done(struct tn_crypt *c);
bool tn_crypt_share(struct tn_crypt *c, struct tn_batch *b);
bool tn_crypt_share_owned(struct tn_crypt *c, struct tn_batch *b);
void tn_crypt_defer(struct tn_crypt *c, struct tn_batch *b);
bool tn_crypt_help(struct tn_crypt *c, struct tn_batch *b);
int tn_crypt_cpu_of(unsigned int n);

#endif
