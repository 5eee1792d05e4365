// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target: what comes back from the kernel. The input is the body of a
 * message, behind a header made here; its first byte chooses the type. What is
 * taken for peers must make a view, whoever repeats keys and prefixes in it.
 */
#include "fuzz_netlink.h"

#include "dataplane/answer.h"
#include "dataplane/events.h"
#include "dataplane/genl_conn.h"
#include "model/wanted.h"

#include <stdlib.h>
#include <string.h>

#include <linux/netlink.h>

static void read_table(const struct nlmsghdr *msg)
{
	struct wg_device dev = { 0 };
	struct wanted w = { 0 };
	size_t i;

	answer_device(msg, &dev);
	/* Twice, as when a dump repeats itself. */
	answer_peers(msg, &dev);
	answer_peers(msg, &dev);
	if (wanted_from_device(&dev, &w) < 0)
		abort();
	for (i = 0; i < w.n_peers; i++) {
		if (wanted_find(&w, &w.peers[i]->key) != w.peers[i])
			abort();
	}
	wanted_done(&w);
	wg_device_done(&dev);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const uint16_t types[] = { 0x1d, NLMSG_ERROR, NLMSG_DONE };
	struct nl_refusal refusal;
	struct wg_drops drops = { 0 };
	struct nlmsghdr *msg;
	struct event event;
	uint64_t generation;
	uint32_t token;

	if (len == 0)
		return 0;
	msg = calloc(1, sizeof(*msg) + len - 1);
	if (!msg)
		return 0;
	msg->nlmsg_len = sizeof(*msg) + len - 1;
	msg->nlmsg_type = types[data[0] % 3];
	msg->nlmsg_flags = data[0] & 4 ? NLM_F_ACK_TLVS : 0;
	msg->nlmsg_flags |= data[0] & 8 ? NLM_F_CAPPED : 0;
	memcpy(msg + 1, data + 1, len - 1);
	read_table(msg);
	event_parse(msg, &event);
	answer_token(msg, &token);
	answer_generation(msg, &generation);
	answer_drops(msg, &drops);
	wg_drops_done(&drops);
	nl_refusal_parse(msg, &refusal);
	free(msg);
	return 0;
}
