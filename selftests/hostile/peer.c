// SPDX-License-Identifier: GPL-2.0-only
/*
 * A protocol peer of the victim: sends what it is told to, and judges every
 * datagram that comes back. Hostile messages carry an index or a mark that
 * names their case, so an answer to one of them ends the run whenever it
 * arrives, with the right name.
 */
#include "peer.h"

#include <endian.h>
#include <errno.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char **case_names;
static unsigned int n_cases;
static uint32_t n_good;

/**
 * case_new() - begin a hostile case
 * @opt:	options
 * @fmt:	its name
 *
 * Return: index and mark that its messages must carry.
 */
uint32_t case_new(const struct options *opt, const char *fmt, ...)
{
	va_list ap;
	char *name;

	if (n_cases == ~MARK_KIND)
		die("more cases than numbers for them");
	if (!(n_cases & (n_cases + 1))) {
		case_names = realloc(case_names, (2 * (size_t)n_cases + 2) *
						 sizeof(*case_names));
		if (!case_names)
			die("out of memory");
	}
	va_start(ap, fmt);
	if (vasprintf(&name, fmt, ap) < 0)
		die("out of memory");
	va_end(ap);
	if (opt->verbose)
		printf("  case: %s\n", name);
	case_names[n_cases] = name;
	return MARK_BAD | n_cases++;
}

/**
 * case_name() - the name of a case
 * @mark:	mark or index of a hostile message
 *
 * Return: text, "?" when there is no such case.
 */
const char *case_name(uint32_t mark)
{
	uint32_t n = mark & ~MARK_KIND;

	return (mark & MARK_KIND) == MARK_BAD && n < n_cases ? case_names[n] :
							       "?";
}

/**
 * case_count() - how many cases were begun
 *
 * Return: number.
 */
unsigned int case_count(void)
{
	return n_cases;
}

/**
 * good_mark() - a mark or index for a legitimate message
 *
 * Return: another one each time.
 */
uint32_t good_mark(void)
{
	return MARK_GOOD | (++n_good & ~MARK_KIND);
}

/**
 * peer_open() - become a peer of the victim
 * @p:		result
 * @opt:	options, borrowed for the life of @p
 * @key:	which well-known key is ours
 * @port:	our UDP port, 0 for any
 * @psk:	preshared key
 *
 * The n-th key owns 192.168.77.2+n and fd77::2+n inside the tunnel; the
 * victim has 192.168.77.1 and fd77::1.
 */
void peer_open(struct peer *p, const struct options *opt, unsigned int key,
	       uint16_t port, const uint8_t psk[KEY_LEN])
{
	uint8_t priv[KEY_LEN], pub[KEY_LEN], victim[KEY_LEN];

	memset(p, 0, sizeof(*p));
	p->opt = opt;
	p->key = key;
	p->sink4 = -1;
	p->sink6 = -1;
	noise_test_key(KEY_VICTIM, priv, victim);
	noise_test_key(key, priv, pub);
	if (noise_ident_set(&p->id, priv, victim, psk))
		die("victim key of low order");
	p->fd = udp_open(&opt->to, port);
	p->in = (struct inner_addrs){
		.us4 = { 192, 168, 77, (uint8_t)(2 + key) },
		.them4 = { 192, 168, 77, 1 },
		.us6 = { 0xfd, 0x77, [15] = (uint8_t)(2 + key) },
		.them6 = { 0xfd, 0x77, [15] = 1 },
	};
}

/**
 * peer_sink() - open sockets on the victim's side of the tunnel
 * @p:		peer; its options name the namespace
 */
void peer_sink(struct peer *p)
{
	union addr a = { .v4 = { .sin_family = AF_INET,
				 .sin_port = htons(SINK_PORT) } };
	int one = 1;

	if (!p->opt->netns)
		die("this mode needs --netns");
	memcpy(&a.v4.sin_addr, p->in.them4, 4);
	p->sink4 = socket_in_netns(p->opt->netns, AF_INET, SOCK_DGRAM, 0);
	setsockopt(p->sink4, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(p->sink4, IPPROTO_IP, IP_RECVTOS, &one, sizeof(one));
	if (bind(p->sink4, &a.sa, sizeof(a.v4)))
		die("bind in %s: %s", p->opt->netns, strerror(errno));

	memset(&a, 0, sizeof(a));
	a.v6.sin6_family = AF_INET6;
	a.v6.sin6_port = htons(SINK_PORT);
	memcpy(&a.v6.sin6_addr, p->in.them6, 16);
	p->sink6 = socket_in_netns(p->opt->netns, AF_INET6, SOCK_DGRAM, 0);
	setsockopt(p->sink6, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(p->sink6, IPPROTO_IPV6, IPV6_RECVTCLASS, &one, sizeof(one));
	if (bind(p->sink6, &a.sa, sizeof(a.v6)))
		die("bind in %s: %s", p->opt->netns, strerror(errno));
}

/**
 * peer_close() - close the sockets
 * @p:		peer
 */
void peer_close(struct peer *p)
{
	close(p->fd);
	if (p->sink4 >= 0)
		close(p->sink4);
	if (p->sink6 >= 0)
		close(p->sink6);
}

/**
 * peer_send() - send bytes as they are
 * @p:		peer
 * @msg:	bytes
 * @len:	how many
 */
void peer_send(struct peer *p, const void *msg, size_t len)
{
	udp_send(p->fd, &p->opt->to, msg, len);
}

/**
 * peer_send_plain() - seal a plaintext and send it
 * @p:		peer
 * @s:		session
 * @counter:	counter to use; the session's own is not touched
 * @plain:	plaintext
 * @len:	bytes of it
 */
void peer_send_plain(struct peer *p, const struct session *s, uint64_t counter,
		     const void *plain, size_t len)
{
	static uint8_t msg[WIRE_MAX + 1];

	if (len + DATA_OVERHEAD > WIRE_MAX)
		die("plaintext of %zu bytes", len);
	peer_send(p, msg, noise_seal(s, counter, plain, len, msg));
}

/* Indices that were good once and must not be used again, by case. */
static struct {
	uint32_t index;
	uint32_t mark;
} spent[256];
static unsigned int n_spent;

/**
 * peer_spend() - from now on an answer to this index is a failure
 * @index:	index of an earlier good message
 * @mark:	case to charge
 */
void peer_spend(uint32_t index, uint32_t mark)
{
	spent[n_spent % 256].index = index;
	spent[n_spent++ % 256].mark = mark;
}

static void judge_index(uint32_t index, const char *what)
{
	unsigned int i;

	for (i = 0; i < n_spent && i < 256; i++) {
		if (spent[i].index == index && strcmp(what, "data"))
			die("%s: answered by %s", case_name(spent[i].mark),
			    what);
	}
	if ((index & MARK_KIND) == MARK_BAD)
		die("%s: answered by %s", case_name(index), what);
	if ((index & MARK_KIND) != MARK_GOOD)
		die("%s with index %08x that nobody gave", what, index);
}

static void judge_data(struct peer *p, struct event *ev)
{
	const struct wire_data *d = (const void *)ev->msg;
	uint32_t index = le32toh(d->receiver);
	unsigned int i;

	judge_index(index, "data");
	for (i = 0; i < PEER_SESSIONS && i < p->n_sessions; i++) {
		if (p->sessions[i].local_index == index)
			break;
	}
	/* Sessions long gone from the ring, or of an aborted handshake. */
	if (i == PEER_SESSIONS || i == p->n_sessions)
		die("data on a session that was never made (index %08x)", index);
	if (noise_open(&p->sessions[i], ev->msg, ev->len, ev->plain,
		       &ev->plain_len))
		die("data that does not open (index %08x)", index);
	ev->kind = EV_DATA;
	ev->session = &p->sessions[i];
	ev->counter = le64toh(d->counter);
	ev->inner = inner_parse(ev->plain, ev->plain_len, &ev->mark);
	if (ev->inner == INNER_ECHO_REPLY && ev->mark == p->count_mark)
		p->replies++;
	if ((ev->inner == INNER_ECHO_REPLY || ev->inner == INNER_UDP) &&
	    (ev->mark & MARK_KIND) == MARK_BAD)
		die("%s: accepted, its packet was answered",
		    case_name(ev->mark));
}

static void judge(struct peer *p, struct event *ev)
{
	uint32_t word[3];
	uint8_t tai[TAI_LEN];

	memcpy(word, ev->msg, sizeof(word));
	if (ev->len < 4)
		die("datagram of %zu bytes from the victim", ev->len);
	switch (le32toh(word[0])) {
	case WIRE_INIT:
		if (ev->len != sizeof(p->init) ||
		    noise_init_consume(&p->init_hs, &p->id,
				       (const void *)ev->msg, tai))
			die("initiation of %zu bytes that does not open",
			    ev->len);
		memcpy(&p->init, ev->msg, sizeof(p->init));
		p->n_inits++;
		ev->kind = EV_INIT;
		return;
	case WIRE_RESP:
		if (ev->len != sizeof(struct wire_resp))
			die("response of %zu bytes", ev->len);
		judge_index(le32toh(word[2]), "a response");
		ev->kind = EV_RESP;
		return;
	case WIRE_COOKIE:
		if (ev->len != sizeof(struct wire_cookie))
			die("cookie reply of %zu bytes", ev->len);
		judge_index(le32toh(word[1]), "a cookie reply");
		ev->kind = EV_COOKIE;
		return;
	case WIRE_DATA:
		if (ev->len < DATA_OVERHEAD)
			die("data of %zu bytes", ev->len);
		judge_data(p, ev);
		return;
	}
	die("datagram of type word %08x from the victim", le32toh(word[0]));
}

/**
 * peer_next() - wait for one datagram and judge it
 * @p:		peer
 * @deadline_ms: until when
 * @ev:		what came; dies on everything that must not come
 */
void peer_next(struct peer *p, uint64_t deadline_ms, struct event *ev)
{
	int n;

	ev->kind = EV_NONE;
	memset(ev->msg, 0, 16);
	n = udp_recv(p->fd, deadline_ms, ev->msg, sizeof(ev->msg), &ev->tos);
	if (n < 0)
		return;
	ev->len = (size_t)n;
	judge(p, ev);
}

static bool sink_drain(int fd, uint32_t mark)
{
	static uint8_t buf[WIRE_MAX];
	bool seen = false;
	uint32_t be;
	int n;

	while (fd >= 0 && (n = udp_recv(fd, 0, buf, sizeof(buf), NULL)) >= 0) {
		if (n < 4)
			die("sink: datagram of %d bytes, without a mark", n);
		memcpy(&be, buf, 4);
		be = be32toh(be);
		if ((be & MARK_KIND) == MARK_BAD)
			die("%s: accepted, its packet was delivered",
			    case_name(be));
		seen |= be == mark;
	}
	return seen;
}

/**
 * peer_drain() - judge everything that is there already
 * @p:		peer
 */
void peer_drain(struct peer *p)
{
	static struct event ev;

	do {
		peer_next(p, 0, &ev);
	} while (ev.kind != EV_NONE);
	sink_drain(p->sink4, 0);
	sink_drain(p->sink6, 0);
}

/**
 * peer_quiet() - listen for answers that must not come
 * @p:		peer
 * @ms:		how long
 *
 * The fence of a later good packet is the better proof; this is for the last
 * message of a run, behind which nothing is left to send.
 */
void peer_quiet(struct peer *p, unsigned int ms)
{
	uint64_t deadline = now_ms() + ms;
	static struct event ev;

	do {
		peer_next(p, deadline, &ev);
	} while (ev.kind != EV_NONE);
	peer_drain(p);
}

/**
 * peer_sunk() - wait until a UDP packet is delivered on the victim's side
 * @p:		peer with sinks
 * @mark:	mark of that packet
 * @ms:		how long to wait
 *
 * Return: whether it was.
 */
bool peer_sunk(struct peer *p, uint32_t mark, unsigned int ms)
{
	uint64_t deadline = now_ms() + ms;

	for (;;) {
		if (sink_drain(p->sink4, mark) || sink_drain(p->sink6, mark))
			return true;
		if (now_ms() >= deadline)
			return false;
		usleep(500);
	}
}

/**
 * peer_session() - keep the keys of a finished handshake
 * @p:		peer
 * @hs:		handshake
 * @initiator:	our role in it
 *
 * Return: session, valid until 64 more were made.
 */
struct session *peer_session(struct peer *p, const struct noise_hs *hs,
			     bool initiator)
{
	struct session *s = &p->sessions[p->n_sessions++ % PEER_SESSIONS];

	noise_derive(hs, initiator, s);
	return s;
}

/**
 * peer_init_gap() - wait until another initiation of ours may be accepted
 * @p:		peer
 *
 * The victim drops initiations less than 20 ms apart, and stamps are only
 * newer when they are 17 ms apart.
 */
void peer_init_gap(struct peer *p)
{
	uint64_t next = p->last_init_ms + INIT_GAP_MS + 5;
	uint64_t now = now_ms();

	if (now < next)
		usleep((useconds_t)(next - now) * 1000);
}

/**
 * peer_init_create() - build an initiation that is acceptable now
 * @p:		peer; its @hs is set up
 * @index:	our index
 * @ret:	message, with mac2 when we hold a cookie
 */
void peer_init_create(struct peer *p, uint32_t index, struct wire_init *ret)
{
	uint8_t tai[TAI_LEN];

	noise_tai_now(tai);
	noise_init_create(&p->hs, &p->id, index, tai, NULL, ret);
	if (p->have_cookie)
		noise_mac2(p->cookie, ret, sizeof(*ret));
}

/* One initiation; true when the wait ended with a response to it. */
static bool attempt(struct peer *p, uint64_t deadline, struct event *ev)
{
	struct wire_init msg;

	peer_init_gap(p);
	peer_init_create(p, good_mark(), &msg);
	p->last_init_ms = now_ms();
	peer_send(p, &msg, sizeof(msg));
	for (;;) {
		const struct wire_resp *r = (const void *)ev->msg;
		const struct wire_cookie *c = (const void *)ev->msg;

		peer_next(p, deadline, ev);
		if (ev->kind == EV_NONE)
			return false;
		if (ev->kind == EV_RESP &&
		    le32toh(r->receiver) == p->hs.local_index) {
			/* The gap counts from acceptance, not from sending. */
			p->last_init_ms = now_ms();
			if (noise_resp_consume(&p->hs, &p->id, r))
				die("response that does not open");
			return true;
		}
		if (ev->kind == EV_COOKIE &&
		    le32toh(c->receiver) == p->hs.local_index) {
			if (noise_cookie_open(p->id.remote, p->hs.mac1, c,
					      p->cookie))
				die("cookie reply that does not open");
			p->have_cookie = true;
			return false;
		}
	}
}

/**
 * peer_try_handshake() - make a session as initiator
 * @p:		peer
 * @ms:		how long to try; repeated each second, with a cookie at once
 *
 * Return: session, not confirmed yet, or NULL.
 */
struct session *peer_try_handshake(struct peer *p, unsigned int ms)
{
	uint64_t end = now_ms() + ms, deadline;
	static struct event ev;

	while (now_ms() < end) {
		deadline = now_ms() + 1000;
		if (deadline > end)
			deadline = end;
		if (attempt(p, deadline, &ev))
			return peer_session(p, &p->hs, true);
	}
	return NULL;
}

/**
 * peer_handshake() - make a session as initiator, or die
 * @p:		peer
 * @what:	what it is for
 *
 * Return: session, not confirmed yet.
 */
struct session *peer_handshake(struct peer *p, const char *what)
{
	struct session *s = peer_try_handshake(p, p->opt->patience_ms);

	if (!s)
		die("%s: no response to a good initiation within %u ms", what,
		    p->opt->patience_ms);
	return s;
}

/**
 * peer_confirm() - send a keepalive
 * @p:		peer
 * @s:		session
 */
void peer_confirm(struct peer *p, struct session *s)
{
	peer_send_plain(p, s, s->counter++, NULL, 0);
}

/**
 * peer_reset_victim() - make the victim forget its sessions
 * @p:		peer
 */
void peer_reset_victim(struct peer *p)
{
	if (!p->opt->reset_cmd)
		die("this mode needs --reset-cmd");
	if (system(p->opt->reset_cmd))
		die("--reset-cmd failed");
	peer_drain(p);
}

/**
 * peer_poke() - make the victim's host send us a packet through the tunnel
 * @p:		peer with sinks
 * @mark:	what the packet carries
 */
void peer_poke(struct peer *p, uint32_t mark)
{
	union addr a = { .v4 = { .sin_family = AF_INET,
				 .sin_port = htons(SINK_PORT) } };
	uint32_t be = htobe32(mark);

	memcpy(&a.v4.sin_addr, p->in.us4, 4);
	if (sendto(p->sink4, &be, sizeof(be), 0, &a.sa, sizeof(a.v4)) < 0)
		die("poke: %s", strerror(errno));
}

/**
 * peer_wait_init() - wait for an initiation of the victim's
 * @p:		peer
 * @ms:		how long
 *
 * Return: whether one came; it is in peer.init.
 */
bool peer_wait_init(struct peer *p, unsigned int ms)
{
	uint64_t deadline = now_ms() + ms;
	static struct event ev;

	do {
		peer_next(p, deadline, &ev);
	} while (ev.kind != EV_NONE && ev.kind != EV_INIT);
	return ev.kind == EV_INIT;
}

/**
 * peer_answer() - answer the victim's last initiation
 * @p:		peer
 *
 * Return: session as responder.
 */
struct session *peer_answer(struct peer *p)
{
	struct noise_hs hs = p->init_hs;
	struct wire_resp msg;

	noise_resp_create(&hs, &p->id, good_mark(), NULL, &msg);
	peer_send(p, &msg, sizeof(msg));
	return peer_session(p, &hs, false);
}

/**
 * peer_try_echo() - exchange an ICMP echo
 * @p:		peer
 * @s:		session to send on; the reply may come on any
 * @ms:		how long to try; repeated each 500 ms
 *
 * Return: whether a reply came.
 */
bool peer_try_echo(struct peer *p, struct session *s, unsigned int ms)
{
	uint64_t end = now_ms() + ms, again = 0;
	uint32_t first = n_good + 1, got;
	uint8_t plain[128] = { 0 };
	static struct event ev;
	size_t len;

	while (now_ms() < end) {
		if (now_ms() >= again) {
			len = inner_echo4(&p->in, good_mark(), 20, plain);
			peer_send_plain(p, s, s->counter++, plain,
					inner_pad(len));
			again = now_ms() + 500;
		}
		peer_next(p, again < end ? again : end, &ev);
		if (ev.kind != EV_DATA || ev.inner != INNER_ECHO_REPLY)
			continue;
		/* A reply to an earlier echo proves nothing about this one. */
		got = ev.mark & ~MARK_KIND;
		if (got >= first && got <= n_good)
			return true;
	}
	return false;
}

/**
 * peer_echo() - exchange an ICMP echo, or die
 * @p:		peer
 * @s:		session to send on
 * @what:	what it is for
 */
void peer_echo(struct peer *p, struct session *s, const char *what)
{
	if (!peer_try_echo(p, s, p->opt->patience_ms))
		die("%s: no echo reply on a good session within %u ms", what,
		    p->opt->patience_ms);
	peer_drain(p);
}

/**
 * peer_bring_up() - have a session that works
 * @p:		peer; its @cur is set
 */
void peer_bring_up(struct peer *p)
{
	p->cur = peer_handshake(p, "first handshake");
	p->cur_ms = now_ms();
	peer_echo(p, p->cur, "first echo");
}

/**
 * peer_refresh() - make a new session before the current one grows too old
 * @p:		peer with a session
 *
 * The victim refuses sessions after 180 s and, being the responder, does not
 * renew them itself. Slow machines need this.
 */
void peer_refresh(struct peer *p)
{
	if (now_ms() - p->cur_ms > 90000)
		peer_bring_up(p);
}

/**
 * peer_scaled() - is this one of the cases that shall run?
 * @p:		peer
 *
 * Return: true for as many per cent of the calls as --scale says.
 */
bool peer_scaled(const struct peer *p)
{
	return rnd() % 100 < p->opt->scale;
}
