// SPDX-License-Identifier: GPL-2.0-only
/*
 * Batches: any number of CPUs work on their segments, the order of a peer's
 * batches is restored afterwards. Nothing here knows what a segment is.
 */
#include "queue.h"

#include <linux/bottom_half.h>
#include <linux/cpumask.h>
#include <linux/jiffies.h>
#include <linux/kernel_stat.h>	/* get_cpu_idle_time_us(), newer kernels */
#include <linux/ktime.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/sched/clock.h>
#include <linux/smp.h>
#include <linux/tick.h>		/* the same, older ones */

#include "compat.h"

/* A helper's last chunk takes less, unless its CPU was taken from it. */
#define TN_HELPER_WAIT_NS (100 * NSEC_PER_USEC)

/*
 * How often a CPU looks who has time, and per cent of it: so little left that
 * it gives small batches away, so much that another may get them, so much that
 * it does them itself again.
 */
#define TN_LOOK_MS	20
#define TN_IDLE_NONE	5
#define TN_IDLE_ROOM	25
#define TN_IDLE_AGAIN	60

/**
 * tn_batch_init() - make a batch that one caller holds
 * @b:		the batch
 * @ops:	its direction
 * @nsegs:	its segments, 1..TN_BATCH_SEGS_MAX
 */
void tn_batch_init(struct tn_batch *b, const struct tn_batch_ops *ops,
		   unsigned int nsegs)
{
	INIT_LIST_HEAD(&b->link);
	INIT_LIST_HEAD(&b->order);
	b->ops = ops;
	refcount_set(&b->ref, 1);
	b->nsegs = nsegs;
	b->chunk = TN_CHUNK_SEGS;
	b->home = -1;
	atomic_set(&b->next, 0);
	atomic_set(&b->left, nsegs);
	b->done = false;
}

/**
 * tn_batch_put() - give a reference back
 * @b:	the batch
 */
void tn_batch_put(struct tn_batch *b)
{
	if (refcount_dec_and_test(&b->ref))
		b->ops->free(b);
}

/* Take segments until none is left to take; gives the number done. */
static unsigned int tn_batch_work(struct tn_batch *b)
{
	unsigned int did = 0;

	for (;;) {
		unsigned int first = atomic_fetch_add(b->chunk, &b->next);
		unsigned int count;

		if (first >= b->nsegs)
			return did;
		count = min(b->chunk, b->nsegs - first);
		b->ops->crypt(b, first, count);
		did += count;
	}
}

static void tn_batch_did(struct tn_batch *b, unsigned int n)
{
	/* The order of all crypt calls before finish() hangs on this atomic. */
	if (n && atomic_sub_and_test(n, &b->left)) {
		/* Pairs with tn_order_pop_done() and tn_order_head_done(). */
		smp_store_release(&b->done, true);
		b->ops->finish(b);
	}
}

/**
 * tn_batch_run() - work on a batch until nobody need begin anything of it
 * @b:	the batch, held by the caller
 *
 * Others may still be at segments that they took when this returns. Whoever
 * is last finishes the batch.
 *
 * Context: Softirqs off.
 */
void tn_batch_run(struct tn_batch *b)
{
	tn_batch_did(b, tn_batch_work(b));
}

/**
 * tn_batch_run_shared() - work on a batch that was shared, and finish it here
 * @b:	the batch, held by the caller, who owns the count that
 *	tn_crypt_share_owned() put on top of its segments
 *
 * Waits a moment for helpers that are at their last chunk, since what is
 * finished on changing CPUs leaves through changing queues, and out of order.
 *
 * Context: Softirqs off.
 */
void tn_batch_run_shared(struct tn_batch *b)
{
	unsigned int did = tn_batch_work(b);
	u64 end = local_clock() + TN_HELPER_WAIT_NS;

	while (atomic_read(&b->left) > did + 1 && local_clock() < end)
		cpu_relax();
	tn_batch_did(b, did + 1);
}

/**
 * tn_order_init() - make an empty order queue
 * @o:	the queue
 */
void tn_order_init(struct tn_order *o)
{
	spin_lock_init(&o->lock);
	INIT_LIST_HEAD(&o->batches);
	o->len = 0;
	o->draining = 0;
}

/**
 * tn_order_push() - give a batch its place in the order
 * @o:	the queue
 * @b:	the batch; the queue takes a reference of its own, which
 *	tn_order_pop_done() passes on
 */
void tn_order_push(struct tn_order *o, struct tn_batch *b)
{
	refcount_inc(&b->ref);
	spin_lock_bh(&o->lock);
	list_add_tail(&b->order, &o->batches);
	WRITE_ONCE(o->len, o->len + b->nsegs);
	spin_unlock_bh(&o->lock);
}

/**
 * tn_order_pop_done() - take the head if it is done
 * @o:	the queue
 *
 * Return: the batch, its reference now the caller's; or NULL.
 */
struct tn_batch *tn_order_pop_done(struct tn_order *o)
{
	struct tn_batch *b;

	spin_lock_bh(&o->lock);
	b = list_first_entry_or_null(&o->batches, struct tn_batch, order);
	/* Pairs with the release in tn_batch_run(). */
	if (b && smp_load_acquire(&b->done)) {
		list_del_init(&b->order);
		WRITE_ONCE(o->len, o->len - b->nsegs);
	} else {
		b = NULL;
	}
	spin_unlock_bh(&o->lock);
	return b;
}

/**
 * tn_order_head_done() - would tn_order_pop_done() give something?
 * @o:	the queue
 */
bool tn_order_head_done(struct tn_order *o)
{
	struct tn_batch *b;
	bool ret;

	spin_lock_bh(&o->lock);
	b = list_first_entry_or_null(&o->batches, struct tn_batch, order);
	ret = b && READ_ONCE(b->done);
	spin_unlock_bh(&o->lock);
	return ret;
}

/**
 * tn_order_drain() - pass on what is done, in order, unless somebody does
 * @o:	the queue
 * @fn:	gets each batch and the queue's reference to it
 *
 * To be called after a batch became done. A caller that finds another one
 * draining leaves: that one looks at the head again after it has let go of the
 * bit, and both sides have a full barrier between their write and their read,
 * so at least one of them sees the new state. @fn may come back here for the
 * same queue: the inner call leaves at once.
 *
 * Context: Softirqs off.
 */
void tn_order_drain(struct tn_order *o, void (*fn)(struct tn_batch *b))
{
	struct tn_batch *b;

	do {
		/* Fully ordered: after the caller's store to done. */
		if (test_and_set_bit(0, &o->draining))
			return;
		while ((b = tn_order_pop_done(o)))
			fn(b);
		clear_bit_unlock(0, &o->draining);
		/* Between letting go and looking again, see above. */
		smp_mb__after_atomic();
	} while (tn_order_head_done(o));
}

static struct tn_batch *tn_crypt_pop(struct tn_crypt_cpu *cc)
{
	struct tn_batch *b;

	spin_lock_bh(&cc->lock);
	b = list_first_entry_or_null(&cc->batches, struct tn_batch, link);
	if (b)
		list_del_init(&b->link);
	else
		cc->awake = false;
	spin_unlock_bh(&cc->lock);
	return b;
}

static void tn_crypt_work(struct work_struct *work)
{
	struct tn_crypt_cpu *cc = container_of(work, struct tn_crypt_cpu, work);
	struct tn_batch *b;

	while ((b = tn_crypt_pop(cc))) {
		/*
		 * Softirqs off: delivery and sending want it, and a softirq
		 * that interrupts a vector section of ours would have to do
		 * its own cryptography without vector registers.
		 */
		local_bh_disable();
		tn_batch_run(b);
		local_bh_enable();
		tn_batch_put(b);
		cond_resched();
	}
}

static int tn_cpu_after(int cpu)
{
	cpu = cpumask_next(cpu, cpu_online_mask);
	return cpu < nr_cpu_ids ? cpu : cpumask_first(cpu_online_mask);
}

/* Another online CPU, round robin; -1 if there is none. Context: softirqs off. */
static int tn_crypt_other_cpu(struct tn_crypt *c)
{
	int self = smp_processor_id();
	int cpu = tn_cpu_after(READ_ONCE(c->last));

	if (cpu == self)
		cpu = tn_cpu_after(cpu);
	WRITE_ONCE(c->last, cpu);
	return cpu == self ? -1 : cpu;
}

static void tn_crypt_give(struct tn_crypt *c, struct tn_batch *b, int cpu)
{
	struct tn_crypt_cpu *cc = per_cpu_ptr(c->cpu, cpu);
	bool wake;

	spin_lock_bh(&cc->lock);
	list_add_tail(&b->link, &cc->batches);
	wake = !cc->awake;
	cc->awake = true;
	spin_unlock_bh(&cc->lock);
	/* Queueing a work that runs costs the wakeup of a second worker. */
	if (wake)
		queue_work_on(cpu, c->wq, &cc->work);
}

/**
 * tn_crypt_share() - invite another CPU to help with a batch
 * @c:	the device's workers
 * @b:	the batch, which the caller is about to run; not shared before
 *
 * Context: Softirqs off.
 * Return: false if there is no other CPU.
 */
bool tn_crypt_share(struct tn_crypt *c, struct tn_batch *b)
{
	int cpu = tn_crypt_other_cpu(c);

	if (cpu < 0)
		return false;
	refcount_inc(&b->ref);
	tn_crypt_give(c, b, cpu);
	return true;
}

/**
 * tn_crypt_share_owned() - the same, for a batch that the caller will finish
 * @c:	the device's workers
 * @b:	the batch, for tn_batch_run_shared() if this succeeds
 *
 * Context: Softirqs off.
 * Return: false if there is no other CPU.
 */
bool tn_crypt_share_owned(struct tn_crypt *c, struct tn_batch *b)
{
	atomic_inc(&b->left);
	if (tn_crypt_share(c, b))
		return true;
	atomic_dec(&b->left);
	return false;
}

/**
 * tn_crypt_defer() - let a worker do a batch
 * @c:	the device's workers
 * @b:	the batch; the caller's reference goes to the worker
 *
 * Context: Softirqs off.
 */
void tn_crypt_defer(struct tn_crypt *c, struct tn_batch *b)
{
	int cpu = tn_crypt_other_cpu(c);

	tn_crypt_give(c, b, cpu < 0 ? smp_processor_id() : cpu);
}

/* Take a sample, and give the per cent of @us that the CPU was idle since then. */
static unsigned int tn_idle_since(struct tn_idle_sample *s, u64 us)
{
	u64 idle = get_cpu_idle_time_us(s->cpu, NULL), was = s->idle_us;

	s->idle_us = idle;
	/* All ones where the kernel keeps no such account. */
	if (idle == U64_MAX || idle < was)
		return 0;
	return min_t(u64, div64_u64((idle - was) * 100, us), 100);
}

static void tn_idle_start(struct tn_idle_sample *s, int cpu)
{
	s->cpu = cpu;
	s->idle_us = get_cpu_idle_time_us(cpu, NULL);
}

/* One other CPU is watched at a time, the next one if it had no time either. */
static void tn_crypt_look(struct tn_crypt_cpu *cc)
{
	u64 now = ktime_to_us(ktime_get());
	u64 elapsed = max_t(u64, now - cc->looked_us, 1);
	unsigned int self, other;

	cc->look_at = jiffies + msecs_to_jiffies(TN_LOOK_MS);
	cc->looked_us = now;
	self = tn_idle_since(&cc->self, elapsed);
	other = tn_idle_since(&cc->other, elapsed);
	if (cc->helper >= 0 && self < TN_IDLE_AGAIN &&
	    (other >= TN_IDLE_NONE || self < TN_IDLE_NONE))
		return;
	cc->helper = -1;
	if (cc->other.cpu != cc->cpu && other >= TN_IDLE_ROOM) {
		if (self < TN_IDLE_NONE)
			cc->helper = cc->other.cpu;
		return;
	}
	tn_idle_start(&cc->other, tn_cpu_after(cc->other.cpu));
	if (cc->other.cpu == cc->cpu)
		tn_idle_start(&cc->other, tn_cpu_after(cc->other.cpu));
}

/**
 * tn_crypt_help() - let another CPU do a small batch, if that gains time
 * @c:	the device's workers
 * @b:	the batch; on success the caller's reference goes to the worker
 *
 * To do a small batch oneself is cheapest, as long as one has time: so another
 * gets it only while this CPU has none left and that one has.
 *
 * Context: Softirqs off.
 * Return: whether another one does it.
 */
bool tn_crypt_help(struct tn_crypt *c, struct tn_batch *b)
{
	struct tn_crypt_cpu *cc = this_cpu_ptr(c->cpu);

	if (num_online_cpus() == 1)
		return false;
	if (time_after_eq(jiffies, cc->look_at))
		tn_crypt_look(cc);
	if (cc->helper < 0 || !cpu_online(cc->helper))
		return false;
	tn_crypt_give(c, b, cc->helper);
	return true;
}

/**
 * tn_crypt_cpu_of() - an online CPU that is the same for the same number
 * @n:	any number
 *
 * Return: the CPU; another one when CPUs come or go.
 */
int tn_crypt_cpu_of(unsigned int n)
{
	int cpu;

	n %= num_online_cpus();
	for_each_online_cpu(cpu)
		if (!n--)
			return cpu;
	return cpumask_first(cpu_online_mask);
}

/**
 * tn_crypt_init() - make the workers of a device
 * @c:		the workers
 * @name:	of the device
 *
 * Return: 0 or -ENOMEM.
 */
int tn_crypt_init(struct tn_crypt *c, const char *name)
{
	int cpu;

	c->cpu = alloc_percpu(struct tn_crypt_cpu);
	if (!c->cpu)
		return -ENOMEM;
	c->wq = alloc_workqueue("tn-crypt-%s",
				WQ_CPU_INTENSIVE | WQ_MEM_RECLAIM | TN_WQ_PERCPU,
				0, name);
	if (!c->wq) {
		free_percpu(c->cpu);
		return -ENOMEM;
	}
	c->last = -1;
	for_each_possible_cpu(cpu) {
		struct tn_crypt_cpu *cc = per_cpu_ptr(c->cpu, cpu);

		spin_lock_init(&cc->lock);
		INIT_LIST_HEAD(&cc->batches);
		INIT_WORK(&cc->work, tn_crypt_work);
		cc->cpu = cpu;
		cc->look_at = jiffies;
		cc->looked_us = ktime_to_us(ktime_get());
		tn_idle_start(&cc->self, cpu);
		tn_idle_start(&cc->other, cpu);
		cc->helper = -1;
	}
	return 0;
}

/**
 * tn_crypt_done() - wait for the workers and free them
 * @c:	the workers; nobody may give them anything any more
 */
void tn_crypt_done(struct tn_crypt *c)
{
	destroy_workqueue(c->wq);
	free_percpu(c->cpu);
}
