#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# guest: mem=1024
#
# Stolen lock keys are revoked, with all that they have done; and a logout does
# not make a node take another network for its own.
. "$(dirname "$0")/../lib/lib.sh"
. "$(dirname "$0")/../lib/nodes.sh"
. "$(dirname "$0")/../lib/lock_nodes.sh"

trusted() { [[ $(field "$1" '.TrustedKeys | length') == "$2" ]]; }
# expect_trusted COUNT N...
expect_trusted() {
	local n
	for n in "${@:2}"; do wait_for "$(slow 15)" "$1 trusted keys on node $n" trusted "$n" "$1"; done
}
blob() { sed -n "s/.*--$1 \([0-9A-F]*\)$/\1/p" "$WORK/lock.log"; }

nodes_up 4 --verbose --mode tailscale --lock
for n in 1 2 3; do
	agent_start $n
	agent_join $n
done
wait_for 10 "the peers of node 1" peers_are 1 2
A=$(ip4 1)
K2=$(tlpub 2)
K3=$(tlpub 3)
THIEF=tlpub:$(printf '66%.0s' {1..32})

case_ "three keys are trusted, the second a while later"
told 1 init --confirm "$(tlpub 1)" "$K3"
expect_trusted 2 1 2 3
told 1 add "$K2"
expect_trusted 3 1 2 3

case_ "it is stolen: the thief lets a node in, and sees to it that he can go on"
agent_start 4
agent_join 4
X=$(nodekey 4)
expect_verdict 1 "$X" unsigned
told 2 sign "$X"
told 2 add "$THIEF"
expect_trusted 4 1 3
for n in 1 3; do expect_verdict $n "$X" admitted; done
ping_once 4 "$A"

case_ "revoked by two, from the time on when it was not trusted"
untold 1 "none of the keys is trusted" revoke-keys "tlpub:$(printf '77%.0s' {1..32})"
told 1 revoke-keys "$K2" "$THIEF"
grep -q "checkpoint" "$WORK/lock.log" || fail "it does not show what is signed"
BLOB=$(blob cosign)
untold 1 "signed it already" revoke-keys --cosign "$BLOB"
untold 3 "revoke-keys" revoke-keys --cosign A0
told 3 revoke-keys --cosign "$BLOB"
told 3 revoke-keys --finish "$(blob finish)"
expect_trusted 2 1 2 3
for n in 1 3; do expect_verdict $n "$X" untrusted; done
ping_none 4 "$A"
untold 2 "is not trusted" sign "$X"
# Node 2 itself was let in by node 1.
expect_verdict 1 "$(nodekey 2)" admitted
ping_once 2 "$A"

case_ "and after a restart"
restart_with 1 true
expect_verdict 1 "$X" untrusted
expect_eq "keys in the kernel" "$(kernel_lock 1 on) $(kernel_lock 1 keys)" "1 2"

case_ "a logout does not end it: another network is not taken for ours"
ctl fault tka-foreign node=node2 >/dev/null
tn 2 logout >"$WORK/lock.log" 2>&1 || fail "logout: $(<"$WORK/lock.log")"
wait_for "$(slow 20)" "node 2 to be logged out" state_is 2 NeedsLogin
agent_join 2
wait_for "$(slow 20)" "node 2 to see it" has_trouble 2
trouble 2 | grep -q "tailnet lock local-disable" || fail "$(trouble 2)"
expect_eq "keys in the kernel" "$(kernel_lock 2 on) $(kernel_lock 2 keys)" "1 2"
expect_verdict 2 "$X" untrusted
expect_verdict 2 "$(nodekey 1)" admitted
ctl fault off >/dev/null
ctl refresh >/dev/null
wait_for "$(slow 90)" "node 2 to agree with the server" no_trouble 2
told 1 sign "$(nodekey 2)"
expect_verdict 1 "$(nodekey 2)" admitted
ping_once 2 "$A"
