#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The data plane alone: one host with the tailnet module, one with the WireGuard
# of its own kernel, and a private network between the two, made by hand. Needs
# root; leaves nothing behind. "make demo" runs it in a machine of its own.

set -euo pipefail
. "$(dirname "$0")/lib.sh"
NEAR=near FAR=far
demo_begin

say "${BOLD}tailnet: a WireGuard data plane of its own, as a kernel module$OFF" \
	"" \
	"Two hosts, here two network namespaces of a machine that runs Linux $(uname -r):" \
	"" \
	"   near   the tailnet module and the tailnet command" \
	"   far    wireguard.ko, the WireGuard of the kernel, and wg(8)"

step "Two hosts and a cable"
host_add $NEAR
host_add $FAR
ip -n $NEAR link add eth0 type veth peer name eth0 netns $FAR
on $NEAR "ip addr add 192.0.2.1/24 dev eth0 && ip link set eth0 up"
on $FAR "ip addr add 192.0.2.2/24 dev eth0 && ip link set eth0 up"

step "A key pair for each; the private key never leaves its host"
umask 077
on $NEAR "tailnet wg genkey > near.key; tailnet wg pubkey < near.key | tee near.pub"
on $FAR "wg genkey > far.key; wg pubkey < far.key | tee far.pub"
near_pub=$(<"$DIR/near.pub") far_pub=$(<"$DIR/far.pub")

step "A device on each side, and each told about the other"
on $NEAR "ip link add dev tailnet0 type tailnet"
on $NEAR "tailnet wg set tailnet0 private-key near.key listen-port 51820 \\
            peer $far_pub \\
            endpoint 192.0.2.2:51820 allowed-ips 100.64.0.2/32,fd7a::2/128"
on $NEAR "ip addr add 100.64.0.1/24 dev tailnet0 && ip addr add fd7a::1/64 dev tailnet0"
on $NEAR "ip link set tailnet0 up"
say ""
on $FAR "ip link add dev wg0 type wireguard"
on $FAR "wg set wg0 private-key far.key listen-port 51820 \\
            peer $near_pub allowed-ips 100.64.0.1/32,fd7a::1/128"
on $FAR "ip addr add 100.64.0.2/24 dev wg0 && ip addr add fd7a::2/64 dev wg0"
on $FAR "ip link set wg0 up"

step "Do they reach each other? The first packet makes the handshake"
on $NEAR "ping -c 3 -i 0.2 -w 15 100.64.0.2"
on $NEAR "ping -q -c 3 -i 0.2 -w 15 fd7a::2"
on $FAR "ping -q -c 3 -i 0.2 -w 15 100.64.0.1"

step "A stream each way"
rate $NEAR $FAR 100.64.0.2
rate $FAR $NEAR 100.64.0.1

step "What both sides know"
on $NEAR "tailnet wg show"
on $FAR "wg show"
