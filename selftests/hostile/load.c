// SPDX-License-Identifier: GPL-2.0-only
/*
 * As many handshakes as the victim can answer. Initiations are made before the
 * clock starts, and responses are counted, not opened: what is measured is the
 * victim. It does all of its work for a handshake before it responds.
 */
#include "modes.h"

#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Fewer than put a victim under load; two rounds of a peer are this far apart. */
#define WINDOW_MAX	480
#define ROUND_NS	(2ULL * TAI_GRAIN_NS)
#define BATCH		64

/**
 * struct job - a share of the initiations to make
 * @idents:	all peers
 * @msgs:	all messages
 * @peers:	how many peers
 * @from:	first message of the share
 * @to:		behind its last
 * @base_ns:	wall clock of the first round
 */
struct job {
	const struct noise_ident *idents;
	struct wire_init *msgs;
	size_t peers;
	size_t from;
	size_t to;
	uint64_t base_ns;
};

static void *make_idents(void *arg)
{
	static const uint8_t none[KEY_LEN];
	uint8_t priv[KEY_LEN], pub[KEY_LEN], vpriv[KEY_LEN], victim[KEY_LEN];
	struct job *j = arg;
	size_t i;

	noise_test_key(KEY_VICTIM, vpriv, victim);
	for (i = j->from; i < j->to; i++) {
		noise_test_key(KEY_LOAD + (unsigned int)i, priv, pub);
		noise_ident_set((struct noise_ident *)&j->idents[i], priv,
				victim, none);
	}
	return NULL;
}

static void *make_msgs(void *arg)
{
	struct job *j = arg;
	uint8_t tai[TAI_LEN];
	struct noise_hs hs;
	size_t i;

	for (i = j->from; i < j->to; i++) {
		noise_tai_at(j->base_ns + i / j->peers * ROUND_NS, tai);
		noise_init_create(&hs, &j->idents[i % j->peers], (uint32_t)i,
				  tai, NULL, &j->msgs[i]);
	}
	return NULL;
}

static void in_parallel(void *(*fn)(void *), struct job all, size_t n)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	pthread_t threads[16];
	struct job jobs[16];
	int i, k = cpus < 1 ? 1 : cpus > 16 ? 16 : (int)cpus;

	for (i = 0; i < k; i++) {
		jobs[i] = all;
		jobs[i].from = n * (size_t)i / (size_t)k;
		jobs[i].to = n * (size_t)(i + 1) / (size_t)k;
		if (pthread_create(&threads[i], NULL, fn, &jobs[i]))
			die("load: no thread");
	}
	for (i = 0; i < k; i++)
		pthread_join(threads[i], NULL);
}

/**
 * struct run - a measurement under way
 * @fd:		socket, connected
 * @msgs:	messages
 * @n:		how many
 * @answered:	whether, for each
 * @sent:	how many went out
 * @got:	responses to them
 * @cookies:	cookie replies
 * @lost:	given up
 */
struct run {
	int fd;
	struct wire_init *msgs;
	size_t n;
	uint8_t *answered;
	size_t sent;
	size_t got;
	size_t cookies;
	size_t lost;
};

static void send_some(struct run *r, size_t n)
{
	struct mmsghdr mm[BATCH] = { 0 };
	struct iovec iov[BATCH];
	size_t i;
	int k;

	if (n > BATCH)
		n = BATCH;
	if (n > r->n - r->sent)
		n = r->n - r->sent;
	for (i = 0; i < n; i++) {
		iov[i].iov_base = &r->msgs[r->sent + i];
		iov[i].iov_len = sizeof(*r->msgs);
		mm[i].msg_hdr.msg_iov = &iov[i];
		mm[i].msg_hdr.msg_iovlen = 1;
	}
	k = sendmmsg(r->fd, mm, (unsigned int)n, 0);
	if (k < 0 && errno != EAGAIN && errno != ENOBUFS &&
	    errno != ECONNREFUSED && errno != EINTR)
		die("load: sendmmsg: %s", strerror(errno));
	if (k > 0)
		r->sent += (size_t)k;
}

static void count_one(struct run *r, const uint8_t *msg, size_t len)
{
	uint32_t word[3];

	if (len < 12)
		return;
	memcpy(word, msg, sizeof(word));
	if (le32toh(word[0]) == WIRE_COOKIE) {
		r->cookies++;
	} else if (le32toh(word[0]) == WIRE_RESP &&
		   len == sizeof(struct wire_resp)) {
		uint32_t i = le32toh(word[2]);

		if (i >= r->n || r->answered[i])
			die("load: response to index %u, not asked for", i);
		r->answered[i] = 1;
		r->got++;
	}
}

/* Return: whether anything came within the time. */
static bool receive_some(struct run *r, int ms)
{
	static uint8_t bufs[BATCH][256];
	struct mmsghdr mm[BATCH] = { 0 };
	struct pollfd pfd = { .fd = r->fd, .events = POLLIN };
	struct iovec iov[BATCH];
	int i, k;

	for (i = 0; i < BATCH; i++) {
		iov[i].iov_base = bufs[i];
		iov[i].iov_len = sizeof(bufs[i]);
		mm[i].msg_hdr.msg_iov = &iov[i];
		mm[i].msg_hdr.msg_iovlen = 1;
	}
	k = recvmmsg(r->fd, mm, BATCH, MSG_DONTWAIT, NULL);
	if (k <= 0) {
		if (poll(&pfd, 1, ms) <= 0)
			return false;
		k = recvmmsg(r->fd, mm, BATCH, MSG_DONTWAIT, NULL);
	}
	for (i = 0; i < k; i++)
		count_one(r, bufs[i], mm[i].msg_len);
	return k > 0;
}

static void measure(struct run *r, size_t window)
{
	while (r->sent < r->n || r->got + r->cookies + r->lost < r->sent) {
		size_t flying = r->sent - r->got - r->cookies - r->lost;

		if (r->sent < r->n && flying < window) {
			send_some(r, window - flying);
			receive_some(r, 0);
			continue;
		}
		/* Silence: whatever was under way is not coming. */
		if (!receive_some(r, 500))
			r->lost += r->sent - r->got - r->cookies - r->lost;
	}
}

static uint64_t wall_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/**
 * mode_handshake_load() - measure handshakes a second
 * @opt:	options
 * @argc:	2 or 3
 * @argv:	peers that the victim has from `setconf`; initiations in all;
 *		how many may be under way, default 256
 *
 * The rounds' stamps end at the present, so that a second run is accepted
 * too. Peers must be so many that one is not asked again within 20 ms.
 */
void mode_handshake_load(const struct options *opt, int argc, char **argv)
{
	size_t peers, n, window;
	struct noise_ident *idents;
	struct run r = { 0 };
	uint64_t ns;

	if (argc < 2)
		die("handshake-load: wants PEERS COUNT [WINDOW]");
	peers = (size_t)atoi(argv[0]);
	n = (size_t)atoi(argv[1]);
	window = argc > 2 ? (size_t)atoi(argv[2]) : 256;
	if (!peers || !n || !window || window > WINDOW_MAX)
		die("handshake-load: at least one each, window up to %d",
		    WINDOW_MAX);

	idents = calloc(peers, sizeof(*idents));
	r.msgs = calloc(n, sizeof(*r.msgs));
	r.answered = calloc(n, 1);
	if (!idents || !r.msgs || !r.answered)
		die("out of memory");
	in_parallel(make_idents, (struct job){ .idents = idents }, peers);
	in_parallel(make_msgs, (struct job){
		.idents = idents, .msgs = r.msgs, .peers = peers,
		.base_ns = wall_ns() - (n / peers + 1) * ROUND_NS }, n);

	r.n = n;
	r.fd = udp_open(&opt->to, opt->port);
	if (connect(r.fd, &opt->to.sa, addr_len(&opt->to)))
		die("connect: %s", strerror(errno));
	ns = now_ns();
	measure(&r, window);
	ns = now_ns() - ns;
	/* The wait that found the last ones missing is not work. */
	if (r.lost && ns > 500000000)
		ns -= 500000000;
	printf("handshakes %zu seconds %.3f rate %.1f lost %zu cookies %zu\n",
	       r.got, (double)ns / 1e9, (double)r.got * 1e9 / (double)ns,
	       r.lost, r.cookies);
	close(r.fd);
	free(r.answered);
	free(r.msgs);
	free(idents);
	if (!r.got)
		die("handshake-load: no response at all");
}
