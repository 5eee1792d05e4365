// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packet counters in any order, against the whole list of those accepted.
 */
#include "replay.h"

#include "fuzz.h"
#include "host.h"

#define MAX	512

static bool was_seen(const u64 *seen, size_t n, u64 counter)
{
	while (n--)
		if (seen[n] == counter)
			return true;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	u64 seen[MAX], greatest = 0, counter = 0;
	struct tn_replay r;
	bool expect, early;
	size_t n = 0;
	u16 small;

	tn_replay_init(&r);
	while (in.left && n < MAX) {
		switch (fuzz_u8(&in) & 3) {
		case 0:
			fuzz_bytes(&in, &counter, sizeof(counter));
			break;
		case 1:
			fuzz_bytes(&in, &small, sizeof(small));
			counter = greatest + small;
			break;
		case 2:
			fuzz_bytes(&in, &small, sizeof(small));
			counter = greatest - small;
			break;
		case 3:
			counter = TN_REJECT_AFTER_MESSAGES - fuzz_u8(&in);
			break;
		}
		expect = counter < TN_REJECT_AFTER_MESSAGES &&
			 !was_seen(seen, n, counter) &&
			 (!n || counter >= greatest ||
			  greatest - counter <= TN_REPLAY_WINDOW);
		early = tn_replay_precheck(&r, counter);
		HOST_BUG_ON(early != expect);
		HOST_BUG_ON(tn_replay_accept(&r, counter) != expect);
		if (expect) {
			seen[n++] = counter;
			greatest = counter > greatest ? counter : greatest;
		}
	}
	return 0;
}
