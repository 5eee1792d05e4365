#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# guest: mem=2048
#
# The first map of many peers, stage by stage, and what a change of one of them
# costs: as many messages to the module, however many there are.
. "$(dirname "$0")/../lib/lib.sh"
. "$(dirname "$0")/../lib/nodes.sh"

MANY=$(scaled 10000)
FEW=$(scaled 100)
CHANGES=$(scaled 100)

nodes_up 1
echo LogLevel=debug >>"$WORK/conf"
agent_start 1
agent_join 1

# the lines of the log behind line N of it
log_from() { tail -n "+$1" "$WORK/agent1.log"; }
log_end() { echo $(($(wc -l <"$WORK/agent1.log") + 1)); }
# clock ticks of the agent
ticks() { awk '{ print $14 + $15 }' "/proc/${AGENT_PID[1]}/stat"; }
messages() { sed -n 's/.*those that changed.* us, \([0-9]*\) messages.*/\1/p' | sort | uniq -c; }
n_changes() { log_from "$1" | grep -c 'those that changed' || :; }
has_changed() { (($(n_changes "$1") >= $2)); }

host_is_set() { log_from 1 | grep -q 'addresses and routes'; }

# map_of PEERS: what the first map of as many costs
map_of() {
	case_ "a map of $1 peers"
	agent_stop 1
	nsip 1 link del tailnet0
	ctl synth "$1" >/dev/null
	agent_start 1
	wait_for 60 "the peers" peers_are 1 "$1"
	wait_for 60 "the addresses" host_is_set
	log_from 1 | grep -E 'message of [0-9]{4}|peers to the module|addresses and routes' |
		sed 's/^.*\(control\|node\): /  /' | while IFS= read -r l; do note "$l"; done
}

# changes_of PEERS: one at a time; sets COST to the messages for each
changes_of() {
	local from t i

	case_ "$CHANGES changes of one peer among $1"
	from=$(log_end)
	t=$(ticks)
	for ((i = 0; i < CHANGES; i++)); do
		ctl touch "synth-$((i % 50))" >/dev/null
		# two that come at once would be one
		wait_for 20 "change $i" has_changed "$from" $((i + 1))
	done
	COST=$(log_from "$from" | messages | awk '{ print $2 }' | tr '\n' ' ')
	note "$((($(ticks) - t) * 10)) ms of the agent's CPU, messages for each: $COST"
}

map_of "$FEW"
changes_of "$FEW"
few=$COST
map_of "$MANY"
changes_of "$MANY"
expect_eq "messages for a change" "$COST" "$few"
note "the last one, stage by stage:"
log_from 1 | grep -E 'message of|peers to the module' | tail -n 2 |
	sed 's/^.*\(control\|node\): /  /' | while IFS= read -r l; do note "$l"; done
