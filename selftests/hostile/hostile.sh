# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The bench of the hostile tests: a victim with the device under test, an
# attacker with wgpeer, a cable between them. Sourced after ../lib/lib.sh.
#
#   attacker "a"  10.55.0.2 fd55::2  --veth--  10.55.0.1 fd55::1  victim "v"
#   wgpeer key N  192.168.77.2+N                192.168.77.1       tnx
#
# The well-known keys 0 (the tool) and 1 (its fence) are peers of the victim.

HOSTILE_DIR=$TESTS_DIR/hostile
DEV=tnx
PORT=51820
V4=10.55.0.1:$PORT
V6="[fd55::1]:$PORT"

HOSTILE_BIN=$HOSTILE_DIR/build

# hostile_build TOOL: `make -C selftests/hostile` makes it beforehand; here only
# if that was forgotten, as compilers are slow in emulated machines
hostile_build() {
	[[ -x $HOSTILE_BIN/$1 ]] && return
	make -s -C "$HOSTILE_DIR" "build/$1" >"$WORK/make.log" 2>&1 ||
		fail "building $1: $(tail -3 "$WORK/make.log")"
}

wgpeer() {
	ns a "$HOSTILE_BIN/wgpeer" --netns "$(nsname v)" \
		--reset-cmd "ip -n $(nsname v) link set $DEV down && ip -n $(nsname v) link set $DEV up" \
		--scale "$TAILNET_TEST_SCALE" --patience "$(slow 10)000" "$@"
}

key() { "$HOSTILE_BIN/wgpeer" key "$@"; }

# run [OPTION...] MODE...: one mode against the victim over IPv4
run() { run_to "$V4" "$@"; }
run6() { run_to "$V6" "$@"; }

run_to() {
	local to=$1 rc=0

	shift
	note "$*"
	wgpeer --to "$to" "$@" >"$WORK/run.log" 2>&1 || rc=$?
	((rc == 0)) || fail "$* (to $to, exit $rc): $(tail -3 "$WORK/run.log")"
	sed "s/^/$TEST_NAME:     /" "$WORK/run.log"
}

hostile_up() {
	hostile_build wgpeer
	need_kind "$LINK_TYPE"
	need_kind veth
	firewall_elsewhere
	hostile_net
	dev_add v $DEV
	victim_config
}

# firewall_elsewhere: a firewall in a namespace that has no part in the test. While
# there is one anywhere, the kernel's path of incoming packets is not rewritten each
# time the device's own hook comes or goes: emulated CPUs on that path may not notice
# (emulator_fault() in scripts/vm.d/verdict.sh).
firewall_elsewhere() {
	ns_add firewall
	ns firewall nft -f - 2>"$WORK/nft.err" <<-EOF || note "$(head -1 "$WORK/nft.err")"
		add table inet t
		add chain inet t in { type filter hook input priority 0; }
	EOF
}

# hostile_net: the two namespaces and the cable
hostile_net() {
	local k

	ns_add v a
	veth v va a av
	for k in v a; do
		sysctl_ns $k net.ipv4.conf.all.rp_filter=0
		sysctl_ns $k net.ipv4.conf.default.rp_filter=0
	done
	nsip v addr add 10.55.0.1/24 dev va
	nsip a addr add 10.55.0.2/24 dev av
	nsip v addr add fd55::1/64 dev va nodad
	nsip a addr add fd55::2/64 dev av nodad
	# answers to invented sources leave the victim and end in the attacker
	nsip v route add default via 10.55.0.2
	nsip v -6 route add default via fd55::2
	ns v ping -q -c1 -W5 10.55.0.2 >/dev/null
	ns v ping -q -c1 -W5 fd55::2 >/dev/null
}

victim_config() {
	key private victim >"$WORK/victim.key"
	nswg v set $DEV private-key "$WORK/victim.key" listen-port $PORT
	peers_add
	nsip v addr add 192.168.77.1/24 dev $DEV
	nsip v addr add fd77::1/64 dev $DEV nodad
	sysctl_ns v net.ipv6.conf.$DEV.keep_addr_on_down=1
	nsip v link set $DEV up
}

# peers_add: the tool and its fence
peers_add() {
	nswg v set $DEV \
		peer "$(key public 0)" allowed-ips 192.168.77.2/32,fd77::2/128 \
		peer "$(key public 1)" allowed-ips 192.168.77.3/32,fd77::3/128
}
