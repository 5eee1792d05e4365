/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The inside of the keeper, for keeper.c and the files that work on it:
 * keeper_seal.c, keeper_recovery.c, keeper_write.c, keeper_counter.c and
 * keeper_info.c.
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
 * @tpm: how to reach the TPM; with the owner's password, so in guarded memory
 * @phase: how far; written by keeper_enter() alone
 * @state: the state
 * @closed: it could not be read, or what is in it is of no use
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
 * @disk_note: why the state cannot be written, or ""
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
 * @settled: told that nothing is left to be counted; or NULL
 * @settled_ctx: for @settled
 * @settle: when it is told at the latest
 * @generation: of the state; 0 = not counted
 * @counter: value of the TPM's
 * @index: of it
 * @bumps: generations of this day
 * @day_ms: when the day began
 * @entry: text of KEEPER_SEAL_ENTRY
 * @owed: something that matters was written without a generation of its own
 * @bumping: what is being written has the next one
 * @recheck: the counter is to be looked at when the TPM is free
 * @vmfork: the machine was copied
 * @rewound: and the counter says that it was put back
 * @distrusted: an old state was accepted
 * @key_since_s: when the data key was made, seconds since 1970; 0 = not known
 * @key_writes: how often it was used since
 * @age_entry: text of KEEPER_AGE_ENTRY
 * @rotate: looks whether it is time for another
 */
struct keeper {
	struct keeper_config config;
	struct keeper_calls calls;
	struct tpm_options *tpm;
	enum keeper_phase phase;
	struct state *state;
	bool closed;
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
	char disk_note[300];
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
	void (*settled)(void *ctx);
	void *settled_ctx;
	struct loop_timer settle;
	uint64_t generation;
	uint64_t counter;
	uint32_t index;
	unsigned int bumps;
	uint64_t day_ms;
	char entry[80];
	bool owed;
	bool bumping;
	bool recheck;
	bool vmfork;
	bool rewound;
	bool distrusted;
	int64_t key_since_s;
	uint64_t key_writes;
	char age_entry[80];
	struct loop_timer rotate;
};

/* keeper_find_warnings() may have something else to say. */
void keeper_changed(struct keeper *keeper);

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

/* The storage key has to be the one that we know, if we do. */
void keeper_fill_parent(struct keeper *keeper, struct tpm_request *req);
/* And is known from now on. */
void keeper_set_parent(const struct tpm_answer *answer,
		       struct seal_extras *extras);

/* keeper_seal.c: a plain state, or none, becomes a sealed one; then it is open. */
void keeper_begin_first_seal(struct keeper *keeper);
/* And a sealed one a plain one. */
void keeper_make_plain(struct keeper *keeper);
/* That was done some time ago. */
void keeper_recall_plain(struct keeper *keeper);
void keeper_warn_plain(struct keeper *keeper, const char *code,
		       const char *why);
/* What is demanded cannot be met. */
void keeper_fail(struct keeper *keeper, const char *why);

/* keeper_write.c: seconds since 1970. */
int64_t keeper_wall_s(const struct keeper *keeper);
void keeper_write_init(struct keeper *keeper);
/* The state is open: what has to go with each write does so. */
void keeper_write_begin(struct keeper *keeper);

/* keeper_recovery.c: wraps for a new data key, if there is a recovery key. */
void keeper_add_wrap(struct keeper *keeper, struct secret32 *key,
		     struct seal_extras *extras);
/* There is none any more. */
void keeper_forget_recovery(struct keeper *keeper, struct seal_extras *extras);
/* Can it go on with another data key? True as well if there is none. */
bool keeper_recovery_fits(struct keeper *keeper);
/* Only the wrap of the key that is in use. */
void keeper_drop_wraps(struct keeper *keeper, struct seal_extras *extras);
/* Does the recovery key still go with the data key? */
void keeper_check_recovery(struct keeper *keeper);

/* keeper_counter.c: begin to look at the counter; true = it calls back. */
bool keeper_count_begin(struct keeper *keeper);
void keeper_count_init(struct keeper *keeper);
/* May add a generation to what is about to be written. */
bool keeper_count_add(struct keeper *keeper, const struct state_change *change,
		      size_t n, struct state_change *ret);
void keeper_count_written(struct keeper *keeper);
/* Count what is not counted yet, if the TPM is free. */
void keeper_count_kick(struct keeper *keeper);

#endif /* STORE_KEEPER_CORE_H */
