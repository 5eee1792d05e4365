/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOSTILE_REQ_H
#define HOSTILE_REQ_H

#include "nl.h"

/* Peers of the reference configuration have these numbers. */
#define REQ_PEERS	5
/* A peer that is never in it. */
#define REQ_ABSENT	77

/**
 * struct req - a valid request, and what it needs and leaves
 * @name:	for people
 * @cmd:	command
 * @flags:	of the message
 * @fill:	appends the attributes
 * @txn:	needs an open transaction
 */
struct req {
	const char *name;
	uint8_t cmd;
	uint16_t flags;
	void (*fill)(struct nlbuf *b);
	bool txn;
};

extern const struct req reqs[];
extern const size_t n_reqs;
extern const char *req_dev;
extern uint32_t req_token;

void req_key(unsigned int n, uint8_t key[32]);
void req_put_dev(struct nlbuf *b);
size_t req_peer(struct nlbuf *b, unsigned int n);
void req_endpoint(struct nlbuf *b, unsigned int n);
void req_allowedip(struct nlbuf *b, int family, unsigned int n, uint8_t len);
void req_full_peer(struct nlbuf *b, unsigned int n);
void req_build(struct nl *nl, const struct req *r, struct nlbuf *b);
const struct req *req_find(const char *name);

void req_begin_txn(struct nl *nl, uint32_t mode, struct answer *ret);
void req_txn_end(struct nl *nl, uint8_t cmd, struct answer *ret);
void req_restore(struct nl *nl, unsigned int peers);

/**
 * struct snap - what a device looks like, but for its counters
 * @len:	bytes
 * @err:	0, or why there is none
 * @timeless:	without generations
 * @data:	the attributes that matter, one after the other
 */
struct snap {
	size_t len;
	int err;
	bool timeless;
	uint8_t data[1 << 20];
};

void snap_take(struct nl *nl, struct snap *ret);
void snap_take_timeless(struct nl *nl, struct snap *ret);
bool snap_equal(const struct snap *a, const struct snap *b);

#endif
