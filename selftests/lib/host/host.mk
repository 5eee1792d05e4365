# SPDX-License-Identifier: GPL-2.0-only
#
# For makefiles that build files of kmod/ on the host. The includer sets
#	TOP	the root of the tree
#	O	where to put what is built
# and takes HOST_CFLAGS, HOST_LIBS, HOST_SRC and HOST_STAMP, which every object
# depends on.

HOST_DIR := $(TOP)/selftests/lib/host

# Names of kernel headers; each becomes a file that includes host.h. The names
# that glibc relies on are left to it, but for types.h, where both are wanted.
HOST_OWN := \
	asm/barrier asm/unaligned \
	linux/align linux/bitops linux/bits linux/build_bug linux/bug \
	linux/compiler linux/err linux/in6 linux/kconfig linux/kernel \
	linux/list linux/lockdep linux/log2 linux/minmax linux/mm linux/mutex \
	linux/overflow linux/random linux/rculist linux/rcupdate linux/rwsem \
	linux/siphash linux/slab linux/socket linux/spinlock linux/string \
	linux/time64 linux/unaligned

HOST_INC := $(O)/include
HOST_STAMP := $(HOST_INC)/stamp
HOST_CFLAGS := -std=gnu11 -D_GNU_SOURCE -I$(HOST_INC) -I$(HOST_DIR) \
	-I$(TOP)/kmod -I$(TOP)/selftests/lib
HOST_LIBS := -lsodium
HOST_SRC := $(HOST_DIR)/host.c $(HOST_DIR)/crypto.c

$(HOST_STAMP): $(HOST_DIR)/host.mk
	@mkdir -p $(HOST_INC)/linux $(HOST_INC)/asm
	@for h in $(HOST_OWN); do \
		echo '#include "host.h"' >$(HOST_INC)/$$h.h; \
	done
	@printf '#include_next <linux/types.h>\n#include "host.h"\n' \
		>$(HOST_INC)/linux/types.h
	@touch $@
