#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# guest: smp=yes
# Floods of every kind while a good peer goes on, and not a line in the log.

. "$(dirname "$0")/../lib/lib.sh"
. "$(dirname "$0")/hostile.sh"

N=$(scaled 10000)

# log_lines MARK: what the device or its module said above debug since then
log_lines() {
	dmesg -l emerg,alert,crit,err,warn,notice,info |
		sed "1,/$1/d" | grep -Ei "$DEV|$LINK_TYPE" || :
}

hostile_up

# flood KIND [wgpeer options]
flood() {
	local kind=$1 mark="hostile-flood-$RANDOM$RANDOM" lines pid

	shift
	case_ "flood: $kind $*"
	echo "<5>$mark" >/dev/kmsg
	bg flood ip netns exec "$(nsname a)" "$HOSTILE_BIN/wgpeer" "$@" \
		--patience "$(slow 10)000" flood "$kind" "$N" 0 "$(slow 5)"
	pid=$BG_PID
	run --from 1 ping "$(scaled 100)"
	wait "$pid" || fail "$(tail -1 "$WORK/flood.log")"
	note "$(<"$WORK/flood.log")"
	lines=$(log_lines "$mark")
	[[ -z $lines ]] || fail "it left lines in the log: $(head -3 <<<"$lines")"
}

for kind in badtag stale junk init-badmac init resp cookie; do
	flood $kind --to "$V4"
done
for kind in badtag junk init; do
	flood $kind --to "$V6"
done

case_ "afterwards"
run handshake
run6 handshake
