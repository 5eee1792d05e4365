#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# guest: kernel=6.1 mem=1536
#
# An agent against a control server that misbehaves in every way it knows. Each
# time the agent has to live, to leave the kernel's peers alone unless it was
# told otherwise, and to be in order again once the server is.
#
# It takes long, and so runs only if TAILNET_ALL_FAULTS or FAULTS is set.
#
# TN_CONTROL_DIR  folder of tn-control and ctl (default: where they are built)
# FAULTS          only these
. "$(dirname "$0")/../lib/lib.sh"
need_ours
[[ -n ${TAILNET_ALL_FAULTS:-}${FAULTS:-} ]] || skip "takes an hour; set TAILNET_ALL_FAULTS=1"
need_cmd jq tailnet tailnetd

SERVER_DIR=${TN_CONTROL_DIR:-$TESTS_DIR/control/build}
[[ -x $SERVER_DIR/tn-control ]] || skip "tn-control is not built"

URL=http://10.0.0.100:8080
PID=

ctl() { "$SERVER_DIR/ctl" -s "$WORK/admin" "$@"; }
tn() { ns 1 tailnet --socket "$WORK/1.sock" "$@"; }

agent_start() {
	bg agent ns 1 tailnetd --statedir "$WORK/state" \
		--socket "$WORK/1.sock" --port 41641 --conf "$WORK/conf"
	PID=$BG_PID
	wait_for 10 "the agent" tn status --json
}

alive() { kill -0 "$PID" 2>/dev/null; }
in_poll() { [[ $(tn status --json | jq -r '.BackendState + (.Self.Online | tostring)') == Runningtrue ]]; }
n_peers() { nswg 1 show tailnet0 peers | wc -l; }
peers_are() { [[ $(n_peers) == "$1" ]]; }

show_log() { tail -n 60 "$WORK/agent.log"; }
at_exit show_log

need_kind "$LINK_TYPE"
need_kind veth
ns_add c 1
veth c p1 1 eth0
nsip c addr add 10.0.0.100/24 dev p1
nsip 1 addr add 10.0.0.1/24 dev eth0
: >"$WORK/conf"

case_ "join"
bg server ns c "$SERVER_DIR/tn-control" --listen 10.0.0.100:8080 \
	--url "$URL" --admin "$WORK/admin" --mode headscale \
	--authkey hskey-auth-test --keepalive 5
wait_for 10 "the control server" ctl nodes
ctl synth 3 >/dev/null
agent_start
tn up --login-server "$URL" --auth-key hskey-auth-test --hostname one \
	--timeout "$(slow 30)s" >"$WORK/up.log" 2>&1 ||
	fail "up: $(tail -3 "$WORK/up.log")"
wait_for 10 "the peers" peers_are 3

read -ra all <<<"${FAULTS:-$(ctl fault list | awk '{ print $1 }' | tr '\n' ' ')}"
for fault in "${all[@]}"; do
	case_ "$fault"
	ctl fault "$fault" >/dev/null 2>&1 || { note "cannot be set"; continue; }
	case $fault in
	key-* | register-*)
		# asked for at the start only
		stop "$PID"
		agent_start
		sleep 0.7
		[[ $(n_peers) == 3 ]] || fail "peers are gone"
		stop "$PID"
		ctl fault off >/dev/null
		agent_start
		;;
	*)
		ctl drop >/dev/null
		sleep 1
		alive || fail "the agent died"
		ctl fault off >/dev/null
		ctl drop >/dev/null
		;;
	esac
	wait_for 30 "the agent to be in order" in_poll
	alive || fail "the agent died"
	wait_for 10 "the peers" peers_are 3
done
