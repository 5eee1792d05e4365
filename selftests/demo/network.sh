#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Two machines that know nothing of each other but a control server's address
# join its network and talk; then an agent is killed in the middle of it. Needs
# root; leaves nothing behind. "make demo" runs it in a machine of its own.

set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/hub.sh"
HUB=hub ALICE=alice BOB=bob
demo_begin

login_url() { ctl logins | grep -o 'http[^ ]*' | head -n 1; }
has_login() { [[ -n $(login_url) ]]; }

say "${BOLD}tailnet: two machines join a network$OFF" \
	"" \
	"Three hosts, here namespaces of a machine that runs Linux $(uname -r):" \
	"" \
	"   hub     a control server (the one of the tests, with a certificate of its own)" \
	"   alice   tailnet.ko, tailnetd; has an auth key" \
	"   bob     tailnet.ko, tailnetd; a person will let it in"

hub_wire $ALICE $BOB

step "A control server, with TLS"
# shellcheck disable=SC2119
hub_serve
ctl authkey add | grep -o '[^ ]*auth[^ ]*' | head -n 1 >"$DIR/auth.key"
say "   It listens at $URL. alice was given an auth key, in the file auth.key."

step "Each machine needs a line of configuration and the agent"
for h in $ALICE $BOB; do hub_agent "$h"; done

step "alice joins by its key"
on $ALICE "tailnet up --login-server $URL --auth-key file:auth.key --hostname alice"
on $ALICE "tailnet ip"

step "bob asks for a login, and a person opens the page"
show $BOB "tailnet up --login-server $URL --hostname bob"
quiet $BOB tailnet up --login-server $URL --hostname bob >"$DIR/up.log" 2>&1 &
UP=$!
until_ok 30 "a login page" has_login
until_ok 10 "its address" grep -q http "$DIR/up.log"
grep -E 'http|authenticate|visit' "$DIR/up.log" | sed 's/^/          /'
say "                                         ... the person logs in ..."
ctl login-finish "$(login_url)" >/dev/null
wait $UP
on $BOB "tailnet ip -4"

step "They know each other, and talk"
until_ok 30 "a peer" knows_peers $ALICE 1
until_ok 30 "a peer" knows_peers $BOB 1
A=$(ip4 $ALICE) B=$(ip4 $BOB)
on $ALICE "tailnet status"
on $ALICE "ping -c 3 -i 0.2 -w 20 $B"
rate $BOB $ALICE "$A"

step "bob's agent is killed in the middle of a transfer"
server_of $ALICE "$A"
show $BOB "iperf3 -c $A -t 8 &"
quiet $BOB iperf3 -J -c "$A" -t 8 >"$DIR/iperf.json" &
LOAD=$!
show $ALICE "ping -i 0.01 -c 500 $B &"
quiet $ALICE ping -n -i 0.01 -c 500 -W 5 "$B" >"$DIR/ping.log" 2>&1 &
PING=$!
sleep 2
on $BOB "kill -KILL $(<"$DIR/bob.pid")"
sleep 3
start $BOB "tailnetd"
until_ok 30 "bob to be up again" running $BOB
wait $PING || :
wait $LOAD
grep transmitted "$DIR/ping.log" | sed 's/^/          /'
jq -r '.intervals | map(.sum.bits_per_second / 1e6 | floor | tostring) |
	"          Mbit/s, second by second: " + join(" ")' "$DIR/iperf.json"
on $BOB "tailnet status"

step "bob leaves; nothing of it remains"
on $BOB "tailnet down"
on $BOB "tailnet status || true"
on $BOB "ip -brief addr show dev tailnet0; ip route show table 52"
