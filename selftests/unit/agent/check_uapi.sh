#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# scripts/check-uapi.sh has to accept the tree and to notice each of the changes
# below, made to a copy of it.

set -u

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd -P)
copy=$(mktemp -d) || exit 1
trap 'rm -rf "$copy"' EXIT
failed=

python3 -c 'import yaml' 2> /dev/null ||
	{ echo "skip check-uapi - python3-yaml is not installed"; exit 0; }

verdict()	# ok|bad name reason
{
	if [ "$1" = ok ]; then
		echo "ok check-uapi-$2"
	else
		echo "not ok check-uapi-$2 - $3"
		failed=1
	fi
}

fresh()
{
	rm -rf "${copy:?}"/*
	mkdir "$copy/kmod"
	cp -r "$top/scripts" "$top/uapi" "$copy"
	cp "$top"/kmod/genl*.[ch] "$copy/kmod" 2> /dev/null
}

# What it says has to name the place and what is wrong.
notices()	# name file sed-expression pattern
{
	local out

	fresh
	sed -i -e "$3" "$copy/$2"
	if cmp -s "$copy/$2" "$top/$2"; then
		verdict bad "$1" "the change changes nothing"
		return
	fi
	if out=$("$copy/scripts/check-uapi.sh" 2>&1); then
		verdict bad "$1" "not noticed"
	elif grep -qE "^[a-z/_]+\.(h|c|yaml):[0-9]+: .*$4" <<< "$out"; then
		verdict ok "$1"
	else
		verdict bad "$1" "says: $(head -n 1 <<< "$out")"
	fi
}

if out=$("$top/scripts/check-uapi.sh" 2>&1); then
	verdict ok agree
else
	verdict bad agree "$(head -n 1 <<< "$out")"
fi

h=uapi/tailnet.h
y=uapi/tailnet.yaml
notices value-gone $h '/^	TAILNET_A_DEV_FWMARK,/d' TAILNET_A_DEV_FWMARK
notices value-added $h 's/^	TAILNET_A_TXN_MODE,/&\n	TAILNET_A_TXN_NEW,/' TAILNET_A_TXN_NEW
notices value-moved $h '/^	TAILNET_A_PEER_OP,/d; s/^	TAILNET_A_PEER_FLAGS,/	TAILNET_A_PEER_OP,\n&/' TAILNET_A_PEER_OP
notices value-numbered $h 's/^	TAILNET_A_DEV_FWMARK,/	TAILNET_A_DEV_FWMARK = 20,/' TAILNET_A_DEV_FWMARK
notices command-gone $h '/^	TAILNET_CMD_TXN_ABORT,/d' TAILNET_CMD_TXN_ABORT
notices event-gone $h '/^	TAILNET_EVENT_CONFIG,/d' TAILNET_EVENT_CONFIG
notices flag-bit $h 's/\(TAILNET_DEV_F_GRO.*\)1U << 2/\11U << 7/' TAILNET_DEV_F_GRO
notices flag-unknown $h 's/^#define TAILNET_PEER_F_ROAM.*/&\n#define TAILNET_PEER_F_NEW (1U << 1)/' TAILNET_PEER_F_NEW
notices name $h 's/TAILNET_GENL_NAME "tailnet"/TAILNET_GENL_NAME "tailnets"/' TAILNET_GENL_NAME
notices group $h 's/TAILNET_MCGRP_PATH "path"/TAILNET_MCGRP_PATH "paths"/' TAILNET_MCGRP_PATH
notices last-value $h 's/(__TAILNET_A_TXN_MAX - 1)/(__TAILNET_A_DEV_MAX - 1)/' TAILNET_A_TXN_MAX
notices enum-unknown $h 's/^enum tailnet_event {/enum tailnet_new {\n	TAILNET_NEW_A,\n};\n\n&/' tailnet_new
notices type-in-header $h 's/@TAILNET_A_PEER_KEEPALIVE: u16/@TAILNET_A_PEER_KEEPALIVE: u32/' TAILNET_A_PEER_KEEPALIVE
notices not-described $h 's/@TAILNET_A_PEER_KEEPALIVE:/@TAILNET_A_PEER_KEEP:/' TAILNET_A_PEER_KEEPALIVE
notices byte-order $h 's/ u16, big endian, not 0/ u16, not 0/' TAILNET_A_ENDPOINT_PORT
notices type-in-spec $y '/name: last-handshake-sec/{n;s/s64/u64/}' TAILNET_A_PEER_LAST_HANDSHAKE_SEC
notices length-in-spec $y '/name: preshared-key/,/exact-len/s/32/33/' TAILNET_A_PEER_PRESHARED_KEY
notices not-repeated $y '/name: allowedip$/,/multi-attr/s/multi-attr: true/multi-attr: false/' TAILNET_A_PEER_ALLOWEDIP
notices permission $y '0,/flags: \[ uns-admin-perm \]/s//flags: [ admin-perm ]/' 'uns-admin-perm'
notices attribute-unknown $y '0,/            - generation/s//            - generations/' 'no attribute generations'

if ls "$top"/kmod/genl_*.c > /dev/null 2>&1; then
	k=kmod/genl_dev.c
	notices policy-type $k 's/\(TAILNET_A_DEV_FWMARK\] = .*\)NLA_U32/\1NLA_U16/' TAILNET_A_DEV_FWMARK
	notices policy-length $k 's/IFNAMSIZ - 1/IFNAMSIZ/' TAILNET_A_DEV_IFNAME
	notices policy-range $k 's/\(TAILNET_A_DEV_SOCK4\].*\)-1/\10/' TAILNET_A_DEV_SOCK4
	notices policy-missing $k '/TAILNET_A_DEV_LISTEN_PORT\] =/d' TAILNET_A_DEV_LISTEN_PORT
	notices policy-strange $k 's/\(TAILNET_A_DEV_SOCK4\] = \).*,/\1STRANGE(1),/' TAILNET_A_DEV_SOCK4
	notices policy-flags $k 's/ | TAILNET_DEV_F_EQUAL_TAIL//; s/	 TAILNET_DEV_F_INLINE | TAILNET_DEV_F_EQUAL_TAIL/	 TAILNET_DEV_F_INLINE/' TAILNET_A_DEV_FLAGS
	notices policy-of-macro kmod/genl_peer.c 's/\(TAILNET_A_PEER_KEEPALIVE\] = .*\)NLA_U16/\1NLA_U32/' TAILNET_A_PEER_KEEPALIVE
else
	echo "skip check-uapi-policies - no kmod/genl_*.c"
fi
[ -z "$failed" ]
