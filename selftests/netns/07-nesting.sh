#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Tunnels in tunnels, and loops of them: throughput inside, bounded work in a
# loop, no recursion that a stack could not bear.
. "$(dirname "$0")/../lib/lib.sh"
need_cmd iperf3 jq

bench_up
endpoints 127.0.0.1 127.0.0.1
ping_once 1 $A2
keys 3 4

case_ "a tunnel in the tunnel"
dev_add 1 in1
dev_add 2 in2
nswg 1 set in1 private-key "$WORK/3.key" listen-port 3000 \
	peer "$PUB_4" allowed-ips 10.78.0.2/32,fd78::2/128 endpoint $A2:3000
nswg 2 set in2 private-key "$WORK/4.key" listen-port 3000 \
	peer "$PUB_3" allowed-ips 10.78.0.1/32,fd78::1/128 endpoint "[$B1]:3000"
nsip 1 addr add 10.78.0.1/24 dev in1
nsip 2 addr add 10.78.0.2/24 dev in2
nsip 1 addr add fd78::1/64 dev in1 nodad
nsip 2 addr add fd78::2/64 dev in2 nodad
# the inner MTU is left at 1420 first, so that inner packets get fragmented
nsip 1 link set in1 up
nsip 2 link set in2 up
ping_all 1 10.78.0.2 50
ping_all 2 10.78.0.1 50
ping_all 1 fd78::2 10 -s 1300
tcp_all 1 2 10.78.0.2 1
case_ "a tunnel in the tunnel, fitting MTU"
nsip 1 link set in1 mtu 1340
nsip 2 link set in2 mtu 1340
tcp_all 1 2 fd78::2 2
tcp_all 2 1 10.78.0.1 2 -P 2

# The endpoint of each of two devices lies behind the other: every packet in
# either comes out as a longer packet into the other. Growth ends it.
case_ "two devices, each the way to the other"
dev_add 1 loop1
dev_add 1 loop2
keys 5 6
nswg 1 set loop1 private-key "$WORK/5.key" listen-port 3001 \
	peer "$PUB_2" allowed-ips 10.80.0.0/24 endpoint 10.81.0.9:1
nswg 1 set loop2 private-key "$WORK/6.key" listen-port 3002 \
	peer "$PUB_2" allowed-ips 10.81.0.0/24 endpoint 10.80.0.9:1
nsip 1 addr add 10.80.0.1/24 dev loop1
nsip 1 addr add 10.81.0.1/24 dev loop2
nsip 1 link set loop1 up
nsip 1 link set loop2 up
ping_none 1 10.80.0.9 -f -c 20

case_ "a device that is the way to its own peer"
nswg 1 set loop1 peer "$PUB_2" endpoint 10.80.0.9:1
ping_none 1 10.80.0.9 -f -c 20
nsip 1 link del loop1
nsip 1 link del loop2

# With a live session data packets loop, not only initiations. The way from
# namespace 0 to the other end leads through namespace 1 back into the tunnel.
case_ "a loop across namespaces with a live session sends a bounded amount"
need_kind veth
veth 0 vl0 1 vl1
nsip 0 addr add 10.82.0.1/24 dev vl0
nsip 1 addr add 10.82.0.2/24 dev vl1
sysctl_ns 1 net.ipv4.ip_forward=1
sysctl_ns 1 net.ipv4.conf.all.rp_filter=0
nsip 0 route add 10.83.0.0/24 via 10.82.0.2
nsip 1 route add 10.83.0.0/24 dev tn1
nswg 1 set tn1 peer "$PUB_2" allowed-ips $A2/32,$B2/128,10.83.0.0/24
# A keepalive of the other end would show the true way and end the loop.
nswg 2 set tn2 peer "$PUB_1" endpoint 127.0.0.1:9
nswg 1 set tn1 peer "$PUB_2" endpoint 10.83.0.7:$P2
before=$(peer_tx 1 tn1 "$PUB_2")
ping_none 1 $A2 -f -c 10
after=$(peer_tx 1 tn1 "$PUB_2")
((after > before)) || fail "nothing was sent, so nothing was tested"
((after - before < 700000)) || fail "ten packets became $((after - before)) bytes"
quiet() {
	local a b

	a=$(peer_tx 1 tn1 "$PUB_2")
	ns 1 ping -q -c 1 -W 1 10.82.0.1 >/dev/null
	sleep 0.5
	b=$(peer_tx 1 tn1 "$PUB_2")
	[[ $a == "$b" ]]
}
wait_for 10 "the loop to die down" quiet

case_ "all is well afterwards"
endpoints 127.0.0.1 127.0.0.1
ping_once 1 $A2
ping_all 1 $A2 50
ping_all 2 10.78.0.1 20
