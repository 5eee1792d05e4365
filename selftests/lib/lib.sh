# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Shared shell functions of the tests that need a kernel. A test sources this
# file first. It runs as root, leaves nothing behind, and ends with
#   0  everything held
#   4  the machine cannot run it; the reason is on the last line
#   1  the last line names the case that failed
#
# LINK_TYPE  link kind under test; "wireguard" tries a test against the stock
#            module, which tells a broken test from a broken module
# WG         configuration tool with the grammar of wg(8)
# TAILNET_TEST_SCALE  per cent of the normal volume of data to move
# TAILNET_TEST_SLOW   factor on every deadline

set -Eeuo pipefail

LINK_TYPE=${LINK_TYPE:-tailnet}
if [[ $LINK_TYPE == wireguard ]]; then
	WG=${WG:-wg}
else
	WG=${WG:-tailnet wg}
fi
read -ra WG_CMD <<<"$WG"

TEST_NAME=$(basename "$0" .sh)
TESTS_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CASE=start
NS_PREFIX=tnt$$
NS_MADE=()
BG_PIDS=()
ON_EXIT=()

# --- what machine is this -------------------------------------------------

is_uml() { grep -q 'User Mode Linux' /proc/cpuinfo; }
has_kasan() { grep -q ' kasan_report$' /proc/kallsyms; }
has_lockdep() { [[ -e /proc/lockdep ]]; }
ours() { [[ $LINK_TYPE == tailnet ]]; }

# a kernel that checks itself all the time
is_debug() { has_kasan || has_lockdep; }

# deadlines are generous: the machine around the guest may be busy too
if [[ -z ${TAILNET_TEST_SLOW:-} ]]; then
	TAILNET_TEST_SLOW=2
	if is_debug; then TAILNET_TEST_SLOW=6; fi
fi
if [[ -z ${TAILNET_TEST_SCALE:-} ]]; then
	TAILNET_TEST_SCALE=100
	if is_debug; then TAILNET_TEST_SCALE=20; fi
fi

# slow SECONDS: a deadline, longer on a slow kernel
slow() { echo $(($1 * TAILNET_TEST_SLOW)); }

# scaled COUNT: a volume, smaller on a slow kernel, never zero
scaled() {
	local n=$(($1 * TAILNET_TEST_SCALE / 100))
	echo $((n > 0 ? n : 1))
}

# whole: is the whole volume wanted?
whole() { ((TAILNET_TEST_SCALE >= 100)); }

# --- telling what happened ------------------------------------------------

case_() { CASE=$*; printf '%s: %s\n' "$TEST_NAME" "$CASE"; }
note() { printf '%s:   %s\n' "$TEST_NAME" "$*"; }
fail() { printf 'FAIL: %s: %s: %s\n' "$TEST_NAME" "$CASE" "$*"; exit 1; }
skip() { printf 'SKIP: %s: %s\n' "$TEST_NAME" "$*"; exit 4; }

# SLOW_RUN=1 scripts wait for real protocol timers
need_slow() {
	[[ ${TAILNET_SLOW:-0} == 1 ]] || skip "waits for real timers; set TAILNET_SLOW=1"
}

need_cmd() {
	local c
	for c; do
		command -v "$c" >/dev/null || skip "the command $c is not installed"
	done
}

need_ours() {
	ours || skip "$LINK_TYPE does not have this"
}

expect_eq() {
	[[ $2 == "$3" ]] || fail "$1 is '$2', expected '$3'"
}

# --- leaving nothing behind -----------------------------------------------

WORK=$(mktemp -d "${TMPDIR:-/tmp}/tailnet-test.XXXXXX")
KMSG_MARK="tailnet-test-$$-$RANDOM"
KMSG_BAD='BUG:|WARNING:|KASAN|UBSAN|Oops|general protection|suspicious RCU|'
KMSG_BAD+='possible (circular|irq|recursive)|inconsistent lock|refcount_t:|ODEBUG|'
KMSG_BAD+='INFO: task .* blocked|soft lockup|rcu.*stall|unregister_netdevice: waiting|'
KMSG_BAD+='sleeping function called|kmemleak: [1-9]|Kernel panic'

on_err() {
	local rc=$1 line=$2 cmd=$3

	((BASH_SUBSHELL == 0)) || return 0
	printf 'FAIL: %s: %s: line %s: "%s" gave %s\n' "$TEST_NAME" "$CASE" "$line" "$cmd" "$rc"
	exit 1
}

# Which drops every device has counted: most failures begin with one.
drops_seen() {
	local n

	for n in "${NS_MADE[@]}"; do
		nsenter --net="/run/netns/$n" "${WG_CMD[@]}" stats 2>/dev/null |
			awk -v t="$TEST_NAME:   ${n#"$NS_PREFIX"-}:" '$NF > 0 { print t, $0 }'
	done
}

kmsg_since_mark() {
	dmesg 2>/dev/null | sed "1,/$KMSG_MARK/d"
}

# a failure on the way out must not hide the test's own result
on_exit() {
	local rc=$? i p ns

	trap - ERR EXIT
	set +e
	((rc == 0 || rc == 4)) || ! ours || drops_seen
	for ((i = ${#ON_EXIT[@]} - 1; i >= 0; i--)); do
		eval "${ON_EXIT[i]}"
	done
	for p in "${BG_PIDS[@]}"; do
		kill "$p" 2>/dev/null
	done
	for p in "${BG_PIDS[@]}"; do
		wait "$p" 2>/dev/null
	done
	for ns in "${NS_MADE[@]}"; do
		if [[ -e /run/netns/$ns ]]; then
			ip netns pids "$ns" 2>/dev/null | xargs -r kill 2>/dev/null
			ip netns del "$ns" 2>/dev/null
		fi
	done
	if ((rc == 0)) && [[ -n $(kmsg_since_mark | grep -E "$KMSG_BAD") ]]; then
		kmsg_since_mark | grep -E -A30 -m1 "$KMSG_BAD"
		printf 'FAIL: %s: %s: the kernel log has a complaint\n' "$TEST_NAME" "$CASE"
		rc=1
	fi
	rm -rf "$WORK"
	((rc == 0)) && printf 'PASS: %s\n' "$TEST_NAME"
	exit $rc
}

trap 'on_err $? $LINENO "$BASH_COMMAND"' ERR
trap on_exit EXIT
trap 'exit 130' INT TERM

[[ $(id -u) == 0 ]] || skip "needs root"
# process substitution needs it, and a bare guest may lack it
[[ -e /dev/fd ]] || ln -s /proc/self/fd /dev/fd
echo "$KMSG_MARK $TEST_NAME" >/dev/kmsg

# at_exit COMMAND: run it on the way out, last one first
at_exit() { ON_EXIT+=("$*"); }

# bg NAME [ns NS] COMMAND...: start a program in the background, output to
# $WORK/NAME.log, pid in $BG_PID
bg() {
	local name=$1

	shift
	if [[ $1 == ns ]]; then
		# exec, so that the pid is that of the command itself
		(exec nsenter --net="/run/netns/$NS_PREFIX-$2" "${@:3}") \
			>"$WORK/$name.log" 2>&1 &
	else
		(exec "$@") >"$WORK/$name.log" 2>&1 &
	fi
	BG_PID=$!
	BG_PIDS+=("$BG_PID")
}

# stop PID [SIGNAL]: end a process started by bg and collect it
stop() {
	kill "-${2:-TERM}" "$1" 2>/dev/null || :
	wait "$1" 2>/dev/null || :
}

# --- waiting --------------------------------------------------------------

# To start a program is what costs most here, so whoever waits starts none but
# what it asks.
exec {NAP_FD}<> <(:)
nap() { read -rt "$1" -u "$NAP_FD" || :; }

# read_uptime: milliseconds, in $UPTIME_MS
read_uptime() {
	local t

	read -r t _ </proc/uptime
	UPTIME_MS=$((10#${t/./} * 10))
}

now_ms() { local t=${EPOCHREALTIME/./}; echo "${t%???}"; }
uptime_ms() { read_uptime; echo "$UPTIME_MS"; }

# wait_for SECONDS WHAT COMMAND...: poll until COMMAND succeeds. The clock is
# the uptime, because some tests move the wall clock.
wait_for() {
	local secs=$(($1 * TAILNET_TEST_SLOW)) what=$2 end naps=(0.05 0.05 0.1)

	shift 2
	read_uptime
	end=$((UPTIME_MS + secs * 1000))
	until "$@" >/dev/null 2>&1; do
		read_uptime
		((UPTIME_MS < end)) || fail "waited $secs s for: $what"
		nap "${naps[0]:-0.2}"
		naps=("${naps[@]:1}")
	done
}

# never_within MILLISECONDS COMMAND...: COMMAND must stay false all that time
never_within() {
	local ms=$1 end

	shift
	read_uptime
	end=$((UPTIME_MS + ms))
	while ((UPTIME_MS < end)); do
		if "$@" >/dev/null 2>&1; then return 1; fi
		nap 0.05
		read_uptime
	done
}

# --- namespaces and devices -----------------------------------------------

nsname() { echo "$NS_PREFIX-$1"; }
# "ip netns exec" would make a mount namespace each time, which costs more than
# most commands here. The price: /sys is that of the namespace at start.
ns() { local n=$1; shift; nsenter --net="/run/netns/$NS_PREFIX-$n" "$@"; }
nsip() { local n=$1; shift; ip -n "$NS_PREFIX-$n" "$@"; }
nswg() { local n=$1; shift; ns "$n" "${WG_CMD[@]}" "$@"; }
wg() { command "${WG_CMD[@]}" "$@"; }
# the stock tool, whatever is under test
stock_wg() { local n=$1; shift; ns "$n" wg "$@"; }

ns_add() {
	local n

	for n; do
		ip netns add "$NS_PREFIX-$n"
		NS_MADE+=("$NS_PREFIX-$n")
		ip -n "$NS_PREFIX-$n" link set lo up
	done
}

ns_del() { ip netns del "$NS_PREFIX-$1"; }
sysctl_ns() { ns "$1" sysctl -qw "$2"; }

# need_kind KIND: this kernel can make such a link
need_kind() {
	local d="tk$$"

	modprobe -q "$1" 2>/dev/null || :
	if ! ip link add dev "$d" type "$1" 2>"$WORK/kind.err"; then
		[[ $1 == "$LINK_TYPE" ]] && fail "no link of type $1: $(cat "$WORK/kind.err")"
		skip "this kernel has no link of type $1"
	fi
	ip link del "$d"
}

# need_nft: this kernel can load rules like those of the test
need_nft() {
	need_cmd nft
	ip netns add "$NS_PREFIX-nft"
	NS_MADE+=("$NS_PREFIX-nft")
	if ! ns nft nft -f - <<<"$1" 2>"$WORK/nft.err"; then
		skip "nft refuses the rules needed: $(head -1 "$WORK/nft.err")"
	fi
	ns_del nft
}

# dev_add NS DEV: make a device where its sockets shall live
dev_add() { nsip "$1" link add dev "$2" type "$LINK_TYPE"; }

# dev_move NS DEV NEWNS
dev_move() { nsip "$1" link set dev "$2" netns "$(nsname "$3")"; }

# veth NS1 DEV1 NS2 DEV2
veth() {
	nsip "$1" link add dev "$2" type veth peer name "$4" netns "$(nsname "$3")"
	nsip "$1" link set dev "$2" up
	nsip "$3" link set dev "$4" up
}

# keys N...: key pair N in files $WORK/N.key, and KEY_N and PUB_N
keys() {
	local n

	for n; do
		(umask 077; wg genkey >"$WORK/$n.key")
		printf -v "KEY_$n" %s "$(<"$WORK/$n.key")"
		printf -v "PUB_$n" %s "$(wg pubkey <"$WORK/$n.key")"
	done
}

psk() { (umask 077; wg genpsk >"$WORK/psk"); }

# keyfile TEXT: a file with this text, its name in $REPLY
keyfile() {
	REPLY=$(mktemp "$WORK/kf.XXXXXX")
	printf '%s\n' "$1" >"$REPLY"
}

# The standard bench. Sockets stay in namespace 0, where the devices are made;
# tn1 moves to namespace 1 and tn2 to namespace 2.
P1=51821
P2=51822
A1=10.77.0.1 A2=10.77.0.2
B1=fd77::1 B2=fd77::2

bench_up() {
	need_kind "$LINK_TYPE"
	ns_add 0 1 2
	dev_add 0 tn1
	dev_add 0 tn2
	dev_move 0 tn1 1
	dev_move 0 tn2 2
	bench_config
}

# bench_config: keys, peers and addresses of tn1 and tn2
bench_config() {
	keys 1 2
	psk
	nswg 1 set tn1 private-key "$WORK/1.key" listen-port $P1 \
		peer "$PUB_2" preshared-key "$WORK/psk" allowed-ips "$A2/32,$B2/128"
	nswg 2 set tn2 private-key "$WORK/2.key" listen-port $P2 \
		peer "$PUB_1" preshared-key "$WORK/psk" allowed-ips "$A1/32,$B1/128"
	nsip 1 addr add $A1/24 dev tn1
	nsip 2 addr add $A2/24 dev tn2
	nsip 1 addr add $B1/64 dev tn1 nodad
	nsip 2 addr add $B2/64 dev tn2 nodad
	nsip 1 link set tn1 up
	nsip 2 link set tn2 up
}

# endpoints ADDR1 ADDR2: where each side finds the other
endpoints() {
	local a=$1 b=$2

	[[ $a == *:* ]] && a="[$a]"
	[[ $b == *:* ]] && b="[$b]"
	nswg 1 set tn1 peer "$PUB_2" endpoint "$b:$P2"
	nswg 2 set tn2 peer "$PUB_1" endpoint "$a:$P1"
}

# The other bench. Devices and sockets live in namespaces 1 and 2, joined by a
# veth with 10.0.0.1, fd00::1 and 10.0.0.2, fd00::2.
bench_veth() {
	need_kind "$LINK_TYPE"
	need_kind veth
	ns_add 1 2
	veth 1 ve1 2 ve2
	nsip 1 addr add 10.0.0.1/24 dev ve1
	nsip 2 addr add 10.0.0.2/24 dev ve2
	nsip 1 addr add fd00::1/64 dev ve1 nodad
	nsip 2 addr add fd00::2/64 dev ve2 nodad
	bench_pair
}

# bench_pair: tn1 and tn2 in namespaces 1 and 2, which exist, no endpoints yet
bench_pair() {
	dev_add 1 tn1
	dev_add 2 tn2
	bench_config
}

# --- reading the state ----------------------------------------------------

# link_stat NS DEV rx_bytes|tx_bytes|rx_packets|...
link_stat() {
	ns "$1" awk -v dev="$2:" -v what="$3" '
		BEGIN {
			n = split("rx_bytes rx_packets rx_errors rx_dropped rx_fifo rx_frame " \
				  "rx_compressed multicast tx_bytes tx_packets tx_errors tx_dropped", f)
			for (i = 1; i <= n; i++)
				col[f[i]] = i + 1
		}
		$1 == dev { print $col[what] }' /proc/net/dev
}

link_mtu() { nsip "$1" -o link show dev "$2" | sed 's/.* mtu \([0-9]*\).*/\1/'; }

# peer_field NS DEV PUBLIC-KEY WHAT: second and further columns of "show DEV WHAT"
peer_field() {
	nswg "$1" show "$2" "$4" |
		awk -F'\t' -v k="$3" '$1 == k { sub(/^[^\t]*\t/, ""); print }'
}

peer_rx() { peer_field "$1" "$2" "$3" transfer | cut -f1; }
peer_tx() { peer_field "$1" "$2" "$3" transfer | cut -f2; }
handshake_time() { peer_field "$1" "$2" "$3" latest-handshakes; }
has_handshake() { [[ $(handshake_time "$@") -gt 0 ]]; }

# sent_at_least NS DEV BYTES
sent_at_least() { (($(link_stat "$1" "$2" tx_bytes) >= $3)); }

# endpoint_is NS DEV PUBLIC-KEY ADDR:PORT
endpoint_is() { [[ $(peer_field "$1" "$2" "$3" endpoints) == "$4" ]]; }

expect_endpoint() {
	local got

	got=$(peer_field "$1" "$2" "$3" endpoints)
	[[ $got == "$4" ]] || fail "$2 in namespace $1 has endpoint $got, expected $4"
}

# --- traffic --------------------------------------------------------------

# echo_replies FILE: how many a namespace has got, from its snmp and snmp6
echo_replies() {
	awk '$1 == "IcmpMsg:" { for (i = 2; i <= NF; i++) if ($i == "InType0") n = i; else if (i == n) v4 = $i }
		$1 == "Icmp6InEchoReplies" { v6 = $2 }
		END { print v4 + v6 }' "$1"
}

# ping_all NS ADDR [COUNT [ping options]]: every one of a flood comes back.
# Without -w, ping sends exactly COUNT, ends with 0 for a single answer, and
# waits for the last ones only twice as long as for the slowest before (-W is
# for the case that none came). So its numbers are read, and what it had no
# patience for is looked for in the counters of the namespace.
ping_all() {
	local n=$1 addr=$2 count=${3:-100} out

	shift $(($# > 3 ? 3 : $#))
	out=$(ns "$n" sh -c 'cat /proc/net/snmp /proc/net/snmp6 >"$0"; exec ping "$@"' \
		"$WORK/snmp" -n -q -f -c "$count" -W "$(slow 5)" "$@" "$addr" 2>&1) || :
	! grep -q " $count received" <<<"$out" || return 0
	! grep -Eq "^$count packets transmitted, [0-9]+ received, [0-9.]+% packet loss" <<<"$out" ||
		! all_replied "$n" $(($(echo_replies "$WORK/snmp") + count)) || return 0
	fail "ping $addr in namespace $n: $(grep -E 'transmitted|ping:' <<<"$out" || echo "$out")"
}

# all_replied NS TOTAL: so many echo replies in all, in a while
all_replied() {
	local end

	read_uptime
	end=$((UPTIME_MS + 5 * TAILNET_TEST_SLOW * 1000))
	while ((UPTIME_MS < end)); do
		ns "$1" cat /proc/net/snmp /proc/net/snmp6 >"$WORK/snmp.now"
		(($(echo_replies "$WORK/snmp.now") < $2)) || return 0
		nap 0.05
		read_uptime
	done
	return 1
}

# ping_once NS ADDR [ping options]: one answer within the time, re-tried
ping_once() {
	local n=$1 addr=$2

	shift 2
	ns "$n" ping -n -q -i 0.2 -c 1 -w "$(slow 8)" "$@" "$addr" >"$WORK/ping.log" 2>&1 ||
		fail "no answer from $addr in namespace $n: $(tr '\n' ' ' <"$WORK/ping.log")"
}

# ping_none NS ADDR [ping options]: nothing comes back from four probes
ping_none() {
	local n=$1 addr=$2

	shift 2
	if ns "$n" ping -n -q -i 0.2 -c 4 -W 1 "$@" "$addr" >/dev/null 2>&1; then
		fail "$addr answered in namespace $n"
	fi
}

is_listening() { [[ -n $(ss -N "$(nsname "$1")" -Hl"$2"n "sport = :$3" 2>/dev/null) ]]; }

# iperf CLIENT-NS SERVER-NS ADDR [iperf3 options]: one run, result in
# $WORK/iperf.json
iperf() {
	local c=$1 s=$2 addr=$3 pid

	shift 3
	bg iperf-server ns "$s" iperf3 -s -1 -B "$addr" -p 5201
	pid=$BG_PID
	wait_for 10 "iperf3 server" is_listening "$s" t 5201
	if ! ns "$c" timeout "$(slow 40)" iperf3 -J -Z -c "$addr" -p 5201 "$@" \
		>"$WORK/iperf.json" 2>&1; then
		fail "iperf3 -c $addr $*: $(grep -h error "$WORK/iperf.json" || echo timeout)"
	fi
	wait_for 10 "iperf3 server to end" process_gone "$pid"
}

process_gone() { ! kill -0 "$1" 2>/dev/null; }

# tcp_all CLIENT-NS SERVER-NS ADDR MEGABYTES [iperf3 options]: for each stream.
# iperf3 stops to count when the sender has written all of it, so less than all
# must fit into the buffers on the way.
tcp_all() {
	local c=$1 s=$2 addr=$3 mb i

	mb=$(scaled "$4")
	shift 4
	for ((i = 1; i < $#; i++)); do
		if [[ ${!i} == -P ]]; then
			i=$((i + 1))
			mb=$((mb * ${!i}))
		fi
	done
	iperf "$c" "$s" "$addr" -n "${mb}M" -w 128K "$@"
	local got
	got=$(jq '.end.sum_received.bytes' "$WORK/iperf.json")
	((got > 0)) || fail "TCP to $addr: the server received $got bytes"
}

# udp_some CLIENT-NS SERVER-NS ADDR [iperf3 options]: as fast as it goes; loss
# is normal, silence is not
udp_some() {
	local c=$1 s=$2 addr=$3 sent lost

	shift 3
	iperf "$c" "$s" "$addr" -u -b 0 -t 1 "$@"
	sent=$(jq '.end.sum.packets' "$WORK/iperf.json")
	lost=$(jq '.end.sum.lost_packets' "$WORK/iperf.json")
	((sent > lost)) || fail "UDP to $addr: $lost of $sent datagrams lost"
}

# capture NS DEV NAME [filter]: tcpdump to $WORK/NAME.pcap, ready on return,
# its pid in $BG_PID
capture() {
	local n=$1 dev=$2 name=$3

	shift 3
	bg "tcpdump-$name" ns "$n" \
		tcpdump -q -n -p -U -s 0 -B 8192 -i "$dev" -w "$WORK/$name.pcap" "$@"
	wait_for 10 "tcpdump on $dev" grep -q 'listening on' "$WORK/tcpdump-$name.log"
}
