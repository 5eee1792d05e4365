#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# guest: timeout=600 mem=1536
#
# A network with a tailnet lock: it is turned on, lets in who is signed, keeps out
# whom the control server adds, outlives what happens to its files, and is turned
# off by who knows a secret.
. "$(dirname "$0")/../lib/lib.sh"
. "$(dirname "$0")/../lib/nodes.sh"
. "$(dirname "$0")/../lib/lock_nodes.sh"
need_cmd python3

store() { echo "$WORK/state$1/tka-profiles"; }

nodes_up 4 --verbose --mode tailscale --lock
for n in 1 2; do
	agent_start $n
	agent_join $n
done
wait_for 10 "a peer of node 1" peers_are 1 1
wait_for 10 "a peer of node 2" peers_are 2 1
A=$(ip4 1)
B=$(ip4 2)
ping_once 1 "$B"

case_ "off"
told 1 status
grep -q "NOT enabled" "$WORK/lock.log" || fail "$(<"$WORK/lock.log")"
expect_eq "the kernel's" "$(kernel_lock 1 on)" 0
untold 1 "not enabled" sign "$(nodekey 2)"
untold 1 "not enabled" disable disablement-secret:00
K1=$(tlpub 1)
K2=$(tlpub 2)

case_ "announced without being shown, and taken back"
kernel_is() { [[ $(kernel_lock 1 on) == "$1" ]]; }
ctl fault tka-unknown >/dev/null
ctl drop >/dev/null
wait_for 15 "the kernel to be closed" kernel_is 1
ping_none 1 "$B"
untold 1 "has not shown it" local-disable
expect_eq "the kernel's" "$(kernel_lock 1 on)" 1
ctl fault off >/dev/null
ctl drop >/dev/null
wait_for 15 "the kernel to be open again" kernel_is 0
ping_once 1 "$B"

case_ "init"
untold 1 "has to be among" init "$K2"
told 1 init "$K1" "$K2"
grep -q -- "--confirm" "$WORK/lock.log" || fail "$(<"$WORK/lock.log")"
disabled 1 || fail "it is on without --confirm"
told 1 init --confirm "$K1" "$K2"
SECRET=$(grep -o 'disablement-secret:[0-9A-F]*' "$WORK/lock.log")
expect_eq "length of the secret" ${#SECRET} 83
wait_for "$(slow 15)" "the lock on node 1" enabled 1
wait_for "$(slow 15)" "the lock on node 2" enabled 2
N1=$(nodekey 1)
N2=$(nodekey 2)
expect_verdict 1 "$N2" admitted
expect_verdict 2 "$N1" admitted
ping_once 1 "$B"
ping_once 2 "$A"
expect_eq "signed" "$(field 1 .NodeKeySigned)" true
expect_eq "keys" "$(field 1 '.TrustedKeys | length')" 2
expect_eq "keys in the kernel" "$(kernel_lock 2 keys)" 2
untold 1 "already" init --confirm "$K1"
told 1 log
grep -q "checkpoint" "$WORK/lock.log" || fail "$(<"$WORK/lock.log")"

case_ "a node of the control server is refused by the kernel"
ctl synth 1 >/dev/null
wait_for "$(slow 15)" "the node to be listed" eval '[[ $(field 1 ".FilteredPeers | length") == 1 ]]'
X=$(field 1 '.FilteredPeers[0].NodeKey')
expect_verdict 1 "$X" unsigned
expect_verdict 2 "$X" unsigned
expect_eq "reason" "$(reason 1 "$X")" "it has no signature"
told 1 status
grep -q "tailnet lock sign $X" "$WORK/lock.log" || fail "$(<"$WORK/lock.log")"
tn 1 status | grep -q "refused: it has no signature" || fail "status does not show it"

case_ "so is a node that joins, until it is signed"
agent_start 3
agent_join 3
C=$(ip4 3)
wait_for "$(slow 15)" "the lock on node 3" enabled 3
N3=$(nodekey 3)
expect_verdict 1 "$N3" unsigned
expect_verdict 2 "$N3" unsigned
ping_none 3 "$A"
ping_none 1 "$C"
tn 3 status | grep -q "locked out" || fail "node 3 does not say that it is locked out"
told 3 status
grep -q "tailnet lock sign $N3" "$WORK/lock.log" || fail "$(<"$WORK/lock.log")"
untold 3 "is not trusted" sign "$N3"
told 2 sign "$N3" "$(tlpub 3)"
expect_verdict 1 "$N3" admitted
expect_verdict 2 "$N3" admitted
ping_once 3 "$A"
ping_once 1 "$C"
expect_eq "signed" "$(field 3 .NodeKeySigned)" true

case_ "restart: the same"
before=$(kernel_lock 1 generation)
restart_with 1 true
expect_verdict 1 "$N3" admitted
expect_verdict 1 "$X" unsigned
expect_eq "keys set again" "$(kernel_lock 1 generation)" "$before"
no_trouble 1 || fail "$(trouble 1)"
ping_once 1 "$C"

case_ "a key is removed"
# An update before that; its key is nobody's.
told 1 add "tlpub:$(printf '5a%.0s' {1..32})"
wait_for "$(slow 15)" "the key" eval '[[ $(field 1 ".TrustedKeys | length") == 3 ]]'
EARLIER=$(lock 1 log --json | jq -r '.Messages[0].Hash')
cp -a "$(store 1)" "$WORK/old-store"
told 1 remove --re-sign=false "$K2"
expect_verdict 1 "$N3" untrusted
expect_verdict 2 "$N3" untrusted
ping_none 3 "$A"
ping_none 1 "$C"
expect_verdict 1 "$N2" admitted
ping_once 1 "$B"
expect_eq "reason" "$(reason 1 "$N3")" "it is signed by a key that is not trusted"
untold 2 "is not trusted" sign "$N3"

case_ "the control server writes an old update otherwise: nothing is undone"
files() { find "$(store 1)" -type f | wc -l; }
n=$(files)
ctl fault tka-twice "$EARLIER" >/dev/null
ctl refresh >/dev/null
more_files() { (($(files) > n)); }
wait_for "$(slow 15)" "node 1 to take it" more_files
sleep 1
expect_verdict 1 "$N3" untrusted
expect_eq "keys in the kernel" "$(kernel_lock 1 keys)" 2
restart_with 1 true
expect_verdict 1 "$N3" untrusted
ctl fault off >/dev/null
ctl refresh >/dev/null
wait_for "$(slow 30)" "node 1 to agree with the server" no_trouble 1

# Broken files: while the control server gives none of them back, nobody; then
# those whom the chain admits that was known last.
broken() {
	case_ "$1"
	shift
	ctl fault tka-status >/dev/null
	restart_with 1 "$@"
	wait_for "$(slow 10)" "trouble" has_trouble 1
	expect_eq "enabled" "$(field 1 .Enabled)" true
	expect_eq "let in" "$(field 1 '.VisiblePeers | length')" 0
	expect_eq "keys in the kernel" "$(kernel_lock 1 on) $(kernel_lock 1 keys)" "1 0"
	expect_eq "peers that the kernel admits" "$(kernel_lock 1 admitted)" 0
	ping_none 1 "$B"
	ping_none 2 "$A"
	told 1 status
	grep -q "NOBODY is let in" "$WORK/lock.log" || fail "$(<"$WORK/lock.log")"
	tn 1 status | grep -q "stays closed" || fail "status does not say so"
	ctl fault off >/dev/null
	wait_for "$(slow 90)" "the files to be mended" no_trouble 1
	expect_verdict 1 "$N2" admitted
	expect_verdict 1 "$N3" untrusted
	expect_verdict 1 "$X" unsigned
	expect_eq "peers that the kernel admits" "$(kernel_lock 1 admitted)" 1
	ping_once 1 "$B"
	ping_none 1 "$C"
}
delete() { rm -r "$(store 1)"; }
truncate_one() { truncate -s 20 "$(find "$(store 1)" -type f -name '????????????????????????????????????????????????????' | head -1)"; }
older() {
	rm -r "$(store 1)"
	cp -a "$WORK/old-store" "$(store 1)"
}
PROFILE=$(store 1)/$(ls "$(store 1)")
HEAD=$(lock 1 log --json | jq -r '.Messages[0].Hash')
forge() { python3 "$TESTS_DIR/netns/forge_lock.py" "$@"; }
swapped() {
	rm -r "$(store 1)"
	forge network "$PROFILE"
}
beside() { forge network "$PROFILE"; }
unsigned() { forge update "$PROFILE" "$HEAD"; }
broken "the files are deleted" delete
broken "a file is cut short" truncate_one
broken "the files are those of before" older
broken "the files are another network's" swapped
broken "another network's are beside them, to begin with" beside
broken "an update that nobody has signed is beside them" unsigned

case_ "signed by a key that is left"
told 1 sign "$N3" "$(tlpub 3)"
expect_verdict 1 "$N3" admitted
ping_once 3 "$A"

case_ "another node key: signed by the node itself"
ctl expire node3
wait_for "$(slow 20)" "node 3 to find out" state_is 3 NeedsLogin
agent_join 3
NEW=$(nodekey 3)
[[ $NEW != "$N3" ]] || fail "it has the same key"
OLD=$N3
expect_verdict 1 "$NEW" admitted
expect_verdict 2 "$NEW" admitted
told 3 status
grep -q "SigKind: rotation" "$WORK/lock.log" || fail "$(<"$WORK/lock.log")"
ping_once 3 "$A"
N3=$NEW

case_ "the old key again, with its signature, and the newer one hidden"
for n in 1 2; do
	expect_eq "known to node $n" "$(field $n '.VisiblePeers | length')" 2
done
ctl fault tka-sig-old >/dev/null
ctl drop >/dev/null
expect_verdict 1 "$OLD" obsolete
expect_verdict 2 "$OLD" obsolete
expect_verdict 1 "$NEW" gone
expect_eq "reason" "$(reason 1 "$OLD")" "the node has gone over to another key, or was copied"
restart_with 1 true
expect_verdict 1 "$OLD" obsolete
ping_none 1 "$C"
ctl fault off >/dev/null
ctl drop >/dev/null
expect_verdict 1 "$NEW" admitted
expect_verdict 2 "$NEW" admitted
ping_once 3 "$A"

case_ "an auth key that signs"
told 1 sign $AUTH_KEY
KEY=$(grep -o "^$AUTH_KEY--TL.*" "$WORK/lock.log") || fail "$(<"$WORK/lock.log")"
agent_start 4
AUTH_KEY=$KEY agent_join 4
wait_for "$(slow 15)" "the lock on node 4" enabled 4
expect_verdict 1 "$(nodekey 4)" admitted
expect_verdict 2 "$(nodekey 4)" admitted
ping_once 4 "$A"
told 1 status
grep -q "(pre-auth key" "$WORK/lock.log" || fail "$(<"$WORK/lock.log")"

# with LockGenesis: what the settings of node 4 name
pinned() {
	echo "LockGenesis=$1" >"$WORK/conf"
	restart_with 4 true
	: >"$WORK/conf"
}
case_ "the settings name another lock: closed"
GENESIS=$(lock 1 log --limit 10000 --json | jq -r '.Messages[-1].Hash')
pinned "$HEAD"
expect_eq "keys in the kernel" "$(kernel_lock 4 on) $(kernel_lock 4 keys)" "1 0"
expect_eq "peers that the kernel admits" "$(kernel_lock 4 admitted)" 0
trouble 4 | grep -q LockGenesis || fail "$(trouble 4)"
ping_none 4 "$A"
case_ "they name this one: it cannot be turned off"
pinned "$GENESIS"
wait_for "$(slow 20)" "the lock on node 4" enabled 4
expect_verdict 4 "$N1" admitted
ping_once 4 "$A"
untold 4 "LockGenesis" local-disable
expect_verdict 4 "$N1" admitted

case_ "local disablement: node 2 alone"
told 2 local-disable
wait_for "$(slow 10)" "the kernel's" eval '[[ $(kernel_lock 2 on) == 0 ]]'
disabled 2 || fail "it is still on"
enabled 1 || fail "it is off on node 1"
expect_verdict 1 "$X" unsigned
restart_with 2 true
wait_for "$(slow 15)" "the kernel's" eval '[[ $(kernel_lock 2 on) == 0 ]]'
ping_once 1 "$B"

case_ "the control server says that it is off"
ctl fault tka-info-none >/dev/null
ctl drop >/dev/null
wait_for "$(slow 30)" "node 1 to see it" has_trouble 1
trouble 1 | grep -q "cannot prove it" || fail "$(trouble 1)"
expect_verdict 1 "$X" unsigned
expect_eq "enabled" "$(field 1 .Enabled)" true
ping_once 1 "$B"
ctl fault off >/dev/null
ctl drop >/dev/null
wait_for "$(slow 30)" "node 1 to see that it is on" no_trouble 1

case_ "disabled by a secret"
untold 1 "" disable disablement-secret:00
told 1 disable "$SECRET"
for n in 1 3; do
	wait_for "$(slow 20)" "the lock of node $n to be off" disabled $n
	wait_for "$(slow 10)" "the kernel's" eval "[[ \$(kernel_lock $n on) == 0 ]]"
	[[ -z $(ls "$(store $n)" 2>/dev/null) ]] || fail "node $n keeps its files"
done
ping_once 1 "$C"
expect_verdict 1 "$X" off
restart_with 1 true
disabled 1 || fail "it is on again"
enabled 4 || fail "node 4 has let it be turned off"
expect_verdict 4 "$X" unsigned

case_ "with the settings of before it is off there, too"
restart_with 4 true
wait_for "$(slow 20)" "the lock of node 4 to be off" disabled 4
