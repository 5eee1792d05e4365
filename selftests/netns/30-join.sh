#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# guest: smp=yes mem=1536
#
# Two agents join the network of a control server: one with an auth key, one by
# a person. Then an agent dies, comes back, and the packets do not notice.
. "$(dirname "$0")/../lib/lib.sh"
. "$(dirname "$0")/../lib/nodes.sh"

need_cmd python3

# up_by_hand: node 2 comes up, a person logs it in where "up" says
up_by_hand() {
	local up url

	rm -f "$WORK/up2.log"
	bg up2 ns 2 tailnet --socket "$WORK/2.sock" up --login-server "$URL" \
		--hostname two --timeout "$(slow 30)s"
	up=$BG_PID
	wait_for 10 "an address to log in at" grep -q http "$WORK/up2.log"
	expect_eq "state" "$(state 2)" NeedsLogin
	url=$(grep -o 'http[^ ]*' "$WORK/up2.log")
	ctl logins | grep -qF "$url" || fail "$url is none of: $(ctl logins)"
	ctl login-finish "$url"
	wait "$up" || fail "up: $(tail -3 "$WORK/up2.log")"
	expect_eq "state" "$(state 2)" Running
}
nodes_up 2 --verbose

case_ "agents start"
agent_start 1
agent_start 2
expect_eq "state" "$(state 1)" NeedsLogin

case_ "login with an auth key"
agent_join 1
expect_eq "state" "$(state 1)" Running

case_ "login by a person"
up_by_hand

case_ "peers"
wait_for 10 "a peer of node 1" peers_are 1 1
wait_for 10 "a peer of node 2" peers_are 2 1
A=$(ip4 1)
B=$(ip4 2)
[[ $A == 100.64.* && $B == 100.64.* && $A != "$B" ]] ||
	fail "addresses are $A and $B"

case_ "ping through the tunnel"
ping_once 1 "$B"
ping_once 2 "$A"
ping_all 1 "$B" 50
ping_all 2 "$A" 50

case_ "status knows the other"
expect_eq "host name" \
	"$(tn 1 status --json | jq -r '.Peer[].HostName')" two
tn 1 status >/dev/null

case_ "an agent dies under traffic and comes back"
before=$(nswg 1 show tailnet0 latest-handshakes)
(ping_all 2 "$A" 500 -i 0.02 >"$WORK/flow.log" 2>&1) &
FLOW=$!
sleep 1
agent_kill 1
sleep 2
agent_start 1
wait_for 20 "node 1 to be up again" state_is 1 Running
wait "$FLOW" || fail "packets were lost: $(tail -1 "$WORK/flow.log")"
expect_eq "handshakes" "$(nswg 1 show tailnet0 latest-handshakes)" "$before"
expect_eq "address" "$(ip4 1)" "$A"

case_ "the control server goes away"
ctl drop >/dev/null
ping_all 1 "$B" 20

case_ "down and up"
tn 1 down
wait_for 10 "node 1 to stop" state_is 1 Stopped
ping_none 2 "$A"
expect_eq "addresses of the link" "$(nsip 1 -j addr show tailnet0 |
	jq '[.[].addr_info[] | select(.scope == "global")] | length')" 0
[[ -z $(nsip 1 route show table 52) ]] || fail "routes are left"
expect_eq "peers" "$(n_peers 1)" 0
tn 1 up >"$WORK/up1.log" 2>&1 || fail "up: $(tail -3 "$WORK/up1.log")"
# Node 2 would go on for a quarter of a minute with a session that node 1 has not.
ping_once 1 "$B"
ping_once 2 "$A"

case_ "the device is deleted by hand"
nsip 1 link del tailnet0
wait_for 20 "node 1 to make it again" peers_are 1 1
ping_once 1 "$B"
ping_once 2 "$A"

case_ "an agent stops, the network stays"
agent_stop 1
ping_all 2 "$A" 20
agent_start 1
wait_for 20 "node 1 to be up again" state_is 1 Running

case_ "a new node key, by an auth key"
key_of() { tn "$1" status --json | jq -r .Self.PublicKey; }
renew() {
	tn 1 up --force-reauth --auth-key "$KEY" --login-server "$URL" \
		--hostname node1 --timeout "$(slow 30)s" >"$WORK/renew.log" 2>&1
}
KEY=$(ctl authkey add | grep -o '[^ ]*auth[^ ]*' | head -1)
before=$(key_of 1)
renew || fail "up: $(tail -3 "$WORK/renew.log")"
after=$(key_of 1)
[[ $after == nodekey:* && $after != "$before" ]] || fail "the key is $after"
expect_eq "address" "$(ip4 1)" "$A"
wait_for 20 "node 2 to have one peer" peers_are 2 1
ping_once 2 "$A"
! renew || fail "a key served twice"
grep -q "already used" "$WORK/renew.log" || fail "up: $(tail -3 "$WORK/renew.log")"
expect_eq "key" "$(key_of 1)" "$after"
ping_once 2 "$A"

case_ "a node is deleted"
ctl delete two
wait_for 20 "node 1 to have no peer" peers_are 1 0
wait_for 20 "node 2 to find out" state_is 2 NeedsLogin
up_by_hand
wait_for 20 "node 1 to have a peer again" peers_are 1 1
# What it had with node 1 serves no more: that has let go of its half.
expect_eq "last handshake" "$(nswg 2 show tailnet0 latest-handshakes | cut -f2)" 0
ping_once 2 "$A"

case_ "logout"
tn 1 logout
expect_eq "state" "$(state 1)" NeedsLogin
[[ -z $(nsip 1 route show table 52) ]] || fail "routes are left"

# ask N METHOD PATH [BODY]: of the LocalAPI, as other command lines do
ask() {
	python3 - "$WORK/$1.sock" "${@:2}" <<-'EOF'
	import http.client, socket, sys
	c = http.client.HTTPConnection("local-tailscaled.sock")
	c.sock = socket.socket(socket.AF_UNIX)
	c.sock.connect(sys.argv[1])
	c.request(sys.argv[2], "/localapi/v0/" + sys.argv[3], *sys.argv[4:])
	a = c.getresponse()
	print(a.read().decode())
	sys.exit(a.status >= 300)
	EOF
}

case_ "a login is asked for when the auth key has done it"
prefs=$(tn 1 debug prefs | jq -c '.WantRunning = true')
ask 1 POST start "{\"AuthKey\":\"$AUTH_KEY\",\"UpdatePrefs\":$prefs}"
wait_for 20 "node 1 to be in" state_is 1 Running
key=$(tn 1 status --json | jq -r .Self.PublicKey)
logins=$(ctl logins)
ask 1 POST login-interactive
never_within 2000 eval '[[ $(ctl logins) != "$logins" ]]' ||
	fail "a person shall log in: $(ctl logins)"
expect_eq "state" "$(state 1)" Running
expect_eq "key" "$(tn 1 status --json | jq -r .Self.PublicKey)" "$key"
# Once more it is meant.
ask 1 POST login-interactive
wait_for 20 "an address to log in at" eval '[[ $(ctl logins) != "$logins" ]]'
