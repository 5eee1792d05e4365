/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state file: names and bytes, what they mean is not known in here. The
 * form is the stock daemon's, so that either can go on with the other's file:
 * plain, or sealed, which is a box around the plain one. Its key comes from
 * outside, since only the TPM can open the blob that it is stored as.
 *
 * A change is written before it is true: state_write() replaces the file whole
 * and only then what state_find() sees. One process at a time, by a lock on
 * "<file>.lock".
 */
#ifndef STORE_STATE_H
#define STORE_STATE_H

#include "base/err.h"
#include "base/secret.h"
#include "wire/sealed_json.h"
#include "wire/state_json.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#define STATE_FILE "tailscaled.state"
/* The one before, of a sealed state; under the same data key. */
#define STATE_PREV_FILE STATE_FILE ".prev"

struct state;

/**
 * struct state_io - the system calls of reading and writing
 *
 * Each is called as the function of the same name. Tests pass their own, to
 * let each of them fail, or be the last one before a crash.
 */
struct state_io {
	int (*openat)(int dir, const char *path, int flags, mode_t mode);
	int (*fchmod)(int fd, mode_t mode);
	ssize_t (*write)(int fd, const void *data, size_t len);
	int (*fsync)(int fd);
	int (*close)(int fd);
	int (*renameat)(int old_dir, const char *old, int new_dir,
			const char *path);
	int (*unlinkat)(int dir, const char *path, int flags);
	int (*linkat)(int old_dir, const char *old, int new_dir,
		      const char *path, int flags);
};

/**
 * state_io_system() - the real calls
 *
 * Return: static data.
 */
const struct state_io *state_io_system(void);

/**
 * struct state_change - one entry to be written
 * @name:	of the entry
 * @data:	its bytes, borrowed for the call
 * @len:	of @data; 0 takes the entry away
 */
struct state_change {
	const char *name;
	const void *data;
	size_t len;
};

#define STATE_HOOK_MAX 2	/* changes that a hook adds */

/**
 * struct state_hook - who wants to have a say in each change
 * @before:	may add changes to those that are about to be written; returns
 *		how many. What @ret points to stays until the next call
 * @after:	they were written, with those that were added
 * @failed:	or they could not be written, and nothing has changed
 * @ctx:	first argument
 */
struct state_hook {
	size_t (*before)(void *ctx, const struct state_change *change, size_t n,
			 struct state_change ret[STATE_HOOK_MAX]);
	void (*after)(void *ctx);
	void (*failed)(void *ctx, int err);
	void *ctx;
};

/**
 * state_open() - take over the state of a directory
 * @dir:	the directory, created with mode 0700 if its parent is there
 * @io:		calls, borrowed until state_close()
 * @detail:	filled on error
 * @ret:	the state, owned by the caller
 *
 * A missing file is an empty state, which is not written before the first
 * state_write(). Anything else that cannot be read is an error, and the file
 * stays as it is: a new identity over an unreadable old one would lose the
 * node. A link in place of the file is refused, as is a file that others may
 * write to, or that lies where they may; one that they may only read is set to
 * 0600. Temporary files of a crash are deleted.
 *
 * A sealed file is only read: until state_unlock() nothing is found in it, and
 * nothing can be written.
 *
 * Return: 0, -errno, -EBUSY if another process has it, TNE_STATE_FORMAT or
 * TNE_STATE_FILE.
 */
int state_open(const char *dir, const struct state_io *io,
	       struct err_detail *detail, struct state **ret);

/**
 * state_closed() - a state that could not be opened
 * @dir:	its directory
 * @ret:	the state, owned by the caller
 *
 * Nothing is found in it, and nothing can be written. It keeps others away if
 * that is possible.
 *
 * Return: 0 or -ENOMEM.
 */
int state_closed(const char *dir, struct state **ret);

/**
 * state_leave() - leave a folder of somebody else's as it was
 * @state: removes its lock file if there was none; to be closed next
 */
void state_leave(struct state *state);

/**
 * state_forget_lock() - the folder is not ours any more
 * @state: removes its lock file; to be closed next
 */
void state_forget_lock(struct state *state);

/**
 * state_memory() - a state that is nowhere written
 * @ret: the state, owned by the caller
 *
 * Return: 0 or -ENOMEM.
 */
int state_memory(struct state **ret);

/**
 * state_close() - free, and let the next process have it
 * @state: or NULL
 */
void state_close(struct state *state);

DEFINE_CLEANUP(state, struct state *, state_close)

/**
 * state_is_sealed() - in which form is the file?
 * @state: looked at
 *
 * Return: true if it is sealed, or will be when it is first written.
 */
bool state_is_sealed(const struct state *state);

/**
 * state_is_locked() - does it need state_unlock()?
 * @state: looked at
 *
 * Return: true if so.
 */
bool state_is_locked(const struct state *state);

/**
 * state_blob() - the data key as sealed by a TPM
 * @state: sealed
 *
 * Return: borrowed until the state is sealed anew.
 */
const struct sealed_blob *state_blob(const struct state *state);

/**
 * state_key() - the data key
 * @state: sealed and open
 *
 * Return: borrowed likewise.
 */
struct secret32 *state_key(const struct state *state);

/**
 * state_unlock() - open a sealed state
 * @state:	locked; changed on success only
 * @key:	its data key; moved on success
 * @detail:	filled on error
 *
 * Return: 0, -ENOMEM, TNE_STATE_TAG with another key or an altered file,
 * TNE_STATE_FORMAT or TNE_TOO_LONG if there is no state in the box.
 */
int state_unlock(struct state *state, struct secret32 *key,
		 struct err_detail *detail);

/**
 * state_seal() - seal a plain state, or a sealed one with another key
 * @state:	not locked; changed on success only
 * @key:	new data key; moved on success
 * @blob:	the same as sealed by the TPM
 * @change:	entries that change with it
 * @n:		how many
 * @detail:	filled on error
 *
 * The new file is read back and opened before it takes the place of the old
 * one. What was in a plain one is overwritten then, for what it is worth: file
 * systems that copy on write and flash memory keep the old bytes.
 *
 * Return: as state_write().
 */
int state_seal(struct state *state, struct secret32 *key,
	       const struct sealed_blob *blob,
	       const struct state_change *change, size_t n,
	       struct err_detail *detail);

/**
 * state_unseal() - make a sealed state a plain one
 * @state:	not locked; changed on success only
 * @drop:	names of entries that go, which are of use to a sealed one only;
 *		ends with NULL
 * @detail:	filled on error
 *
 * Return: as state_write().
 */
int state_unseal(struct state *state, const char *const *drop,
		 struct err_detail *detail);

/**
 * state_find() - the bytes of an entry
 * @state:	searched
 * @name:	of the entry
 * @ret:	borrowed until the next state_write(); not terminated
 *
 * An entry without bytes counts as absent.
 *
 * Return: true if there is one.
 */
bool state_find(const struct state *state, const char *name,
		struct state_bytes *ret);

/**
 * state_each() - go through all entries that have bytes
 * @state:	not changed meanwhile
 * @fn:		called with each; ends it with anything but 0
 * @detail:	for @fn
 * @ctx:	likewise
 *
 * Return: 0, or what @fn returned.
 */
int state_each(const struct state *state,
	       int (*fn)(void *ctx, const char *name, struct state_bytes bytes,
			 struct err_detail *detail),
	       struct err_detail *detail, void *ctx);

/**
 * state_is_new() - was there no file?
 * @state: looked at
 *
 * Return: true until the first state_write().
 */
bool state_is_new(const struct state *state);

/**
 * state_mode_was_wrong() - has state_open() corrected the mode of the file?
 * @state: looked at
 *
 * Return: true if so; worth one warning.
 */
bool state_mode_was_wrong(const struct state *state);

/**
 * state_was_foreign() - did the file belong to another user?
 * @state: looked at
 *
 * The next state_write() makes it ours.
 *
 * Return: true if so; worth one warning.
 */
bool state_was_foreign(const struct state *state);

/**
 * state_write() - change entries, all or none
 * @state:	changed on success only
 * @change:	the changes, in order
 * @n:		how many
 * @detail:	filled on error
 *
 * Returns when the change is on disk. Nothing is written if nothing changes. Of
 * a sealed state the file of before stays as STATE_PREV_FILE.
 *
 * Return: 0, -errno, TNE_STATE_SEALED if it is locked; 1 if the file is in place
 * but the directory could not be synced, so that a power cut may bring the old
 * one back.
 */
int state_write(struct state *state, const struct state_change *change,
		size_t n, struct err_detail *detail);

/**
 * state_set_hook() - let somebody have a say
 * @state:	the state
 * @hook:	copied
 */
void state_set_hook(struct state *state, const struct state_hook *hook);

/**
 * state_dir() - the directory, for the files beside
 * @state: opened with state_open()
 *
 * Return: a descriptor, borrowed; -1 for a state in memory.
 */
int state_dir(const struct state *state);

/**
 * state_replace_file() - write a file whole, or leave the old one
 * @io:		calls
 * @dir:	directory
 * @name:	of the file in it
 * @data:	contents
 * @len:	of @data
 *
 * Return: 0, 1 or -errno, as state_write().
 */
int state_replace_file(const struct state_io *io, int dir, const char *name,
		       const void *data, size_t len);

#endif /* STORE_STATE_H */
