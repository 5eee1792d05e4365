/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files in which the updates of a tailnet lock lie on disk.
 *
 * Source: tailscale tka/tailchonk.go, fsHashInfo.
 */
#ifndef WIRE_AUM_RECORD_H
#define WIRE_AUM_RECORD_H

#include "base/arena.h"
#include "model/aum.h"
#include "wire/aum.h"

#include <stdbool.h>
#include <stdint.h>

/* Ours: an update and some numbers; old files have a list of hashes, too. */
#define AUM_RECORD_MAX (AUM_MAX + (1U << 18))	/* bytes */

/**
 * struct aum_record - contents of a file
 * @has_update: there is an update
 * @update: its bytes
 * @created_s: when it came, seconds since the epoch; 0 = not told
 * @purged_s: when it was deleted; 0 = it was not
 */
struct aum_record {
	bool has_update;
	struct bytes update;
	int64_t created_s;
	int64_t purged_s;
};

/**
 * aum_record_parse() - read a file
 * @data:	its bytes; bytes after the record are passed over
 * @mem:	for passing; nothing of @ret is in there
 * @ret:	borrows from @data
 *
 * A list of children, which older versions wrote, is passed over.
 *
 * Return: 0, TNE_CBOR, TNE_TOO_LONG above AUM_RECORD_MAX, or -ENOMEM.
 */
int aum_record_parse(struct bytes data, struct arena *mem,
		     struct aum_record *ret);

/**
 * aum_record_build() - write a file
 * @record:	what is to be in it
 * @mem:	owns the bytes
 * @ret:	the bytes
 *
 * Return: 0 or -ENOMEM.
 */
int aum_record_build(const struct aum_record *record, struct arena *mem,
		     struct bytes *ret);

#endif /* WIRE_AUM_RECORD_H */
