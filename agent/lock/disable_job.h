/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * disable_derive() beside the loop: it takes 16 MiB and some 50 ms, on small
 * machines ten times that, and the server chooses when.
 */
#ifndef LOCK_DISABLE_JOB_H
#define LOCK_DISABLE_JOB_H

#include "base/arena.h"
#include "crypto/disable_kdf.h"

#include <stdint.h>

struct loop;
struct disable_job;

/* Ours: a machine in which it takes longer is not of use. */
#define DISABLE_JOB_MS 30000

/**
 * typedef disable_job_fn - the end of it
 * @ctx:	of the job
 * @err:	0, -ENOMEM, -ETIMEDOUT, or -EIO if the process has died
 * @value:	of the secret; NULL on error
 *
 * The job is over and must not be cancelled any more.
 */
typedef void (*disable_job_fn)(void *ctx, int err, const uint8_t *value);

/**
 * disable_job_start() - derive the value of a secret
 * @loop:	the loop
 * @secret:	need not last
 * @fn:		called once, unless cancelled
 * @ctx:	for @fn
 * @ret:	the job; gone once @fn was called
 *
 * Return: 0, TNE_TOO_LONG or -errno.
 */
int disable_job_start(struct loop *loop, struct bytes secret,
		      disable_job_fn fn, void *ctx, struct disable_job **ret);

/**
 * disable_job_cancel() - give it up
 * @job: or NULL; its function is not called any more
 */
void disable_job_cancel(struct disable_job *job);

/**
 * disable_job_helper() - be the process that does it, if the arguments say so
 * @argc:	of main()
 * @argv:	of main()
 *
 * The first thing that main() does in any program that calls
 * disable_job_start(): returns in the program itself, never in the helper.
 */
void disable_job_helper(int argc, char **argv);

#endif /* LOCK_DISABLE_JOB_H */
