/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOSTILE_NLFUZZ_H
#define HOSTILE_NLFUZZ_H

#include "req.h"

/**
 * enum outcome - what may happen to a request
 * @MAY: accepted or refused, both are right
 * @MUST_FAIL: refused
 * @MUST_PASS: accepted
 */
enum outcome {
	MAY,
	MUST_FAIL,
	MUST_PASS,
};

/**
 * struct fuzz - a run
 * @nl:		socket
 * @before:	the device as it must still be after a refusal
 * @after:	the device as it is
 * @sent:	requests
 * @refused:	of these
 * @compare:	look at the device after each refusal
 * @verbose:	name each request
 * @keep_going:	count faults instead of ending at the first
 * @faults:	how many there were
 */
struct fuzz {
	struct nl nl;
	struct snap *before;
	struct snap *after;
	unsigned long sent;
	unsigned long refused;
	bool compare;
	bool verbose;
	bool keep_going;
	unsigned long faults;
};

void fuzz_open(struct fuzz *f, bool compare);
void fuzz_reset(struct fuzz *f);
int fuzz_try(struct fuzz *f, struct nlbuf *b, enum outcome want,
	     const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void fuzz_fault(struct fuzz *f, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void fuzz_close(struct fuzz *f);

/* nlcases.c */
void cases_run(struct fuzz *f);

/* nlmangle.c */
void mangle_attributes(struct fuzz *f, unsigned int scale);
void mangle_random(struct fuzz *f, unsigned long count);

#endif
