#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Everything there is to see, one part after the other. "make demo" runs it in a
# machine of its own.

set -eu
here=$(cd "$(dirname "$0")" && pwd)

bash "$here/demo/wireguard.sh"
echo
bash "$here/demo/network.sh"
echo
bash "$here/demo/lock.sh"

cat <<'END'

What to try next

   tailnet help, tailnet wg help       the command line
   make check                          all tests, on several kernels
   make bench ONLY=tcp-1,ping          side by side with wireguard.ko
   make install, or make dkms-install  for a machine of your own
END
