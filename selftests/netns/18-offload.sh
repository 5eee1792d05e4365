#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# guest: smp=yes
#
# Whatever is cut or merged on the way, the datagrams on the wire are the same:
# same number, same lengths, consecutive counters, right checksums; and what
# comes out is what went in.
. "$(dirname "$0")/../lib/lib.sh"
need_cmd tcpdump python3 ethtool

bench_veth
nsip 1 link set tn1 mtu 1420
nsip 2 link set tn2 mtu 1420
nswg 1 set tn1 peer "$PUB_2" endpoint 10.0.0.2:$P2
ping_once 1 $A2

# The bursts of one run: family, bytes of a datagram, how many, bytes of the last.
BURSTS=(4:1200:1:0 4:1200:40:500 4:1392:20:1 6:100:50:0 6:1372:45:700)

cat >"$WORK/send.py" <<'PY'
# each burst in one system call, its content by position
import socket, sys

for nr, burst in enumerate(sys.argv[3:]):
    v, size, count, tail = map(int, burst.split(":"))
    s = socket.socket(socket.AF_INET6 if v == 6 else socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_UDP, 103, size)  # UDP_SEGMENT
    s.connect((sys.argv[2 if v == 6 else 1], 6000 + nr))
    s.send(bytes((i * 7 + i // 251) & 255 for i in range(size * count + tail)))
PY
cat >"$WORK/recv.py" <<'PY'
# takes the bursts apart again; says ok, or what is wrong
import socket, sys

todo = []
for nr, burst in enumerate(sys.argv[3:]):
    v, size, count, tail = map(int, burst.split(":"))
    s = socket.socket(socket.AF_INET6 if v == 6 else socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    s.bind((sys.argv[2 if v == 6 else 1], 6000 + nr))
    s.settimeout(60)
    todo.append((s, burst, size, count, tail))
print("ready", flush=True)
for s, burst, size, count, tail in todo:
    want = bytes((i * 7 + i // 251) & 255 for i in range(size * count + tail))
    n = count + (tail > 0)
    for i in range(n):
        try:
            got = s.recv(65536)
        except socket.timeout:
            sys.exit("burst %s: only %d of %d datagrams came" % (burst, i, n))
        if got != want[i * size:(i + 1) * size]:
            sys.exit("burst %s: datagram %d of %d bytes differs" % (burst, i, len(got)))
print("ok")
PY
cat >"$WORK/wire.py" <<'PY'
# lengths of the data messages in a capture, after all checks on the outside
import struct, sys

def csum(data):
    if len(data) % 2:
        data += b"\0"
    s = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while s >> 16:
        s = (s & 0xffff) + (s >> 16)
    return s

data = open(sys.argv[1], "rb").read()
pos, lengths, sessions = 24, [], {}
while pos + 16 <= len(data):
    caplen = struct.unpack_from("<I", data, pos + 8)[0]
    f = data[pos + 16:pos + 16 + caplen]
    pos += 16 + caplen
    if f[12:14] == b"\x08\0":
        ihl = (f[14] & 15) * 4
        total = struct.unpack_from("!H", f, 16)[0]
        ip, udp = f[14:14 + ihl], f[14 + ihl:14 + total]
        if csum(ip) != 0xffff:
            sys.exit("wrong IP checksum")
        if f[20] & 0x40:
            sys.exit("DF is set")
        pseudo = f[26:34]
    else:
        plen = struct.unpack_from("!H", f, 18)[0]
        udp = f[54:54 + plen]
        pseudo = f[22:54]
    if struct.unpack_from("!H", udp, 4)[0] != len(udp):
        sys.exit("UDP length is not that of the datagram")
    given = struct.unpack_from("!H", udp, 6)[0]
    if given and csum(pseudo + struct.pack("!HH", 17, len(udp)) + udp) != 0xffff:
        sys.exit("wrong UDP checksum")
    if not given and f[12:14] != b"\x08\0":
        sys.exit("no UDP checksum over IPv6")
    msg = udp[8:]
    if msg[:4] != b"\x04\0\0\0":
        continue
    # a slow machine may need a new session half way
    index, counter = struct.unpack_from("<IQ", msg, 4)
    sessions.setdefault(index, []).append(counter)
    if len(msg) > 32:
        lengths.append(len(msg))
for counters in sessions.values():
    if counters != list(range(counters[0], counters[0] + len(counters))):
        sys.exit("counters are not consecutive: %s" % counters)
print(" ".join(map(str, lengths)))
PY

# padded LENGTH: of an inner packet, on the wire, by an MTU of 1420
padded() {
	local n=$((($1 + 15) / 16 * 16))

	((n <= 1420)) || n=1420
	echo $((n + 32))
}

# what all bursts together must look like on the wire
WANT=()
for b in "${BURSTS[@]}"; do
	IFS=: read -r v size count tail <<<"$b"
	hdr=$((v == 6 ? 48 : 28))
	for ((i = 0; i < count; i++)); do WANT+=("$(padded $((size + hdr)))"); done
	((tail == 0)) || WANT+=("$(padded $((tail + hdr)))")
done

captured() { (($(tcpdump -n -r "$WORK/wire.pcap" 2>/dev/null | wc -l) >= ${#WANT[@]})); }

bursts() {
	local sink dump got

	if [[ $WIRE == cut ]]; then
		capture 2 ve2 wire "udp and dst port $P2 and greater 100"
		dump=$BG_PID
	fi
	bg sink ns 2 python3 -IS "$WORK/recv.py" $A2 $B2 "${BURSTS[@]}"
	sink=$BG_PID
	wait_for 20 "the receiver" grep -q ready "$WORK/sink.log"
	ns 1 python3 -IS "$WORK/send.py" $A2 $B2 "${BURSTS[@]}"
	wait "$sink" || fail "$(tail -1 "$WORK/sink.log")"
	[[ $WIRE == cut ]] || return 0
	wait_for 10 "the capture" captured
	stop "$dump"
	got=$(python3 -IS "$WORK/wire.py" "$WORK/wire.pcap" 2>&1) || fail "on the wire: $got"
	expect_eq "lengths on the wire" "$got" "${WANT[*]}"
	rm "$WORK/wire.pcap"
}

# wire cut: the sender's cable takes no batches and wants checksums complete, so
# the capture behind it shows datagrams as a real cable would carry them; whole:
# the defaults, by which batches cross the cable whole
wire() {
	local on=on

	WIRE=$1
	[[ $WIRE == whole ]] || on=off
	ns 1 ethtool -K ve1 tx $on gso $on tso $on tx-udp-segmentation $on >/dev/null
	ns 2 ethtool -K ve2 gro $on >/dev/null
}

tunnel_offload() {
	local n f

	for n in 1 2; do
		for f in tso gso gro tx-udp-segmentation; do
			ns $n ethtool -K tn$n $f "$1" >/dev/null 2>&1 || :
		done
	done
}

switches() {
	if ours; then
		nswg 1 set tn1 gso "$1" gro "$1"
		nswg 2 set tn2 gso "$1" gro "$1"
	fi
}

for w in cut whole; do
	wire $w
	for t in on off; do
		tunnel_offload $t
		for s in on off; do
			if ! ours && [[ $s == off ]]; then continue; fi
			case_ "cable $w, offloads of the device $t, its own batching $s"
			switches $s
			bursts
		done
	done
done
wire cut
tunnel_offload on

case_ "merged by GRO at the receiver's cable"
# a veth merges on receive if the sender cannot cut for itself
ns 2 ethtool -K ve2 gro on >/dev/null
WIRE=whole
for s in on off; do
	switches $s
	bursts
done

case_ "over IPv6"
wire cut
switches on
nswg 1 set tn1 peer "$PUB_2" endpoint "[fd00::2]:$P2"
ping_once 1 $A2
bursts
