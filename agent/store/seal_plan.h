/* SPDX-License-Identifier: GPL-2.0-only */
/* Shall the state be sealed? Decisions only, from values. */
#ifndef STORE_SEAL_PLAN_H
#define STORE_SEAL_PLAN_H

#include "base/opt_bool.h"
#include "tpm/tpm.h"

#include <stdbool.h>
#include <stdint.h>

/**
 * struct seal_wish - what there is, and what is wanted
 * @flag: --encrypt-state
 * @policy: EncryptState of the settings, which counts without the flag
 * @sealed: the file is sealed
 * @is_new: there is no file
 */
struct seal_wish {
	enum opt_bool flag;
	bool policy;
	bool sealed;
	bool is_new;
};

/**
 * enum seal_ask - what has to be asked of the TPM first
 * @SEAL_ASK_NOTHING: plain it is, and stays
 * @SEAL_ASK_PROBE: could it seal?
 * @SEAL_ASK_UNSEAL: the key of the sealed file
 */
enum seal_ask {
	SEAL_ASK_NOTHING,
	SEAL_ASK_PROBE,
	SEAL_ASK_UNSEAL,
};

/**
 * enum seal_act - what to do then
 * @SEAL_ACT_PLAIN: go on with the plain state
 * @SEAL_ACT_PLAIN_WARN: likewise, against the policy, or because the TPM could
 *	not be used just now: health line
 * @SEAL_ACT_SEAL: seal it
 * @SEAL_ACT_KEEP: go on with the sealed state
 * @SEAL_ACT_UNSEAL: make it plain
 * @SEAL_ACT_WAIT: it cannot be opened now; try again
 * @SEAL_ACT_STUCK: it cannot be opened; only a person can help
 * @SEAL_ACT_EXIT: end: the demand cannot be met
 */
enum seal_act {
	SEAL_ACT_PLAIN,
	SEAL_ACT_PLAIN_WARN,
	SEAL_ACT_SEAL,
	SEAL_ACT_KEEP,
	SEAL_ACT_UNSEAL,
	SEAL_ACT_WAIT,
	SEAL_ACT_STUCK,
	SEAL_ACT_EXIT,
};

/**
 * struct seal_probe - what the TPM has said
 * @err:	0 or why not
 * @facts:	about it; zero = not known
 * @took_ms:	how long it took
 */
struct seal_probe {
	int err;
	struct tpm_facts facts;
	uint32_t took_ms;
};

/**
 * seal_plan_ask() - what has to be asked?
 * @wish:	what there is, and what is wanted
 *
 * Return: one of them.
 */
enum seal_ask seal_plan_ask(const struct seal_wish *wish);

/**
 * seal_plan_act() - what to do with the answer
 * @wish:	as above
 * @probe:	the answer; of SEAL_ASK_NOTHING: not looked at
 *
 * A sealed file stays sealed unless the flag says no. A new node is sealed
 * wherever the TPM has shown that it gives keys back, but for parts that are
 * known to be of no good for it (see seal_plan_refuses()).
 *
 * Return: one of them.
 */
enum seal_act seal_plan_act(const struct seal_wish *wish,
			    const struct seal_probe *probe);

/**
 * seal_plan_refuses() - why not to use this TPM without being told to
 * @probe: a good answer
 *
 * Return: a static text, or NULL if it may be used.
 */
const char *seal_plan_refuses(const struct seal_probe *probe);

/**
 * seal_plan_wait_ms() - when to try again
 * @probe:	a bad answer
 * @tries:	how many there have been, 1 or more
 *
 * In a lockout one failure is forgotten each interval; asking more often is of
 * no use.
 *
 * Return: ms, or 0 if trying again is of no use at all.
 */
uint64_t seal_plan_wait_ms(const struct seal_probe *probe, unsigned int tries);

#endif /* STORE_SEAL_PLAN_H */
