#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Namespaces die when their last user goes, devices, sockets and cached routes
# of ours notwithstanding, in whatever order; the module can go afterwards.
. "$(dirname "$0")/../lib/lib.sh"
need_kind veth
need_kind "$LINK_TYPE"

# A veth end in a namespace disappears with it, and so does the other end: the
# one sure sign, seen from outside, that a namespace is really gone.
ns_add watch
canary() { nsip watch link add "w$1" type veth peer name canary netns "$(nsname "$1")"; }
alive() { nsip watch link show "w$1" >/dev/null 2>&1; }
dead() { ! alive "$1"; }

three() {
	ns_add 0 1 2
	dev_add 0 tn1
	dev_add 0 tn2
	dev_move 0 tn1 1
	dev_move 0 tn2 2
	bench_config
	endpoints 127.0.0.1 127.0.0.1
	ping_once 1 $A2
	canary 0
	canary 1
	canary 2
}

# a debug kernel, where each death takes its time, gets every first one once
ORDERS=("0 1 2" "1 2 0" "2 1 0")
! whole || ORDERS+=("0 2 1" "1 0 2" "2 0 1")
for order in "${ORDERS[@]}"; do
	case_ "sockets in 0, devices in 1 and 2, deleted in the order $order"
	three
	for n in $order; do
		alive "$n" || fail "namespace $n is gone already"
		ns_del "$n"
		wait_for 20 "namespace $n to die" dead "$n"
	done
done

case_ "a device without its sockets' namespace"
three
ns_del 0
wait_for 20 "namespace 0 to die" dead 0
ping_none 1 $A2
nsip 1 link show tn1 >/dev/null
nswg 1 show tn1 >/dev/null
nsip 1 link set tn1 down
nsip 1 link set tn1 up 2>/dev/null || :
nswg 1 set tn1 listen-port 1234 2>/dev/null || :
nswg 1 set tn1 peer "$PUB_2" persistent-keepalive 1 remove
nsip 1 link del tn1
ns_del 1
ns_del 2
wait_for 20 "namespace 1 to die" dead 1
wait_for 20 "namespace 2 to die" dead 2

case_ "two namespaces that hold each other's sockets"
ns_add a b
dev_add a x1
dev_add b x2
dev_move a x1 b
dev_move b x2 a
keys 1 2
nswg b set x1 private-key "$WORK/1.key" listen-port 1000 peer "$PUB_2" \
	allowed-ips 0.0.0.0/0 endpoint 127.0.0.1:2000 persistent-keepalive 1
nswg a set x2 private-key "$WORK/2.key" listen-port 2000 peer "$PUB_1" \
	allowed-ips 0.0.0.0/0 endpoint 127.0.0.1:1000 persistent-keepalive 1
nsip b link set x1 up
nsip a link set x2 up
canary a
canary b
ns_del a
wait_for 20 "namespace a to die" dead a
ns_del b
wait_for 20 "namespace b to die" dead b

# Cached routes hold devices of the namespace that the packets leave by. The
# device lives on elsewhere and would hold them for ever.
case_ "cached routes through a namespace that dies"
ns_add 0 1 2
veth 0 v0 2 v2
nsip 0 addr add 10.0.0.1/24 dev v0
nsip 2 addr add 10.0.0.2/24 dev v2
nsip 0 addr add fd00::1/64 dev v0 nodad
nsip 2 addr add fd00::2/64 dev v2 nodad
dev_add 0 tn1
dev_move 0 tn1 1
dev_add 2 tn2
bench_config
nswg 1 set tn1 peer "$PUB_2" endpoint "[fd00::2]:$P2"
ping_once 1 $A2
nswg 1 set tn1 peer "$PUB_2" endpoint 10.0.0.2:$P2
ping_once 1 $A2
bg flood ns 1 ping -q -f -W 1 $A2
canary 0
ns_del 0
wait_for 20 "namespace 0 to die" dead 0
stop "$BG_PID" INT
nsip 1 link show tn1 >/dev/null
ns_del 1
ns_del 2

case_ "namespaces with traffic between them, all at once"
three
bg flood1 ns 1 ping -q -f -W 1 $A2
one=$BG_PID
bg flood2 ns 2 ping -q -f -W 1 $A1
two=$BG_PID
dels=()
for n in 1 2 0; do
	ns_del $n &
	dels+=($!)
done
wait "${dels[@]}"
stop "$one" INT
stop "$two" INT
for n in 0 1 2; do wait_for 20 "namespace $n to die" dead "$n"; done

case_ "the module can be removed and comes back"
if [[ -e /sys/module/$LINK_TYPE/refcnt ]]; then
	expect_eq "users of the module" "$(cat "/sys/module/$LINK_TYPE/refcnt")" 0
	modprobe -r "$LINK_TYPE"
	[[ ! -e /sys/module/$LINK_TYPE ]] || fail "the module is still there"
	need_kind "$LINK_TYPE"
else
	note "built into this kernel"
fi
