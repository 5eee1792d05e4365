// SPDX-License-Identifier: GPL-2.0-only
/*
 * failnth - every allocation of every configuration request fails once.
 *
 * For n = 1, 2, 3, ... the n-th allocation that the kernel makes on behalf of
 * this thread fails (/proc/thread-self/fail-nth), until a run needs fewer than
 * n. A request that was refused must have left the device as it was; one that
 * was accepted all the same must have done all of its work. Exit: 0, 1 with
 * the name of the case on stderr, 4 when the kernel cannot do this.
 */
#include "req.h"

#include "../../uapi/tailnet.h"
#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* A request that needs more allocations than this is not being bounded. */
#define N_MAX		4000
#define MANY		24
#define NEW_DEV		"tnfail"

static int fail_fd = -1;
static struct nl nl;
static struct nlbuf b;
static struct snap before, after, wanted, now;
static unsigned int step = 1;
static bool answer_lost;

/*
 * Reading and writing the file copies to and from user space, which may be
 * made to fail as well: by the very number that is being taken back here.
 */
static void arm(unsigned int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", n), tries;

	for (tries = 0; tries < 3; tries++) {
		if (pwrite(fail_fd, text, (size_t)len, 0) == len)
			return;
		if (errno != EFAULT)
			break;
	}
	die("fail-nth: %s", strerror(errno));
}

/* Return: whether the n-th one was reached, so that it failed. */
static bool disarm(void)
{
	char text[16] = "";
	ssize_t len = pread(fail_fd, text, sizeof(text) - 1, 0);

	if (len < 0 && errno != EFAULT)
		die("fail-nth: %s", strerror(errno));
	arm(0);
	return len > 0 && atoi(text) == 0;
}

/* The kernel's own choice of what may fail is too careful for this. */
static void set_debugfs(const char *dir, const char *name, const char *value)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/debug/%s/%s", dir, name);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return;
	if (write(fd, value, strlen(value)) < 0)
		printf("note: %s: %s\n", path, strerror(errno));
	close(fd);
}

static void prepare(void)
{
	static const char *const dirs[] = { "failslab", "fail_page_alloc",
					    "fail_usercopy" };
	unsigned int i;

	fail_fd = open("/proc/thread-self/fail-nth", O_RDWR);
	if (fail_fd < 0) {
		printf("SKIP: this kernel has no /proc/self/fail-nth\n");
		exit(4);
	}
	if (access("/sys/kernel/debug/failslab", F_OK)) {
		printf("SKIP: no /sys/kernel/debug/failslab\n");
		exit(4);
	}
	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		set_debugfs(dirs[i], "ignore-gfp-wait", "N");
		set_debugfs(dirs[i], "ignore-gfp-highmem", "N");
		set_debugfs(dirs[i], "min-order", "0");
		set_debugfs(dirs[i], "verbose", "0");
	}
}

/* Send armed, receive in peace. Return: whether something failed. */
static bool call_armed(unsigned int n, struct answer *a)
{
	bool dump = (nl_head(&b)->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	bool failed;
	int err;

	nl_head(&b)->nlmsg_seq = ++nl.seq;
	nl_head(&b)->nlmsg_pid = nl.port;
	arm(n);
	err = send(nl.fd, b.data, b.len, 0) < 0 ? -errno : 0;
	failed = disarm();
	memset(a, 0, sizeof(*a));
	if (err) {
		a->got = true;
		a->lost = true;
		a->err = err;
		return failed;
	}
	/*
	 * When the answer itself could not be made, the socket says so. When
	 * not even that, a question behind it shows that nothing will come.
	 */
	nl_answer(&nl, dump, NULL, NULL, failed ? 200 : 30000, a);
	if (!a->got) {
		if (!failed)
			die("no answer within 30 s");
		a->lost = true;
		a->err = -ENOBUFS;
	}
	return failed;
}

/**
 * struct op - something to be tried with failures
 * @name:	for people
 * @setup:	what comes before it, undisturbed; or NULL
 * @build:	makes the request
 * @undo:	what comes after it when it was refused; or NULL
 */
struct op {
	const char *name;
	void (*setup)(void);
	void (*build)(void);
	void (*undo)(void);
};

static void from_req(const char *name)
{
	req_build(&nl, req_find(name), &b);
}

static void build_dev_get(void)
{
	from_req("dev-get");
}

static void build_dev_dump(void)
{
	from_req("dev-dump");
}

static void build_dev_set(void)
{
	from_req("dev-set");
}

static void build_port(void)
{
	size_t nest;

	nl_begin(&b, nl.family, 0, TAILNET_CMD_DEV_SET);
	nest = nl_nest(&b, TAILNET_A_DEV);
	nl_put(&b, TAILNET_A_DEV_IFNAME, req_dev, strlen(req_dev) + 1);
	nl_put_u16(&b, TAILNET_A_DEV_LISTEN_PORT, 51999);
	nl_put_u32(&b, TAILNET_A_DEV_FWMARK, 77);
	nl_end(&b, nest);
}

static void build_peer_get(void)
{
	from_req("peer-get");
}

static void build_peer_dump(void)
{
	from_req("peer-dump");
}

static void build_peer_new(void)
{
	from_req("peer-new");
}

static void build_peer_many(void)
{
	unsigned int i;

	nl_begin(&b, nl.family, 0, TAILNET_CMD_PEER_NEW);
	req_put_dev(&b);
	for (i = 0; i < MANY; i++)
		req_full_peer(&b, REQ_ABSENT + i);
}

static void build_peer_set(void)
{
	size_t nest;

	nl_begin(&b, nl.family, 0, TAILNET_CMD_PEER_SET);
	req_put_dev(&b);
	nest = req_peer(&b, 1);
	req_allowedip(&b, 4, 5000, 32);
	req_allowedip(&b, 4, 5000, 20);
	req_allowedip(&b, 6, 5000, 64);
	/* Taken from another peer. */
	req_allowedip(&b, 4, 2, 32);
	req_endpoint(&b, 8);
	nl_put_u64(&b, TAILNET_A_PEER_NODE_ID, 12);
	nl_end(&b, nest);
}

static void build_peer_del(void)
{
	from_req("peer-del");
}

static void build_stats_get(void)
{
	from_req("stats-get");
}

static void build_stats_dump(void)
{
	from_req("stats-dump");
}

static void build_begin(void)
{
	from_req("txn-begin");
}

static void build_add(void)
{
	from_req("txn-add");
}

static void build_commit(void)
{
	from_req("txn-commit");
}

static void abort_txn(void)
{
	struct answer a;

	req_txn_end(&nl, TAILNET_CMD_TXN_ABORT, &a);
}

static void begin_merge(void)
{
	struct answer a;

	req_begin_txn(&nl, TAILNET_TXN_MERGE, &a);
	if (a.err)
		die("cannot open a transaction: %s (%d)", a.text, a.err);
}

/* Whatever is open, also if nobody has read its token: its socket closes. */
static void forget_txn(void)
{
	nl_close(&nl);
	if (nl_open(&nl, TAILNET_GENL_NAME))
		die("no netlink family %s", TAILNET_GENL_NAME);
}

/*
 * After a begin that failed, one that does not must be possible; where only the
 * answer was lost, once the one that nobody knows of is forgotten.
 */
static void begin_again(void)
{
	if (answer_lost)
		forget_txn();
	begin_merge();
	abort_txn();
}

/* Everything goes, other things come. */
static void replace_many(void)
{
	struct answer a;
	unsigned int i;
	size_t nest;

	req_begin_txn(&nl, TAILNET_TXN_REPLACE, &a);
	if (a.err)
		die("cannot open a transaction: %s (%d)", a.text, a.err);
	nl_begin(&b, nl.family, 0, TAILNET_CMD_TXN_ADD);
	req_put_dev(&b);
	nest = nl_nest(&b, TAILNET_A_TXN);
	nl_put_u32(&b, TAILNET_A_TXN_TOKEN, req_token);
	nl_end(&b, nest);
	for (i = 0; i < MANY; i++)
		req_full_peer(&b, 3 + i);
	nl_call(&nl, &b, NULL, NULL, &a);
	if (a.err)
		die("cannot add to a transaction: %s (%d)", a.text, a.err);
}

static const struct op ops[] = {
	{ "dev-get", NULL, build_dev_get, NULL },
	{ "dev-dump", NULL, build_dev_dump, NULL },
	{ "dev-set", NULL, build_dev_set, NULL },
	{ "dev-set, another port", NULL, build_port, NULL },
	{ "peer-get", NULL, build_peer_get, NULL },
	{ "peer-dump", NULL, build_peer_dump, NULL },
	{ "peer-new", NULL, build_peer_new, NULL },
	{ "peer-new, many", NULL, build_peer_many, NULL },
	{ "peer-set", NULL, build_peer_set, NULL },
	{ "peer-del", NULL, build_peer_del, NULL },
	{ "txn-begin", abort_txn, build_begin, begin_again },
	{ "txn-add", begin_merge, build_add, abort_txn },
	{ "txn-commit", replace_many, build_commit, abort_txn },
	{ "stats-get", NULL, build_stats_get, NULL },
	{ "stats-dump", NULL, build_stats_dump, NULL },
};

/* What it looks like when nothing fails. */
static void learn(const struct op *op)
{
	struct answer a;

	req_restore(&nl, REQ_PEERS);
	if (op->setup)
		op->setup();
	op->build();
	nl_call(&nl, &b, NULL, NULL, &a);
	if (a.err)
		die("%s: refused though nothing failed: %s (%d)", op->name,
		    a.text, a.err);
	snap_take_timeless(&nl, &wanted);
	forget_txn();
	req_restore(&nl, REQ_PEERS);
}

/* Return: whether anything failed, so that a greater n is worth a try. */
static bool try_op(const struct op *op, unsigned int n, unsigned int *refused)
{
	struct answer a;
	bool failed;

	if (op->setup)
		op->setup();
	snap_take(&nl, &before);
	op->build();
	failed = call_armed(n, &a);
	answer_lost = a.lost;
	snap_take(&nl, &after);
	snap_take_timeless(&nl, &now);
	if (a.err && !a.lost && !snap_equal(&before, &after))
		die("%s, failure %u: refused (%d %s), but the device is not as before",
		    op->name, n, a.err, a.text);
	if (a.err && !snap_equal(&before, &after) && !snap_equal(&now, &wanted))
		die("%s, failure %u: the answer was lost and half of it done",
		    op->name, n);
	if (!a.err && !snap_equal(&now, &wanted))
		die("%s, failure %u: accepted, but not all was done", op->name,
		    n);
	if (a.err && !failed)
		die("%s: refused though nothing failed: %s (%d)", op->name,
		    a.text, a.err);
	*refused += a.err != 0;
	if (a.err && op->undo)
		op->undo();
	if (!a.err)
		forget_txn();
	if (!snap_equal(&before, &after))
		req_restore(&nl, REQ_PEERS);
	return failed;
}

static void run_op(const struct op *op)
{
	unsigned int n, refused = 0;

	learn(op);
	for (n = 1; try_op(op, n, &refused); n += n < 40 ? 1 : step) {
		if (n > N_MAX)
			die("%s: still failing at %u allocations", op->name, n);
	}
	printf("%s: %u failures, %u refusals\n", op->name, n - 1, refused);
}

/* --- links: rtnetlink and an ioctl --- */

static int rt_fd;

static int rt_call(uint16_t type, uint16_t flags, const char *name,
		   const char *kind, unsigned int n, bool *failed)
{
	struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC };
	static uint8_t buf[8192];
	const struct nlmsghdr *h = (void *)buf;
	const struct nlmsgerr *e = NLMSG_DATA(h);
	size_t nest;
	ssize_t len;
	int err;

	memset(b.data, 0, NLMSG_HDRLEN);
	nl_head(&b)->nlmsg_type = type;
	nl_head(&b)->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	nl_head(&b)->nlmsg_seq = 1;
	memcpy(b.data + NLMSG_HDRLEN, &ifi, sizeof(ifi));
	b.len = NLMSG_HDRLEN + sizeof(ifi);
	nl_put(&b, IFLA_IFNAME, name, strlen(name) + 1);
	if (kind) {
		nest = nl_nest(&b, IFLA_LINKINFO);
		nl_put(&b, IFLA_INFO_KIND, kind, strlen(kind));
		nl_end(&b, nest);
	}
	if (n)
		arm(n);
	err = send(rt_fd, b.data, b.len, 0) < 0 ? -errno : 0;
	if (n)
		*failed = disarm();
	if (err)
		return err;
	/* Answers that could not be made show as an error, or not at all. */
	len = recv(rt_fd, buf, sizeof(buf), 0);
	if (len < 0)
		return errno == EAGAIN ? -ENOBUFS : -errno;
	if (h->nlmsg_type != NLMSG_ERROR)
		die("rtnetlink answers with type %u", h->nlmsg_type);
	return e->error;
}

static int set_up(const char *name, bool up, unsigned int n, bool *failed)
{
	struct ifreq ifr = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err;

	strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
	if (ioctl(fd, SIOCGIFFLAGS, &ifr))
		die("%s: flags: %s", name, strerror(errno));
	if (up)
		ifr.ifr_flags |= IFF_UP;
	else
		ifr.ifr_flags &= (short)~IFF_UP;
	if (n)
		arm(n);
	err = ioctl(fd, SIOCSIFFLAGS, &ifr) ? -errno : 0;
	if (n)
		*failed = disarm();
	close(fd);
	return err;
}

static void must(int err, const char *what)
{
	if (err)
		die("%s, undisturbed: %s", what, strerror(-err));
}

static void link_add(const char *kind)
{
	unsigned int n, refused = 0;
	bool failed = true;
	int err;

	for (n = 1; failed; n++) {
		err = rt_call(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, NEW_DEV,
			      kind, n, &failed);
		if (err && err != -ENOBUFS && if_nametoindex(NEW_DEV))
			die("link add, failure %u: refused (%d), but there is a device",
			    n, err);
		if (!err && !if_nametoindex(NEW_DEV))
			die("link add, failure %u: no device", n);
		refused += err != 0;
		if (if_nametoindex(NEW_DEV))
			must(rt_call(RTM_DELLINK, 0, NEW_DEV, NULL, 0, NULL),
			     "link del");
		if (n > N_MAX)
			die("link add: still failing at %u", n);
	}
	printf("link add: %u failures, %u refusals\n", n - 2, refused);
}

static void link_del(const char *kind)
{
	unsigned int n, refused = 0;
	bool failed = true;
	int err;

	for (n = 1; failed; n++) {
		must(rt_call(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, NEW_DEV,
			     kind, 0, NULL), "link add");
		must(set_up(NEW_DEV, true, 0, NULL), "link up");
		err = rt_call(RTM_DELLINK, 0, NEW_DEV, NULL, n, &failed);
		refused += err != 0;
		if (if_nametoindex(NEW_DEV)) {
			if (!err)
				die("link del, failure %u: still there", n);
			must(rt_call(RTM_DELLINK, 0, NEW_DEV, NULL, 0, NULL),
			     "link del");
		}
		if (n > N_MAX)
			die("link del: still failing at %u", n);
	}
	printf("link del: %u failures, %u refusals\n", n - 2, refused);
}

static void link_up(void)
{
	unsigned int n, refused = 0;
	bool failed = true;
	int err;

	for (n = 1; failed; n++) {
		must(set_up(req_dev, false, 0, NULL), "link down");
		snap_take(&nl, &before);
		err = set_up(req_dev, true, n, &failed);
		snap_take(&nl, &after);
		if (err && !snap_equal(&before, &after))
			die("link up, failure %u: refused (%d), but the device is not as before",
			    n, err);
		refused += err != 0;
		must(set_up(req_dev, true, 0, NULL), "link up");
		if (n > N_MAX)
			die("link up: still failing at %u", n);
	}
	printf("link up: %u failures, %u refusals\n", n - 2, refused);
}

int main(int argc, char **argv)
{
	struct timeval tv = { .tv_usec = 300000 };
	const char *kind = "tailnet";
	unsigned int i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 1)
		req_dev = argv[1];
	/* Beyond the 40th only one in so many, for slow kernels. */
	if (argc > 2)
		step = (unsigned int)atoi(argv[2]);
	if (step < 1)
		step = 1;
	prepare();
	if (nl_open(&nl, TAILNET_GENL_NAME))
		die("no netlink family %s", TAILNET_GENL_NAME);
	rt_fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	setsockopt(rt_fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));

	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		run_op(&ops[i]);
	req_restore(&nl, REQ_PEERS);
	link_up();
	link_add(kind);
	link_del(kind);
	return 0;
}
