// SPDX-License-Identifier: GPL-2.0-only
/*
 * The modes of sealing, and what becomes of the state when the TPM fails, with
 * a software TPM.
 */
#include "keeper_rig.h"

#include "base/array.h"
#include "crypto/state_box.h"
#include "fail_alloc.h"

#include <sodium.h>

/* Modes */

static void new_node_is_sealed(void)
{
	struct keeper_info info;

	make(true);
	CHECK_EQ(begin(OPT_UNSET), 0);
	CHECK_EQ(opened, 0);
	settle();
	CHECK_EQ(opened, 1);
	CHECK(is_sealed_file());
	CHECK_EQ(write_key("abc"), 0);
	keeper_read_info(keeper, &info);
	CHECK(info.sealed && info.tpm_known && !info.recovery);
	CHECK(strcmp(info.tpm.manufacturer, "IBM") == 0);
	CHECK(exists(KEEPER_EXTRAS_FILE));
	end();
	CHECK(is_sealed_file());

	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(opened && holds("_machinekey", "abc"));
	clean();
}

static void new_node_without_tpm(void)
{
	make(false);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(opened, 1);
	CHECK_EQ(write_key("xyz"), 0);
	CHECK(!is_sealed_file());
	end();
	remove_dir();

	test_case("policy");
	make_dir();
	CHECK_EQ(begin_io(OPT_UNSET, true, state_io_system()), 0);
	settle();
	CHECK(opened && *warning("state-encryption-unavailable"));
	end();

	test_case("flag");
	CHECK_EQ(begin(OPT_TRUE), 0);
	settle();
	CHECK(!opened);
	CHECK_EQ(failed, TNE_TPM_UNFIT);
	CHECK(strstr(why.text,
		     "--encrypt-state is not supported on this device or a TPM is not accessible"));
	CHECK(!exists(STATE_FILE));
	clean();
}

static void plain_stays_plain(void)
{
	static const enum opt_bool flags[] = { OPT_UNSET, OPT_FALSE };
	size_t i;

	make(true);
	put_file(STATE_FILE, plain, strlen(plain));
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		note_file();
		CHECK_EQ(begin(flags[i]), 0);
		settle();
		CHECK(opened && holds("_machinekey", "xyz"));
		CHECK(is_untouched());
		end();
	}
	clean();
}

static void there_and_back(void)
{
	char buf[1000];

	make(true);
	put_file(STATE_FILE, plain, strlen(plain));
	CHECK_EQ(begin(OPT_TRUE), 0);
	settle();
	CHECK(opened && is_sealed_file());
	CHECK(holds("_machinekey", "xyz") && holds("future", "\1\2\3"));
	end();
	/* It is, already. */
	note_file();
	CHECK_EQ(begin(OPT_TRUE), 0);
	settle();
	CHECK(opened && is_untouched());
	end();
	CHECK_EQ(begin(OPT_FALSE), 0);
	settle();
	CHECK_EQ(opened, 1);
	CHECK(*warning("state-decrypted"));
	end();
	get_file(STATE_FILE, buf, sizeof(buf));
	CHECK(strcmp(buf, plain) == 0);
	CHECK(!exists(KEEPER_EXTRAS_FILE));
	clean();
}

static void demand_without_tpm(void)
{
	make(false);
	put_file(STATE_FILE, plain, strlen(plain));
	note_file();
	CHECK_EQ(begin(OPT_TRUE), 0);
	settle();
	CHECK_EQ(failed, TNE_TPM_UNFIT);
	CHECK(is_untouched());
	end();
	test_case("in memory");
	strcpy(tpm.tcti, "none:");
	loop_new(clock_system(), &loop);
	{
		const struct keeper_calls calls = { on_opened, on_failed,
						    NULL, NULL };
		struct keeper_config config = { .loop = loop,
						.flag = OPT_TRUE };

		CHECK_EQ(keeper_new(&config, &calls, &why, &keeper),
			 TNE_CONF_SYNTAX);
		config.flag = OPT_UNSET;
		opened = failed = 0;
		CHECK_EQ(keeper_new(&config, &calls, &why, &keeper), 0);
		settle();
		CHECK_EQ(opened, 1);
	}
	clean();
}

/* Faults */

static void cleared_or_other_board(void)
{
	make(true);
	seal_it();
	soft_tpm_clear(&tpm);
	note_file();
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(keeper_phase(keeper), KEEPER_STUCK);
	CHECK(strstr(warning("state-store-health"),
		     "failed to unseal state file: "));
	CHECK_EQ(write_key("new"), TNE_STATE_SEALED);
	CHECK(is_untouched());
	end();
	test_case("demanded");
	CHECK_EQ(begin(OPT_TRUE), 0);
	settle();
	CHECK(!failed && keeper_phase(keeper) == KEEPER_STUCK);
	CHECK(is_untouched());
	end();
	test_case("undoing it");
	CHECK_EQ(begin(OPT_FALSE), 0);
	settle();
	CHECK_EQ(keeper_phase(keeper), KEEPER_STUCK);
	CHECK(is_untouched());
	clean();
}

static void device_comes_late(void)
{
	make(true);
	seal_it();
	soft_tpm_stop(&tpm);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(keeper_phase(keeper), KEEPER_WAITING);
	CHECK(strstr(warning("state-store-health"), "opening TPM: "));
	soft_tpm_start(&tpm);
	wait_open();
	CHECK(opened && holds("_machinekey", "xyz"));
	clean();
}

static void hanging_tpm(void)
{
	make(true);
	seal_it();
	soft_tpm_freeze(&tpm, true);
	command_s = 1;
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(keeper_phase(keeper), KEEPER_WAITING);
	CHECK(strstr(warning("state-store-health"), "in time"));
	soft_tpm_freeze(&tpm, false);
	command_s = 20;
	wait_open();
	CHECK(opened && holds("_machinekey", "xyz"));
	clean();
}

static void owner_password(void)
{
	make(true);
	seal_it();
	soft_tpm_set_owner_auth(&tpm, "owner");
	note_file();
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(keeper_phase(keeper), KEEPER_STUCK);
	CHECK(strstr(warning("state-store-health"), "owner password"));
	CHECK(is_untouched());
	end();
	test_case("a new node stays plain");
	unlink(path_of(STATE_FILE));
	unlink(path_of(KEEPER_EXTRAS_FILE));
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(opened && !state_is_sealed(keeper_state(keeper)));
	clean();
}

/* A file of the stock daemon from before it knew of lockouts. */
static void put_old_file(struct sealed_blob *ret_blob)
{
	static const char inner[] = "{\"_machinekey\":\"eHl6\",\"future\":\"AQID\"}";
	struct secret32 *key = secret32_new();
	struct sealed_file file = { 0 };
	struct secret_buf text = { 0 };

	if (!key)
		abort();
	secret_random(key);
	soft_tpm_seal_old(&tpm, secret32_expose(key), &file.blob);
	randombytes_buf(file.nonce, sizeof(file.nonce));
	file.box_len = strlen(inner) + STATE_BOX_TAG_LEN;
	file.box = malloc(file.box_len);
	state_box_seal(key, file.nonce, inner, strlen(inner), file.box);
	if (sealed_json_build(&file, &text) < 0)
		abort();
	put_file(STATE_FILE, text.data, text.len);
	*ret_blob = file.blob;
	secret_buf_done(&text);
	sealed_file_done(&file);
	secret32_free(key);
}

static void old_blob_and_lockout(void)
{
	struct sealed_blob old;

	make(true);
	put_old_file(&old);
	soft_tpm_lock_out(&tpm);
	note_file();
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(keeper_phase(keeper), KEEPER_WAITING);
	CHECK(strstr(warning("state-store-health"), "lockout"));
	CHECK(is_untouched());
	end();
	/* The lockout is over: another TPM in its place would be no help. */
	soft_tpm_end_lockout(&tpm);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(opened && holds("_machinekey", "xyz") &&
	      holds("future", "\1\2\3"));
	wait_private(old.private_len, old.private);
	CHECK_EQ(state_blob(keeper_state(keeper))->public[6], 4);
	CHECK_EQ(state_blob(keeper_state(keeper))->public[7], 0x52);
	end();
	/* Now it does not matter any more. */
	soft_tpm_lock_out(&tpm);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(opened && holds("_machinekey", "xyz"));
	clean();
}

static void altered_file(void)
{
	char buf[4000];
	size_t n;

	make(true);
	seal_it();
	n = get_file(STATE_FILE, buf, sizeof(buf));
	/* In the last quantum of the box, which has no padding bits. */
	buf[n - 8] = buf[n - 8] == 'A' ? 'B' : 'A';
	put_file(STATE_FILE, buf, n);
	note_file();
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(keeper_phase(keeper), KEEPER_STUCK);
	CHECK(strstr(warning("state-store-health"), "failed to unseal data"));
	CHECK(is_untouched());
	end();
	test_case("cut");
	put_file(STATE_FILE, buf, n / 2);
	CHECK_EQ(begin(OPT_UNSET), TNE_STATE_FORMAT);
	loop_free(steal(loop));
	clean();
}

static void two_at_once(void)
{
	struct keeper *first;
	struct loop *first_loop;

	make(true);
	seal_it();
	CHECK_EQ(begin(OPT_UNSET), 0);
	first = steal(keeper);
	first_loop = steal(loop);
	CHECK_EQ(begin(OPT_UNSET), -EBUSY);
	loop_free(steal(loop));
	keeper_free(first);
	loop_free(first_loop);
	clean();
}

/* The file beside is lost or damaged: the node is not. */
static void without_extras(void)
{
	make(true);
	seal_it();
	unlink(path_of(KEEPER_EXTRAS_FILE));
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(opened && exists(KEEPER_EXTRAS_FILE));
	end();
	put_file(KEEPER_EXTRAS_FILE, "{", 1);
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(opened && holds("_machinekey", "xyz"));
	clean();
}

static int open_plain(void *ctx)
{
	const struct keeper_calls calls = { on_opened, on_failed, NULL, NULL };
	struct keeper_config config = { .dir = ctx, .io = state_io_system(),
					.flag = OPT_FALSE };
	struct keeper *k = NULL;
	struct loop *l = NULL;
	int r = loop_new(clock_system(), &l), i;

	opened = 0;
	config.loop = l;
	if (r == 0)
		r = keeper_new(&config, &calls, &why, &k);
	for (i = 0; r == 0 && i < 3; i++)
		loop_turn(l, 0);
	keeper_free(k);
	loop_free(l);
	return r < 0 ? r : opened ? 0 : -1;
}

static void without_memory(void)
{
	make_dir();
	put_file(STATE_FILE, plain, strlen(plain));
	CHECK(fail_alloc_each(open_plain, dir) > 5);
	remove_dir();
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(new_node_is_sealed),
		TEST(new_node_without_tpm),
		TEST(plain_stays_plain),
		TEST(there_and_back),
		TEST(demand_without_tpm),
		TEST(cleared_or_other_board),
		TEST(device_comes_late),
		TEST(hanging_tpm),
		TEST(owner_password),
		TEST(old_blob_and_lockout),
		TEST(altered_file),
		TEST(two_at_once),
		TEST(without_extras),
		TEST(without_memory),
	};

	return keeper_rig_main(tests, ARRAY_SIZE(tests), argc, argv);
}
