// SPDX-License-Identifier: GPL-2.0-only
#include "base/err.h"

#include "base/array.h"
#include "base/tame.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
	int err;
	enum err_class class;
	const char *text;
} errors[] = {
	{ TNE_KEY_FORMAT, ERR_REFUSE,
	  "Key is not the correct length or format" },
	{ TNE_CONF_SYNTAX, ERR_REFUSE, "Configuration parsing error" },
	{ TNE_NAME_LOOKUP, ERR_RETRY, "Host name lookup failed" },
	{ TNE_NO_MODULE, ERR_FATAL,
	  "the kernel module is not loaded; try: modprobe tailnet" },
	{ TNE_NO_FAMILY_ANSWER, ERR_FATAL,
	  "the kernel module gave an incomplete answer" },
	{ TNE_TOO_LONG, ERR_REFUSE, "Input is too long" },
	{ TNE_TIME_FORMAT, ERR_REFUSE, "Time is not in the right format" },
	{ TNE_IP_FORMAT, ERR_REFUSE, "Address is not in the right format" },
	{ TNE_JSON, ERR_REFUSE, "JSON parsing error" },
	{ TNE_JSON_VALUE, ERR_REFUSE, "JSON value of the wrong kind" },
	{ TNE_MAP_FRAME, ERR_REFUSE, "Map stream is malformed" },
	{ TNE_MAP_NO_SELF, ERR_REFUSE,
	  "Map stream does not begin with this node" },
	{ TNE_HTTP_SYNTAX, ERR_REFUSE, "HTTP request is malformed" },
	{ TNE_URL, ERR_REFUSE, "not a URL that can be used" },
	{ TNE_CLOSED, ERR_RETRY, "the server closed the connection" },
	{ TNE_FETCH, ERR_RETRY, "HTTP transfer failed" },
	{ TNE_TLS, ERR_RETRY, "no secure connection to the server" },
	{ TNE_REDIRECT, ERR_RETRY, "the server redirects to nowhere good" },
	{ TNE_HTTP_HEADER, ERR_RETRY, "the server does not speak HTTP" },
	{ TNE_UPGRADE, ERR_RETRY, "the server does not change over to Noise" },
	{ TNE_NOISE_DH, ERR_RETRY, "the server sent a bad key" },
	{ TNE_NOISE_TAG, ERR_RETRY, "the server does not prove its key" },
	{ TNE_NOISE_EXHAUSTED, ERR_RETRY, "the connection is used up" },
	{ TNE_CONTROL_TYPE, ERR_RETRY,
	  "the server sent a message out of place" },
	{ TNE_CONTROL_LENGTH, ERR_RETRY,
	  "the server sent a message of a wrong length" },
	{ TNE_CONTROL_REFUSED, ERR_RETRY, "the server refuses the handshake" },
	{ TNE_CONTROL_EARLY, ERR_RETRY,
	  "the server began with malformed JSON" },
	{ TNE_SERVER_KEY, ERR_RETRY, "the server does not tell its key" },
	{ TNE_SERVER_OLD, ERR_RETRY, "control server too old" },
	{ TNE_SERVER_KEY_PIN, ERR_RETRY,
	  "the server's key is not the expected one" },
	{ TNE_H2, ERR_RETRY, "the server breaks HTTP/2" },
	{ TNE_H2_RESET, ERR_RETRY, "the server broke the request off" },
	{ TNE_H2_REFUSED, ERR_RETRY, "the server did not take the request" },
	{ TNE_H2_GOAWAY, ERR_RETRY,
	  "the connection takes no more requests" },
	{ TNE_H2_HEADERS, ERR_RETRY, "the server's headers are too long" },
	{ TNE_STATE_FORMAT, ERR_FATAL, "the state file is damaged" },
	{ TNE_STATE_SEALED, ERR_FATAL, "the state file is sealed" },
	{ TNE_STATE_FILE, ERR_FATAL,
	  "the state file is not a regular file of our own" },
	{ TNE_STATE_IDENTITY, ERR_FATAL, "the state lacks the node's identity" },
	{ TNE_STATE_TAG, ERR_FATAL, "failed to unseal data" },
	{ TNE_STATE_ROLLBACK, ERR_FATAL, "state rolled back" },
	{ TNE_RECOVERY_KEY, ERR_REFUSE, "this is not the recovery key" },
	{ TNE_ADOPT, ERR_REFUSE, "the node cannot be taken over" },
	{ TNE_TPM_ABSENT, ERR_RETRY, "there is no TPM" },
	{ TNE_TPM_DENIED, ERR_FATAL,
	  "no right to use the TPM; is the agent in group tss?" },
	{ TNE_TPM_BUSY, ERR_RETRY, "the TPM is busy" },
	{ TNE_TPM_FOREIGN, ERR_FATAL,
	  "sealed by another TPM, or by this one before it was reset" },
	{ TNE_TPM_OWNER_AUTH, ERR_FATAL, "the TPM has an owner password" },
	{ TNE_TPM_LOCKOUT, ERR_RETRY, "the TPM is in lockout" },
	{ TNE_TPM_EXHAUSTED, ERR_RETRY, "the TPM has no room" },
	{ TNE_TPM_DEAD, ERR_FATAL,
	  "the TPM is in failure mode; turn the machine off and on" },
	{ TNE_TPM_SLOW, ERR_RETRY, "the TPM did not answer in time" },
	{ TNE_TPM_LIBRARY, ERR_FATAL, "the tpm2-tss libraries are missing" },
	{ TNE_TPM_UNFIT, ERR_FATAL, "the TPM cannot keep keys" },
	{ TNE_TPM_FAILED, ERR_FATAL, "the TPM refuses" },
	{ TNE_PREFS, ERR_REFUSE, "these preferences cannot be set" },
	{ TNE_LOCAL_JSON, ERR_REFUSE, "not the expected JSON document" },
	{ TNE_LOCAL_HTTP, ERR_REFUSE, "not the expected HTTP message" },
	{ TNE_USAGE, ERR_REFUSE, "wrong arguments" },
	{ TNE_UNSUPPORTED, ERR_REFUSE, "not supported yet" },
	{ TNE_AUTH_URL, ERR_REFUSE, "not an address to send people to" },
	{ TNE_REGISTER_REFUSED, ERR_RETRY, "the server does not let us in" },
	{ TNE_CONTROL_STATUS, ERR_RETRY, "the server answers with an error" },
	{ TNE_MAP_SILENT, ERR_RETRY, "the server has fallen silent" },
	{ TNE_MAP_ENDED, ERR_RETRY, "the server ended the map stream" },
	{ TNE_NOT_READY, ERR_RETRY, "not possible in this state" },
	{ TNE_CBOR, ERR_REFUSE, "not CBOR in its canonical form" },
	{ TNE_LOCK_AUM, ERR_REFUSE, "not a valid tailnet-lock update" },
	{ TNE_LOCK_PARENT, ERR_REFUSE,
	  "tailnet-lock update follows one that is not known" },
	{ TNE_LOCK_SIGNATURE, ERR_REFUSE,
	  "tailnet-lock update is not signed by a trusted key" },
	{ TNE_LOCK_APPLY, ERR_REFUSE,
	  "tailnet-lock update does not fit what is there" },
	{ TNE_LOCK_LIMIT, ERR_REFUSE, "too many tailnet-lock updates" },
	{ TNE_LOCK_DAMAGED, ERR_FATAL,
	  "the stored tailnet lock is damaged" },
	{ TNE_LOCK_EXISTS, ERR_REFUSE, "tailnet lock is on already" },
	{ TNE_LOCK_DENIED, ERR_REFUSE,
	  "this tailnet lock was disabled on this node" },
	{ TNE_LOCK_DISJOINT, ERR_REFUSE,
	  "the server's tailnet lock has nothing in common with ours" },
	{ TNE_LOCK_SIGNER, ERR_REFUSE,
	  "this node's tailnet-lock key is not trusted" },
	{ TNE_LOCK_SECRET, ERR_REFUSE,
	  "not a disablement secret of this tailnet lock" },
	{ TNE_LOCK_ANSWER, ERR_RETRY,
	  "the server's tailnet-lock answer cannot be used" },
	{ TNE_LOCK_UNSIGNED, ERR_REFUSE, "not signed" },
	{ TNE_LOCK_PEER, ERR_REFUSE, "signature is not valid" },
	{ TNE_LOCK_ROTATED, ERR_REFUSE,
	  "node key was replaced by a newer one" },
};

const char *err_text(int err)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		if (errors[i].err == err)
			return errors[i].text;
	}
	return strerror(-err);
}

enum err_class err_class(int err)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		if (errors[i].err == err)
			return errors[i].class;
	}
	switch (-err) {
	case EAGAIN:
	case EINTR:
	case EBUSY:
	case ESTALE:
	case ENOBUFS:
		return ERR_RETRY;
	case EINVAL:
	case ERANGE:
		return ERR_REFUSE;
	}
	return ERR_FATAL;
}

int err_explain(struct err_detail *detail, int err, const char *fmt, ...)
{
	va_list args;

	if (!detail)
		return err;
	va_start(args, fmt);
	vsnprintf(detail->text, sizeof(detail->text), fmt, args);
	va_end(args);
	tame_text(detail->text);
	return err;
}
