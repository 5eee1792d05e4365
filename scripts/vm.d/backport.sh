# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Debian kernels that are not installed: fetched from the mirror that this
# machine's apt uses, with apt settings of our own so that the machine's stay as
# they are, and unpacked into the cache. Installs nothing.

keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# The mirror of the machine's own release.
mirror_uri()
{
	local codename uri

	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	# shellcheck disable=SC2016 # the names are apt's
	uri=$(apt-get indextargets --format \
		'$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
		awk -v c="$codename" \
			'$2 == c && $3 == "main" { print $1; exit }')
	[ -n "$uri" ] || fail "cannot fetch: apt on this machine knows no" \
		"mirror of Debian $codename"
	echo "$uri"
}

# Sets apt_options (array) for a suite, with fresh package lists.
apt_private()	# suite
{
	local dir=$cache/apt/$1 uri

	need apt-get apt
	[ -r $keyring ] || fail "$keyring is missing (package" \
		"debian-archive-keyring)"
	uri=$(mirror_uri) || exit
	mkdir -p "$dir"/{etc,state/lists/partial,cache/archives/partial}
	: > "$dir/state/status"
	echo "deb [signed-by=$keyring] $uri $1 main" > "$dir/etc/sources.list"
	apt_options=(-qq -o "Dir::State=$dir/state"
		-o "Dir::State::status=$dir/state/status"
		-o "Dir::Cache=$dir/cache"
		-o "Dir::Etc::sourcelist=$dir/etc/sources.list"
		-o Dir::Etc::sourceparts=- -o Dir::Etc::preferences=-
		-o Dir::Etc::preferencesparts=-
		-o APT::Architecture=amd64 -o APT::Sandbox::User=root
		-o Acquire::Languages=none)
	apt-get "${apt_options[@]}" update > "$dir/log" 2>&1 || {
		tail -n 5 "$dir/log" >&2
		fail "cannot fetch the package lists of $1: no network?"
	}
}

package_field()	# package field
{
	apt-cache "${apt_options[@]}" show "$1" 2> /dev/null |
		sed -n "s/^$2: //p" | head -n 1
}

# The packages of one kernel build that PACKAGE stands for, itself included if
# it is one. Compilers and the unversioned helpers are not needed.
kernel_packages()	# package
{
	local p

	case $1 in
	linux-compiler*) return ;;
	linux-*[0-9].[0-9]*) echo "$1" ;;
	linux-image-amd64 | linux-headers-amd64 | linux-modules-amd64) ;;
	*) return ;;
	esac
	for p in $(package_field "$1" Depends | tr ',' '\n' | awk '{ print $1 }'); do
		kernel_packages "$p"
	done
}

# Unpacks packages into a folder.
unpack()	# folder package...
{
	local dir=$1 p
	shift

	mkdir -p "$dir/debs"
	(cd "$dir/debs" && apt-get "${apt_options[@]}" download "$@") \
		> "$dir/log" 2>&1 || {
		tail -n 5 "$dir/log" >&2
		fail "cannot fetch $*"
	}
	for p in "$dir"/debs/*.deb; do
		dpkg-deb --fsys-tarfile "$p" | tar -x -C "$dir" \
			--exclude='*/kernel/drivers/gpu' \
			--exclude='*/kernel/drivers/media' \
			--exclude='*/kernel/drivers/net/wireless' \
			--exclude='*/kernel/drivers/net/ethernet' \
			--exclude='*/kernel/drivers/scsi' \
			--exclude='*/kernel/drivers/infiniband' \
			--exclude='*/kernel/sound' ||
			fail "cannot unpack $p"
	done
	rm -rf "$dir/debs"
}

backport_fetch()	# name suite folder
{
	local packages root=$3/root release

	apt_private "$2"
	packages=$(for p in linux-image-amd64 linux-headers-amd64; do
		kernel_packages $p
	done | sort -u)
	[ -n "$packages" ] || fail "cannot fetch: $2 has no kernel"
	release=$(sed -n 's/^linux-image-\(.*\)/\1/p' <<< "$packages" | head -n 1)
	note "fetching Debian's kernel $release (once)"
	rm -rf "$3"
	# shellcheck disable=SC2086
	unpack "$root" $packages
	[ -e "$root/lib" ] || ln -s usr/lib "$root/lib"
	# Newer packages bring the image beside the modules.
	if [ -e "$root/boot/vmlinuz-$release" ]; then
		ln -s "root/boot/vmlinuz-$release" "$3/image"
	elif [ -e "$root/lib/modules/$release/vmlinuz" ]; then
		ln -s "root/lib/modules/$release/vmlinuz" "$3/image"
	else
		fail "the packages of $release contain no kernel image"
	fi
	PATH=$PATH:/usr/sbin:/sbin depmod -b "$root" "$release" 2> /dev/null ||
		fail "depmod failed for $release"
	backport_tools "$3" "${2%-backports}"
	echo "$release" > "$3/release"
	touch "$3/done"
}

# The host tools of a newer Debian release may want a newer C library than this
# machine has. Then they get that release's, by its own loader.
backport_tools()	# folder suite
{
	local bin

	find "$1"/root/usr/lib/linux-kbuild-*/ -type f -perm -u+x |
		while read -r bin; do
			! ldd "$bin" 2>&1 | grep -q 'not found' || echo "$bin"
		done > "$1/foreign-tools"
	[ -s "$1/foreign-tools" ] || return 0
	(
		apt_private "$2"
		unpack "$1/newlib" libc6 libelf1t64 zlib1g libzstd1
	) || exit
	while read -r bin; do
		mv "$bin" "$bin.elf"
		cat > "$bin" <<-EOF
		#!/bin/sh
		n=$1/newlib/usr
		exec \$n/lib64/ld-linux-x86-64.so.2 \\
			--library-path \$n/lib/x86_64-linux-gnu "$bin.elf" "\$@"
		EOF
		chmod +x "$bin"
	done < "$1/foreign-tools"
}

kernel_backport()	# name
{
	local suite dir=$cache/kernel/debian-$1 src flavour

	case $1 in
	6.1) suite=bookworm ;;
	6.12) suite=bookworm-backports ;;
	7.x) suite=trixie-backports ;;
	esac
	if [ ! -e "$dir/done" ]; then
		cache_lock "kernel-$1"
		[ -e "$dir/done" ] || backport_fetch "$1" $suite "$dir"
		cache_unlock
	fi
	k_kind=qemu
	k_release=$(cat "$dir/release")
	k_id=$k_release
	k_image=$dir/image
	k_modules=$dir/root/lib/modules/$k_release
	# The flavour's own Makefile names the common one by the place where the
	# package would have installed it.
	src=$dir/root/usr/src
	flavour=$src/linux-headers-$k_release
	k_make=(make -C "${flavour%-amd64}-common" "O=$flavour"
		"KBUILD_OUTPUT=$flavour" CONFIG_DEBUG_INFO_BTF_MODULES=)
	if [ "$1" = 7.x ] && ! command -v gcc-14 > /dev/null; then
		# Made for gcc 14, whose option for aligned functions older
		# compilers lack; without it the kernel's older way is taken.
		k_make+=(CC=gcc CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT=)
	elif [ "$1" = 7.x ]; then
		k_make+=(CC=gcc-14)
	fi
}
