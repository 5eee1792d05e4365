#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Malformed netlink requests of every kind: each refusal has a text and leaves
# the device as it was; the kernel survives, also with several at it at once.

. "$(dirname "$0")/../lib/lib.sh"
. "$(dirname "$0")/hostile.sh"

need_ours
hostile_up
hostile_build nlfuzz

fuzz() { ns v "$HOSTILE_BIN/nlfuzz" --dev $DEV "$@"; }

fuzz_case() {
	case_ "$*"
	fuzz "$@" >"$WORK/fuzz.log" 2>&1 || fail "exit $?: $(tail -2 "$WORK/fuzz.log")"
	note "$(tail -1 "$WORK/fuzz.log")"
}

fuzz_case cases
fuzz_case --scale "$(scaled 25)" --seed $RANDOM attributes
for seed in 1 2; do
	fuzz_case --seed $seed --count "$(scaled 2000)" random
done

case_ "several at once, with traffic and a device that comes and goes"
pids=()
for i in 1 2 3; do
	bg "fuzz$i" ip netns exec "$(nsname v)" "$HOSTILE_BIN/nlfuzz" --dev $DEV \
		--no-compare --seed "$i" --count 1000000 random
	pids+=("$BG_PID")
done
for ((i = 0; i < $(scaled 20); i++)); do
	nswg v show $DEV dump >/dev/null 2>&1 || :
	nsip v link set $DEV down 2>/dev/null || :
	nsip v link set $DEV up 2>/dev/null || :
	if ((i % 5 == 4)); then
		nsip v link del $DEV
		dev_add v $DEV
		nsip v link set $DEV up
	fi
done
for p in "${pids[@]}"; do
	stop "$p"
done

case_ "afterwards"
nsip v link del $DEV
dev_add v $DEV
victim_config
run handshake
