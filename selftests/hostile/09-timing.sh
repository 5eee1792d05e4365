#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# guest: timeout=400
# Peers, devices, namespaces and the module itself go away during floods.

. "$(dirname "$0")/../lib/lib.sh"
. "$(dirname "$0")/hostile.sh"

ROUNDS=$(scaled 10)
FLOODS=()

# What they find at their end is of no interest: the victim is being taken
# away under them.
floods_start() {
	local kind

	floods_stop
	for kind in init junk; do
		bg "flood-$kind" ip netns exec "$(nsname a)" "$HOSTILE_BIN/wgpeer" \
			--to "$V4" flood $kind 100000000 3000 60
		FLOODS+=("$BG_PID")
	done
	for kind in badtag stale; do
		bg "flood-$kind" ip netns exec "$(nsname a)" "$HOSTILE_BIN/wgpeer" \
			--to "$V4" --patience "$(slow 10)000" flood $kind 100000000 2000 60
		FLOODS+=("$BG_PID")
	done
	# under way: something arrives
	rx_before=$(link_stat v va rx_packets)
	wait_for 20 "the floods to arrive ($(tail -qn1 "$WORK"/flood-*.log))" rx_grew
}

floods_stop() {
	local p

	for p in "${FLOODS[@]}"; do
		stop "$p"
	done
	FLOODS=()
}

rx_grew() { (($(link_stat v va rx_packets) > rx_before + 500)); }

hostile_up

case_ "peers removed and added"
floods_start
for ((i = 0; i < ROUNDS; i++)); do
	nswg v set $DEV peer "$(key public 0)" remove peer "$(key public 1)" remove
	peers_add
	wgpeer --to "$V4" --from 1 ping >"$WORK/legit.log" 2>&1 ||
		fail "round $i: $(tail -1 "$WORK/legit.log")"
done

case_ "private key changed"
for ((i = 0; i < ROUNDS; i++)); do
	key private 5 >"$WORK/other.key"
	nswg v set $DEV private-key "$WORK/other.key"
	nswg v set $DEV private-key "$WORK/victim.key"
done
run --from 1 ping

case_ "device down and up"
for ((i = 0; i < ROUNDS; i++)); do
	nsip v link set $DEV down
	nsip v link set $DEV up
done
run --from 1 ping

case_ "port changed"
for ((i = 0; i < ROUNDS; i++)); do
	nswg v set $DEV listen-port $((PORT + 1))
	nswg v set $DEV listen-port $PORT
done
run --from 1 ping

case_ "device deleted and made again"
for ((i = 0; i < ROUNDS; i++)); do
	nsip v link del $DEV
	dev_add v $DEV
	victim_config
done
run --from 1 ping
floods_stop
run handshake

case_ "namespace deleted"
floods_start
ns_del v
floods_stop
ns_del a
NS_MADE=("$(nsname firewall)")
hostile_net
dev_add v $DEV
victim_config
run handshake

case_ "module unloaded"
if [[ ! -e /sys/module/$LINK_TYPE/refcnt ]]; then
	skip "$LINK_TYPE is built in; all other cases passed"
fi
for ((i = 0; i < 1 + ROUNDS / 4; i++)); do
	floods_start
	rmmod "$LINK_TYPE" || fail "rmmod: refcnt $(<"/sys/module/$LINK_TYPE/refcnt")"
	[[ ! -e /sys/module/$LINK_TYPE ]] || fail "still there"
	modprobe "$LINK_TYPE"
	dev_add v $DEV
	victim_config
	floods_stop
	run handshake
done
