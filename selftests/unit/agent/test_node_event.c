// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the node does when the module says that the machine was copied. The
 * event itself comes from a driver of virtual machines, so no guest of ours can
 * have it: it is put in where the node is told.
 */
#include "keeper_rig.h"

/* For on_event(), which is nobody else's business. */
#include "node.c"

#include "base/array.h"

static unsigned int n_kicks;

static void on_kick(void *ctx)
{
	(void)ctx;
	n_kicks++;
}

static void turn_some(void)
{
	int i;

	for (i = 0; i < 60 && !*warning("vm-fork"); i++)
		loop_turn(loop, 100);
	for (i = 0; i < 20; i++)
		loop_turn(loop, 100);
}

static void machine_was_copied(void)
{
	const struct event event = { .kind = EVENT_VMFORK };
	struct node_own node = { 0 };

	make(true);
	counter = true;
	seal_it();
	CHECK_EQ(begin(OPT_UNSET), 0);
	settle();
	CHECK_EQ(opened, 1);
	node.config.loop = loop;
	node.config.keeper = keeper;
	loop_later_init(&node.work, on_kick, NULL);
	CHECK(!*warning("vm-fork"));
	on_event(&node, &event);
	turn_some();
	CHECK(strstr(warning("vm-fork"), "is a copy"));
	/* And the node looks at everything anew. */
	CHECK_EQ(n_kicks, 1);

	test_case("and put back: the counter is gone");
	CHECK(!strstr(warning("state-write-failed"), "counter"));
	soft_tpm_forget_counter(&tpm, TPM_COUNTER_INDEX);
	on_event(&node, &event);
	turn_some();
	CHECK(strstr(warning("state-write-failed"), "counter"));
	loop_later_cancel(&node.work);
	counter = false;
	clean();
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(machine_was_copied),
	};

	return keeper_rig_main(tests, ARRAY_SIZE(tests), argc, argv);
}
