#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Everything through the tunnel by policy routing, as wg-quick(8) sets it up:
# outer packets are told from inner ones by the device's mark.
. "$(dirname "$0")/../lib/lib.sh"
need_kind "$LINK_TYPE"

# 1 the client; 0 its router; 2 the server with a network of its own behind it
ns_add 0 1 2
veth 0 v0c 1 v1
veth 0 v0s 2 v2
nsip 0 addr add 192.168.9.1/24 dev v0c
nsip 1 addr add 192.168.9.2/24 dev v1
nsip 0 addr add 10.0.0.1/24 dev v0s
nsip 2 addr add 10.0.0.2/24 dev v2
nsip 0 addr add fd09::1/64 dev v0c nodad
nsip 1 addr add fd09::2/64 dev v1 nodad
nsip 0 addr add fd00::1/64 dev v0s nodad
nsip 2 addr add fd00::2/64 dev v2 nodad
nsip 1 route add default via 192.168.9.1
nsip 1 -6 route add default via fd09::1
nsip 2 route add default via 10.0.0.1
nsip 2 -6 route add default via fd00::1
sysctl_ns 0 net.ipv4.ip_forward=1
sysctl_ns 0 net.ipv6.conf.all.forwarding=1
bench_pair
nsip 2 addr add 172.20.0.1/32 dev lo
nsip 2 addr add fd20::1/128 dev lo nodad

nswg 1 set tn1 fwmark 51820 \
	peer "$PUB_2" endpoint 10.0.0.2:$P2 allowed-ips 0.0.0.0/0,::/0
for f in -4 -6; do
	nsip 1 $f route add default dev tn1 table 51820
	nsip 1 $f rule add not fwmark 51820 table 51820
	nsip 1 $f rule add table main suppress_prefixlength 0
done

# Strict reverse-path checks accept outer packets only with the mark given back
# to them by connection tracking. A kernel without that gets loose checks.
if [[ -n $(command -v nft) ]] && ns 1 nft -f - 2>/dev/null <<-RULES; then
	table inet quick {
		chain pre {
			type filter hook prerouting priority -150;
			meta l4proto udp meta mark set ct mark
		}
		chain post {
			type filter hook postrouting priority -150;
			meta l4proto udp meta mark 51820 ct mark set meta mark
		}
	}
	RULES
	sysctl_ns 1 net.ipv4.conf.all.src_valid_mark=1
	sysctl_ns 1 net.ipv4.conf.all.rp_filter=1
else
	note "no connection marks here: reverse-path check is loose"
	sysctl_ns 1 net.ipv4.conf.all.rp_filter=2
fi

case_ "the rest of the world through the tunnel"
ping_once 1 172.20.0.1 -I $A1
ping_all 1 172.20.0.1 100 -I $A1
ping_all 1 fd20::1 100 -I $B1
case_ "from the other side"
ping_all 2 $A1 100
ping_all 2 $B1 100
case_ "the near network is reached past the tunnel"
before=$(link_stat 1 tn1 tx_packets)
ping_all 1 192.168.9.1 20
ping_all 1 fd09::1 20
(($(link_stat 1 tn1 tx_packets) < before + 10)) || fail "near packets went into the tunnel"
case_ "IPv6 endpoint"
nswg 1 set tn1 peer "$PUB_2" endpoint "[fd00::2]:$P2"
ping_once 1 172.20.0.1 -I $A1
ping_all 1 172.20.0.1 100 -I $A1
ping_all 1 fd20::1 100 -I $B1
