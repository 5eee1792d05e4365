/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A software TPM: swtpm in a temporary directory, over a unix socket. It is
 * spoken to by the test itself only to bring it into the states that are to be
 * seen to.
 */
#ifndef SOFT_TPM_H
#define SOFT_TPM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * struct soft_tpm - one TPM
 * @dir:	its state and its sockets
 * @tcti:	how tpm2-tss calls the connection
 * @pid:	the process; 0 = it is off
 * @tap:	somebody on the bus; 0 = nobody
 */
struct soft_tpm {
	char dir[64];
	char tcti[120];
	pid_t pid;
	pid_t tap;
};

/* Is there a program swtpm? If not, tests say SKIP. */
bool soft_tpm_is_there(void);

/* A new TPM, with another seed than any other one. */
void soft_tpm_make(struct soft_tpm *t);
void soft_tpm_start(struct soft_tpm *t);
void soft_tpm_stop(struct soft_tpm *t);
/* Stopped, and all of it deleted. */
void soft_tpm_remove(struct soft_tpm *t);

/* It goes on reading nothing, as a TPM that hangs. */
void soft_tpm_freeze(struct soft_tpm *t, bool frozen);

/* What the firmware's setup does: all seeds are others afterwards. */
void soft_tpm_clear(struct soft_tpm *t);
void soft_tpm_set_owner_auth(struct soft_tpm *t, const char *auth);
/* What the owner can do: the NV index is gone. */
void soft_tpm_forget_counter(struct soft_tpm *t, uint32_t index);
/*
 * What a system sets up: a storage key of another template at 0x81000001, with
 * noDA or not.
 */
void soft_tpm_make_srk(struct soft_tpm *t, bool no_da);
/* Three wrong passwords for an object of nobody's. */
void soft_tpm_lock_out(struct soft_tpm *t);
void soft_tpm_end_lockout(struct soft_tpm *t);
/* Objects and sessions left behind; -1 on failure. */
int soft_tpm_transients(struct soft_tpm *t);

enum soft_tpm_fault {
	SOFT_TPM_FINE,		/* only listened to */
	SOFT_TPM_BUSY,		/* the first commands get TPM_RC_RETRY */
	SOFT_TPM_BUSY_LONG,	/* every command gets it */
	SOFT_TPM_SLOW,		/* a command takes five seconds, once */
	SOFT_TPM_SLOW_LONG,	/* and once in each connection */
	SOFT_TPM_DEAD,		/* every command gets TPM_RC_FAILURE */
	SOFT_TPM_LOST,		/* the connection breaks once */
	SOFT_TPM_FLIP,		/* one bit of what Unseal gives is another */
};

/*
 * Somebody on the bus, between us and the TPM. @secret is looked for in all
 * that goes by; soft_tpm_leaked() says whether it was there. Ends with the TPM,
 * or when another one takes its place.
 */
void soft_tpm_tap(struct soft_tpm *t, enum soft_tpm_fault fault,
		  const uint8_t secret[32]);
bool soft_tpm_leaked(const struct soft_tpm *t);

struct sealed_blob;

#define SOFT_TPM_SRK 0x81000001u

/*
 * Seal @key as the stock daemon did before it knew about lockouts; @parent is
 * the handle of a persistent storage key, or 0.
 */
void soft_tpm_seal_old(struct soft_tpm *t, uint32_t parent,
		       const uint8_t key[32], struct sealed_blob *ret);

#endif /* SOFT_TPM_H */
