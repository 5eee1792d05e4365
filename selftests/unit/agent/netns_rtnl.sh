#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: netns_rtnl.sh PROGRAM
#
# system/rtnl and system/netmon against this machine's kernel, each case in a
# network namespace of its own that goes with it; a link of another kind plays
# the tailnet link. PROGRAM is the rtnl_driver.

set -u

driver=$(realpath "$1")
self=$(realpath "${BASH_SOURCE[0]}")
TAILNET_4=100.64.0
TAILNET_6=fd7a:115c:a1e0:

full=("self=$TAILNET_4.1/32" "self=$TAILNET_6:1/128"
	"peer=$TAILNET_4.2/32" "peer=$TAILNET_6:2/128" peer=10.9.0.0/16 peer=192.168.0.0/16
	peer=2001:db8::/32 routes)

die()
{
	echo "$*" >&3
	exit 1
}

# The whole of what rtnetlink shows, without what changes by itself.
picture()
{
	{
		ip -o addr show | sed 's/^[0-9]*: //; s/ *valid_lft.*//' |
			grep -v ' fe80:'
		ip -o link show | sed 's/ state [A-Z]*//; s/^[0-9]*: //'
		ip rule
		ip -6 rule
		ip route show table all | grep -v fe80:
		ip -6 route show table all | grep -v 'fe80:\|ff00::/8'
	} | sort
}

# The same, once the kernel has done what it does a second later (carrier,
# detection of duplicates).
steady()
{
	local last now

	now=$(picture)
	until [ "$now" = "${last-}" ]; do
		last=$now
		sleep 1.2
		now=$(picture)
	done
	echo "$now"
}

becomes()	# picture what
{
	local now i

	for ((i = 0; i < 100; i++)); do
		now=$(picture)
		[ "$now" != "$1" ] || return 0
		sleep 0.1
	done
	die "$2: $(diff <(echo "$1") <(echo "$now"))"
}

ours()
{
	ip rule | grep 'proto 84'
	ip -6 rule | grep 'proto 84'
	ip route show table 52 proto 84
	ip -6 route show table 52 proto 84
}

run()	# arguments of the driver
{
	local out

	out=$("$driver" "$@") || die "rtnl_driver $*: $out"
	echo "$out"
}

links()	# name...
{
	local l

	for l; do
		ip link add "$l" type "$kind" || die "cannot add link $l"
	done
}

lan()	# name address...
{
	local l=$1 a

	shift
	ip link add "$l" type veth peer name "$l-end"
	ip link set "$l" up
	ip link set "$l-end" up
	for a; do
		case $a in
		*:*) ip addr add "$a" dev "$l" nodad ;;
		*) ip addr add "$a" dev "$l" ;;
		esac
	done
}

# Things of other people, some of which look like ours.
foreign()
{
	ip addr add 172.20.0.1/32 dev t0
	ip addr add $TAILNET_4.99/32 dev lo
	ip rule add pref 5270 lookup 52
	ip rule add pref 5210 fwmark 0x80000/0xff0000 lookup 254
	ip rule add pref 5215 fwmark 0x40000/0xff0000 lookup 254
	ip -6 rule add pref 5270 lookup 52
	ip route add throw 172.16.0.0/12 table 52
	ip route add throw 10.8.0.0/16 table 52 proto static
	ip route add 10.7.0.0/16 dev t0 table 53 proto 84
	ip -6 route add throw fd00:9::/64 table 52
}

expect()	# pattern text what
{
	grep -q -e "$1" <<< "$2" || die "$3: no \"$1\" in: $2"
}

case_set_undo()
{
	local before after first

	links t0
	lan l0 192.168.7.1/24 2001:db8:7::1/64
	ip link set t0 up
	foreign
	ip link set t0 mtu 1280
	before=$(steady)
	first=$(run set "$kind" t0 "${full[@]}")
	[ "$first" != "ok 0" ] || die "nothing was done"
	[ "$(run set "$kind" t0 "${full[@]}")" = "ok 0" ] ||
		die "a second time there was something to do"
	after=$(ours)
	expect "throw 192.168.7.0/24" "$after" "attached network"
	expect "^10.9.0.0/16 dev t0" "$after" "subnet route"
	expect "^$TAILNET_6:2 dev t0" "$after" "peer"
	[ "$(grep -c 'lookup 52' <<< "$after")" = 2 ] ||
		die "rules: $after"
	run undo "$kind" t0 > /dev/null
	becomes "$before" "not as before"
}

# With the MTU and the rest, every number of steps, then once more in full.
case_crash()
{
	local n all want total

	links t0
	lan l0 192.168.7.1/24
	ip link set t0 mtu 1400
	total=$(run set "$kind" t0 "${full[@]}")
	total=${total#ok }
	want=$(steady)
	run undo "$kind" t0 > /dev/null
	ip link set t0 mtu 1400
	for ((n = 0; n < total; n++)); do
		all=$(run set "$kind" t0 --steps $n "${full[@]}")
		[ "$all" = "ok $n" ] || die "$n steps: $all"
		run set "$kind" t0 "${full[@]}" > /dev/null
		becomes "$want" "after $n of $total steps"
		run undo "$kind" t0 > /dev/null
		ip link set t0 mtu 1400
	done
	[ "$total" -gt 15 ] || die "only $total steps"
}

# A change of everything, stopped after every number of steps.
case_crash_in_change()
{
	local n other want total
	other=("self=$TAILNET_4.7/32" "self=$TAILNET_6:7/128" exit lan
		"peer=$TAILNET_4.2/32" mtu=1290)

	links t0
	lan l0 192.168.7.1/24
	run set "$kind" t0 "${full[@]}" > /dev/null
	total=$(run set "$kind" t0 "${other[@]}")
	total=${total#ok }
	want=$(steady)
	for ((n = 0; n < total; n++)); do
		run set "$kind" t0 "${full[@]}" > /dev/null
		run set "$kind" t0 --steps $n "${other[@]}" > /dev/null
		run set "$kind" t0 "${other[@]}" > /dev/null
		becomes "$want" "after $n steps"
	done
	[ "$total" -gt 8 ] || die "only $total steps"
}

# What fails in the middle leaves no trace.
case_take_back()
{
	local before out

	links t0
	# Too small for IPv6: its address is refused after the first steps.
	before=$(steady)
	out=$("$driver" set "$kind" t0 "${full[@]}" mtu=1000) &&
		die "went through: $out"
	expect "cannot add address $TAILNET_6:1/128" "$out" "error line"
	[ "$(wc -l <<< "$out")" = 1 ] || die "more than one line: $out"
	becomes "$before" "left behind"
}

case_exit_node()
{
	local out

	links t0
	lan l0 192.168.7.1/24
	run set "$kind" t0 self=$TAILNET_4.1/32 exit > /dev/null
	out=$(ours)
	expect "^default dev t0" "$out" "IPv4"
	expect "unreachable default" "$out" "IPv6 goes past the exit node"
	grep -q throw <<< "$out" && die "the LAN is reachable: $out"
	run set "$kind" t0 self=$TAILNET_4.1/32 exit lan > /dev/null
	expect "throw 192.168.7.0/24" "$(ours)" "LAN wanted"
	out=$(ip route get 192.168.7.9)
	expect "dev l0" "$out" "way to the LAN"
	out=$(ip route get 203.0.113.1)
	expect "dev t0" "$out" "way to the exit node"
	ip route add default via 192.168.7.254 dev l0
	out=$(ip route get 203.0.113.1 mark 0x80000)
	expect "dev l0" "$out" "way of our own packets"
	run set "$kind" t0 self=$TAILNET_4.1/32 > /dev/null
	grep -q default <<< "$(ip route show table 52)" &&
		die "a default route is left"
	return 0
}

# What others have in the table stays, and is not doubled.
case_foreign_route()
{
	links t0
	ip route add throw 10.9.0.0/16 table 52
	run set "$kind" t0 "${full[@]}" > /dev/null
	grep -q "^10.9.0.0/16" <<< "$(ip route show table 52 proto 84)" &&
		die "route added over the administrator's"
	[ "$(run set "$kind" t0 "${full[@]}")" = "ok 0" ] || die "not settled"
	run undo "$kind" t0 > /dev/null
	expect "throw 10.9.0.0/16" "$(ip route show table 52)" "foreign route"
}

case_two_instances()
{
	local out before

	links t0 t1
	run set "$kind" t0 "${full[@]}" > /dev/null
	before=$(ours)
	out=$("$driver" set "$kind" t1 self=$TAILNET_4.1/32) &&
		die "the same address twice"
	expect "address $TAILNET_4.1 is already on another link" "$out" "line"
	out=$("$driver" set "$kind" t1 self=$TAILNET_4.50/32 \
		peer=$TAILNET_4.2/32) && die "the same peer twice"
	expect "$TAILNET_4.2/32 overlaps $TAILNET_4.2/32, which" "$out" "line"
	out=$("$driver" set "$kind" t1 self=$TAILNET_4.50/32 \
		peer=10.9.3.0/24 routes) && die "overlapping routes"
	expect "10.9.3.0/24 overlaps 10.9.0.0/16, which" "$out" "line"
	out=$("$driver" set "$kind" t1 self=$TAILNET_4.50/32 \
		peer=10.0.0.0/8 routes) && die "overlapping routes"
	expect "10.0.0.0/8 overlaps 10.9.0.0/16, which" "$out" "line"
	[ "$(ours)" = "$before" ] || die "refused, but something was done"
	lan l0 172.30.0.1/24
	run set "$kind" t1 self=$TAILNET_4.50/32 peer=$TAILNET_4.51/32 \
		peer=172.16.0.0/12 routes > /dev/null
	[ "$(ip rule | grep -c 'proto 84')" = 4 ] ||
		die "rules: $(ip rule)"
	[ "$(run set "$kind" t0 "${full[@]}")" = "ok 0" ] ||
		die "the first has something to do"
	run undo "$kind" t0 > /dev/null
	expect "throw 172.30.0.0/24" "$(ours)" "throw of the second"
	expect "$TAILNET_4.51 dev t1" "$(ours)" "route of the second"
	[ "$(ip rule | grep -c 'proto 84')" = 4 ] || die "rules went too early"
	[ "$(ip -6 rule | grep -c 'proto 84')" = 4 ] || die "IPv6 rules went"
	run undo "$kind" t1 > /dev/null
	[ -z "$(ours)" ] || die "left behind: $(ours)"
}

# The link has gone with all that hung on it; the rest goes by the next one.
case_orphans()
{
	links t0
	lan l0 192.168.7.1/24
	run set "$kind" t0 "${full[@]}" > /dev/null
	ip link del t0
	expect "throw 192.168.7.0/24" "$(ours)" "this test"
	run undo "$kind" t0 > /dev/null
	[ -z "$(ours)" ] || die "left behind without a link: $(ours)"
	links t0
	run set "$kind" t0 "${full[@]}" > /dev/null
	ip link del t0
	links t5 t0
	run set "$kind" t0 "${full[@]}" > /dev/null
	[ "$(ours | grep -c 'throw 192.168.7.0/24')" = 1 ] ||
		die "two throw entries: $(ours)"
	[ "$(ip rule | grep -c 'proto 84')" = 4 ] || die "$(ip rule)"
}

case_no_ipv6()
{
	links t0
	sysctl -qw net.ipv6.conf.t0.disable_ipv6=1 || die "no sysctl"
	run set "$kind" t0 "${full[@]}" > /dev/null
	[ -z "$(ip -6 route show table 52)" ] || die "IPv6 routes"
	[ -z "$(ip -6 rule | grep 52)" ] || die "IPv6 rules"
	expect "$TAILNET_4.2 dev t0" "$(ours)" "IPv4"
}

line_within()	# seconds pattern: of the watcher
{
	local line

	while read -r -t "$1" -u "${watcher[0]}" line; do
		# shellcheck disable=SC2053 # a pattern
		[[ $line == $2 ]] && return
	done
	die "no line \"$2\" from the watcher"
}

case_restored()
{
	local want i

	links t0
	lan l0 192.168.7.1/24
	# shellcheck disable=SC2093 # in a process of its own
	coproc watcher { exec "$driver" watch "$kind" t0 "${full[@]}"; }
	line_within 30 "ready *"
	want=$(steady)
	ip rule del pref 5270
	line_within 30 "repaired 1"
	becomes "$want" "rule not restored"
	ip -6 rule del pref 5210
	line_within 30 "repaired 1"
	becomes "$want" "IPv6 rule not restored"
	ip route del 10.9.0.0/16 table 52
	line_within 30 "repaired 1"
	becomes "$want" "route not restored"
	ip route del throw 192.168.7.0/24 table 52
	line_within 30 "repaired 1"
	becomes "$want" "throw entry not restored"
	ip -6 route del $TAILNET_6:2/128 table 52
	line_within 30 "repaired 1"
	becomes "$want" "IPv6 route not restored"
	ip addr del $TAILNET_4.1/32 dev t0
	line_within 30 "repaired [1-9]*"
	becomes "$want" "address not restored"
	ip link set t0 down
	line_within 30 "repaired [1-9]*"
	becomes "$want" "link that was down not restored"
	# Somebody fights: the burst ends, then it is slow. A slow machine gets
	# new tokens meanwhile, so the end is not always after ten.
	for ((i = 0; i < 60; i++)); do
		ip rule del pref 5270
		read -r -t 2 -u "${watcher[0]}" || break
	done
	[ $i -lt 60 ] || die "no end to the burst"
	line_within 30 "repaired 1"
	# News of the host, and no news.
	ip addr add 192.168.8.1/24 dev l0
	line_within 30 "host changed"
	ip addr del 192.168.8.1/24 dev l0
	line_within 30 "host changed"
	ip route add 198.51.100.0/24 dev l0
	ip rule add pref 99 lookup 99
	read -r -t 2 -u "${watcher[0]}" && die "a route of others is no news"
	ip link del t0
	line_within 30 "link gone"
	# shellcheck disable=SC1083 # names a descriptor
	exec {watcher[1]}>&-
	wait
}

case_many()
{
	local out

	links t0
	out=$(run set "$kind" t0 self=$TAILNET_4.1/32 many=10000)
	[ "$(ip route show table 52 | wc -l)" = 9999 ] || die "routes: $out"
	run set "$kind" t0 self=$TAILNET_4.1/32 many=10002 > /dev/null
	[ "$(ip route show table 52)" = \
		"100.64.0.0/10 dev t0 proto 84 scope link " ] ||
		die "not coalesced"
	run undo "$kind" t0 > /dev/null
	[ -z "$(ours)" ] || die "left behind"
}

cases="set_undo crash crash_in_change take_back exit_node foreign_route
	two_instances orphans no_ipv6 restored many"

if [ "${2:-}" = case ]; then
	kind=$4
	exec 3>&1 > /dev/null
	ip link set lo up
	"case_$3"
	exit
fi

probe()	# kind
{
	unshare -n ip link add probe0 type "$1" 2> /dev/null
}

unshare -n true 2> /dev/null ||
	{ echo "skip netns-rtnl - cannot make network namespaces"; exit 0; }
for kind in ${LINK_KIND:-dummy ifb} none; do
	probe "$kind" && break
done
[ "$kind" != none ] ||
	{ echo "skip netns-rtnl - no kind of link to play the tailnet's"; exit 0; }

failed=0
for name in $cases; do
	[ -z "${ONLY_CASE:-}" ] || [ "$ONLY_CASE" = "$name" ] || continue
	if reason=$(unshare -n "$self" "$driver" case "$name" "$kind" 2>&1); then
		echo "ok netns-rtnl-$name"
	else
		echo "not ok netns-rtnl-$name - $(tr '\n' ' ' <<< "$reason")"
		failed=1
	fi
done
exit $failed
