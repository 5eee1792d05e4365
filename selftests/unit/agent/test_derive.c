// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a recovery key is worth in some years: keys on paper must open what was
 * wrapped when they were made, so what they are derived with may not change. The
 * helper is linked as it is shipped, at the full cost, unlike in other tests.
 */
#include "test.h"

#include "base/secret.h"
#include "crypto/recovery.h"
#include "tpm/tpm_job.h"

#include <string.h>

#include <sodium.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Made without our code: argon2id_hash_raw() of libargon2 with 3 passes, 256 MiB
 * and one lane, then crypto_secretbox_easy() of libsodium.
 */
static const char key_text[] = "IBAU-EQ2E-IVDE-OSCJ-JJFU-YTKO-J5IF-CUST";
static const char salt_hex[] = "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf";
static const char kek_hex[] =
	"5949c330db13da7d732382cc50a0eab64b74a6debdeee47e7fff6e959dfe8e87";
static const char wrap_hex[] =
	"101112131415161718191a1b1c1d1e1f2021222324252627"
	"d7026e6ae92e673afe1619f9e9a24fea6d461a2fcc2874b5"
	"ab94ae6e3c87c14224f71943b3303908ba6cac5a8107f24d";

static bool from_hex(const char *text, uint8_t *ret, size_t len)
{
	size_t used;

	return !sodium_hex2bin(ret, len, text, strlen(text), NULL, &used, NULL) &&
	       used == len;
}

/* Return: whether the helper has answered. */
static bool ask_helper(const struct tpm_request *req, struct tpm_answer *ret)
{
	int fds[2], status;
	bool ok;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		return false;
	pid = fork();
	if (pid == 0) {
		if (dup2(fds[1], STDIN_FILENO) < 0)
			_exit(127);
		_exit(tpm_helper_main());
	}
	close(fds[1]);
	ok = pid > 0 && send(fds[0], req, sizeof(*req), 0) == sizeof(*req) &&
	     recv(fds[0], ret, sizeof(*ret), 0) == sizeof(*ret);
	close(fds[0]);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0 && ok;
}

static void known_key(void)
{
	struct tpm_request req = { .op = TPM_OP_DERIVE };
	struct secret32 *kek auto_clean(secret32) = secret32_new();
	struct secret32 *key auto_clean(secret32) = secret32_new();
	uint8_t want[SECRET_LEN], wrap[RECOVERY_WRAP_LEN];
	static struct tpm_answer answer;
	size_t i;

	CHECK(kek && key);
	CHECK_EQ(recovery_parse(key_text, strlen(key_text), req.recovery), 0);
	CHECK(from_hex(salt_hex, req.salt, sizeof(req.salt)));
	CHECK(ask_helper(&req, &answer));
	CHECK_EQ(answer.err, 0);
	CHECK(from_hex(kek_hex, want, sizeof(want)));
	CHECK_MEM(answer.key, want, sizeof(want));

	memcpy(secret32_expose(kek), answer.key, SECRET_LEN);
	CHECK(from_hex(wrap_hex, wrap, sizeof(wrap)));
	CHECK_EQ(recovery_unwrap(kek, wrap, key), 0);
	for (i = 0; i < SECRET_LEN; i++)
		want[i] = i;
	CHECK_MEM(secret32_expose(key), want, sizeof(want));
}

static const struct test tests[] = {
	TEST(known_key),
};

TEST_MAIN(tests)
