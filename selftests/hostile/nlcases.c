// SPDX-License-Identifier: GPL-2.0-only
/* Well-formed requests that must be refused, each with the reason's name. */
#include "nlfuzz.h"

#include "../../uapi/tailnet.h"
#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct nlbuf b;

static void begin(struct fuzz *f, uint8_t cmd, uint16_t flags)
{
	nl_begin(&b, f->nl.family, flags, cmd);
}

/* Sent as it is; the error must be the one given, 0 for any. */
static void refuse(struct fuzz *f, int err, const char *name)
{
	int got = fuzz_try(f, &b, MUST_FAIL, "%s", name);

	if (err && got != err)
		fuzz_fault(f, "%s: refused with %d (%s), not %d (%s)", name,
			   got, strerror(-got), err, strerror(-err));
}

static void accept_it(struct fuzz *f, const char *name)
{
	fuzz_try(f, &b, MUST_PASS, "%s", name);
}

static void naming(struct fuzz *f)
{
	static const uint8_t cmds[] = {
		TAILNET_CMD_DEV_GET, TAILNET_CMD_DEV_SET, TAILNET_CMD_PEER_GET,
		TAILNET_CMD_PEER_NEW, TAILNET_CMD_PEER_SET,
		TAILNET_CMD_PEER_DEL, TAILNET_CMD_TXN_BEGIN,
		TAILNET_CMD_TXN_ADD, TAILNET_CMD_TXN_COMMIT,
		TAILNET_CMD_TXN_ABORT, TAILNET_CMD_STATS_GET,
		TAILNET_CMD_LOCK_GET, TAILNET_CMD_LOCK_SET,
		TAILNET_CMD_LOCK_OFF,
	};
	size_t nest;
	unsigned int i;

	for (i = 0; i < sizeof(cmds); i++) {
		begin(f, cmds[i], 0);
		refuse(f, 0, "no device named");

		begin(f, cmds[i], 0);
		nl_end(&b, nl_nest(&b, TAILNET_A_DEV));
		refuse(f, 0, "device nest that is empty");

		begin(f, cmds[i], 0);
		nest = nl_nest(&b, TAILNET_A_DEV);
		nl_put(&b, TAILNET_A_DEV_IFNAME, req_dev, strlen(req_dev) + 1);
		nl_put_u32(&b, TAILNET_A_DEV_IFINDEX, 1);
		nl_end(&b, nest);
		refuse(f, 0, "device named twice over");

		begin(f, cmds[i], 0);
		nest = nl_nest(&b, TAILNET_A_DEV);
		nl_put(&b, TAILNET_A_DEV_IFNAME, "lo", 3);
		nl_end(&b, nest);
		refuse(f, 0, "device of another kind");

		begin(f, cmds[i], 0);
		nest = nl_nest(&b, TAILNET_A_DEV);
		nl_put_u32(&b, TAILNET_A_DEV_IFINDEX, 0x7ffffff0);
		nl_end(&b, nest);
		/* A transaction's commands may miss its token first. */
		refuse(f, 0, "no such index");

		begin(f, cmds[i], 0);
		nest = nl_nest(&b, TAILNET_A_DEV);
		nl_put_u32(&b, TAILNET_A_DEV_IFINDEX, 0xffffffff);
		nl_end(&b, nest);
		refuse(f, 0, "negative index");

		begin(f, cmds[i], 0);
		nest = nl_nest(&b, TAILNET_A_DEV);
		nl_put(&b, TAILNET_A_DEV_IFNAME, "a-name-too-long-for-it", 23);
		nl_end(&b, nest);
		refuse(f, 0, "name too long");
	}
}

static void unknown_commands(struct fuzz *f)
{
	static const uint8_t cmds[] = {
		0, TAILNET_CMD_PEER_NTF, TAILNET_CMD_PATH_NTF,
		TAILNET_CMD_DEV_NTF, TAILNET_CMD_LOCK_NTF,
		TAILNET_CMD_MAX + 1, 128, 255,
	};
	unsigned int i;

	for (i = 0; i < sizeof(cmds); i++) {
		begin(f, cmds[i], 0);
		req_put_dev(&b);
		refuse(f, -EOPNOTSUPP, "unknown command");
		begin(f, cmds[i], NLM_F_DUMP);
		req_put_dev(&b);
		refuse(f, 0, "unknown dump");
	}
}

struct num {
	const char *name;
	uint16_t type;
	uint8_t len;
	uint64_t v;
};

/* Out-only attributes and values out of range, in the device's nest. */
static void device(struct fuzz *f)
{
	static const struct num bad[] = {
		{ "orphan timeout of 136 years", TAILNET_A_DEV_ORPHAN_TIMEOUT,
		  4, 0xffffffff },
		{ "orphaned, from outside", TAILNET_A_DEV_ORPHANED, 0, 0 },
		{ "sockets, from outside", TAILNET_A_DEV_SOCKETS, 4, 1 },
		{ "number of peers, from outside", TAILNET_A_DEV_PEERS, 4, 1 },
		{ "unknown flag", TAILNET_A_DEV_FLAGS, 8, 1ULL << 63 | 1U << 31 },
		{ "unknown flag, value only", TAILNET_A_DEV_FLAGS, 8, 1U << 30 },
		{ "flag not selected", TAILNET_A_DEV_FLAGS, 8,
		  TAILNET_DEV_F_GSO },
		{ "managed, though it has peers", TAILNET_A_DEV_FLAGS, 8,
		  (uint64_t)TAILNET_DEV_F_MANAGED << 32 |
		  TAILNET_DEV_F_MANAGED },
		{ "socket -2", TAILNET_A_DEV_SOCK4, 4, (uint32_t)-2 },
		{ "socket that is not open", TAILNET_A_DEV_SOCK4, 4, 900 },
		{ "socket6 that is not open", TAILNET_A_DEV_SOCK6, 4, 900 },
	};
	uint8_t key[64] = { 1 };
	size_t nest, i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		begin(f, TAILNET_CMD_DEV_SET, 0);
		nest = nl_nest(&b, TAILNET_A_DEV);
		nl_put(&b, TAILNET_A_DEV_IFNAME, req_dev, strlen(req_dev) + 1);
		/* Beside it something that must not be done then. */
		nl_put_u32(&b, TAILNET_A_DEV_FWMARK, 4711);
		nl_put(&b, bad[i].type, &bad[i].v, bad[i].len);
		nl_end(&b, nest);
		refuse(f, 0, bad[i].name);
	}
	begin(f, TAILNET_CMD_DEV_SET, 0);
	nest = nl_nest(&b, TAILNET_A_DEV);
	nl_put(&b, TAILNET_A_DEV_IFNAME, req_dev, strlen(req_dev) + 1);
	nl_put(&b, TAILNET_A_DEV_PUBLIC_KEY, key, 32);
	nl_end(&b, nest);
	refuse(f, 0, "public key, from outside");

	begin(f, TAILNET_CMD_DEV_GET, 0);
	nest = nl_nest(&b, TAILNET_A_DEV);
	nl_put(&b, TAILNET_A_DEV_IFNAME, req_dev, strlen(req_dev) + 1);
	nl_put_u32(&b, TAILNET_A_DEV_FWMARK, 1);
	nl_end(&b, nest);
	refuse(f, 0, "setting in a get");
	begin(f, TAILNET_CMD_DEV_GET, NLM_F_DUMP);
	req_put_dev(&b);
	refuse(f, 0, "one device in a dump of all");
	begin(f, TAILNET_CMD_DEV_SET, 0);
	req_put_dev(&b);
	nl_put_u64(&b, TAILNET_A_GENERATION, UINT64_MAX);
	refuse(f, -ESTALE, "generation of another time");
	begin(f, TAILNET_CMD_DEV_SET, 0);
	req_put_dev(&b);
	nl_put_u32(&b, TAILNET_A_EVENT, 1);
	refuse(f, 0, "event in a request");
	begin(f, TAILNET_CMD_DEV_SET, 0);
	req_put_dev(&b);
	nl_end(&b, req_peer(&b, 1));
	refuse(f, 0, "peer in a change of the device");
}

static void sock_case(struct fuzz *f, uint16_t type, int fd, bool port,
		      const char *name)
{
	size_t nest;

	begin(f, TAILNET_CMD_DEV_SET, 0);
	nest = nl_nest(&b, TAILNET_A_DEV);
	nl_put(&b, TAILNET_A_DEV_IFNAME, req_dev, strlen(req_dev) + 1);
	nl_put_u32(&b, type, (uint32_t)fd);
	if (port)
		nl_put_u16(&b, TAILNET_A_DEV_LISTEN_PORT, 51999);
	nl_end(&b, nest);
	refuse(f, 0, name);
}

/* Descriptors of everything but a UDP socket of that family. */
static void sockets(struct fuzz *f)
{
	int udp4 = socket(AF_INET, SOCK_DGRAM, 0);
	int udp6 = socket(AF_INET6, SOCK_DGRAM, 0);
	int tcp = socket(AF_INET, SOCK_STREAM, 0);
	int un = socket(AF_UNIX, SOCK_DGRAM, 0);
	int raw = socket(AF_INET, SOCK_RAW, IPPROTO_UDP);
	int lite = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE);
	int file = open("/dev/null", O_RDWR);
	int path = open("/", O_PATH);

	sock_case(f, TAILNET_A_DEV_SOCK4, udp6, false, "IPv6 socket as IPv4");
	sock_case(f, TAILNET_A_DEV_SOCK6, udp4, false, "IPv4 socket as IPv6");
	sock_case(f, TAILNET_A_DEV_SOCK6, udp6, false,
		  "IPv6 socket that is not V6ONLY");
	sock_case(f, TAILNET_A_DEV_SOCK4, tcp, false, "TCP socket");
	sock_case(f, TAILNET_A_DEV_SOCK4, un, false, "unix socket");
	sock_case(f, TAILNET_A_DEV_SOCK4, raw, false, "raw socket");
	if (lite >= 0)
		sock_case(f, TAILNET_A_DEV_SOCK4, lite, false, "UDP-Lite socket");
	sock_case(f, TAILNET_A_DEV_SOCK4, f->nl.fd, false, "netlink socket");
	sock_case(f, TAILNET_A_DEV_SOCK4, file, false, "device file");
	sock_case(f, TAILNET_A_DEV_SOCK4, path, false, "path descriptor");
	sock_case(f, TAILNET_A_DEV_SOCK4, udp4, true, "socket and port");
	close(udp4);
	close(udp6);
	close(tcp);
	close(un);
	close(raw);
	if (lite >= 0)
		close(lite);
	close(file);
	close(path);
}

/* A prefix or an endpoint with one thing wrong. */
static void addresses(struct fuzz *f)
{
	static const struct {
		const char *name;
		uint8_t addr_len, prefix;
		uint32_t flags;
		bool no_addr, no_prefix;
	} aip[] = {
		{ "IPv4 prefix of 33", 4, 33, 0, false, false },
		{ "IPv4 prefix of 128", 4, 128, 0, false, false },
		{ "IPv6 prefix of 129", 16, 129, 0, false, false },
		{ "IPv6 prefix of 255", 16, 255, 0, false, false },
		{ "address of 8 bytes", 8, 1, 0, false, false },
		{ "address of 0 bytes", 0, 0, 0, false, false },
		{ "unknown prefix flag", 4, 32, 2, false, false },
		{ "prefix without address", 4, 32, 0, true, false },
		{ "address without prefix length", 4, 32, 0, false, true },
	};
	static const struct {
		const char *name;
		uint8_t addr_len;
		uint16_t port;
		bool scope, no_addr, no_port;
	} ep[] = {
		{ "endpoint port 0", 4, 0, false, false, false },
		{ "IPv4 endpoint with a scope", 4, 1, true, false, false },
		{ "endpoint address of 5 bytes", 5, 1, false, false, false },
		{ "endpoint without address", 4, 1, false, true, false },
		{ "endpoint without port", 16, 1, false, false, true },
	};
	uint8_t addr[16] = { 0xfd, 1 };
	size_t outer, inner, i;

	for (i = 0; i < sizeof(aip) / sizeof(aip[0]); i++) {
		begin(f, TAILNET_CMD_PEER_SET, 0);
		req_put_dev(&b);
		outer = req_peer(&b, 1);
		req_allowedip(&b, 4, 99, 32);
		inner = nl_nest(&b, TAILNET_A_PEER_ALLOWEDIP);
		if (!aip[i].no_addr)
			nl_put(&b, TAILNET_A_ALLOWEDIP_ADDR, addr,
			       aip[i].addr_len);
		if (!aip[i].no_prefix)
			nl_put_u8(&b, TAILNET_A_ALLOWEDIP_PREFIX_LEN,
				  aip[i].prefix);
		if (aip[i].flags)
			nl_put_u32(&b, TAILNET_A_ALLOWEDIP_FLAGS, aip[i].flags);
		nl_end(&b, inner);
		nl_end(&b, outer);
		refuse(f, 0, aip[i].name);
	}
	for (i = 0; i < sizeof(ep) / sizeof(ep[0]); i++) {
		begin(f, TAILNET_CMD_PEER_SET, 0);
		req_put_dev(&b);
		outer = req_peer(&b, 1);
		req_allowedip(&b, 4, 99, 32);
		inner = nl_nest(&b, TAILNET_A_PEER_ENDPOINT);
		if (!ep[i].no_addr)
			nl_put(&b, TAILNET_A_ENDPOINT_ADDR, addr, ep[i].addr_len);
		if (!ep[i].no_port)
			nl_put_u16(&b, TAILNET_A_ENDPOINT_PORT, ep[i].port);
		if (ep[i].scope)
			nl_put_u32(&b, TAILNET_A_ENDPOINT_SCOPE, 1);
		nl_end(&b, inner);
		nl_end(&b, outer);
		refuse(f, 0, ep[i].name);
	}
}

static void peer_numbers(struct fuzz *f)
{
	static const struct num bad[] = {
		{ "unknown peer flag", TAILNET_A_PEER_FLAGS, 8,
		  1ULL << 63 | 1U << 31 },
		{ "operation of a transaction", TAILNET_A_PEER_OP, 1,
		  TAILNET_PEER_OP_DEL },
		{ "psk mark, from outside", TAILNET_A_PEER_HAS_PSK, 0, 0 },
		{ "continued, from outside", TAILNET_A_PEER_CONTINUED, 0, 0 },
		{ "handshake time, from outside",
		  TAILNET_A_PEER_LAST_HANDSHAKE_SEC, 8, 1 },
		{ "handshake ns, from outside",
		  TAILNET_A_PEER_LAST_HANDSHAKE_NSEC, 4, 1 },
		{ "rx bytes, from outside", TAILNET_A_PEER_RX_BYTES, 8, 1 },
		{ "tx bytes, from outside", TAILNET_A_PEER_TX_BYTES, 8, 1 },
		{ "rx packets, from outside", TAILNET_A_PEER_RX_PACKETS, 8, 1 },
		{ "tx packets, from outside", TAILNET_A_PEER_TX_PACKETS, 8, 1 },
		{ "state, from outside", TAILNET_A_PEER_STATE, 4, 1 },
		{ "attempts, from outside", TAILNET_A_PEER_HANDSHAKE_ATTEMPTS,
		  4, 1 },
	};
	size_t nest, i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		begin(f, TAILNET_CMD_PEER_SET, 0);
		req_put_dev(&b);
		nest = req_peer(&b, 1);
		nl_put_u16(&b, TAILNET_A_PEER_KEEPALIVE, 33);
		nl_put(&b, bad[i].type, &bad[i].v, bad[i].len);
		nl_end(&b, nest);
		refuse(f, 0, bad[i].name);
	}
}

/* One bad item among good ones: nothing of it happens. */
static void all_or_none(struct fuzz *f)
{
	unsigned int i;
	size_t nest;

	begin(f, TAILNET_CMD_PEER_NEW, 0);
	req_put_dev(&b);
	req_full_peer(&b, REQ_ABSENT);
	req_full_peer(&b, 1);
	refuse(f, -EEXIST, "a new peer and one that is there");

	begin(f, TAILNET_CMD_PEER_SET, 0);
	req_put_dev(&b);
	req_full_peer(&b, 1);
	req_full_peer(&b, REQ_ABSENT);
	refuse(f, -ENOENT, "a change of a peer and of none");

	begin(f, TAILNET_CMD_PEER_DEL, 0);
	req_put_dev(&b);
	nl_end(&b, req_peer(&b, 1));
	nl_end(&b, req_peer(&b, REQ_ABSENT));
	refuse(f, -ENOENT, "removal of a peer and of none");

	begin(f, TAILNET_CMD_PEER_NEW, 0);
	req_put_dev(&b);
	for (i = 0; i < 300; i++)
		req_full_peer(&b, REQ_ABSENT + i);
	nest = nl_nest(&b, TAILNET_A_PEER);
	nl_put_u16(&b, TAILNET_A_PEER_KEEPALIVE, 1);
	nl_end(&b, nest);
	refuse(f, -EINVAL, "300 new peers and one without a key");

	begin(f, TAILNET_CMD_PEER_NEW, 0);
	req_put_dev(&b);
	for (i = 0; i < 300; i++)
		req_full_peer(&b, REQ_ABSENT + i);
	req_full_peer(&b, 3);
	refuse(f, -EEXIST, "300 new peers and one that is there");

	begin(f, TAILNET_CMD_PEER_DEL, 0);
	req_put_dev(&b);
	req_full_peer(&b, 1);
	refuse(f, 0, "removal with settings");
	begin(f, TAILNET_CMD_PEER_GET, NLM_F_DUMP);
	req_put_dev(&b);
	nl_end(&b, req_peer(&b, 1));
	refuse(f, 0, "one peer in a dump of all");
	begin(f, TAILNET_CMD_PEER_GET, 0);
	req_put_dev(&b);
	nl_end(&b, req_peer(&b, REQ_ABSENT));
	refuse(f, -ENOENT, "a peer that is not there");
	begin(f, TAILNET_CMD_PEER_SET, 0);
	req_put_dev(&b);
	req_full_peer(&b, 1);
	nl_put_u64(&b, TAILNET_A_GENERATION, 1ULL << 60);
	refuse(f, -ESTALE, "peers for another generation");
}

static void put_txn(uint16_t type, uint32_t v)
{
	size_t nest = nl_nest(&b, TAILNET_A_TXN);

	nl_put_u32(&b, type, v);
	nl_end(&b, nest);
}

static void transactions(struct fuzz *f)
{
	static const uint8_t cmds[] = {
		TAILNET_CMD_TXN_ADD, TAILNET_CMD_TXN_COMMIT,
		TAILNET_CMD_TXN_ABORT,
	};
	static struct nl other;
	struct answer a;
	unsigned int i;
	size_t nest;

	for (i = 0; i < sizeof(cmds); i++) {
		begin(f, cmds[i], 0);
		req_put_dev(&b);
		put_txn(TAILNET_A_TXN_TOKEN, 12345);
		refuse(f, 0, "transaction that was never opened");
	}
	begin(f, TAILNET_CMD_TXN_BEGIN, 0);
	req_put_dev(&b);
	put_txn(TAILNET_A_TXN_MODE, 2);
	refuse(f, 0, "unknown mode of a transaction");
	begin(f, TAILNET_CMD_TXN_BEGIN, 0);
	req_put_dev(&b);
	put_txn(TAILNET_A_TXN_TOKEN, 2);
	refuse(f, 0, "token at the beginning of a transaction");
	begin(f, TAILNET_CMD_TXN_BEGIN, 0);
	req_put_dev(&b);
	put_txn(TAILNET_A_TXN_MODE, TAILNET_TXN_REPLACE);
	nl_put_u64(&b, TAILNET_A_GENERATION, 1ULL << 60);
	refuse(f, -ESTALE, "transaction for another generation");

	req_begin_txn(&f->nl, TAILNET_TXN_REPLACE, &a);
	if (a.err)
		die("transaction: begin: %s", a.text);
	begin(f, TAILNET_CMD_TXN_BEGIN, 0);
	req_put_dev(&b);
	put_txn(TAILNET_A_TXN_MODE, TAILNET_TXN_MERGE);
	refuse(f, 0, "second transaction");
	for (i = 0; i < sizeof(cmds); i++) {
		begin(f, cmds[i], 0);
		req_put_dev(&b);
		put_txn(TAILNET_A_TXN_TOKEN, req_token + 1);
		refuse(f, 0, "wrong token");
		begin(f, cmds[i], 0);
		req_put_dev(&b);
		refuse(f, 0, "no token");
	}
	/* Somebody else's socket. */
	if (nl_open(&other, TAILNET_GENL_NAME))
		die("second socket");
	for (i = 0; i < sizeof(cmds); i++) {
		nl_begin(&b, other.family, 0, cmds[i]);
		req_put_dev(&b);
		put_txn(TAILNET_A_TXN_TOKEN, req_token);
		nl_call(&other, &b, NULL, NULL, &a);
		if (!a.err)
			die("transaction of another socket: accepted");
		if (!a.has_text)
			die("transaction of another socket: no word");
	}
	nl_close(&other);

	begin(f, TAILNET_CMD_TXN_ADD, 0);
	req_put_dev(&b);
	put_txn(TAILNET_A_TXN_TOKEN, req_token);
	nest = req_peer(&b, 1);
	nl_put_u8(&b, TAILNET_A_PEER_OP, TAILNET_PEER_OP_DEL + 1);
	nl_end(&b, nest);
	refuse(f, 0, "unknown operation");

	/* Accepted as an item perhaps, but then the whole is refused. */
	begin(f, TAILNET_CMD_TXN_ADD, 0);
	req_put_dev(&b);
	put_txn(TAILNET_A_TXN_TOKEN, req_token);
	req_full_peer(&b, REQ_ABSENT + 5);
	nest = req_peer(&b, REQ_ABSENT);
	nl_put_u8(&b, TAILNET_A_PEER_OP, TAILNET_PEER_OP_UPDATE);
	nl_end(&b, nest);
	if (!fuzz_try(f, &b, MAY, "item that cannot be applied")) {
		begin(f, TAILNET_CMD_TXN_COMMIT, 0);
		req_put_dev(&b);
		put_txn(TAILNET_A_TXN_TOKEN, req_token);
		refuse(f, -ENOENT, "commit of what cannot be applied");
	}
	/* An abort, or the end of the socket, leaves nothing. */
	fuzz_reset(f);
	req_begin_txn(&f->nl, TAILNET_TXN_REPLACE, &a);
	nl_close(&f->nl);
	if (nl_open(&f->nl, TAILNET_GENL_NAME))
		die("socket");
	snap_take(&f->nl, f->after);
	if (!snap_equal(f->before, f->after))
		die("a transaction whose socket was closed had an effect");
	req_begin_txn(&f->nl, TAILNET_TXN_MERGE, &a);
	if (a.err)
		die("a transaction whose socket was closed is in the way: %s",
		    a.text);
	req_txn_end(&f->nl, TAILNET_CMD_TXN_ABORT, &a);
	if (a.err)
		die("abort: %s", a.text);
}

/* Much of what is allowed: it may be too much, but it must not do half. */
static void oversize(struct fuzz *f)
{
	static const unsigned int sizes[] = { 100, 1000, 1800 };
	unsigned int i, k;
	size_t nest;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		begin(f, TAILNET_CMD_PEER_SET, NLM_F_CREATE);
		req_put_dev(&b);
		for (k = 0; k < sizes[i]; k++)
			req_full_peer(&b, REQ_ABSENT + k);
		fuzz_try(f, &b, MAY, "%u peers in one request", sizes[i]);
		fuzz_reset(f);
	}
	begin(f, TAILNET_CMD_PEER_SET, 0);
	req_put_dev(&b);
	nest = req_peer(&b, 1);
	for (k = 0; k < 3000; k++)
		req_allowedip(&b, 4, k, 32);
	nl_end(&b, nest);
	accept_it(f, "3000 allowed IPs in one request");
	fuzz_reset(f);
	/* The same one over and over. */
	begin(f, TAILNET_CMD_PEER_SET, 0);
	req_put_dev(&b);
	for (k = 0; k < 500; k++)
		req_full_peer(&b, 1);
	fuzz_try(f, &b, MAY, "the same peer 500 times");
	fuzz_reset(f);
}

/**
 * cases_run() - all of them
 * @f:		run
 */
void cases_run(struct fuzz *f)
{
	begin(f, TAILNET_CMD_PEER_SET, 0);
	req_put_dev(&b);
	req_full_peer(&b, 1);
	accept_it(f, "a good request");

	naming(f);
	unknown_commands(f);
	device(f);
	sockets(f);
	addresses(f);
	peer_numbers(f);
	all_or_none(f);
	transactions(f);
	oversize(f);
}
