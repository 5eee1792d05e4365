/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRE_WG_VALUE_H
#define WIRE_WG_VALUE_H

#include "base/err.h"
#include "model/wg_config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct wg_text - a piece of text
 * @s: borrowed, not terminated
 * @len: its length, bytes
 */
struct wg_text {
	const char *s;
	size_t len;
};

/*
 * The values of wg(8), as they stand in a configuration file or behind an
 * argument. All of them return 0, TNE_CONF_SYNTAX or TNE_KEY_FORMAT with a
 * detail that names the bad text, or -ENOMEM; results only on success. A
 * detail never shows text that stood where a secret belongs.
 */

/**
 * wg_text_is() - compare, letters of either case being equal
 * @text:	one
 * @word:	the other, terminated
 *
 * Return: true if equal.
 */
bool wg_text_is(struct wg_text text, const char *word);

/**
 * wg_parse_port() - a UDP port
 * @text:	decimal, 0 to 65535
 * @detail:	filled on error
 * @ret:	the port
 */
int wg_parse_port(struct wg_text text, struct err_detail *detail,
		  uint16_t *ret);

/**
 * wg_parse_fwmark() - a firewall mark
 * @text:	"off", decimal, or hexadecimal behind 0x
 * @detail:	filled on error
 * @ret:	the mark, 0 = off
 */
int wg_parse_fwmark(struct wg_text text, struct err_detail *detail,
		    uint32_t *ret);

/**
 * wg_parse_keepalive() - an interval
 * @text:	"off" or seconds, 0 to 65535
 * @detail:	filled on error
 * @ret:	seconds, 0 = off
 */
int wg_parse_keepalive(struct wg_text text, struct err_detail *detail,
		       uint16_t *ret);

/**
 * wg_parse_switch() - on or off
 * @text:	"on" or "off"
 * @detail:	filled on error
 * @ret:	true = on
 */
int wg_parse_switch(struct wg_text text, struct err_detail *detail, bool *ret);

/**
 * wg_parse_public() - a public key
 * @text:	base64
 * @detail:	filled on error
 * @ret:	the key
 */
int wg_parse_public(struct wg_text text, struct err_detail *detail,
		    struct node_public *ret);

/**
 * wg_parse_endpoint() - set the endpoint of a peer
 * @text:	HOST:PORT or [HOST]:PORT
 * @detail:	filled on error
 * @peer:	gets the address, or the host to be looked up
 *
 * An address with a scope counts as a name: only the system knows the index of
 * an interface.
 */
int wg_parse_endpoint(struct wg_text text, struct err_detail *detail,
		      struct wg_peer_config *peer);

/**
 * wg_parse_allowed_ips() - append a list of prefixes
 * @text:	comma-separated; without a length the whole address
 * @signs:	may a prefix be marked '+' or '-'?
 * @detail:	filled on error
 * @list:	appended to; on error its contents may have grown
 * @ret_signed:	was any of them marked?
 */
int wg_parse_allowed_ips(struct wg_text text, bool signs,
			 struct err_detail *detail, struct wg_prefixes *list,
			 bool *ret_signed);

/**
 * wg_parse_key_file() - contents of a file with a private or preshared key
 * @text:	a key, white space allowed behind it, or nothing
 * @detail:	filled on error
 * @key:	filled
 * @ret_empty:	there was no key
 */
int wg_parse_key_file(struct wg_text text, struct err_detail *detail,
		      struct secret32 *key, bool *ret_empty);

#endif /* WIRE_WG_VALUE_H */
