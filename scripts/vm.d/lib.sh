# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Shared by scripts/vm and its helpers: messages, the cache folder, locks.

tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
cache=${TAILNET_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tailnet}
jobs=${TAILNET_JOBS:-$(nproc)}

note()
{
	echo "vm: $*" >&2
}

fail()
{
	echo "vm: $*" >&2
	exit 125
}

# Says in one line what is missing and how to get it.
need()	# tool package
{
	command -v "$1" > /dev/null 2>&1 ||
		PATH=$PATH:/usr/sbin:/sbin command -v "$1" > /dev/null 2>&1 ||
		fail "$1 is missing: scripts/deps installs it (Debian package $2)"
}

# Holds the lock NAME of the cache for the rest of the process or subshell.
cache_lock()	# name
{
	mkdir -p "$cache/locks" || fail "cannot create $cache"
	exec {cache_lock_fd}> "$cache/locks/$1"
	if ! flock -n "$cache_lock_fd"; then
		note "waiting for another process that works on $1"
		flock "$cache_lock_fd"
	fi
}

cache_unlock()
{
	exec {cache_lock_fd}>&-
}

# A name for a content: the first 16 digits of a hash of what comes in.
digest()
{
	sha256sum | cut -c1-16
}
