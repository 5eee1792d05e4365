#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Plaintext is padded to 16 bytes but never beyond the MTU of the route, odd
# ones included; a datagram too long for the path would be lost or fragmented.
. "$(dirname "$0")/../lib/lib.sh"
need_cmd tcpdump

bench_up
endpoints 127.0.0.1 127.0.0.1
ping_once 1 $A2

# lengths FILE: UDP payload lengths seen, sorted, once each
lengths() { tcpdump -n -q -r "$WORK/$1.pcap" 2>/dev/null | awk '{ print $NF }' | sort -un; }
seen() { lengths "$1" | grep -qx "$2"; }

# check NAME INNER PADDED: a v4 echo request of INNER bytes in all leaves as
# PADDED bytes and 32 of overhead; only the request counts, so one direction
check() {
	local name=$1 inner=$2 padded=$3 pid

	case_ "$name: $inner bytes are padded to $padded"
	capture 0 lo "c$inner" "udp and dst port $P2 and greater 500"
	pid=$BG_PID
	ping_once 1 $A2 -s $((inner - 28))
	wait_for 5 "the datagram in the capture" seen "c$inner" "[0-9]*"
	stop "$pid"
	expect_eq "length of the datagram" "$(lengths "c$inner")" $((padded + 32))
	rm "$WORK/c$inner.pcap"
}

nsip 1 route add $A2/32 dev tn1 mtu 1299
nsip 2 route add $A1/32 dev tn2 mtu 1299
check "route MTU 1299" 1280 1280
check "route MTU 1299" 1281 1296
check "route MTU 1299" 1297 1299
check "route MTU 1299" 1299 1299

case_ "route MTU 1299 with a filter on longer packets"
if [[ -n $(command -v nft) ]] && ns 0 nft -f - 2>/dev/null <<-RULES; then
	table ip len {
		chain in {
			type filter hook input priority 0;
			udp dport { $P1, $P2 } meta length > 1359 drop
		}
	}
	RULES
	ping_once 1 $A2 -s 1269
	ping_once 2 $A1 -s 1270
	ns 0 nft delete table ip len
else
	note "no nft here: the lengths above are the test"
fi

nsip 1 route del $A2/32 dev tn1 mtu 1299
nsip 2 route del $A1/32 dev tn2 mtu 1299
nsip 1 link set tn1 mtu 1301
check "device MTU 1301" 1285 1296
check "device MTU 1301" 1300 1301
check "device MTU 1301" 1301 1301
