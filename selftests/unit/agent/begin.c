// SPDX-License-Identifier: GPL-2.0-only
/* The tests look host names up as the agent does: in a process of their own. */
#include "test.h"

#include "loop/resolve.h"

void test_begin(int argc, char **argv)
{
	resolve_helper(argc, argv);
}
