// SPDX-License-Identifier: GPL-2.0-only
#include "lock_peer.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lock.h"
#include "test.h"

static struct reply *vask(struct peer *p, const char *what, const char *format,
			  va_list ap)
{
	struct buf path = {}, body = {};
	char key[KEY_TEXT_MAX], *more;
	struct reply *r;

	if (vasprintf(&more, format, ap) < 0)
		abort();
	buf_printf(&path, "/machine/tka/%s", what);
	buf_printf(&body, "{\"Version\":%d,\"NodeKey\":\"%s\"", CLIENT_VERSION,
		   public_text("nodekey", p->key, key));
	buf_text(&body, more);
	buf_text(&body, "}");
	free(more);
	r = client_ask(p->c, "GET", buf_str(&path), buf_str(&body));
	buf_done(&path);
	buf_done(&body);
	return r;
}

struct reply *lock_ask(struct peer *p, const char *what, const char *format,
		       ...)
{
	struct reply *r;
	va_list ap;

	va_start(ap, format);
	r = vask(p, what, format, ap);
	va_end(ap);
	return r;
}

json_t *lock_answer(struct peer *p, const char *what, const char *format, ...)
{
	struct reply *r;
	va_list ap;

	va_start(ap, format);
	r = vask(p, what, format, ap);
	va_end(ap);
	if (!r || r->status != 200)
		return NULL;
	return json_loadb((char *)buf_data(&r->body), buf_len(&r->body), 0,
			  NULL);
}

const char *base64_text(const struct buf *b)
{
	static struct buf texts[4];
	static unsigned int next;
	struct buf *out = &texts[next++ % 4];

	buf_done(out);
	base64_add(out, buf_data(b), buf_len(b));
	return buf_str(out);
}

const char *hash_text_of(const struct buf *aum)
{
	static char texts[4][LOCK_HASH_TEXT];
	static unsigned int next;
	uint8_t hash[LOCK_HASH];

	lock_hash(buf_data(aum), buf_len(aum), hash);
	return lock_hash_text(hash, texts[next++ % 4]);
}

void base64_bytes(const json_t *v, struct buf *ret)
{
	size_t len = json_string_length(v);
	uint8_t *p = buf_grow(ret, len + 1);
	long n = v ? base64_parse(json_string_value(v), len, p, len) : 0;

	buf_chop(ret, len + 1 - (n < 0 ? 0 : n));
}

void signer_test(unsigned int i, struct signer *ret)
{
	uint8_t seed[32];

	memset(seed, 0x70 + i, sizeof(seed));
	crypto_sign_seed_keypair(ret->pub, ret->priv, seed);
}

void peer_key(const struct peer *p, uint8_t ret[32])
{
	crypto_scalarmult_base(ret, p->key);
}

/* --- a network with a lock ------------------------------------------------------ */

static const char *sig_for(const struct peer *p, const struct signer *by)
{
	const char *text;
	struct buf sig = {};
	uint8_t key[32];

	peer_key(p, key);
	make_sig(&sig, key, by->pub, by);
	text = base64_text(&sig);
	buf_done(&sig);
	return text;
}

/* Nobody has a secret for its value. */
static void genesis(struct lock_net *net)
{
	static const uint8_t value[1][32] = { "no value of any secret" };
	struct made_key key = { .votes = 1 };

	memcpy(key.pub, net->by.pub, 32);
	make_genesis(&net->genesis, &key, 1, value, 1, 77, &net->by);
	lock_hash(buf_data(&net->genesis), buf_len(&net->genesis), net->head);
}

static void switch_on(struct lock_net *net)
{
	json_t *v;

	v = lock_answer(&net->a, "init/begin", ",\"GenesisAUM\":\"%s\"",
			base64_text(&net->genesis));
	CHECK_EQ(json_array_size(at(v, "NeedSignatures")), 2);
	json_decref(v);
	v = lock_answer(&net->a, "init/finish",
			",\"Signatures\":{\"1\":\"%s\",\"2\":\"%s\"}",
			sig_for(&net->a, &net->by), sig_for(&net->b, &net->by));
	CHECK(json_is_object(v));
	json_decref(v);
	v = peer_until(&net->a, "TKAInfo.Head");
	CHECK(v);
	json_decref(v);
	v = peer_until(&net->b, "TKAInfo.Head");
	CHECK(v);
	json_decref(v);
}

void lock_net_start(struct lock_net *net)
{
	static const char *const options[] = { "--open", "--lock", NULL };

	memset(net, 0, sizeof(*net));
	CHECK(rig_start(&net->rig, options));
	signer_test(0, &net->by);
	peer_init(&net->rig, &net->a, "a");
	peer_init(&net->rig, &net->b, "b");
	json_decref(peer_join(&net->a, ""));
	json_decref(peer_join(&net->b, ""));
	genesis(net);
	CHECK_IN(switch_on(net));
}

bool lock_net_stop(struct lock_net *net)
{
	peer_done(&net->a);
	peer_done(&net->b);
	buf_done(&net->genesis);
	return rig_stop(&net->rig);
}

void lock_net_grow(struct lock_net *net)
{
	char head[LOCK_HASH_TEXT];
	struct buf aum = {};
	json_t *v;

	make_update(&aum, net->head, MADE_NO_OP, NULL, &net->by);
	v = lock_answer(&net->a, "sync/send", ",\"Head\":\"%s\","
			"\"MissingAUMs\":[\"%s\"],\"Interactive\":true",
			lock_hash_text(net->head, head), base64_text(&aum));
	lock_hash(buf_data(&aum), buf_len(&aum), net->head);
	buf_done(&aum);
	CHECK(v && !strcmp(text_at(v, "Head"),
			   lock_hash_text(net->head, head)));
	json_decref(v);
}
