#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# guest: smp=yes own=yes
#
# Before the machine sleeps session keys are forgotten; the first packet after
# makes a new session. The kernel's own test mode stops short of real sleep but
# tells every driver.
. "$(dirname "$0")/../lib/lib.sh"

[[ -w /sys/power/state ]] || skip "this kernel cannot suspend"
grep -q freezer /sys/power/pm_test 2>/dev/null || skip "this kernel has no test of suspending"
STATE=
for s in freeze mem standby; do
	if grep -qw $s /sys/power/state; then
		STATE=$s
		break
	fi
done
[[ -n $STATE ]] || skip "no state to suspend to"
echo freezer >/sys/power/pm_test
at_exit "echo none >/sys/power/pm_test"
delay=/sys/module/suspend/parameters/pm_test_delay
if [[ -w $delay ]]; then
	at_exit "echo $(<$delay) >$delay"
	echo 1 >$delay
fi

bench_up
endpoints 127.0.0.1 127.0.0.1
ping_once 1 $A2
ping_all 2 $A1 10

later() { (($(date +%s) > $1)); }
for ((i = 1; i <= 3; i++)); do
	case_ "sleep $i"
	before=$(handshake_time 1 tn1 "$PUB_2")
	wait_for 5 "the next second" later "$before"
	ping_all 1 $A2 5
	expect_eq "handshake time" "$(handshake_time 1 tn1 "$PUB_2")" "$before"
	echo $STATE >/sys/power/state
	if ((i == 2)); then ping_once 2 $A1; else ping_once 1 $A2; fi
	after=$(handshake_time 1 tn1 "$PUB_2")
	((after > before)) || fail "the session of before the sleep was used after it"
	ping_all 2 $B1 10
done

case_ "sleep with packets under way"
bg flood ns 1 ping -q -f -W 1 $A2
pid=$BG_PID
before=$(handshake_time 1 tn1 "$PUB_2")
wait_for 5 "the next second" later "$before"
echo $STATE >/sys/power/state
ping_once 1 $A2
stop "$pid" INT
(($(handshake_time 1 tn1 "$PUB_2") > before)) || fail "the old session was used"
