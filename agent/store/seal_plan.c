// SPDX-License-Identifier: GPL-2.0-only
#include "store/seal_plan.h"

#include "base/array.h"

#include <errno.h>
#include <string.h>

#define SLOW_MS		5000	/* of a round trip; ours */
#define LATE_TRIES	30	/* a device that comes late; ours */
#define LATE_MS		1000
#define FIRST_MS	5000	/* doubled each time; ours */
#define MOST_MS		60000
#define LOCKOUT_MAX_S	600	/* ours */

/* TPMs that are not used without being told to; data, so that it can grow. */
static const struct {
	const char *manufacturer;
	const char *why;
} refused[] = {
	{ "CROS", "it is a Chromebook's, whose owner password is set" },
};

enum seal_ask seal_plan_ask(const struct seal_wish *wish)
{
	if (wish->sealed)
		return SEAL_ASK_UNSEAL;
	switch (wish->flag) {
	case OPT_TRUE:
		return SEAL_ASK_PROBE;
	case OPT_FALSE:
		return SEAL_ASK_NOTHING;
	case OPT_UNSET:
		break;
	}
	return wish->is_new || wish->policy ? SEAL_ASK_PROBE :
					      SEAL_ASK_NOTHING;
}

const char *seal_plan_refuses(const struct seal_probe *probe)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		if (strcmp(probe->facts.manufacturer,
			   refused[i].manufacturer) == 0)
			return refused[i].why;
	}
	if (probe->took_ms > SLOW_MS)
		return "it is too slow";
	return NULL;
}

static enum seal_act act_on_sealed(const struct seal_wish *wish,
				   const struct seal_probe *probe)
{
	if (probe->err == 0)
		return wish->flag == OPT_FALSE ? SEAL_ACT_UNSEAL :
						 SEAL_ACT_KEEP;
	return seal_plan_wait_ms(probe, 1) ? SEAL_ACT_WAIT : SEAL_ACT_STUCK;
}

/* There is a TPM, and it has something else to do. */
static bool will_pass(int err)
{
	return err == TNE_TPM_BUSY || err == TNE_TPM_EXHAUSTED ||
		err == TNE_TPM_SLOW || err == TNE_TPM_LOCKOUT;
}

/* There is a TPM, which another time or with the right group could do it. */
static bool is_pity(const struct seal_probe *probe)
{
	return probe->err != TNE_TPM_ABSENT && seal_plan_wait_ms(probe, 1);
}

enum seal_act seal_plan_act(const struct seal_wish *wish,
			    const struct seal_probe *probe)
{
	if (seal_plan_ask(wish) == SEAL_ASK_NOTHING)
		return SEAL_ACT_PLAIN;
	if (wish->sealed)
		return act_on_sealed(wish, probe);
	if (wish->flag == OPT_TRUE)
		return probe->err == 0 ? SEAL_ACT_SEAL :
		       will_pass(probe->err) ? SEAL_ACT_WAIT : SEAL_ACT_EXIT;
	if (probe->err < 0)
		return wish->policy || is_pity(probe) ? SEAL_ACT_PLAIN_WARN :
							SEAL_ACT_PLAIN;
	if (!wish->policy && seal_plan_refuses(probe))
		return SEAL_ACT_PLAIN;
	return SEAL_ACT_SEAL;
}

uint64_t seal_plan_wait_ms(const struct seal_probe *probe, unsigned int tries)
{
	uint32_t s = probe->facts.lockout_interval_s;
	uint64_t ms = FIRST_MS;

	switch (probe->err) {
	case TNE_TPM_LOCKOUT:
		if (s == 0 || s > LOCKOUT_MAX_S)
			s = LOCKOUT_MAX_S;
		return s * UINT64_C(1000);
	case TNE_TPM_ABSENT:
	/* A device that has just come is root's until its rules are read. */
	case TNE_TPM_DENIED:
		return tries <= LATE_TRIES ? LATE_MS : MOST_MS;
	case TNE_TPM_BUSY:
	case TNE_TPM_EXHAUSTED:
	case TNE_TPM_SLOW:
	/* Of anything, an overloaded machine too: asking is cheap. */
	case TNE_TPM_FAILED:
	case -ENOMEM:
	case -EAGAIN:
		for (; tries > 1 && ms < MOST_MS; tries--)
			ms *= 2;
		return ms < MOST_MS ? ms : MOST_MS;
	}
	return 0;
}
