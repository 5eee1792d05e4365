/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stddef.h>

/*
 * One channel for results: 0 or more is success, -errno keeps its meaning, the
 * values below are ours. They start under the smallest -errno a kernel gives.
 */
enum tne {
	TNE_KEY_FORMAT = -4096,		/* text is not a key */
	TNE_CONF_SYNTAX = -4097,	/* configuration file or arguments */
	TNE_NAME_LOOKUP = -4098,	/* host name without an address */
	TNE_NO_MODULE = -4099,		/* the netlink family does not exist */
	TNE_NO_FAMILY_ANSWER = -4100,	/* answer without what was asked for */
	TNE_TOO_LONG = -4101,		/* input above its limit */
	TNE_TIME_FORMAT = -4110,	/* text is not a time */
	TNE_IP_FORMAT = -4111,		/* text is not an address */
	TNE_JSON = -4112,		/* text is not JSON, or not an object */
	TNE_JSON_VALUE = -4113,		/* JSON, but not what belongs there */
	TNE_MAP_FRAME = -4114,		/* bytes are not a map stream */
	TNE_MAP_NO_SELF = -4115,	/* map stream begins without our node */
	TNE_HTTP_SYNTAX = -4116,	/* bytes are not an HTTP request */

	/* Connections to servers. */
	TNE_URL = -4200,		/* not a URL that we can use */
	TNE_CLOSED = -4201,		/* the other side closed the connection */
	TNE_FETCH = -4202,		/* HTTP transfer failed */
	TNE_TLS = -4203,		/* certificate or TLS handshake */
	TNE_REDIRECT = -4204,		/* too many, or to http */
	TNE_HTTP_HEADER = -4205,	/* bytes are not an HTTP header */
	TNE_UPGRADE = -4206,		/* server does not change over to Noise */
	TNE_NOISE_DH = -4207,		/* a point of low order */
	TNE_NOISE_TAG = -4208,		/* not made by who has the key */
	TNE_NOISE_EXHAUSTED = -4209,	/* all nonces used */
	TNE_CONTROL_TYPE = -4210,	/* message of a type out of place */
	TNE_CONTROL_LENGTH = -4211,	/* message of a length out of bounds */
	TNE_CONTROL_REFUSED = -4212,	/* server answers with an error message */
	TNE_CONTROL_EARLY = -4213,	/* early payload is malformed */
	TNE_SERVER_KEY = -4214,		/* answer of /key without a key */
	TNE_SERVER_OLD = -4215,		/* server from before Noise */
	TNE_SERVER_KEY_PIN = -4216,	/* not the key that is expected */
	TNE_H2 = -4217,			/* the other side breaks HTTP/2 */
	TNE_H2_RESET = -4218,		/* request was broken off */
	TNE_H2_REFUSED = -4219,		/* request was not looked at */
	TNE_H2_GOAWAY = -4220,		/* connection takes no more requests */
	TNE_H2_HEADERS = -4221,		/* header of an answer above its limit */

	/* State, preferences and the local API. */
	TNE_STATE_FORMAT = -4300,	/* state file is not in its form */
	TNE_STATE_SEALED = -4301,	/* state file is sealed, we cannot open it */
	TNE_STATE_FILE = -4302,		/* link, owner or mode of a state file */
	TNE_STATE_IDENTITY = -4303,	/* a key or profile in it is missing */
	TNE_PREFS = -4304,		/* preferences that cannot be set */
	TNE_LOCAL_JSON = -4305,		/* not the JSON document that was expected */
	TNE_LOCAL_HTTP = -4306,		/* not HTTP, or not as we speak it */
	TNE_USAGE = -4307,		/* command line */
	TNE_UNSUPPORTED = -4308,	/* known, but not built yet */

	/* The sealed state, and the TPM. */
	TNE_STATE_TAG = -4320,		/* box does not open with this key */
	TNE_STATE_ROLLBACK = -4321,	/* an older state than the last one */
	TNE_RECOVERY_KEY = -4322,	/* text is not the recovery key */
	TNE_ADOPT = -4323,		/* that node cannot be taken over */
	TNE_TPM_ABSENT = -4330,		/* there is none */
	TNE_TPM_DENIED = -4331,		/* no right to use the device */
	TNE_TPM_BUSY = -4332,		/* somebody else has it */
	TNE_TPM_FOREIGN = -4333,	/* blob of another TPM, or of before a reset */
	TNE_TPM_OWNER_AUTH = -4334,	/* its owner has set a password */
	TNE_TPM_LOCKOUT = -4335,	/* too many wrong passwords, of anyone */
	TNE_TPM_EXHAUSTED = -4336,	/* no room for another object */
	TNE_TPM_DEAD = -4337,		/* failure mode, until it loses power */
	TNE_TPM_SLOW = -4338,		/* no answer in time */
	TNE_TPM_LIBRARY = -4339,	/* tpm2-tss is not installed */
	TNE_TPM_UNFIT = -4340,		/* not 2.0, or does not give keys back */
	TNE_TPM_FAILED = -4341,		/* any other answer */

	TNE_AUTH_URL = -4400,		/* people must not be sent there */
	TNE_REGISTER_REFUSED = -4401,	/* server does not let us in */
	TNE_CONTROL_STATUS = -4402,	/* HTTP status of an answer */
	TNE_MAP_SILENT = -4403,		/* map stream without messages */
	TNE_MAP_ENDED = -4404,		/* map stream was ended */
	TNE_NOT_READY = -4405,		/* the node cannot do that now */

	/* The tailnet lock. */
	TNE_CBOR = -4500,		/* bytes are not canonical CBOR */
	TNE_LOCK_AUM = -4501,		/* update makes no sense by itself */
	TNE_LOCK_PARENT = -4502,	/* update before it is not known */
	TNE_LOCK_SIGNATURE = -4503,	/* not signed, or not by a trusted key */
	TNE_LOCK_APPLY = -4504,		/* update does not fit the state */
	TNE_LOCK_LIMIT = -4505,		/* more updates than we follow */
	TNE_LOCK_DAMAGED = -4506,	/* stored updates cannot be used */
	TNE_LOCK_EXISTS = -4507,	/* there is an authority already */
	TNE_LOCK_DENIED = -4508,	/* authority that was given up here */
	TNE_LOCK_DISJOINT = -4509,	/* server's updates have none of ours */
	TNE_LOCK_SIGNER = -4510,	/* our own key is not trusted */
	TNE_LOCK_SECRET = -4511,	/* secret does not turn the lock off */
	TNE_LOCK_ANSWER = -4512,	/* server's answer cannot be used */
	TNE_LOCK_UNSIGNED = -4513,	/* peer without a signature */
	TNE_LOCK_PEER = -4514,		/* signature does not stand for the peer */
	TNE_LOCK_ROTATED = -4515,	/* peer has gone over to another key */
};

enum err_class {
	ERR_RETRY,	/* the same may succeed later */
	ERR_REFUSE,	/* drop this input, go on */
	ERR_FATAL,
};

/**
 * struct err_detail - what a person is told beside the code
 * @text: one line of UTF-8 without control characters; empty if there is none
 */
struct err_detail {
	char text[400];
};

/**
 * err_text() - text of a result
 * @err: a negative result
 *
 * Return: a static string.
 */
const char *err_text(int err);

/**
 * err_class() - how a caller should take a result
 * @err: a negative result
 *
 * Return: its class.
 */
enum err_class err_class(int err);

/**
 * err_explain() - set the detail and return the code
 * @detail:	set; may be NULL
 * @err:	the code to be returned
 * @fmt:	as printf; strings from outside may be passed as they are, see
 *		tame_text()
 *
 * Return: @err.
 */
int err_explain(struct err_detail *detail, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif /* BASE_ERR_H */
