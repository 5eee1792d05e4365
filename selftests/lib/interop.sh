# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What has to work with any other implementation, in both roles. Sourced after
# lib.sh by a test that defines
#   other_add    make the other side's device tn2 in namespace 2
#   other_del    take it away
#   other CMD... configure it, with the grammar of wg(8)
# Ours is tn1 in namespace 1.

interop_up() {
	need_kind veth
	need_kind "$LINK_TYPE"
	ns_add 1 2
	veth 1 ve1 2 ve2
	nsip 1 addr add 10.0.0.1/24 dev ve1
	nsip 2 addr add 10.0.0.2/24 dev ve2
	nsip 1 addr add fd00::1/64 dev ve1 nodad
	nsip 2 addr add fd00::2/64 dev ve2 nodad
	keys 1 2 3 4
	psk
}

# fresh PSK-FILE: both devices new, no session, no endpoint
fresh() {
	local psk=$1

	nsip 1 link del tn1 2>/dev/null || :
	other_del 2>/dev/null || :
	dev_add 1 tn1
	other_add
	nswg 1 set tn1 private-key "$WORK/1.key" listen-port $P1 \
		peer "$PUB_2" preshared-key "$psk" allowed-ips "$A2/32,$B2/128"
	other set tn2 private-key "$WORK/2.key" listen-port $P2 \
		peer "$PUB_1" preshared-key "$psk" allowed-ips "$A1/32,$B1/128"
	nsip 1 addr add $A1/24 dev tn1
	nsip 2 addr add $A2/24 dev tn2
	nsip 1 addr add $B1/64 dev tn1 nodad
	nsip 2 addr add $B2/64 dev tn2 nodad
	nsip 1 link set tn1 up
	nsip 2 link set tn2 up
}

# outer 4|6: the addresses of the hosts as endpoints, into E1 and E2
outer() {
	if [[ $1 == 4 ]]; then
		E1=10.0.0.1:$P1 E2=10.0.0.2:$P2
	else
		E1="[fd00::1]:$P1" E2="[fd00::2]:$P2"
	fi
}

other_peer() { other show tn2 "$1" | awk -F'\t' -v k="$PUB_1" '$1 == k { print $2 "\t" $3 }'; }
other_handshake() { [[ $(other_peer latest-handshakes | cut -f1) -gt 0 ]]; }
other_rx() { other_peer transfer | cut -f1; }
other_endpoint() { other_peer endpoints | cut -f1; }

# whoever is told where the other one is must start
start_from() {
	if [[ $1 == ours ]]; then
		nswg 1 set tn1 peer "$PUB_2" endpoint "$E2"
		ping_once 1 $A2
	else
		other set tn2 peer "$PUB_1" endpoint "$E1"
		ping_once 2 $A1
	fi
	has_handshake 1 tn1 "$PUB_2" || fail "ours knows of no handshake"
	wait_for 5 "the other side's handshake time" other_handshake
}

interop_sessions() {
	local o who p n=0

	for o in 4 6; do
		outer $o
		for p in /dev/null "$WORK/psk"; do
			for who in ours theirs; do
				n=$((n + 1))
				case_ "over IPv$o, started by $who," \
					"$([[ $p == /dev/null ]] && echo without || echo with) preshared key"
				fresh "$p"
				start_from $who
				ping_all 1 $A2 20
				ping_all 2 $A1 20
				ping_all 1 $B2 20 -s 1300
				ping_all 2 $B1 20 -s 1300
				((n % 3 == 0)) || continue
				tcp_all 1 2 $A2 2
				tcp_all 1 2 $B2 2 -R
				tcp_all 2 1 $A1 2 -P 2
				udp_some 1 2 $A2
				udp_some 2 1 $B1
			done
		done
	done
}

interop_mtu() {
	case_ "big and odd MTU"
	fresh "$WORK/psk"
	outer 4
	start_from ours
	nsip 1 link set tn1 mtu 9001
	nsip 2 link set tn2 mtu 9001
	ping_all 1 $A2 10 -s 8973
	ping_all 2 $B1 10 -s 8953
	tcp_all 1 2 $A2 2
	tcp_all 2 1 $B1 2
	nsip 1 link set tn1 mtu 1303
	nsip 2 link set tn2 mtu 1303
	ping_all 1 $A2 10 -s 1275
	tcp_all 1 2 $A2 1
	tcp_all 2 1 $B1 1
}

interop_keepalive() {
	local before

	case_ "our persistent keepalives"
	fresh "$WORK/psk"
	outer 4
	start_from ours
	nswg 1 set tn1 peer "$PUB_2" persistent-keepalive 1
	before=$(other_rx)
	theirs_rose() { (($(other_rx) >= before + 96)); }
	wait_for 10 "three keepalives at the other side" theirs_rose
	(((($(other_rx) - before)) % 32 == 0)) || fail "$(($(other_rx) - before)) bytes received"
	nswg 1 set tn1 peer "$PUB_2" persistent-keepalive off
	case_ "their persistent keepalives"
	other set tn2 peer "$PUB_1" persistent-keepalive 1
	before=$(peer_rx 1 tn1 "$PUB_2")
	ours_rose() { (($(peer_rx 1 tn1 "$PUB_2") >= before + 96)); }
	wait_for 10 "three keepalives at our side" ours_rose
	(((($(peer_rx 1 tn1 "$PUB_2") - before)) % 32 == 0)) ||
		fail "$(($(peer_rx 1 tn1 "$PUB_2") - before)) bytes received"
	other set tn2 peer "$PUB_1" persistent-keepalive off
}

interop_roaming() {
	case_ "our port changes"
	fresh /dev/null
	outer 6
	start_from ours
	nswg 1 set tn1 listen-port 5555
	ping_once 1 $A2
	expect_eq "their idea of our endpoint" "$(other_endpoint)" "[fd00::1]:5555"
	ping_all 2 $A1 10
	case_ "their port changes"
	other set tn2 listen-port 6666
	ping_once 2 $A1
	expect_endpoint 1 tn1 "$PUB_2" "[fd00::2]:6666"
	ping_all 1 $A2 10
}

interop_keys() {
	case_ "our private key changes"
	fresh "$WORK/psk"
	outer 4
	start_from ours
	other set tn2 peer "$PUB_3" preshared-key "$WORK/psk"
	nswg 1 set tn1 private-key "$WORK/3.key"
	other set tn2 peer "$PUB_3" allowed-ips "$A1/32,$B1/128"
	ping_once 1 $A2
	ping_all 2 $A1 10
	case_ "their private key changes"
	nswg 1 set tn1 peer "$PUB_4" preshared-key "$WORK/psk" endpoint "$E2"
	other set tn2 private-key "$WORK/4.key"
	nswg 1 set tn1 peer "$PUB_4" allowed-ips "$A2/32,$B2/128"
	ping_once 1 $A2
	ping_all 2 $A1 10

	case_ "preshared keys that differ"
	fresh "$WORK/psk"
	(umask 077; wg genpsk >"$WORK/psk2")
	other set tn2 peer "$PUB_1" preshared-key "$WORK/psk2"
	nswg 1 set tn1 peer "$PUB_2" endpoint "$E2"
	ping_none 1 $A2
	if has_handshake 1 tn1 "$PUB_2"; then fail "we made a session"; fi
	# both retry once they agree
	other set tn2 peer "$PUB_1" preshared-key "$WORK/psk"
	ping_once 1 $A2
}

interop_restart() {
	case_ "the other side restarts"
	fresh "$WORK/psk"
	outer 4
	start_from ours
	other set tn2 peer "$PUB_1" endpoint "$E1"
	nsip 2 link set tn2 down
	nsip 2 link set tn2 up
	ping_once 2 $A1
	ping_all 1 $A2 10
	case_ "we restart"
	nsip 1 link set tn1 down
	nsip 1 link set tn1 up
	ping_once 1 $A2
	ping_all 2 $A1 10
}

# session_in_flood: the honest side reaches the victim
session_in_flood() {
	if [[ $VICTIM == theirs ]]; then
		ns 1 ping -q -c 1 -W 1 $A2
	else
		ns 2 ping -q -c 1 -W 1 $A1
	fi
}

# cookie replies of 64 bytes to the honest side
cookies_seen() { [[ -n $(tcpdump -n -r "$WORK/$VICTIM.pcap" 2>/dev/null) ]]; }

# Keeps a process from work for longer than a pulse is away, so that it finds a
# whole pulse waiting, however fast it is; a module is too slow for one by itself.
other_stall() { :; }

# An honest side starts from nothing again until the victim, by then under load,
# asked it for a cookie; the session then proves that the cookie was used.
cookie_and_session() {
	local try

	for try in 1 2 3 4 5; do
		if [[ $VICTIM == theirs ]]; then
			nsip 1 link set tn1 down
			nsip 1 link set tn1 up
		else
			nsip 2 link set tn2 down
			nsip 2 link set tn2 up
		fi
		[[ $VICTIM == ours ]] || other_stall
		wait_for 40 "a session in the flood" session_in_flood
		if process_gone "$FLOOD_PID"; then
			fail "the flood ended first: $(tail -1 "$WORK/flood.log")"
		fi
		if cookies_seen; then
			note "a cookie was used, at try $try"
			return
		fi
	done
	fail "sessions came about, but no cookie was ever asked for"
}

# The victim gets a key that the load generator knows, or its initiations would
# fail the cheap test and put nobody under load.
interop_cookie() {
	local tool=$TESTS_DIR/hostile/build/wgpeer n dev to

	case_ "cookies"
	[[ -x $tool ]] || make -s -C "$TESTS_DIR/hostile" build/wgpeer >"$WORK/make.log" 2>&1 ||
		fail "no load generator: $(tail -3 "$WORK/make.log")"
	"$tool" key private victim >"$WORK/victim.key"
	PUB_V=$(wg pubkey <"$WORK/victim.key")
	ns_add 3
	veth 3 ve3 2 vf2
	veth 3 vg3 1 vf1
	nsip 3 addr add 10.3.2.3/24 dev ve3
	nsip 2 addr add 10.3.2.2/24 dev vf2
	nsip 3 addr add 10.3.1.3/24 dev vg3
	nsip 1 addr add 10.3.1.1/24 dev vf1
	# answers to invented sources leave the victims and end in 3
	nsip 1 route add default via 10.3.1.3
	nsip 2 route add default via 10.3.2.3
	for n in 1 2; do
		sysctl_ns $n net.ipv4.conf.all.rp_filter=0
		sysctl_ns $n net.ipv4.conf.vf$n.rp_filter=0
	done

	for VICTIM in theirs ours; do
		case_ "$VICTIM under load"
		fresh "$WORK/psk"
		outer 4
		if [[ $VICTIM == theirs ]]; then
			dev=ve1 to=10.3.2.2:$P2
			other set tn2 private-key "$WORK/victim.key"
			nswg 1 set tn1 peer "$PUB_2" remove peer "$PUB_V" endpoint "$E2" \
				preshared-key "$WORK/psk" allowed-ips "$A2/32,$B2/128"
			capture 1 $dev theirs "udp and udp[4:2] = 72"
		else
			dev=ve2 to=10.3.1.1:$P1
			nswg 1 set tn1 private-key "$WORK/victim.key"
			other set tn2 peer "$PUB_1" remove peer "$PUB_V" endpoint "$E1" \
				preshared-key "$WORK/psk" allowed-ips "$A1/32,$B1/128"
			capture 2 $dev ours "udp and udp[4:2] = 72"
		fi
		n=$BG_PID
		# more at once than a queue bears without load, each time that the
		# load of the last ones, a second, is forgotten
		bg flood ns 3 "$tool" --to "$to" flood init 100000000 975 "$(slow 150)" 1024
		FLOOD_PID=$BG_PID
		cookie_and_session
		stop "$FLOOD_PID"
		stop "$n"
	done
}
