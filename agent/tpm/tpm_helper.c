// SPDX-License-Identifier: GPL-2.0-only
/* The other side of tpm_job.c: one request, one answer, the end. */
#include "tpm/tpm_job.h"

#include "tpm/tpm_class.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define RETRY_FIRST_MS	100	/* doubled each time; ours */
#define RETRIES		6	/* 0.1 s to 3.2 s in between */

/* Ours, for a key that is on paper for years; tests derive hundreds of them. */
#define DERIVE_PASSES	3
#ifndef DERIVE_BYTES
#define DERIVE_BYTES	(256u << 20)
#endif

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * UINT64_C(1000) + t.tv_nsec / 1000000;
}

static void pause_ms(unsigned int ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000l };

	nanosleep(&t, NULL);
}

static int derive(const struct tpm_request *req, struct tpm_answer *answer)
{
	if (crypto_pwhash(answer->key, sizeof(answer->key),
			  (const char *)req->recovery, sizeof(req->recovery),
			  req->salt, DERIVE_PASSES, DERIVE_BYTES,
			  crypto_pwhash_ALG_ARGON2ID13))
		return err_explain(&answer->detail, -ENOMEM,
				   "deriving the key needs 256 MiB of memory");
	return 0;
}

/* What a person may have to know, whatever comes of the rest. */
static int read_facts(struct tpm *tpm, struct tpm_answer *answer)
{
	int r = tpm_read_facts(tpm, &answer->detail, &answer->facts);

	answer->has_facts = r == 0 || r == TNE_TPM_UNFIT;
	return r;
}

static int probe(struct tpm *tpm, struct tpm_answer *answer)
{
	struct sealed_blob blob;
	uint8_t key[SECRET_LEN];

	randombytes_buf(key, sizeof(key));
	return tpm_seal(tpm, key, &answer->detail, &blob);
}

static int work(struct tpm *tpm, const struct tpm_request *req,
		struct tpm_answer *answer)
{
	struct err_detail *detail = &answer->detail;

	switch (req->op) {
	case TPM_OP_PROBE:
		return probe(tpm, answer);
	case TPM_OP_SEAL:
		return tpm_seal(tpm, req->key, detail, &answer->blob);
	case TPM_OP_UNSEAL:
		return tpm_unseal(tpm, &req->blob, detail, &answer->old,
				  answer->key);
	case TPM_OP_COUNTER_DEFINE:
		return tpm_counter_read(tpm, req->index, true, detail,
					&answer->counter);
	case TPM_OP_COUNTER_READ:
		return tpm_counter_read(tpm, req->index, false, detail,
					&answer->counter);
	case TPM_OP_COUNTER_RAISE:
		return tpm_counter_raise(tpm, req->index, req->counter, detail,
					 &answer->counter);
	case TPM_OP_FACTS:
	case TPM_OP_DERIVE:
		return 0;
	}
	return -EINVAL;
}

/* One connection; @ret_connected: it was there, whatever came then. */
static int try_once(const struct tpm_request *req, bool *ret_connected,
		    struct tpm_answer *answer)
{
	struct tpm *tpm auto_clean(tpm) = NULL;
	int r = tpm_open(&req->options, &answer->detail, &tpm);

	*ret_connected = r == 0;
	if (r == 0)
		r = read_facts(tpm, answer);
	if (r == 0)
		r = work(tpm, req, answer);
	if (tpm) {
		tpm_parent_name(tpm, &answer->parent);
		answer->handle = tpm_parent_handle(tpm);
	}
	return r;
}

/*
 * A busy TPM is tried again, and one that was lost in the middle once: the
 * machine may have been suspended.
 */
static int answer_request(const struct tpm_request *req,
			  struct tpm_answer *answer)
{
	unsigned int ms = RETRY_FIRST_MS, n;
	bool connected, lost = false;
	int r;

	if (req->op == TPM_OP_DERIVE)
		return derive(req, answer);
	for (n = 0;; n++, ms *= 2) {
		r = try_once(req, &connected, answer);
		if (!tpm_class_is_passing(r) || n == RETRIES)
			return r;
		/* tpm_open() has been patient already. */
		if (!connected || (r == TNE_TPM_ABSENT && lost))
			return r;
		lost = r == TNE_TPM_ABSENT;
		pause_ms(ms);
	}
}

static int serve(struct tpm_request *req, struct tpm_answer *answer)
{
	uint64_t start = now_ms();

	if (recv(STDIN_FILENO, req, sizeof(*req), 0) != sizeof(*req))
		return 1;
	if (req->options.command_s == 0)
		req->options.command_s = TPM_JOB_COMMAND_S;
	answer->err = answer_request(req, answer);
	answer->took_ms = now_ms() - start;
	if (answer->err < 0)
		sodium_memzero(answer->key, sizeof(answer->key));
	return send(STDIN_FILENO, answer, sizeof(*answer), MSG_NOSIGNAL) !=
		sizeof(*answer);
}

int tpm_helper_main(void)
{
	static const struct rlimit none = { 0, 0 };
	struct tpm_request *req;
	struct tpm_answer *answer;
	int status = 1;

	/* Starting a program has undone this. */
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (secret_init() < 0)
		return 1;
	req = sodium_malloc(sizeof(*req));
	answer = sodium_malloc(sizeof(*answer));
	if (req && answer) {
		memset(answer, 0, sizeof(*answer));
		status = serve(req, answer);
	}
	sodium_free(req);
	sodium_free(answer);
	return status;
}
