#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A first look: one host with the tailnet module, one with the WireGuard of its
# own kernel, and a private network between the two. Needs root; leaves nothing
# behind. "make demo" runs it in a machine of its own.

set -euo pipefail

NEAR=near FAR=far
DIR=$(mktemp -d "${TMPDIR:-/tmp}/tailnet-demo.XXXXXX")
STEP=0
SERVER=

if [[ -t 1 ]]; then BOLD=$'\e[1m' DIM=$'\e[2m' OFF=$'\e[0m'; else BOLD='' DIM='' OFF=''; fi

say() { printf '%s\n' "$@"; }
step() {
	STEP=$((STEP + 1))
	printf '\n%s%d. %s%s\n\n' "$BOLD" $STEP "$*" "$OFF"
}

# HOST$ COMMAND: show it, run it there. Secrets are named by file, never shown.
on() {
	local host=$1

	shift
	printf '   %s%-5s#%s %s\n' "$DIM" "$host" "$OFF" "$*"
	nsenter --net="/run/netns/$host" -- bash -c "cd '$DIR' && $*" 2>&1 | sed 's/^/          /'
}
both() { on $NEAR "$@"; on $FAR "$@"; }
quiet() { local host=$1; shift; nsenter --net="/run/netns/$host" -- "$@"; }

cleanup() {
	local rc=$?

	trap - EXIT
	[[ -z $SERVER ]] || kill "$SERVER" 2>/dev/null || :
	ip netns del $NEAR 2>/dev/null || :
	ip netns del $FAR 2>/dev/null || :
	rm -rf "$DIR"
	((rc == 0)) || say "" "The demo stopped with status $rc at step $STEP."
	exit $rc
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# rate HOST: one short stream from this host to the other, in words
rate() {
	local out from=$1 to=$2 addr=$3

	nsenter --net="/run/netns/$to" -- iperf3 -s -1 -B "$addr" >/dev/null 2>&1 &
	SERVER=$!
	until [[ -n $(ss -N "$to" -Hltn 'sport = :5201') ]]; do
		kill -0 $SERVER
		sleep 0.05
	done
	printf '   %s%-5s#%s iperf3 -c %s -t 3\n' "$DIM" "$from" "$OFF" "$addr"
	out=$(quiet "$from" iperf3 -c "$addr" -t 3)
	grep receiver <<<"$out" | awk '{ print "          " $7, $8, "arrived at the other side" }'
	wait $SERVER
	SERVER=
}

[[ $(id -u) == 0 ]] || { say "demo: needs root; try make demo"; exit 1; }

say "${BOLD}tailnet: a WireGuard data plane of its own, as a kernel module$OFF" \
	"" \
	"Two hosts, here two network namespaces of a machine that runs Linux $(uname -r):" \
	"" \
	"   near   the tailnet module and the tailnet command" \
	"   far    wireguard.ko, the WireGuard of the kernel, and wg(8)"

step "Two hosts and a cable"
ip netns add $NEAR
ip netns add $FAR
for h in $NEAR $FAR; do ip -n $h link set lo up; done
ip -n $NEAR link add eth0 type veth peer name eth0 netns $FAR
on $NEAR "ip addr add 192.0.2.1/24 dev eth0 && ip link set eth0 up"
on $FAR "ip addr add 192.0.2.2/24 dev eth0 && ip link set eth0 up"

step "A key pair for each; the private key never leaves its host"
umask 077
on $NEAR "tailnet wg genkey > near.key; tailnet wg pubkey < near.key | tee near.pub"
on $FAR "wg genkey > far.key; wg pubkey < far.key | tee far.pub"
near_pub=$(<"$DIR/near.pub") far_pub=$(<"$DIR/far.pub")

step "A device on each side, and each told about the other"
on $NEAR "ip link add dev tailnet0 type tailnet"
on $NEAR "tailnet wg set tailnet0 private-key near.key listen-port 51820 \\
            peer $far_pub \\
            endpoint 192.0.2.2:51820 allowed-ips 100.64.0.2/32,fd7a::2/128"
on $NEAR "ip addr add 100.64.0.1/24 dev tailnet0 && ip addr add fd7a::1/64 dev tailnet0"
on $NEAR "ip link set tailnet0 up"
say ""
on $FAR "ip link add dev wg0 type wireguard"
on $FAR "wg set wg0 private-key far.key listen-port 51820 \\
            peer $near_pub allowed-ips 100.64.0.1/32,fd7a::1/128"
on $FAR "ip addr add 100.64.0.2/24 dev wg0 && ip addr add fd7a::2/64 dev wg0"
on $FAR "ip link set wg0 up"

step "Do they reach each other? The first packet makes the handshake"
on $NEAR "ping -c 3 -i 0.2 -w 15 100.64.0.2"
on $NEAR "ping -q -c 3 -i 0.2 -w 15 fd7a::2"
on $FAR "ping -q -c 3 -i 0.2 -w 15 100.64.0.1"

step "A stream each way"
rate $NEAR $FAR 100.64.0.2
rate $FAR $NEAR 100.64.0.1

step "What both sides know"
on $NEAR "tailnet wg show"
on $FAR "wg show"

step "What to try next"
say "   tailnet wg help                     the whole grammar, that of wg(8)" \
	"   scripts/vm --kernel 6.12 -- selftests/demo.sh    the same on another kernel" \
	"   make check                          all tests, on several kernels" \
	"   make bench ONLY=tcp-1,ping          side by side with wireguard.ko" \
	"   make install, or make dkms-install  for a machine of your own"
