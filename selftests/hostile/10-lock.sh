#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# guest: own=yes
# Dishonest signatures in great numbers: none gets a peer in, and good ones in
# between do. TAILNET_LOCK_INSTALLS says how many; a campaign is a million, which
# wants TAILNET_TIMEOUT=20000 as well.

. "$(dirname "$0")/../lib/lib.sh"
. "$(dirname "$0")/hostile.sh"

need_ours
need_kind "$LINK_TYPE"
hostile_build lockflood
ns_add v
dev_add v $DEV
nsip v link set $DEV up

case_ "signatures of every kind"
seed=$RANDOM
ns v "$HOSTILE_BIN/lockflood" $DEV "$(scaled "${TAILNET_LOCK_INSTALLS:-20000}")" $seed >"$WORK/flood.log" 2>&1 ||
	fail "seed $seed: $(tail -2 "$WORK/flood.log")"
note "$(tail -1 "$WORK/flood.log")"

case_ "nothing is left"
expect_eq "peers" "$(nswg v show $DEV peers)" ""
nsip v link del $DEV
