// SPDX-License-Identifier: GPL-2.0-only
/*
 * Floods. Sources are invented and lie in ranges that only the tests' own
 * namespaces route; every flood has a greatest count and a greatest time.
 */
#include "flood.h"
#include "modes.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PULSE		64
#define SLOT		2048
#define DATA_PLAIN	96
/* As many different counters, all sealed for once, all old by then. */
#define STALE_KINDS	64

/**
 * struct maker - state of one flood
 * @victim:	static public key of the victim
 * @session:	see struct flood
 * @stale:	ready messages with used counters
 */
struct maker {
	uint8_t victim[KEY_LEN];
	const struct session *session;
	uint8_t stale[STALE_KINDS][DATA_PLAIN + DATA_OVERHEAD];
};

static void noise_bytes(uint8_t *p, size_t len)
{
	uint64_t r;
	size_t n;

	for (; len; p += n, len -= n) {
		r = rnd();
		n = len < 8 ? len : 8;
		memcpy(p, &r, n);
	}
}

static size_t make_init(struct maker *m, uint8_t *ret)
{
	struct wire_init *msg = (void *)ret;

	noise_bytes(ret, sizeof(*msg));
	msg->type = htole32(WIRE_INIT);
	memset(msg->mac2, 0, MAC_LEN);
	noise_mac1(m->victim, msg, sizeof(*msg));
	return sizeof(*msg);
}

static size_t make_init_badmac(struct maker *m, uint8_t *ret)
{
	struct wire_init *msg = (void *)ret;

	(void)m;
	noise_bytes(ret, sizeof(*msg));
	msg->type = htole32(WIRE_INIT);
	return sizeof(*msg);
}

static size_t make_resp(struct maker *m, uint8_t *ret)
{
	struct wire_resp *msg = (void *)ret;

	noise_bytes(ret, sizeof(*msg));
	msg->type = htole32(WIRE_RESP);
	noise_mac1(m->victim, msg, sizeof(*msg));
	return sizeof(*msg);
}

static size_t make_cookie(struct maker *m, uint8_t *ret)
{
	struct wire_cookie *msg = (void *)ret;

	noise_bytes(ret, sizeof(*msg));
	msg->type = htole32(WIRE_COOKIE);
	if (m->session)
		msg->receiver = htole32(m->session->remote_index);
	return sizeof(*msg);
}

static size_t make_badtag(struct maker *m, uint8_t *ret)
{
	struct wire_data *msg = (void *)ret;

	noise_bytes(ret, DATA_PLAIN + DATA_OVERHEAD);
	msg->type = htole32(WIRE_DATA);
	msg->receiver = htole32(m->session->remote_index);
	/* Within and far beyond the window. */
	msg->counter = htole64(rnd() >> rnd() % 60);
	return DATA_PLAIN + DATA_OVERHEAD;
}

static size_t make_stale(struct maker *m, uint8_t *ret)
{
	memcpy(ret, m->stale[rnd() % STALE_KINDS], sizeof(m->stale[0]));
	return sizeof(m->stale[0]);
}

static size_t make_junk(struct maker *m, uint8_t *ret)
{
	size_t len = rnd() % 1400;
	uint32_t word;

	(void)m;
	noise_bytes(ret, len);
	word = htole32((uint32_t)(rnd() % 8));
	if (len >= 4 && rnd() % 2)
		memcpy(ret, &word, 4);
	return len;
}

static const struct {
	const char *name;
	size_t (*make)(struct maker *m, uint8_t *ret);
	bool wants_session;
} kinds[] = {
	{ "init", make_init, false },
	{ "init-badmac", make_init_badmac, false },
	{ "resp", make_resp, false },
	{ "cookie", make_cookie, true },
	{ "badtag", make_badtag, true },
	{ "stale", make_stale, true },
	{ "junk", make_junk, false },
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static size_t kind_find(const char *name)
{
	size_t i;

	for (i = 0; i < N_KINDS && strcmp(kinds[i].name, name); i++)
		;
	return i;
}

/**
 * flood_known() - is there such a flood?
 * @kind:	name
 *
 * Return: whether.
 */
bool flood_known(const char *kind)
{
	return kind_find(kind) < N_KINDS;
}

static void prepare(struct maker *m, const struct flood *f)
{
	uint8_t priv[KEY_LEN], plain[DATA_PLAIN] = { 0x45 };
	unsigned int i;

	noise_test_key(KEY_VICTIM, priv, m->victim);
	m->session = f->session;
	for (i = 0; f->session && i < STALE_KINDS; i++)
		noise_seal(f->session, i, plain, sizeof(plain), m->stale[i]);
}

/*
 * How many may go out now, by the clock. Pulses that a busy machine did not send
 * in time are left out, or they would come all at once.
 */
static unsigned int allowance(const struct flood *f, uint64_t *next_ns)
{
	unsigned int pulse = f->pulse ? f->pulse : PULSE;
	uint64_t now = now_ns(), every;

	if (!f->rate)
		return pulse;
	if (now < *next_ns)
		return 0;
	every = pulse * 1000000000ULL / f->rate;
	*next_ns += every;
	if (*next_ns + every < now)
		*next_ns = now;
	return pulse;
}

static unsigned int burst(struct raw *raw, struct mmsghdr *mm, unsigned int n)
{
	unsigned int done = 0;
	int r;

	while (done < n) {
		r = sendmmsg(raw->fd, mm + done, n - done, 0);
		if (r > 0) {
			done += (unsigned int)r;
			continue;
		}
		/* A full queue on the way costs this one. */
		if (errno == ENOBUFS || errno == EAGAIN)
			done++;
		else if (errno != EINTR && errno != ECONNREFUSED)
			die("flood: sendmmsg: %s", strerror(errno));
	}
	return done;
}

/**
 * flood_run() - send a flood
 * @opt:	options
 * @f:		what and how much
 *
 * Return: how many were sent.
 */
uint64_t flood_run(const struct options *opt, const struct flood *f)
{
	uint64_t start = now_ns(), end = start + f->seconds * 1000000000ULL;
	static uint8_t slots[FLOOD_PULSE_MAX][SLOT], payload[SLOT];
	size_t kind = kind_find(f->kind);
	static struct mmsghdr mm[FLOOD_PULSE_MAX];
	static struct iovec iov[FLOOD_PULSE_MAX];
	static struct maker m;
	uint64_t sent = 0, next = start;
	struct raw raw;
	unsigned int i, n;
	size_t len;

	if (raw_open(&raw, &opt->to))
		die("flood: raw socket: %s", strerror(errno));
	prepare(&m, f);
	while (sent < f->count && now_ns() < end) {
		n = allowance(f, &next);
		if (!n) {
			usleep(500);
			continue;
		}
		if (n > f->count - sent)
			n = (unsigned int)(f->count - sent);
		for (i = 0; i < n; i++) {
			len = kinds[kind].make(&m, payload);
			iov[i].iov_base = slots[i];
			iov[i].iov_len = raw_build(&raw, rnd(), payload, len,
						   slots[i]);
			mm[i].msg_hdr.msg_iov = &iov[i];
			mm[i].msg_hdr.msg_iovlen = 1;
		}
		sent += burst(&raw, mm, n);
	}
	close(raw.fd);
	return sent;
}

/* Counters high enough that the prepared ones lie behind the window. */
static void grow_stale(struct peer *p)
{
	p->cur->counter += STALE_KINDS + 2 * p->opt->window;
	peer_echo(p, p->cur, "flood: before");
}

/**
 * mode_flood() - a flood, and an echo on the session that it was aimed at
 * @opt:	options
 * @argc:	1 to 5
 * @argv:	kind; count, default 50000; rate per second, default 0 for as
 *		many as go out; seconds, default 30; how many at once, default 64
 */
void mode_flood(const struct options *opt, int argc, char **argv)
{
	struct flood f = { .kind = argc > 0 ? argv[0] : "", .count = 50000,
			   .seconds = 30 };
	static struct peer p;
	uint64_t t, sent;

	if (!flood_known(f.kind))
		die("flood: no such kind: %s", f.kind);
	if (argc > 1)
		f.count = strtoull(argv[1], NULL, 0);
	if (argc > 2)
		f.rate = strtoull(argv[2], NULL, 0);
	if (argc > 3)
		f.seconds = (unsigned int)atoi(argv[3]);
	if (argc > 4)
		f.pulse = (unsigned int)atoi(argv[4]);
	if (f.pulse > FLOOD_PULSE_MAX)
		die("flood: at most %d at once", FLOOD_PULSE_MAX);
	if (kinds[kind_find(f.kind)].wants_session) {
		peer_open(&p, opt, opt->from, opt->port, opt->psk);
		peer_bring_up(&p);
		grow_stale(&p);
		f.session = p.cur;
	}
	t = now_ms();
	sent = flood_run(opt, &f);
	t = now_ms() - t;
	printf("flood %s: sent %" PRIu64 " in %" PRIu64 " ms, %" PRIu64 "/s\n",
	       f.kind, sent, t, sent * 1000 / (t ? t : 1));
	if (f.session) {
		peer_echo(&p, p.cur, "flood: afterwards");
		peer_quiet(&p, 100);
		peer_close(&p);
	}
}
