// SPDX-License-Identifier: GPL-2.0-only
/*
 * nlfuzz - malformed netlink requests for the tailnet family. Every refusal
 * must carry a text and leave the device as it was. Exit: 0 when all did, 1
 * with the name of the case on stderr.
 */
#include "nlfuzz.h"

#include "../../uapi/tailnet.h"
#include "net.h"
#include "rnd.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/**
 * fuzz_open() - begin with the reference configuration
 * @f:		result
 * @compare:	look at the device after each refusal
 */
void fuzz_open(struct fuzz *f, bool compare)
{
	memset(f, 0, sizeof(*f));
	if (nl_open(&f->nl, TAILNET_GENL_NAME))
		die("no netlink family %s", TAILNET_GENL_NAME);
	f->compare = compare;
	f->before = calloc(1, sizeof(*f->before));
	f->after = calloc(1, sizeof(*f->after));
	if (!f->before || !f->after)
		die("out of memory");
	fuzz_reset(f);
}

/**
 * fuzz_close() - end
 * @f:		run
 */
void fuzz_close(struct fuzz *f)
{
	nl_close(&f->nl);
	free(f->before);
	free(f->after);
}

/**
 * fuzz_reset() - back to the reference configuration
 * @f:		run
 *
 * On a new socket, as the old one may own a transaction.
 */
void fuzz_reset(struct fuzz *f)
{
	nl_close(&f->nl);
	if (nl_open(&f->nl, TAILNET_GENL_NAME))
		die("the netlink family %s is gone", TAILNET_GENL_NAME);
	req_restore(&f->nl, REQ_PEERS);
	if (!f->compare)
		return;
	snap_take(&f->nl, f->before);
	if (f->before->err)
		die("the device cannot be read: %d", f->before->err);
}

static bool is_no_command(uint8_t cmd)
{
	switch (cmd) {
	case TAILNET_CMD_UNSPEC:
	case TAILNET_CMD_PEER_NTF:
	case TAILNET_CMD_PATH_NTF:
	case TAILNET_CMD_DEV_NTF:
	case TAILNET_CMD_LOCK_NTF:
		return true;
	}
	return cmd > TAILNET_CMD_MAX;
}

/* Refused before any code of the module's sees it: no text to be had. */
static bool silent_core(const struct nlbuf *b, const struct answer *a)
{
	const struct nlmsghdr *h = (const void *)b->data;
	const struct genlmsghdr *g = (const void *)(b->data + NLMSG_HDRLEN);

	if (a->lost)
		return true;
	/* Shorter than the two headers. */
	if (h->nlmsg_len < NLMSG_HDRLEN + GENL_HDRLEN)
		return true;
	/* No such command, or none that can be dumped. */
	if (a->err == -EOPNOTSUPP)
		return is_no_command(g->cmd) ||
		       (h->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	return false;
}

/**
 * fuzz_fault() - something was not as it must be
 * @f:		run
 * @fmt:	what
 *
 * With --keep-going the run goes on and fails at its end.
 */
void fuzz_fault(struct fuzz *f, const char *fmt, ...)
{
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!f->keep_going)
		die("%s", text);
	printf("FAIL: %s\n", text);
	f->faults++;
}

static void check_unchanged(struct fuzz *f, const char *name)
{
	if (!f->compare)
		return;
	snap_take(&f->nl, f->after);
	if (snap_equal(f->before, f->after))
		return;
	fuzz_fault(f, "%s: refused, but the device is not as before", name);
	snap_take(&f->nl, f->before);
}

/**
 * fuzz_try() - send a request and judge what comes of it
 * @f:		run
 * @b:		request
 * @want:	what may come of it
 * @fmt:	its name
 *
 * Return: 0 or the negative error that it was refused with.
 */
int fuzz_try(struct fuzz *f, struct nlbuf *b, enum outcome want,
	     const char *fmt, ...)
{
	bool dump = (nl_head(b)->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	struct answer a;
	char name[200];
	va_list ap;
	int err;

	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	if (f->verbose)
		printf("  %s\n", name);

	f->sent++;
	err = nl_send(&f->nl, b);
	if (err) {
		if (want == MUST_PASS)
			fuzz_fault(f, "%s: cannot be sent: %s", name, strerror(-err));
		f->refused++;
		check_unchanged(f, name);
		return err;
	}
	nl_answer(&f->nl, dump, NULL, NULL, 30000, &a);
	if (!a.got)
		die("%s: no answer within 30 s", name);
	if (f->verbose)
		printf("    %d %s\n", a.err, a.text);
	if (a.err > 0)
		fuzz_fault(f, "%s: positive error %d", name, a.err);
	if (!a.err) {
		if (want == MUST_FAIL)
			fuzz_fault(f, "%s: accepted", name);
		if (f->compare)
			snap_take(&f->nl, f->before);
		return 0;
	}
	f->refused++;
	if (want == MUST_PASS)
		fuzz_fault(f, "%s: refused: %d %s", name, a.err, a.text);
	if (!a.has_text && !silent_core(b, &a))
		fuzz_fault(f, "%s: refused with %d, but without a word", name, a.err);
	check_unchanged(f, name);
	return a.err;
}

static _Noreturn void usage(void)
{
	fprintf(stderr,
		"usage: nlfuzz [OPTION...] MODE...\n"
		"  --dev NAME      device (tnx)\n"
		"  --seed N        of random choices (1)\n"
		"  --scale PERCENT of the mutants of 'attributes' (100)\n"
		"  --count N       requests of 'random' (2000)\n"
		"  --no-compare    do not look at the device after refusals\n"
		"  --keep-going    tell all faults, not only the first\n"
		"  --verbose       name each request\n"
		"  cases           forbidden requests, one by one\n"
		"  attributes      every attribute of every request, mangled\n"
		"  random          random mangling\n");
	exit(2);
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "dev", required_argument, NULL, 'd' },
		{ "seed", required_argument, NULL, 's' },
		{ "scale", required_argument, NULL, 'c' },
		{ "count", required_argument, NULL, 'n' },
		{ "no-compare", no_argument, NULL, 'x' },
		{ "keep-going", no_argument, NULL, 'k' },
		{ "verbose", no_argument, NULL, 'v' },
		{ 0 },
	};
	bool compare = true, verbose = false, keep_going = false;
	unsigned long faults = 0;
	unsigned int scale = 100;
	unsigned long count = 2000;
	uint64_t seed = 1;
	struct fuzz f;
	int c;

	while ((c = getopt_long(argc, argv, "v", longs, NULL)) != -1) {
		switch (c) {
		case 'd':
			req_dev = optarg;
			break;
		case 's':
			seed = strtoull(optarg, NULL, 0);
			break;
		case 'c':
			scale = (unsigned int)atoi(optarg);
			break;
		case 'n':
			count = strtoul(optarg, NULL, 0);
			break;
		case 'x':
			compare = false;
			break;
		case 'k':
			keep_going = true;
			break;
		case 'v':
			verbose = true;
			break;
		default:
			usage();
		}
	}
	if (optind == argc)
		usage();
	rnd_seed(seed);
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (; optind < argc; optind++) {
		fuzz_open(&f, compare);
		f.verbose = verbose;
		f.keep_going = keep_going;
		if (!strcmp(argv[optind], "cases"))
			cases_run(&f);
		else if (!strcmp(argv[optind], "attributes"))
			mangle_attributes(&f, scale);
		else if (!strcmp(argv[optind], "random"))
			mangle_random(&f, count);
		else
			usage();
		fuzz_reset(&f);
		printf("%s: %lu requests, %lu refused\n", argv[optind], f.sent,
		       f.refused);
		faults += f.faults;
		fuzz_close(&f);
	}
	if (faults)
		die("%lu faults", faults);
	return 0;
}
