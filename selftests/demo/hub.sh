# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# A control server, which is the one of the tests, and hosts on a wire with it;
# sourced after lib.sh.

HUB=hub
CONTROL=$(cd "$(dirname "${BASH_SOURCE[0]}")/../control/build" && pwd)
URL=https://192.0.2.1

ctl() { quiet $HUB "$CONTROL/ctl" -s "$DIR/admin" "$@"; }

# hub_wire HOST...: all of them at a bridge in the hub
hub_wire() {
	local h n=1

	host_add $HUB
	ip -n $HUB link add wire type bridge
	ip -n $HUB addr add 192.0.2.1/24 dev wire
	ip -n $HUB link set wire up
	for h; do
		n=$((n + 1))
		host_add "$h"
		ip -n $HUB link add "to-$h" type veth peer name eth0 netns "$h"
		ip -n $HUB link set "to-$h" master wire up
		ip -n "$h" addr add 192.0.2.$n/24 dev eth0
		ip -n "$h" link set eth0 up
		ip -n "$h" route add default via 192.0.2.1
	done
}

# hub_serve [options of tn-control]
hub_serve() {
	mkdir "$DIR/ca"
	quiet $HUB "$CONTROL/tn-control" --make-ca "$DIR/ca" 192.0.2.1 >/dev/null
	quiet $HUB "$CONTROL/tn-control" --listen 192.0.2.1:80 \
		--listen-tls 192.0.2.1:443 --cert "$DIR/ca/server.pem" \
		--key "$DIR/ca/server.key" --url $URL --admin "$DIR/admin" \
		--mode headscale --domain demo.net "$@" >"$DIR/hub.log" 2>&1 &
	until_ok 30 "the control server" ctl nodes
}

# hub_agent HOST
hub_agent() {
	on "$1" "echo ControlCAFile=$DIR/ca/ca.pem > /etc/tailnet/tailnetd.conf"
	start "$1" "tailnetd"
	until_ok 30 "the agent" listening "$1"
}

listening() { quiet "$1" tailnet status --json; }
running() { [[ $(quiet "$1" tailnet status --json | jq -r .BackendState) == Running ]]; }
knows_peers() { [[ $(quiet "$1" tailnet status --json | jq '.Peer | length') == "$2" ]]; }
ip4() { quiet "$1" tailnet ip -4; }
