#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Sockets bound to the device, inner packets whose mark changes on the way out,
# and the device's own mark on outer packets.
. "$(dirname "$0")/../lib/lib.sh"
need_cmd iperf3 jq
MARK_RULES='table inet m {
	chain o {
		type route hook output priority -150;
		meta l4proto { icmp, icmpv6, tcp } meta mark set 1
	}
}'
need_nft "$MARK_RULES"

bench_veth
nswg 1 set tn1 peer "$PUB_2" endpoint 10.0.0.2:$P2

case_ "sockets bound to the device"
ping_all 1 $A2 20 -I tn1
ping_all 1 $B2 20 -I tn1
tcp_all 1 2 $A2 1 -B "$A1%tn1"

case_ "device mark chooses the way of outer packets"
veth 1 vm1 2 vm2
nsip 1 addr add 10.1.0.1/24 dev vm1
nsip 2 addr add 10.1.0.2/24 dev vm2
sysctl_ns 1 net.ipv4.conf.all.rp_filter=0
sysctl_ns 1 net.ipv4.conf.vm1.rp_filter=0
sysctl_ns 2 net.ipv4.conf.all.rp_filter=0
sysctl_ns 2 net.ipv4.conf.vm2.rp_filter=0
nsip 1 route add 10.0.0.2/32 via 10.1.0.2 dev vm1 table 77
nsip 1 rule add fwmark 0x80000/0xff0000 lookup 77 priority 100
marked=$(link_stat 1 vm1 tx_packets)
ping_all 1 $A2 10
(($(link_stat 1 vm1 tx_packets) < marked + 8)) || fail "unmarked packets took the marked way"
nswg 1 set tn1 fwmark 0x80000
expect_eq "fwmark" "$(nswg 1 show tn1 fwmark)" 0x80000
marked=$(link_stat 1 vm1 tx_packets)
plain=$(link_stat 1 ve1 tx_packets)
ping_all 1 $A2 50
(($(link_stat 1 vm1 tx_packets) >= marked + 50)) || fail "marked packets took the plain way"
(($(link_stat 1 ve1 tx_packets) < plain + 25)) || fail "packets left by both ways"

case_ "the mark does not stick to received packets"
nsip 1 rule add fwmark 0x80000/0xff0000 iif tn1 blackhole priority 90
ping_all 2 $A1 20
nsip 1 rule del fwmark 0x80000/0xff0000 iif tn1 blackhole priority 90

case_ "mark taken away"
nswg 1 set tn1 fwmark 0
expect_eq "fwmark" "$(nswg 1 show tn1 fwmark)" off
marked=$(link_stat 1 vm1 tx_packets)
ping_all 1 $A2 20
(($(link_stat 1 vm1 tx_packets) < marked + 10)) || fail "unmarked packets take the marked way"

case_ "inner packets marked and routed again on output"
ns 1 nft -f - <<<"$MARK_RULES"
ping_all 1 $A2 20 -I tn1
ping_all 1 $B2 20 -I tn1
ping_all 1 $A2 20
nsip 1 route add default dev tn1 table 78
nsip 1 rule add fwmark 1 lookup 78 priority 101
ping_all 1 $A2 20
tcp_all 1 2 $A2 1
