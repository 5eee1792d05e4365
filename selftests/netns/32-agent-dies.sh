#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# guest: mem=1536 timeout=300
#
# Agents are killed again and again under TCP and 1,000 datagrams a second, and
# nothing of it is lost; sessions are renewed meanwhile.
#
# KILLS   how often (2; 15 are five minutes, two renewals among them)
# EVERY   seconds between (20)
. "$(dirname "$0")/../lib/lib.sh"
. "$(dirname "$0")/../lib/nodes.sh"
need_cmd iperf3

KILLS=${TAILNET_KILLS:-2}
EVERY=${TAILNET_KILL_EVERY:-20}
TIME=$(((KILLS + 1) * EVERY))
# the slow kernels have no time for as many
RATE=1000 TCP=20M
if ! is_uml; then RATE=200 TCP=2M; fi
if is_debug; then RATE=50; fi
# What waits for the receiving program is not to be lost there.
sysctl -q net.core.rmem_max=8388608 net.core.wmem_max=8388608

case_ "two nodes"
nodes_up 2
for n in 1 2; do
	agent_start "$n"
	agent_join "$n"
done
for n in 1 2; do wait_for 20 "a peer of node $n" peers_are "$n" 1; done
A=$(ip4 1) B=$(ip4 2)
ping_once 1 "$B"

# Bytes that left one side and those that reached the other.
key() { nswg "$1" show tailnet0 peers; }
left() { peer_tx "$1" tailnet0 "$(key "$1")"; }
reached() { peer_rx "$1" tailnet0 "$(key "$1")"; }
all_arrived() { [[ $(left 1) == "$(reached 2)" && $(left 2) == "$(reached 1)" ]]; }
retransmits() { ns 1 nstat -asz TcpRetransSegs | awk '/TcpRetransSegs/ { print $2 }'; }

case_ "$KILLS kills of each agent, one every $EVERY s"
bg tcp-server ns 2 iperf3 -s -1 -p 5201 -B "$B"
wait_for 20 "iperf3" is_listening 2 t 5201
bg udp-server ns 2 iperf3 -s -1 -p 5202 -B "$B"
wait_for 20 "iperf3" is_listening 2 t 5202
before=$(retransmits)
bg tcp ns 1 iperf3 -J -c "$B" -p 5201 -b $TCP -t "$TIME"
tcp=$BG_PID
bg udp ns 1 iperf3 -J -u -w 4M -l 100 -b $((RATE * 800)) -c "$B" -p 5202 -t "$TIME"
udp=$BG_PID
for ((i = 0; i < KILLS; i++)); do
	sleep $((EVERY - 1))
	agent_kill 1
	agent_kill 2
	sleep 1
	agent_start 1
	agent_start 2
done
wait "$tcp" || fail "TCP: $(jq -r .error "$WORK/tcp.log")"
wait "$udp" || fail "UDP: $(jq -r .error "$WORK/udp.log")"
for n in 1 2; do wait_for 20 "node $n to be up again" state_is "$n" Running; done

lost=$(jq .end.sum.lost_packets "$WORK/udp.log")
sent=$(jq .end.sum.packets "$WORK/udp.log")
again=$(($(retransmits) - before))
note "$sent datagrams sent, $lost lost; TCP $(jq '.end.sum_received.bytes' "$WORK/tcp.log") bytes, $again segments sent again"
# a busy machine sends fewer; there must have been a stream all the same
((sent > RATE * TIME / 10)) || fail "only $sent datagrams were sent in $TIME s"
((lost == 0)) || fail "$lost of $sent datagrams lost"
# A sender that a busy machine keeps waiting sends again what was not lost; so
# what was sent is compared with what arrived, to the byte.
wait_for 20 "all that was sent to arrive ($(left 1) $(reached 2), $(left 2) $(reached 1))" all_arrived
