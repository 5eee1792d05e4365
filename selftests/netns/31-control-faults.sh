#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# guest: kernel=6.1,uml mem=1536 timeout=3600
#
# An agent against a control server that misbehaves in every way it knows. Each
# time the agent has to live, to leave the kernel's peers alone unless it was
# told otherwise, and to be in order again once the server is.
#
# It takes long, and so runs only if TAILNET_ALL_FAULTS or TAILNET_FAULTS is set, as
# "make check-faults" does.
# TAILNET_FAULTS names some of them.
. "$(dirname "$0")/../lib/lib.sh"
[[ -n ${TAILNET_ALL_FAULTS:-}${TAILNET_FAULTS:-} ]] || skip "takes a quarter of an hour; set TAILNET_ALL_FAULTS=1"
. "$(dirname "$0")/../lib/nodes.sh"

show_log() { tail -n 60 "$WORK/agent1.log"; }
at_exit show_log

case_ "join"
nodes_up 1
ctl synth 3 >/dev/null
agent_start 1
agent_join 1
wait_for 10 "the peers" peers_are 1 3

read -ra all <<<"${TAILNET_FAULTS:-$(ctl fault list | awk '{ print $1 }' | tr '\n' ' ')}"
for fault in "${all[@]}"; do
	case_ "$fault"
	ctl fault "$fault" >/dev/null 2>&1 || { note "cannot be set"; continue; }
	case $fault in
	key-* | register-*)
		# asked for at the start only
		agent_stop 1
		agent_start 1
		sleep 0.7
		[[ $(n_peers 1) == 3 ]] || fail "peers are gone"
		agent_stop 1
		ctl fault off >/dev/null
		agent_start 1
		;;
	debug-exit)
		# obeyed by an agent that has run for a while
		ctl drop >/dev/null
		sleep 1
		ctl fault off >/dev/null
		if ! agent_alive 1; then
			rc=0
			wait "${AGENT_PID[1]}" || rc=$?
			expect_eq "exit status" "$rc" 75
			[[ $(n_peers 1) == 3 ]] || fail "peers are gone"
			agent_start 1
		fi
		;;
	*)
		ctl drop >/dev/null
		sleep 1
		agent_alive 1 || fail "the agent died"
		ctl fault off >/dev/null
		ctl drop >/dev/null
		;;
	esac
	wait_for 30 "the agent to be in order" in_poll 1
	agent_alive 1 || fail "the agent died"
	wait_for 10 "the peers" peers_are 1 3
done
