#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A peer's endpoint follows the source of its authenticated packets: port,
# address and family. Replayed and forged datagrams do not move it.
. "$(dirname "$0")/../lib/lib.sh"
need_cmd tcpdump python3

bench_veth
nswg 1 set tn1 peer "$PUB_2" endpoint 10.0.0.2:$P2

case_ "first contact gives the responder an endpoint"
ping_once 1 $A2
expect_endpoint 2 tn2 "$PUB_1" 10.0.0.1:$P1
ping_all 2 $A1 20

case_ "port change"
nswg 1 set tn1 listen-port 9999
ping_once 1 $A2
expect_endpoint 2 tn2 "$PUB_1" 10.0.0.1:9999
ping_all 2 $A1 20

case_ "IPv4 address change"
nsip 1 addr add 10.0.0.11/24 dev ve1
nsip 1 addr del 10.0.0.1/24 dev ve1
nsip 1 addr replace 10.0.0.11/24 dev ve1
ping_once 1 $A2
expect_endpoint 2 tn2 "$PUB_1" 10.0.0.11:9999
ping_all 2 $A1 20

case_ "change of family"
nswg 1 set tn1 peer "$PUB_2" endpoint "[fd00::2]:$P2"
ping_once 1 $A2
expect_endpoint 2 tn2 "$PUB_1" "[fd00::1]:9999"
ping_all 2 $A1 20

case_ "IPv6 port change"
nswg 1 set tn1 listen-port 9998
ping_once 1 $B2
expect_endpoint 2 tn2 "$PUB_1" "[fd00::1]:9998"
ping_all 2 $B1 20

case_ "IPv6 address change"
nsip 1 addr add fd00::11/64 dev ve1 nodad
nsip 1 addr del fd00::1/64 dev ve1
ping_once 1 $B2
expect_endpoint 2 tn2 "$PUB_1" "[fd00::11]:9998"
ping_all 2 $B1 20

case_ "back to IPv4"
nswg 1 set tn1 peer "$PUB_2" endpoint 10.0.0.2:$P2
ping_once 1 $A2
expect_endpoint 2 tn2 "$PUB_1" 10.0.0.11:9998

# The captured datagrams are genuine, so they pass authentication: only the
# replay check stands between them and the endpoint.
case_ "capture of genuine datagrams"
capture 2 ve2 real "udp and dst port $P2 and src host 10.0.0.11"
pid=$BG_PID
ping_all 1 $A2 20
captured() { (($(tcpdump -n -r "$WORK/real.pcap" 2>/dev/null | wc -l) >= 20)); }
wait_for 5 "20 datagrams in the capture" captured
stop "$pid"

cat >"$WORK/replay.py" <<'PY'
import socket, struct, sys

path, src, dst, port, how = sys.argv[1:6]
data = open(path, "rb").read()
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind((src, 4444))
pos, sent = 24, 0
while pos + 16 <= len(data):
    caplen = struct.unpack_from("<I", data, pos + 8)[0]
    frame = data[pos + 16:pos + 16 + caplen]
    pos += 16 + caplen
    payload = bytearray(frame[14 + 20 + 8:])
    if payload[:4] != b"\x04\0\0\0":
        continue
    if how == "forged":
        # a counter not used yet, so that only authentication can refuse it
        struct.pack_into("<Q", payload, 8, 100000 + sent)
    sock.sendto(payload, (dst, int(port)))
    sent += 1
print(sent)
sys.exit(0 if sent >= 20 else 1)
PY
nsip 1 addr add 10.0.0.66/24 dev ve1
for how in replayed forged; do
	case_ "$how datagrams leave the endpoint alone"
	before=$(link_stat 2 ve2 rx_packets)
	ns 1 python3 -IS "$WORK/replay.py" "$WORK/real.pcap" 10.0.0.66 10.0.0.2 $P2 $how >/dev/null
	arrived() { (($(link_stat 2 ve2 rx_packets) >= before + 20)); }
	wait_for 5 "the datagrams to arrive" arrived
	moved() { ! endpoint_is 2 tn2 "$PUB_1" 10.0.0.11:9998; }
	never_within $((300 * TAILNET_TEST_SLOW)) moved ||
		fail "the endpoint is $(peer_field 2 tn2 "$PUB_1" endpoints) now"
	ping_all 2 $A1 5
done
