// SPDX-License-Identifier: GPL-2.0-only
/* A hostile peer, and a good one that shows that the victim still works. */
#include "duo.h"

#include <stdio.h>

/**
 * duo_open() - bring both up
 * @d:		result
 * @opt:	options
 */
void duo_open(struct duo *d, const struct options *opt)
{
	static const uint8_t none[KEY_LEN];

	peer_open(&d->main, opt, opt->from, opt->port, opt->psk);
	peer_open(&d->fence, opt, KEY_FENCE, 0, none);
	d->pending = 0;
	peer_bring_up(&d->main);
	peer_bring_up(&d->fence);
}

/**
 * duo_fence() - prove that all so far had no effect
 * @d:		both peers
 * @what:	what it is for
 *
 * A new handshake of the good peer, and an echo on the session of each. A
 * main peer without session (as responder) is only listened to.
 */
void duo_fence(struct duo *d, const char *what)
{
	d->fence.cur = peer_handshake(&d->fence, what);
	peer_echo(&d->fence, d->fence.cur, what);
	if (d->main.cur)
		peer_echo(&d->main, d->main.cur, what);
	peer_drain(&d->main);
	peer_drain(&d->fence);
	if (d->main.cur)
		peer_refresh(&d->main);
	/* A good handshake of the main peer blocks its next for 20 ms. */
	peer_init_gap(&d->main);
	d->pending = 0;
}

/**
 * duo_send() - send a hostile message, with a fence behind every few
 * @d:		both peers
 * @msg:	message
 * @len:	its length
 */
void duo_send(struct duo *d, const void *msg, size_t len)
{
	peer_send(&d->main, msg, len);
	if (++d->pending >= DUO_BATCH)
		duo_fence(d, "between hostile messages");
}

/**
 * duo_close() - a last fence, a last look, and the end
 * @d:		both peers
 */
void duo_close(struct duo *d)
{
	duo_fence(d, "after the hostile messages");
	peer_quiet(&d->main, 300);
	peer_close(&d->main);
	peer_close(&d->fence);
}
