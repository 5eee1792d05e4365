/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Links by which a node asks a person to sign it. What proves one is a code under
 * the name of the lock, which every node knows: it guards against slips, and not
 * against anybody.
 *
 * Source: tailscale tka/deeplink.go.
 */
#ifndef WIRE_LOCK_LINK_H
#define WIRE_LOCK_LINK_H

#include "base/arena.h"
#include "base/err.h"
#include "base/secret.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOCK_LINK_MAX 4096	/* bytes of a link; ours */
#define LOCK_LINK_CODE_LEN 32

/**
 * struct lock_link - what a link says
 * @node_key: "nodekey:..."
 * @lock_key: "tlpub:..." or "nlpub:..."
 * @device: name of the machine
 * @os: what it runs
 * @email: of its owner
 * @code: HMAC-SHA-256 over these five
 */
struct lock_link {
	const char *node_key;
	const char *lock_key;
	const char *device;
	const char *os;
	const char *email;
	uint8_t code[LOCK_LINK_CODE_LEN];
};

/**
 * lock_link_parse() - read a link
 * @url:	terminated
 * @mem:	owns the texts
 * @detail:	filled on error
 * @ret:	all zero
 *
 * Each of the six has to be there, once, and not empty.
 *
 * Return: 0, TNE_URL or -ENOMEM.
 */
int lock_link_parse(const char *url, struct arena *mem,
		    struct err_detail *detail, struct lock_link *ret);

/**
 * lock_link_check() - is it of a lock?
 * @link:	the link
 * @state_id:	first half of the lock's name
 *
 * Return: true if the code is right.
 */
bool lock_link_check(const struct lock_link *link, uint64_t state_id);

/**
 * lock_link_url_parse() - request "tka/verify-deeplink"
 * @text:	JSON
 * @len:	bytes
 * @mem:	owns @ret
 * @detail:	filled on error
 * @ret:	the link
 *
 * Return: 0, TNE_JSON, TNE_JSON_VALUE or -ENOMEM.
 */
int lock_link_url_parse(const char *text, size_t len, struct arena *mem,
			struct err_detail *detail, const char **ret);

/**
 * lock_link_build() - answer to it
 * @link:	the link; without texts if it is not valid
 * @error:	why it is not; "" = it is
 * @ret:	JSON, for secret_buf_done()
 *
 * Return: 0 or -ENOMEM.
 */
int lock_link_build(const struct lock_link *link, const char *error,
		    struct secret_buf *ret);

#endif /* WIRE_LOCK_LINK_H */
