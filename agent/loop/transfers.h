/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libcurl on the loop. fetch.c makes requests with it, stream.c connections.
 */
#ifndef LOOP_TRANSFERS_H
#define LOOP_TRANSFERS_H

#include "base/cleanup.h"
#include "base/err.h"
#include "loop/loop.h"
#include "loop/resolve.h"

#include <stdbool.h>
#include <stdint.h>

#include <curl/curl.h>

struct transfers;

/**
 * struct host_override - an address that a name shall have, as in /etc/hosts
 * @host: the name
 * @addr: its address
 */
struct host_override {
	const char *host;
	struct resolve_addr addr;
};

/**
 * struct transfers_options - how connections are made
 * @ca_file: certificates to trust in place of the system's; NULL = the system's
 * @overrides: asked before the resolver
 * @n_overrides: how many
 * @mark: SO_MARK of all sockets, 0 = none; keeps them out of our own tunnel
 * @no_proxy: do as if the environment named no proxies
 */
struct transfers_options {
	const char *ca_file;
	const struct host_override *overrides;
	size_t n_overrides;
	uint32_t mark;
	bool no_proxy;
};

/**
 * transfers_new() - prepare for transfers
 * @loop:	the loop; borrowed until transfers_free()
 * @options:	copied
 * @ret:	owned by the caller
 *
 * Return: 0 or -errno.
 */
int transfers_new(struct loop *loop, const struct transfers_options *options,
		  struct transfers **ret);

/**
 * transfers_free() - end of all
 * @transfers: or NULL; all transfers are over. Not inside of a callback of one
 */
void transfers_free(struct transfers *transfers);

DEFINE_CLEANUP(transfers, struct transfers *, transfers_free)

/**
 * transfers_loop() - the loop of transfers
 * @transfers: the transfers
 *
 * Return: borrowed.
 */
struct loop *transfers_loop(const struct transfers *transfers);

/**
 * struct transfer - one transfer of libcurl, inside of its owner
 * @fn: told once that it is over, with a result and a detail that is borrowed
 * @ctx: for @fn
 * @easy: owned; its special options are set before transfer_start()
 * @fixed: address that the URL's host shall have, set before transfer_start();
 *	family 0 = it is looked up. A proxy has its own idea of it
 */
struct transfer {
	void (*fn)(void *ctx, int err, const struct err_detail *detail);
	void *ctx;
	CURL *easy;
	struct resolve_addr fixed;
	/* private: */
	struct transfers *transfers;
	struct resolve *resolve;
	struct curl_slist *addresses;
	char *host;		/* that is looked up */
	uint16_t port;		/* that goes with it */
	bool proxied;		/* they are a proxy's */
	bool added;		/* libcurl has it */
	char error_text[CURL_ERROR_SIZE];
};

/**
 * transfer_init() - set up a transfer with the options that all share
 * @transfer:	the transfer
 * @transfers:	where it will run
 * @fn:		told the end
 * @ctx:	for @fn
 *
 * http and https only; no cookies, no user's files, no signals, certificates
 * checked, redirects not followed.
 *
 * Return: 0 or -ENOMEM. Also a failed one may be passed to transfer_done().
 */
int transfer_init(struct transfer *transfer, struct transfers *transfers,
		  void (*fn)(void *ctx, int err,
			     const struct err_detail *detail),
		  void *ctx);

/**
 * transfer_start() - look the host up, then let libcurl work
 * @transfer:	set up, not running; may be started again once it is over
 * @url:	http or https; copied
 *
 * The name that is looked up is the proxy's, if the environment says so.
 *
 * Return: 0, TNE_URL or -errno.
 */
int transfer_start(struct transfer *transfer, const char *url);

/**
 * transfer_done() - stop if it is running, free what it holds
 * @transfer: set up or all zero
 */
void transfer_done(struct transfer *transfer);

#endif /* LOOP_TRANSFERS_H */
