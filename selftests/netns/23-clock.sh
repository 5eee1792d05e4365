#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# guest: own=yes
#
# Steps of the wall clock. Sessions do not care. An initiation with a stamp
# older than one seen before is refused, until the clock has passed it.
. "$(dirname "$0")/../lib/lib.sh"

bench_up
endpoints 127.0.0.1 127.0.0.1
nswg 2 set tn2 peer "$PUB_1" endpoint 127.0.0.1:9
ping_once 1 $A2

# clock SECONDS: step; the way back is kept
OFFSET=0
clock() {
	date -s "@$(($(date +%s) + $1))" >/dev/null 2>"$WORK/date.err" ||
		skip "the clock cannot be set: $(<"$WORK/date.err")"
	OFFSET=$((OFFSET + $1))
}
at_exit 'date -s "@$(($(date +%s) - OFFSET))" >/dev/null'

# forget: our side loses its session, so that the next packet must initiate;
# the other side keeps its memory of stamps
forget() {
	nsip 1 link set tn1 down
	nsip 1 link set tn1 up
}
initiations() { peer_rx 2 tn2 "$PUB_1"; }

case_ "a session survives steps in both directions"
time=$(handshake_time 1 tn1 "$PUB_2")
for s in 86400 -86400 -86400 86400 31536000 -31536000; do
	clock $s
	ping_all 1 $A2 10
	ping_all 2 $A1 10
done
expect_eq "handshake time" "$(handshake_time 1 tn1 "$PUB_2")" "$time"

case_ "an hour back: refused"
clock -3600
before=$(handshake_time 2 tn2 "$PUB_1")
sent=$(peer_tx 1 tn1 "$PUB_2")
forget
ping_none 1 $A2
(($(peer_tx 1 tn1 "$PUB_2") >= 148)) || fail "nothing was sent (before: $sent)"
expect_eq "the other side's handshake time" "$(handshake_time 2 tn2 "$PUB_1")" "$before"

case_ "half an hour later: still refused"
clock 1800
forget
ping_none 1 $A2
expect_eq "the other side's handshake time" "$(handshake_time 2 tn2 "$PUB_1")" "$before"

# Their clock is ours, but their last stamp here is another one: the rule is
# about what has been seen of each peer.
case_ "the other direction, whose stamp is none"
nswg 2 set tn2 peer "$PUB_1" endpoint 127.0.0.1:$P1
nsip 2 link set tn2 down
nsip 2 link set tn2 up
ping_once 2 $A1
ping_all 1 $A2 5
nswg 2 set tn2 peer "$PUB_1" endpoint 127.0.0.1:9

case_ "past the old stamp: accepted"
clock 1810
forget
ping_once 1 $A2
ping_all 1 $A2 10

case_ "far into the future: accepted, and then the present is refused"
clock 63072000
forget
ping_once 1 $A2
clock -63072000
forget
ping_none 1 $A2

case_ "a peer removed and added is a new one"
nswg 2 set tn2 peer "$PUB_1" remove
nswg 2 set tn2 peer "$PUB_1" preshared-key "$WORK/psk" allowed-ips "$A1/32,$B1/128"
forget
ping_once 1 $A2
