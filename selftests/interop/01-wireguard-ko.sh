#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# guest: timeout=400
#
# Against the kernel's own WireGuard.
. "$(dirname "$0")/../lib/lib.sh"
. "$(dirname "$0")/../lib/interop.sh"
need_cmd wg iperf3 jq tcpdump
need_kind wireguard

other_add() { nsip 2 link add dev tn2 type wireguard; }
other_del() { nsip 2 link del dev tn2; }
other() { stock_wg 2 "$@"; }

interop_up
interop_sessions
interop_mtu
interop_keepalive
interop_roaming
interop_keys
interop_restart
interop_cookie
