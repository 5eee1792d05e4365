# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The tailnet lock of nodes; sourced after lib.sh and nodes.sh.

LOCKCTL=$TESTS_DIR/netns/build/lockctl
[[ -x $LOCKCTL ]] || make -s -C "$TESTS_DIR/netns" build/lockctl >"$WORK/make.log" 2>&1 ||
	fail "building lockctl: $(tail -3 "$WORK/make.log")"
need_cmd xxd base64

lock() { tn "$1" lock "${@:2}"; }
# told N WORD...: what the words print, into $WORK/lock.log; they have to succeed
told() { lock "$@" >"$WORK/lock.log" 2>&1 || fail "node $1: lock ${*:2}: $(<"$WORK/lock.log")"; }
# untold N TEXT WORD...: they have to fail, with this in what they say
untold() {
	if lock "$1" "${@:3}" >"$WORK/lock.log" 2>&1; then fail "node $1: lock ${*:3} is taken"; fi
	grep -q "$2" "$WORK/lock.log" || fail "node $1: lock ${*:3}: $(<"$WORK/lock.log")"
}
field() { lock "$1" status --json | jq -r "$2"; }
enabled() { [[ $(field "$1" .Enabled) == true && $(field "$1" '.Head != null') == true ]]; }
disabled() { [[ $(field "$1" .Enabled) == false ]]; }
tlpub() { field "$1" .PublicKey; }
nodekey() { field "$1" .NodeKey; }
base64_of() { xxd -r -p <<<"${1#nodekey:}" | base64; }
# What the kernel of node $1 says of the node key $2.
verdict() { ns "$1" "$LOCKCTL" tailnet0 verdict "$(base64_of "$2")" 2>&1; }
verdict_is() { [[ $(verdict "$1" "$2") == "$3" ]]; }
# expect_verdict N KEY VERDICT
expect_verdict() { wait_for "$(slow 15)" "node $1 to say $3 of $2" verdict_is "$@"; }
reason() { field "$1" ".FilteredPeers[] | select(.NodeKey == \"$2\") | .Reason"; }
kernel_lock() { ns "$1" "$LOCKCTL" tailnet0 get | tr ' ' '\n' | sed -n "s/^$2=//p"; }
# A restart in which something happens to the files.
restart_with() {
	local n=$1
	shift
	agent_kill "$n"
	"$@"
	agent_start "$n"
	wait_for "$(slow 20)" "node $n to be up again" state_is "$n" Running
}
trouble() { field "$1" '.Trouble // ""'; }
has_trouble() { [[ -n $(trouble "$1") ]]; }
no_trouble() { [[ -z $(trouble "$1") ]]; }
