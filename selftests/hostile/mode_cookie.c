// SPDX-License-Identifier: GPL-2.0-only
/* Cookies: forged ones given to the victim, and those it gives under load. */
#include "modes.h"
#include "flood.h"
#include "mutate.h"

#include <endian.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const uint8_t zero[MAC_LEN];

static void make_cookie(struct duo *d, uint32_t mark, uint8_t *ret)
{
	uint8_t cookie[MAC_LEN];

	/* Nothing in it can carry the mark; initiations show an effect. */
	(void)mark;
	randombytes_buf(cookie, sizeof(cookie));
	noise_cookie_create(d->main.id.pub, le32toh(d->main.init.sender),
			    d->main.init.mac1, cookie, (void *)ret);
}

static void no_mac2(struct peer *p, const char *what)
{
	if (memcmp(p->init.mac2, zero, MAC_LEN))
		die("%s: the victim took a cookie that it must not take", what);
}

static void next_init(struct peer *p, const char *what)
{
	if (!peer_wait_init(p, 6000 + p->opt->patience_ms))
		die("%s: the victim did not start over", what);
}

static bool mac2_is(const struct peer *p, const uint8_t cookie[MAC_LEN])
{
	struct wire_init msg = p->init;

	noise_mac2(cookie, &msg, sizeof(msg));
	return !memcmp(msg.mac2, p->init.mac2, MAC_LEN);
}

static void send_cookie(struct duo *d, const uint8_t *pub, uint32_t index,
			const uint8_t *mac1, const uint8_t *cookie)
{
	struct wire_cookie msg;

	noise_cookie_create(pub, index, mac1, cookie, &msg);
	duo_send(d, &msg, sizeof(msg));
}

static void forgeries(struct duo *d)
{
	const struct options *opt = d->main.opt;
	uint32_t index = le32toh(d->main.init.sender);
	uint8_t priv[KEY_LEN], pub[KEY_LEN], cookie[MAC_LEN] = { 7 };
	uint8_t mac1[MAC_LEN];

	case_new(opt, "cookie under another key");
	noise_test_key(KEY_STRANGER, priv, pub);
	send_cookie(d, pub, index, d->main.init.mac1, cookie);
	case_new(opt, "cookie under the victim's key");
	send_cookie(d, d->main.id.remote, index, d->main.init.mac1, cookie);
	case_new(opt, "cookie for another mac1");
	memcpy(mac1, d->main.init.mac1, MAC_LEN);
	mac1[3] ^= 4;
	send_cookie(d, d->main.id.pub, index, mac1, cookie);
	case_new(opt, "cookie for no mac1");
	send_cookie(d, d->main.id.pub, index, zero, cookie);
	case_new(opt, "cookie for another index");
	send_cookie(d, d->main.id.pub, index + 1, d->main.init.mac1, cookie);
	case_new(opt, "cookie for the index of another peer's session");
	send_cookie(d, d->main.id.pub, d->fence.cur->remote_index,
		    d->main.init.mac1, cookie);
	duo_fence(d, "forged cookies");
	no_mac2(&d->main, "forged cookies");
}

/**
 * mode_cookie_forge() - only the true cookie is used, and each reply once
 * @opt:	options
 * @argc:	unused
 * @argv:	unused
 */
void mode_cookie_forge(const struct options *opt, int argc, char **argv)
{
	static const struct mutator reply = {
		.name = "cookie reply",
		.len = sizeof(struct wire_cookie),
		.make = make_cookie,
	};
	const uint8_t first[MAC_LEN] = { 1, 2, 3 }, second[MAC_LEN] = { 4 };
	struct wire_cookie msg;
	static struct duo d;
	struct peer *p = &d.main;
	uint8_t old_mac1[MAC_LEN];
	uint32_t old_index;

	(void)argc;
	(void)argv;
	duo_open(&d, opt);
	peer_sink(p);
	peer_reset_victim(p);
	p->cur = NULL;
	peer_poke(p, good_mark());
	next_init(p, "cookie");
	no_mac2(p, "the first initiation");

	forgeries(&d);
	mutate(&d, &reply);
	no_mac2(p, "mutants of a cookie reply");
	next_init(p, "cookie");
	no_mac2(p, "initiation after all forged cookies");

	/* One true one; whatever follows it comes unasked. */
	memcpy(old_mac1, p->init.mac1, MAC_LEN);
	old_index = le32toh(p->init.sender);
	noise_cookie_create(p->id.pub, old_index, old_mac1, first, &msg);
	peer_send(p, &msg, sizeof(msg));
	duo_fence(&d, "a true cookie");
	case_new(opt, "second cookie for the same initiation");
	send_cookie(&d, p->id.pub, old_index, old_mac1, second);
	duo_fence(&d, "second cookie");

	next_init(p, "true cookie");
	if (!memcmp(p->init.mac2, zero, MAC_LEN))
		die("true cookie: not used in the next initiation");
	if (mac2_is(p, second))
		die("second cookie for the same initiation: taken");
	if (!mac2_is(p, first))
		die("true cookie: mac2 is neither of it nor zero");

	case_new(opt, "cookie for the initiation before");
	send_cookie(&d, p->id.pub, le32toh(p->init.sender), old_mac1, second);
	case_new(opt, "cookie reply replayed");
	duo_send(&d, &msg, sizeof(msg));
	next_init(p, "old cookies");
	if (!mac2_is(p, first))
		die("cookie for the initiation before: taken");

	p->cur = peer_answer(p);
	p->cur_ms = now_ms();
	peer_echo(p, p->cur, "a session after all cookies");
	duo_close(&d);
}

/*
 * Each pulse puts the victim under load by itself, for a second. The next one
 * comes when that is over: one that comes before is answered with cookies alone,
 * so fast that it does not prolong the load.
 */
#define PULSE		FLOOD_PULSE_MAX
#define PULSE_MS	1050

static pid_t start_flood(const struct options *opt)
{
	struct flood f = { .kind = "init", .count = UINT64_MAX,
			   .rate = PULSE * 1000 / PULSE_MS, .pulse = PULSE,
			   .seconds = 900 };
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		die("fork failed");
	if (pid == 0) {
		flood_run(opt, &f);
		_exit(0);
	}
	return pid;
}

static pid_t flood_pid;

static void stop_flood(void)
{
	if (flood_pid <= 0)
		return;
	kill(flood_pid, SIGKILL);
	waitpid(flood_pid, NULL, 0);
	flood_pid = 0;
}

/*
 * How long an answer may take. Thousands of other messages wait before ours,
 * and how long that is depends on the machine.
 */
#define WAIT_MAX_MS 10000
static unsigned int wait_ms = 300;

static void wait_longer(void)
{
	if (wait_ms < WAIT_MAX_MS)
		wait_ms *= 2;
}

/* What an initiation led to. */
static enum event_kind ask(struct peer *p, const uint8_t *cookie,
			   unsigned int ms)
{
	uint64_t deadline = now_ms() + ms;
	static struct event ev;
	struct wire_init msg;
	uint8_t tai[TAI_LEN];

	peer_init_gap(p);
	noise_tai_now(tai);
	noise_init_create(&p->hs, &p->id, good_mark(), tai, NULL, &msg);
	if (cookie)
		noise_mac2(cookie, &msg, sizeof(msg));
	p->last_init_ms = now_ms();
	peer_send(p, &msg, sizeof(msg));
	for (;;) {
		const struct wire_resp *r = (const void *)ev.msg;
		const struct wire_cookie *c = (const void *)ev.msg;

		peer_next(p, deadline, &ev);
		if (ev.kind == EV_NONE)
			return EV_NONE;
		if (ev.kind == EV_COOKIE &&
		    le32toh(c->receiver) == p->hs.local_index) {
			if (noise_cookie_open(p->id.remote, p->hs.mac1, c,
					      p->cookie))
				die("load: cookie reply that does not open");
			p->have_cookie = true;
			return EV_COOKIE;
		}
		if (ev.kind == EV_RESP &&
		    le32toh(r->receiver) == p->hs.local_index) {
			p->last_init_ms = now_ms();
			if (noise_resp_consume(&p->hs, &p->id, r))
				die("load: response that does not open");
			return EV_RESP;
		}
	}
}

/* Asking without a cookie shows whether the victim is under load. */
static bool loaded(struct peer *p)
{
	enum event_kind got = ask(p, NULL, wait_ms);

	if (got == EV_NONE)
		wait_longer();
	return got == EV_COOKIE;
}

/*
 * Under load, a wrong cookie gets a new one, not a session. Load comes and goes:
 * an answer counts if there was load before it and after it, which may still
 * have been away in between.
 */
#define REFUSALS 8

static void refuse_cookie(struct peer *p, const uint8_t *cookie,
			  const char *what)
{
	uint64_t end = now_ms() + 3 * p->opt->patience_ms;
	unsigned int tried = 0, sessions = 0, cookies = 0;
	uint8_t good[MAC_LEN], asked[MAC_LEN];
	enum event_kind got;

	memcpy(good, p->cookie, MAC_LEN);
	if (cookie)
		memcpy(asked, cookie, MAC_LEN);
	while (cookies < REFUSALS && sessions < REFUSALS) {
		if (now_ms() > end)
			die("load: %s: %u tries, %u cookies and %u sessions under load",
			    what, tried, cookies, sessions);
		tried++;
		if (!loaded(p))
			continue;
		got = ask(p, cookie ? asked : NULL, wait_ms);
		if (got == EV_NONE || !loaded(p))
			continue;
		cookies += got == EV_COOKIE;
		sessions += got == EV_RESP;
	}
	printf("load: %s: %u tries; under load %u got a cookie, %u a session\n",
	       what, tried, cookies, sessions);
	if (cookies < REFUSALS)
		die("load: %s: %u got a session", what, sessions);
	memcpy(p->cookie, good, MAC_LEN);
}

/*
 * One source is let through 20 times a second and 5 at once. Answers to any of
 * the initiations count, late ones too.
 * Return: whether no more were answered than may be.
 */
static bool limited(struct peer *p, unsigned int ms)
{
	uint64_t start = now_ms(), end = start + ms, next;
	unsigned int sent = 0, answered = 0, allowed;
	static struct event ev;
	struct wire_init msg;
	uint8_t tai[TAI_LEN];

	while (now_ms() < end) {
		noise_tai_now(tai);
		noise_init_create(&p->hs, &p->id, good_mark(), tai, NULL, &msg);
		noise_mac2(p->cookie, &msg, sizeof(msg));
		peer_send(p, &msg, sizeof(msg));
		sent++;
		next = now_ms() + INIT_GAP_MS + 5;
		do {
			peer_next(p, next, &ev);
			answered += ev.kind == EV_RESP;
		} while (ev.kind != EV_NONE);
	}
	p->last_init_ms = now_ms();
	allowed = 5 + (unsigned int)((now_ms() - start) * 20 / 1000) + 5;
	printf("load: limiter: %u of %u initiations with a cookie answered in %u ms, at most %u\n",
	       answered, sent, (unsigned int)(now_ms() - start), allowed);
	return answered <= allowed;
}

/*
 * Who is not under load limits nobody, and load comes and goes: what counts is a
 * time with load before it and after it. The limit must show in one of them.
 */
#define LIMITER_RUNS 6

static void rate_limit(struct peer *p, unsigned int ms)
{
	uint64_t end = now_ms() + 3 * p->opt->patience_ms;
	unsigned int runs = 0;
	bool ok;

	while (runs < LIMITER_RUNS) {
		if (now_ms() > end)
			die("load: limiter: %u times under load only", runs);
		if (!loaded(p))
			continue;
		ok = limited(p, ms);
		if (!loaded(p))
			continue;
		if (ok)
			return;
		runs++;
	}
	die("load: limiter: more than may be answered, %u times", runs);
}

/**
 * mode_cookie_load() - a victim under load wants cookies and lets us in
 * @opt:	options
 * @argc:	unused
 * @argv:	unused
 */
void mode_cookie_load(const struct options *opt, int argc, char **argv)
{
	uint64_t start, took = 0, limit = opt->patience_ms;
	static struct peer p, elsewhere;
	uint8_t wrong[MAC_LEN];
	enum event_kind got;

	(void)argc;
	(void)argv;
	peer_open(&p, opt, opt->from, opt->port, opt->psk);
	peer_bring_up(&p);
	start = now_ms();
	flood_pid = start_flood(opt);
	atexit(stop_flood);

	do {
		got = ask(&p, NULL, wait_ms);
		if (got == EV_NONE)
			wait_longer();
		if (now_ms() - start > 3 * limit)
			die("load: no cookie reply within %u ms of a flood",
			    (unsigned int)(3 * limit));
	} while (got != EV_COOKIE);
	printf("load: first cookie reply after %u ms\n",
	       (unsigned int)(now_ms() - start));

	/* This is the promise: somebody with a cookie gets in, and soon. */
	start = now_ms();
	do {
		got = ask(&p, p.cookie, wait_ms);
		if (got == EV_NONE)
			wait_longer();
		took = now_ms() - start;
		if (took > limit)
			die("load: no session with a cookie within %u ms",
			    (unsigned int)limit);
	} while (got != EV_RESP);
	p.cur = peer_session(&p, &p.hs, true);
	if (!peer_try_echo(&p, p.cur, opt->patience_ms))
		die("load: no echo on the session made under load");
	printf("load: session after %u ms, echo after %u ms\n",
	       (unsigned int)took, (unsigned int)(now_ms() - start));

	randombytes_buf(wrong, sizeof(wrong));
	refuse_cookie(&p, NULL, "no cookie");
	refuse_cookie(&p, wrong, "an invented cookie");
	peer_open(&elsewhere, opt, opt->from, 0, opt->psk);
	elsewhere.last_init_ms = p.last_init_ms;
	memcpy(elsewhere.cookie, p.cookie, MAC_LEN);
	refuse_cookie(&elsewhere, p.cookie, "the cookie of another port");
	p.last_init_ms = elsewhere.last_init_ms;
	rate_limit(&p, 2000);
	stop_flood();

	p.have_cookie = false;
	p.cur = peer_handshake(&p, "after the load");
	peer_echo(&p, p.cur, "after the load");
	peer_quiet(&p, 100);
	peer_close(&elsewhere);
	peer_close(&p);
}
