# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Nodes that join the network of a control server; sourced after lib.sh.
# Namespace c is a bridge at 10.0.0.100 with the control server, namespace N (a
# number) has node N at 10.0.0.N.
#
# TN_CONTROL_DIR  folder of tn-control and ctl (default: where they are built)

need_ours
need_cmd jq ping tailnet tailnetd
SERVER_DIR=${TN_CONTROL_DIR:-$TESTS_DIR/control/build}
[[ -x $SERVER_DIR/tn-control ]] || make -s -C "$TESTS_DIR/control" >"$WORK/make.log" 2>&1 ||
	fail "no control server: $(tail -3 "$WORK/make.log")"

URL=http://10.0.0.100:8080
AUTH_KEY=hskey-auth-test
AGENT_PID=()

ctl() { "$SERVER_DIR/ctl" -s "$WORK/admin" "$@"; }

# tn N VERB...: the command line of node N
tn() { local n=$1; shift; ns "$n" tailnet --socket "$WORK/$n.sock" "$@"; }

show_logs() { tail -n 40 "$WORK"/agent*.log "$WORK/server.log" "$WORK"/up*.log; }
[[ -z ${TAILNET_VERBOSE:-} ]] || at_exit show_logs

# nodes_up N [options of tn-control]: the wire, the server, and nodes 1 to N on it
nodes_up() {
	local count=$1 n

	shift
	need_kind "$LINK_TYPE"
	need_kind veth
	need_kind bridge
	ns_add c
	nsip c link add br0 type bridge
	nsip c addr add 10.0.0.100/24 dev br0
	nsip c link set br0 up
	for ((n = 1; n <= count; n++)); do
		ns_add "$n"
		veth c "p$n" "$n" eth0
		nsip c link set "p$n" master br0
		nsip "$n" addr add "10.0.0.$n/24" dev eth0
		nsip "$n" route add default via 10.0.0.100
	done
	: >"$WORK/conf"
	bg server ns c "$SERVER_DIR/tn-control" --listen 10.0.0.100:8080 \
		--url "$URL" --admin "$WORK/admin" --mode headscale \
		--authkey $AUTH_KEY --keepalive 5 "$@"
	wait_for 10 "the control server" ctl nodes
}

# agent_spawn N [options of tailnetd]: it may not be there yet
agent_spawn() {
	local n=$1

	shift
	bg "agent$n" ns "$n" tailnetd --statedir "$WORK/state$n" \
		--socket "$WORK/$n.sock" --port "4164$n" --conf "$WORK/conf" "$@"
	AGENT_PID[n]=$BG_PID
}

# agent_start N [options of tailnetd]
agent_start() {
	agent_spawn "$@"
	wait_for 10 "the agent of node $1" tn "$1" status --json
}

agent_stop() { stop "${AGENT_PID[$1]}"; }
agent_kill() {
	kill -KILL "${AGENT_PID[$1]}"
	wait "${AGENT_PID[$1]}" 2>/dev/null || :
}
agent_alive() { kill -0 "${AGENT_PID[$1]}" 2>/dev/null; }

# agent_join N: log in with the auth key
agent_join() {
	tn "$1" up --login-server "$URL" --auth-key $AUTH_KEY --hostname "node$1" \
		--timeout "$(slow 30)s" >"$WORK/up$1.log" 2>&1 ||
		fail "up: $(tail -3 "$WORK/up$1.log")"
}

state() { tn "$1" status --json | jq -r .BackendState; }
state_is() { [[ $(state "$1") == "$2" ]]; }
in_poll() { [[ $(tn "$1" status --json | jq -r '.BackendState + (.Self.Online | tostring)') == Runningtrue ]]; }
ip4() { tn "$1" ip -4; }
n_peers() { nswg "$1" show tailnet0 peers | wc -l; }
peers_are() { [[ $(n_peers "$1") == "$2" ]]; }
