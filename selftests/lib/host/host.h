/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Enough of the kernel for the pure files of kmod/ to compile in user space.
 * host.mk makes a header of each kernel name that includes this one.
 *
 * Nothing here is kind: locks know who holds them and abort on misuse, what is
 * freed after a grace period is freed at host_rcu_barrier() and not before,
 * allocations fail when a test says so, and random numbers are a test's to
 * choose. Time is always an argument of the code under test.
 */
#ifndef HOST_H
#define HOST_H

#include <errno.h>
#include <linux/types.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Types and compiler. */

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s8 s8;
typedef __s16 s16;
typedef __s32 s32;
typedef __s64 s64;
typedef unsigned int gfp_t;

#define __packed		__attribute__((__packed__))
#define __aligned(n)		__attribute__((__aligned__(n)))
#define __must_check		__attribute__((__warn_unused_result__))
#define __maybe_unused		__attribute__((__unused__))
#define noinline		__attribute__((__noinline__))
#define __rcu
#define __user
#define __force
#define __must_hold(x)
#define __acquires(x)
#define __releases(x)
#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)
#define static_assert(expr, ...) _Static_assert(expr, "" #expr)
#define BUILD_BUG_ON(cond)	_Static_assert(!(cond), "" #cond)
#define fallthrough		__attribute__((__fallthrough__))

#define READ_ONCE(x)		__atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v)	__atomic_store_n(&(x), v, __ATOMIC_RELAXED)
#define smp_rmb()		__atomic_thread_fence(__ATOMIC_ACQUIRE)
#define smp_wmb()		__atomic_thread_fence(__ATOMIC_RELEASE)
#define barrier()		__asm__ __volatile__("" ::: "memory")
#define cond_resched()		do { } while (0)

#define CONFIG_64BIT		1
/* 1 for a macro defined as 1, else 0. */
#define HOST_COMMA_1		0,
#define HOST_SECOND(_a, b, ...)	b
#define HOST_IS_1(x)		HOST_IS_1_(HOST_COMMA_##x)
#define HOST_IS_1_(maybe)	HOST_SECOND(maybe 1, 0, 0)
#define HOST_ENABLED(option)	HOST_IS_1(option)
#define IS_ENABLED(option)	HOST_ENABLED(option)
#define IS_BUILTIN(option)	HOST_ENABLED(option)

/* Broken invariants end the test. */
#define HOST_BUG_ON(cond) do {						\
	if (cond) {							\
		fprintf(stderr, "%s:%d: BUG: %s\n", __FILE__, __LINE__,	\
			#cond);						\
		abort();						\
	}								\
} while (0)
#define WARN_ON(cond)		({ bool w__ = (cond); HOST_BUG_ON(w__); w__; })
#define WARN_ON_ONCE(cond)	WARN_ON(cond)

/* Numbers. */

#define U8_MAX			((u8)~0U)
#define U16_MAX			((u16)~0U)
#define U32_MAX			((u32)~0U)
#define U64_MAX			((u64)~0ULL)
#define BITS_PER_LONG		64
#define BIT(n)			(1UL << (n))
#define BIT_ULL(n)		(1ULL << (n))
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define ALIGN(x, a)		(((x) + (typeof(x))(a) - 1) & ~((typeof(x))(a) - 1))
#define ALIGN_DOWN(x, a)	((x) & ~((typeof(x))(a) - 1))
#define round_up(x, a)		ALIGN(x, a)
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define min_t(t, a, b)		({ t a__ = (a); t b__ = (b); a__ < b__ ? a__ : b__; })
#define max_t(t, a, b)		({ t a__ = (a); t b__ = (b); a__ > b__ ? a__ : b__; })
#define min(a, b)		min_t(typeof(a), a, b)
#define max(a, b)		max_t(typeof(a), a, b)
#define clamp_t(t, v, lo, hi)	min_t(t, max_t(t, v, lo), hi)
#define struct_size(p, member, n) (sizeof(*(p)) + sizeof((p)->member[0]) * (n))
#define swap(a, b)		do { typeof(a) t__ = (a); (a) = (b); (b) = t__; } while (0)
#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))

static inline int fls64(u64 x)
{
	return x ? 64 - __builtin_clzll(x) : 0;
}

static inline u64 rounddown_pow_of_two(u64 n)
{
	return 1ULL << (fls64(n) - 1);
}

static inline u64 roundup_pow_of_two(u64 n)
{
	return n <= 1 ? 1 : 1ULL << fls64(n - 1);
}

static inline bool test_bit(unsigned long n, const unsigned long *p)
{
	return READ_ONCE(p[n / BITS_PER_LONG]) >> n % BITS_PER_LONG & 1;
}

static inline bool __test_and_set_bit(unsigned long n, unsigned long *p)
{
	unsigned long mask = 1UL << n % BITS_PER_LONG;
	bool old = p[n / BITS_PER_LONG] & mask;

	p[n / BITS_PER_LONG] |= mask;
	return old;
}

/* Byte order; the tests run on little-endian machines. */

#define cpu_to_le16(x)		((__le16)(u16)(x))
#define cpu_to_le32(x)		((__le32)(u32)(x))
#define cpu_to_le64(x)		((__le64)(u64)(x))
#define le16_to_cpu(x)		((u16)(x))
#define le32_to_cpu(x)		((u32)(x))
#define le64_to_cpu(x)		((u64)(x))
#define cpu_to_be16(x)		((__be16)__builtin_bswap16(x))
#define cpu_to_be32(x)		((__be32)__builtin_bswap32(x))
#define cpu_to_be64(x)		((__be64)__builtin_bswap64(x))
#define be16_to_cpu(x)		__builtin_bswap16(x)
#define be32_to_cpu(x)		__builtin_bswap32(x)
#define be64_to_cpu(x)		__builtin_bswap64(x)

#define get_unaligned(p) ({						\
	typeof(*(p)) v__;						\
	memcpy((void *)&v__, p, sizeof(v__));				\
	v__;								\
})
#define HOST_UNALIGNED(bits, order)					\
static inline u##bits get_unaligned_##order##bits(const void *p)	\
{									\
	u##bits v;							\
									\
	memcpy(&v, p, sizeof(v));					\
	return order##bits##_to_cpu(v);					\
}									\
static inline void put_unaligned_##order##bits(u##bits v, void *p)	\
{									\
	v = cpu_to_##order##bits(v);					\
	memcpy(p, &v, sizeof(v));					\
}
HOST_UNALIGNED(16, be)
HOST_UNALIGNED(32, be)
HOST_UNALIGNED(64, be)
HOST_UNALIGNED(16, le)
HOST_UNALIGNED(32, le)
HOST_UNALIGNED(64, le)

/* Memory. */

#define GFP_KERNEL		0U
#define GFP_ATOMIC		1U
#define PAGE_SHIFT		12
#define PAGE_SIZE		(1UL << PAGE_SHIFT)

/* Counts down; the allocation that finds 1 fails. 0 = none fails. */
extern unsigned long host_fail_alloc;
/* Allocations made so far, for tests that let each of them fail in turn. */
extern unsigned long host_allocs;
/* Allocations not freed yet. */
extern long host_live;
extern unsigned long host_total_pages;

void *host_zalloc(size_t n, size_t size);
void host_free(const void *p);

#define kmalloc(size, gfp)	host_zalloc(1, size)
#define kzalloc(size, gfp)	host_zalloc(1, size)
#define kvzalloc(size, gfp)	host_zalloc(1, size)
#define kcalloc(n, size, gfp)	host_zalloc(n, size)
#define kvcalloc(n, size, gfp)	host_zalloc(n, size)
#define kfree(p)		host_free(p)
#define kvfree(p)		host_free(p)
#define totalram_pages()	host_total_pages

void memzero_explicit(void *p, size_t n);
void *memchr_inv(const void *p, int c, size_t n);

#define MAX_ERRNO		4095
#define ERR_PTR(e)		((void *)(long)(e))
#define PTR_ERR(p)		((long)(p))
#define IS_ERR(p)		((unsigned long)(p) >= (unsigned long)-MAX_ERRNO)

/* Lists. */

struct list_head {
	struct list_head *next, *prev;
};

#define LIST_HEAD(name)		struct list_head name = { &(name), &(name) }

static inline void INIT_LIST_HEAD(struct list_head *list)
{
	list->next = list;
	list->prev = list;
}

static inline void list_add_tail(struct list_head *entry, struct list_head *head)
{
	entry->next = head;
	entry->prev = head->prev;
	head->prev->next = entry;
	head->prev = entry;
}

/* A second deletion, or use afterwards, faults. */
static inline void list_del(struct list_head *entry)
{
	entry->prev->next = entry->next;
	entry->next->prev = entry->prev;
	entry->next = NULL;
	entry->prev = NULL;
}

static inline void list_del_init(struct list_head *entry)
{
	list_del(entry);
	INIT_LIST_HEAD(entry);
}

static inline bool list_empty(const struct list_head *head)
{
	return head->next == head;
}

#define list_entry(ptr, type, member)	container_of(ptr, type, member)
#define list_first_entry(head, type, member) \
	list_entry((head)->next, type, member)
#define list_first_entry_or_null(head, type, member) \
	(list_empty(head) ? NULL : list_entry((head)->next, type, member))
#define list_for_each_entry(pos, head, member)				\
	for (pos = list_entry((head)->next, typeof(*pos), member);	\
	     &pos->member != (head);					\
	     pos = list_entry(pos->member.next, typeof(*pos), member))
#define list_for_each_entry_safe(pos, n, head, member)			\
	for (pos = list_entry((head)->next, typeof(*pos), member),	\
	     n = list_entry(pos->member.next, typeof(*pos), member);	\
	     &pos->member != (head);					\
	     pos = n, n = list_entry(n->member.next, typeof(*n), member))

struct hlist_node {
	struct hlist_node *next, **pprev;
};

struct hlist_head {
	struct hlist_node *first;
};

static inline void INIT_HLIST_NODE(struct hlist_node *n)
{
	n->next = NULL;
	n->pprev = NULL;
}

static inline void hlist_add_head(struct hlist_node *n, struct hlist_head *h)
{
	HOST_BUG_ON(n->pprev);
	n->next = h->first;
	n->pprev = &h->first;
	if (h->first)
		h->first->pprev = &n->next;
	h->first = n;
}

static inline void hlist_del_init(struct hlist_node *n)
{
	if (!n->pprev)
		return;
	*n->pprev = n->next;
	if (n->next)
		n->next->pprev = n->pprev;
	INIT_HLIST_NODE(n);
}

#define HOST_HLIST_ENTRY(ptr, type, member) \
	({ struct hlist_node *p__ = (ptr); \
	   p__ ? container_of(p__, type, member) : NULL; })
#define hlist_for_each_entry(pos, head, member)				\
	for (pos = HOST_HLIST_ENTRY((head)->first, typeof(*pos), member); pos; \
	     pos = HOST_HLIST_ENTRY(pos->member.next, typeof(*pos), member))

/* Locks: no waiting, since the tests know when they are free. */

struct mutex {
	bool held;
};

#define DEFINE_MUTEX(name)	struct mutex name

static inline void mutex_init(struct mutex *m)
{
	m->held = false;
}

static inline void mutex_lock(struct mutex *m)
{
	HOST_BUG_ON(m->held);
	m->held = true;
}

static inline void mutex_unlock(struct mutex *m)
{
	HOST_BUG_ON(!m->held);
	m->held = false;
}

typedef struct {
	bool held;
} spinlock_t;

static inline void spin_lock_init(spinlock_t *l)
{
	l->held = false;
}

static inline void spin_lock_bh(spinlock_t *l)
{
	HOST_BUG_ON(l->held);
	l->held = true;
}

static inline void spin_unlock_bh(spinlock_t *l)
{
	HOST_BUG_ON(!l->held);
	l->held = false;
}

struct rw_semaphore {
	int readers;
	bool writer;
};

/* Called before a lock is taken for writing: where another CPU may come in. */
extern void (*host_before_write)(struct rw_semaphore *s);

void init_rwsem(struct rw_semaphore *s);
void down_read(struct rw_semaphore *s);
void up_read(struct rw_semaphore *s);
void down_write(struct rw_semaphore *s);
void up_write(struct rw_semaphore *s);

#define lockdep_is_held(m)		((m)->held)
#define lockdep_assert_held(m)		HOST_BUG_ON(!(m)->held)
#define lockdep_assert_held_write(s)	HOST_BUG_ON(!(s)->writer)

/* RCU. */

struct rcu_head {
	void *unused[2];
};

extern __thread int host_rcu_depth;

static inline void rcu_read_lock(void)
{
	host_rcu_depth++;
}

static inline void rcu_read_unlock(void)
{
	HOST_BUG_ON(host_rcu_depth <= 0);
	host_rcu_depth--;
}

static inline bool rcu_read_lock_held(void)
{
	return host_rcu_depth > 0;
}

#define rcu_dereference_check(p, c) ({					\
	HOST_BUG_ON(!rcu_read_lock_held() && !(c));			\
	__atomic_load_n(&(p), __ATOMIC_ACQUIRE);			\
})
#define rcu_dereference(p)	rcu_dereference_check(p, false)
#define rcu_dereference_protected(p, c) ({				\
	HOST_BUG_ON(!(c));						\
	__atomic_load_n(&(p), __ATOMIC_RELAXED);			\
})
#define rcu_access_pointer(p)	__atomic_load_n(&(p), __ATOMIC_RELAXED)
/* Called after each store to such a pointer: what a reader may find just then. */
extern void (*host_after_publish)(void);

static inline void host_published(void)
{
	if (host_after_publish)
		host_after_publish();
}

#define rcu_assign_pointer(p, v) do {					\
	__atomic_store_n(&(p), v, __ATOMIC_RELEASE);			\
	host_published();						\
} while (0)
#define RCU_INIT_POINTER(p, v) do {					\
	__atomic_store_n(&(p), v, __ATOMIC_RELAXED);			\
	host_published();						\
} while (0)

/* The head is scribbled over, as the kernel does at once. */
void host_free_rcu(void *p, struct rcu_head *head);
void host_rcu_barrier(void);

#define kfree_rcu(p, member)	host_free_rcu(p, &(p)->member)
#define kvfree_rcu(p, member)	host_free_rcu(p, &(p)->member)

/* Random numbers: what a test has queued, then a fixed stream. */

void host_random_seed(u64 seed);
void host_random_queue(const void *bytes, size_t n);
u64 host_random_u64(void);
void get_random_bytes(void *buf, size_t n);

static inline int get_random_bytes_wait(void *buf, size_t n)
{
	get_random_bytes(buf, n);
	return 0;
}

typedef struct {
	u64 key[2];
} siphash_key_t;

u64 siphash_1u64(u64 a, const siphash_key_t *key);
u64 siphash_2u64(u64 a, u64 b, const siphash_key_t *key);
u64 siphash(const void *data, size_t len, const siphash_key_t *key);
u64 siphash_3u64(u64 a, u64 b, u64 c, const siphash_key_t *key);

/* Time. */

#define NSEC_PER_SEC		1000000000ULL
#define NSEC_PER_MSEC		1000000ULL

struct timespec64 {
	s64 tv_sec;
	long tv_nsec;
};

bool crypto_memneq(const void *a, const void *b, size_t n);

#endif /* HOST_H */
