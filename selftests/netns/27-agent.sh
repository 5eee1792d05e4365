#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The agent's way from a wanted view to the module: link, sockets, peers, what
# it is told; its death and its successor, which finds everything as it was.
. "$(dirname "$0")/../lib/lib.sh"
need_ours

DPCTL=$TESTS_DIR/netns/build/dpctl
[[ -x $DPCTL ]] || make -s -C "$TESTS_DIR/netns" build/dpctl >"$WORK/make.log" 2>&1 ||
	fail "building dpctl: $(tail -3 "$WORK/make.log")"

declare -A AGENT
# agent NAME: start one in namespace 1
agent() {
	mkfifo "$WORK/$1.fifo"
	bg "agent-$1" ns 1 "$DPCTL" "$WORK/$1.fifo"
	AGENT[$1]=$BG_PID
	wait_for 10 "the agent $1" grep -q ready "$WORK/agent-$1.log"
}
answered() { (($(wc -l <"$WORK/agent-$1.log") > $2)); }
# tell NAME COMMAND...: its answer in $ANSWER
tell() {
	local who=$1 lines

	shift
	lines=$(wc -l <"$WORK/agent-$who.log")
	echo "$*" >"$WORK/$who.fifo"
	wait_for 20 "an answer to: $*" answered "$who" "$lines"
	ANSWER=$(tail -1 "$WORK/agent-$who.log")
}
tell_ok() {
	tell "$@"
	[[ $ANSWER == ok* ]] || fail "$*: $ANSWER"
}
refused() {
	local err=$1

	shift
	tell "$@"
	[[ $ANSWER == "error $err"* ]] || fail "$*: $ANSWER, expected error $err"
}
expect_answer() { [[ $ANSWER == *"$1"* ]] || fail "answer is $ANSWER, expected $1"; }
EVENTS=
has_event() { tell a events; EVENTS+=" ${ANSWER#ok}"; [[ " $EVENTS " == *" $1 "* ]]; }
b_has_event() { tell b events; EVENTS+=" ${ANSWER#ok}"; [[ " $EVENTS " == *" $1 "* ]]; }
number_of_peers() { nswg 1 show tn1 peers | wc -l; }

need_kind veth
ns_add 1 2
veth 1 ve1 2 ve2
nsip 1 addr add 10.0.0.1/24 dev ve1
nsip 2 addr add 10.0.0.2/24 dev ve2
keys 1 2 3

case_ "links"
agent a
refused ENODEV a link find tn1
tell_ok a link add tn1
refused EEXIST a link add tn1
tell_ok a link find tn1
refused EEXIST a link find ve1
refused EEXIST a link del ve1
tell_ok a link add tnx
tell_ok a link del tnx
refused ENODEV a link del tnx

case_ "taken over, with sockets"
dev_add 2 tn2
nsip 1 addr add $A1/24 dev tn1
nsip 2 addr add $A2/24 dev tn2
tell_ok a key "$WORK/1.key"
tell_ok a take 7777
expect_answer "ok 7777"
tell_ok a peer "$PUB_2" 22 0 10.0.0.2:$P2 $A2/32
tell_ok a sync
expect_answer "sent=1 resynced=1 refused=0 conflicts=0"
nsip 1 link set tn1 up
nswg 2 set tn2 private-key "$WORK/2.key" listen-port $P2 \
	peer "$PUB_1" endpoint 10.0.0.1:7777 allowed-ips $A1/32
nsip 2 link set tn2 up
ping_once 1 $A2
ping_all 2 $A1 10
expect_eq "fwmark" "$(nswg 1 show tn1 fwmark)" 0x80000
wait_for 10 "the session" has_event session-up
wait_for 10 "the configuration" has_event config

case_ "nothing changed, nothing sent"
tell_ok a sync
expect_answer "sent=0 resynced=0"
gen=${ANSWER##*generation=}
tell_ok a full
expect_answer "sent=0 resynced=0"
expect_answer "generation=$gen"

case_ "two ask for one prefix"
tell_ok a peer "$PUB_3" 33 0 none 10.9.0.0/16 $A2/32
tell_ok a sync
expect_answer "sent=1 resynced=0 refused=0 conflicts=1"
ping_all 1 $A2 5
expect_eq "allowed IPs" "$(peer_field 1 tn1 "$PUB_3" allowed-ips)" 10.9.0.0/16

case_ "a peer that nobody can reach wants a path"
EVENTS=
ns 1 ping -c 1 -W 1 -I tn1 10.9.0.1 >/dev/null 2>&1 || :
nsip 1 route add 10.9.0.0/16 dev tn1
ns 1 ping -c 1 -W 1 10.9.0.1 >/dev/null 2>&1 || :
wait_for 10 "the event" has_event want-path

case_ "somebody else meddles: put right"
nswg 1 set tn1 peer "$PUB_3" remove
nswg 1 set tn1 peer "$(wg genkey | wg pubkey)" allowed-ips 10.8.0.0/16
tell_ok a peer "$PUB_2" 22 0 10.0.0.2:$P2 $A2/32 $B2/128
tell_ok a sync
expect_answer "sent=1 resynced=1"
expect_eq "peers" "$(number_of_peers)" 2
ping_all 1 $A2 5

case_ "the agent dies"
time=$(handshake_time 1 tn1 "$PUB_2")
stop "${AGENT[a]}" KILL
ping_all 1 $A2 20
ping_all 2 $A1 20

case_ "its successor takes over and touches nothing"
agent b
tell_ok b link find tn1
tell_ok b key "$WORK/1.key"
tell_ok b take 0
expect_answer "ok 7777"
tell_ok b peer "$PUB_2" 22 0 10.0.0.2:$P2 $A2/32 $B2/128
tell_ok b peer "$PUB_3" 33 0 none 10.9.0.0/16 $A2/32
tell_ok b sync
expect_answer "sent=0 resynced=1"
ping_all 1 $A2 20
ping_all 2 $A1 20
expect_eq "handshake time" "$(handshake_time 1 tn1 "$PUB_2")" "$time"

case_ "a key expires"
EVENTS=
tell_ok b peer "$PUB_2" 22 $(($(date +%s) + 3)) 10.0.0.2:$P2 $A2/32 $B2/128
tell_ok b sync
expect_answer "sent=1 resynced=0"
wait_for 10 "the event" b_has_event expired
ping_none 1 $A2
ping_none 2 $A1
tell_ok b peer "$PUB_2" 22 0 10.0.0.2:$P2 $A2/32 $B2/128
tell_ok b sync
ping_once 1 $A2

case_ "many peers"
tell_ok b many "$(scaled 10000)"
tell_ok b sync
expect_answer "sent=1 resynced=0 refused=0 conflicts=0"
expect_eq "peers" "$(number_of_peers)" $(($(scaled 10000) + 2))
ping_all 1 $A2 10
tell_ok b sync
expect_answer "sent=0 resynced=0"

case_ "an endpoint taken away, a peer not wanted any more"
tell_ok b peer "$PUB_2" 22 0 none $A2/32
tell_ok b drop "$PUB_3"
tell_ok b sync
expect_answer "sent=1 resynced=0"
expect_endpoint 1 tn1 "$PUB_2" "(none)"
ping_none 1 $A2
stop "${AGENT[b]}"
nsip 1 link del tn1
