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
# carries 32 of overhead. Keepalives of 32 bytes may join on the initiator's
# side: one may confirm the session, one falls due ten seconds after the answers.
case_ "ten pings"
before=$(date +%s)
ping_all 2 $A1 10

# all numbers at one moment, or as if: read until two readings agree
counters() {
	local n

	for n in 1 2; do
		ns $n awk -v d="tn$n:" '$1 == d { print $2, $3, $10, $11 }' /proc/net/dev
	done
	peer_field 1 tn1 "$PUB_2" transfer
	peer_field 2 tn2 "$PUB_1" transfer
}
last=
steady() {
	local now

	now=$(counters | tr '\t\n' '  ')
	[[ $now == "$last" ]] || { last=$now; return 1; }
}
wait_for 30 "the counters to stand still" steady
read -r rx1 rxp1 tx1 txp1 rx2 rxp2 tx2 txp2 prx1 ptx1 prx2 ptx2 <<<"$last"

case_ "link counters of the initiator"
expect_eq "received bytes" "$rx2" $((92 + 10 * 128))
keepalives=$(((tx2 - 1428) / 32))
((tx2 == 1428 + keepalives * 32 && keepalives >= 0 && keepalives <= 2)) ||
	fail "sent bytes are $tx2, expected 1428 and at most two keepalives"
expect_eq "received packets" "$rxp2" 11
expect_eq "sent packets" "$txp2" $((11 + keepalives))
case_ "link counters of the responder"
expect_eq "received bytes" "$rx1" "$tx2"
expect_eq "sent bytes" "$tx1" 1372
expect_eq "received packets" "$rxp1" $((11 + keepalives))
expect_eq "sent packets" "$txp1" 11

case_ "peer counters"
expect_eq "initiator received" "$prx2" "$rx2"
expect_eq "initiator sent" "$ptx2" "$tx2"
expect_eq "responder received" "$prx1" "$rx1"
expect_eq "responder sent" "$ptx1" "$tx1"

case_ "handshake time"
after=$(date +%s)
for t in "$(handshake_time 1 tn1 "$PUB_2")" "$(handshake_time 2 tn2 "$PUB_1")"; do
	((t >= before && t <= after)) || fail "handshake at $t, pings between $before and $after"
done
