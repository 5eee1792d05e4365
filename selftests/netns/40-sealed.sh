#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# guest: kernel=6.1 tpm=yes timeout=450
#
# A state sealed by a TPM: a node joins, starts again without a login, survives a
# reset of the TPM by its recovery key and a TPM that comes late; what a sealed
# state costs at the start; an old state that is put back. Then the memory of the
# agent is searched for its keys.
. "$(dirname "$0")/../lib/lib.sh"
. "$(dirname "$0")/../lib/nodes.sh"

need_cmd python3
DEVICE=/dev/tpmrm0
[[ -c $DEVICE ]] || skip "there is no TPM"
FIND=$TESTS_DIR/lib/find_keys.py

members() { jq -r 'keys | join(" ")' "$WORK/state$1/tailscaled.state"; }
kept() { tn "$1" debug state | jq -r "$2"; }
# what status says of it, and of what is wrong
rest() { tn "$1" status --json | jq -r ".StateAtRest | $2"; }
says() { grep -q "$2" <<<"$(tn "$1" status 2>&1)"; }
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
WORD=correct-horse-battery
nodes_up 3 --verbose
echo LogLevel=debug >>"$WORK/conf"

case_ "a new node is sealed"
agent_start 1
wait_for 20 "the agent" state_is 1 NeedsLogin
if grep -q 'it is too slow' "$WORK/agent1.log"; then
	note "the machine is too busy for the TPM to be used unasked"
	ended 1
	agent_start 1 --encrypt-state
fi
wait_for 20 "the state" is_sealed 1
wait_for 20 "the agent" state_is 1 NeedsLogin
expect_eq "mode" "$(stat -c %a "$WORK/state1/tailscaled.state")" 600
agent_join 1
expect_eq "state" "$(kept 1 '"\(.Phase) \(.Sealed)"')" "open true"
is_sealed 1 || fail "it has the members $(members 1)"
KEY=$(node_key 1)
IP=$(ip4 1)

case_ "the auth key is forgotten"
echo "auth $(printf %s "$AUTH_KEY" | od -An -tx1 | tr -d ' \n')" >"$WORK/words"
found=$("$FIND" memory "${AGENT_PID[1]}" "$WORK/words")
expect_eq "in memory" "$(tail -n 1 <<<"$found")" "0 outside, 0 guarded"

case_ "status says how its state is kept"
says 1 '^# State at rest: sealed by the TPM (IBM ' || fail "$(tn 1 status)"
says 1 'recovery key: none; counter: no$' || fail "$(tn 1 status)"
says 1 'there is no recovery key' || fail "no health line: $(tn 1 status)"
expect_eq "as JSON" "$(rest 1 '"\(.Sealed) \(.RecoveryKey) \(.Counter) \(.InLockout)"')" \
	"true false false null"

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
says 1 'recovery key: yes' || fail "$(tn 1 status)"
! says 1 'there is no recovery key' || fail "a health line: $(tn 1 status)"

case_ "another node, plain"
agent_start 2 --encrypt-state=false
agent_join 2
LOGINS=$(n_logins)
[[ $(members 2) == *_machinekey* ]] || fail "it has the members $(members 2)"
"$FIND" keys "$WORK/state2/tailscaled.state" >"$WORK/keys"
(($(wc -l <"$WORK/keys") >= 2)) || fail "keys: $(cut -d' ' -f1 "$WORK/keys")"
wait_for 10 "a peer" peers_are 1 1
ping_once 1 "$(ip4 2)"

case_ "status says that it is plain"
says 2 '^# State at rest: plain$' || fail "$(tn 2 status)"
expect_eq "as JSON" "$(rest 2 .Sealed)" false

# boot N [options]: from nothing to the first answer, in $BOOT_MS. After a reboot
# there is no device either.
boot() {
	local n=$1 begun

	shift
	ended "$n"
	ns "$n" tailnetd --cleanup
	begun=$(uptime_ms)
	agent_start "$n" "$@"
	wait_for 30 "the first answer" ns "$n" ping -n -q -c 1 -W 1 "$PEER"
	BOOT_MS=$(($(uptime_ms) - begun))
}
least() { printf '%s\n' "$@" | sort -n | head -n 1; }
median() { printf '%s\n' "$@" | sort -n | sed -n "$(($# / 2 + 1))p"; }

case_ "what a sealed state costs at the start"
sealed=() plain=()
# more of them would not make the least one less
for _ in 1 2 3; do
	PEER=$(ip4 2)
	boot 1
	sealed+=("$BOOT_MS")
	PEER=$(ip4 1)
	boot 2 --encrypt-state=false
	plain+=("$BOOT_MS")
done
is_sealed 1 || fail "node 1 is not sealed"
! is_sealed 2 || fail "node 2 is not plain"
note "first packet after the start, ms: sealed ${sealed[*]}; plain ${plain[*]}"
note "medians: sealed $(median "${sealed[@]}"), plain $(median "${plain[@]}")"
# whatever else the machine does makes it slower, never faster
cost=$(($(least "${sealed[@]}") - $(least "${plain[@]}")))
note "least: sealed $(least "${sealed[@]}"), plain $(least "${plain[@]}"): $cost ms later"

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

case_ "the owner of the TPM sets a password"
ended 1
"$TESTS_DIR/lib/tpm_command.py" owner '' "$WORD"
agent_start 1
expect_eq "phase" "$(kept 1 .Phase)" stuck
says 1 'owner password' || fail "$(tn 1 status)"
expect_eq "owner" "$(kept 1 .TPM.OwnerAuthSet)" true
ended 1
mkdir "$WORK/credentials"
printf '%s' "$WORD" >"$WORK/credentials/tpm-owner-auth"
CREDENTIALS_DIRECTORY=$WORK/credentials agent_start 1
is_same 1
echo "owner $(printf '%s' "$WORD" | od -An -tx1 | tr -d ' \n')" >"$WORK/words"
found=$("$FIND" memory "${AGENT_PID[1]}" "$WORK/words")
[[ $(tail -n 1 <<<"$found") == "0 outside, "[1-9]*" guarded" ]] || fail "$found"
ended 1
"$TESTS_DIR/lib/tpm_command.py" owner "$WORD" ''

case_ "the TPM was reset"
before=$(sha256sum "$WORK/state1/tailscaled.state")
"$TESTS_DIR/lib/tpm_command.py" clear
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
bg late ns 1 tailnet --socket "$WORK/1.sock" down
wait_for 10 "a command that waits" grep -q 'The state is not open' "$WORK/late.log"
never_within 1000 process_gone "$BG_PID" || fail "it did not wait: $(<"$WORK/late.log")"
come_back
wait "$BG_PID" || fail "down: $(<"$WORK/late.log")"
wait_for 20 "node 1 to be down" state_is 1 Stopped
agent_join 1
is_same 1

case_ "a hardened node"
cp "$WORK/conf" "$WORK/conf.standard"
echo Profile=hardened >>"$WORK/conf"
agent_start 3
wait_for 20 "the agent" state_is 3 NeedsLogin
agent_join 3
counted() { [[ $(rest 3 .Counter) == true ]]; }
wait_for 10 "a counter" counted
says 3 'counter: yes' || fail "$(tn 3 status)"
ended 3
cp -p "$WORK/state3/tailscaled.state" "$WORK/old.state"
agent_start 3
wait_for 20 "node 3 to be up again" state_is 3 Running
OLD_KEY=$(node_key 3)
IP3=$(ip4 3)
generation=$(kept 3 .Generation)
tn 3 set --accept-routes
is_counted() { [[ $(kept 3 '.Generation > '"$generation"' and .Counted') == true ]]; }
wait_for 10 "a generation" is_counted
ended 3

case_ "an old state is put back"
cp -p "$WORK/old.state" "$WORK/state3/tailscaled.state"
before3=$(sha256sum "$WORK/state3/tailscaled.state")
agent_start 3
expect_eq "phase" "$(kept 3 .Phase)" stuck
says 3 'state rolled back: file G=' || fail "$(tn 3 status)"
! tn 3 up >"$WORK/up3.log" 2>&1 || fail "up works"
expect_eq "the file" "$(sha256sum "$WORK/state3/tailscaled.state")" "$before3"

case_ "to accept it is to log in anew"
tn 3 debug state accept-rollback
wait_for 20 "node 3 to be nobody" state_is 3 NeedsLogin
grep -q 'log in anew' <<<"$(tn 3 status --json | jq -r '.Health[]')" ||
	fail "$(tn 3 status --json | jq .Health)"
agent_join 3
wait_for 20 "node 3 to be up again" state_is 3 Running
[[ $(node_key 3) != "$OLD_KEY" ]] || fail "it has the key of before"
note "address before $IP3, after $(ip4 3)"
ended 3
mv "$WORK/conf.standard" "$WORK/conf"

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
