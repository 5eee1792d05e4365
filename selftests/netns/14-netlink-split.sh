#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Tables too long for one netlink message, in and out: nothing lost, doubled or
# given to the wrong peer at a border between messages.
. "$(dirname "$0")/../lib/lib.sh"
need_cmd python3

need_kind "$LINK_TYPE"
ns_add 1
dev_add 1 tn1

# conf: prints a configuration for a list of tables "peers:v4:v6", and writes
# what "show allowed-ips" must say then, one "key<TAB>prefix" a line, to want
cat >"$WORK/conf.py" <<'PY'
import base64, os, sys

want = open(sys.argv[1], "w")
nr = 0
for table in sys.argv[2:]:
    peers, v4, v6 = map(int, table.split(":"))
    for _ in range(peers):
        key = base64.b64encode(os.urandom(32)).decode()
        ips = []
        for i in range(v4):
            n = nr + i
            ips.append("10.%d.%d.%d/32" % (n >> 16 & 255, n >> 8 & 255, n & 255))
        for i in range(v6):
            n = nr + i
            # no two zero groups side by side, so there is one spelling only
            ips.append("fd77:1:1:1:1:1:%x:%x/128" % ((n >> 16) + 1, n & 0xffff))
        nr += max(v4, v6)
        print("[Peer]\nPublicKey =", key)
        for i in range(0, len(ips), 500):
            print("AllowedIPs =", ", ".join(ips[i:i + 500]))
        for ip in ips or ["(none)"]:
            want.write("%s\t%s\n" % (key, ip))
PY
normal() { awk '{ for (i = 2; i <= NF; i++) print $1 "\t" $i }' | LC_ALL=C sort; }

# check NAME setconf|addconf|syncconf TABLE...
check() {
	local name=$1 how=$2 missing extra

	shift 2
	case_ "$name by $how"
	python3 -IS "$WORK/conf.py" "$WORK/want" "$@" >"$WORK/conf"
	nswg 1 "$how" tn1 "$WORK/conf"
	compare
}

compare() {
	nswg 1 show tn1 allowed-ips | normal >"$WORK/got.s"
	normal <"$WORK/want" >"$WORK/want.s"
	if ! cmp -s "$WORK/got.s" "$WORK/want.s"; then
		missing=$(LC_ALL=C comm -13 "$WORK/got.s" "$WORK/want.s" | wc -l)
		extra=$(LC_ALL=C comm -23 "$WORK/got.s" "$WORK/want.s" | wc -l)
		fail "$missing prefixes are missing, $extra should not be there"
	fi
}

check "one peer with 255 x 256 addresses of each family" setconf \
	"1:$(scaled 65280):$(scaled 65280)"

case_ "the same in the whole listing"
nswg 1 show tn1 dump >"$WORK/dump"
expect_eq "number of lines" "$(wc -l <"$WORK/dump")" 2
expect_eq "number of prefixes" "$(tail -1 "$WORK/dump" | cut -f4 | tr , '\n' | wc -l)" \
	"$(wc -l <"$WORK/want.s")"

check "40 peers with 52 addresses" setconf 40:52:0
check "29 empty peers and one with an address" setconf 29:0:0 1:1:0
check "one peer with 197 addresses" setconf 1:197:0
check "one peer with 197 addresses of IPv6" setconf 1:0:197
check "peers with 0 to 3 addresses" setconf 33:0:0 33:1:0 33:0:2 33:3:3
# every number of addresses around the size of one message of 4 and of 8 kB
check "peers near the size of a message" setconf \
	1:94:0 1:95:0 1:96:0 1:97:0 1:98:0 1:99:0 1:100:0 1:101:0 1:102:0 1:190:0 \
	1:194:0 1:195:0 1:196:0 1:198:0 1:199:0 1:200:0 1:201:0 1:0:70 1:0:71 1:0:72 \
	1:0:73 1:0:74 1:0:75 1:0:145 1:0:146 1:0:147

case_ "everything of one peer moves to another"
cp "$WORK/want" "$WORK/want.old"
python3 -IS - "$WORK/want" >"$WORK/conf" <<'PY'
import sys

lines = [l.rstrip("\n").split("\t") for l in open(sys.argv[1])]
first = lines[0][0]
last = lines[-1][0]
ips = [ip for key, ip in lines if key == first]
print("[Peer]\nPublicKey =", last)
print("AllowedIPs =", ", ".join(ips))
with open(sys.argv[1], "w") as want:
    # the configuration file replaces what the peer had
    for key, ip in lines:
        if key not in (first, last):
            want.write("%s\t%s\n" % (key, ip))
    for ip in ips:
        want.write("%s\t%s\n" % (last, ip))
    want.write("%s\t(none)\n" % first)
PY
nswg 1 addconf tn1 "$WORK/conf"
compare

case_ "many peers"
check "peers without addresses" syncconf "$(scaled 1000):0:0"
expect_eq "number of peers" "$(nswg 1 show tn1 peers | sort -u | wc -l)" "$(scaled 1000)"
check "nothing" setconf
expect_eq "number of peers" "$(nswg 1 show tn1 peers | wc -l)" 0
