# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Builds this tree's module for a kernel that need not be the running one. The
# result stands in the cache under a name made from the kernel and from the
# content of the sources, so it can never be stale.
#
# Wants from kernels.sh: k_id (kernel, as a file name), k_release, k_modules
# (folder with modules.order and the like) and k_make (array: make and all
# arguments except M= and the target).

module_sources()
{
	local f

	for f in Kbuild kmod uapi scripts/probe-kernel.sh; do
		[ ! -e "$tree/$f" ] || echo "$f"
	done
}

module_key()
{
	(
		cd "$tree" || exit 1
		module_sources | xargs -r -I{} find {} -type f \
			\( -name '*.[chS]' -o -name 'Kbuild*' -o -name '*.sh' \
			   -o -name '*.yaml' \) -print0 |
			LC_ALL=C sort -z | xargs -0 -r sha256sum
		echo "$k_id ${k_make[*]} ${TAILNET_KFLAGS:-}"
	) | digest
}

# Sets m_layer to a folder with tailnet.ko in updates/ and the index files of
# the whole module folder; empty if the tree has no module.
module_build()
{
	local key dir

	m_layer=
	if [ ! -e "$tree/Kbuild" ]; then
		fail "this tree has no Kbuild file, so there is no tailnet.ko" \
			"to build; --no-module boots without it"
	fi
	key=$(module_key)
	dir=$cache/module/$k_id-$key
	m_layer=$dir/layer
	if [ -e "$dir/done" ]; then
		touch "$dir/done"
		return 0
	fi
	cache_lock "module-$k_id"
	if [ ! -e "$dir/done" ]; then
		module_make "$dir"
		module_index "$dir"
		touch "$dir/done"
		module_prune
	fi
	cache_unlock
}

# The sources alone, without what a build in the tree left between them.
module_copy()	# folder
{
	(cd "$tree" && module_sources | xargs -I{} cp -a --parents {} "$1")
	find "$1" \( -name '*.o' -o -name '*.ko' -o -name '*.cmd' \
		-o -name '*.mod' -o -name '*.mod.c' -o -name modules.order \
		-o -name Module.symvers \) -type f -delete
}

module_make()	# folder
{
	rm -rf "$1"
	mkdir -p "$1/src"
	module_copy "$1/src"
	note "building tailnet.ko for $k_release"
	# shellcheck disable=SC2086 # TAILNET_KFLAGS is a list of arguments
	if ! "${k_make[@]}" M="$1/src" KCFLAGS=-Werror W=1 TAILNET_SELFTEST=1 \
			${TAILNET_KFLAGS:-} \
			-j"$jobs" modules > "$1/log" 2>&1; then
		cat "$1/log" >&2
		fail "tailnet.ko does not build for $k_release (see above);" \
			"--no-module boots without it"
	fi
	[ -e "$1/src/tailnet.ko" ] || fail "the build made no tailnet.ko"
}

# depmod follows links to folders, so the kernel's own modules are indexed
# where they are.
module_index()	# folder
{
	local root=$1/index f
	local mods=$root/lib/modules/$k_release

	mkdir -p "$mods/updates" "$1/layer/updates"
	cp "$1/src"/tailnet*.ko "$mods/updates/"
	for f in "$k_modules"/*; do
		case ${f##*/} in
		modules.builtin* | modules.order) cp "$f" "$mods/" ;;
		kernel | extra) ln -s "$f" "$mods/" ;;
		esac
	done
	PATH=$PATH:/usr/sbin:/sbin depmod -b "$root" "$k_release" ||
		fail "depmod failed for $k_release"
	mv "$mods/updates"/tailnet*.ko "$1/layer/updates/"
	mv "$mods"/modules.* "$1/layer/"
	rm -rf "$root"
}

# A week without use is long enough.
module_prune()
{
	find "$cache/module" -mindepth 2 -maxdepth 2 -name 'done' -mtime +7 \
		-printf '%h\0' | xargs -0 -r rm -rf
}
