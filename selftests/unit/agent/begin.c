// SPDX-License-Identifier: GPL-2.0-only
/*
 * What may block the tests do as the agent does: in a process of its own, which
 * is the test program again. It must not get as far as main().
 */
#include "lock/disable_job.h"
#include "loop/resolve.h"

/* glibc gives constructors the arguments of main(). */
static void __attribute__((constructor)) begin(int argc, char **argv)
{
	resolve_helper(argc, argv);
	disable_job_helper(argc, argv);
}
