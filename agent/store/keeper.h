/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keeps the state open: asks the TPM for its key, seals and unseals it as is
 * wanted, tries again what may succeed later, and takes a recovery key where
 * the TPM cannot help. Nothing in here blocks.
 */
#ifndef STORE_KEEPER_H
#define STORE_KEEPER_H

#include "base/cleanup.h"
#include "base/err.h"
#include "base/opt_bool.h"
#include "store/state.h"
#include "tpm/tpm.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct keeper;
struct loop;

#define KEEPER_EXTRAS_FILE	STATE_FILE ".seal"
/* Entries of the state that are the keeper's own. */
#define KEEPER_SEAL_ENTRY	"_tailnetd/seal"
#define KEEPER_KEK_ENTRY	"_tailnetd/recovery"
#define KEEPER_AGE_ENTRY	"_tailnetd/key"
/*
 * And what begins like this is the tailnet lock's: whoever keeps it writes the
 * newest state and head there, which are counted with the keys. To put back an
 * older one would let in who has been put out since.
 */
#define KEEPER_LOCK_ENTRY	"_tailnetd/lock"

/* A data key is replaced after so long, or so many writes; ours. */
#define KEEPER_KEY_DAYS		90
#define KEEPER_KEY_WRITES	(1u << 20)

/**
 * enum keeper_phase - how far it is
 * @KEEPER_ASKING: the TPM is working
 * @KEEPER_WAITING: it could not, and will be asked again
 * @KEEPER_STUCK: it cannot; only a person can help
 * @KEEPER_OPEN: the state can be used
 * @KEEPER_PHASES: number of them
 */
enum keeper_phase {
	KEEPER_ASKING,
	KEEPER_WAITING,
	KEEPER_STUCK,
	KEEPER_OPEN,
	KEEPER_PHASES,
};

/**
 * struct keeper_config - what the keeper is made of
 * @loop:	borrowed until keeper_free(), as all pointers
 * @dir:	directory of the state; NULL = in memory
 * @io:		calls to write with
 * @flag:	--encrypt-state
 * @policy:	EncryptState of the settings
 * @counter:	keep old states from being put back, by a counter of the TPM
 * @counter_index: NV index for it; 0 = TPM_COUNTER_INDEX. A state that is counted
 *		already stays with the one that it has
 * @tpm:	how to reach the TPM, parent and handle do not matter; copied, into
 *		guarded memory
 */
struct keeper_config {
	struct loop *loop;
	const char *dir;
	const struct state_io *io;
	enum opt_bool flag;
	bool policy;
	bool counter;
	uint32_t counter_index;
	const struct tpm_options *tpm;
};

/**
 * struct keeper_calls - what the keeper tells
 * @opened:	once: the state can be used from now on
 * @failed:	instead of it: what is demanded cannot be met, the program should
 *		end. @detail is borrowed
 * @changed:	keeper_find_warnings() may have something else to say; NULL = nobody
 *		wants to know
 * @ctx:	first argument
 */
struct keeper_calls {
	void (*opened)(void *ctx);
	void (*failed)(void *ctx, int err, const struct err_detail *detail);
	void (*changed)(void *ctx);
	void *ctx;
};

/**
 * struct keeper_warning - something that a person should know
 * @code: short name
 * @severity: "high", "medium" or "low"
 * @title: one line
 * @text: what is wrong, borrowed until the loop goes on
 * @impacts: the node is off the network because of it
 */
struct keeper_warning {
	const char *code;
	const char *severity;
	const char *title;
	const char *text;
	bool impacts;
};

#define KEEPER_WARNINGS_MAX 8

/**
 * struct keeper_info - for looking at
 * @phase: how far it is
 * @known: has the file been read?
 * @sealed: is it sealed?
 * @recovery: is there a recovery key?
 * @counter: is there a counter?
 * @generation: of the state, if so
 * @counted: has the TPM counted it? Until then the state before it would do
 * @key_since_s: when the data key was made, seconds since 1970; 0 = not known
 * @key_writes: how often it was used since
 * @handle: persistent handle of the storage key; 0 = it is derived
 * @tpm_err: what the TPM was like when it was last asked: 0 or TNE_*
 * @tpm_known: @tpm is set
 * @tpm: about it
 * @text: why it is not open, or ""
 */
struct keeper_info {
	enum keeper_phase phase;
	bool known;
	bool sealed;
	bool recovery;
	bool counter;
	uint64_t generation;
	bool counted;
	int64_t key_since_s;
	uint64_t key_writes;
	uint32_t handle;
	int tpm_err;
	bool tpm_known;
	struct tpm_facts tpm;
	const char *text;
};

/**
 * typedef keeper_done_fn - the end of a command
 * @ctx:	of the command
 * @err:	0 or below
 * @detail:	on error, borrowed
 * @text:	what was asked for, borrowed and wiped after the call; or NULL
 */
typedef void (*keeper_done_fn)(void *ctx, int err,
			       const struct err_detail *detail,
			       const char *text);

/**
 * keeper_new() - read the state and begin to open it
 * @config:	copied
 * @calls:	copied; none is called before this has returned
 * @detail:	filled on error
 * @ret:	owned by the caller
 *
 * A state file that cannot be read is not an error in here: the keeper is stuck
 * then, and says why. If it is damaged, and no counter forbids it, the newest
 * older file takes its place.
 *
 * Return: 0, -ENOMEM, TNE_CONF_SYNTAX if a state in memory is to be sealed, or
 * -EBUSY if another process has the state.
 */
int keeper_new(const struct keeper_config *config,
	       const struct keeper_calls *calls, struct err_detail *detail,
	       struct keeper **ret);

/**
 * keeper_free() - end, close the state
 * @keeper: or NULL; a command that is not done ends with -ECANCELED
 */
void keeper_free(struct keeper *keeper);

DEFINE_CLEANUP(keeper, struct keeper *, keeper_free)

/**
 * keeper_state() - the state
 * @keeper: open or not
 *
 * Return: borrowed until keeper_free(); to be used from @opened on.
 */
struct state *keeper_state(const struct keeper *keeper);

/**
 * keeper_phase() - how far is it?
 * @keeper: looked at
 *
 * Return: the phase.
 */
enum keeper_phase keeper_phase(const struct keeper *keeper);

/**
 * keeper_read_info() - everything for looking at
 * @keeper:	looked at
 * @ret:	its text is borrowed until the loop goes on
 */
void keeper_read_info(const struct keeper *keeper, struct keeper_info *ret);

/**
 * keeper_find_warnings() - what should a person know?
 * @keeper:	looked at
 * @ret:	filled
 *
 * Return: how many.
 */
size_t keeper_find_warnings(const struct keeper *keeper,
			    struct keeper_warning ret[KEEPER_WARNINGS_MAX]);

/**
 * keeper_make_recovery() - make a recovery key
 * @keeper:	open and sealed
 * @detail:	filled on error
 * @fn:		told the key, once; it is nowhere else from then on
 * @ctx:	for @fn
 *
 * One that there was opens nothing any more.
 *
 * Return: 0, -EBUSY, TNE_NOT_READY, -ENOMEM or -errno; then @fn is not called.
 */
int keeper_make_recovery(struct keeper *keeper, struct err_detail *detail,
			 keeper_done_fn fn, void *ctx);

/**
 * keeper_recover() - open the state with a recovery key
 * @keeper:	waiting or stuck
 * @text:	as a person has typed it
 * @len:	of @text
 * @detail:	filled on error
 * @fn:		told the outcome
 * @ctx:	for @fn
 *
 * Then the state is sealed by the TPM that is there, with a new data key, if it
 * can do that.
 *
 * Return: as above, or TNE_RECOVERY_KEY.
 */
int keeper_recover(struct keeper *keeper, const char *text, size_t len,
		   struct err_detail *detail, keeper_done_fn fn, void *ctx);

/**
 * keeper_reseal() - seal with a new data key
 * @keeper:	open and sealed
 * @detail:	filled on error
 * @fn:		told the outcome; NULL = it is only logged
 * @ctx:	for @fn
 *
 * Return: as above.
 */
int keeper_reseal(struct keeper *keeper, struct err_detail *detail,
		  keeper_done_fn fn, void *ctx);

/**
 * keeper_accept_rollback() - go on with a state that is older than the counter
 * @keeper:	stuck with TNE_STATE_ROLLBACK
 * @detail:	filled on error
 *
 * Every profile in it has to log in anew then, see identity_distrust(), and the
 * data key is replaced.
 *
 * Return: 0, TNE_NOT_READY, or why the state cannot be written.
 */
int keeper_accept_rollback(struct keeper *keeper, struct err_detail *detail);

/**
 * keeper_recheck() - the machine may be a copy: look at the counter
 * @keeper: in any phase
 */
void keeper_recheck(struct keeper *keeper);

/**
 * keeper_settle() - let the TPM count what was written, before the end
 * @keeper:	nothing is to be written to it any more
 * @wait_ms:	longest
 * @fn:		told, later and once: it is counted, or cannot be now
 * @ctx:	for @fn
 *
 * A state that is written and not counted is made good at the next start, but
 * until then the one before it would do as well.
 *
 * Return: true if @fn will be called; false if there is nothing to wait for.
 */
bool keeper_settle(struct keeper *keeper, uint64_t wait_ms,
		   void (*fn)(void *ctx), void *ctx);

/**
 * keeper_reject() - what is in the state is of no use
 * @keeper:	open; stuck from then on
 * @err:	TNE_*
 * @detail:	what is wrong
 */
void keeper_reject(struct keeper *keeper, int err,
		   const struct err_detail *detail);

#endif /* STORE_KEEPER_H */
