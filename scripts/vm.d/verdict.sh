# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Judges what a guest left behind: the status of the command and what the
# kernel had to say after the command started.

# What a healthy kernel never prints.
kernel_complaints='WARNING:|BUG:|BUG at|Oops|KASAN:|UBSAN:|KFENCE:|KCSAN:'
kernel_complaints+='|ODEBUG:|suspicious RCU usage|general protection fault'
kernel_complaints+='|Kernel panic|INFO: task .* blocked for more'
kernel_complaints+='|rcu.*detected .*stall|rcu.*self-detected stall'
kernel_complaints+='|possible (circular|recursive|irq lock)'
kernel_complaints+='|inconsistent lock state|trying to register non-static key'
kernel_complaints+='|refcount_t:|(list_add|list_del) corruption'
kernel_complaints+='|new suspected memory leaks|unregister_netdevice: waiting'
kernel_complaints+='|Kernel mode (fault|signal)|leaked reference|DEBUG_LOCKS_WARN'

# A CPU that gets no further. The kernel says so again every half a minute.
kernel_stuck='BUG: soft lockup|rcu.*detected .*stall|rcu.*self-detected stall'

# The messages since the command started. What the kernel said before is its
# own affair: UML with lockdep prints one "suspicious RCU usage" at boot.
console_since_start()
{
	tr -d '\r' < "$run/console" |
		awk 'seen { print } /tailnet-vm: command starts/ { seen = 1 }'
}

# Takes out the one false alarm known, where it does no harm. A timer interrupt
# of UML that touches vmalloc memory for the first time faults, and UML's fault
# handler enables interrupts (sig_handler_common() in arch/um/os-Linux/signal.c),
# which lockdep does not expect in an interrupt. Modules have no part in it: they
# cannot register interrupts there. It also switches lockdep off, so a command
# during which it happened was not checked to its end: that stays a complaint.
without_false_alarms()
{
	[ "$k_kind" = uml ] || { cat; return; }
	awk '
	function flush() {
		if (block !~ /lockdep_hardirqs_on_prepare/ ||
		    block !~ /DEBUG_LOCKS_WARN_ON\(lockdep_hardirq_context/)
			printf "%s", block
		block = ""
	}
	/tailnet-vm: command ended/ { over = 1 }
	over && /------------\[ cut here \]/ { flush(); inside = 1 }
	{ if (inside) block = block $0 "\n"; else print }
	/---\[ end trace/ { inside = 0; flush() }
	END { flush() }'
}

# The test script (see run-scripts) that ran when the kernel first complained.
blamed()
{
	console_since_start | without_false_alarms |
		awk -v re="$kernel_complaints" '
		match($0, /tailnet-test: begin /) {
			name = ", during " substr($0, RSTART + RLENGTH)
		}
		/tailnet-test: end/ { name = "" }
		$0 ~ re { print name; exit }'
}

complaints()
{
	console_since_start | without_false_alarms | grep -E "$kernel_complaints"
}

# The kernel puts a breakpoint where it changes its own code while other CPUs run
# it. Of QEMU's threads, one that translates just that page may keep the breakpoint
# after it is gone, for ever: the kernel takes it for one just removed and runs the
# instruction again. Seen with QEMU 7.2. What comes of it is a breakpoint nobody
# knows, or a CPU that stands still at a jump forward or an instruction that does
# nothing, of those that the kernel changes; no CPU does.
emulator_fault()
{
	[ "$k_kind" = qemu ] || return 1
	console_since_start | awk '
	/int3: 0000 \[/ { gone = 1 }
	/soft lockup/ { stuck++; here = 1; next }
	here && /RIP: 0010:/ {
		sub(/.*RIP: 0010:/, ""); at = $1
		if (at ~ /\[/ || NF > 1)
			other = 1
		next
	}
	here && /Code: / {
		here = 0
		sub(/.*</, ""); sub(/>/, "")
		if (($1 == "eb" && $2 ~ /^[0-7]/) || ($1 == "e9" && $5 ~ /^[0-7]/) ||
		    ($1 == "66" && $2 == "90") || ($1 == "0f" && $2 == "1f"))
			times[at]++
		else
			other = 1
	}
	END {
		for (at in times)
			if (times[at] != stuck)
				other = 1
		exit !(gone || (stuck > 1 && !other))
	}'
}

show_console()	# lines
{
	echo "---- kernel messages ----" >&2
	tail -n "$1" >&2
	echo "---- end of kernel messages ----" >&2
}

verdict_boot()
{
	[ ! -s "$run/qemu.log" ] || cat "$run/qemu.log" >&2
	tr -d '\r' < "$run/console" | show_console 40
}

blame_emulator()
{
	! emulator_fault ||
		note "the emulator kept a breakpoint of the kernel that was gone;" \
			"with --accel tcg1 it does not"
}

verdict()
{
	local rc=0

	[ ! -s "$run/qemu.log" ] || cat "$run/qemu.log" >&2
	case $ended in
	status)
		rc=$(cat "$run/status")
		[[ $rc =~ ^[0-9]+$ ]] || fail "the guest left no status"
		;;
	timeout)
		[ ! -s "$run/ps" ] || sed 's/^/    /' "$run/ps" >&2
		[ ! -s "$run/why" ] || cat "$run/why" >&2
		console_since_start | show_console 300
		if [ -e "$run/ended" ]; then
			note "the command ended, the guest did not"
		elif [ -n "$silence" ]; then
			note "the command printed nothing for $opt_silence seconds"
		else
			note "the command did not end within $opt_timeout seconds"
		fi
		exit 124
		;;
	stuck)
		console_since_start | show_console 400
		note "the kernel complained$(blamed): a CPU got no further"
		blame_emulator
		exit 99
		;;
	died)
		console_since_start | show_console 200
		note "the kernel complained$(blamed): the guest died while the" \
			"command ran"
		blame_emulator
		exit 99
		;;
	*)
		verdict_boot
		[ ! -s "$run/error" ] || note "the guest said: $(cat "$run/error")"
		fail "the guest died before the command started"
		;;
	esac
	if complaints > /dev/null; then
		console_since_start | show_console 400
		[ ! -s "$run/kmemleak" ] || cat "$run/kmemleak" >&2
		note "the kernel complained$(blamed): $(complaints | head -n 1)"
		note "the command itself ended with $rc"
		blame_emulator
		rc=99
	elif [ -s "$run/kmemleak" ]; then
		cat "$run/kmemleak" >&2
		note "kmemleak found leaked memory; the command itself ended" \
			"with $rc"
		rc=99
	fi
	exit "$rc"
}
