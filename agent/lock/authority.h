/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tailnet key authority: which keys may sign nodes, by the updates that
 * this node has seen and verified. It only grows; nothing the server says moves
 * its head back.
 *
 * Source: tailscale tka/tka.go.
 */
#ifndef LOCK_AUTHORITY_H
#define LOCK_AUTHORITY_H

#include "base/arena.h"
#include "base/cleanup.h"
#include "lock/chain.h"
#include "model/aum.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Most updates taken at once; ours. */
#define AUTHORITY_BATCH_MAX 4096

struct authority;

/**
 * struct authority_disk - where updates last; all NULL = nowhere
 * @create: make an empty store; before the first @put of a new authority
 * @put: write updates; on disk when it returns
 * @set_ancestor: remember the oldest update of the active chain
 * @purge: forget updates; those that are not there are no error
 * @pin: tell those who guard against an older store put in place of this one
 *	that there is an authority, and what its head is
 * @ctx: handed to all of them
 *
 * They return 0 or below.
 */
struct authority_disk {
	int (*create)(void *ctx);
	int (*put)(void *ctx, struct chain_item *const *item, size_t n);
	int (*set_ancestor)(void *ctx, const struct aum_hash *hash);
	int (*purge)(void *ctx, struct chain_item *const *item, size_t n);
	int (*pin)(void *ctx, const struct aum_hash *head);
	void *ctx;
};

/**
 * struct authority_stored - what was found on disk
 * @chain: the updates
 * @has_ancestor: @ancestor is set
 * @ancestor: what set_ancestor() was told last
 */
struct authority_stored {
	struct chain chain;
	bool has_ancestor;
	struct aum_hash ancestor;
};

/**
 * authority_stored_done() - free the contents
 * @stored: what was found
 */
void authority_stored_done(struct authority_stored *stored);

/**
 * struct authority_pin - what pin() was told last
 * @exists: there was an authority
 * @head: its head
 */
struct authority_pin {
	bool exists;
	struct aum_hash head;
};

/**
 * authority_open() - go on with what is on disk
 * @stored:	what was found; its chain is moved on success
 * @pin:	what was pinned; NULL = nobody guards
 * @disk:	copied
 * @ret:	owned by the caller
 *
 * After an error the lock is on and its keys are not known: no peer may be
 * admitted.
 *
 * Return: 0; -ENOENT if the lock is off; TNE_LOCK_DAMAGED, TNE_LOCK_LIMIT, or
 * -ENOMEM.
 */
int authority_open(struct authority_stored *stored,
		   const struct authority_pin *pin,
		   const struct authority_disk *disk,
		   struct authority **ret);

/**
 * authority_bootstrap() - begin with what the server says
 * @genesis:	bytes of a checkpoint, signed by a key in it
 * @denied:	ids of authorities that were given up here, "ID1:ID2"
 * @now_s:	seconds since the epoch
 * @disk:	copied; written to only if all is well
 * @ret:	owned by the caller
 *
 * Return: 0; 1 if all is well but pin() failed; TNE_CBOR, TNE_LOCK_AUM,
 * TNE_LOCK_SIGNATURE, TNE_LOCK_DENIED, what the disk said, or -ENOMEM.
 */
int authority_bootstrap(struct bytes genesis, const struct text_list *denied,
			int64_t now_s, const struct authority_disk *disk,
			struct authority **ret);

/**
 * authority_free() - free; what is on disk stays
 * @authority: or NULL
 */
void authority_free(struct authority *authority);

DEFINE_CLEANUP(authority, struct authority *, authority_free)

/**
 * authority_inform() - take updates
 * @authority:	changed on success only
 * @update:	bytes of each; what an update follows comes before it, or is
 *		held. Those held already are passed over
 * @n:		how many, not 0
 * @now_s:	seconds since the epoch
 *
 * All or none. Updates of forks that lose are held as well: others may want
 * them, and later ones may let them win.
 *
 * Return: 0; 1 if all is well but pin() failed; TNE_CBOR, TNE_LOCK_..., -EINVAL
 * without updates, what the disk said, or -ENOMEM.
 */
int authority_inform(struct authority *authority, const struct bytes *update,
		     size_t n, int64_t now_s);

/* Borrowed until the next change: head, first update held, all updates. */
struct chain_item *authority_head(const struct authority *authority);
struct chain_item *authority_oldest(const struct authority *authority);
const struct chain *authority_chain(const struct authority *authority);
/* What is trusted at the head; likewise. */
const struct lock_state *authority_state(const struct authority *authority);

/**
 * authority_compacted() - forget updates
 * @authority:	its chain loses them
 * @oldest:	the first update that is held from now on
 * @gone:	taken out of the chain and freed; none that the active chain needs
 * @n:		how many
 *
 * Return: 0 or what the disk said; then nothing is forgotten in memory.
 */
int authority_compacted(struct authority *authority, struct chain_item *oldest,
			struct chain_item **gone, size_t n);

#define AUTHORITY_ID_TEXT_MAX 42

/**
 * authority_id_text() - the name of an authority, as deny lists have it
 * @state:	of the authority
 * @ret:	"ID1:ID2", terminated
 *
 * Return: @ret.
 */
const char *authority_id_text(const struct lock_state *state,
			      char ret[AUTHORITY_ID_TEXT_MAX]);

#endif /* LOCK_AUTHORITY_H */
