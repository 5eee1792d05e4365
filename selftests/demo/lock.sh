#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Three machines under a tailnet lock, and a control server that adds a fourth of
# its own. Needs root; leaves nothing behind. "make demo" runs it in a machine of
# its own.
# shellcheck disable=SC2016 # the shell of the host expands these

set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/hub.sh"
ALICE=alice BOB=bob CAROL=carol
demo_begin

lock() { quiet "$1" tailnet lock status --json | jq -r "$2"; }
locked() { [[ $(lock "$1" .Enabled) == "$2" ]]; }
refuses() { [[ $(lock "$1" '.FilteredPeers | length') == "$2" ]]; }
reaches() { quiet "$1" ping -n -c 1 -W 1 "$2"; }
join() {
	on "$1" "tailnet up --login-server $URL --auth-key file:auth.key --hostname $1"
}

say "${BOLD}tailnet: a network with a lock$OFF" \
	"" \
	"Three machines and a control server that cannot be trusted. Who is let in has to" \
	"be signed by a key that alice has chosen; the module checks it for each peer." \
	"The control server has no such key."

hub_wire $ALICE $BOB $CAROL
hub_serve --lock
ctl authkey add --reusable | grep -o '[^ ]*auth[^ ]*' | head -n 1 >"$DIR/auth.key"

step "alice and bob join, and alice turns the lock on"
for h in $ALICE $BOB; do
	hub_agent "$h"
	join "$h"
done
until_ok 30 "a peer" knows_peers $ALICE 1
lock $BOB .PublicKey >"$DIR/bob.key"
lock $ALICE .PublicKey >"$DIR/alice.key"
on $ALICE 'tailnet lock init --confirm $(cat alice.key bob.key) > init.txt'
grep -o 'disablement-secret:[0-9A-F]*' "$DIR/init.txt" | head -n 1 >"$DIR/secret"
sed 's/\(disablement-secret:....\)[0-9A-F]*/\1.../; s/^/          /' "$DIR/init.txt"
for h in $ALICE $BOB; do until_ok 30 "the lock" locked "$h" true; done
B=$(ip4 $BOB)
on $ALICE "ping -c 2 -i 0.2 -w 20 $B"

step "The control server adds a machine of its own"
ctl synth 1 >/dev/null
until_ok 30 "it to be refused" refuses $BOB 1
on $BOB "tailnet lock status"

step "carol joins, with a good auth key; that is not enough"
hub_agent $CAROL
join $CAROL
until_ok 30 "the lock" locked $CAROL true
until_ok 30 "carol to be refused" refuses $BOB 2
C=$(ip4 $CAROL)
on $CAROL "ping -c 1 -W 1 $B || true"
on $CAROL "tailnet status"

step "alice signs carol"
lock $CAROL '.NodeKey' >"$DIR/carol.nodekey"
lock $CAROL '.PublicKey' >"$DIR/carol.key"
on $ALICE 'tailnet lock sign $(cat carol.nodekey carol.key)'
until_ok 30 "carol to be let in" reaches $CAROL "$B"
on $CAROL "ping -c 2 -i 0.2 -w 20 $B"
on $BOB "ping -c 2 -i 0.2 -w 20 $C"

step "Who has a disablement secret turns the lock off, for everyone"
on $ALICE 'tailnet lock disable $(cat secret)'
for h in $ALICE $BOB $CAROL; do until_ok 30 "the lock to be off" locked "$h" false; done
on $BOB "tailnet lock status | head -n 1"
