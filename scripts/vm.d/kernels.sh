# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Finds or makes the kernels of scripts/vm. kernel_select NAME sets
#	k_kind		qemu or uml
#	k_id		name of the build, usable as a file name
#	k_release	what uname -r says in the guest
#	k_image		kernel image or UML program
#	k_modules	folder with its modules (the parent of kernel/)
#	k_make		array: make arguments to build a module, without M=

kernel_select()	# name
{
	case $1 in
	6.1) kernel_installed 6.1 ;;
	uml | debug | debug-smp) kernel_built "$1" ;;
	6.12 | 7.x) kernel_backport "$1" ;;
	*) fail "unknown kernel $1 (6.1, 6.12, 7.x, uml, debug, debug-smp)" ;;
	esac
}

# The newest installed kernel of a series, with the headers to build for it;
# if there is none, one that is fetched.
kernel_installed()	# series
{
	local image

	for image in $(printf '%s\n' "/boot/vmlinuz-$1".*-amd64 | sort -rV); do
		k_release=${image#/boot/vmlinuz-}
		k_modules=/lib/modules/$k_release
		if [ -r "$image" ] && [ -d "$k_modules/kernel" ] &&
				[ -e "$k_modules/build/Makefile" ]; then
			k_kind=qemu
			k_id=$k_release
			k_image=$image
			k_make=(make -C "$k_modules/build")
			return 0
		fi
	done
	kernel_backport "$1"
}
