#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Packets of unusual make through the device: fragments, batches of UDP and
# SCTP, shared pages, taps that hold clones, forged offload descriptions.
. "$(dirname "$0")/../lib/lib.sh"
need_cmd python3 tcpdump iperf3 jq

bench_veth
nswg 1 set tn1 peer "$PUB_2" endpoint 10.0.0.2:$P2
ping_once 1 $A2

case_ "IP fragments"
for size in 1392 1393 1400 2000 5000 20000 65000; do
	ping_all 1 $A2 3 -s $size
	ping_all 2 $B1 3 -s $size
done

case_ "big UDP datagrams"
cat >"$WORK/udp-sink.py" <<'PY'
import hashlib, socket, sys

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
s.bind((sys.argv[1], 6002))
s.settimeout(30)
print("ready", flush=True)
for _ in range(int(sys.argv[2])):
    d = s.recv(65536)
    if hashlib.md5(d[16:]).digest() != d[:16]:
        sys.exit("a datagram of %d bytes was changed" % len(d))
print("ok")
PY
cat >"$WORK/udp-source.py" <<'PY'
import hashlib, os, socket, sys, time

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect((sys.argv[1], 6002))
for n in map(int, sys.argv[2:]):
    d = os.urandom(n)
    s.send(hashlib.md5(d).digest() + d)
    time.sleep(0.01)
PY
sizes=(0 1 15 16 17 1359 1360 1361 1376 1377 1400 2800 8000 16384 40000 65400)
bg usink ns 2 python3 -IS "$WORK/udp-sink.py" $A2 ${#sizes[@]}
pid=$BG_PID
wait_for 20 "the receiver" grep -q ready "$WORK/usink.log"
ns 1 python3 -IS "$WORK/udp-source.py" $A2 "${sizes[@]}"
wait "$pid" || fail "$(tail -1 "$WORK/usink.log")"

# A file sent by sendfile is sent from the pages of the page cache: whoever
# encrypts in place would write the ciphertext into the file.
case_ "pages of a file are not written to"
cat >"$WORK/file-sink.py" <<'PY'
import hashlib, socket, sys

s = socket.create_server((sys.argv[1], 6003))
print("ready", flush=True)
c, _ = s.accept()
c.settimeout(60)
h = hashlib.sha256()
while True:
    d = c.recv(65536)
    if not d:
        break
    h.update(d)
print("sum", h.hexdigest())
PY
cat >"$WORK/file-source.py" <<'PY'
import os, socket, sys

f = open(sys.argv[2], "rb")
s = socket.create_connection((sys.argv[1], 6003), timeout=60)
s.settimeout(None)
size, pos = os.fstat(f.fileno()).st_size, 0
while pos < size:
    pos += os.sendfile(s.fileno(), f.fileno(), pos, size - pos)
PY
head -c "$(scaled 4000000)" /dev/urandom >"$WORK/file"
want=$(sha256sum <"$WORK/file" | cut -d' ' -f1)
sendfile_once() {
	local sink

	bg fsink ns 2 python3 -IS "$WORK/file-sink.py" $A2
	sink=$BG_PID
	wait_for 20 "the receiver" grep -q ready "$WORK/fsink.log"
	ns 1 python3 -IS "$WORK/file-source.py" $A2 "$WORK/file"
	wait "$sink" || fail "$(tail -1 "$WORK/fsink.log")"
	expect_eq "what arrived" "$(sed -n 's/^sum //p' "$WORK/fsink.log")" "$want"
	expect_eq "the file itself" "$(sha256sum <"$WORK/file" | cut -d' ' -f1)" "$want"
}
sendfile_once

case_ "retransmissions of packets still held elsewhere"
if ns 1 tc qdisc add dev ve1 root netem loss 2% delay 1ms reorder 5% duplicate 2% 2>"$WORK/err"; then
	sendfile_once
	ns 1 tc qdisc del dev ve1 root
else
	note "no netem in this kernel: $(head -1 "$WORK/err")"
fi

case_ "taps on the tunnel see plain packets, the stream is not disturbed"
capture 1 tn1 tap "tcp port 6003"
tap1=$BG_PID
capture 2 tn2 tap2 "tcp port 6003"
tap2=$BG_PID
capture 1 ve1 tap3 "udp"
tap3=$BG_PID
sendfile_once
for pid in $tap1 $tap2 $tap3; do stop "$pid"; done
[[ -n $(tcpdump -n -r "$WORK/tap.pcap" 2>/dev/null | head -1) ]] || fail "the tap saw nothing"
[[ -n $(tcpdump -n -r "$WORK/tap2.pcap" 2>/dev/null | head -1) ]] || fail "the far tap saw nothing"
rm -f "$WORK"/tap*.pcap

case_ "SCTP"
if modprobe -q sctp 2>/dev/null || grep -q SCTP /proc/net/protocols; then
	cat >"$WORK/sctp.py" <<'PY'
import hashlib, os, socket, sys

role, addr = sys.argv[1:3]
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 132)
if role == "sink":
    s.bind((addr, 6004))
    s.listen(1)
    print("ready", flush=True)
    c, _ = s.accept()
    h, n = hashlib.sha256(), 0
    while n < 400000:
        d = c.recv(65536)
        if not d:
            sys.exit("ended after %d bytes" % n)
        h.update(d)
        n += len(d)
    print("sum", h.hexdigest(), flush=True)
    c.close()
else:
    s.settimeout(60)
    s.connect((addr, 6004))
    h = hashlib.sha256()
    for i in range(40):
        d = os.urandom(10000)
        s.sendall(d)
        h.update(d)
    print("sum", h.hexdigest())
    s.recv(1)
PY
	bg ssink ns 2 python3 -IS "$WORK/sctp.py" sink $A2
	pid=$BG_PID
	wait_for 20 "the receiver" grep -q ready "$WORK/ssink.log"
	sum=$(ns 1 python3 -IS "$WORK/sctp.py" source $A2)
	wait "$pid" || fail "$(tail -1 "$WORK/ssink.log")"
	expect_eq "sum" "$(grep ^sum "$WORK/ssink.log")" "$sum"
else
	note "no SCTP in this kernel"
fi

# PACKET_VNET_HDR lets a program describe offloads that need not fit the packet.
# Whatever happens to the packet, nothing else may happen.
case_ "forged offload descriptions"
cat >"$WORK/forge.py" <<'PY'
import errno, random, socket, struct, sys

dev, a, b = sys.argv[1], sys.argv[2], sys.argv[3]
random.seed(1)
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.setsockopt(263, 15, 1)  # SOL_PACKET, PACKET_VNET_HDR
src, dst = socket.inet_aton(a), socket.inet_aton(b)
sent = refused = 0
for proto in (6, 17, 1, 132):
    for n in (0, 1, 8, 20, 100, 1400, 5000, 30000):
        for gso in (0, 1, 3, 4, 5, 0x81):
            for size in (0, 1, 500, 1400, 65535):
                for start, off in ((0, 0), (20, 6), (20, 16), (28, 2), (60, 0)):
                    total = min(20 + n, 65535)
                    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, total, 1, 0, 64, proto, 0, src, dst)
                    l4 = struct.pack("!HHIIBBHHH", 7000, 7001, 1, 0, 0x50, 0x10, 100, 0, 0)
                    body = (l4 + bytes(max(n - len(l4), 0)))[:n]
                    vnet = struct.pack("<BBHHHH", random.randint(0, 1), gso, min(20 + n, 40), size,
                                       start, off)
                    try:
                        s.sendto(vnet + ip + body, (dev, 0x0800))
                        sent += 1
                    except OSError as e:
                        if e.errno not in (errno.EINVAL, errno.ENOBUFS, errno.EMSGSIZE, errno.EIO,
                                           errno.ENOKEY, errno.EPROTONOSUPPORT, errno.EAGAIN,
                                           errno.E2BIG, errno.ENOMEM):
                            raise
                        refused += 1
print(sent, "taken,", refused, "refused")
sys.exit(0 if sent else 1)
PY
out=$(ns 1 python3 -IS "$WORK/forge.py" tn1 $A1 $A2 2>&1) || fail "$(tail -1 <<<"$out")"
note "$out"

case_ "all is well afterwards"
ping_all 1 $A2 50
ping_all 2 $B1 50
tcp_all 1 2 $A2 1
