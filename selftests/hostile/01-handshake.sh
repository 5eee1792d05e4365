#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Handshake messages: good ones first, so that the silence that follows means
# something; then everything that is not one.

. "$(dirname "$0")/../lib/lib.sh"
. "$(dirname "$0")/hostile.sh"

hostile_up

case_ "good handshakes"
run handshake
run6 handshake

case_ "initiations mutated"
run init-mutate

case_ "initiations against the rules"
run init-rules

case_ "responses mutated"
run resp-mutate

case_ "responses against the rules"
run resp-rules

case_ "simultaneous initiations"
run race

case_ "a preshared key that only one side has"
psk
nswg v set $DEV peer "$(key public 0)" preshared-key "$WORK/psk"
if wgpeer --to "$V4" --patience 1500 ping >"$WORK/run.log" 2>&1; then
	fail "a session came about all the same"
fi
grep -q 'response that does not open' "$WORK/run.log" || fail "$(tail -1 "$WORK/run.log")"
run --psk "$(<"$WORK/psk")" handshake

case_ "nobody was turned away for good"
run6 --psk "$(<"$WORK/psk")" handshake
