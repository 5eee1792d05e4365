#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Finds out what the kernel tree at hand offers and writes tailnet_config.h.
#
#	probe-kernel.sh OUTPUT COMPILER FLAG...
#
# The flags are those with which kbuild compiles an object of a module. From a
# Kbuild file:
#
#	quiet_cmd_tn_probe = PROBE   $@
#	      cmd_tn_probe = $(CONFIG_SHELL) $(src)/scripts/probe-kernel.sh $@ \
#			     $(CC) $(NOSTDINC_FLAGS) $(LINUXINCLUDE) \
#			     $(KBUILD_CPPFLAGS) $(KBUILD_CFLAGS) \
#			     $(KBUILD_CFLAGS_MODULE)
#	$(obj)/tailnet_config.h: $(src)/scripts/probe-kernel.sh FORCE
#		$(call if_changed,tn_probe)
#	targets += tailnet_config.h
#	ccflags-y += -I$(obj)
#	$(addprefix $(obj)/,$(tailnet-y)): $(obj)/tailnet_config.h
#
# All probes are functions of one file, compiled once: a probe whose function
# draws an error is absent, the rest are there. #line names the probe in the
# compiler's messages. Two controls, one that must compile and one that must
# not, guard against a compiler or flags with which that reasoning fails.
#
# Exit status: 0, or 1 with one line that says what the tree lacks.

set -eu

if [ $# -lt 2 ]; then
	echo "usage: probe-kernel.sh OUTPUT COMPILER FLAG..." >&2
	exit 1
fi
out=$1
shift

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
src=$work/probe.c
log=$work/log
: >"$work/names"

fail()
{
	echo "tailnet: $*" >&2
	exit 1
}

# header FILE: include it if the tree has it
header()
{
	printf '#if __has_include(<%s>)\n#include <%s>\n#endif\n' "$1" "$1" \
		>>"$src"
}

# body KIND NAME CODE: one function, whose errors will be named KIND/NAME
body()
{
	printf '#line 1 "%s/%s"\nstatic void __maybe_unused %s_%s(void)\n{\n%s\n}\n' \
		"$1" "$2" "$1" "$2" "$3" >>"$src"
}

# option NAME: a kernel configuration option without which we cannot work
option()
{
	printf '#line 1 "option/%s"\n#if !IS_ENABLED(CONFIG_%s)\n#error missing\n#endif\n' \
		"$1" "$1" >>"$src"
}

# need NAME WHAT CODE: something that every supported tree has
need()
{
	echo "$1 $2" >>"$work/needs"
	body need "$1" "$3"
}

# have NAME CODE: something that only some trees have
have()
{
	echo "$1" >>"$work/names"
	body have "$1" "$2"
}

# have_header NAME FILE
have_header()
{
	echo "$1" >>"$work/names"
	printf '#line 1 "have/%s"\n#if !__has_include(<%s>)\n#error missing\n#endif\n' \
		"$1" "$2" >>"$src"
}

# same_type EXPRESSION TYPE: code that compiles if the types agree
same_type()
{
	printf '_Static_assert(__builtin_types_compatible_p(typeof(%s), %s), "");' \
		"$1" "$2"
}

for h in linux/module.h linux/netdevice.h linux/skbuff.h linux/timer.h \
	linux/hrtimer.h linux/workqueue.h linux/rcupdate.h linux/cleanup.h \
	linux/mutex.h linux/random.h linux/udp.h linux/net.h net/rtnetlink.h \
	net/genetlink.h net/udp_tunnel.h net/ipv6.h net/ipv6_stubs.h \
	net/dst_cache.h net/gso.h net/dst.h crypto/blake2s.h \
	crypto/chacha20poly1305.h crypto/curve25519.h crypto/utils.h \
	crypto/algapi.h crypto/chacha.h crypto/sha2.h; do
	header $h
done

body control good 'int x = 1; (void)x;'
body control bad 'tn_no_such_thing_at_all(1);'

for o in INET IPV6 NET_UDP_TUNNEL DST_CACHE GRO_CELLS CRYPTO_LIB_CURVE25519 \
	CRYPTO_LIB_CHACHA20POLY1305; do
	option $o
done

need timer_names 'timer_delete() and timer_shutdown_sync()' \
	'struct timer_list t; timer_delete(&t); timer_delete_sync(&t);
	 timer_shutdown_sync(&t);'
need random_below 'get_random_u32_below()' '(void)get_random_u32_below(3);'
need kfree_rcu_mightsleep 'kfree_rcu_mightsleep()' \
	'void *p = NULL; kfree_rcu_mightsleep(p);'
need guards 'guard() of linux/cleanup.h' \
	'static DEFINE_MUTEX(m); guard(mutex)(&m);'
need pcpu_stats 'net_device.pcpu_stat_type' \
	'struct net_device *d = NULL; d->pcpu_stat_type = NETDEV_PCPU_STAT_TSTATS;'
need udp_bits 'udp_set_bit()' \
	'struct sock *sk = NULL; udp_set_bit(GRO_ENABLED, sk);'
need encap_enable 'udp_tunnel_encap_enable(struct sock *)' \
	"$(same_type '&udp_tunnel_encap_enable' 'void (*)(struct sock *)')"
need mcast_cap 'GENL_MCAST_CAP_NET_ADMIN' \
	'struct genl_multicast_group g = { .flags = GENL_MCAST_CAP_NET_ADMIN };
	 (void)g;'
need dst_dev 'dst_dev()' 'struct dst_entry *d = NULL; (void)dst_dev(d);'
need aead 'the ChaCha20-Poly1305 library' \
	'u8 *b = NULL; chacha20poly1305_encrypt(b, b, 0, b, 0, 0ULL, b);
	 (void)(xchacha20poly1305_decrypt(b, b, 0, b, 0, b, b));'
need curve25519 'the Curve25519 library' \
	'u8 *b = NULL; (void)(curve25519(b, b, b) &&
	 curve25519_generate_public(b, b));'

have_header LINUX_UNALIGNED_H linux/unaligned.h
have_header CRYPTO_UTILS_H crypto/utils.h
have_header NET_GSO_H net/gso.h

have TIMER_CONTAINER_OF \
	'struct s { struct timer_list t; }; struct timer_list *t = NULL;
	 struct s *p = timer_container_of(p, t, t); (void)p;'
have HRTIMER_SETUP \
	'struct hrtimer t; hrtimer_setup(&t, NULL, CLOCK_MONOTONIC, HRTIMER_MODE_REL);'
have WQ_PERCPU '(void)WQ_PERCPU;'
have DEV_LLTX 'struct net_device *d = NULL; d->lltx = true;'
have NEWLINK_PARAMS \
	"$(same_type '((struct rtnl_link_ops *)0)->newlink' \
	'int (*)(struct net_device *, struct rtnl_newlink_params *, struct netlink_ext_ack *)')
	 struct rtnl_newlink_params *p = NULL; (void)rtnl_newlink_link_net(p);"
have SKB_TSTAMP_TYPE 'struct sk_buff *s = NULL; s->tstamp_type = 0;'
have GENL_SPLIT_OPS 'struct genl_split_ops o; (void)o.policy;'
have GENL_DUMP_INFO \
	'struct netlink_callback *cb = NULL; (void)genl_info_dump(cb)->attrs;'
have GENL_NLHDR_CONST \
	"$(same_type '((struct genl_info *)0)->nlhdr' 'const struct nlmsghdr *')"
have UDP_TUNNEL_TAKES_SK \
	"$(same_type '&setup_udp_tunnel_sock' \
	'void (*)(struct net *, struct sock *, struct udp_tunnel_sock_cfg *)')"
have UDP_TUNNEL_RELEASE_TAKES_SK \
	"$(same_type '&udp_tunnel_sock_release' 'void (*)(struct sock *)')"
have UDP_XMIT_IPCB_FLAGS \
	'udp_tunnel_xmit_skb(NULL, NULL, NULL, 0, 0, 0, 0, 0, 0, 0, false, false, 0);'
have UDP6_XMIT_IPCB_FLAGS \
	'udp_tunnel6_xmit_skb(NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, 0, 0, 0, false, 0);'
have UDP6_XMIT_VOID \
	'_Static_assert(__builtin_types_compatible_p(typeof(
	 udp_tunnel6_xmit_skb(NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, 0, 0, 0, false, 0)),
	 void), "");'
have IPV6_STUB '(void)ipv6_stub->ipv6_dst_lookup_flow;'
have IP6_DST_LOOKUP_FLOW '(void)&ip6_dst_lookup_flow;'
have FLOWI4_DSCP 'struct flowi4 f; (void)f.flowi4_dscp;'
have SOCKADDR_UNSIZED \
	"$(same_type '&kernel_bind' \
	'int (*)(struct socket *, struct sockaddr_unsized *, int)')"
have BLAKE2S_CTX 'struct blake2s_ctx c; blake2s_init(&c, 32);'
have BLAKE2S_KEY_FIRST \
	"$(same_type '&blake2s' \
	'void (*)(const u8 *, size_t, const u8 *, size_t, u8 *, size_t)')"
have CHACHA_STATE 'struct chacha_state s; (void)s;'
have SHA512_LIB 'struct sha512_ctx c; sha512_init(&c);'

# The flags may carry dependency files and -Werror of the tree: neither is
# wanted here, but calls in a wrong shape must be errors with every compiler.
set -- "$@" -DKBUILD_MODNAME='"tailnet"' -DKBUILD_BASENAME='"probe"' \
	-DMODULE -Wno-error -Werror=implicit-function-declaration \
	-Werror=incompatible-pointer-types -Werror=int-conversion
if "$1" --version 2>/dev/null | grep -q clang; then
	set -- "$@" -ferror-limit=0
else
	# Errors inside a macro are then reported where the macro is used.
	set -- "$@" -fmax-errors=0 -ftrack-macro-expansion=0
fi
LC_ALL=C "$@" -fsyntax-only "$src" >"$log" 2>&1 || :

# failed KIND/NAME: did this one draw an error?
failed()
{
	grep -q "^$1:[0-9]*:[0-9]*: \(fatal \)\{0,1\}error:" "$log"
}

missing=$(sed -n 's,^option/\([A-Z0-9_]*\):.*error:.*,CONFIG_\1,p' "$log" |
	tr '\n' ' ')
if [ -n "$missing" ]; then
	fail "this kernel is built without ${missing% }"
fi
other=$(grep ':[0-9]*: \(fatal \)\{0,1\}error:' "$log" |
	grep -Ev '^(control|option|need|have)/' | head -n 1) || :
if [ -n "$other" ]; then
	fail "cannot compile against this kernel tree: $other"
fi
failed control/good && fail "cannot compile against this kernel tree"
failed control/bad || fail "cannot probe: $(head -n 1 "$log")"
while read -r name what; do
	failed "need/$name" && fail "this kernel has no $what"
done <"$work/needs"

{
	echo "/* Made by scripts/probe-kernel.sh from the kernel tree at hand. */"
	while read -r name; do
		if failed "have/$name"; then
			echo "/* TN_HAVE_$name: no */"
		else
			echo "#define TN_HAVE_$name 1"
		fi
	done <"$work/names"
} >"$work/result"

mv "$work/result" "$out"
