# SPDX-License-Identifier: GPL-2.0-only
#
# The module is built by Kbuild (the file), the agent by agent/Makefile; this
# file only knows who does what. "make help" lists the targets.

KDIR ?= /lib/modules/$(shell uname -r)/build
prefix ?= /usr/local
DESTDIR ?=
export prefix DESTDIR
SECONDS ?= 60
W ?= 1

version = $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)
dkms_dir = $(DESTDIR)/usr/src/tailnet-$(version)
dkms_files = Kbuild dkms.conf kmod uapi LICENSE \
	$(wildcard scripts/probe-kernel.sh)

# The newest kernel whose headers are installed, for machines that run another.
newest = $(lastword $(shell ls -d /lib/modules/*/build 2> /dev/null | sort -V))
kbuild = $(MAKE) -C $(KDIR) M=$(CURDIR) W=$(W)
# What "make" has built for.
built = $(if $(wildcard $(KDIR)/Makefile),$(KDIR),$(or $(newest),$(KDIR)))

all:
	@[ "$(built)" = "$(KDIR)" ] || \
		echo "no headers of the running kernel; building for $(built)"
	@$(MAKE) --no-print-directory module KDIR=$(built)
	@$(MAKE) --no-print-directory agent

module:
	@[ -e $(KDIR)/Makefile ] || { echo "no kernel headers in $(KDIR):" \
		"apt-get install linux-headers-$$(uname -r), or make module" \
		"KDIR=/lib/modules/VERSION/build for another kernel" >&2; exit 1; }
	+$(kbuild) KCFLAGS=-Werror modules

agent:
	+$(MAKE) -C agent

demo:
	scripts/deps build vm test
	+$(MAKE) -s -C selftests/control
	scripts/vm --kernel 6.1 --mem 1536 -- selftests/demo.sh

check:
	scripts/run-tests unit debug smp interop matrix

check-unit:
	scripts/run-tests unit

check-netns:
	scripts/run-tests netns

check-smp:
	scripts/run-tests smp

check-debug:
	scripts/run-tests debug

check-interop:
	scripts/run-tests interop

check-matrix:
	scripts/run-tests matrix

check-faults:
	TAILNET_ALL_FAULTS=1 scripts/run-tests --verbose --kernel uml \
		selftests/netns/31-control-faults.sh

check-races:
	scripts/run-tests races

fuzz:
	+$(MAKE) -k $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc)) -C selftests/fuzz run SECONDS=$(SECONDS)

bench:
	@selftests/bench/run $(ONLY)

lint:
	scripts/lint

install:
	@[ -e tailnet.ko ] && [ -x agent/tailnet ] || \
		{ echo "nothing to install: run make first" >&2; exit 1; }
	+$(MAKE) -C $(built) M=$(CURDIR) \
		$(if $(DESTDIR),INSTALL_MOD_PATH=$(DESTDIR)) modules_install
	[ -n "$(DESTDIR)" ] || depmod -a
	+$(MAKE) --no-print-directory install-agent
	[ -n "$(DESTDIR)" ] || [ ! -d /run/systemd/system ] || \
		{ systemd-sysusers tailnetd.conf && \
		systemd-tmpfiles --create tailnetd.conf && \
		systemctl daemon-reload && udevadm control --reload; }

install-agent:
	+$(MAKE) -C agent install

dkms-install:
	@[ -n "$(version)" ] || { echo "dkms.conf names no version" >&2; exit 1; }
	@[ -n "$(DESTDIR)" ] || command -v dkms > /dev/null || \
		{ echo "dkms is missing: apt-get install dkms" >&2; exit 1; }
	rm -rf $(dkms_dir)
	install -d $(dkms_dir)
	tar -c --exclude='*.o' --exclude='*.cmd' --exclude='*.mod*' \
		--exclude='*.ko' $(dkms_files) | tar -x -C $(dkms_dir)
	[ -n "$(DESTDIR)" ] || dkms install tailnet/$(version)

uninstall:
	+$(MAKE) -C agent uninstall
	rm -f $(DESTDIR)/lib/modules/*/updates/tailnet.ko \
		$(DESTDIR)/lib/modules/*/extra/tailnet.ko
	[ -n "$(DESTDIR)" ] || depmod -a
	[ -n "$(DESTDIR)" ] || ! command -v dkms > /dev/null || \
		! dkms status tailnet/$(version) | grep -q . || \
		dkms remove tailnet/$(version) --all
	rm -rf $(DESTDIR)/usr/src/tailnet-$(version)

deb:
	scripts/make-deb

clean:
	@[ ! -e $(built)/Makefile ] || \
		$(MAKE) -s -C $(built) M=$(CURDIR) clean
	@for d in agent $(wildcard selftests/*); do \
		[ ! -e $$d/Makefile ] || $(MAKE) -s -C $$d clean || exit 1; done
	rm -rf build

help:
	@echo 'all            the module and the agent'
	@echo 'module         tailnet.ko for the running kernel (KDIR= for another)'
	@echo 'agent          tailnet and tailnetd'
	@echo 'demo           install what is missing, build, boot, show a network'
	@echo 'check          all the tests that CI runs'
	@echo 'check-unit     tests on this machine, without a kernel'
	@echo 'check-debug    tests on a kernel with KASAN, lockdep, kmemleak'
	@echo 'check-smp      those that Debian'"'"'s kernel and more CPUs may change'
	@echo 'check-netns    all of them on Debian'"'"'s kernel (not part of check)'
	@echo 'check-interop  against other implementations'
	@echo 'check-matrix   the other kernels: build, load, carry packets'
	@echo 'check-faults   the agent against a server with every fault (not part of check)'
	@echo 'check-races    several CPUs, KASAN, lockdep (not part of check)'
	@echo 'fuzz           fuzz the codecs for SECONDS= (60) each'
	@echo 'bench          benchmarks beside other implementations (ONLY=a,b)'
	@echo 'lint           style, sparse, kernel-doc, shellcheck, layers'
	@echo 'install        for the running kernel (DESTDIR= prefix=)'
	@echo 'dkms-install   the module by DKMS, for each kernel to come'
	@echo 'uninstall      undo both'
	@echo 'deb            a Debian package: agent, and module for DKMS'
	@echo 'clean          remove what was built in this folder'

.PHONY: all module agent demo check check-unit check-netns check-smp \
	check-debug check-interop check-matrix check-faults check-races fuzz bench lint install install-agent \
	dkms-install uninstall deb clean help
