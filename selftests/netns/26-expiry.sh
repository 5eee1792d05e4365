#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# guest: timeout=300
#
# Keys that expire: the module itself cuts the peer off, by the wall clock and
# with nobody to help, whichever way the clock is stepped.
. "$(dirname "$0")/../lib/lib.sh"
need_ours

PEERCTL=$TESTS_DIR/netns/build/peerctl
[[ -x $PEERCTL ]] || make -s -C "$TESTS_DIR/netns" build/peerctl >"$WORK/make.log" 2>&1 ||
	fail "building peerctl: $(tail -3 "$WORK/make.log")"

# clock SECONDS: step; the way back is kept
OFFSET=0
clock() {
	date -s "@$(($(date +%s) + $1))" >/dev/null 2>"$WORK/date.err" ||
		skip "the clock cannot be set: $(<"$WORK/date.err")"
	OFFSET=$((OFFSET + $1))
}
at_exit 'date -s "@$(($(date +%s) - OFFSET))" >/dev/null'

# expire WHEN: tn1's peer, seconds from now, or never
expire() {
	local at=0

	[[ $1 == never ]] || at=$(($(date +%s) + $1))
	ns 1 "$PEERCTL" tn1 set "$PUB_2" expires $at >"$WORK/set.log" || fail "$(<"$WORK/set.log")"
	AT=$at
}
get() { ns 1 "$PEERCTL" tn1 get "$PUB_2" | tr ' ' '\n' | sed -n "s/^$1=//p"; }
drops() { nswg 1 stats tn1 | awk -v r="$1" '$1 == r { print $2 }'; }
more_drops() { (($(drops "$1") > $2)); }
expired_events() { grep -c "^event expired $PUB_2" "$WORK/watch.log" || :; }
has_expired() { (($(expired_events) >= $1)); }
no_session() { [[ $(get state) != 2 ]]; }
sent() { peer_tx 1 tn1 "$PUB_2"; }

# forget NS DEV: it loses its sessions and can begin one at once
forget() {
	nsip "$1" link set "$2" down
	nsip "$1" link set "$2" up
}

# expect_cut: no way in or out, counted, and nothing leaves towards the peer
expect_cut() {
	local tx

	wait_for 5 "the session to be wiped" no_session
	tx=$(drops tx-key-expired)
	sent0=$(sent)
	ping_none 1 $A2
	more_drops tx-key-expired "${tx:-0}" || fail "tx-key-expired does not count"
	hs=$(drops hs-key-expired)
	forget 2 tn2
	ping_none 2 $A1
	wait_for 10 "hs-key-expired to count" more_drops hs-key-expired "${hs:-0}"
	expect_eq "bytes sent to the peer" "$(sent)" "$sent0"
	no_session || fail "there is a session"
}

bench_up
endpoints 127.0.0.1 127.0.0.1
bg watch ns 1 "$PEERCTL" tn1 watch
wait_for 10 "the watcher" grep -q ready "$WORK/watch.log"
ping_once 1 $A2

case_ "values"
expect_eq "expires" "$(get expires)" 0
for at in 1 9223372036854775807; do
	ns 1 "$PEERCTL" tn1 set "$PUB_2" expires $at node 77
	expect_eq "expires" "$(get expires)" $at
done
expect_eq "node" "$(get node)" 77
wait_for 10 "the event" has_expired 1
if ns 1 "$PEERCTL" tn1 set "$PUB_2" expires -1 >"$WORK/set.log"; then fail "a negative time is taken"; fi
grep -q '^error ERANGE' "$WORK/set.log" || fail "$(<"$WORK/set.log")"
expect_eq "expires" "$(get expires)" 9223372036854775807
expire never
ping_once 1 $A2

case_ "setting it, ahead or never, does not touch the session"
time=$(handshake_time 1 tn1 "$PUB_2")
n=$(expired_events)
expire 3600
ping_all 1 $A2 10
expire never
ping_all 1 $A2 10
expire 7200
ping_all 2 $A1 10
expect_eq "handshake time" "$(handshake_time 1 tn1 "$PUB_2")" "$time"
expect_eq "events" "$(expired_events)" "$n"

case_ "time passes"
n=$(expired_events)
expire "$(slow 4)"
ping_all 1 $A2 5
wait_for 10 "the event" has_expired $((n + 1))
(($(date +%s) >= AT)) || fail "cut off before its time"
expect_cut
expect_eq "events" "$(expired_events)" $((n + 1))

case_ "extended: goes on without being added again"
expire 3600
ping_once 1 $A2
ping_all 2 $A1 10

case_ "data under way both ways when the time comes"
bg there ns 1 ping -q -f -W 1 $A2
p1=$BG_PID
bg back ns 2 ping -q -f -W 1 $A1
p2=$BG_PID
n=$(expired_events)
expire 2
wait_for 15 "the event" has_expired $((n + 1))
wait_for 5 "the session to be wiped" no_session
stop $p1 INT
stop $p2 INT
expect_cut

case_ "a time in the past at once"
expire never
ping_once 1 $A2
n=$(expired_events)
expire -5
wait_for 5 "the event" has_expired $((n + 1))
expect_cut
case_ "said again: nothing happens"
expire -100
expect_eq "events" "$(expired_events)" $((n + 1))
expire never
ping_once 1 $A2

case_ "the clock steps over it"
expire 86400
ping_all 1 $A2 5
n=$(expired_events)
clock 90000
wait_for 5 "the event" has_expired $((n + 1))
expect_cut

case_ "and back: let in by a packet of ours"
# so that the stamp of our next initiation is above the last one it has seen
nswg 2 set tn2 peer "$PUB_1" remove
nswg 2 set tn2 peer "$PUB_1" preshared-key "$WORK/psk" allowed-ips "$A1/32,$B1/128" \
	endpoint 127.0.0.1:$P1
clock -90000
ping_once 1 $A2
ping_all 2 $A1 10

case_ "over it again: the timer was armed again"
n=$(expired_events)
clock 90000
wait_for 5 "the event" has_expired $((n + 1))
expect_cut

case_ "and back: let in by a handshake of the peer"
# new to tn1, and silent, so that no stamp of the future is known of it
nsip 2 link set tn2 down
nswg 1 set tn1 peer "$PUB_2" remove
nswg 1 set tn1 peer "$PUB_2" preshared-key "$WORK/psk" allowed-ips "$A2/32,$B2/128"
ns 1 "$PEERCTL" tn1 set "$PUB_2" expires $(($(date +%s) - 5000))
wait_for 5 "the session to be wiped" no_session
clock -90000
nsip 2 link set tn2 up
ping_once 2 $A1
ping_all 1 $A2 10

case_ "steps that do not reach it"
time=$(handshake_time 1 tn1 "$PUB_2")
expire 1000000
n=$(expired_events)
for s in 86400 -86400 -86400 86400; do
	clock $s
	ping_all 1 $A2 5
done
expect_eq "events" "$(expired_events)" "$n"
expect_eq "handshake time" "$(handshake_time 1 tn1 "$PUB_2")" "$time"

case_ "link down and up, cut off all the while"
expire -5
nsip 1 link set tn1 down
nsip 1 link set tn1 up
expect_cut
expire never
ping_once 1 $A2

case_ "with a keepalive"
nswg 1 set tn1 peer "$PUB_2" persistent-keepalive 1
n=$(expired_events)
expire 2
wait_for 10 "the event" has_expired $((n + 1))
expect_cut
rx0=$(peer_rx 1 tn1 "$PUB_2")
expire never
spoke() { (($(peer_rx 1 tn1 "$PUB_2") > rx0)); }
wait_for 10 "it to speak by itself" spoke
nswg 1 set tn1 peer "$PUB_2" persistent-keepalive 0

case_ "an endpoint is taken away"
ns 1 "$PEERCTL" tn1 set "$PUB_2" no-endpoint
expect_eq "endpoint" "$(get endpoint)" 0
ping_none 1 $A2
endpoints 127.0.0.1 127.0.0.1
ping_once 1 $A2

case_ "removed, and the device deleted, while a time is set"
expire 2
nswg 1 set tn1 peer "$PUB_2" remove
nswg 1 set tn1 peer "$PUB_2" allowed-ips $A2/32
ns 1 "$PEERCTL" tn1 set "$PUB_2" expires $(($(date +%s) + 1))
nsip 1 link del tn1
