#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2034 # what the judge reads
#
# When is a CPU that stands still the emulator's fault, and the test repeated on
# another one? Never when it may be the module's.

. "$(dirname "$0")/../../scripts/vm.d/verdict.sh"
run=$(mktemp -d) || exit 1
trap 'rm -rf "$run"' EXIT
rc=0

# check NAME WANTED: the console is standard input
check() {
	local got=no

	{ echo "tailnet-vm: command starts"; cat; } >"$run/console"
	emulator_fault && got=yes
	if [[ $got == "$2" ]]; then
		echo "ok vm_verdict/$1"
	else
		echo "not ok vm_verdict/$1 - the emulator's fault: $got"
		rc=1
	fi
}

# stuck TIMES WHERE CODE: the first byte of CODE is the one that runs
stuck() {
	local i

	for ((i = 0; i < $1; i++)); do
		cat <<-END
			[ 1.0] watchdog: BUG: soft lockup - CPU#0 stuck for 22s!
			[ 1.0] RIP: 0010:$2
			[ 1.0] Code: 85 c0 0f 85 <${3%% *}> ${3#* }
			[ 1.0] RIP: 0033:0x7ffff7e880c3
			[ 1.0] Code: 0f 05 <48> 3d 00 f0
		END
	done
}

k_kind=qemu
check short_jump yes < <(stuck 2 ip_rcv+0x5c/0x110 "eb 29 48 8b 44 24")
check long_jump yes < <(stuck 2 ip_rcv+0x5c/0x110 "e9 29 01 00 00 24")
check no_operation yes < <(stuck 3 ip_rcv+0x5c/0x110 "0f 1f 44 00 00 24")
check breakpoint yes <<<"[ 1.0] int3: 0000 [#1] PREEMPT SMP NOPTI"
check silence no </dev/null
check said_once no < <(stuck 1 ip_rcv+0x5c/0x110 "eb 29 48 8b 44 24")
check short_loop no < <(stuck 2 ip_rcv+0x5c/0x110 "eb f9 48 8b 44 24")
check long_loop no < <(stuck 2 ip_rcv+0x5c/0x110 "e9 29 01 00 ff 24")
check lock no < <(stuck 2 native_queued_spin_lock+0x5/0x10 "f3 90 8b 07 85 c0")
check module no < <(stuck 2 "tn_rx+0x5c/0x110 [tailnet]" "eb 29 48 8b 44 24")
check two_places no < <(stuck 2 ip_rcv+0x5c/0x110 "eb 29 48 8b 44 24"
	stuck 1 ip_rcv+0x6c/0x110 "eb 29 48 8b 44 24")
check elsewhere_too no < <(stuck 2 ip_rcv+0x5c/0x110 "eb 29 48 8b 44 24"
	stuck 1 ip_rcv+0x5c/0x110 "48 89 00 8b 44 24")
k_kind=uml
check not_emulated no < <(stuck 2 ip_rcv+0x5c/0x110 "eb 29 48 8b 44 24")
exit $rc
