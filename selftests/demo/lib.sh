# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the parts of the demo share. A host is a network namespace, and a mount
# namespace in which its files of /etc/tailnet, /run and /var/lib/tailnet are its
# own; so the commands shown are the ones that a person types.

DIR=$(mktemp -d "${TMPDIR:-/tmp}/tailnet-demo.XXXXXX")
STEP=0
declare -A HOST=()	# name -> the process that keeps its namespaces

if [[ -t 1 ]]; then BOLD=$'\e[1m' DIM=$'\e[2m' OFF=$'\e[0m'; else BOLD='' DIM='' OFF=''; fi

say() { printf '%s\n' "$@"; }
step() {
	STEP=$((STEP + 1))
	printf '\n%s%d. %s%s\n\n' "$BOLD" $STEP "$*" "$OFF"
}

host_add() {	# name
	ip netns add "$1"
	ip -n "$1" link set lo up
	# shellcheck disable=SC2016
	nsenter --net="/run/netns/$1" -- unshare --mount --propagation private bash -c '
		mkdir -p /etc/tailnet /var/lib/tailnet /run/tailnet
		for d in /etc/tailnet /var/lib/tailnet /run/tailnet; do
			mount -t tmpfs -o mode=755 tmpfs $d
		done
		: > "$1"
		exec sleep infinity' host "$DIR/$1.is-up" &
	HOST[$1]=$!
	until [[ -e $DIR/$1.is-up ]]; do
		kill -0 "${HOST[$1]}"
		sleep 0.05
	done
}

# quiet HOST COMMAND...: run it there
quiet() {
	local host=$1

	shift
	nsenter -t "${HOST[$host]}" -n -m -- "$@"
}

# show HOST COMMAND: the line that a person there would type
show() { printf '   %s%-5s#%s %s\n' "$DIM" "$1" "$OFF" "$2"; }

# on HOST COMMAND: show it, run it there. Secrets are named by file, never shown.
on() {
	local host=$1

	shift
	show "$host" "$*"
	quiet "$host" bash -c "cd '$DIR' && $*" 2>&1 | sed 's/^/          /'
}

# start HOST COMMAND: the same in the background; its process is in HOST.pid
start() {
	local host=$1

	shift
	show "$host" "$* &"
	quiet "$host" bash -c "cd '$DIR' && echo \$\$ >$host.pid && exec $*" >>"$DIR/$host.log" 2>&1 &
}

# until_ok SECONDS WHAT COMMAND...
until_ok() {
	local end=$((SECONDS + $1)) what=$2

	shift 2
	until "$@" >/dev/null 2>&1; do
		((SECONDS < end)) || { say "demo: waited too long for $what"; return 1; }
		sleep 0.1
	done
}

# server_of HOST ADDR: iperf3 there, for one connection
server_of() {
	quiet "$1" iperf3 -s -1 -B "$2" >/dev/null 2>&1 &
	until_ok 20 "iperf3" listens "$1"
}
listens() { [[ -n $(ss -N "$1" -Hltn 'sport = :5201') ]]; }

# rate HOST HOST ADDR: one short stream from this host to the other, in words
rate() {
	local out from=$1 to=$2 addr=$3

	server_of "$to" "$addr"
	show "$from" "iperf3 -c $addr -t 3"
	out=$(quiet "$from" iperf3 -c "$addr" -t 3)
	grep receiver <<<"$out" | awk '{ print "          " $7, $8, "arrived at the other side" }'
}

demo_end() {
	local rc=$? h

	trap - EXIT
	# shellcheck disable=SC2046
	kill $(jobs -p) 2>/dev/null || :
	for h in "${!HOST[@]}"; do
		ip netns pids "$h" | xargs -r kill -KILL 2>/dev/null || :
		ip netns del "$h" 2>/dev/null || :
	done
	((rc == 0)) || {
		for h in "${!HOST[@]}"; do
			[[ ! -s $DIR/$h.log ]] || tail -n 20 "$DIR/$h.log" | sed "s/^/   $h: /"
		done
		say "" "The demo stopped with status $rc at step $STEP."
	}
	rm -rf "$DIR"
	exit $rc
}

demo_begin() {
	[[ $(id -u) == 0 ]] || { say "demo: needs root; try make demo"; exit 1; }
	trap demo_end EXIT
	trap 'exit 130' INT TERM
}
