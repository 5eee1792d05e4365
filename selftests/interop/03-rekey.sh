#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# guest: timeout=1000
#
# The real two minutes: sessions are renewed by whoever started them, and no
# packet of a continuous exchange is lost. One pair for each role, at once.
. "$(dirname "$0")/../lib/lib.sh"
need_slow
need_kind wireguard
need_kind "$LINK_TYPE"
need_kind veth

ns_add 1 2
veth 1 ve1 2 ve2
nsip 1 addr add 10.0.0.1/24 dev ve1
nsip 2 addr add 10.0.0.2/24 dev ve2
keys a1 a2 b1 b2
psk

# pair NAME NET: ours NAME1 in 1, theirs NAME2 in 2
pair() {
	local p=$1 net=$2 k1=PUB_${1}1 k2=PUB_${1}2 port=$3

	nsip 1 link add dev "${p}1" type "$LINK_TYPE"
	nsip 2 link add dev "${p}2" type wireguard
	nswg 1 set "${p}1" private-key "$WORK/${p}1.key" listen-port "$port" \
		peer "${!k2}" preshared-key "$WORK/psk" allowed-ips "$net.2/32"
	stock_wg 2 set "${p}2" private-key "$WORK/${p}2.key" listen-port "$port" \
		peer "${!k1}" preshared-key "$WORK/psk" allowed-ips "$net.1/32"
	nsip 1 addr add "$net.1/24" dev "${p}1"
	nsip 2 addr add "$net.2/24" dev "${p}2"
	nsip 1 link set "${p}1" up
	nsip 2 link set "${p}2" up
}
pair a 10.77.1 1001
pair b 10.77.2 1002

case_ "sessions"
nswg 1 set a1 peer "$PUB_a2" endpoint 10.0.0.2:1001
ping_once 1 10.77.1.2
stock_wg 2 set b2 peer "$PUB_b1" endpoint 10.0.0.1:1002
ping_once 2 10.77.2.1

# 260 s: two renewals
N=5200
case_ "$((N / 20)) seconds of echoes"
first_a=$(handshake_time 1 a1 "$PUB_a2")
first_b=$(handshake_time 1 b1 "$PUB_b2")
bg a-out ns 1 ping -q -i 0.05 -c $N -W 10 10.77.1.2
pids=("$BG_PID")
bg a-in ns 2 ping -q -i 0.05 -c $N -W 10 10.77.1.1
pids+=("$BG_PID")
bg b-out ns 1 ping -q -i 0.05 -c $N -W 10 10.77.2.2
pids+=("$BG_PID")
bg b-in ns 2 ping -q -i 0.05 -c $N -W 10 10.77.2.1
pids+=("$BG_PID")

# renewed DEV KEY FIRST: at 120 s, and soon; whoever waited for the other to
# renew would do so at 165 s at the earliest
renewed() { (($(handshake_time 1 "$1" "$2") > $3)); }
for role in "a1 $PUB_a2 $first_a ours" "b1 $PUB_b2 $first_b theirs"; do
	read -r dev key first who <<<"$role"
	wait_for 150 "the renewal of the session that $who started" renewed "$dev" "$key" "$first"
	took=$(($(handshake_time 1 "$dev" "$key") - first))
	((took >= 118 && took <= 135)) || fail "$who renewed after $took s"
	note "$who renewed after $took s"
done
for p in "${pids[@]}"; do wait "$p" || :; done
for f in a-out a-in b-out b-in; do
	grep -q " $N received" "$WORK/$f.log" || fail "$f: $(grep received "$WORK/$f.log")"
done
