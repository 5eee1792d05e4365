#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Packets inside the tunnel that a peer may not send, under a good key.

. "$(dirname "$0")/../lib/lib.sh"
. "$(dirname "$0")/hostile.sh"

hostile_up

case_ "malformed and forbidden inner packets, IPv4 outside"
run inner

case_ "malformed and forbidden inner packets, IPv6 outside"
run6 inner

case_ "a more specific prefix of another peer wins"
nswg v set $DEV peer "$(key public 0)" allowed-ips 192.168.77.0/24,fd77::/64
nswg v set $DEV peer "$(key public 1)" allowed-ips 192.168.77.3/32,fd77::3/128
run --from 1 ping 3
if wgpeer --to "$V4" --from 1 --patience 2000 ping >/dev/null 2>&1; then :; else
	fail "the other peer lost its address"
fi
run ping 3
