/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The inside of the keeper, for keeper.c and the files that work on it:
 * keeper_recovery.c and keeper_counter.c.
 */
#ifndef STORE_KEEPER_CORE_H
#define STORE_KEEPER_CORE_H

#include "base/secret.h"
#include "loop/loop.h"
#include "store/keeper.h"
#include "store/seal_plan.h"
#include "tpm/tpm_job.h"
#include "wire/seal_json.h"

/**
 * struct keeper - the keeper
 * @config: as given
 * @calls: as given
 * @phase: how far; written by keeper_enter() alone
 * @state: the state
 * @extras: beside it, as on disk
 * @extras_bad: the file beside could not be read, and is left alone
 * @job: the TPM at work, or NULL
 * @retry: asks again
 * @later: first step
 * @probe: last answer
 * @probe_known: its facts are set
 * @tries: questions without success in a row
 * @err: why it is not open
 * @why: the same for people
 * @note: something that is worth knowing, or ""
 * @note_code: its short name
 * @write_note: what is wrong with the counter or the extras, or ""
 * @fresh: data key that is being sealed
 * @recovered: opened by the recovery key
 * @first_seal: sealed by this process, so nobody has put it back
 * @old_blob: the blob should be sealed anew
 * @fn: told the end of the command under way
 * @ctx: for @fn
 * @recovery: key that is being made, in guarded memory
 * @salt: for it
 * @counting: changes are counted
 * @count_retry: counts again what could not be
 * @generation: of the state; 0 = not counted
 * @counter: value of the TPM's
 * @index: of it
 * @bumps: generations of this day
 * @day_ms: when the day began
 * @entry: text of KEEPER_SEAL_ENTRY
 * @vmfork: the machine was copied
 */
struct keeper {
	struct keeper_config config;
	struct keeper_calls calls;
	enum keeper_phase phase;
	struct state *state;
	struct seal_extras extras;
	bool extras_bad;
	struct tpm_job *job;
	struct loop_timer retry;
	struct loop_later later;
	struct seal_probe probe;
	bool probe_known;
	unsigned int tries;
	int err;
	struct err_detail why;
	char note[300];
	const char *note_code;
	char write_note[300];
	struct secret32 *fresh;
	bool recovered;
	bool first_seal;
	bool old_blob;
	keeper_done_fn fn;
	void *ctx;
	struct secret32 *recovery;
	uint8_t salt[TPM_SALT_LEN];
	bool counting;
	struct loop_timer count_retry;
	uint64_t generation;
	uint64_t counter;
	uint32_t index;
	unsigned int bumps;
	uint64_t day_ms;
	char entry[80];
	bool vmfork;
};

/* The one writer of @phase. */
void keeper_enter(struct keeper *keeper, enum keeper_phase phase);

/* It cannot be opened, for good; @detail may be NULL. */
void keeper_stick(struct keeper *keeper, int err,
		  const struct err_detail *detail);

/* Not now: tried again if that may help, or else as keeper_stick(). */
void keeper_put_off(struct keeper *keeper, int err,
		    const struct err_detail *detail);

/**
 * keeper_ask() - begin a job
 * @keeper:	without one
 * @op:		what
 * @fill:	adds to the request; or NULL
 * @fn:		told the answer; has to begin with keeper_answered()
 *
 * The request has the connection in it.
 *
 * Return: 0, -EBUSY, -ENOMEM or -errno.
 */
int keeper_ask(struct keeper *keeper, enum tpm_op op,
	       void (*fill)(struct keeper *keeper, struct tpm_request *req),
	       tpm_job_fn fn);

/* First call of what is told an answer. */
void keeper_answered(struct keeper *keeper, const struct tpm_answer *answer);

/* The state is unlocked: check the counter, then it is open. */
void keeper_unlocked(struct keeper *keeper);

/* The end of it: tell that it is open. */
void keeper_opened(struct keeper *keeper);

/* Write the file beside, which becomes @extras on success. */
int keeper_save_extras(struct keeper *keeper, const struct seal_extras *extras);

/* Tell who has given a command. */
void keeper_finish(struct keeper *keeper, int err,
		   const struct err_detail *detail, const char *text);

/* Seal with a new key; the end is told by keeper_finish(). */
int keeper_begin_reseal(struct keeper *keeper);

/* keeper_recovery.c: wraps for a new data key, if there is a recovery key. */
void keeper_add_wrap(struct keeper *keeper, struct secret32 *key,
		     struct seal_extras *extras);
/*
 * What has stood in a plain file is no secret any more, so nothing may be
 * wrapped with it: without a recovery key a state is sealed.
 */
int keeper_forget_recovery(struct keeper *keeper, struct seal_extras *extras,
			   struct err_detail *detail);
/* Only the wrap of the key that is in use. */
void keeper_drop_wraps(struct keeper *keeper, struct seal_extras *extras);
/* Does the recovery key still go with the data key? */
void keeper_check_recovery(struct keeper *keeper);

/* keeper_counter.c: begin to look at the counter; true = it calls back. */
bool keeper_count_begin(struct keeper *keeper);
void keeper_count_init(struct keeper *keeper);
/* Count what is not counted yet, if the TPM is free. */
void keeper_count_kick(struct keeper *keeper);

#endif /* STORE_KEEPER_CORE_H */
