// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets inside the tunnel that a peer may not send: everything here is
 * sealed under a good session, so the key vouches for the sender and only the
 * checks behind the decryption are left.
 */
#include "modes.h"
#include "duo.h"

#include <stdio.h>
#include <string.h>

static uint8_t plain[WIRE_MAX];

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void send_plain(struct duo *d, const void *buf, size_t len)
{
	static uint8_t msg[WIRE_MAX + DATA_OVERHEAD];

	len = noise_seal(d->main.cur, d->main.cur->counter++, buf, len, msg);
	duo_send(d, msg, len);
}

/* A UDP packet with a new mark, in the buffer; zeros behind it. */
static size_t udp(struct duo *d, bool v6, uint32_t mark, size_t fill)
{
	memset(plain, 0, sizeof(plain));
	return v6 ? inner_udp6(&d->main.in, mark, fill, plain) :
		    inner_udp4(&d->main.in, mark, fill, plain);
}

static void expect_delivered(struct duo *d, uint32_t mark, size_t len,
			     const char *name)
{
	send_plain(d, plain, len);
	if (!peer_sunk(&d->main, mark, d->main.opt->patience_ms))
		die("%s: not delivered", name);
}

static void versions(struct duo *d)
{
	static const uint8_t nibbles[] = { 0, 1, 2, 3, 5, 7, 8, 9, 15 };
	const struct options *opt = d->main.opt;
	unsigned int i, v6;
	size_t len;

	for (v6 = 0; v6 < 2; v6++) {
		for (i = 0; i < sizeof(nibbles); i++) {
			len = udp(d, v6, case_new(opt, "IPv%d packet that says version %u",
						  v6 ? 6 : 4, nibbles[i]), 30);
			plain[0] = (uint8_t)(nibbles[i] << 4 | (plain[0] & 15));
			if (!v6)
				inner_fix4(plain);
			send_plain(d, plain, inner_pad(len));
		}
	}
	len = udp(d, false, case_new(opt, "IPv4 packet that says version 6"), 40);
	plain[0] = 0x65;
	send_plain(d, plain, inner_pad(len));
	len = udp(d, true, case_new(opt, "IPv6 packet that says version 4"), 40);
	plain[0] = 0x45;
	send_plain(d, plain, inner_pad(len));
	duo_fence(d, "versions");
}

/* Fewer bytes than the header needs. */
static void stumps(struct duo *d)
{
	size_t n;

	for (n = 1; n < 40; n++) {
		udp(d, false, case_new(d->main.opt, "first %zu bytes of IPv4", n),
		    100);
		if (n < 32)
			send_plain(d, plain, n);
		udp(d, true, case_new(d->main.opt, "first %zu bytes of IPv6", n),
		    100);
		send_plain(d, plain, n);
	}
	duo_fence(d, "stumps");
}

static void lengths4(struct duo *d)
{
	const struct options *opt = d->main.opt;
	static const uint32_t wrong[] = {
		0, 1, 4, 16, 19, 81, 96, 97, 128, 1280, 1500, 32767, 32768,
		65534, 65535,
	};
	unsigned int i;

	/* 80 bytes of packet and of plaintext. */
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		udp(d, false, case_new(opt, "IPv4 total length %u of 80",
				       wrong[i]), 48);
		put16(plain + 2, wrong[i]);
		inner_fix4(plain);
		send_plain(d, plain, 80);
	}
	/* Header lengths are the host's to judge, not to be read beyond. */
	for (i = 0; i < 16; i++) {
		if (i == 5)
			continue;
		udp(d, false, case_new(opt, "IPv4 header of %u words", i), 48);
		plain[0] = (uint8_t)(0x40 | i);
		inner_fix4(plain);
		send_plain(d, plain, 80);
	}
	duo_fence(d, "IPv4 lengths");
}

static void lengths6(struct duo *d)
{
	const struct options *opt = d->main.opt;
	static const uint32_t wrong[] = {
		57, 72, 73, 96, 1280, 32768, 65495, 65496, 65535,
	};
	static const uint32_t shorter[] = { 0, 1, 7, 8, 20, 55 };
	unsigned int i;

	/* 96 bytes of packet: 40 and 56. */
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		udp(d, true, case_new(opt, "IPv6 payload length %u of 56",
				      wrong[i]), 44);
		put16(plain + 4, wrong[i]);
		send_plain(d, plain, 96);
	}
	/* These are cut to what they say; UDP then finds itself cut. */
	for (i = 0; i < sizeof(shorter) / sizeof(shorter[0]); i++) {
		udp(d, true, case_new(opt, "IPv6 payload length %u of 56, cut",
				      shorter[i]), 44);
		put16(plain + 4, shorter[i]);
		send_plain(d, plain, 96);
	}
	duo_fence(d, "IPv6 lengths");
}

/* Padding is the sender's choice; it must not be delivered. */
static void padding(struct duo *d)
{
	static const size_t extra[] = { 0, 1, 15, 16, 17, 100, 1000, 20000 };
	char name[64];
	uint32_t mark;
	unsigned int i, v6;
	size_t len;

	for (v6 = 0; v6 < 2; v6++) {
		for (i = 0; i < sizeof(extra) / sizeof(extra[0]); i++) {
			mark = good_mark();
			len = udp(d, v6, mark, 10);
			memset(plain + len, 0xaa, extra[i]);
			snprintf(name, sizeof(name), "IPv%d, %zu bytes of padding",
				 v6 ? 6 : 4, extra[i]);
			expect_delivered(d, mark, len + extra[i], name);
		}
	}
	duo_fence(d, "padding");
}

static void keepalives(struct duo *d)
{
	const struct options *opt = d->main.opt;
	unsigned int i;
	size_t n;

	case_new(opt, "keepalives");
	for (i = 0; i < 20; i++)
		send_plain(d, plain, 0);
	duo_fence(d, "keepalives");
	for (n = 16; n <= 1024; n *= 2) {
		case_new(opt, "%zu zero bytes", n);
		memset(plain, 0, n);
		send_plain(d, plain, n);
	}
	duo_fence(d, "zeros");
}

static void set_source(bool v6, const uint8_t *addr)
{
	memcpy(plain + (v6 ? 8 : 12), addr, v6 ? 16 : 4);
	if (!v6)
		inner_fix4(plain);
	inner_fix_udp(plain);
}

/* The key says who sent it: only that peer's addresses may be the source. */
static void sources(struct duo *d)
{
	static const uint8_t v4[][4] = {
		{ 192, 168, 77, 3 },		/* the other peer's */
		{ 192, 168, 77, 4 },		/* nobody's */
		{ 192, 168, 77, 1 },		/* the victim's own */
		{ 10, 55, 0, 2 },		/* ours outside */
		{ 10, 55, 0, 1 },		/* the victim's outside */
		{ 127, 0, 0, 1 }, { 0, 0, 0, 0 }, { 255, 255, 255, 255 },
		{ 224, 0, 0, 1 }, { 192, 168, 77, 0 }, { 192, 168, 77, 255 },
		{ 2, 77, 168, 192 },		/* ours, the other way round */
	};
	static const uint8_t v6[][16] = {
		{ 0xfd, 0x77, [15] = 3 }, { 0xfd, 0x77, [15] = 4 },
		{ 0xfd, 0x77, [15] = 1 }, { 0xfd, 0x55, [15] = 2 },
		{ [15] = 1 }, { 0 }, { 0xff, 0x02, [15] = 1 },
		{ 0xfe, 0x80, [15] = 2 },
		{ [10] = 0xff, 0xff, 192, 168, 77, 2 },
		{ 0xfd, 0x77, [14] = 1, 2 },
	};
	const struct options *opt = d->main.opt;
	unsigned int i;
	size_t len;

	for (i = 0; i < sizeof(v4) / sizeof(v4[0]); i++) {
		len = udp(d, false, case_new(opt, "from %u.%u.%u.%u", v4[i][0],
					     v4[i][1], v4[i][2], v4[i][3]), 20);
		set_source(false, v4[i]);
		send_plain(d, plain, inner_pad(len));
	}
	for (i = 0; i < sizeof(v6) / sizeof(v6[0]); i++) {
		len = udp(d, true, case_new(opt, "from IPv6 source %u", i), 20);
		set_source(true, v6[i]);
		send_plain(d, plain, inner_pad(len));
	}
	duo_fence(d, "sources");
}

/* What the inner header says after a packet came with this outer one. */
static int delivered_tos(struct duo *d, bool v6, uint32_t mark,
			 unsigned int ms)
{
	uint64_t deadline = now_ms() + ms;
	uint8_t buf[256], tos;
	uint32_t got;
	int n;

	for (;;) {
		n = udp_recv(v6 ? d->main.sink6 : d->main.sink4, deadline, buf,
			     sizeof(buf), &tos);
		if (n < 0)
			return -1;
		if (n < 4)
			continue;
		got = (uint32_t)buf[0] << 24 | (uint32_t)buf[1] << 16 |
		      (uint32_t)buf[2] << 8 | buf[3];
		if (got == mark)
			return tos;
	}
}

/* RFC 6040, 4.2: inner codepoint by outer codepoint; -1: dropped. */
static const int ecn_out[4][4] = {
	/* outer: Not, ECT(1), ECT(0), CE */
	{ 0, 0, 0, -1 },		/* inner Not-ECT */
	{ 1, 1, 1, 3 },			/* inner ECT(1) */
	{ 2, 1, 2, 3 },			/* inner ECT(0) */
	{ 3, 3, 3, 3 },			/* inner CE */
};

static void ecn(struct duo *d)
{
	static uint8_t msg[512];
	unsigned int v6, in, out;
	uint32_t mark;
	size_t len;
	int got, want;

	for (v6 = 0; v6 < 2; v6++)
	for (in = 0; in < 4; in++)
	for (out = 0; out < 4; out++) {
		mark = good_mark();
		len = udp(d, v6, mark, 20);
		if (v6) {
			plain[1] = (uint8_t)(in << 4);
		} else {
			plain[1] = (uint8_t)in;
			inner_fix4(plain);
		}
		len = noise_seal(d->main.cur, d->main.cur->counter++, plain,
				 inner_pad(len), msg);
		udp_send_tos(d->main.fd, &d->main.opt->to, msg, len,
			     (uint8_t)out);
		want = ecn_out[in][out];
		/* A drop has the next echo for a fence; no drain here. */
		if (want < 0 && !peer_try_echo(&d->main, d->main.cur,
					       d->main.opt->patience_ms))
			die("ecn: no echo");
		got = delivered_tos(d, v6, mark, want < 0 ? 0 :
				    d->main.opt->patience_ms);
		/*
		 * The two readings that lose nothing: an inner Not-ECT may
		 * pass unmarked, and ECT(0) may stay what it was.
		 */
		if (got == want || (want < 0 && got == 0) ||
		    (in == 2 && out == 1 && got == 2))
			continue;
		die("ecn: IPv%d inner %u outer %u gives %d, not %d",
		    v6 ? 6 : 4, in, out, got, want);
	}
	duo_fence(d, "ecn");
}

/* Headers that lead the host on: only survival is asked for. */
static void odd_headers(struct duo *d)
{
	const struct options *opt = d->main.opt;
	unsigned int i, v6;
	size_t len, k;

	for (i = 0; i < 256; i++) {
		if (!peer_scaled(&d->main))
			continue;
		for (v6 = 0; v6 < 2; v6++) {
			case_new(opt, "IPv%d protocol %u", v6 ? 6 : 4, i);
			/* With a good mark: some of these may be answered. */
			len = udp(d, v6, good_mark(), 60);
			plain[v6 ? 6 : 9] = (uint8_t)i;
			for (k = v6 ? 40 : 20; k < len; k++)
				plain[k] = (uint8_t)rnd();
			if (!v6)
				inner_fix4(plain);
			send_plain(d, plain, inner_pad(len));
		}
	}
	/* Fragments that never become whole, or overlap. */
	for (i = 0; i < 64; i++) {
		case_new(opt, "fragment %u", i);
		len = udp(d, false, good_mark(), 60);
		put16(plain + 4, i / 4);
		put16(plain + 6, (uint32_t)(rnd() & 0x3fff) | 0x2000);
		inner_fix4(plain);
		send_plain(d, plain, inner_pad(len));
	}
	duo_fence(d, "odd headers");
}

/**
 * mode_inner() - malformed and forbidden packets inside the tunnel
 * @opt:	options
 * @argc:	unused
 * @argv:	unused
 */
void mode_inner(const struct options *opt, int argc, char **argv)
{
	static struct duo d;
	uint32_t mark;
	size_t len;

	(void)argc;
	(void)argv;
	duo_open(&d, opt);
	peer_sink(&d.main);
	mark = good_mark();
	len = udp(&d, false, mark, 20);
	expect_delivered(&d, mark, len, "a good IPv4 packet");
	mark = good_mark();
	len = udp(&d, true, mark, 20);
	expect_delivered(&d, mark, len, "a good IPv6 packet");

	versions(&d);
	stumps(&d);
	lengths4(&d);
	lengths6(&d);
	padding(&d);
	keepalives(&d);
	sources(&d);
	ecn(&d);
	odd_headers(&d);
	duo_close(&d);
}
