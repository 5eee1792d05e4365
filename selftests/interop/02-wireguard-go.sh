#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# guest: timeout=400 mem=1536
#
# Against the userspace implementation in Go.
. "$(dirname "$0")/../lib/lib.sh"
. "$(dirname "$0")/../lib/interop.sh"
need_cmd wg wireguard-go iperf3 jq tcpdump
[[ -c /dev/net/tun ]] || modprobe tun 2>/dev/null || :
[[ -c /dev/net/tun ]] || skip "no /dev/net/tun"

# In the foreground, or it would fork away from us. Its control socket is in the
# file system, which all namespaces share; the stock tool finds it by name.
GO_PID=
other_add() {
	bg wireguard-go ns 2 env LOG_LEVEL=error WG_PROCESS_FOREGROUND=1 wireguard-go -f tn2
	GO_PID=$BG_PID
	wait_for 20 "wireguard-go" test -S /var/run/wireguard/tn2.sock
	wait_for 20 "its device" nsip 2 link show tn2
}
other_gone() { ! nsip 2 link show tn2; }
other_del() {
	[[ -n $GO_PID ]] || return 0
	stop "$GO_PID"
	GO_PID=
	wait_for 10 "wireguard-go to end" other_gone
	rm -f /var/run/wireguard/tn2.sock
}
other() { stock_wg 2 "$@"; }
other_stall() {
	kill -STOP "$GO_PID"
	sleep 1.2
	kill -CONT "$GO_PID"
}
at_exit other_del

# so that its socket holds a whole pulse
rmem=$(sysctl -n net.core.rmem_default)
at_exit sysctl -q -w net.core.rmem_default="$rmem"
sysctl -q -w net.core.rmem_default=4194304

interop_up
interop_sessions
interop_mtu
interop_keepalive
interop_roaming
interop_keys
interop_restart
interop_cookie
