// SPDX-License-Identifier: GPL-2.0-only
/* The well-behaved modes: what scripts use around the hostile ones. */
#include "modes.h"

#include <arpa/inet.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check_outer_tos(struct peer *p)
{
	static struct event ev;
	struct wire_init msg;

	peer_init_gap(p);
	peer_init_create(p, good_mark(), &msg);
	p->last_init_ms = now_ms();
	peer_send(p, &msg, sizeof(msg));
	do {
		peer_next(p, now_ms() + p->opt->patience_ms, &ev);
	} while (ev.kind != EV_NONE && ev.kind != EV_RESP);
	if (ev.kind != EV_RESP)
		die("tos: no response");
	/* Handshake messages go out as AF41, which is 0x88. */
	if (ev.tos != 0x88)
		die("tos: response sent with %02x, not 88", ev.tos);
	p->last_init_ms = now_ms();
}

/* After as long the victim starts over, if it heard nothing. */
#define RETRY_MS 5000

/**
 * mode_handshake() - a session in each role, an echo over each
 * @opt:	options
 * @argc:	unused
 * @argv:	unused
 */
void mode_handshake(const struct options *opt, int argc, char **argv)
{
	static struct peer p;
	struct session *s;
	uint32_t mark;
	uint64_t end;

	(void)argc;
	(void)argv;
	peer_open(&p, opt, opt->from, opt->port, opt->psk);
	peer_bring_up(&p);
	printf("initiator: session and echo\n");
	check_outer_tos(&p);

	if (!opt->netns || !opt->reset_cmd) {
		peer_close(&p);
		return;
	}
	peer_sink(&p);
	peer_reset_victim(&p);
	mark = good_mark();
	peer_poke(&p, mark);
	/* One answered too late has been followed by another one. */
	end = now_ms() + opt->patience_ms;
	do {
		if (!peer_wait_init(&p, opt->patience_ms))
			die("responder: the victim sent no initiation");
		s = peer_answer(&p);
		if (peer_try_echo(&p, s, RETRY_MS))
			break;
		if (now_ms() >= end)
			die("responder: no echo on a session");
	} while (true);
	printf("responder: session and echo\n");
	peer_close(&p);
}

/**
 * mode_ping() - a session and as many echoes as asked for
 * @opt:	options
 * @argc:	1 with a count
 * @argv:	count of echoes, default 1
 */
void mode_ping(const struct options *opt, int argc, char **argv)
{
	int i, n = argc > 0 ? atoi(argv[0]) : 1;
	uint64_t t0 = now_ms(), worst = 0, t;
	static struct peer p;

	peer_open(&p, opt, opt->from, opt->port, opt->psk);
	p.cur = peer_handshake(&p, "ping");
	printf("handshake_ms %llu\n", (unsigned long long)(now_ms() - t0));
	for (i = 0; i < n; i++) {
		t = now_ms();
		peer_echo(&p, p.cur, "ping");
		t = now_ms() - t;
		if (t > worst)
			worst = t;
	}
	printf("echoes %d worst_ms %llu\n", n, (unsigned long long)worst);
	peer_close(&p);
}

/**
 * mode_serve() - answer every initiation of the victim's for a while
 * @opt:	options
 * @argc:	1 with a time
 * @argv:	seconds, default 10
 */
void mode_serve(const struct options *opt, int argc, char **argv)
{
	uint64_t end = now_ms() + 1000 * (uint64_t)(argc > 0 ? atoi(argv[0]) : 10);
	unsigned int sessions = 0, packets = 0;
	static struct event ev;
	static struct peer p;

	peer_open(&p, opt, opt->from, opt->port, opt->psk);
	while (now_ms() < end) {
		peer_next(&p, end, &ev);
		if (ev.kind == EV_INIT) {
			p.cur = peer_answer(&p);
			sessions++;
		} else if (ev.kind == EV_DATA) {
			packets++;
		}
	}
	printf("sessions %u packets %u\n", sessions, packets);
	peer_close(&p);
}

static void print_key(const uint8_t key[KEY_LEN])
{
	char text[sodium_base64_ENCODED_LEN(KEY_LEN,
					    sodium_base64_VARIANT_ORIGINAL)];

	sodium_bin2base64(text, sizeof(text), key, KEY_LEN,
			  sodium_base64_VARIANT_ORIGINAL);
	puts(text);
}

/**
 * mode_key() - print a well-known key
 * @opt:	unused
 * @argc:	2
 * @argv:	"public" or "private"; number, or "victim"
 */
void mode_key(const struct options *opt, int argc, char **argv)
{
	uint8_t priv[KEY_LEN], pub[KEY_LEN];
	unsigned int n;

	(void)opt;
	if (argc != 2)
		die("key: wants public|private and a number or victim");
	n = strcmp(argv[1], "victim") ? (unsigned int)atoi(argv[1]) : KEY_VICTIM;
	noise_test_key(n, priv, pub);
	print_key(strcmp(argv[0], "private") ? pub : priv);
}

/**
 * mode_setconf() - print a configuration with many peers for the victim
 * @opt:	unused
 * @argc:	1 or 2
 * @argv:	number of peers; listen port, default 51820
 *
 * Peer i has key KEY_LOAD + i and the address 10.64.0.0 + i. The main peer
 * and the fence are not in it.
 */
void mode_setconf(const struct options *opt, int argc, char **argv)
{
	uint8_t priv[KEY_LEN], pub[KEY_LEN];
	unsigned int i, n;

	(void)opt;
	if (argc < 1)
		die("setconf: wants a number of peers");
	n = (unsigned int)atoi(argv[0]);
	noise_test_key(KEY_VICTIM, priv, pub);
	printf("[Interface]\nListenPort = %s\nPrivateKey = ",
	       argc > 1 ? argv[1] : "51820");
	print_key(priv);
	for (i = 0; i < n; i++) {
		noise_test_key(KEY_LOAD + i, priv, pub);
		printf("[Peer]\nPublicKey = ");
		print_key(pub);
		printf("AllowedIPs = 10.%u.%u.%u/32\n", 64 + (i >> 16),
		       i >> 8 & 255, i & 255);
	}
}
