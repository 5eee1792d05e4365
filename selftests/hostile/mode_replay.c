// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters. A packet whose counter must be accepted carries an echo request
 * whose reply is waited for; one that must be refused carries a mark that ends
 * the run if it is ever answered. Data of a session is handled in order, so
 * the next accepted packet proves that the refused ones before it were.
 */
#include "modes.h"
#include "duo.h"

#include <stdio.h>
#include <string.h>

static void probe(struct peer *p, struct session *s, uint64_t counter,
		  bool accept, const char *name)
{
	uint64_t deadline = now_ms() + p->opt->patience_ms;
	uint8_t plain[64] = { 0 };
	static struct event ev;
	uint32_t mark;
	size_t len;

	mark = accept ? good_mark() :
			case_new(p->opt, "%s: counter %llu", name,
				 (unsigned long long)counter);
	len = inner_echo4(&p->in, mark, 20, plain);
	peer_send_plain(p, s, counter, plain, inner_pad(len));
	if (!accept)
		return;
	do {
		peer_next(p, deadline, &ev);
	} while (ev.kind != EV_NONE &&
		 !(ev.kind == EV_DATA && ev.inner == INNER_ECHO_REPLY &&
		   ev.mark == mark));
	if (ev.kind == EV_NONE)
		die("%s: counter %llu was refused", name,
		    (unsigned long long)counter);
}

/**
 * struct step - one packet
 * @base:	0: the counter is @off; 'W': window + @off; 'R': the first
 *		counter that is never accepted + @off; 'M': greatest + @off
 * @factor:	of the window, for 'W'
 * @off:	see @base
 * @accept:	what must happen
 */
struct step {
	char base;
	int factor;
	int64_t off;
	bool accept;
};

/* Oldest counter still acceptable: the greatest one minus the window. */
static const struct step steps[] = {
	{ 0, 0, 0, true }, { 0, 0, 0, false }, { 0, 0, 1, true },
	{ 0, 0, 1, false }, { 0, 0, 9, true }, { 0, 0, 8, true },
	{ 0, 0, 7, true }, { 0, 0, 7, false }, { 0, 0, 6, true },
	{ 0, 0, 5, true }, { 0, 0, 4, true }, { 0, 0, 3, true },
	{ 0, 0, 2, true }, { 0, 0, 2, false }, { 0, 0, 16, true },
	{ 0, 0, 3, false }, { 0, 0, 0, false }, { 0, 0, 9, false },
	/* greatest: window + 16; the oldest good one is 16 then */
	{ 'W', 1, 16, true }, { 'W', 1, 16, false }, { 0, 0, 16, false },
	{ 0, 0, 17, true }, { 0, 0, 17, false }, { 0, 0, 15, false },
	{ 0, 0, 10, false }, { 'W', 1, 15, true }, { 'W', 1, 15, false },
	/* jumps of several windows forget everything behind them */
	{ 'W', 4, 0, true }, { 'W', 3, 0, true }, { 'W', 3, 0, false },
	{ 'W', 3, -1, false }, { 'W', 4, -1, true }, { 'W', 4, -1, false },
	{ 'W', 4, 0, false }, { 'W', 4, 64, true }, { 'W', 3, 64, true },
	{ 'W', 3, 63, false }, { 'W', 4, 63, true }, { 'W', 4, 65, true },
	{ 'W', 8, 0, true }, { 'W', 4, 65, false }, { 'W', 7, 1, true },
	/* words of other sizes */
	{ 0, 0, UINT32_MAX - 1, true }, { 0, 0, UINT32_MAX, true },
	{ 0, 0, UINT32_MAX + 1LL, true }, { 0, 0, UINT32_MAX, false },
	{ 0, 0, UINT32_MAX - 2, true }, { 0, 0, 1, false },
	{ 0, 0, INT64_MAX, true }, { 0, 0, INT64_MAX - 1, true },
	{ 0, 0, INT64_MAX, false }, { 0, 0, UINT32_MAX + 2LL, false },
	/* the end of a key's life */
	{ 'R', 0, -3, true }, { 'R', 0, -2, true }, { 'R', 0, -2, false },
	{ 'R', 0, 0, false }, { 'R', 0, 1, false }, { 'R', 0, 100, false },
	{ 'M', 0, 0, false }, { 'M', 0, -1, false }, { 'R', 0, -4, true },
	{ 'R', 0, -3, false }, { 'R', 0, -5, true }, { 0, 0, 100, false },
};

static uint64_t counter_of(const struct peer *p, const struct step *st)
{
	uint64_t w = p->opt->window, off = (uint64_t)st->off;

	switch (st->base) {
	case 'W':
		return w * (uint64_t)st->factor + off;
	case 'R':
		return UINT64_MAX - w - 1 + off;
	case 'M':
		return UINT64_MAX + off;
	}
	return off;
}

static struct session *fresh(struct peer *p)
{
	p->cur = peer_handshake(p, "replay");
	p->cur_ms = now_ms();
	return p->cur;
}

static void table(struct peer *p)
{
	struct session *s = fresh(p);
	char name[32];
	size_t i;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		snprintf(name, sizeof(name), "step %zu", i);
		probe(p, s, counter_of(p, &steps[i]), steps[i].accept, name);
	}
	probe(p, s, UINT64_MAX - p->opt->window - 1 - 7, true, "table end");
	peer_drain(p);
}

/* A key that has reached its limit is over; a new one heals it. */
static void worn_out(struct peer *p)
{
	uint64_t limit = UINT64_MAX - p->opt->window - 1;
	struct session *s = fresh(p);
	uint8_t plain[64] = { 0 };
	unsigned int i;
	size_t len;

	probe(p, s, 5, true, "worn out");
	/* May be the last one taken or the first one refused. */
	len = inner_echo4(&p->in, good_mark(), 20, plain);
	peer_send_plain(p, s, limit - 1, plain, inner_pad(len));
	for (i = 0; i < 8; i++)
		probe(p, s, limit + i, false, "worn out");
	fresh(p);
	peer_echo(p, p->cur, "a new session after a worn-out one");
}

/**
 * struct loop - a run of counters, then single ones
 * @from:	first, as distance from 0 or (when @down) from the window
 * @down:	count down from window + @from to @to
 * @to:		last; when counting up, distance from the window
 * @then:	counters behind it: value, or window + value when @then_w
 */
struct loop {
	const char *name;
	bool down;
	int64_t from;
	int64_t to;
	struct {
		bool used;
		bool w;
		int64_t off;
		bool accept;
	} then[3];
};

static const struct loop loops[] = {
	{ "1..W, 0, 0", false, 1, 0, { { true, false, 0, true },
				       { true, false, 0, false } } },
	{ "2..W+1, 1, 0", false, 2, 1, { { true, false, 1, true },
					 { true, false, 0, false } } },
	{ "W..0", true, 0, 0, { { true, false, 0, false } } },
	{ "W+1..1, 0", true, 1, 1, { { true, false, 0, false } } },
	{ "W..1, W+1, 0", true, 0, 1, { { true, true, 1, true },
					{ true, false, 0, false } } },
	{ "W..1, 0, W+1", true, 0, 1, { { true, false, 0, true },
					{ true, true, 1, true } } },
};

static void run_loop(struct peer *p, const struct loop *l)
{
	uint64_t w = p->opt->window, i, n, c;
	struct session *s = fresh(p);
	unsigned int k;

	n = l->down ? w + (uint64_t)(l->from - l->to) + 1 :
		      w + (uint64_t)(l->to - l->from) + 1;
	for (i = 0; i < n; i++) {
		c = l->down ? w + (uint64_t)l->from - i : (uint64_t)l->from + i;
		/* Enough of them answered that no queue overflows. */
		if (i == 0 || i == n - 1 || i % 97 == 0)
			probe(p, s, c, true, l->name);
		else if (peer_scaled(p))
			peer_send_plain(p, s, c, NULL, 0);
	}
	for (k = 0; k < 3 && l->then[k].used; k++) {
		c = l->then[k].w ? w + (uint64_t)l->then[k].off :
				   (uint64_t)l->then[k].off;
		probe(p, s, c, l->then[k].accept, l->name);
	}
	for (i = 0; i < n; i += 97)
		probe(p, s, l->down ? w + (uint64_t)l->from - i :
				      (uint64_t)l->from + i, false, l->name);
	probe(p, s, 3 * w, true, l->name);
	peer_drain(p);
}

/* The same bytes again and again: one reply. */
static void duplicates(struct peer *p)
{
	uint8_t plain[64] = { 0 }, msg[64 + DATA_OVERHEAD];
	struct session *s = fresh(p);
	size_t len;
	unsigned int i;

	case_new(p->opt, "the same message fifty times");
	p->count_mark = good_mark();
	p->replies = 0;
	len = inner_pad(inner_echo4(&p->in, p->count_mark, 20, plain));
	len = noise_seal(s, s->counter++, plain, len, msg);
	for (i = 0; i < 50; i++)
		peer_send(p, msg, len);
	peer_echo(p, s, "duplicates");
	if (p->replies != 1)
		die("the same message fifty times: %u replies", p->replies);
	/* Late ones too, when other packets came in between. */
	for (i = 0; i < 50; i++) {
		peer_send(p, msg, len);
		if (i % 10 == 9)
			peer_echo(p, s, "late duplicates");
	}
	if (p->replies != 1)
		die("the same message later again: %u replies", p->replies);
	p->count_mark = 0;
}

/**
 * mode_replay() - every counter is accepted once, old ones never
 * @opt:	options
 * @argc:	unused
 * @argv:	unused
 */
void mode_replay(const struct options *opt, int argc, char **argv)
{
	static struct peer p;
	size_t i;

	(void)argc;
	(void)argv;
	peer_open(&p, opt, opt->from, opt->port, opt->psk);
	peer_bring_up(&p);
	duplicates(&p);
	table(&p);
	worn_out(&p);
	for (i = 0; i < sizeof(loops) / sizeof(loops[0]); i++)
		run_loop(&p, &loops[i]);
	fresh(&p);
	peer_echo(&p, p.cur, "after all counters");
	peer_quiet(&p, 300);
	peer_close(&p);
}

/* From where the victim must not be drawn away: our true port. */
static void print_port(const struct peer *p)
{
	union addr a;
	socklen_t len = sizeof(a);

	getsockname(p->fd, &a.sa, &len);
	printf("port %u\n", addr_port(&a));
}

/**
 * mode_roam_replay() - replays and forgeries from another port
 * @opt:	options
 * @argc:	0, or 1
 * @argv:	"move": a good packet from the other port as well
 *
 * Prints the port where the victim must see its peer afterwards.
 */
void mode_roam_replay(const struct options *opt, int argc, char **argv)
{
	uint8_t plain[64] = { 0 }, msg[64 + DATA_OVERHEAD];
	bool move = argc > 0 && !strcmp(argv[0], "move");
	static struct peer other;
	static struct duo d;
	struct wire_init init;
	struct noise_hs hs;
	uint8_t tai[TAI_LEN];
	size_t len;

	duo_open(&d, opt);
	/* The same keys and sessions, another port. */
	peer_open(&other, opt, opt->from, 0, opt->psk);

	len = inner_pad(inner_echo4(&d.main.in, good_mark(), 20, plain));
	len = noise_seal(d.main.cur, d.main.cur->counter++, plain, len, msg);
	peer_send(&d.main, msg, len);
	peer_echo(&d.main, d.main.cur, "before the replays");

	case_new(opt, "replayed data from another port");
	peer_send(&other, msg, len);
	case_new(opt, "broken data from another port");
	msg[len - 1] ^= 1;
	peer_send(&other, msg, len);
	/* Authentic, but from long ago. */
	noise_tai_at(1000000000ULL * 1000000000, tai);
	noise_init_create(&hs, &d.main.id,
			  case_new(opt, "old initiation from another port"),
			  tai, NULL, &init);
	peer_send(&other, &init, sizeof(init));

	/* By the other peer: an echo of this one would pull the victim back. */
	d.fence.cur = peer_handshake(&d.fence, "fence");
	peer_echo(&d.fence, d.fence.cur, "fence");
	peer_quiet(&other, 100);
	if (move) {
		int home = d.main.fd;

		d.main.fd = other.fd;
		peer_echo(&d.main, d.main.cur, "good data from another port");
		other.fd = home;
	}
	print_port(&d.main);
	peer_close(&other);
	peer_close(&d.main);
	peer_close(&d.fence);
}
