// SPDX-License-Identifier: GPL-2.0-only
/*
 * How fast could a tunnel be whose only cost is cryptography? A module of its
 * own, for benchmarks: when loaded it encrypts and decrypts packets of one size
 * in memory, one thread for each CPU, and leaves the sum in its parameter
 * "mbits". Built only when TAILNET_SELFTEST is set.
 */
#include <linux/completion.h>
#include <linux/cpu.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "../crypto.h"

static unsigned int bytes = 1440;
module_param(bytes, uint, 0444);
MODULE_PARM_DESC(bytes, "plaintext of one packet, padding included");

static unsigned int msecs = 2000;
module_param(msecs, uint, 0444);
MODULE_PARM_DESC(msecs, "how long to measure");

static unsigned int mbits;
module_param(mbits, uint, 0444);
MODULE_PARM_DESC(mbits, "result: megabits of plaintext a second, both done");

/* One CPU's share. */
struct tn_limit {
	struct completion done;
	u64 packets;
	bool failed;
};

static int tn_limit_thread(void *data)
{
	u8 key[TN_KEY_LEN] = { 1 };
	struct tn_limit *l = data;
	ktime_t end;
	u8 *buf;

	buf = kmalloc(bytes + TN_TAG_LEN, GFP_KERNEL);
	if (!buf) {
		l->failed = true;
		goto out;
	}
	memset(buf, 0x5a, bytes);
	end = ktime_add_ms(ktime_get(), msecs);
	while (ktime_before(ktime_get(), end)) {
		unsigned int i;

		/* As in a packet's path: softirqs off, a batch at a time. */
		local_bh_disable();
		for (i = 0; i < 32; i++, l->packets++) {
			tn_aead_seal(buf, buf, bytes, NULL, 0, l->packets, key);
			if (!tn_aead_open(buf, buf, bytes + TN_TAG_LEN, NULL, 0,
					  l->packets, key))
				l->failed = true;
		}
		local_bh_enable();
		cond_resched();
	}
	kfree(buf);
out:
	complete(&l->done);
	return 0;
}

static int __init tn_limit_init(void)
{
	struct tn_limit *limits;
	u64 packets = 0;
	bool failed = false;
	int cpu;

	if (!bytes || bytes > 65536 || !msecs || msecs > 60000)
		return -EINVAL;
	limits = kcalloc(nr_cpu_ids, sizeof(*limits), GFP_KERNEL);
	if (!limits)
		return -ENOMEM;
	cpus_read_lock();
	for_each_online_cpu(cpu) {
		struct task_struct *t;

		init_completion(&limits[cpu].done);
		t = kthread_create_on_cpu(tn_limit_thread, &limits[cpu], cpu,
					  "tn-limit-%u");
		if (IS_ERR(t)) {
			limits[cpu].failed = true;
			complete(&limits[cpu].done);
			continue;
		}
		wake_up_process(t);
	}
	for_each_online_cpu(cpu) {
		wait_for_completion(&limits[cpu].done);
		packets += limits[cpu].packets;
		failed |= limits[cpu].failed;
	}
	cpus_read_unlock();
	kfree(limits);
	if (failed)
		return -EIO;
	mbits = div_u64(packets * bytes * 8, msecs * 1000);
	return 0;
}

static void __exit tn_limit_exit(void)
{
}

module_init(tn_limit_init);
module_exit(tn_limit_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("upper bound of a tunnel's throughput, for benchmarks");
