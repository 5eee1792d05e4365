#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A packet that no peer can take is answered with ICMP at once, and the answer
# reaches the host that sent it, through source NAT as well.
. "$(dirname "$0")/../lib/lib.sh"
need_cmd python3
NAT_RULES='table inet nat {
	chain post {
		type nat hook postrouting priority 100;
		oifname "tn1" masquerade
	}
}'
need_nft "$NAT_RULES"

# 3 is a host behind 1, which forwards and masquerades into the tunnel
bench_veth
ns_add 3
veth 3 vh 1 vr
nsip 3 addr add 192.168.3.2/24 dev vh
nsip 1 addr add 192.168.3.1/24 dev vr
nsip 3 addr add fd03::2/64 dev vh nodad
nsip 1 addr add fd03::1/64 dev vr nodad
nsip 3 route add default via 192.168.3.1
nsip 3 -6 route add default via fd03::1
sysctl_ns 1 net.ipv4.ip_forward=1
sysctl_ns 1 net.ipv6.conf.all.forwarding=1
# more answers than the usual allowance are wanted in a short time
sysctl_ns 1 net.ipv4.icmp_ratelimit=0
sysctl_ns 1 net.ipv6.icmp.ratelimit=0
ns 1 nft -f - <<<"$NAT_RULES"
nsip 1 route add 10.90.0.0/16 dev tn1
nsip 1 -6 route add fd90::/64 dev tn1

# unreachable NS ADDR FROM: ping says that FROM answered "unreachable"
unreachable() {
	local out

	out=$(ns "$1" ping -n -c 2 -i 0.2 -W 1 "$2" 2>&1) || :
	grep -q "^From $3 .*[Uu]nreachable" <<<"$out" || fail "ping $2 said: ${out//$'\n'/; }"
}

case_ "no peer has the address, own packet"
unreachable 1 10.90.0.5 $A1
unreachable 1 fd90::5 $B1
case_ "no peer has the address, forwarded through NAT"
unreachable 3 10.90.0.5 192.168.3.1
unreachable 3 fd90::5 fd03::1

nswg 1 set tn1 peer "$PUB_2" allowed-ips "$A2/32,$B2/128,10.90.0.0/16,fd90::/64"
case_ "peer without an endpoint, own packet"
unreachable 1 10.90.0.5 $A1
unreachable 1 fd90::5 $B1
case_ "peer without an endpoint, forwarded through NAT"
unreachable 3 10.90.0.5 192.168.3.1
unreachable 3 fd90::5 fd03::1

case_ "a program's send fails with a reason"
cat >"$WORK/send.py" <<'PY'
import errno, socket, sys

sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.setsockopt(socket.IPPROTO_IP, 11, 1)  # IP_RECVERR
sock.settimeout(5)
sock.connect((sys.argv[1], 9))
try:
    sock.send(b"x")
    sock.recv(1)
except OSError as e:
    print(errno.errorcode.get(e.errno, e))
PY
got=$(ns 3 python3 -IS "$WORK/send.py" 10.90.0.5)
expect_eq "error" "$got" EHOSTUNREACH

case_ "packets of other protocols are refused without ICMP"
errors=$(link_stat 1 tn1 tx_errors)
cat >"$WORK/raw.py" <<'PY'
import socket, sys

sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM)
for proto, data in ((0x0806, bytes(28)), (0x0800, b"\x60" + bytes(40)), (0x86dd, b"\x45" + bytes(60)),
                    (0x0800, b"\x45"), (0x86dd, b"\x60" + bytes(8)), (0x88cc, bytes(64))):
    try:
        sock.sendto(data, (sys.argv[1], proto))
    except OSError:
        pass
PY
ns 1 python3 -IS "$WORK/raw.py" tn1
(($(link_stat 1 tn1 tx_errors) > errors)) || fail "nothing was counted as a transmit error"

case_ "with an endpoint it is delivered"
nswg 1 set tn1 peer "$PUB_2" endpoint 10.0.0.2:$P2
nsip 2 addr add 10.90.0.5/32 dev lo
nsip 2 addr add fd90::5/128 dev lo nodad
ping_once 1 10.90.0.5
ping_all 3 10.90.0.5 20
ping_all 3 fd90::5 20
