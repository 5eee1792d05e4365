#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Persistent keepalives start when the device comes up, when it gets its key and
# when they are switched on, and not before.
. "$(dirname "$0")/../lib/lib.sh"

bench_up
endpoints 127.0.0.1 127.0.0.1
sent() { (($(peer_tx "$@") > 0)); }

case_ "nothing while the device is down"
nsip 1 link set tn1 down
nsip 2 link set tn2 down
nswg 1 set tn1 peer "$PUB_2" persistent-keepalive 1
expect_eq "keepalive" "$(peer_field 1 tn1 "$PUB_2" persistent-keepalive)" 1
never_within 2500 sent 1 tn1 "$PUB_2" || fail "bytes were sent"

case_ "link up starts them"
nsip 1 link set tn1 up
wait_for 4 "sent bytes" sent 1 tn1 "$PUB_2"

case_ "nothing while there is no private key"
keyfile ""
nsip 1 link set tn1 down
nsip 2 link set tn2 down
nswg 1 set tn1 peer "$PUB_2" remove
nswg 1 set tn1 private-key /dev/null
expect_eq "public key" "$(nswg 1 show tn1 public-key)" "(none)"
nsip 1 link set tn1 up
nswg 1 set tn1 peer "$PUB_2" preshared-key "$WORK/psk" allowed-ips "$A2/32,$B2/128" \
	endpoint 127.0.0.1:$P2 persistent-keepalive 1
never_within 2500 sent 1 tn1 "$PUB_2" || fail "bytes were sent"

case_ "a private key starts them"
nswg 1 set tn1 private-key "$WORK/1.key"
wait_for 4 "sent bytes" sent 1 tn1 "$PUB_2"

case_ "a session comes about without any other traffic"
nsip 2 link set tn2 up
wait_for 15 "the handshake" has_handshake 1 tn1 "$PUB_2"
wait_for 15 "the handshake at the other side" has_handshake 2 tn2 "$PUB_1"

# 32 bytes each second: enough, not too many, and the answers are not answered.
# The window is long against the jitter of an emulated clock.
case_ "their number and size"
start=$(uptime_ms)
before=$(peer_rx 2 tn2 "$PUB_1")
six() { (($(peer_rx 2 tn2 "$PUB_1") >= before + 6 * 32)); }
wait_for 12 "six keepalives" six
took=$(($(uptime_ms) - start))
got=$(($(peer_rx 2 tn2 "$PUB_1") - before))
((got % 32 == 0)) || fail "$got bytes are no whole number of keepalives"
((took >= 4500)) || fail "six keepalives in $took ms"

case_ "switched off"
nswg 1 set tn1 peer "$PUB_2" persistent-keepalive off
expect_eq "keepalive" "$(peer_field 1 tn1 "$PUB_2" persistent-keepalive)" off
# one may be on its way
before=$(peer_rx 2 tn2 "$PUB_1")
more() { (($(peer_rx 2 tn2 "$PUB_1") > before + 32)); }
never_within 3500 more || fail "keepalives go on"

# Data that stays unanswered for 10 s is answered by a keepalive, once. The
# silence is made by an address that nobody has.
case_ "data without an answer makes one keepalive after ten seconds"
nsip 1 addr add 10.77.0.100/32 dev lo
nswg 1 set tn1 peer "$PUB_2" allowed-ips "$A2/32,$B2/128"
nsip 2 addr add 10.77.0.77/32 dev lo
nswg 1 set tn1 peer "$PUB_2" allowed-ips "$A2/32,$B2/128,10.77.0.77/32"
ping_all 1 $A2 3
sysctl_ns 2 net.ipv4.icmp_echo_ignore_all=1
before=$(peer_rx 1 tn1 "$PUB_2")
start=$(uptime_ms)
ns 1 ping -q -c 1 -W 1 $A2 >/dev/null || :
kept() { (($(peer_rx 1 tn1 "$PUB_2") > before)); }
wait_for 20 "the keepalive" kept
took=$(($(uptime_ms) - start))
expect_eq "bytes received" "$(($(peer_rx 1 tn1 "$PUB_2") - before))" 32
((took >= 8500)) || fail "it came after $took ms"
