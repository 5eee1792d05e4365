// SPDX-License-Identifier: GPL-2.0-only
/* What the agent answers while its state cannot be opened, by a real keeper. */
#include "keeper_rig.h"

#include "base/array.h"
#include "node/waiting.h"

static struct waiting *waiting;
static const struct node_api *api;

static void begin_waiting(void)
{
	CHECK_EQ(begin(OPT_UNSET), 0);
	CHECK_EQ(waiting_new(keeper, &waiting), 0);
	api = waiting_api();
}

static void end_waiting(void)
{
	waiting_free(steal(waiting));
	end();
}

/* Everything that would change something, and with which words. */
static void refuses(const char *why)
{
	const struct node_start start = { 0 };
	struct prefs_edit edit = { 0 };
	struct err_detail detail = { "" };

	CHECK_EQ(api->start(waiting, &start, &detail), TNE_NOT_READY);
	CHECK(!strncmp(detail.text, "cannot start backend when state store is unhealthy: ", 52));
	CHECK(strstr(detail.text, why));
	CHECK_EQ(api->edit_prefs(waiting, &edit, &detail), TNE_NOT_READY);
	CHECK_EQ(api->login_interactive(waiting, NULL, &detail), TNE_NOT_READY);
	CHECK(!strncmp(detail.text, "cannot log in when state store is unhealthy: ", 45));
	CHECK(strstr(detail.text, why));
	CHECK_EQ(api->logout(waiting, &detail, NULL, NULL), TNE_NOT_READY);
	CHECK(!strncmp(detail.text, "cannot log out when state store is unhealthy: ", 46));
}

static void backend_is(enum backend_state want, const char *why)
{
	struct status status;

	CHECK_EQ(api->status(waiting, true, &status), 0);
	CHECK_EQ(status.backend, want);
	CHECK(status.health.n && strstr(status.health.item[0], why));
	status_done(&status);
}

static void asking(void)
{
	make(true);
	seal_it();
	soft_tpm_freeze(&tpm, true);
	begin_waiting();
	loop_turn(loop, 100);
	loop_turn(loop, 100);
	CHECK_EQ(keeper_phase(keeper), KEEPER_ASKING);
	CHECK(api->is_opening(waiting));
	CHECK_IN(backend_is(BACKEND_NO_STATE, "waiting for the TPM"));
	CHECK_IN(refuses("waiting for the TPM"));
	soft_tpm_freeze(&tpm, false);
	wait_open();
	CHECK_EQ(opened, 1);
	CHECK(!api->is_opening(waiting));
	end_waiting();
	clean();
}

static void without_tpm(void)
{
	make(true);
	seal_it();
	soft_tpm_stop(&tpm);
	begin_waiting();
	settle();
	CHECK_EQ(keeper_phase(keeper), KEEPER_WAITING);
	/* It may come. */
	CHECK(api->is_opening(waiting));
	CHECK_IN(refuses("failed to unseal state file"));
	soft_tpm_start(&tpm);
	wait_open();
	CHECK(opened && !api->is_opening(waiting));
	end_waiting();
	clean();
}

static void stuck(void)
{
	make(true);
	seal_it();
	soft_tpm_clear(&tpm);
	begin_waiting();
	settle();
	CHECK_EQ(keeper_phase(keeper), KEEPER_STUCK);
	CHECK(!api->is_opening(waiting));
	CHECK_IN(backend_is(BACKEND_NO_STATE, "debug state recover"));
	CHECK_IN(refuses("failed to unseal state file"));
	end_waiting();
	clean();
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(asking),
		TEST(without_tpm),
		TEST(stuck),
	};

	return keeper_rig_main(tests, ARRAY_SIZE(tests), argc, argv);
}
