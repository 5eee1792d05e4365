#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Data messages: every size of good ones, every mutant, and which of the three
# keypairs opens what.

. "$(dirname "$0")/../lib/lib.sh"
. "$(dirname "$0")/hostile.sh"

hostile_up

case_ "good data of every size"
run data-lengths
run6 data-lengths

case_ "data mutated"
run data-mutate
run6 data-mutate

case_ "keypair rotation"
run rotate
