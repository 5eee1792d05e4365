/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The TPM: a key in, a blob out that only this TPM turns back into the key.
 *
 * Every call in here blocks for up to seconds, so it runs in a helper process;
 * see tpm_job.h.
 */
#ifndef TPM_TPM_H
#define TPM_TPM_H

#include "base/cleanup.h"
#include "base/err.h"
#include "base/secret.h"
#include "wire/sealed_json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TPM_NAME_MAX		66	/* bytes: algorithm and longest digest */
#define TPM_AUTH_MAX		64	/* bytes of a password; ours */
#define TPM_TCTI_MAX		160	/* bytes of a connection's name; ours */
#define TPM_PAYLOAD_ATTRIBUTES	0x00000452u
/* Of files from before the stock daemon knew about lockouts: without noDA. */
#define TPM_OLD_ATTRIBUTES	0x00000052u
#define TPM_COUNTER_INDEX	0x01800F01u	/* ours, in the owner's range */
/* Storage root key of the system. Source: TCG, provisioning guidance, 7.5.1. */
#define TPM_SRK			0x81000001u

/* Source: TPM 2.0 Library, part 2, TPMA_PERMANENT. */
#define TPM_PERMANENT_OWNER_AUTH	(1u << 0)
#define TPM_PERMANENT_IN_LOCKOUT	(1u << 9)

/**
 * struct tpm_name - the name of an object: a digest of its public part
 * @len:	0 = not known
 * @byte:	@len of them count
 */
struct tpm_name {
	size_t len;
	uint8_t byte[TPM_NAME_MAX];
};

/**
 * struct tpm_facts - what a TPM says about itself
 * @manufacturer:	text, non-printables left out, like the next two
 * @vendor:		text
 * @family:		"2.0"
 * @model:		number
 * @firmware:		version, two words
 * @revision:		of the specification, 100ths
 * @permanent:		TPM_PERMANENT_*
 * @lockout_count:	failures so far
 * @lockout_max:	failures that lead to a lockout
 * @lockout_interval_s:	until one failure is forgotten
 * @lockout_recovery_s:	until the lockout password may be tried again
 */
struct tpm_facts {
	char manufacturer[5];
	char vendor[17];
	char family[5];
	uint32_t model;
	uint64_t firmware;
	uint32_t revision;
	uint32_t permanent;
	uint32_t lockout_count;
	uint32_t lockout_max;
	uint32_t lockout_interval_s;
	uint32_t lockout_recovery_s;
};

/**
 * struct tpm_options - how to reach a TPM
 * @tcti:	connection as tpm2-tss names it; empty = /dev/tpmrm0, or else
 *		/dev/tpm0
 * @auth:	the owner's password, @auth_len bytes
 * @auth_len:	0 = it has none
 * @parent:	expected name of the storage key; length 0 = any
 * @handle:	persistent handle of the storage key; 0 = it is derived, and if the
 *		owner's password is in the way TPM_SRK is tried
 * @command_s:	longest time of one command, then SIGALRM ends the process
 */
struct tpm_options {
	char tcti[TPM_TCTI_MAX];
	uint8_t auth[TPM_AUTH_MAX];
	size_t auth_len;
	struct tpm_name parent;
	uint32_t handle;
	unsigned int command_s;
};

struct tpm;

/**
 * tpm_options_new() - room for options, in guarded memory
 *
 * There is a password among them.
 *
 * Return: all zero, owned by the caller, or NULL.
 */
struct tpm_options *tpm_options_new(void);

/**
 * tpm_options_free() - wipe and free
 * @options: from tpm_options_new(), or NULL
 */
void tpm_options_free(struct tpm_options *options);

DEFINE_CLEANUP(tpm_options, struct tpm_options *, tpm_options_free)

/**
 * tpm_open() - connect
 * @options:	borrowed until tpm_close()
 * @detail:	filled on error
 * @ret:	owned by the caller
 *
 * A device that is in use is tried again for some seconds.
 *
 * Return: 0, -ENOMEM or TNE_TPM_*.
 */
int tpm_open(const struct tpm_options *options, struct err_detail *detail,
	     struct tpm **ret);

/**
 * tpm_close() - flush everything and disconnect
 * @tpm: or NULL
 */
void tpm_close(struct tpm *tpm);

DEFINE_CLEANUP(tpm, struct tpm *, tpm_close)

/**
 * tpm_parent_name() - which storage key was used
 * @tpm:	looked at
 * @ret:	length 0 before the first of the calls below
 */
void tpm_parent_name(const struct tpm *tpm, struct tpm_name *ret);

/**
 * tpm_parent_handle() - was it a persistent one?
 * @tpm:	looked at
 *
 * Return: its handle, or 0.
 */
uint32_t tpm_parent_handle(const struct tpm *tpm);

/**
 * tpm_read_facts() - what is it, and is it in lockout?
 * @tpm:	asked
 * @detail:	filled on error
 * @ret:	filled
 *
 * Return: 0, or TNE_TPM_*; TNE_TPM_UNFIT if its family is not 2.0.
 */
int tpm_read_facts(struct tpm *tpm, struct err_detail *detail,
		   struct tpm_facts *ret);

/**
 * tpm_seal() - have a key sealed
 * @tpm:	used
 * @key:	SECRET_LEN bytes
 * @detail:	filled on error
 * @ret:	what the TPM made of it
 *
 * The blob is turned back into the key before this returns. The parameters are
 * encrypted on their way to the TPM. No password is involved, so the object
 * takes no part in the lockout.
 *
 * Return: 0 or TNE_TPM_*; TNE_TPM_UNFIT if it gives another key back.
 */
int tpm_seal(struct tpm *tpm, const uint8_t *key, struct err_detail *detail,
	     struct sealed_blob *ret);

/**
 * tpm_unseal() - have a key back
 * @tpm:	used
 * @blob:	the key as sealed
 * @detail:	filled on error
 * @ret_old:	the blob has the attributes of older files, which a lockout
 *		makes unreadable: seal anew
 * @ret_key:	SECRET_LEN bytes, in guarded memory
 *
 * What the derived storage key does not open may be of a time when only the
 * persistent one could be had; that is tried then.
 *
 * Return: 0 or TNE_TPM_*.
 */
int tpm_unseal(struct tpm *tpm, const struct sealed_blob *blob,
	       struct err_detail *detail, bool *ret_old, uint8_t *ret_key);

/**
 * tpm_counter_read() - the value of the counter
 * @tpm:	used
 * @index:	its NV index
 * @define:	make it if it is not there
 * @detail:	filled on error
 * @ret:	its value
 *
 * Return: 0, -ENOENT if it is not there, or TNE_TPM_*.
 */
int tpm_counter_read(struct tpm *tpm, uint32_t index, bool define,
		     struct err_detail *detail, uint64_t *ret);

/**
 * tpm_counter_raise() - add one, if it is below a value
 * @tpm:	used
 * @index:	its NV index
 * @value:	that it should have
 * @detail:	filled on error
 * @ret:	its value then
 *
 * So it does no harm to ask again when an answer was lost: a counter that goes
 * up once too often would make the newest state an old one.
 *
 * Return: 0, -ENOENT or TNE_TPM_*.
 */
int tpm_counter_raise(struct tpm *tpm, uint32_t index, uint64_t value,
		      struct err_detail *detail, uint64_t *ret);

/**
 * tpm_parent_template() - the storage key, as asked for
 * @ret: marshalled TPMT_PUBLIC
 * @size: room in @ret
 *
 * Source: tailscale feature/tpm/tpm.go, go-tpm ECCSRKTemplate.
 *
 * Return: bytes, or 0 if there is no room or no library.
 */
size_t tpm_parent_template(uint8_t *ret, size_t size);

#endif /* TPM_TPM_H */
