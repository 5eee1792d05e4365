# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Builds the kernels uml, debug and debug-smp from Debian's package
# linux-source-6.1. Everything stands in the cache, under names made from the
# source, the compiler and the configuration, so that a change of one of them
# makes a new kernel and nothing old is ever taken for it.

kernel_tarball=/usr/src/linux-source-6.1.tar.xz

# Sets b_fragments, b_patches, b_arch, b_base, b_image.
build_recipe()	# name
{
	local d=$here/vm.d

	# The same for all, so that they share one unpacked source. Each record of
	# KASAN, kmemleak and lockdep saves a stack, which was a third of the time in
	# a profile.
	b_patches=("$d/um-xstate.patch" "$d/um-stacktrace.patch"
		"$d/um-shadow.patch")
	case $1 in
	uml)
		b_arch=um b_base=defconfig b_image=linux
		b_fragments=("$d/net.config" "$d/uml.config") ;;
	debug)
		b_arch=um b_base=defconfig b_image=linux
		b_fragments=("$d/net.config" "$d/uml.config" "$d/debug.config"
			"$d/uml-debug.config") ;;
	debug-smp)
		b_arch=x86_64 b_base=tinyconfig b_image=arch/x86/boot/bzImage
		b_fragments=("$d/net.config" "$d/debug.config" "$d/smp.config") ;;
	esac
}

build_source_id()
{
	# Name, size and time change with each version of the package; reading
	# 130 MB for a hash at each start would not be worth the difference.
	stat -L -c '%n %s %Y' "$kernel_tarball" | digest
}

kernel_built()	# name
{
	local id dir

	[ -r "$kernel_tarball" ] ||
		fail "$kernel_tarball is missing: scripts/deps installs it" \
			"(Debian package linux-source-6.1)"
	need gcc build-essential
	build_recipe "$1"
	id=$1-$( (build_source_id; gcc --version | head -n 1
		echo "$b_arch $b_base"
		cat "${b_fragments[@]}" "${b_patches[@]}") | digest)
	dir=$cache/kernel/$id
	if [ ! -e "$dir/done" ]; then
		cache_lock "kernel-$1"
		[ -e "$dir/done" ] || build_kernel "$1" "$dir"
		cache_unlock
	fi
	touch "$dir/done"
	k_id=$id
	k_release=$(cat "$dir/release")
	k_image=$dir/image
	k_modules=$dir/root/lib/modules/$k_release
	k_make=(make -C "$(cat "$dir/source")" "O=$dir/build" "ARCH=$b_arch")
	k_kind=qemu
	[ $b_arch != um ] || k_kind=uml
}

# Unpacks the source, once for all kernels with the same patches; sets b_source.
build_source()	# [patch]...
{
	local id p

	id=$(build_source_id)
	[ $# -eq 0 ] || id=$id-$(cat "$@" | digest)
	b_source=$cache/source/$id
	if [ ! -e "$b_source/done" ]; then
		cache_lock source
		if [ ! -e "$b_source/done" ]; then
			note "unpacking the kernel's source"
			rm -rf "$b_source"
			mkdir -p "$b_source"
			tar -xJf "$kernel_tarball" -C "$b_source" \
				--strip-components=1 ||
				fail "cannot unpack $kernel_tarball"
			for p; do
				patch -s -p1 -d "$b_source" < "$p" ||
					fail "$p does not fit $kernel_tarball"
			done
			touch "$b_source/done"
		fi
		cache_unlock
	fi
}

build_kernel()	# name folder
{
	local start=$SECONDS f
	local make

	for f in bc:bc bison:bison flex:flex make:make patch:patch; do
		need "${f%:*}" "${f#*:}"
	done
	build_source "${b_patches[@]}"
	# The folder is named after all that goes into it, so what an interrupted
	# build left in it is good.
	mkdir -p "$2/build"
	make=(make -C "$b_source" "O=$2/build" "ARCH=$b_arch"
		"LOCALVERSION=-tailnet-$1" KBUILD_BUILD_USER=tailnet
		KBUILD_BUILD_HOST=vm)
	note "building the kernel $1 in $2 (several minutes, once)"
	(
		set -e
		"${make[@]}" $b_base
		cat "${b_fragments[@]}" >> "$2/build/.config"
		"${make[@]}" olddefconfig
		build_check_config "$2/build/.config"
		"${make[@]}" -j"$jobs" all
		"${make[@]}" INSTALL_MOD_PATH="$2/root" modules_install
		"${make[@]}" -s kernelrelease > "$2/release"
	) > "$2/log" 2>&1 || {
		tail -n 30 "$2/log" >&2
		fail "the kernel $1 does not build; all of it is in $2/log"
	}
	cp "$2/build/$b_image" "$2/image"
	echo "$b_source" > "$2/source"
	# What building a module needs is left: headers, host tools, symbols.
	find "$2/build" -path "$2/build/scripts" -prune -o \
		-path "$2/build/tools" -prune -o -type f \( -name '*.o' \
		-o -name '*.a' -o -name '*.ko' -o -name '*.cmd' \
		-o -name 'vmlinux*' -o -name linux \) -print0 |
		xargs -0 rm -f
	touch "$2/done"
	note "the kernel $1 took $((SECONDS - start)) s"
}

# A wish that Kconfig silently dropped would be a check that silently does not
# run.
build_check_config()	# .config
{
	local line name missing=

	while IFS= read -r line; do
		case $line in
		CONFIG_*=n)
			name=${line%=n}
			! grep -q "^$name=" "$1" || missing="$missing $line" ;;
		CONFIG_*)
			grep -qxF "$line" "$1" || missing="$missing $line" ;;
		esac
	done < <(cat "${b_fragments[@]}" | grep '^CONFIG_' |
		# the last word on an option counts
		tac | awk -F= '!seen[$1]++')
	[ -z "$missing" ] || {
		echo "not in the configuration:$missing"
		return 1
	}
}
