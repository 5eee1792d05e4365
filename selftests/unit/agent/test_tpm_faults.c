// SPDX-License-Identifier: GPL-2.0-only
/*
 * What becomes of a sealed state, of a new node, and of a plain state that has to
 * be sealed, when the TPM is in trouble: a line of the table for each trouble.
 */
#include "keeper_rig.h"

#include "base/array.h"
#include "crypto/state_box.h"

#include <sodium.h>

/**
 * enum outcome - how it ends
 * @OPEN: the sealed state opens, or the new one is sealed, by itself
 * @MENDED: it waits, and opens by itself when the trouble is over
 * @RECOVERED: it waits or is stuck; the recovery key opens it
 * @CLOSED: it is stuck, says so, and nothing has been touched
 * @PLAIN: a new node is plain, and says so
 * @WARNED: likewise with a health line
 * @REFUSED: the program should end: the demand cannot be met
 */
enum outcome { OPEN, MENDED, RECOVERED, CLOSED, PLAIN, WARNED, REFUSED };

static const char *const outcome_names[] = {
	"open", "open when it is over", "open by the recovery key",
	"closed and untouched", "plain", "plain, with a warning", "refused",
};

static uint8_t nothing[32] = { 1 };
static struct soft_tpm spare;
static char key[100];

static void none(void)
{
}

static void clear(void)
{
	soft_tpm_clear(&tpm);
}

static void power_cycle(void)
{
	soft_tpm_stop(&tpm);
	soft_tpm_start(&tpm);
}

static void lock_out(void)
{
	soft_tpm_lock_out(&tpm);
}

static void end_lockout(void)
{
	soft_tpm_end_lockout(&tpm);
}

static void password(void)
{
	soft_tpm_set_owner_auth(&tpm, "owner");
}

static void known_password(void)
{
	password();
	strcpy(owner_auth, "owner");
}

static void wrong_password(void)
{
	password();
	strcpy(owner_auth, "other");
}

/* What the system has set up is there for everybody. */
static void password_and_srk(void)
{
	soft_tpm_make_srk(&tpm, true);
	password();
}

/* To try an empty password for this one would bring it nearer to a lockout. */
static void password_and_odd_srk(void)
{
	soft_tpm_make_srk(&tpm, false);
	password();
}

static void busy(void)
{
	soft_tpm_tap(&tpm, SOFT_TPM_BUSY, nothing);
}

static void busy_long(void)
{
	soft_tpm_tap(&tpm, SOFT_TPM_BUSY_LONG, nothing);
}

static void slow(void)
{
	soft_tpm_tap(&tpm, SOFT_TPM_SLOW, nothing);
}

static void slow_long(void)
{
	soft_tpm_tap(&tpm, SOFT_TPM_SLOW_LONG, nothing);
}

static void dead(void)
{
	soft_tpm_tap(&tpm, SOFT_TPM_DEAD, nothing);
}

static void lost(void)
{
	soft_tpm_tap(&tpm, SOFT_TPM_LOST, nothing);
}

static void flip(void)
{
	soft_tpm_tap(&tpm, SOFT_TPM_FLIP, nothing);
}

static void untap(void)
{
	soft_tpm_tap(&tpm, SOFT_TPM_FINE, nothing);
}

/*
 * What the library can do nothing more about stays in the TPM; the kernel flushes
 * it when the connection ends, and here it goes with the power.
 */
static void untap_and_flush(void)
{
	power_cycle();
	untap();
}

static void freeze(void)
{
	soft_tpm_freeze(&tpm, true);
	command_s = 1;
}

static void thaw(void)
{
	soft_tpm_freeze(&tpm, false);
}

static void take_away(void)
{
	soft_tpm_stop(&tpm);
}

static void bring_back(void)
{
	soft_tpm_start(&tpm);
}

static void swap(void)
{
	spare = tpm;
	soft_tpm_make(&tpm);
	soft_tpm_start(&tpm);
}

/* A private part as long as another vendor's, with nothing of ours in it. */
static void resize(size_t len)
{
	struct sealed_file file = { 0 };
	struct secret_buf text = { 0 };
	struct err_detail detail;
	char buf[4000];
	size_t n = get_file(STATE_FILE, buf, sizeof(buf));

	if (state_form_find(buf, n) != STATE_FORM_SEALED)
		return;
	if (sealed_json_parse(buf, n, &detail, &file) < 0)
		abort();
	randombytes_buf(file.blob.private, sizeof(file.blob.private));
	file.blob.private_len = len;
	if (sealed_json_build(&file, &text) < 0)
		abort();
	put_file(STATE_FILE, text.data, text.len);
	secret_buf_done(&text);
	sealed_file_done(&file);
}

static void blob_1(void)
{
	resize(1);
}

static void blob_222(void)
{
	resize(222);
}

static void blob_1024(void)
{
	resize(SEALED_PRIVATE_MAX);
}

/* A state of the stock daemon from before it knew of lockouts. */
static void put_old(void)
{
	static const char inner[] = "{\"_machinekey\":\"eHl6\",\"future\":\"AQID\"}";
	struct secret32 *secret = secret32_new();
	struct sealed_file file = { 0 };
	struct secret_buf text = { 0 };

	secret_random(secret);
	soft_tpm_seal_old(&tpm, 0, secret32_expose(secret), &file.blob);
	randombytes_buf(file.nonce, sizeof(file.nonce));
	file.box_len = strlen(inner) + STATE_BOX_TAG_LEN;
	file.box = malloc(file.box_len);
	state_box_seal(secret, file.nonce, inner, strlen(inner), file.box);
	if (sealed_json_build(&file, &text) < 0)
		abort();
	put_file(STATE_FILE, text.data, text.len);
	secret_buf_done(&text);
	sealed_file_done(&file);
	secret32_free(secret);
}

/**
 * struct row - a trouble
 * @name: of it
 * @fault: brings it about
 * @mend: ends it; or NULL
 * @sealed: what becomes of a sealed state
 * @fresh: and of a new node
 * @demanded: and of a plain state with --encrypt-state
 * @old: the sealed state is of the old kind, without a recovery key
 * @text: what is said of a state that is not open, in part
 */
static const struct row {
	const char *name;
	void (*fault)(void);
	void (*mend)(void);
	enum outcome sealed, fresh, demanded;
	bool old;
	const char *text;
} rows[] = {
	{ "none", none, NULL, OPEN, OPEN, OPEN },
	{ "cleared", clear, NULL, RECOVERED, OPEN, OPEN,
	  .text = "debug state recover" },
	{ "reset (off and on)", power_cycle, NULL, OPEN, OPEN, OPEN },
	{ "locked out", lock_out, NULL, OPEN, OPEN, OPEN },
	{ "locked out, old blob", lock_out, end_lockout, CLOSED, OPEN, OPEN,
	  .old = true, .text = "lockout" },
	{ "owner password set", password, NULL, RECOVERED, PLAIN, REFUSED,
	  .text = "owner password" },
	{ "owner password known", known_password, NULL, OPEN, OPEN, OPEN },
	{ "owner password wrong", wrong_password, NULL, RECOVERED, PLAIN,
	  REFUSED, .text = "owner password" },
	{ "owner password, storage key of the system", password_and_srk, NULL,
	  RECOVERED, OPEN, OPEN, .text = "owner password" },
	{ "owner password, storage key with a password", password_and_odd_srk,
	  NULL, RECOVERED, PLAIN, REFUSED, .text = "owner password" },
	{ "busy", busy, NULL, OPEN, OPEN, OPEN },
	{ "busy for long", busy_long, untap, MENDED, WARNED, MENDED,
	  .text = "busy" },
	{ "slow (5 s) once", slow, NULL, OPEN, OPEN, OPEN },
	{ "slow (5 s)", slow_long, NULL, OPEN, WARNED, OPEN },
	{ "hanging", freeze, thaw, MENDED, WARNED, MENDED, .text = "in time" },
	{ "missing", take_away, bring_back, MENDED, PLAIN, REFUSED,
	  .text = "opening TPM" },
	{ "missing for good", take_away, NULL, RECOVERED, PLAIN, REFUSED,
	  .text = "opening TPM" },
	{ "swapped", swap, NULL, RECOVERED, OPEN, OPEN,
	  .text = "another TPM" },
	{ "failure mode", dead, NULL, RECOVERED, PLAIN, REFUSED,
	  .text = "turn the machine off and on" },
	{ "connection lost once", lost, NULL, OPEN, OPEN, OPEN },
	{ "answers altered on the bus", flip, untap_and_flush, MENDED,
	  WARNED, REFUSED,
	  .text = "tpm2.Unseal" },
	{ "vendor's blob of 1 byte", blob_1, NULL, RECOVERED, OPEN, OPEN,
	  .text = "tpm2.Load" },
	{ "vendor's blob of 222 bytes", blob_222, NULL, RECOVERED, OPEN, OPEN,
	  .text = "tpm2.Load" },
	{ "vendor's blob of 1024 bytes", blob_1024, NULL, RECOVERED, OPEN, OPEN,
	  .text = "tpm2.Load" },
};

static void undo(void)
{
	owner_auth[0] = 0;
	command_s = 20;
	clean();
	if (spare.dir[0])
		soft_tpm_remove(&spare);
}

/* Begin and see: how it ends by itself, and then with help. */
static void go_on(const struct row *row, enum opt_bool flag, enum outcome *ret)
{
	const bool was = is_sealed_file();

	CHECK_EQ(begin(flag), 0);
	settle();
	*ret = failed ? REFUSED :
	       opened && is_sealed_file() ? OPEN :
	       *warning("state-encryption-unavailable") ? WARNED : PLAIN;
	if (failed || opened)
		return;
	/* Whatever it is, it is said, and nothing is touched. */
	CHECK(*warning("state-store-health"));
	CHECK(!row->text || strstr(warning("state-store-health"), row->text));
	CHECK(is_untouched() && is_sealed_file() == was);
	*ret = CLOSED;
	if (row->old)
		return;
	if (row->mend)
		row->mend();
	else if (recover(key) < 0)
		return;
	wait_open();
	if (opened)
		*ret = row->mend ? MENDED : RECOVERED;
}

static void check_row(const struct row *row)
{
	enum outcome got;

	test_case("%s: sealed", row->name);
	make(true);
	if (row->old) {
		put_old();
	} else {
		seal_it();
		make_recovery(key);
	}
	row->fault();
	note_file();
	go_on(row, OPT_UNSET, &got);
	CHECK_EQ(got, row->sealed);
	if (got != CLOSED) {
		CHECK(holds("_machinekey", "xyz") && holds("future", "\1\2\3"));
		CHECK(is_sealed_file());
		CHECK_EQ(write_key("abc"), 0);
	}
	undo();

	test_case("%s: new", row->name);
	make(true);
	row->fault();
	go_on(row, OPT_UNSET, &got);
	CHECK_EQ(got, row->fresh);
	CHECK_EQ(write_key("abc"), 0);
	CHECK_EQ(is_sealed_file(), got == OPEN);
	undo();

	test_case("%s: demanded", row->name);
	make(true);
	put_file(STATE_FILE, plain, strlen(plain));
	row->fault();
	note_file();
	go_on(&(const struct row){ .name = row->name, .mend = row->mend },
	      OPT_TRUE, &got);
	CHECK_EQ(got, row->demanded);
	CHECK_EQ(is_sealed_file(), got == OPEN || got == MENDED);
	CHECK(got == REFUSED ? is_untouched() : holds("_machinekey", "xyz"));
	undo();
	printf("# %s: sealed: %s; new: %s; demanded: %s\n", row->name,
	       outcome_names[row->sealed], outcome_names[row->fresh],
	       outcome_names[row->demanded]);
}

static void faults(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		check_row(&rows[i]);
}

/*
 * Sealed under the system's key, with the password in the way: it opens again,
 * also without what lies beside, and when the password is gone.
 */
static void system_key(void)
{
	struct keeper_info info;

	make(true);
	password_and_srk();
	put_file(STATE_FILE, plain, strlen(plain));
	CHECK_EQ(begin(OPT_TRUE), 0);
	settle();
	CHECK(opened && is_sealed_file());
	keeper_read_info(keeper, &info);
	CHECK_EQ(info.handle, TPM_SRK);
	end();
	test_case("again");
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(opened && holds("_machinekey", "xyz"));
	end();
	test_case("without what lies beside");
	unlink(path_of(KEEPER_EXTRAS_FILE));
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(opened && holds("_machinekey", "xyz"));
	keeper_read_info(keeper, &info);
	CHECK_EQ(info.handle, TPM_SRK);
	end();
	test_case("nor any password in the way");
	unlink(path_of(KEEPER_EXTRAS_FILE));
	strcpy(owner_auth, "owner");
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK(opened && holds("_machinekey", "xyz"));
	test_case("with a new data key it stays there");
	{
		struct err_detail detail;

		CHECK_EQ(keeper_reseal(keeper, &detail, on_done, NULL), 0);
		wait_done();
		CHECK_EQ(finish_err, 0);
	}
	undo();
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(faults),
		TEST(system_key),
	};

	return keeper_rig_main(tests, ARRAY_SIZE(tests), argc, argv);
}
