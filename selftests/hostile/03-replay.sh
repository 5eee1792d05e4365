#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Counters, and that nothing replayed or forged moves the endpoint.

. "$(dirname "$0")/../lib/lib.sh"
. "$(dirname "$0")/hostile.sh"

hostile_up

case_ "counters"
run replay

# endpoint_stays ARGS: the victim sees its peer at the port that wgpeer names
endpoint_stays() {
	local port

	run roam-replay "$@"
	port=$(sed -n 's/^port //p' "$WORK/run.log")
	expect_endpoint v $DEV "$(key public 0)" "10.55.0.2:$port"
}

case_ "replays and forgeries from another port do not move the endpoint"
endpoint_stays hostile

case_ "good data from another port does"
endpoint_stays move
