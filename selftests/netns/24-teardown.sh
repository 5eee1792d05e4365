#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# guest: smp=yes
#
# Peers, keys, devices and the module go away while packets are in every stage
# of their way.
. "$(dirname "$0")/../lib/lib.sh"

bench_veth
floods_on() {
	bg f1 ns 1 ping -q -f -W 1 $A2
	F1=$BG_PID
	bg f2 ns 2 ping -q -i 0.005 -W 1 $B1
	F2=$BG_PID
	# and big packets that are cut
	bg f3 ns 1 ping -q -i 0.02 -W 1 -s 20000 $B2
	F3=$BG_PID
}
floods_off() {
	stop "$F1" INT
	stop "$F2" INT
	stop "$F3" INT
}
rising() { (($(link_stat 2 tn2 rx_packets) > $1 + 20)); }
traffic() { wait_for 15 "traffic" rising "$(link_stat 2 tn2 rx_packets)"; }

nswg 1 set tn1 peer "$PUB_2" endpoint 10.0.0.2:$P2
nswg 2 set tn2 peer "$PUB_1" endpoint 10.0.0.1:$P1
ping_once 1 $A2
floods_on
traffic

case_ "peer removed and added"
for ((i = 0; i < $(scaled 25); i++)); do
	nswg 1 set tn1 peer "$PUB_2" remove
	nswg 1 set tn1 peer "$PUB_2" preshared-key "$WORK/psk" endpoint 10.0.0.2:$P2 \
		allowed-ips "$A2/32,$B2/128"
done
# the new peer object starts with a handshake, which the other side may hold
# back for some seconds
traffic

case_ "allowed IPs moved to another peer and back"
keys 3
for ((i = 0; i < $(scaled 25); i++)); do
	nswg 1 set tn1 peer "$PUB_3" allowed-ips "$A2/32,$B2/128" endpoint 10.0.0.2:9
	nswg 1 set tn1 peer "$PUB_2" allowed-ips "$A2/32,$B2/128"
done
nswg 1 set tn1 peer "$PUB_3" remove
traffic

case_ "private key changed and changed back"
for ((i = 0; i < $(scaled 12); i++)); do
	nswg 1 set tn1 private-key "$WORK/3.key"
	nswg 1 set tn1 private-key "$WORK/1.key"
done
traffic

case_ "listen port changed"
for ((i = 0; i < $(scaled 12); i++)); do
	nswg 1 set tn1 listen-port $((6000 + i))
done
traffic

case_ "link down and up"
for ((i = 0; i < $(scaled 10); i++)); do
	nsip 1 link set tn1 down
	nsip 1 link set tn1 up
done
traffic

case_ "many peers replaced under traffic"
# keys_of ROUND: two hundred public keys; any 43 base64 digits are one, if the
# last digit is A
keys_of() {
	awk -v r="$1" 'BEGIN {
		for (i = 0; i < 200; i++) {
			digits = sprintf("%042d", r * 1000 + i)
			for (d = 0; d < 10; d++)
				gsub(d, substr("ABCDEFGHIJ", d + 1, 1), digits)
			print digits "A="
		}
	}'
}
for ((i = 0; i < $(scaled 4); i++)); do
	keys_of $i | awk -v r=$i '{
		printf "[Peer]\nPublicKey = %s\nAllowedIPs = 10.66.%d.%d/32\n", $1, r, NR
	}' >"$WORK/peers.conf"
	nswg 1 addconf tn1 "$WORK/peers.conf"
	# every tenth goes again, all at once
	keys_of $i | awk 'NR % 10 == 0 { printf " peer %s remove", $1 }' >"$WORK/remove"
	# shellcheck disable=SC2046
	nswg 1 set tn1 $(<"$WORK/remove")
done
expect_eq "number of peers" "$(nswg 1 show tn1 peers | wc -l)" $(($(scaled 4) * 180 + 1))
traffic
floods_off

case_ "device deleted"
for ((i = 0; i < $(scaled 4); i++)); do
	nsip 1 link del tn1
	nsip 2 link del tn2
	bench_pair
	nswg 1 set tn1 peer "$PUB_2" endpoint 10.0.0.2:$P2
	ping_once 1 $A2
	floods_on
	traffic
	if ((i % 2)); then nsip 1 link del tn1; else nsip 2 link del tn2; fi
	floods_off
	if ((i % 2)); then dev_add 1 tn1; else dev_add 2 tn2; fi
done

case_ "cable deleted"
nsip 1 link del tn1
nsip 2 link del tn2
bench_pair
nswg 1 set tn1 peer "$PUB_2" endpoint 10.0.0.2:$P2
ping_once 1 $A2
floods_on
traffic
nsip 1 link del ve1
floods_off

case_ "module removed under traffic"
if [[ -e /sys/module/$LINK_TYPE/refcnt ]]; then
	veth 1 ve1 2 ve2
	nsip 1 addr add 10.0.0.1/24 dev ve1
	nsip 2 addr add 10.0.0.2/24 dev ve2
	for ((i = 0; i < $(scaled 2); i++)); do
		ping_once 1 $A2
		floods_on
		traffic
		modprobe -r "$LINK_TYPE" || fail "modprobe -r failed"
		[[ ! -e /sys/module/$LINK_TYPE ]] || fail "the module is still there"
		floods_off
		modprobe "$LINK_TYPE"
		bench_pair
		nswg 1 set tn1 peer "$PUB_2" endpoint 10.0.0.2:$P2
	done
	ping_once 1 $A2
	ping_all 2 $B1 20
else
	note "built into this kernel"
fi
