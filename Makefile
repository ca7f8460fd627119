# SPDX-License-Identifier: GPL-2.0
#
# make                 build/luoscope
# make demo            a real live update in QEMU, and its report
# make check           every test
# make check-quick     the quick tests, which need no guest: 3 minutes, once everything is in the cache
# make check-thinlto   a live update on a kernel that clang optimized at link time; building that takes half an hour
# make fuzz TIME=3600  hostile inputs for every reader and view, for an hour
# make soak N=100      a hundred live updates in one chain
# make bench           the figures that the README quotes, what large reports cost, how the blackout grows with the devices, and
#                      luoscope against bpftrace, perf and trace-cmd; all of them in build/bench/bench.json
# make module KDIR=... luo_stats.ko for a kernel of yours
# make man             the manual pages, in build/man
# make install         program, module source, pages, unit and the rest below DESTDIR and prefix (default: /usr/local)
# make dist            a source tarball, build/luoscope-VERSION.tar.xz
# make deb             Debian packages, in build/deb
# make kernel-patches  the vfio-pci live update handler, and luo_stats, as patches for a kernel tree of yours
#
# ARCH=arm64, on x86, builds luoscope for arm64 in build/arm64 with a cross compiler, and has demo and check use emulated guests of arm64.
# V=1 shows every command. demo, the checks, fuzz, soak and bench install the packages that they miss, as root on Debian.

# As the kernel calls them: what this machine is, and what is built for. The kernel's makefiles also take what uname calls it.
kernel-arch = $(patsubst x86_64,x86,$(patsubst aarch64,arm64,$(1)))
HOST_ARCH := $(call kernel-arch,$(shell uname -m))
override ARCH := $(call kernel-arch,$(or $(ARCH),$(HOST_ARCH)))
ifneq ($(ARCH),$(HOST_ARCH))
CROSS_COMPILE ?= $(if $(filter arm64,$(ARCH)),aarch64,x86_64)-linux-gnu-
BUILD	?= build/$(ARCH)
# That architecture's libraries, looked for when they are first needed. SYSROOT= is for a compiler that finds them by itself.
SYSROOT	?= $(eval SYSROOT := $(shell ARCH=$(ARCH) tests/lab/sysroot))$(SYSROOT)
CROSS_CFLAGS = $(if $(SYSROOT),-idirafter $(SYSROOT)/usr/include)
CROSS_LDFLAGS = $(if $(SYSROOT),-L$(SYSROOT)/usr/lib/$(TRIPLET))
endif

BUILD	?= build
ifeq ($(origin CC),default)
CC	:= $(CROSS_COMPILE)gcc
endif
STRIP	?= $(CROSS_COMPILE)strip
CLANG	?= clang
BPFTOOL	?= bpftool
# The binary lies in initramfs images: size counts more than speed.
CFLAGS	?= -Os -g
# One static binary runs in an initramfs as well as on a host; STATIC= builds an ordinary one.
STATIC	?= -static-pie

# The release, and in a git tree the commit that was built.
RELEASE	:= $(shell cat VERSION)
VERSION	:= $(RELEASE)$(shell git describe --always --dirty --exclude '*' 2>/dev/null | sed 's/^/+g/')
comma	:= ,
TRIPLET	:= $(shell $(CC) -print-multiarch 2>/dev/null)

# As Debian builds its packages: docs/security.md. Packed relocations of its own address make it 70 KB smaller; not every linker
# for arm64 knows them.
HARDENING := -fPIE -fstack-protector-strong -Wformat -Wformat-security -D_FORTIFY_SOURCE=2
LINK_HARDENING := -Wl,-z,relro,-z,now$(if $(filter x86,$(ARCH)),$(comma)-z$(comma)pack-relative-relocs)

WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes
# Nothing unwinds the program's stack at run time: the tables for that would be 45 KB of an initramfs. The debugger's are in
# build/luoscope.debug.
ALL_CFLAGS := -std=gnu11 -D_GNU_SOURCE -fno-asynchronous-unwind-tables $(HARDENING) $(WARNINGS) -Iinclude -Iuser -I$(BUILD)/bpf -I$(BUILD)/page \
	      $(CFLAGS)
LIBS	:= -ljansson -lbpf -lelf -lz

ifeq ($(V),1)
Q :=
say =
else
Q := @
say = @printf '  %-8s%s\n' $(1) $(2)
endif

USER_SOURCES := $(wildcard user/*/*.c)
USER_OBJECTS := $(USER_SOURCES:user/%.c=$(BUILD)/user/%.o)

.PHONY: all demo check check-quick check-thinlto soak bench man module install dist deb kernel-patches clean FORCE
.DELETE_ON_ERROR:

all: $(BUILD)/luoscope

$(BUILD)/luoscope: $(USER_OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(STATIC) $(ALL_CFLAGS) $(LINK_HARDENING) $(CROSS_LDFLAGS) $(LDFLAGS) -o $@.debug $^ $(LIBS)
	$(Q)$(STRIP) -o $@ $@.debug

$(BUILD)/user/%.o: user/%.c | $(BUILD)/bpf/luoscope.skel.h
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(CROSS_CFLAGS) -MMD -MP -c -o $@ $<

# What goes through all spans and subjects, again and again.
$(BUILD)/user/capture/area.o: ALL_CFLAGS += -O2

$(BUILD)/user/base/version.o: ALL_CFLAGS += -DLUOSCOPE_VERSION='"$(VERSION)"'
$(BUILD)/user/base/version.o: $(BUILD)/version

# Rewritten only when the version changes.
$(BUILD)/version: FORCE | $(BUILD)
	$(Q)echo '$(VERSION)' | cmp -s - $@ || echo '$(VERSION)' >$@
FORCE:

# Where the compiler does not find the source again, it leaves out a copy of each line, which is 24 KB that nobody reads. Nor does anybody
# read which line of an inlined function an instruction is from.
$(BUILD)/bpf/luoscope.bpf.o: $(wildcard bpf/*) $(wildcard include/luoscope/*.h) | $(BUILD)/bpf
	$(call say,BPF,$@)
	$(Q)$(CLANG) -g -gno-inline-line-tables -O2 -target bpf -mcpu=v3 -Wall -Werror -fdebug-compilation-dir=/ -D__TARGET_ARCH_$(ARCH) -Iinclude \
		-I/usr/$(TRIPLET)/include -I/usr/include/$(TRIPLET) -c -o $(@:.bpf.o=.tmp.o) bpf/luoscope.bpf.c
	$(Q)$(BPFTOOL) gen object $@ $(@:.bpf.o=.tmp.o)

$(BUILD)/bpf/luoscope.skel.h: $(BUILD)/bpf/luoscope.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name luoscope_bpf >$@

# The page of 'luoscope timeline --html'.
$(BUILD)/page/timeline_page.h: $(wildcard user/page/*) | $(BUILD)/page
	$(call say,PAGE,$@)
	$(Q)user/page/build $@
$(BUILD)/user/timeline/html.o: $(BUILD)/page/timeline_page.h

$(BUILD) $(BUILD)/bpf $(BUILD)/page:
	$(Q)mkdir -p $@

# Guests of another architecture get a luoscope of theirs; what they leave is read here.
ifneq ($(ARCH),$(HOST_ARCH))
all-here = $(Q)$(MAKE) --no-print-directory ARCH=$(HOST_ARCH) CROSS_COMPILE= BUILD=build all
program-here = build/luoscope
only-here = $(error the tests that need no guest are those of this machine: leave out ARCH)
endif

demo:
	$(Q)tests/lab/install-packages build kernel lab
	$(all-here)
	$(Q)$(MAKE) --no-print-directory all
	$(Q)tests/demo

check:
	$(Q)tests/lab/install-packages
	$(all-here)
	$(Q)$(MAKE) --no-print-directory all
	$(Q)tests/check

check-quick:
	$(only-here)
	$(Q)tests/lab/install-packages
	$(Q)$(MAKE) --no-print-directory all
	$(Q)tests/check quick

check-thinlto:
	$(Q)tests/lab/install-packages build kernel lab test thinlto
	$(Q)$(MAKE) --no-print-directory all
	$(Q)prove --exec '' -v tests/e2e/thinlto.t

# N: how many updates.
N ?= 100
soak:
	$(Q)tests/lab/install-packages
	$(all-here)
	$(Q)$(MAKE) --no-print-directory all
	$(Q)N=$(N) tests/e2e/soak.t

bench:
	$(Q)tests/lab/install-packages
	$(Q)$(MAKE) --no-print-directory all unit-tests
	$(Q)tests/bench/figures.t
	$(Q)tests/bench/scale.t
	$(Q)FULL=1 tests/bench/many.t
	$(Q)FULL=1 tests/bench/alternatives.t
	$(Q)jq -s . $(BUILD)/bench/*.rows >$(BUILD)/bench/bench.json

# From what the program says of itself: the one that runs here.
man: $(BUILD)/luoscope
	$(all-here)
	$(call say,MAN,$(BUILD)/man)
	$(Q)docs/man/generate $(or $(program-here),$<) $(BUILD)/man

# KDIR: the build directory of the kernel that the module is for.
KDIR ?= /lib/modules/$(shell uname -r)/build
module: | $(BUILD)
	$(Q)test -d "$(KDIR)" || { echo "There is no kernel build directory $(KDIR); set KDIR." >&2; exit 1; }
	$(Q)$(MAKE) -C "$(KDIR)" $(if $(CROSS_COMPILE),ARCH=$(ARCH) CROSS_COMPILE=$(CROSS_COMPILE)) M=$(CURDIR)/kernel/luo_stats MO=$(abspath $(BUILD))/module modules

DESTDIR	?=
prefix	?= /usr/local
# Units, udev rules and module sources have their places below prefix as Debian has them below /usr.
install: all man
	$(call say,INSTALL,$(DESTDIR)$(prefix))
	$(Q)packaging/install '$(BUILD)' '$(DESTDIR)' '$(prefix)' '$(RELEASE)'

dist: | $(BUILD)
	$(call say,DIST,$(BUILD)/luoscope-$(RELEASE).tar.xz)
	$(Q)packaging/dist '$(BUILD)/luoscope-$(RELEASE).tar.xz' '$(RELEASE)'

deb:
	$(Q)tests/lab/install-packages build package
	$(Q)packaging/deb '$(BUILD)' '$(RELEASE)'

kernel-patches:
	$(Q)tests/lab/kernel-patches $(BUILD)/kernel-patches

clean:
	$(Q)rm -rf $(BUILD)

-include tests/unit/unit.mk
-include tests/fuzz/fuzz.mk
-include $(USER_OBJECTS:.o=.d)
