/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The other side of lock_local.h: what the command line asks about the tailnet
 * lock, and what it reads of the answers.
 *
 * Source: as lock_local.h.
 */
#ifndef WIRE_LOCK_ASK_H
#define WIRE_LOCK_ASK_H

#include "base/arena.h"
#include "base/err.h"
#include "base/secret.h"
#include "model/lock_status.h"
#include "wire/lock_local.h"

#include <stddef.h>

/* Requests; for secret_buf_done(). They return 0 or -ENOMEM. */
int lock_ask_init_build(const struct lock_local_init *init,
			struct secret_buf *ret);
int lock_ask_sign_build(const struct lock_local_sign *sign,
			struct secret_buf *ret);
int lock_ask_modify_build(const struct lock_local_modify *modify,
			  struct secret_buf *ret);
int lock_ask_recovery_build(const struct lock_local_recovery *recovery,
			    struct secret_buf *ret);
int lock_ask_wrap_build(const struct lock_local_wrap *wrap,
			struct secret_buf *ret);

/*
 * Answers. What they say lives in @mem; @detail is filled on error. They return
 * 0, TNE_JSON, TNE_JSON_VALUE, TNE_TOO_LONG, TNE_CBOR or -ENOMEM.
 */
int lock_ask_status_parse(const char *text, size_t len, struct arena *mem,
			  struct err_detail *detail, struct lock_status *ret);
int lock_ask_log_parse(const char *text, size_t len, struct arena *mem,
		       struct err_detail *detail, struct lock_update **ret,
		       size_t *ret_n);
int lock_ask_sigs_parse(const char *text, size_t len, struct arena *mem,
			struct err_detail *detail, const struct bytes **ret,
			size_t *ret_n);

#endif /* WIRE_LOCK_ASK_H */
