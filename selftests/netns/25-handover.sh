#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# guest: timeout=300 smp=yes
#
# Sockets handed over by a program: what is refused, what is left to the
# program, its death, its successor.
. "$(dirname "$0")/../lib/lib.sh"
need_ours
need_cmd python3

SOCKOWN=$TESTS_DIR/netns/build/sockown
[[ -x $SOCKOWN ]] || make -s -C "$TESTS_DIR/netns" build/sockown >"$WORK/make.log" 2>&1 ||
	fail "building sockown: $(tail -3 "$WORK/make.log")"

declare -A OWNER
# owner NAME: start a program that owns sockets, in namespace 1
owner() {
	mkfifo "$WORK/$1.fifo"
	bg "owner-$1" ns "${2:-1}" "$SOCKOWN" "$WORK/$1.fifo"
	OWNER[$1]=$BG_PID
	wait_for 10 "the owner $1" grep -q ready "$WORK/owner-$1.log"
}
answered() { (($(wc -l <"$WORK/owner-$1.log") > $2)); }
# own NAME COMMAND...: tell it something, its answer in $ANSWER
own() {
	local who=$1 lines

	shift
	lines=$(wc -l <"$WORK/owner-$who.log")
	echo "$*" >"$WORK/$who.fifo"
	wait_for 10 "an answer to: $*" answered "$who" "$lines"
	ANSWER=$(tail -1 "$WORK/owner-$who.log")
}
own_ok() {
	own "$@"
	[[ $ANSWER == ok* ]] || fail "$*: $ANSWER"
}
refused() {
	local err=$1

	shift
	own "$@"
	[[ $ANSWER == "error $err" ]] || fail "$*: $ANSWER, expected error $err"
}
state_is() { own "$1" get tn1; [[ $ANSWER == *"$2"* ]]; }
expect_state() { state_is "$1" "$2" || fail "state is $ANSWER, expected $2"; }

bench_veth
nswg 2 set tn2 peer "$PUB_1" endpoint 10.0.0.1:$P1
ping_once 2 $A1

case_ "the module's own sockets"
owner a
expect_state a "sockets=1 orphaned=0 port=$P1"

case_ "refused, and nothing changes"
own_ok a sock t tcp
own_ok a sock s4 4 reuseport
own_ok a sock s6 6 reuseport
own_ok a sock dual dual
own_ok a sock con 4
own_ok a connect con 10.0.0.2 9
refused EPROTOTYPE a give tn1 4=t
refused ENOTSOCK a give tn1 4=0
refused EBADF a give tn1 4=999
refused EAFNOSUPPORT a give tn1 4=s6
refused EAFNOSUPPORT a give tn1 6=s4
refused EISCONN a give tn1 4=con
refused EINVAL a give tn1 6=dual
refused EPROTOTYPE a give tn1 4=s4 6=t
refused ENODEV a give nodev 4=s4
dev_add 2 tnx
dev_move 2 tnx 1
refused EXDEV a give tnx 4=s4
nsip 1 link del tnx
expect_state a "sockets=1 orphaned=0 port=$P1"
ping_all 2 $A1 10

case_ "bound sockets handed over"
own_ok a bind s4 7777
own_ok a bind s6 7777
own_ok a give tn1 4=s4 6=s6
expect_state a "sockets=2 orphaned=0 port=7777"
if is_listening 1 u $P1; then fail "the module's own socket is still there"; fi
nswg 2 set tn2 peer "$PUB_1" endpoint 10.0.0.1:7777
ping_once 2 $A1
ping_all 1 $A2 50
nswg 2 set tn2 peer "$PUB_1" endpoint "[fd00::1]:7777"
ping_once 2 $A1
ping_all 1 $B2 50
nswg 2 set tn2 peer "$PUB_1" endpoint 10.0.0.1:7777
ping_once 2 $A1

case_ "one socket serves one device"
dev_add 1 tny
refused EBUSY a give tny 4=s4
nsip 1 link del tny
ping_all 1 $A2 10

# what the module leaves to its owner
cat >"$WORK/udp.py" <<'PY'
import socket, sys

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for h in sys.argv[2:]:
    s.sendto(bytes.fromhex(h), (sys.argv[1], 7777))
PY
zeros() { printf '00%.0s' $(seq "$1"); }
DISCO=5453f09f92ac$(zeros 74)
STUN=000100002112a442$(zeros 12)
STUN_ANSWER=010100002112a442$(zeros 12)
JUNK=(
	07				# tail of a batch
	"ffffffff$(zeros 60)"		# no known protocol
	"01000000$(zeros 144)"		# an initiation of nobody
	"01000000$(zeros 145)"		# one byte too long for one
	"04000000$(zeros 28)"		# data of no session
	"04000000$(zeros 27)"		# one byte too short
	"05000000$(zeros 100)"		# no such type
	"5453f09f92ad$(zeros 74)"		# nearly the magic of disco
	"0001000022222222$(zeros 12)"	# nearly STUN
)
has_got() { own a recv s4; [[ $ANSWER == ok\ [1-9]* ]]; }
for what in "disco $DISCO" "STUN $STUN" "STUN answer $STUN_ANSWER"; do
	case_ "left to the owner: ${what% *}"
	own_ok a recv s4
	ns 2 python3 -IS "$WORK/udp.py" 10.0.0.1 "${what##* }"
	wait_for 5 "the datagram" has_got
	# it shows the first 64 bytes
	[[ $ANSWER == "ok 1 "* && ${what##* } == "${ANSWER#ok 1 }"* ]] ||
		fail "the owner got $ANSWER"
done
case_ "not left to the owner"
own_ok a recv s4
ns 2 python3 -IS "$WORK/udp.py" 10.0.0.1 "${JUNK[@]}" "$STUN"
wait_for 5 "the datagram behind the junk" has_got
[[ $ANSWER == "ok 1 $STUN" ]] || fail "the owner got $ANSWER"
ping_all 2 $A1 10

case_ "the owner sends from the same port"
cat >"$WORK/from.py" <<'PY'
import socket

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("10.0.0.2", 5000))
s.settimeout(20)
print("ready", flush=True)
print(*s.recvfrom(100)[1])
PY
bg from ns 2 python3 -IS "$WORK/from.py"
pid=$BG_PID
wait_for 10 "the receiver" grep -q ready "$WORK/from.log"
own_ok a send s4 10.0.0.2 5000 abcdef
wait "$pid" || fail "$(tail -1 "$WORK/from.log")"
expect_eq "source" "$(tail -1 "$WORK/from.log")" "10.0.0.1 7777"

case_ "link down and up with sockets handed over"
nsip 1 link set tn1 down
nsip 1 link set tn1 up
# from here, for the other side does not know yet that its session is void
ping_once 1 $A2
ping_all 2 $A1 10
expect_state a "sockets=2 orphaned=0 port=7777"

# lossless COMMAND...: while echoes run both ways, none of which may be lost.
# Every number up to the last one answered must have been answered; what is
# still under way at the end is behind that.
answers() { grep -c icmp_seq= "$WORK/$1.log"; }
ten_more() { (($(answers there) > $1 + 10 && $(answers back) > $2 + 10)); }
lossless() {
	local p1 p2 f out

	bg there ns 1 stdbuf -oL ping -n -i 0.02 $A2
	p1=$BG_PID
	bg back ns 2 stdbuf -oL ping -n -i 0.02 $A1
	p2=$BG_PID
	wait_for 10 "echoes" ten_more 0 0
	"$@"
	wait_for 10 "echoes afterwards" ten_more "$(answers there)" "$(answers back)"
	stop $p1 INT
	stop $p2 INT
	for f in there back; do
		out=$(sed -n 's/.*icmp_seq=\([0-9]*\).*/\1/p' "$WORK/$f.log" | sort -nu |
			awk '$1 != last + 1 { lost += $1 - last - 1 } { last = $1 }
			     END { if (lost) print lost " of " last " echoes were lost" }')
		[[ -z $out ]] || fail "$f: $out"
	done
}

case_ "the owner dies"
owner b
die_a() {
	stop "${OWNER[a]}" KILL
	wait_for 10 "the device to be an orphan" state_is b "sockets=2 orphaned=1 port=7777"
}
lossless die_a
is_listening 1 u 7777 || fail "the port is gone"

one_socket() { [[ $(ss -N "$(nsname 1)" -Hlun4 "sport = :$1" | wc -l) == 1 ]]; }
case_ "a successor takes the port over"
own_ok b sock s4 4 reuseport
own_ok b sock s6 6 reuseport
take_over() {
	own_ok b give tn1 4=s4 6=s6
	own_ok b bind s4 7777
	own_ok b bind s6 7777
	wait_for 10 "the old socket to go" one_socket 7777
}
lossless take_over
expect_state b "sockets=2 orphaned=0 port=7777"
ns 2 python3 -IS "$WORK/udp.py" 10.0.0.1 $DISCO
b_got() { own b recv s4; [[ $ANSWER == ok\ [1-9]* ]]; }
wait_for 5 "disco at the successor" b_got

case_ "a live owner's sockets are replaced by another's"
owner c
own_ok c sock s4 4 reuseport
own_ok c sock s6 6 reuseport
replace() {
	own_ok c give tn1 4=s4 6=s6
	own_ok c bind s4 7777
	own_ok c bind s6 7777
	gone_from_b() { own b close s4; own b close s6; one_socket 7777; }
	wait_for 10 "the new sockets to be in force" state_is c "sockets=2 orphaned=0 port=7777"
	gone_from_b
}
lossless replace
stop "${OWNER[b]}"
ping_all 2 $A1 20
expect_state c "sockets=2 orphaned=0 port=7777"

case_ "the owner closes its descriptors"
close_both() {
	own_ok c close s4
	own_ok c close s6
}
lossless close_both
is_listening 1 u 7777 || fail "the port is gone"

case_ "given back"
own_ok c give tn1 4=-1 6=-1
free() { ! is_listening 1 u "$1"; }
wait_for 10 "port 7777 to be free" free 7777
expect_state c "sockets=0"
ping_none 1 $A2

case_ "the module's own sockets again"
nswg 1 set tn1 listen-port $P1
nswg 2 set tn2 peer "$PUB_1" endpoint 10.0.0.1:$P1
ping_once 2 $A1
expect_state c "sockets=1 orphaned=0 port=$P1"

case_ "an orphan gives its sockets up in time"
owner d
own_ok d sock s4 4
own_ok d bind s4 8888
own_ok d timeout tn1 1
own_ok d give tn1 4=s4
nswg 2 set tn2 peer "$PUB_1" endpoint 10.0.0.1:8888
ping_once 2 $A1
stop "${OWNER[d]}" KILL
wait_for 15 "port 8888 to be free" free 8888
expect_state c "sockets=0"

case_ "device deleted under a live owner"
own_ok c sock x4 4
own_ok c bind x4 9999
own_ok c give tn1 4=x4
nswg 2 set tn2 peer "$PUB_1" endpoint 10.0.0.1:9999
ping_once 2 $A1
bg flood ns 2 ping -q -f -W 1 $A1
pid=$BG_PID
nsip 1 link del tn1
stop "$pid" INT
is_listening 1 u 9999 || fail "the owner lost its socket"
own_ok c recv x4
sed -i 's/7777/int(sys.argv.pop(2))/' "$WORK/udp.py"
plain_again() {
	ns 2 python3 -IS "$WORK/udp.py" 10.0.0.1 9999 07 ffffffff
	own c recv x4
	[[ $ANSWER == ok\ [1-9]* ]]
}
wait_for 10 "the socket to be an ordinary one" plain_again
own_ok c close x4

case_ "a namespace is not held by an orphan for ever"
ns_add watch o
nsip watch link add w type veth peer name canary netns "$(nsname o)"
dev_add o tno
owner e o
own_ok e sock s4 4
own_ok e bind s4 5555
own_ok e timeout tno 1
own_ok e give tno 4=s4
nsip o link set tno up
stop "${OWNER[e]}" KILL
ns_del o
o_dead() { ! nsip watch link show w; }
wait_for 20 "the namespace to die" o_dead

case_ "module removed under a live owner"
dev_add 1 tn1
own_ok c sock y4 4
own_ok c bind y4 9998
nsip 1 link set tn1 up
own_ok c give tn1 4=y4
modprobe -r tailnet || fail "modprobe -r failed"
[[ ! -e /sys/module/tailnet ]] || fail "the module is still there"
is_listening 1 u 9998 || fail "the owner lost its socket"
