// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tests look host names up as the agent does: in a process of their own,
 * which is the test program again. It must not get as far as main().
 */
#include "loop/resolve.h"

/* glibc gives constructors the arguments of main(). */
static void __attribute__((constructor)) begin(int argc, char **argv)
{
	resolve_helper(argc, argv);
}
