#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# guest: timeout=300 own=yes
# Every allocation of every configuration request fails once: what was refused
# left no trace.

. "$(dirname "$0")/../lib/lib.sh"
. "$(dirname "$0")/hostile.sh"

need_ours
[[ -e /proc/self/fail-nth ]] || skip "this kernel has no fault injection (/proc/self/fail-nth)"
mountpoint -q /sys/kernel/debug || mount -t debugfs debugfs /sys/kernel/debug
[[ -d /sys/kernel/debug/failslab ]] || skip "this kernel has no failslab"
hostile_up
hostile_build failnth

case_ "every allocation fails once"
rc=0
ns v "$HOSTILE_BIN/failnth" $DEV "$((200 / TAILNET_TEST_SCALE))" >"$WORK/fail.log" 2>&1 || rc=$?
sed "s/^/$TEST_NAME:   /" "$WORK/fail.log"
((rc != 4)) || skip "$(tail -1 "$WORK/fail.log" | sed 's/^SKIP: //')"
((rc == 0)) || fail "exit $rc: $(tail -1 "$WORK/fail.log")"

case_ "afterwards"
nsip v link del $DEV
dev_add v $DEV
victim_config
run handshake
