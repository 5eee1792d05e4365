#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# guest: kernel=6.1 tpm=yes
#
# A state sealed by a TPM: a node joins, starts again without a login, survives a
# reset of the TPM by its recovery key and a TPM that comes late. Then the memory
# of the agent is searched for its keys.
. "$(dirname "$0")/../lib/lib.sh"
. "$(dirname "$0")/../lib/nodes.sh"

need_cmd python3
DEVICE=/dev/tpmrm0
[[ -c $DEVICE ]] || skip "there is no TPM"
FIND=$TESTS_DIR/lib/find_keys.py

members() { jq -r 'keys | join(" ")' "$WORK/state$1/tailscaled.state"; }
kept() { tn "$1" debug state | jq -r "$2"; }
node_key() { tn "$1" status --json | jq -r .Self.PublicKey; }
is_sealed() { [[ $(members "$1") == "data key nonce" ]]; }
# how often the auth key has let somebody in
n_logins() { ctl authkey list | grep -F "$AUTH_KEY" | grep -o 'used=[0-9]*'; }
is_same() {
	wait_for 20 "node $1 to be up again" state_is "$1" Running
	expect_eq "node key" "$(node_key "$1")" "$KEY"
	expect_eq "address" "$(ip4 "$1")" "$IP"
}

# what each of them has logged, since the next one begins a new log
ended() {
	agent_stop "$1"
	cat "$WORK/agent$1.log" >>"$WORK/logs"
}
nodes_up 3 --verbose
echo LogLevel=debug >>"$WORK/conf"

case_ "a new node is sealed"
agent_start 1
wait_for 20 "the state" is_sealed 1
wait_for 20 "the agent" state_is 1 NeedsLogin
expect_eq "mode" "$(stat -c %a "$WORK/state1/tailscaled.state")" 600
agent_join 1
expect_eq "state" "$(kept 1 '"\(.Phase) \(.Sealed)"')" "open true"
is_sealed 1 || fail "it has the members $(members 1)"
KEY=$(node_key 1)
IP=$(ip4 1)

case_ "it starts again without a login"
ended 1
agent_start 1
is_same 1
agent_kill 1
cat "$WORK/agent1.log" >>"$WORK/logs"
agent_start 1
is_same 1

case_ "a recovery key"
tn 1 debug state recovery-key >"$WORK/recovery" 2>"$WORK/said"
grep -q 'shown once' "$WORK/said" || fail "nothing is said about it"
expect_eq "recovery key" "$(kept 1 .RecoveryKey)" true

case_ "another node, plain"
agent_start 2 --encrypt-state=false
agent_join 2
LOGINS=$(n_logins)
[[ $(members 2) == *_machinekey* ]] || fail "it has the members $(members 2)"
"$FIND" keys "$WORK/state2/tailscaled.state" >"$WORK/keys"
(($(wc -l <"$WORK/keys") >= 2)) || fail "keys: $(cut -d' ' -f1 "$WORK/keys")"
wait_for 10 "a peer" peers_are 1 1
ping_once 1 "$(ip4 2)"

case_ "it is sealed when that is asked for"
ended 2
agent_start 2 --encrypt-state
wait_for 20 "node 2 to be up again" state_is 2 Running
is_sealed 2 || fail "it has the members $(members 2)"
ping_once 1 "$(ip4 2)"

case_ "no key in its memory but where it is guarded"
# exercise what prints, and what makes keys
tn 2 status --json >/dev/null
tn 2 debug state >/dev/null
tn 2 debug state reseal
found=$("$FIND" memory "${AGENT_PID[2]}" "$WORK/keys")
[[ $(tail -n 1 <<<"$found") == "0 outside, "[1-9]*" guarded" ]] || fail "$found"
note "$(tail -n 1 <<<"$found")"

case_ "nor in its files and logs"
found=$("$FIND" files "$WORK/keys" "$WORK/state2" \
	"$WORK/logs" "$WORK/agent2.log" "$WORK/server.log")
expect_eq "finds" "$found" "0 outside, 0 guarded"

case_ "nor the recovery key anywhere"
echo "recovery $(tr -d '\n' <"$WORK/recovery" | od -An -tx1 | tr -d ' \n')" >"$WORK/words"
found=$("$FIND" memory "${AGENT_PID[1]}" "$WORK/words")
expect_eq "in memory" "$(tail -n 1 <<<"$found")" "0 outside, 0 guarded"
found=$("$FIND" files "$WORK/words" "$WORK/state1" \
	"$WORK/logs" "$WORK/agent1.log")
expect_eq "in files" "$found" "0 outside, 0 guarded"

case_ "after a logout the node key is nowhere"
tn 2 logout
wait_for 20 "node 2 to be nobody" state_is 2 NeedsLogin
# the machine key and the key for the tailnet lock stay for the next login
grep 'profile-.*/privkey' "$WORK/keys" >"$WORK/gone"
found=$("$FIND" memory "${AGENT_PID[2]}" "$WORK/gone")
expect_eq "finds" "$found" "0 outside, 0 guarded"
ended 2

case_ "the TPM was reset"
ended 1
before=$(sha256sum "$WORK/state1/tailscaled.state")
"$TESTS_DIR/lib/clear_tpm.py"
agent_start 1
expect_eq "state" "$(state 1)" NoState
expect_eq "phase" "$(kept 1 .Phase)" stuck
tn 1 status >"$WORK/status" 2>&1 || :
grep -q 'failed to unseal state file' "$WORK/status" ||
	fail "status says: $(cat "$WORK/status")"
grep -q 'debug state recover' "$WORK/status" ||
	fail "status does not say what to do: $(cat "$WORK/status")"
! tn 1 up >"$WORK/up1.log" 2>&1 || fail "up works"
expect_eq "the file" "$(sha256sum "$WORK/state1/tailscaled.state")" "$before"
# the network goes on without
expect_eq "device" "$(nsip 1 -j link show tailnet0 | jq -r '.[0].ifname')" tailnet0

case_ "another recovery key"
! echo AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AAAA |
	tn 1 debug state recover >"$WORK/no" 2>&1 || fail "it opens the state"
expect_eq "state" "$(state 1)" NoState

case_ "the recovery key"
tn 1 debug state recover <"$WORK/recovery"
is_same 1
resealed() { [[ $(sha256sum "$WORK/state1/tailscaled.state") != "$before" ]]; }
wait_for 20 "a new seal" resealed
ended 1
agent_start 1
is_same 1
expect_eq "logins" "$(n_logins)" "$LOGINS"

case_ "there is no TPM"
ended 1
# not by its driver, which would give it another number when it comes back
mv /dev/tpm0 /dev/away-tpm0
mv "$DEVICE" /dev/away-tpmrm0
come_back() {
	[[ ! -e /dev/away-tpmrm0 ]] || mv /dev/away-tpmrm0 "$DEVICE"
	[[ ! -e /dev/away-tpm0 ]] || mv /dev/away-tpm0 /dev/tpm0
}
at_exit come_back
rc=0
ns 3 timeout 60 tailnetd --statedir "$WORK/state3" --socket "$WORK/3.sock" \
	--conf "$WORK/conf" --encrypt-state >"$WORK/agent3.log" 2>&1 || rc=$?
expect_eq "status of a new node that has to be sealed" "$rc" 78
grep -q 'encrypt-state is not supported on this device' "$WORK/agent3.log" ||
	fail "it says: $(cat "$WORK/agent3.log")"
[[ ! -e $WORK/state3/tailscaled.state ]] || fail "it has left a state"

case_ "it comes late"
agent_start 1 --encrypt-state
expect_eq "state" "$(state 1)" NoState
[[ $(kept 1 .Phase) == @(waiting|asking) ]] || fail "phase is $(kept 1 .Phase)"
come_back
is_same 1

case_ "no key in its memory after all that"
ended 1
agent_start 1 --encrypt-state=false
wait_for 20 "node 1 to be up again" state_is 1 Running
[[ $(members 1) == *_machinekey* ]] || fail "it has the members $(members 1)"
"$FIND" keys "$WORK/state1/tailscaled.state" >"$WORK/keys"
found=$("$FIND" memory "${AGENT_PID[1]}" "$WORK/keys")
[[ $(tail -n 1 <<<"$found") == "0 outside, "[1-9]*" guarded" ]] || fail "$found"
found=$("$FIND" files "$WORK/keys" "$WORK/logs" "$WORK/agent1.log" \
	"$WORK/server.log")
expect_eq "finds" "$found" "0 outside, 0 guarded"
