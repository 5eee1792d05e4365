/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What takes the TPM seconds, and the deriving of a recovery key, in a process
 * of its own. The program is started anew for it, so that it has none of our
 * secrets but the one it works on, and may hang or die.
 */
#ifndef TPM_TPM_JOB_H
#define TPM_TPM_JOB_H

#include "base/err.h"
#include "tpm/tpm.h"

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct tpm_job;

/* The one argument with which main() calls tpm_helper_main(). */
#define TPM_HELPER_ARG "--tpm-helper"

#define TPM_JOB_COMMAND_S	30	/* ours */
#define TPM_JOB_TIMEOUT_MS	120000	/* of the whole; ours */

#define TPM_RECOVERY_LEN	20	/* bytes of a recovery key; ours */
#define TPM_SALT_LEN		16	/* source: libsodium, crypto_pwhash */

/**
 * enum tpm_op - what is to be done
 * @TPM_OP_PROBE: read the facts, seal and unseal something
 * @TPM_OP_SEAL: seal the key
 * @TPM_OP_UNSEAL: unseal the blob
 * @TPM_OP_FACTS: read the facts
 * @TPM_OP_COUNTER_DEFINE: read the counter, make it if it is not there
 * @TPM_OP_COUNTER_READ: read it
 * @TPM_OP_COUNTER_RAISE: add one to it, unless it is that far already
 * @TPM_OP_DERIVE: derive a key from a recovery key; no TPM involved
 */
enum tpm_op {
	TPM_OP_PROBE,
	TPM_OP_SEAL,
	TPM_OP_UNSEAL,
	TPM_OP_FACTS,
	TPM_OP_COUNTER_DEFINE,
	TPM_OP_COUNTER_READ,
	TPM_OP_COUNTER_RAISE,
	TPM_OP_DERIVE,
};

/**
 * struct tpm_request - a task
 * @op:		which
 * @options:	how to reach the TPM; command_s of 0 = TPM_JOB_COMMAND_S
 * @blob:	to be unsealed
 * @key:	to be sealed
 * @index:	of the counter
 * @counter:	value that it should have
 * @recovery:	to derive from
 * @salt:	to derive with
 */
struct tpm_request {
	enum tpm_op op;
	struct tpm_options options;
	struct sealed_blob blob;
	uint8_t key[SECRET_LEN];
	uint32_t index;
	uint64_t counter;
	uint8_t recovery[TPM_RECOVERY_LEN];
	uint8_t salt[TPM_SALT_LEN];
};

/**
 * struct tpm_answer - the outcome
 * @err:	0, -errno or TNE_*
 * @detail:	on error
 * @has_facts:	@facts are set; also on most errors
 * @facts:	about the TPM
 * @parent:	name of the storage key; length 0 = it was not made
 * @handle:	its persistent handle; 0 = it was derived
 * @blob:	as sealed
 * @key:	as unsealed or derived
 * @old:	the blob should be sealed anew
 * @counter:	value
 * @took_ms:	how long it took
 */
struct tpm_answer {
	int err;
	struct err_detail detail;
	bool has_facts;
	struct tpm_facts facts;
	struct tpm_name parent;
	uint32_t handle;
	struct sealed_blob blob;
	uint8_t key[SECRET_LEN];
	bool old;
	uint64_t counter;
	uint32_t took_ms;
};

/**
 * typedef tpm_job_fn - the end of a job
 * @ctx:	of the job
 * @answer:	borrowed during the call, wiped after it; @err is 0, -errno or
 *		TNE_*
 *
 * The job is over and must not be cancelled any more.
 */
typedef void (*tpm_job_fn)(void *ctx, const struct tpm_answer *answer);

/**
 * tpm_job_new() - a job, to be filled in
 * @loop:	borrowed
 * @ret:	owned by the caller until it is started
 *
 * Return: 0 or -ENOMEM.
 */
int tpm_job_new(struct loop *loop, struct tpm_job **ret);

/**
 * tpm_job_request() - the task of a job
 * @job: not started yet
 *
 * Return: guarded memory, zero at first, borrowed.
 */
struct tpm_request *tpm_job_request(struct tpm_job *job);

/**
 * tpm_job_start() - begin
 * @job:	moved on success: gone once @fn was called
 * @timeout_ms:	longest time of the whole
 * @fn:		called once, unless cancelled
 * @ctx:	for @fn
 *
 * Return: 0 or -errno.
 */
int tpm_job_start(struct tpm_job *job, uint64_t timeout_ms, tpm_job_fn fn,
		  void *ctx);

/**
 * tpm_job_free() - give a job up, started or not
 * @job: or NULL; its function is not called any more
 */
void tpm_job_free(struct tpm_job *job);

DEFINE_CLEANUP(tpm_job, struct tpm_job *, tpm_job_free)

/**
 * tpm_helper_main() - the helper process
 *
 * Takes one request from standard input, which is a socket, and answers it
 * there.
 *
 * Return: exit status.
 */
int tpm_helper_main(void);

#endif /* TPM_TPM_JOB_H */
