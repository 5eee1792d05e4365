#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Cookies, forged and true; 50,000 initiations from invented sources, during
# which somebody who means well gets in within 10 s and memory stays bounded.

. "$(dirname "$0")/../lib/lib.sh"
. "$(dirname "$0")/hostile.sh"

FLOOD=$(scaled 50000)
# kB: the queue of 4096 messages, two tables, and what debug kernels add
MEM_MAX=$((96 * 1024))

mem_kb() { awk '/^MemAvailable:/ { print $2 }' /proc/meminfo; }
slab_kb() { awk '/^SUnreclaim:/ { print $2 }' /proc/meminfo; }

hostile_up

case_ "cookies given to the victim"
run cookie-forge

case_ "cookies given by the victim under load"
run cookie-load

case_ "$FLOOD initiations from invented sources"
mem0=$(mem_kb)
slab0=$(slab_kb)
low=$mem0
bg flood ip netns exec "$(nsname a)" "$HOSTILE_BIN/wgpeer" --to "$V4" \
	flood init "$FLOOD" 0 "$(slow 40)"
flood=$BG_PID
got_in=0
while :; do
	if ! wgpeer --to "$V4" --from 1 --patience "$(slow 10)000" ping 3 \
		>"$WORK/legit.log" 2>&1; then
		fail "a good peer did not get in: $(tail -1 "$WORK/legit.log")"
	fi
	got_in=$((got_in + 1))
	now=$(mem_kb)
	if ((now < low)); then low=$now; fi
	kill -0 "$flood" 2>/dev/null || break
done
wait "$flood" || fail "the flood ended early: $(tail -1 "$WORK/flood.log")"
note "$(<"$WORK/flood.log"); a good peer got in $got_in times"
note "memory: $((mem0 - low)) kB at most, now $((mem0 - $(mem_kb))) kB," \
	"unreclaimable slab $(($(slab_kb) - slab0)) kB"
((mem0 - low < MEM_MAX)) || fail "memory fell by $((mem0 - low)) kB"

memory_is_back() { ((mem0 - $(mem_kb) < MEM_MAX / 2)); }
wait_for 20 "memory to be given back" memory_is_back

case_ "the same over IPv6"
bg flood6 ip netns exec "$(nsname a)" "$HOSTILE_BIN/wgpeer" --to "$V6" \
	flood init $((FLOOD / 5)) 0 "$(slow 20)"
run6 --from 1 ping 3
wait "$BG_PID" || fail "the flood ended early: $(tail -1 "$WORK/flood6.log")"
note "$(<"$WORK/flood6.log")"

case_ "afterwards"
run handshake
run6 handshake
