#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# guest: kernel=6.1 mem=1536
#
# Two agents join the network of a control server: one with an auth key, one by
# a person. Then an agent dies, comes back, and the packets do not notice.
#
# TN_CONTROL_DIR  folder of tn-control and ctl (default: where they are built)
. "$(dirname "$0")/../lib/lib.sh"
need_ours
need_cmd jq ping tailnet tailnetd

SERVER_DIR=${TN_CONTROL_DIR:-$TESTS_DIR/control/build}
[[ -x $SERVER_DIR/tn-control ]] || skip "tn-control is not built"

URL=http://10.0.0.100:8080
PID=()

ctl() { "$SERVER_DIR/ctl" -s "$WORK/admin" "$@"; }

# tn N VERB...: the command line of node N
tn() { local n=$1; shift; ns "$n" tailnet --socket "$WORK/$n.sock" "$@"; }

agent_start() {
	bg "agent$1" ns "$1" tailnetd --statedir "$WORK/state$1" \
		--socket "$WORK/$1.sock" --port 4164"$1" --conf "$WORK/conf" \
		--verbose 1
	PID[$1]=$BG_PID
	wait_for 10 "the agent of node $1" tn "$1" status --json
}

agent_dead() {
	kill -KILL "${PID[$1]}"
	wait "${PID[$1]}" 2>/dev/null || :
}

state() { tn "$1" status --json | jq -r .BackendState; }
state_is() { [[ $(state "$1") == "$2" ]]; }
ip4() { tn "$1" ip -4; }
n_peers() { nswg "$1" show tailnet0 peers | wc -l; }
peers_are() { [[ $(n_peers "$1") == "$2" ]]; }
has_login() { ctl logins | grep -q http; }

show_logs() { tail -n 40 "$WORK"/agent*.log "$WORK/server.log" "$WORK"/up*.log; }
[[ -z ${TAILNET_VERBOSE:-} ]] || at_exit show_logs

need_kind "$LINK_TYPE"
need_kind veth
ns_add c 1 2
nsip c link add br0 type bridge
nsip c addr add 10.0.0.100/24 dev br0
nsip c link set br0 up
for n in 1 2; do
	veth c "p$n" "$n" eth0
	nsip c link set "p$n" master br0
	nsip "$n" addr add "10.0.0.$n/24" dev eth0
	nsip "$n" route add default via 10.0.0.100
done
: >"$WORK/conf"

case_ "control server"
bg server ns c "$SERVER_DIR/tn-control" --listen 10.0.0.100:8080 \
	--url "$URL" --admin "$WORK/admin" --mode headscale \
	--authkey hskey-auth-test --keepalive 5 --verbose
wait_for 10 "the control server" ctl nodes

case_ "agents start"
agent_start 1
agent_start 2
expect_eq "state" "$(state 1)" NeedsLogin

case_ "login with an auth key"
tn 1 up --login-server "$URL" --auth-key hskey-auth-test --hostname one \
	--timeout "$(slow 30)s" >"$WORK/up1.log" 2>&1 ||
	fail "up: $(tail -3 "$WORK/up1.log")"
expect_eq "state" "$(state 1)" Running

case_ "login by a person"
bg up2 ns 2 tailnet --socket "$WORK/2.sock" up --login-server "$URL" \
	--hostname two --timeout "$(slow 30)s"
UP=$BG_PID
wait_for 10 "an address to log in at" has_login
expect_eq "state" "$(state 2)" NeedsLogin
ctl login-finish "$(ctl logins | grep -o 'http[^ ]*' | head -1)"
wait "$UP" || fail "up: $(tail -3 "$WORK/up2.log")"
expect_eq "state" "$(state 2)" Running

case_ "peers"
wait_for 10 "a peer of node 1" peers_are 1 1
wait_for 10 "a peer of node 2" peers_are 2 1
A=$(ip4 1)
B=$(ip4 2)
[[ $A == 100.64.* && $B == 100.64.* && $A != "$B" ]] ||
	fail "addresses are $A and $B"

case_ "ping through the tunnel"
ping_once 1 "$B"
ping_once 2 "$A"
ping_all 1 "$B" 50
ping_all 2 "$A" 50

case_ "status knows the other"
expect_eq "host name" \
	"$(tn 1 status --json | jq -r '.Peer[].HostName')" two
tn 1 status >/dev/null

case_ "an agent dies under traffic and comes back"
before=$(nswg 1 show tailnet0 latest-handshakes)
(ns 2 ping -n -q -i 0.02 -c 500 -W "$(slow 5)" "$A" >"$WORK/flow.log" 2>&1) &
FLOW=$!
sleep 1
agent_dead 1
sleep 2
agent_start 1
wait_for 20 "node 1 to be up again" state_is 1 Running
wait "$FLOW" || :
grep -q ' 500 received' "$WORK/flow.log" ||
	fail "packets were lost: $(grep transmitted "$WORK/flow.log")"
expect_eq "handshakes" "$(nswg 1 show tailnet0 latest-handshakes)" "$before"
expect_eq "address" "$(ip4 1)" "$A"

case_ "the control server goes away"
ctl drop >/dev/null
ping_all 1 "$B" 20

case_ "down and up"
tn 1 down
wait_for 10 "node 1 to stop" state_is 1 Stopped
ping_none 2 "$A"
expect_eq "addresses of the link" "$(nsip 1 -j addr show tailnet0 |
	jq '[.[].addr_info[] | select(.scope == "global")] | length')" 0
[[ -z $(nsip 1 route show table 52) ]] || fail "routes are left"
expect_eq "peers" "$(n_peers 1)" 0
tn 1 up >"$WORK/up1.log" 2>&1 || fail "up: $(tail -3 "$WORK/up1.log")"
ping_once 2 "$A"

case_ "the device is deleted by hand"
nsip 1 link del tailnet0
wait_for 20 "node 1 to make it again" peers_are 1 1
ping_once 2 "$A"

case_ "an agent stops, the network stays"
stop "${PID[1]}"
ping_all 2 "$A" 20
agent_start 1
wait_for 20 "node 1 to be up again" state_is 1 Running

case_ "a node is deleted"
ctl delete two
wait_for 20 "node 1 to have no peer" peers_are 1 0
wait_for 20 "node 2 to find out" state_is 2 NeedsLogin

case_ "logout"
tn 1 logout
wait_for 20 "node 1 to be nobody" state_is 1 NeedsLogin
[[ -z $(nsip 1 route show table 52) ]] || fail "routes are left"
