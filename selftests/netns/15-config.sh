#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Settings by the configuration tool: what is set is shown, what is refused
# changes nothing, and secrets do not come back.
. "$(dirname "$0")/../lib/lib.sh"
need_cmd python3

need_kind "$LINK_TYPE"
ns_add 1 2
dev_add 1 tn1
keys 1 2 3 4
psk

show() { nswg 1 show tn1 "$@"; }
set_() { nswg 1 set tn1 "$@"; }
ips() { peer_field 1 tn1 "$1" allowed-ips | tr ' ' '\n' | LC_ALL=C sort | tr '\n' ' '; }

case_ "a fresh device"
expect_eq "public key" "$(show public-key)" "(none)"
expect_eq "fwmark" "$(show fwmark)" off
expect_eq "peers" "$(show peers)" ""

case_ "private key set and cleared"
set_ private-key "$WORK/1.key"
expect_eq "public key" "$(show public-key)" "$PUB_1"
set_ private-key "$WORK/2.key"
expect_eq "public key" "$(show public-key)" "$PUB_2"
set_ private-key /dev/null
expect_eq "public key" "$(show public-key)" "(none)"

case_ "a key is clamped"
raw=$(python3 -ISc 'import base64; print(base64.b64encode(b"\xff" * 32).decode())')
clamped=$(python3 -ISc 'import base64
print(base64.b64encode(b"\xf8" + b"\xff" * 30 + b"\x7f").decode())')
keyfile "$clamped"
want=$(wg pubkey <"$REPLY")
keyfile "$raw"
set_ private-key "$REPLY"
expect_eq "public key" "$(show public-key)" "$want"
if ! ours; then
	expect_eq "private key" "$(show private-key)" "$clamped"
fi

case_ "fwmark"
for v in 0x1 0x80000 0xffffffff; do
	set_ fwmark $v
	expect_eq "fwmark" "$(show fwmark)" $v
done
set_ fwmark off
expect_eq "fwmark" "$(show fwmark)" off

case_ "a peer equal to oneself"
set_ private-key "$WORK/1.key"
set_ peer "$PUB_1" allowed-ips 10.0.0.0/8
expect_eq "peers" "$(show peers)" ""
case_ "a key that makes a peer equal to oneself"
set_ peer "$PUB_2" allowed-ips 10.1.0.0/16 peer "$PUB_3" allowed-ips 10.2.0.0/16
set_ private-key "$WORK/2.key"
expect_eq "peers" "$(show peers)" "$PUB_3"
set_ private-key "$WORK/1.key"
set_ peer "$PUB_3" remove
expect_eq "peers" "$(show peers)" ""

case_ "preshared key"
set_ peer "$PUB_2"
expect_eq "without" "$(peer_field 1 tn1 "$PUB_2" preshared-keys)" "(none)"
set_ peer "$PUB_2" preshared-key "$WORK/psk"
[[ $(peer_field 1 tn1 "$PUB_2" preshared-keys) != "(none)" ]] || fail "it was not set"
set_ peer "$PUB_2" preshared-key /dev/null
expect_eq "cleared" "$(peer_field 1 tn1 "$PUB_2" preshared-keys)" "(none)"
set_ peer "$PUB_2" preshared-key "$WORK/psk"

if ours; then
	case_ "secrets do not come back"
	{ nswg 1 show; nswg 1 show tn1; nswg 1 show all dump; show dump
	  nswg 1 showconf tn1; show private-key; show preshared-keys; } >"$WORK/all" 2>&1 || :
	if grep -qF "$KEY_1" "$WORK/all"; then fail "the private key was shown"; fi
	if grep -qF "$(<"$WORK/psk")" "$WORK/all"; then fail "the preshared key was shown"; fi
	if show private-key >/dev/null 2>&1; then fail "asking for the private key is not refused"; fi
	expect_eq "private key in the dump" "$(show dump | head -1 | cut -f1)" "(hidden)"
	expect_eq "preshared key in the dump" "$(show dump | tail -1 | cut -f2)" "(hidden)"
fi

case_ "allowed IPs are masked"
set_ peer "$PUB_2" allowed-ips 10.1.2.3/13,192.168.7.9/31,1.2.3.4/0,255.255.255.255/1,fd12:3456:789a::1/17,fd00::1/127,::1/0,8000::1/1
expect_eq "allowed IPs" "$(ips "$PUB_2")" \
	"$(printf '%s\n' 10.0.0.0/13 192.168.7.8/31 0.0.0.0/0 128.0.0.0/1 fd12::/17 fd00::/127 ::/0 8000::/1 |
		LC_ALL=C sort | tr '\n' ' ')"

case_ "an allowed IP moves to the peer that claims it last"
set_ peer "$PUB_3" allowed-ips 0.0.0.0/0,fd00::/127
expect_eq "taker" "$(ips "$PUB_3")" "0.0.0.0/0 fd00::/127 "
expect_eq "giver" "$(ips "$PUB_2")" \
	"$(printf '%s\n' 10.0.0.0/13 192.168.7.8/31 128.0.0.0/1 fd12::/17 ::/0 8000::/1 |
		LC_ALL=C sort | tr '\n' ' ')"
case_ "the same claimed twice in one list"
set_ peer "$PUB_3" allowed-ips 10.9.0.0/16,10.9.0.1/16,10.9.0.0/16
expect_eq "allowed IPs" "$(ips "$PUB_3")" "10.9.0.0/16 "
case_ "no allowed IPs"
set_ peer "$PUB_3" allowed-ips ""
expect_eq "allowed IPs" "$(ips "$PUB_3")" "(none) "
case_ "removal frees the prefixes"
set_ peer "$PUB_2" remove
set_ peer "$PUB_3" allowed-ips 0.0.0.0/0,::/0
expect_eq "allowed IPs" "$(ips "$PUB_3")" "0.0.0.0/0 ::/0 "

case_ "endpoints"
for e in 10.0.0.9:1 255.254.253.252:65535 "[fd00::9]:443" "[2001:db8::1]:1"; do
	set_ peer "$PUB_3" endpoint "$e"
	expect_endpoint 1 tn1 "$PUB_3" "$e"
done
nsip 1 link add dm type dummy
set_ peer "$PUB_3" endpoint "[fe80::9%dm]:443"
expect_endpoint 1 tn1 "$PUB_3" "[fe80::9%dm]:443"

case_ "keepalive interval"
for k in 1 25 65535; do
	set_ peer "$PUB_3" persistent-keepalive $k
	expect_eq "interval" "$(peer_field 1 tn1 "$PUB_3" persistent-keepalive)" $k
done
set_ peer "$PUB_3" persistent-keepalive 0
expect_eq "interval" "$(peer_field 1 tn1 "$PUB_3" persistent-keepalive)" off

case_ "listen port"
set_ listen-port 4242
expect_eq "port" "$(show listen-port)" 4242
nsip 1 link set tn1 up
is_listening 1 u 4242 || fail "no socket on port 4242"
set_ listen-port 4243
expect_eq "port" "$(show listen-port)" 4243
is_listening 1 u 4243 || fail "no socket on port 4243"
if is_listening 1 u 4242; then fail "the old socket is still there"; fi
case_ "a port of the kernel's choice"
set_ listen-port 0
port=$(show listen-port)
((port > 0)) || fail "no port was chosen"
is_listening 1 u "$port" || fail "no socket on port $port"
nsip 1 link set tn1 down
if is_listening 1 u "$port"; then fail "a socket while the device is down"; fi
nsip 1 link set tn1 up

case_ "a port in use"
dev_add 1 tn9
nswg 1 set tn9 listen-port 4300
nsip 1 link set tn9 up
set_ listen-port 4301
if set_ listen-port 4300 2>/dev/null; then fail "it was accepted"; fi
if ours; then
	expect_eq "port" "$(show listen-port)" 4301
	is_listening 1 u 4301 || fail "the socket of before is gone"
fi
nsip 1 link set tn1 down
set_ listen-port 4300
if nsip 1 link set tn1 up 2>/dev/null; then fail "link up with a port in use was accepted"; fi
set_ listen-port 4302
nsip 1 link set tn1 up
nsip 1 link del tn9

case_ "refused, and nothing changes"
set_ peer "$PUB_3" allowed-ips 10.3.0.0/16
show dump >"$WORK/before"
refused() {
	if set_ "$@" 2>"$WORK/err"; then fail "accepted: $*"; fi
	[[ -s $WORK/err ]] || fail "refused without a word: $*"
	show dump | cmp -s - "$WORK/before" || fail "refused, but something changed: $*"
}
keyfile "not a key"
refused private-key "$REPLY"
refused private-key "$WORK/no-such-file"
refused fwmark 0x100000000
refused peer "${PUB_3%?}"
refused peer "${PUB_4%?}A="
refused peer "$PUB_3" allowed-ips 10.0.0.0/33
refused peer "$PUB_3" allowed-ips fd00::/129
refused peer "$PUB_3" allowed-ips 10.0.0/8x
refused peer "$PUB_3" endpoint 10.0.0.9
refused peer "$PUB_3" persistent-keepalive 65536
# the stock tool takes these modulo 65536
if ours; then
	refused listen-port 65536
	refused peer "$PUB_3" endpoint 10.0.0.9:65536
fi
refused peer "$PUB_3" bogus 1
refused bogus
if nswg 1 set nodev listen-port 1 2>/dev/null; then fail "a device that does not exist"; fi
nsip 1 link add dm2 type dummy
if nswg 1 set dm2 listen-port 1 2>/dev/null; then fail "a device of another kind"; fi

case_ "configuration from a file"
cat >"$WORK/conf" <<CONF
[Interface]
PrivateKey = $KEY_1
ListenPort = 4400
FwMark = 0x77

[Peer]
PublicKey = $PUB_2
PresharedKey = $(<"$WORK/psk")
AllowedIPs = 10.50.0.0/16, fd50::/64
Endpoint = 10.0.0.8:80
PersistentKeepalive = 20

# a comment
[Peer]
PublicKey = $PUB_4
AllowedIPs = 10.51.0.0/16
CONF
nswg 1 setconf tn1 "$WORK/conf"
expect_eq "port" "$(show listen-port)" 4400
expect_eq "fwmark" "$(show fwmark)" 0x77
expect_eq "peers" "$(show peers | sort | tr '\n' ' ')" \
	"$(printf '%s\n' "$PUB_2" "$PUB_4" | sort | tr '\n' ' ')"
expect_eq "allowed IPs" "$(ips "$PUB_2")" "10.50.0.0/16 fd50::/64 "
expect_endpoint 1 tn1 "$PUB_2" 10.0.0.8:80
expect_eq "keepalive" "$(peer_field 1 tn1 "$PUB_2" persistent-keepalive)" 20
[[ $(peer_field 1 tn1 "$PUB_2" preshared-keys) != "(none)" ]] || fail "no preshared key"
expect_eq "preshared key" "$(peer_field 1 tn1 "$PUB_4" preshared-keys)" "(none)"

case_ "a file added"
printf '[Peer]\nPublicKey = %s\nAllowedIPs = 10.52.0.0/16\n' "$PUB_3" >"$WORK/more"
nswg 1 addconf tn1 "$WORK/more"
expect_eq "number of peers" "$(show peers | wc -l)" 3
expect_eq "port" "$(show listen-port)" 4400
case_ "a file that replaces peers"
cat "$WORK/more" >"$WORK/only"
nswg 1 syncconf tn1 "$WORK/only"
expect_eq "peers" "$(show peers)" "$PUB_3"

case_ "synchronising keeps the sessions of peers that stay"
dev_add 2 tn2
veth 1 ve1 2 ve2
nsip 1 addr add 10.0.0.1/24 dev ve1
nsip 2 addr add 10.0.0.2/24 dev ve2
cat >"$WORK/a" <<CONF
[Interface]
PrivateKey = $KEY_1
ListenPort = $P1
[Peer]
PublicKey = $PUB_2
AllowedIPs = $A2/32
Endpoint = 10.0.0.2:$P2
CONF
nswg 1 setconf tn1 "$WORK/a"
nswg 2 set tn2 private-key "$WORK/2.key" listen-port $P2 peer "$PUB_1" allowed-ips "$A1/32"
nsip 1 addr add $A1/24 dev tn1
nsip 2 addr add $A2/24 dev tn2
nsip 1 link set tn1 up
nsip 2 link set tn2 up
ping_once 1 $A2
time=$(handshake_time 1 tn1 "$PUB_2")
bytes=$(peer_rx 1 tn1 "$PUB_2")
printf '[Peer]\nPublicKey = %s\nAllowedIPs = 10.60.0.0/16\n' "$PUB_4" >>"$WORK/a"
nswg 1 syncconf tn1 "$WORK/a"
expect_eq "handshake time" "$(handshake_time 1 tn1 "$PUB_2")" "$time"
(($(peer_rx 1 tn1 "$PUB_2") >= bytes)) || fail "the byte counter went back"
ping_all 1 $A2 20
expect_eq "handshake time" "$(handshake_time 1 tn1 "$PUB_2")" "$time"

case_ "different preshared keys make no session"
set_ peer "$PUB_2" preshared-key "$WORK/psk"
nsip 1 link set tn1 down
nsip 2 link set tn2 down
nsip 1 link set tn1 up
nsip 2 link set tn2 up
ping_none 1 $A2
