// SPDX-License-Identifier: GPL-2.0-only
#include "crypto/disable_kdf.h"

#include "base/err.h"
#include "base/secret.h"

#include <argon2.h>
#include <errno.h>

#define PASSES 4
#define MEMORY_KIB (16 * 1024)
#define LANES 4

/* One lane and a salt of 16 bytes are all that libsodium has. */
static const char salt[] = "tailscale network-lock disablement salt";

int disable_derive(struct bytes secret, uint8_t ret[DISABLE_VALUE_LEN])
{
	uint8_t value[DISABLE_VALUE_LEN];
	argon2_context context = {
		.out = value,
		.outlen = sizeof(value),
		.pwd = (uint8_t *)secret.data,
		.pwdlen = secret.len,
		.salt = (uint8_t *)salt,
		.saltlen = sizeof(salt) - 1,
		.t_cost = PASSES,
		.m_cost = MEMORY_KIB,
		.lanes = LANES,
		.threads = 1,	/* changes nothing in the result */
		.version = ARGON2_VERSION_13,
		.flags = ARGON2_DEFAULT_FLAGS,
	};
	size_t i;

	if (secret.len > DISABLE_SECRET_MAX)
		return TNE_TOO_LONG;
	if (argon2_ctx(&context, Argon2_i) != ARGON2_OK)
		return -ENOMEM;
	for (i = 0; i < sizeof(value); i++)
		ret[i] = value[i];
	secret_wipe(value, sizeof(value));
	return 0;
}
