#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A client behind a NAT that forgets quickly: persistent keepalives hold the
# mapping open, and a new mapping moves the endpoint.
. "$(dirname "$0")/../lib/lib.sh"
need_cmd conntrack
NAT_RULES='table ip nat {
	chain post {
		type nat hook postrouting priority 100;
		oifname "v0s" masquerade fully-random
	}
}'
need_nft "$NAT_RULES"
need_kind "$LINK_TYPE"

ns_add 0 1 2
veth 0 v0c 1 v1
veth 0 v0s 2 v2
nsip 0 addr add 192.168.9.1/24 dev v0c
nsip 1 addr add 192.168.9.2/24 dev v1
nsip 0 addr add 10.0.0.1/24 dev v0s
nsip 2 addr add 10.0.0.2/24 dev v2
nsip 1 route add default via 192.168.9.1
sysctl_ns 0 net.ipv4.ip_forward=1
ns 0 nft -f - <<<"$NAT_RULES"
# longer than it takes to look at things
FORGETS=$(slow 2)
sysctl_ns 0 net.netfilter.nf_conntrack_udp_timeout="$FORGETS"
sysctl_ns 0 net.netfilter.nf_conntrack_udp_timeout_stream="$FORGETS"
bench_pair
nswg 1 set tn1 peer "$PUB_2" endpoint 10.0.0.2:$P2

mapped() { ns 0 conntrack -L -p udp --dport $P2 2>/dev/null | grep -q udp; }
unmapped() { ! mapped; }

case_ "from inside out"
ping_once 1 $A2
ping_all 1 $A2 10
first=$(peer_field 2 tn2 "$PUB_1" endpoints)
[[ $first == 10.0.0.1:* ]] || fail "the server sees $first, not the NAT"

case_ "the mapping dies without keepalives"
wait_for 20 "the mapping to die" unmapped
ping_none 2 $A1

case_ "a new mapping moves the endpoint"
ping_once 1 $A2
second=$(peer_field 2 tn2 "$PUB_1" endpoints)
[[ $second != "$first" && $second == 10.0.0.1:* ]] || fail "endpoint is still $second"
ping_all 2 $A1 10

case_ "keepalives hold the mapping open"
nswg 1 set tn1 peer "$PUB_2" persistent-keepalive 1
wait_for 5 "the mapping" mapped
never_within $((FORGETS + 3))000 unmapped || fail "the mapping died in spite of keepalives"
ping_all 2 $A1 10
ping_all 1 $A2 10

case_ "keepalives make a new mapping by themselves"
third=$(peer_field 2 tn2 "$PUB_1" endpoints)
ns 0 conntrack -F 2>/dev/null
changed() { [[ $(peer_field 2 tn2 "$PUB_1" endpoints) != "$third" ]]; }
wait_for 10 "the endpoint to move" changed
ping_all 2 $A1 10
