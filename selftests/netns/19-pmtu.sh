#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The path, the route or the device gets narrower, or wider, in the middle of a
# stream: every byte arrives, in order and unchanged.
. "$(dirname "$0")/../lib/lib.sh"
need_cmd python3
need_kind "$LINK_TYPE"
need_kind veth

# 0 is a router between the two
ns_add 0 1 2
veth 0 v0a 1 v1
veth 0 v0b 2 v2
for f in 4 6; do
	if [[ $f == 4 ]]; then a=10.1.0 b=10.2.0 l=24 x=; else a=fd01: b=fd02: l=64 x=nodad; fi
	s=$([[ $f == 4 ]] && echo . || echo :)
	nsip 0 addr add $a${s}1/$l dev v0a $x
	nsip 1 addr add $a${s}2/$l dev v1 $x
	nsip 0 addr add $b${s}1/$l dev v0b $x
	nsip 2 addr add $b${s}2/$l dev v2 $x
	nsip 1 -$f route add default via $a${s}1
	nsip 2 -$f route add default via $b${s}1
done
sysctl_ns 0 net.ipv4.ip_forward=1
sysctl_ns 0 net.ipv6.conf.all.forwarding=1
bench_pair

cat >"$WORK/sink.py" <<'PY'
import hashlib, socket, sys

s = socket.create_server((sys.argv[1], 6001),
                         family=socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET)
print("ready", flush=True)
c, _ = s.accept()
c.settimeout(60)
h, total, step = hashlib.sha256(), 0, 0
while True:
    d = c.recv(65536)
    if not d:
        break
    h.update(d)
    total += len(d)
    if total // (1 << 18) != step:
        step = total // (1 << 18)
        print("at", total, flush=True)
print("sum", h.hexdigest(), flush=True)
PY
cat >"$WORK/source.py" <<'PY'
import hashlib, os, socket, sys

addr, mb = sys.argv[1], int(sys.argv[2])
s = socket.create_connection((addr, 6001), timeout=60)
h = hashlib.sha256()
block = os.urandom(1 << 16)
for i in range(mb * 16):
    d = block[i % 1000:] + block[:i % 1000]
    s.sendall(d)
    h.update(d)
s.shutdown(socket.SHUT_WR)
print("sum", h.hexdigest())
PY

MB=$(scaled 5)
progress() { (($(sed -n 's/^at //p' "$WORK/sink.log" | tail -1) + 0 > $1)); }

# stream ADDR COMMAND...: the commands run after one quarter and again after
# half of the stream, with "in" and "out" as last word
stream() {
	local addr=$1 sink src

	shift
	bg sink ns 2 python3 -IS "$WORK/sink.py" "$addr"
	sink=$BG_PID
	wait_for 20 "the receiver" grep -q ready "$WORK/sink.log"
	bg source ns 1 python3 -IS "$WORK/source.py" "$addr" "$MB"
	src=$BG_PID
	wait_for 60 "a quarter of the stream" progress $((MB * 262144))
	"$@" in
	wait_for 60 "half of the stream" progress $((MB * 524288))
	"$@" out
	wait "$src" || fail "sender: $(tail -1 "$WORK/source.log")"
	wait "$sink" || fail "receiver: $(tail -1 "$WORK/sink.log")"
	expect_eq "sum" "$(grep ^sum "$WORK/sink.log")" "$(grep ^sum "$WORK/source.log")"
	"$@" out
}

narrow_path() {
	local mtu=1500

	[[ $1 == out ]] || mtu=1300
	nsip 0 link set v0b mtu $mtu
	nsip 2 link set v2 mtu $mtu
	nsip 1 route flush cache
}
narrow_first_hop() {
	local mtu=1500

	[[ $1 == out ]] || mtu=1280
	nsip 1 link set v1 mtu $mtu
	nsip 0 link set v0a mtu $mtu
}
narrow_route() {
	nsip 1 route del $A2/32 2>/dev/null || :
	[[ $1 == out ]] || nsip 1 route add $A2/32 dev tn1 mtu 1201
}
narrow_device() {
	local mtu=1420

	[[ $1 == out ]] || mtu=1283
	nsip 1 link set tn1 mtu $mtu
	nsip 2 link set tn2 mtu $mtu
}

# Over IPv4 datagrams may be cut by the router; over IPv6 the router tells and
# the sender cuts. TCP itself must not be told.
for outer in 10.2.0.2:$P2 "[fd02::2]:$P2"; do
	nswg 1 set tn1 peer "$PUB_2" endpoint "$outer"
	ping_once 1 $A2
	for how in narrow_path narrow_first_hop narrow_route narrow_device; do
		case_ "${how/_/ } over $outer"
		stream $A2 $how
	done
done
case_ "narrow device, IPv6 inside"
stream $B2 narrow_device
