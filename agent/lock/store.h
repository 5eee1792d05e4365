/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Updates of one profile in a directory of files, as the stock daemon has them:
 * "XX/HASH", and "last_active_ancestor". They are not secret, but who could
 * change them could let nodes in; so what guards the other state also keeps
 * the head (struct authority_pin).
 *
 * Source: tailscale tka/tailchonk.go, FS; ipn/ipnlocal/tailnet-lock.go.
 */
#ifndef LOCK_STORE_H
#define LOCK_STORE_H

#include "base/err.h"
#include "lock/authority.h"

#include <stddef.h>
#include <sys/types.h>

/* Directory of all profiles, in the state directory. */
#define LOCK_STORE_DIR "tka-profiles"

/**
 * struct lock_store_io - the system calls of writing, and the time
 *
 * Each call is as the function of the same name. Tests pass their own.
 */
struct lock_store_io {
	int (*mkdirat)(int dir, const char *path, mode_t mode);
	int (*openat)(int dir, const char *path, int flags, mode_t mode);
	ssize_t (*write)(int fd, const void *data, size_t len);
	int (*fsync)(int fd);
	int (*renameat)(int old_dir, const char *old, int new_dir,
			const char *path);
	int (*unlinkat)(int dir, const char *path, int flags);
	int64_t (*now_s)(void);
};

/**
 * lock_store_io_system() - the real calls
 *
 * Return: static data.
 */
const struct lock_store_io *lock_store_io_system(void);

struct lock_store;

/**
 * lock_store_new() - the store of a profile
 * @state_dir:	descriptor of the state directory, borrowed until free
 * @profile:	id of the profile; hexadecimal digits and letters
 * @io:		calls, borrowed likewise
 * @ret:	owned by the caller
 *
 * Nothing is made on disk before the first authority.
 *
 * Return: 0, -EINVAL for a profile that is no file name, or -ENOMEM.
 */
int lock_store_new(int state_dir, const char *profile,
		   const struct lock_store_io *io, struct lock_store **ret);

/**
 * lock_store_free() - free; what is on disk stays
 * @store: or NULL
 */
void lock_store_free(struct lock_store *store);

DEFINE_CLEANUP(lock_store, struct lock_store *, lock_store_free)

/**
 * lock_store_load() - what is on disk
 * @store:	the store
 * @detail:	filled on error
 * @ret:	for authority_open(); empty if there is nothing
 *
 * Files that are not named by a hash are passed over, deleted updates too. One
 * that is not what its name says is an error.
 *
 * Return: 0, TNE_LOCK_DAMAGED, TNE_LOCK_LIMIT, -errno or -ENOMEM.
 */
int lock_store_load(struct lock_store *store, struct err_detail *detail,
		    struct authority_stored *ret);

/**
 * lock_store_disk() - where an authority writes to
 * @store:	the store; must outlive the authority
 * @pin:	see struct authority_disk; NULL = nobody guards
 * @ctx:	for @pin
 *
 * Return: what to give to authority_open() and authority_bootstrap().
 */
struct authority_disk lock_store_disk(struct lock_store *store,
		int (*pin)(void *ctx, const struct aum_hash *head), void *ctx);

/**
 * lock_store_remove() - take all of it away, after the lock was turned off
 * @store:	empty afterwards
 *
 * The caller takes back the pin before: a store without it is off, a pin
 * without a store is damage.
 *
 * Return: 0 or -errno; then some files may be left.
 */
int lock_store_remove(struct lock_store *store);

#endif /* LOCK_STORE_H */
