// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signatures of every dishonest kind, installed over netlink in great numbers,
 * each with the verdict that it must get. Good ones are among them, so that the
 * lock is known to let somebody in.
 *
 * usage: lockflood DEV COUNT SEED
 *
 * The device has no peers, before and after.
 */
#include "../../uapi/tailnet.h"
#include "nl.h"
#include "req.h"
#include "rnd.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../kmod/nodesig.h"
#include "net.h"
#include "nodesig_hash.h"

#define POOL	2048	/* prepared installs */
#define BATCH	200	/* of one request */

/* Any of the reasons to refuse. */
#define NOT_ADMITTED	(-1)

struct signer {
	unsigned char public[32], secret[64];
};

/**
 * struct install - a peer, its signature, and what must come of it
 * @key:	node key
 * @num:	layers
 * @layers:	outermost first
 * @want:	enum tailnet_verdict or NOT_ADMITTED
 * @what:	for people
 * @with:	another install that has to be in the table too; NULL = none
 */
struct install {
	uint8_t key[32];
	unsigned int num;
	struct tn_nodesig_layer layers[TN_NODESIG_LAYERS];
	int want;
	const char *what;
	const struct install *with;
};

static struct signer trusted, stranger, node_lock, delegate;
static struct install pool[POOL], sent[2 * BATCH];
static unsigned long tally[TAILNET_VERDICT_OBSOLETE + 1];
static unsigned int n_sent;
static struct nlbuf msg;

static void digest(const struct tn_nodesig_layer *layers, unsigned int num,
		   uint8_t hash[32])
{
	uint8_t bytes[TN_NODESIG_BYTES];
	size_t len = tn_nodesig_encode(layers, num, false, bytes);

	tn_blake2s(hash, 32, bytes, len, NULL, 0);
}

static void sign(struct install *in, const struct signer *by)
{
	uint8_t hash[32];

	digest(in->layers, in->num, hash);
	crypto_sign_detached(in->layers->sig, NULL, hash, 32, by->secret);
	in->layers->has_sig = true;
}

/*
 * A signature whose R has a part of order 8: valid when the equation is
 * multiplied by 8, and not otherwise.
 */
static void sign_with_torsion(struct install *in, const struct signer *by)
{
	static const unsigned char order8[32] = {
		0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3,
		0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05,
		0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
		0xfc, 0x05,
	};
	unsigned char r[32], point[32], a[64], k[64], reduced[32];
	uint8_t *sig = in->layers->sig, hash[32];
	crypto_hash_sha512_state st;

	digest(in->layers, in->num, hash);
	crypto_core_ed25519_scalar_random(r);
	if (crypto_scalarmult_ed25519_base_noclamp(point, r) ||
	    crypto_core_ed25519_add(sig, point, order8))
		die("no point");
	crypto_hash_sha512_init(&st);
	crypto_hash_sha512_update(&st, sig, 32);
	crypto_hash_sha512_update(&st, by->public, 32);
	crypto_hash_sha512_update(&st, hash, 32);
	crypto_hash_sha512_final(&st, k);
	crypto_core_ed25519_scalar_reduce(reduced, k);
	crypto_hash_sha512(a, by->secret, 32);
	a[0] &= 248;
	a[31] = (a[31] & 127) | 64;
	memset(a + 32, 0, 32);
	crypto_core_ed25519_scalar_reduce(k, a);
	crypto_core_ed25519_scalar_mul(reduced, reduced, k);
	crypto_core_ed25519_scalar_add(sig + 32, r, reduced);
	in->layers->has_sig = true;
}

/* Another layer in front of what there is. */
static struct tn_nodesig_layer *front(struct install *in, uint8_t kind,
				      const uint8_t *node)
{
	struct tn_nodesig_layer *l = in->layers;

	memmove(l + 1, l, in->num++ * sizeof(*l));
	memset(l, 0, sizeof(*l));
	l->kind = kind;
	if (node) {
		l->pubkey_len = sizeof(l->pubkey);
		memcpy(l->pubkey, "np", 2);
		memcpy(l->pubkey + 2, node, 32);
	}
	return l;
}

static void root(struct install *in, uint8_t kind, const uint8_t *node,
		 const struct signer *claims, const struct signer *wrapping)
{
	struct tn_nodesig_layer *l = front(in, kind, node);

	l->key_id_len = 32;
	memcpy(l->key_id, claims->public, 32);
	if (wrapping) {
		l->has_wrapping = true;
		memcpy(l->wrapping, wrapping->public, 32);
	}
}

static void direct(struct install *in, const uint8_t *node,
		   const struct signer *wrapping)
{
	root(in, TN_NODESIG_DIRECT, node, &trusted, wrapping);
	sign(in, &trusted);
}

/* Each peer has a wrapping key of its own: no two are of one node. */
static void chain(struct install *in, unsigned int depth)
{
	struct signer own;
	uint8_t node[32];

	crypto_sign_keypair(own.public, own.secret);
	randombytes_buf(node, 32);
	direct(in, node, &own);
	while (--depth) {
		randombytes_buf(node, 32);
		front(in, TN_NODESIG_ROTATION, depth > 1 ? node : in->key);
		sign(in, &own);
	}
}

static void make(struct install *in, unsigned int class)
{
	static const uint8_t zeros[32];
	uint8_t node[32];

	memset(in, 0, sizeof(*in));
	randombytes_buf(in->key, 32);
	in->want = TAILNET_VERDICT_ADMITTED;
	switch (class) {
	case 0:
		in->what = "direct";
		direct(in, in->key, NULL);
		break;
	case 1:
		in->what = "chain";
		chain(in, 2 + rnd() % 15);
		break;
	case 2:
		in->what = "credential";
		root(in, TN_NODESIG_CREDENTIAL, NULL, &trusted, &delegate);
		sign(in, &trusted);
		front(in, TN_NODESIG_ROTATION, in->key);
		sign(in, &delegate);
		break;
	case 3:
		in->what = "unsigned";
		in->want = TAILNET_VERDICT_UNSIGNED;
		break;
	case 4:
		in->what = "by a stranger";
		root(in, TN_NODESIG_DIRECT, in->key, &stranger, NULL);
		sign(in, &stranger);
		in->want = TAILNET_VERDICT_UNTRUSTED;
		break;
	case 5:
		in->what = "by a stranger in another's name";
		root(in, TN_NODESIG_DIRECT, in->key, &trusted, NULL);
		sign(in, &stranger);
		in->want = TAILNET_VERDICT_SIGNATURE;
		break;
	case 6:
		in->what = "direct, valid by ZIP-215 only";
		root(in, TN_NODESIG_DIRECT, in->key, &trusted, NULL);
		sign_with_torsion(in, &trusted);
		break;
	case 7:
		in->what = "rotation, valid by ZIP-215 only";
		randombytes_buf(node, 32);
		direct(in, node, &node_lock);
		front(in, TN_NODESIG_ROTATION, in->key);
		sign_with_torsion(in, &node_lock);
		in->want = TAILNET_VERDICT_ROTATION;
		break;
	case 8:
		in->what = "rotation under a key of small order";
		randombytes_buf(node, 32);
		root(in, TN_NODESIG_DIRECT, node, &trusted, NULL);
		in->layers->has_wrapping = true;
		memcpy(in->layers->wrapping, zeros, 32);
		sign(in, &trusted);
		front(in, TN_NODESIG_ROTATION, in->key);
		sign(in, &stranger);
		in->want = TAILNET_VERDICT_WRAPPING;
		break;
	case 9:
		in->what = "rotation by the trusted key";
		randombytes_buf(node, 32);
		direct(in, node, &node_lock);
		front(in, TN_NODESIG_ROTATION, in->key);
		sign(in, &trusted);
		in->want = TAILNET_VERDICT_ROTATION;
		break;
	case 10:
		in->what = "of another node";
		randombytes_buf(node, 32);
		direct(in, node, NULL);
		in->want = TAILNET_VERDICT_NODE_KEY;
		break;
	case 11:
		in->what = "a credential alone";
		root(in, TN_NODESIG_CREDENTIAL, in->key, &trusted, &delegate);
		sign(in, &trusted);
		in->want = TAILNET_VERDICT_KIND;
		break;
	case 12:
		in->what = "nobody may rotate";
		randombytes_buf(node, 32);
		direct(in, node, NULL);
		front(in, TN_NODESIG_ROTATION, in->key);
		sign(in, &trusted);
		in->want = TAILNET_VERDICT_NO_WRAPPING;
		break;
	case 13:
		/* The one after it in the pool says so. */
		in->what = "rotated away";
		direct(in, in->key, NULL);
		in->with = in + 1;
		in->want = TAILNET_VERDICT_OBSOLETE;
		break;
	}
}

#define CLASSES 14

static void fill_pool(void)
{
	struct signer own;
	unsigned int i;

	for (i = 0; i < POOL; i++) {
		make(&pool[i], i % CLASSES);
		if (!pool[i].with)
			continue;
		if (i + 1 == POOL) {
			make(&pool[i], 0);
			continue;
		}
		i++;
		make(&pool[i], 3);
		crypto_sign_keypair(own.public, own.secret);
		direct(&pool[i], pool[i - 1].key, &own);
		front(&pool[i], TN_NODESIG_ROTATION, pool[i].key);
		sign(&pool[i], &own);
		pool[i].what = "rotation that leaves one behind";
		pool[i].want = TAILNET_VERDICT_ADMITTED;
	}
}

/* One bit of one field of a valid signature. */
static void mutate(struct install *in)
{
	struct tn_nodesig_layer *l;
	uint8_t *field;
	size_t len;

	if (in->want != TAILNET_VERDICT_ADMITTED || !in->num)
		return;
	l = &in->layers[rnd() % in->num];
	switch (rnd() % 4) {
	case 0:
		field = l->pubkey;
		len = l->pubkey_len;
		break;
	case 1:
		field = l->key_id;
		len = l->key_id_len;
		break;
	case 2:
		field = l->wrapping;
		len = l->has_wrapping ? 32 : 0;
		break;
	default:
		field = l->sig;
		len = 64;
	}
	if (!len) {
		field = l->sig;
		len = 64;
	}
	field[rnd() % len] ^= 1 << rnd() % 8;
	in->what = "a bit of a valid one turned";
	in->want = NOT_ADMITTED;
}

static void put_layer(const struct tn_nodesig_layer *l)
{
	size_t nest = nl_nest(&msg, TAILNET_A_PEER_LAYER);

	nl_put_u8(&msg, TAILNET_A_LAYER_KIND, l->kind);
	if (l->pubkey_len)
		nl_put(&msg, TAILNET_A_LAYER_PUBKEY, l->pubkey, l->pubkey_len);
	if (l->key_id_len)
		nl_put(&msg, TAILNET_A_LAYER_KEY_ID, l->key_id, l->key_id_len);
	if (l->has_sig)
		nl_put(&msg, TAILNET_A_LAYER_SIGNATURE, l->sig, 64);
	if (l->has_wrapping)
		nl_put(&msg, TAILNET_A_LAYER_WRAPPING, l->wrapping, 32);
	nl_end(&msg, nest);
}

static void put_install(const struct install *in, bool whole)
{
	size_t nest = nl_nest(&msg, TAILNET_A_PEER);
	unsigned int i;

	nl_put(&msg, TAILNET_A_PEER_PUBLIC_KEY, in->key, 32);
	for (i = 0; whole && i < in->num; i++)
		put_layer(&in->layers[i]);
	nl_end(&msg, nest);
}

static int call(struct nl *nl, nl_each each)
{
	struct answer a;

	nl_call(nl, &msg, each, NULL, &a);
	if (!a.got)
		die("no answer");
	return a.err;
}

static const struct nlattr *find(const uint8_t *p, const uint8_t *end,
				 uint16_t type)
{
	while (end - p >= NLA_HDRLEN) {
		const struct nlattr *a = (const void *)p;

		if ((a->nla_type & NLA_TYPE_MASK) == type)
			return a;
		p += NLA_ALIGN(a->nla_len);
	}
	return NULL;
}

static unsigned int n_seen;

static void check_verdict(const uint8_t *key, uint32_t verdict)
{
	unsigned int i;

	for (i = 0; i < n_sent && memcmp(sent[i].key, key, 32); i++)
		;
	if (i == n_sent)
		die("a peer that was not sent");
	n_seen++;
	tally[verdict]++;
	if (sent[i].want == NOT_ADMITTED ?
	    verdict != TAILNET_VERDICT_ADMITTED :
	    verdict == (uint32_t)sent[i].want)
		return;
	die("%s: verdict %u, expected %d", sent[i].what, verdict, sent[i].want);
}

static void on_peer(const struct nlmsghdr *m, void *ctx)
{
	const uint8_t *p = (const uint8_t *)m + NLMSG_HDRLEN + GENL_HDRLEN;
	const struct nlattr *peer, *key, *verdict;
	const uint8_t *end;
	uint32_t v;

	(void)ctx;
	peer = find(p, (const uint8_t *)m + m->nlmsg_len, TAILNET_A_PEER);
	if (!peer)
		return;
	p = (const uint8_t *)peer + NLA_HDRLEN;
	end = (const uint8_t *)peer + peer->nla_len;
	key = find(p, end, TAILNET_A_PEER_PUBLIC_KEY);
	verdict = find(p, end, TAILNET_A_PEER_VERDICT);
	if (!key || !verdict)
		die("a peer without a verdict");
	memcpy(&v, (const uint8_t *)verdict + NLA_HDRLEN, 4);
	check_verdict((const uint8_t *)key + NLA_HDRLEN, v);
}

static void add(const struct install *in)
{
	sent[n_sent] = *in;
	if (!in->with && rnd() % 4 == 0)
		mutate(&sent[n_sent]);
	n_sent++;
}

/* Installs, in some order, some in one request; then verdicts; then gone. */
static void batch(struct nl *nl)
{
	unsigned int i, at = rnd() % POOL;

	n_sent = 0;
	n_seen = 0;
	for (i = 0; i < BATCH; i++, at = (at + 1) % POOL) {
		/* It needs the one behind it, and would spoil a later one. */
		if (pool[at].with && (i + 2 > BATCH))
			continue;
		sent[n_sent] = pool[at];
		if (pool[at].with || (at && pool[at - 1].with))
			n_sent++;
		else
			add(&pool[at]);
	}
	/* A rotation that leaves one behind is harmless without that one. */
	nl_begin(&msg, nl->family, 0, TAILNET_CMD_PEER_NEW);
	req_put_dev(&msg);
	for (i = 0; i < n_sent; i++) {
		put_install(&sent[i], true);
		if (rnd() % 50)
			continue;
		if (call(nl, NULL))
			die("an install is refused");
		nl_begin(&msg, nl->family, 0, TAILNET_CMD_PEER_NEW);
		req_put_dev(&msg);
	}
	if (call(nl, NULL))
		die("an install is refused");
	nl_begin(&msg, nl->family, NLM_F_DUMP, TAILNET_CMD_PEER_GET);
	req_put_dev(&msg);
	if (call(nl, on_peer) || n_seen != n_sent)
		die("%u peers of %u are there", n_seen, n_sent);
	nl_begin(&msg, nl->family, 0, TAILNET_CMD_PEER_DEL);
	req_put_dev(&msg);
	for (i = 0; i < n_sent; i++)
		put_install(&sent[i], false);
	if (call(nl, NULL))
		die("a peer does not go");
}

static void too_deep(struct nl *nl)
{
	static struct install in;
	unsigned int i;

	make(&in, 3);
	chain(&in, TN_NODESIG_LAYERS);
	for (i = 0; i < 3; i++) {
		nl_begin(&msg, nl->family, 0, TAILNET_CMD_PEER_NEW);
		req_put_dev(&msg);
		size_t nest = nl_nest(&msg, TAILNET_A_PEER);

		nl_put(&msg, TAILNET_A_PEER_PUBLIC_KEY, in.key, 32);
		for (unsigned int j = 0; j < in.num; j++)
			put_layer(&in.layers[j]);
		for (unsigned int j = 0; j <= i * 100; j++)
			put_layer(&in.layers[in.num - 1]);
		nl_end(&msg, nest);
		if (call(nl, NULL) != -E2BIG)
			die("more than 16 layers are taken");
	}
}

static void set_keys(struct nl *nl, uint64_t generation)
{
	size_t nest;

	nl_begin(&msg, nl->family, 0, TAILNET_CMD_LOCK_SET);
	req_put_dev(&msg);
	nest = nl_nest(&msg, TAILNET_A_LOCK);
	nl_put_u64(&msg, TAILNET_A_LOCK_GENERATION, generation);
	nl_put(&msg, TAILNET_A_LOCK_KEY, trusted.public, 32);
	nl_end(&msg, nest);
	if (call(nl, NULL))
		die("the keys are refused");
}

int main(int argc, char **argv)
{
	unsigned long count, total = 0, batches = 0;
	struct nl nl;
	int i;

	if (argc != 4 || sodium_init() < 0)
		die("usage: lockflood DEV COUNT SEED");
	req_dev = argv[1];
	count = strtoul(argv[2], NULL, 0);
	rnd_seed(strtoul(argv[3], NULL, 0));
	if (nl_open(&nl, TAILNET_GENL_NAME))
		die("no netlink family");
	crypto_sign_keypair(trusted.public, trusted.secret);
	crypto_sign_keypair(stranger.public, stranger.secret);
	crypto_sign_keypair(node_lock.public, node_lock.secret);
	crypto_sign_keypair(delegate.public, delegate.secret);
	fill_pool();
	set_keys(&nl, 1);
	too_deep(&nl);
	while (total < count) {
		batch(&nl);
		total += n_sent;
		if (++batches % 100 == 0)
			set_keys(&nl, 1 + batches / 100);
	}
	printf("%lu installs, each with its verdict:", total);
	for (i = 0; i <= TAILNET_VERDICT_OBSOLETE; i++)
		if (tally[i])
			printf(" %d=%lu", i, tally[i]);
	printf("\n");
	return 0;
}
