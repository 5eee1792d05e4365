#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A public key of low order makes a shared secret that everybody knows. Such a
# peer can be configured but never gets a packet.
. "$(dirname "$0")/../lib/lib.sh"
need_cmd tcpdump python3

# Points of order 1, 2, 4 and 8 of curve and twist and the numbers equal to
# them modulo 2^255 - 19. Source: RFC 7748 section 6.1 and the list of
# low-order inputs in "May the Fourth Be With You" (Genkin et al., 2017).
POINTS=(
0000000000000000000000000000000000000000000000000000000000000000
0100000000000000000000000000000000000000000000000000000000000000
e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800
5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157
ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f
edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f
eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f
)

need_kind "$LINK_TYPE"
ns_add 1
dev_add 1 tn1
keys 1 2
nswg 1 set tn1 private-key "$WORK/1.key" listen-port $P1
nsip 1 addr add $A1/16 dev tn1
nsip 1 link set tn1 up
capture 1 lo out "udp"
pid=$BG_PID

i=0
for p in "${POINTS[@]}"; do
	case_ "point $p"
	i=$((i + 1))
	pub=$(python3 -ISc 'import base64, sys
print(base64.b64encode(bytes.fromhex(sys.argv[1])).decode())' "$p")
	nswg 1 set tn1 peer "$pub" allowed-ips 10.77.1.$i/32 endpoint 127.0.0.1:$((4000 + i)) \
		persistent-keepalive 1
	nswg 1 show tn1 peers | grep -qxF "$pub" || fail "the peer was not taken"
done
for ((j = 1; j <= i; j++)); do
	ns 1 ping -q -c 2 -i 0.2 -W 1 10.77.1.$j >/dev/null 2>&1 || :
done

# the good peer proves that the bench could have seen a packet
case_ "a good key for comparison"
nswg 1 set tn1 peer "$PUB_2" allowed-ips 10.77.1.100/32 endpoint 127.0.0.1:4100 \
	persistent-keepalive 1
seen() { [[ -n $(tcpdump -n -r "$WORK/out.pcap" "udp and dst $1" 2>/dev/null) ]]; }
low_seen() { seen "portrange 4001-4007"; }
wait_for 10 "a packet to the good peer" seen "port 4100"

case_ "another private key changes nothing"
nswg 1 set tn1 private-key "$WORK/2.key"
nswg 1 set tn1 private-key "$WORK/1.key"
never_within 2000 low_seen || fail "a packet left"

case_ "no byte for any of them"
for p in "${POINTS[@]}"; do
	pub=$(python3 -ISc 'import base64, sys
print(base64.b64encode(bytes.fromhex(sys.argv[1])).decode())' "$p")
	expect_eq "bytes sent to $p" "$(peer_tx 1 tn1 "$pub")" 0
done
stop "$pid"
if low_seen; then fail "a packet left"; fi
