#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A new private key ends the old identity for sending at once, and the next
# packet makes a handshake with the new one.
. "$(dirname "$0")/../lib/lib.sh"

bench_up
endpoints 127.0.0.1 127.0.0.1
keys 3
case_ "session with the first key"
ping_all 1 $A2 20
ping_all 2 $A1 20

case_ "the same key set again loses nothing"
nswg 1 set tn1 private-key "$WORK/1.key"
ping_all 1 $A2 20
ping_all 2 $A1 20
expect_eq "public key" "$(nswg 1 show tn1 public-key)" "$PUB_1"

case_ "new key, unknown to the other side"
nswg 1 set tn1 private-key "$WORK/3.key"
expect_eq "public key" "$(nswg 1 show tn1 public-key)" "$PUB_3"
ping_none 1 $A2

# The initiations of the last case hold back the next one for up to 5 s, in
# ours and in the stock module alike.
case_ "new key, known"
nswg 2 set tn2 peer "$PUB_1" remove
nswg 2 set tn2 peer "$PUB_3" preshared-key "$WORK/psk" allowed-ips "$A1/32,$B1/128" \
	endpoint 127.0.0.1:$P1
ping_once 2 $A1
ping_all 1 $A2 20
has_handshake 2 tn2 "$PUB_3" || fail "no handshake with the new key"

# Both sides know already what comes: no retry must be needed
case_ "re-handshake at once"
nswg 2 set tn2 peer "$PUB_1" preshared-key "$WORK/psk"
nswg 1 set tn1 private-key "$WORK/1.key"
nswg 2 set tn2 peer "$PUB_1" allowed-ips "$A1/32,$B1/128"
start=$(uptime_ms)
ping_once 1 $A2
took=$(($(uptime_ms) - start))
((took < 2500 * TAILNET_TEST_SLOW)) || fail "the first packet took $took ms"
has_handshake 2 tn2 "$PUB_1" || fail "no handshake with the first key"
ping_all 2 $B1 20
