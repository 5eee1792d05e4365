#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Answers leave from the address that the peer wrote to, as long as this host
# has that address and the route still leads out of the same device.
. "$(dirname "$0")/../lib/lib.sh"
need_kind dummy

bench_veth
nsip 1 addr add 10.0.0.10/24 dev ve1
nsip 1 addr add fd00::10/64 dev ve1 nodad
# lets the address that stays be the one that routing would choose
nswg 1 set tn1 peer "$PUB_2" endpoint 10.0.0.2:$P2
nswg 2 set tn2 peer "$PUB_1" endpoint 10.0.0.1:$P1
ping_once 1 $A2

case_ "IPv4: answer from the address written to"
nswg 2 set tn2 peer "$PUB_1" endpoint 10.0.0.10:$P1
ping_all 2 $A1 10
expect_endpoint 2 tn2 "$PUB_1" 10.0.0.10:$P1
ping_all 1 $A2 10
expect_endpoint 2 tn2 "$PUB_1" 10.0.0.10:$P1

case_ "IPv4: that address is removed"
nsip 1 addr del 10.0.0.10/24 dev ve1
ping_once 1 $A2
expect_endpoint 2 tn2 "$PUB_1" 10.0.0.1:$P1
ping_all 2 $A1 10

case_ "IPv6: answer from the address written to"
nswg 2 set tn2 peer "$PUB_1" endpoint "[fd00::10]:$P1"
ping_all 2 $A1 10
expect_endpoint 2 tn2 "$PUB_1" "[fd00::10]:$P1"
ping_all 1 $A2 10
expect_endpoint 2 tn2 "$PUB_1" "[fd00::10]:$P1"

case_ "IPv6: that address is removed"
nsip 1 addr del fd00::10/64 dev ve1
ping_once 1 $A2
expect_endpoint 2 tn2 "$PUB_1" "[fd00::1]:$P1"
ping_all 2 $A1 10

case_ "address of another device of the host"
nsip 1 link add dm1 type dummy
nsip 1 link set dm1 up
nsip 1 addr add 10.5.0.1/32 dev dm1
nsip 1 addr add fd05::1/128 dev dm1 nodad
nsip 2 route add 10.5.0.1/32 via 10.0.0.1
nsip 2 -6 route add fd05::1/128 via fd00::1
nswg 2 set tn2 peer "$PUB_1" endpoint 10.5.0.1:$P1
ping_all 2 $A1 10
expect_endpoint 2 tn2 "$PUB_1" 10.5.0.1:$P1
ping_all 1 $A2 10
expect_endpoint 2 tn2 "$PUB_1" 10.5.0.1:$P1
nswg 2 set tn2 peer "$PUB_1" endpoint "[fd05::1]:$P1"
ping_all 2 $A1 10
expect_endpoint 2 tn2 "$PUB_1" "[fd05::1]:$P1"

case_ "that device goes away"
nswg 2 set tn2 peer "$PUB_1" endpoint 10.5.0.1:$P1
ping_all 2 $A1 10
nsip 1 link del dm1
ping_once 1 $A2
expect_endpoint 2 tn2 "$PUB_1" 10.0.0.1:$P1

# Two links. The peer writes over the first; then a better route over the second
# appears, and the source must follow the route.
case_ "a better route over another device"
veth 1 vf1 2 vf2
nsip 1 addr add 10.6.0.1/24 dev vf1
nsip 2 addr add 10.6.0.2/24 dev vf2
for d in all ve1 vf1; do sysctl_ns 1 net.ipv4.conf.$d.rp_filter=0; done
for d in all ve2 vf2; do sysctl_ns 2 net.ipv4.conf.$d.rp_filter=0; done
nsip 1 route add 10.0.0.2/32 dev ve1 metric 20
ping_all 2 $A1 10
expect_endpoint 2 tn2 "$PUB_1" 10.0.0.1:$P1
nsip 1 route add 10.0.0.2/32 via 10.6.0.2 dev vf1 metric 10
ping_once 1 $A2
expect_endpoint 2 tn2 "$PUB_1" 10.6.0.1:$P1
case_ "the better route goes again"
nsip 1 route del 10.0.0.2/32 via 10.6.0.2 dev vf1 metric 10
ping_once 1 $A2
expect_endpoint 2 tn2 "$PUB_1" 10.0.0.1:$P1
