// SPDX-License-Identifier: GPL-2.0-only
/*
 * The parts of host.h that are more than a line.
 */
#include "host.h"

unsigned long host_fail_alloc;
unsigned long host_allocs;
long host_live;
unsigned long host_total_pages = 1UL << 20;
void (*host_before_write)(struct rw_semaphore *s);
void (*host_after_publish)(void);
__thread int host_rcu_depth;

void *host_zalloc(size_t n, size_t size)
{
	void *p;

	host_allocs++;
	if (host_fail_alloc && --host_fail_alloc == 0)
		return NULL;
	p = calloc(n, size);
	HOST_BUG_ON(!p);
	host_live++;
	return p;
}

void host_free(const void *p)
{
	if (!p)
		return;
	host_live--;
	free((void *)p);
}

void memzero_explicit(void *p, size_t n)
{
	memset(p, 0, n);
	__asm__ __volatile__("" :: "r"(p) : "memory");
}

void *memchr_inv(const void *p, int c, size_t n)
{
	const u8 *b = p;

	for (; n; b++, n--)
		if (*b != (u8)c)
			return (void *)b;
	return NULL;
}

bool crypto_memneq(const void *a, const void *b, size_t n)
{
	return memcmp(a, b, n);
}

void init_rwsem(struct rw_semaphore *s)
{
	s->readers = 0;
	s->writer = false;
}

void down_read(struct rw_semaphore *s)
{
	HOST_BUG_ON(s->writer);
	s->readers++;
}

void up_read(struct rw_semaphore *s)
{
	HOST_BUG_ON(s->readers <= 0);
	s->readers--;
}

void down_write(struct rw_semaphore *s)
{
	void (*fn)(struct rw_semaphore *s) = host_before_write;

	if (fn) {
		/* Once, and not for the locks that it takes itself. */
		host_before_write = NULL;
		fn(s);
	}
	HOST_BUG_ON(s->writer || s->readers);
	s->writer = true;
}

void up_write(struct rw_semaphore *s)
{
	HOST_BUG_ON(!s->writer);
	s->writer = false;
}

static struct {
	void **p;
	size_t n, space;
} deferred;

void host_free_rcu(void *p, struct rcu_head *head)
{
	memset(head, 0xa5, sizeof(*head));
	if (deferred.n == deferred.space) {
		deferred.space = deferred.space ? 2 * deferred.space : 64;
		deferred.p = realloc(deferred.p,
				     deferred.space * sizeof(*deferred.p));
		HOST_BUG_ON(!deferred.p);
	}
	deferred.p[deferred.n++] = p;
}

void host_rcu_barrier(void)
{
	size_t i;

	HOST_BUG_ON(rcu_read_lock_held());
	for (i = 0; i < deferred.n; i++)
		host_free(deferred.p[i]);
	free(deferred.p);
	memset(&deferred, 0, sizeof(deferred));
}

static u64 random_state = 1;
static u8 random_queue[256];
static size_t random_queued;

void host_random_seed(u64 seed)
{
	random_state = seed;
	random_queued = 0;
}

/* "splitmix64": every seed gives a full and different stream. */
u64 host_random_u64(void)
{
	u64 z = random_state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

void host_random_queue(const void *bytes, size_t n)
{
	HOST_BUG_ON(random_queued + n > sizeof(random_queue));
	memcpy(random_queue + random_queued, bytes, n);
	random_queued += n;
}

void get_random_bytes(void *buf, size_t n)
{
	size_t queued = min_t(size_t, n, random_queued);
	u8 *p = buf;
	size_t i;

	memcpy(p, random_queue, queued);
	random_queued -= queued;
	memmove(random_queue, random_queue + queued, random_queued);
	for (i = queued; i < n; i++)
		p[i] = host_random_u64();
}

/* SipHash-2-4 of whole words, Aumasson and Bernstein 2012. */

static u64 rotl(u64 x, int n)
{
	return x << n | x >> (64 - n);
}

static void sip_round(u64 v[4])
{
	v[0] += v[1];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[0] = rotl(v[0], 32);
	v[2] += v[3];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[2] = rotl(v[2], 32);
}

static u64 siphash_words(const u64 *in, size_t words, const siphash_key_t *key)
{
	u64 v[4] = {
		key->key[0] ^ 0x736f6d6570736575ULL,
		key->key[1] ^ 0x646f72616e646f6dULL,
		key->key[0] ^ 0x6c7967656e657261ULL,
		key->key[1] ^ 0x7465646279746573ULL,
	};
	u64 last = (u64)words << 59;
	size_t i;

	for (i = 0; i <= words; i++) {
		u64 m = i < words ? in[i] : last;

		v[3] ^= m;
		sip_round(v);
		sip_round(v);
		v[0] ^= m;
	}
	v[2] ^= 0xff;
	for (i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

u64 siphash(const void *data, size_t len, const siphash_key_t *key)
{
	u64 words[8];

	HOST_BUG_ON(len % 8 || len > sizeof(words));
	memcpy(words, data, len);
	return siphash_words(words, len / 8, key);
}

u64 siphash_1u64(u64 a, const siphash_key_t *key)
{
	return siphash_words((u64 []){ a }, 1, key);
}

u64 siphash_2u64(u64 a, u64 b, const siphash_key_t *key)
{
	return siphash_words((u64 []){ a, b }, 2, key);
}

u64 siphash_3u64(u64 a, u64 b, u64 c, const siphash_key_t *key)
{
	return siphash_words((u64 []){ a, b, c }, 3, key);
}
