/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state file: names and bytes, what they mean is not known in here. The
 * form is the stock daemon's, so that either can go on with the other's file.
 *
 * A change is written before it is true: state_write() replaces the file whole
 * and only then what state_find() sees. One process at a time, by a lock on
 * "<file>.lock".
 */
#ifndef STORE_STATE_H
#define STORE_STATE_H

#include "base/err.h"
#include "base/secret.h"
#include "wire/state_json.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#define STATE_FILE "tailscaled.state"

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
 * write to; one that they may only read is set to 0600. Temporary files of a
 * crash are deleted.
 *
 * Return: 0, -errno, -EBUSY if another process has it, TNE_STATE_FORMAT,
 * TNE_STATE_SEALED or TNE_STATE_FILE.
 */
int state_open(const char *dir, const struct state_io *io,
	       struct err_detail *detail, struct state **ret);

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
 * state_write() - change entries, all or none
 * @state:	changed on success only
 * @change:	the changes, in order
 * @n:		how many
 * @detail:	filled on error
 *
 * Returns when the change is on disk. Nothing is written if nothing changes.
 *
 * Return: 0, -errno; 1 if the file is in place but the directory could not be
 * synced, so that a power cut may bring the old one back.
 */
int state_write(struct state *state, const struct state_change *change,
		size_t n, struct err_detail *detail);

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
