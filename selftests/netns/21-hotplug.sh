#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# guest: timeout=300 smp=yes
#
# Processors come and go under load. A packet that waits on one of them must not
# hold up those behind it for ever.
. "$(dirname "$0")/../lib/lib.sh"
need_cmd iperf3 jq

CPU=/sys/devices/system/cpu/cpu1/online
if is_uml; then skip "User Mode Linux has one processor"; fi
[[ -w $CPU ]] || skip "there is no second processor to switch off"
at_exit "echo 1 >$CPU"

bench_veth
nswg 1 set tn1 peer "$PUB_2" endpoint 10.0.0.2:$P2
ping_once 1 $A2

case_ "load"
bg server ns 2 iperf3 -s -B $A2
wait_for 10 "iperf3 server" is_listening 2 t 5201
bg stream ns 1 iperf3 -c $A2 -t 600 -P 2
stream=$BG_PID
bg there ns 1 ping -q -i 0.005 -W 1 $A2
bg back ns 2 ping -q -i 0.005 -W 1 $B1

# both directions go on: 50 more packets each
moves() {
	local a=$2 b=$3

	(($(link_stat 1 tn1 rx_packets) > a + 50 && $(link_stat 2 tn2 rx_packets) > b + 50))
}
check() {
	process_gone "$stream" && fail "the stream ended: $(tail -1 "$WORK/stream.log")"
	wait_for 10 "traffic in both directions, $1" moves x \
		"$(link_stat 1 tn1 rx_packets)" "$(link_stat 2 tn2 rx_packets)"
}
check "before"

for ((i = 1; i <= $(scaled 4); i++)); do
	case_ "processor off, round $i"
	echo 0 >$CPU
	check "processor off"
	case_ "processor on, round $i"
	echo 1 >$CPU
	check "processor on"
done

case_ "off and on without a pause"
for ((i = 1; i <= $(scaled 3); i++)); do
	echo 0 >$CPU
	echo 1 >$CPU
done
check "in the end"

case_ "a device made while one processor is away"
echo 0 >$CPU
nsip 1 link add dev tn5 type "$LINK_TYPE"
nsip 1 link set tn5 up
echo 1 >$CPU
nsip 1 link del tn5
check "with another device gone"

case_ "quiet again, and nothing is stuck"
for p in "${BG_PIDS[@]}"; do stop "$p"; done
ping_all 1 $A2 100
ping_all 2 $A1 100
