#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# guest: timeout=300 smp=yes
#
# Two devices made in one namespace and moved to two others; all usual kinds of
# traffic, over both outer families, with the default and with a very big MTU.
. "$(dirname "$0")/../lib/lib.sh"
need_cmd iperf3 jq ping ss

traffic() {
	local outer=$1 mtu=$2 what="over $1, MTU $2"

	nsip 1 link set tn1 mtu "$mtu"
	nsip 2 link set tn2 mtu "$mtu"

	case_ "ping v4, $what"
	ping_all 2 $A1 100
	ping_all 1 $A2 100
	case_ "ping v6, $what"
	ping_all 2 $B1 100
	ping_all 1 $B2 100
	case_ "large ping, $what"
	ping_all 1 $A2 10 -l 10 -s $((mtu - 28))
	ping_all 2 $B1 10 -l 10 -s $((mtu - 48))

	case_ "TCP v4, $what"
	tcp_all 1 2 $A2 4
	case_ "TCP v6, $what"
	tcp_all 2 1 $B1 4
	case_ "UDP v4, $what"
	udp_some 2 1 $A1
	case_ "UDP v6, $what"
	udp_some 1 2 $B2
	case_ "parallel TCP, $what"
	tcp_all 1 2 $A2 4 -P 4
	case_ "parallel TCP from the other side, $what"
	tcp_all 1 2 $B2 4 -P 4 -R
}

# A socket of ping holds one or two of the very large packets, and on a slow
# machine more than that can be under way. With -l it makes room for as many as
# it sends at once.
sysctl -qw net.core.rmem_max=8388608
bench_up

case_ "default MTU"
mtu=$(link_mtu 1 tn1)
expect_eq "default MTU" "$mtu" "$(ours && echo 1280 || echo 1420)"

# sockets stay behind when the devices move
case_ "sockets in the namespace of creation"
is_listening 0 u $P1 || fail "no socket on port $P1 in namespace 0"
is_listening 0 u $P2 || fail "no socket on port $P2 in namespace 0"
if is_listening 1 u $P1; then fail "a socket in namespace 1"; fi

# each family and each MTU once, where less than the whole is wanted
endpoints 127.0.0.1 127.0.0.1
traffic 127.0.0.1 "$mtu"
! whole || traffic 127.0.0.1 34816
endpoints ::1 ::1
! whole || traffic ::1 "$mtu"
traffic ::1 34816
