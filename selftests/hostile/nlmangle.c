// SPDX-License-Identifier: GPL-2.0-only
/* Valid requests, mangled attribute by attribute or at random. */
#include "nlfuzz.h"

#include "../../uapi/tailnet.h"
#include "net.h"
#include "rnd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Reset after so many requests that were accepted, so that tables stay small. */
#define RESET_EVERY	64

/**
 * struct spot - an attribute in a message
 * @off:	where it is
 * @depth:	how many nests it is in
 * @up:		where these are, outermost first
 * @parent:	type of the innermost of them, 0 at the top
 */
struct spot {
	size_t off;
	unsigned int depth;
	size_t up[NL_DEPTH];
	uint16_t parent;
};

#define MAX_SPOTS 128

static struct nlattr *attr_at(struct nlbuf *b, size_t off)
{
	return (struct nlattr *)(b->data + off);
}

static unsigned int find_spots(struct nlbuf *b, size_t from, size_t to,
			       const struct spot *in, struct spot *ret,
			       unsigned int n)
{
	while (from + NLA_HDRLEN <= to && n < MAX_SPOTS) {
		struct nlattr *a = attr_at(b, from);
		struct spot s = *in;

		s.off = from;
		ret[n++] = s;
		if (a->nla_type & NLA_F_NESTED && s.depth < NL_DEPTH) {
			s.up[s.depth++] = from;
			s.parent = a->nla_type & NLA_TYPE_MASK;
			n = find_spots(b, from + NLA_HDRLEN, from + a->nla_len,
				       &s, ret, n);
		}
		from += NLA_ALIGN(a->nla_len);
	}
	return n;
}

static unsigned int spots_of(struct nlbuf *b, struct spot *ret)
{
	static const struct spot top;

	return find_spots(b, NLMSG_HDRLEN + GENL_HDRLEN, b->len, &top, ret, 0);
}

/* Replace @old bytes at @at by @len new ones and keep all lengths true. */
static void splice(struct nlbuf *b, const struct spot *s, size_t at,
		   size_t old, const void *data, size_t len)
{
	unsigned int i;

	if (b->len - old + len > NL_MAX)
		die("mangled message too long");
	memmove(b->data + at + len, b->data + at + old, b->len - at - old);
	if (len)
		memcpy(b->data + at, data, len);
	b->len = b->len - old + len;
	for (i = 0; i < s->depth; i++) {
		struct nlattr *a = attr_at(b, s->up[i]);

		a->nla_len = (uint16_t)(a->nla_len - old + len);
	}
	nl_head(b)->nlmsg_len = (uint32_t)b->len;
}

static void replace_payload(struct nlbuf *b, const struct spot *s,
			    const void *data, size_t len)
{
	static uint8_t blob[1 << 16];
	struct nlattr *a = attr_at(b, s->off);
	size_t old = NLA_ALIGN(a->nla_len);
	struct nlattr head = { (uint16_t)(NLA_HDRLEN + len), a->nla_type };

	memset(blob, 0, NLA_ALIGN(NLA_HDRLEN + len));
	memcpy(blob, &head, NLA_HDRLEN);
	memcpy(blob + NLA_HDRLEN, data, len);
	splice(b, s, s->off, old, blob, NLA_ALIGN(NLA_HDRLEN + len));
}

/* Is any other length than its own a reason to refuse it? */
static bool fixed_length(struct nlbuf *b, const struct spot *s)
{
	const struct nlattr *a = attr_at(b, s->off);

	if (a->nla_type & NLA_F_NESTED)
		return false;
	/* A signer may have hashed any length of these. */
	if (s->parent == TAILNET_A_PEER_LAYER && s->depth == 2 &&
	    ((a->nla_type & NLA_TYPE_MASK) == TAILNET_A_LAYER_PUBKEY ||
	     (a->nla_type & NLA_TYPE_MASK) == TAILNET_A_LAYER_KEY_ID))
		return false;
	/* A name may be shorter. */
	return !(s->parent == TAILNET_A_DEV && s->depth == 1 &&
		 (a->nla_type & NLA_TYPE_MASK) == TAILNET_A_DEV_IFNAME);
}

/**
 * struct work - one request being mangled
 * @f:		run
 * @r:		request
 * @orig:	as it should be
 * @b:		mangled
 * @accepted:	mutants that were, since the last reset
 */
struct work {
	struct fuzz *f;
	const struct req *r;
	struct nlbuf *orig;
	struct nlbuf *b;
	unsigned int accepted;
};

/* The valid message again; a transaction is opened when it needs one. */
static void fresh(struct work *w)
{
	if (w->accepted >= RESET_EVERY) {
		fuzz_reset(w->f);
		w->accepted = 0;
	}
	if (w->r->txn) {
		struct answer a;

		/* One that is open still is in the way, or it is not there. */
		req_txn_end(&w->f->nl, TAILNET_CMD_TXN_ABORT, &a);
		req_begin_txn(&w->f->nl, TAILNET_TXN_MERGE, &a);
		if (a.err)
			die("%s: cannot open a transaction: %s", w->r->name,
			    a.text);
	}
	req_build(&w->f->nl, w->r, w->orig);
	memcpy(w->b->data, w->orig->data, w->orig->len);
	w->b->len = w->orig->len;
}

static void attempt(struct work *w, enum outcome want, const struct spot *s,
		    const char *what, unsigned long n)
{
	unsigned int type = attr_at(w->orig, s->off)->nla_type & NLA_TYPE_MASK;

	if (!fuzz_try(w->f, w->b, want, "%s: attribute %u at %zu (in %u): %s %lu",
		      w->r->name, type, s->off, s->parent, what, n)) {
		/* What it made may be in the way of the next. */
		w->accepted++;
		if (w->r->cmd == TAILNET_CMD_PEER_NEW ||
		    w->r->cmd == TAILNET_CMD_PEER_DEL ||
		    w->r->cmd == TAILNET_CMD_TXN_BEGIN)
			fuzz_reset(w->f);
	}
}

static void wrong_lengths(struct work *w, const struct spot *s)
{
	static const uint8_t fill[2048];
	static const size_t delta[] = { 1, 2, 3, 4, 8, 28, 64, 1000 };
	size_t own, i;
	enum outcome want;

	fresh(w);
	want = fixed_length(w->b, s) ? MUST_FAIL : MAY;
	own = attr_at(w->b, s->off)->nla_len - NLA_HDRLEN;
	for (i = 0; i < own && i < 40; i++) {
		fresh(w);
		replace_payload(w->b, s, w->orig->data + s->off + NLA_HDRLEN, i);
		/* Four of the sixteen bytes of an address are an address. */
		attempt(w, own == 16 && i == 4 ? MAY : want, s, "cut to", i);
	}
	for (i = 0; i < sizeof(delta) / sizeof(delta[0]); i++) {
		fresh(w);
		replace_payload(w->b, s, fill, own + delta[i]);
		attempt(w, own == 4 && own + delta[i] == 16 ? MAY : want, s,
			"zeros, length", own + delta[i]);
	}
}

/* Lengths that do not fit what follows. */
static void false_lengths(struct work *w, const struct spot *s)
{
	static const uint16_t lens[] = { 0, 1, 2, 3, 5, 0x7fff, 0xffff };
	struct nlattr *a;
	uint16_t own;
	size_t i;

	for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		fresh(w);
		attr_at(w->b, s->off)->nla_len = lens[i];
		attempt(w, lens[i] < NLA_HDRLEN || lens[i] > 0x1000 ?
			MUST_FAIL : MAY, s, "claims length", lens[i]);
	}
	for (i = 0; i < 2; i++) {
		fresh(w);
		a = attr_at(w->b, s->off);
		own = a->nla_len;
		a->nla_len = (uint16_t)(i ? own + 4 : own - 4);
		attempt(w, MAY, s, "claims length", a->nla_len);
	}
}

static void wrong_types(struct work *w, const struct spot *s)
{
	static const uint16_t types[] = { 0, 32, 100, 0x3fff };
	uint16_t own;
	unsigned int i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		fresh(w);
		own = attr_at(w->b, s->off)->nla_type;
		attr_at(w->b, s->off)->nla_type =
			(uint16_t)(types[i] | (own & NLA_F_NESTED));
		attempt(w, MUST_FAIL, s, "turned into type", types[i]);
	}
	/* Into each other kind that may stand there. */
	for (i = 1; i < 24; i++) {
		fresh(w);
		own = attr_at(w->b, s->off)->nla_type;
		if ((own & NLA_TYPE_MASK) == i)
			continue;
		attr_at(w->b, s->off)->nla_type =
			(uint16_t)(i | (own & NLA_F_NESTED));
		attempt(w, MAY, s, "turned into type", i);
	}
	fresh(w);
	attr_at(w->b, s->off)->nla_type ^= NLA_F_NESTED;
	attempt(w, MUST_FAIL, s, "nested flag turned round", 0);
	fresh(w);
	attr_at(w->b, s->off)->nla_type |= NLA_F_NET_BYTEORDER;
	attempt(w, MAY, s, "byte order flag", 0);
}

static void extras(struct work *w, const struct spot *s)
{
	static uint8_t blob[1 << 14];
	struct nlattr *a;
	size_t len;
	unsigned int i;

	fresh(w);
	splice(w->b, s, s->off, NLA_ALIGN(attr_at(w->b, s->off)->nla_len),
	       NULL, 0);
	attempt(w, MAY, s, "left out", 0);

	fresh(w);
	len = NLA_ALIGN(attr_at(w->b, s->off)->nla_len);
	memcpy(blob, w->b->data + s->off, len);
	splice(w->b, s, s->off, 0, blob, len);
	attempt(w, MAY, s, "twice", 2);

	/* Beside it: things of no kind, and the rests of things. */
	for (i = 0; i < 3; i++) {
		fresh(w);
		memset(blob, 0, sizeof(blob));
		a = (struct nlattr *)blob;
		a->nla_len = 8;
		a->nla_type = (uint16_t)(i == 0 ? 0 : i == 1 ? 60 : 0x3fff);
		splice(w->b, s, s->off, 0, blob, 8);
		attempt(w, MUST_FAIL, s, "behind one of unknown type", a->nla_type);
	}
	if (!(attr_at(w->orig, s->off)->nla_type & NLA_F_NESTED))
		return;

	/* Too deep: nests in nests in it. */
	fresh(w);
	len = 0;
	for (i = 0; i < 500; i++) {
		a = (struct nlattr *)(blob + len);
		a->nla_len = (uint16_t)((500 - i) * NLA_HDRLEN);
		a->nla_type = NLA_F_NESTED | TAILNET_A_PEER_ALLOWEDIP;
		len += NLA_HDRLEN;
	}
	replace_payload(w->b, s, blob, len);
	attempt(w, MUST_FAIL, s, "nests in it", 500);

	for (i = 0; i < 4; i++) {
		fresh(w);
		for (len = 0; len < 64U << i; len++)
			blob[len] = (uint8_t)rnd();
		replace_payload(w->b, s, blob, len);
		attempt(w, MUST_FAIL, s, "random bytes in it", len);
	}
	/* Bytes at its end that are no attribute. */
	fresh(w);
	{
		struct spot in = *s;
		size_t at = s->off + NLA_ALIGN(attr_at(w->b, s->off)->nla_len);
		static const uint8_t tail[4] = { 1, 0, 2, 0 };

		in.up[in.depth++] = s->off;
		splice(w->b, &in, at, 0, tail, sizeof(tail));
		attempt(w, MUST_FAIL, s, "bytes left over in it", 4);
	}
}

static void values(struct work *w, const struct spot *s)
{
	uint8_t *p;
	size_t own;
	unsigned int i;

	if (attr_at(w->orig, s->off)->nla_type & NLA_F_NESTED)
		return;
	for (i = 0; i < 6; i++) {
		fresh(w);
		own = attr_at(w->b, s->off)->nla_len - NLA_HDRLEN;
		p = w->b->data + s->off + NLA_HDRLEN;
		if (i < 3)
			memset(p, i == 0 ? 0 : i == 1 ? 0xff : 0x80, own);
		else
			while (own--)
				*p++ = (uint8_t)rnd();
		attempt(w, MAY, s, "value", i);
	}
}

/* The end of the message comes sooner than it should. */
static void truncations(struct work *w)
{
	size_t n;

	for (n = NLMSG_HDRLEN; n < w->orig->len; n++) {
		fresh(w);
		w->b->len = n;
		nl_head(w->b)->nlmsg_len = (uint32_t)n;
		if (!fuzz_try(w->f, w->b, MAY, "%s cut to %zu bytes",
			      w->r->name, n)) {
			w->accepted++;
			fuzz_reset(w->f);
		}
	}
	/* A header that promises more than there is: dropped unanswered. */
	fresh(w);
	nl_head(w->b)->nlmsg_len += 16;
	if (nl_send(&w->f->nl, w->b))
		die("%s: cannot be sent", w->r->name);
	w->f->sent++;
	fresh(w);
	((struct genlmsghdr *)(w->b->data + NLMSG_HDRLEN))->reserved = 1;
	fuzz_try(w->f, w->b, MUST_FAIL, "%s: reserved field not zero",
		 w->r->name);
}

/**
 * mangle_attributes() - each attribute of each request in every wrong way
 * @f:		run
 * @scale:	per cent of the attributes to do
 */
void mangle_attributes(struct fuzz *f, unsigned int scale)
{
	static struct nlbuf orig, b;
	static struct spot spots[MAX_SPOTS];
	struct work w = { .f = f, .orig = &orig, .b = &b };
	unsigned int i, n;
	size_t k;

	for (k = 0; k < n_reqs; k++) {
		w.r = &reqs[k];
		fuzz_reset(f);
		fresh(&w);
		fuzz_try(f, &b, MUST_PASS, "%s as it should be", w.r->name);
		fuzz_reset(f);
		truncations(&w);
		fuzz_reset(f);
		fresh(&w);
		n = spots_of(&orig, spots);
		for (i = 0; i < n; i++) {
			/* The device's nest is everywhere the same. */
			if (rnd() % 100 >= scale)
				continue;
			wrong_lengths(&w, &spots[i]);
			false_lengths(&w, &spots[i]);
			wrong_types(&w, &spots[i]);
			extras(&w, &spots[i]);
			values(&w, &spots[i]);
		}
		printf("attributes: %s: %u attributes, %lu requests so far\n",
		       w.r->name, n, f->sent);
	}
}

static void mangle_once(struct nlbuf *b)
{
	static const uint16_t lens[] = { 0, 1, 3, 4, 5, 8, 12, 0x7fff, 0xffff };
	static uint8_t blob[256];
	size_t head = NLMSG_HDRLEN + GENL_HDRLEN;
	size_t at, len, k;
	uint16_t v;

	/* Four bytes aligned, behind the headers. */
	at = b->len > head ? head + rnd() % (b->len - head) / 4 * 4 : head;
	switch (rnd() % 8) {
	case 0:
		if (at < b->len)
			b->data[at + rnd() % 4] ^= (uint8_t)(1 << rnd() % 8);
		break;
	case 1:
		if (at < b->len)
			b->data[at + rnd() % 4] = (uint8_t)rnd();
		break;
	case 2:
		v = lens[rnd() % (sizeof(lens) / sizeof(lens[0]))];
		if (at < b->len)
			memcpy(b->data + at, &v, sizeof(v));
		break;
	case 3:		/* a piece left out */
		len = 4 + rnd() % 8 * 4;
		if (at + len <= b->len) {
			memmove(b->data + at, b->data + at + len,
				b->len - at - len);
			b->len -= len;
		}
		break;
	case 4:		/* a piece twice */
		len = 4 + rnd() % 16 * 4;
		if (at + len <= b->len) {
			memmove(b->data + at + len, b->data + at, b->len - at);
			b->len += len;
		}
		break;
	case 5:		/* noise put in */
		len = 4 + rnd() % 16 * 4;
		for (k = 0; k < len; k++)
			blob[k] = (uint8_t)rnd();
		memmove(b->data + at + len, b->data + at, b->len - at);
		memcpy(b->data + at, blob, len);
		b->len += len;
		break;
	case 6:
		if (at > head)
			b->len = at;
		break;
	default:	/* another command, or other flags */
		if (rnd() % 2)
			b->data[NLMSG_HDRLEN] = (uint8_t)(rnd() % 16);
		else
			nl_head(b)->nlmsg_flags ^= (uint16_t)(0x100 << rnd() % 4);
	}
	nl_head(b)->nlmsg_len = (uint32_t)b->len;
}

/**
 * mangle_random() - random requests made from valid ones
 * @f:		run
 * @count:	how many
 */
void mangle_random(struct fuzz *f, unsigned long count)
{
	static struct nlbuf b;
	struct answer a;
	unsigned int accepted = 0, k;
	unsigned long i;

	for (i = 0; i < count; i++) {
		const struct req *r = &reqs[rnd() % n_reqs];

		if (accepted >= RESET_EVERY) {
			fuzz_reset(f);
			accepted = 0;
		}
		if (r->txn && rnd() % 2)
			req_begin_txn(&f->nl, (uint32_t)(rnd() % 2), &a);
		req_build(&f->nl, r, &b);
		for (k = 1 + rnd() % 4; k; k--)
			mangle_once(&b);
		/* The compare wants to know what is new. */
		if (!fuzz_try(f, &b, MAY, "random request %lu from %s", i,
			      r->name))
			accepted++;
	}
}
