#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# guest: timeout=500 own=yes
#
# Tailnet lock: who is admitted, by which keys, and what becomes of the others.
. "$(dirname "$0")/../lib/lib.sh"
need_ours

LOCKCTL=$TESTS_DIR/netns/build/lockctl
[[ -x $LOCKCTL ]] || make -s -C "$TESTS_DIR/netns" build/lockctl >"$WORK/make.log" 2>&1 ||
	fail "building lockctl: $(tail -3 "$WORK/make.log")"

lock() { ns 1 "$LOCKCTL" tn1 "$@" >"$WORK/lock.log" || fail "lockctl $*: $(<"$WORK/lock.log")"; }
# refused ERROR ARGUMENTS...
refused() {
	if ns 1 "$LOCKCTL" tn1 "${@:2}" >"$WORK/lock.log"; then fail "lockctl ${*:2} is taken"; fi
	grep -q "^error $1 ." "$WORK/lock.log" || fail "lockctl ${*:2}: $(<"$WORK/lock.log")"
}
get() { ns 1 "$LOCKCTL" tn1 get | tr ' ' '\n' | sed -n "s/^$1=//p"; }
# the next set of keys
GEN=0
keys_are() { GEN=$((GEN + 1)); lock set $GEN "$@"; }
sign() { lock peer "$PUB_2" "$@"; }
verdict() { ns 1 "$LOCKCTL" tn1 verdict "${1:-$PUB_2}"; }
expect_verdict() { expect_eq "verdict" "$(verdict "${2:-$PUB_2}")" "$1"; }
drops() { nswg 1 stats tn1 | awk -v r="$1" '$1 == r { print $2 }'; }
more_drops() { (($(drops "$1") > $2)); }
events() { grep -c "^event $1" "$WORK/watch.log" || :; }
has_events() { (($(events "$1") >= $2)); }
# an event that comes after so many others of its kind
expect_event() { wait_for 10 "event $1" has_events "$1" $(($2 + 1)); }
no_session() { [[ $(nswg 1 show tn1 latest-handshakes | awk -v p="$PUB_2" '$1 == p { print $2 }') == 0 ||
	$(ns 1 "$TESTS_DIR/netns/build/peerctl" tn1 get "$PUB_2") == *state=0* ]]; }
allowed() { nswg 1 show tn1 allowed-ips | awk -v p="$PUB_2" -F'\t' '$1 == p { print $2 }'; }
forget() {
	nsip "$1" link set "$2" down
	nsip "$1" link set "$2" up
}

# expect_out: listed, its addresses kept, but nothing goes either way
expect_out() {
	expect_eq "allowed IPs" "$(allowed)" "$ALLOWED"
	wait_for 5 "the session to be wiped" no_session
	local sent hs
	sent=$(peer_tx 1 tn1 "$PUB_2")
	ping_none 1 $A2
	hs=$(drops hs-not-admitted)
	forget 2 tn2
	ping_none 2 $A1
	wait_for 10 "hs-not-admitted to count" more_drops hs-not-admitted "$hs"
	expect_eq "bytes sent to the peer" "$(peer_tx 1 tn1 "$PUB_2")" "$sent"
}

expect_in() {
	expect_eq "allowed IPs" "$(allowed)" "$ALLOWED"
	ping_once 1 $A2
	ping_once 2 $A1
}

make -s -C "$TESTS_DIR/netns" build/peerctl >"$WORK/make.log" 2>&1 || fail "$(tail -3 "$WORK/make.log")"
bench_up
endpoints 127.0.0.1 127.0.0.1
bg watch ns 1 "$LOCKCTL" tn1 watch
wait_for 10 "the watcher" grep -q ready "$WORK/watch.log"
ALLOWED=$(allowed)
ping_once 1 $A2
OTHER=$(wg genkey | wg pubkey)
THIRD=$(wg genkey | wg pubkey)

case_ "off: nothing is different"
expect_eq on "$(get on)" 0
expect_eq generation "$(get generation)" 0
expect_verdict off
sign direct alice
expect_verdict off
expect_eq "signatures checked" "$(get checked)" 0
sign none
refused ENOENT off 1 local
ping_all 1 $A2 10

case_ "on with no keys: nobody"
n=$(events refused)
keys_are
expect_event refused "$n"
has_events "lock-on generation=1 keys=0 reason=0" 1 || fail "no event"
expect_eq on "$(get on)" 1
expect_verdict unsigned
expect_out

case_ "generations only go up"
refused ESTALE set 1 alice
refused ESTALE set 1
keys_are alice
refused ESTALE set 1 alice bob
expect_eq keys "$(get keys)" 1
has_events "lock-changed generation=2 keys=1" 1 || fail "no event"
expect_out

case_ "a signature by a trusted key"
n=$(events admitted)
sign direct alice
expect_event admitted "$n"
expect_verdict admitted
expect_eq "signatures checked" "$(get checked)" 1
expect_in

case_ "again, and under other keys: nothing is checked twice"
n=$(events refused)
sign direct alice
keys_are bob alice
keys_are alice carol dave
expect_eq "signatures checked" "$(get checked)" 1
expect_eq "refusals" "$(events refused)" "$n"
expect_in

case_ "the key is not trusted any more, under traffic"
bg there ns 1 ping -q -f -W 1 $A2
p1=$BG_PID
bg back ns 2 ping -q -f -W 1 $A1
p2=$BG_PID
n=$(events refused)
keys_are bob
expect_verdict untrusted
expect_event refused "$n"
grep -q "^event refused $PUB_2 untrusted" "$WORK/watch.log" || fail "the event does not say why"
stop $p1 INT
stop $p2 INT
expect_out

case_ "and is again: the same peer goes on, with its addresses"
keys_are alice bob
expect_verdict admitted
expect_in

case_ "bad signatures"
for s in "direct alice flip:signature" "direct mallory:untrusted" \
	"chain alice wrap $OTHER flip:rotation" "chain mallory wrap $OTHER:untrusted" \
	"credential alice guest flip:rotation"; do
	# shellcheck disable=SC2086
	sign ${s%:*}
	expect_verdict "${s##*:}"
done
expect_out
# only its inside is another than that of the one before
sign chain alice wrap "$OTHER"
expect_verdict admitted
sign chain alice wrap "$OTHER" flip-inner
expect_verdict signature
sign direct alice
expect_in

case_ "no signature"
sign none
expect_verdict unsigned
expect_out

case_ "a signature of another peer's key"
nswg 1 set tn1 peer "$OTHER" allowed-ips 10.9.9.9/32
expect_verdict unsigned "$OTHER"
lock peer "$OTHER" chain alice wrap "$PUB_2"
expect_verdict admitted "$OTHER"

case_ "which says that this one was rotated away"
sign direct alice
expect_verdict obsolete
expect_out
case_ "until it does not say so any more"
lock peer "$OTHER" none
expect_verdict admitted
expect_in
lock peer "$OTHER" chain alice wrap "$PUB_2"
expect_verdict obsolete
case_ "or is not believed any more"
keys_are alice bob
lock peer "$OTHER" chain bob wrap "$PUB_2"
expect_verdict obsolete
keys_are alice
expect_verdict untrusted "$OTHER"
expect_verdict admitted
keys_are alice bob
expect_verdict obsolete
lock peer "$OTHER" chain bob wrap "$PUB_2" flip
expect_verdict rotation "$OTHER"
expect_verdict admitted
keys_are alice
nswg 1 set tn1 peer "$OTHER" remove
expect_verdict admitted
expect_in

case_ "two rotations of one node contradict each other"
nswg 1 set tn1 peer "$OTHER" allowed-ips 10.9.9.9/32
sign chain alice wrap "$THIRD"
expect_verdict admitted
lock peer "$OTHER" chain alice wrap "$THIRD"
expect_verdict obsolete
expect_verdict obsolete "$OTHER"
expect_out
case_ "the longer one wins"
lock peer "$OTHER" chain alice wrap "$THIRD" "$PUB_1"
expect_verdict obsolete
expect_verdict admitted "$OTHER"
nswg 1 set tn1 peer "$OTHER" remove
expect_verdict admitted
expect_in

case_ "the agent remembers that it was rotated away"
sign obsolete
expect_verdict obsolete
expect_out
sign direct alice
expect_verdict obsolete
keys_are alice
expect_verdict obsolete
case_ "and that of a peer without a signature"
sign none
expect_verdict unsigned
sign unsigned
expect_verdict obsolete
sign not-unsigned
sign direct alice
expect_verdict obsolete
sign not-obsolete
expect_verdict admitted
expect_in

case_ "a delegated signature"
sign credential alice guest
expect_verdict admitted
expect_in

case_ "which lets in more than one node"
nswg 1 set tn1 peer "$OTHER" allowed-ips 10.9.9.9/32
lock peer "$OTHER" credential alice guest
expect_verdict admitted "$OTHER"
expect_verdict admitted
case_ "a rotation elsewhere by the same key is not one of its node"
lock peer "$OTHER" chain alice guest "$THIRD"
expect_verdict admitted "$OTHER"
expect_verdict admitted
sign direct alice guest
expect_verdict admitted
nswg 1 set tn1 peer "$OTHER" remove

case_ "peer API only: a session, but no address"
sign none
sign unsigned
expect_verdict peer-api
expect_eq "allowed IPs" "$(allowed)" "$ALLOWED"
# what says nothing of it leaves it as it is
nswg 1 set tn1 peer "$PUB_2" persistent-keepalive 25
expect_verdict peer-api
nswg 1 set tn1 peer "$PUB_2" persistent-keepalive off
ping_none 1 $A2
forget 2 tn2
ping_none 2 $A1
new_handshake() { [[ $(ns 1 "$TESTS_DIR/netns/build/peerctl" tn1 get "$PUB_2") == *state=2* ]]; }
wait_for 10 "a session" new_handshake
more_drops rx-source 0 || fail "rx-source does not count"
sign not-unsigned
expect_verdict unsigned
expect_out

case_ "a new peer is refused from the start"
n=$(events refused)
nswg 1 set tn1 peer "$PUB_2" remove
nswg 1 set tn1 peer "$PUB_2" preshared-key "$WORK/psk" allowed-ips "$A2/32,$B2/128" \
	endpoint "127.0.0.1:$P2"
expect_event refused "$n"
expect_verdict unsigned
expect_out
sign direct alice
expect_in

case_ "link down and up"
keys_are
nsip 1 link set tn1 down
nsip 1 link set tn1 up
expect_out
keys_are alice
expect_in

case_ "with a keepalive"
nswg 1 set tn1 peer "$PUB_2" persistent-keepalive 1
keys_are
expect_out
tx0=$(peer_tx 1 tn1 "$PUB_2")
said() { (($(peer_tx 1 tn1 "$PUB_2") > tx0)); }
nswg 1 set tn1 peer "$PUB_2" persistent-keepalive 2
never_within 3000 said || fail "it is spoken to"
nswg 1 set tn1 peer "$PUB_2" persistent-keepalive 1
# the other side asks no more
forget 2 tn2
rx0=$(peer_rx 1 tn1 "$PUB_2")
keys_are alice
spoke() { (($(peer_rx 1 tn1 "$PUB_2") > rx0)); }
wait_for 10 "it to speak by itself" spoke
nswg 1 set tn1 peer "$PUB_2" persistent-keepalive 0

case_ "off only by its own command, and only of the keys in force"
refused ESTALE off $((GEN - 1)) local
refused EINVAL off $GEN nothing
keys_are
expect_out
n=$(events admitted)
lock off $GEN local
has_events "lock-off generation=$GEN keys=0 reason=2" 1 || fail "no event"
expect_event admitted "$n"
expect_eq on "$(get on)" 0
expect_verdict off
expect_in
refused ENOENT off $GEN local
refused ESTALE set $GEN alice

case_ "512 keys and not one more"
# shellcheck disable=SC2046
keys_are $(seq 511) alice
expect_eq keys "$(get keys)" 512
expect_verdict admitted
# shellcheck disable=SC2046
refused E2BIG set $((GEN + 1)) $(seq 513)
expect_eq keys "$(get keys)" 512

case_ "counts"
expect_eq admitted "$(get admitted)" 1
expect_eq unsigned "$(get unsigned)" 0
keys_are bob
expect_eq admitted "$(get admitted)" 0
expect_eq untrusted "$(get untrusted)" 1

case_ "a device of its own"
nswg 1 set tn1 peer "$PUB_2" remove
expect_eq untrusted "$(get untrusted)" 0
expect_eq on "$(ns 2 "$LOCKCTL" tn2 get | tr ' ' '\n' | sed -n 's/^on=//p')" 0

case_ "recorded signatures"
lock vectors "${VECTORS:-$TESTS_DIR/vectors}"
note "$(tail -1 "$WORK/lock.log")"

case_ "recorded tables"
lock filter "${VECTORS:-$TESTS_DIR/vectors}"
note "$(tail -1 "$WORK/lock.log")"

case_ "the device goes while the lock is on"
nswg 1 set tn1 peer "$PUB_2" allowed-ips $A2/32
sign direct bob
nsip 1 link del tn1
