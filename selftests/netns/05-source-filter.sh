#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The inner source of a packet must belong, by longest prefix over all peers, to
# the peer whose key opened it. A packet that fails is dropped and counted, and
# still moves the endpoint, for its sender is authentic.
. "$(dirname "$0")/../lib/lib.sh"

bench_up
endpoints 127.0.0.1 127.0.0.1
nswg 1 set tn1 peer "$PUB_2" allowed-ips 10.77.0.0/24,fd77::/64
keys 3

case_ "wide prefix lets the peer speak"
ping_all 2 $A1 20
ping_all 2 $B1 20

case_ "more specific prefix of another peer"
nswg 1 set tn1 peer "$PUB_3" allowed-ips $A2/32,$B2/128
errors=$(link_stat 1 tn1 rx_errors)
before=$(link_stat 1 tn1 rx_packets)
ping_none 2 $A1
ping_none 2 $B1
(($(link_stat 1 tn1 rx_errors) >= errors + 8)) ||
	fail "rx_errors rose from $errors to $(link_stat 1 tn1 rx_errors) only"

case_ "the endpoint roams all the same"
nswg 2 set tn2 listen-port 8888
ping_none 2 $A1
expect_endpoint 1 tn1 "$PUB_2" 127.0.0.1:8888

case_ "another address of the wide prefix is fine"
nsip 2 addr add 10.77.0.9/24 dev tn2
nsip 2 addr add fd77::9/64 dev tn2 nodad
ping_all 2 $A1 10 -I 10.77.0.9
ping_all 2 $B1 10 -I fd77::9

case_ "address outside of every prefix"
nsip 2 addr add 10.99.0.9/32 dev tn2
errors=$(link_stat 1 tn1 rx_errors)
ping_none 2 $A1 -I 10.99.0.9
(($(link_stat 1 tn1 rx_errors) >= errors + 4)) || fail "the drops were not counted"

case_ "removal of the other peer gives the address back"
nswg 1 set tn1 peer "$PUB_3" remove
ping_all 2 $A1 20
ping_all 2 $B1 20
ping_all 1 $A2 20
