#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Byte counters of link and peer are exact, and a handshake has a time.
. "$(dirname "$0")/../lib/lib.sh"

bench_up
endpoints 127.0.0.1 127.0.0.1

case_ "before any traffic"
expect_eq "received bytes" "$(peer_rx 1 tn1 "$PUB_2")" 0
expect_eq "sent bytes" "$(peer_tx 1 tn1 "$PUB_2")" 0
expect_eq "handshake time" "$(handshake_time 1 tn1 "$PUB_2")" 0

# Initiator: one initiation of 148 bytes and ten echo requests out, one response
# of 92 bytes and ten answers in. An echo packet of 84 bytes is padded to 96 and
# carries 32 of overhead. One keepalive of 32 bytes may confirm the session.
case_ "ten pings"
before=$(date +%s)
ping_all 2 $A1 10

rx2=$(link_stat 2 tn2 rx_bytes) tx2=$(link_stat 2 tn2 tx_bytes)
rx1=$(link_stat 1 tn1 rx_bytes) tx1=$(link_stat 1 tn1 tx_bytes)
case_ "link counters of the initiator"
expect_eq "received bytes" "$rx2" $((92 + 10 * 128))
[[ $tx2 == 1428 || $tx2 == 1460 ]] || fail "sent bytes are $tx2, expected 1428 or 1460"
case_ "link counters of the responder"
[[ $rx1 == 1428 || $rx1 == 1460 ]] || fail "received bytes are $rx1, expected 1428 or 1460"
expect_eq "sent bytes" "$tx1" 1372

case_ "peer counters"
expect_eq "initiator received" "$(peer_rx 2 tn2 "$PUB_1")" "$rx2"
expect_eq "initiator sent" "$(peer_tx 2 tn2 "$PUB_1")" "$tx2"
expect_eq "responder received" "$(peer_rx 1 tn1 "$PUB_2")" "$rx1"
expect_eq "responder sent" "$(peer_tx 1 tn1 "$PUB_2")" "$tx1"

case_ "packet counters"
expect_eq "packets received by the responder" "$(link_stat 1 tn1 rx_packets)" \
	"$((rx1 == 1428 ? 11 : 12))"
expect_eq "packets sent by the responder" "$(link_stat 1 tn1 tx_packets)" 11
expect_eq "packets received by the initiator" "$(link_stat 2 tn2 rx_packets)" 11

case_ "handshake time"
after=$(date +%s)
for t in "$(handshake_time 1 tn1 "$PUB_2")" "$(handshake_time 2 tn2 "$PUB_1")"; do
	((t >= before && t <= after)) || fail "handshake at $t, pings between $before and $after"
done
