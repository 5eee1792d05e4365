#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# guest: mem=1536
#
# An agent with a thousand peers starts again: the kernel's table is as it was,
# no peer was removed or added, and the agent says how long it took.
. "$(dirname "$0")/../lib/lib.sh"
. "$(dirname "$0")/../lib/nodes.sh"

PEERS=$(scaled 1000)

case_ "$PEERS peers"
nodes_up 1
ctl synth "$PEERS" >/dev/null
agent_start 1
agent_join 1
wait_for 30 "the peers" peers_are 1 "$PEERS"

# a packet to each: a peer that was taken away and added again would count anew
case_ "a packet to each"
nswg 1 show tailnet0 allowed-ips | grep -oE '100\.[0-9.]+' >"$WORK/addresses"
ns 1 bash -c 'while read -r a; do echo >"/dev/udp/$a/9" || :; done' <"$WORK/addresses"
# KEY BYTES-SENT
sent() { nswg 1 show tailnet0 transfer | awk '{ print $1, $3 }' | sort; }
n_sent() { sent | awk '$2 > 0' | wc -l; }
all_sent() { [[ $(n_sent) == "$PEERS" ]]; }
wait_for 20 "an initiation to each ($(n_sent))" all_sent
sent >"$WORK/before"

case_ "the agent starts again"
agent_kill 1
start=$(now_ms)
agent_spawn 1
until tn 1 wait --timeout 20s 2>/dev/null; do
	(($(now_ms) - start < $(slow 20000))) || fail "the agent is not in order"
	sleep 0.01
done
note "in order after $(($(now_ms) - start)) ms, from the call to the answer of tailnet wait"
wait_for 20 "the agent to be in the map stream" in_poll 1
# time for what it might do wrong
sleep 2
sent >"$WORK/after"
join "$WORK/before" "$WORK/after" | awk '$3 < $2 { print; bad = 1 } END { exit bad }' >"$WORK/less" ||
	fail "peers count anew: $(head -n 3 "$WORK/less")"
expect_eq "peers that stayed" "$(join "$WORK/before" "$WORK/after" | wc -l)" "$PEERS"
