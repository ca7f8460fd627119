# SPDX-License-Identifier: GPL-2.0
#
# Unit tests: every test_*.c is one binary, built with address and undefined behaviour sanitizers; without them for another
# architecture, where an emulator runs them. Part of the top-level Makefile.

# All but the commands, and what needs libbpf.
UNIT_LIBRARY := $(addprefix user/probes/,event_log.c kallsyms.c leave_out.c pins.c readiness.c refusal.c vfio_devices.c) \
		$(filter-out user/commands/cmd_% user/commands/main.c user/probes/%,$(wildcard user/*/*.c))
UNIT_TESTS   := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c))
UNIT_OBJECTS := $(UNIT_LIBRARY:user/%.c=$(BUILD)/unit/%.o) $(BUILD)/unit/build_area.o
UNIT_CFLAGS  := -std=gnu11 -D_GNU_SOURCE -g -O1 $(WARNINGS) -Iinclude -Iuser -Itests/unit -I$(BUILD)/page
ifeq ($(CROSS_COMPILE),)
UNIT_CFLAGS  += -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
endif
BENCH_CFLAGS := -std=gnu11 -D_GNU_SOURCE -g -O2 $(WARNINGS) -Iinclude -Iuser -Itests/unit -I$(BUILD)/page

.PHONY: unit-programs unit-tests check-unit

unit-programs: $(UNIT_TESTS)
unit-tests: unit-programs $(addprefix $(BUILD)/unit/,bench_report bench_scale make_capture print_durations)

check-unit: unit-tests
	$(Q)CMOCKA_MESSAGE_OUTPUT=TAP prove --exec '' $(UNIT_TESTS)

$(BUILD)/unit/%.o: user/%.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(UNIT_CFLAGS) $(CROSS_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/unit/%.o: tests/unit/%.c | $(BUILD)/unit
	$(call say,CC,$@)
	$(Q)$(CC) $(UNIT_CFLAGS) $(CROSS_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/unit/timeline/html.o: $(BUILD)/page/timeline_page.h

$(BUILD)/unit/test_%: $(BUILD)/unit/test_%.o $(BUILD)/unit/fixture.o $(UNIT_OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(UNIT_CFLAGS) $(CROSS_LDFLAGS) -o $@ $^ -lcmocka -ljansson $(UNIT_LIBS)

$(BUILD)/unit/test_kernel_btf $(BUILD)/unit/test_prototype: $(BUILD)/unit/probes/kernel_btf.o
$(BUILD)/unit/test_prototype: $(BUILD)/unit/probes/prototype.o
$(BUILD)/unit/test_event_follow: $(BUILD)/unit/probes/event_follow.o
$(BUILD)/unit/test_kernel_btf $(BUILD)/unit/test_prototype: UNIT_LIBS := -lbpf -lelf -lz

# The module's own code, in user space: kernel_shim.h is each kernel header that it includes.
SHIMS := $(addprefix $(BUILD)/unit/kernel/,asm/barrier.h $(addprefix linux/,atomic.h compiler.h io.h jhash.h kexec_handover.h list.h \
	 log2.h minmax.h processor.h random.h sched.h slab.h spinlock.h string.h utsname.h))

$(SHIMS):
	$(Q)mkdir -p $(@D) && echo '#include "kernel_shim.h"' >$@

$(BUILD)/unit/test_area_writers.o: UNIT_CFLAGS += -I$(BUILD)/unit/kernel -fno-strict-aliasing -Wno-unused-parameter
$(BUILD)/unit/test_area_writers.o: | $(SHIMS)

# The BPF programs, in user space.
BPF_SHIMS := $(addprefix $(BUILD)/unit/libbpf/bpf/,bpf_core_read.h bpf_helpers.h bpf_tracing.h)

$(BPF_SHIMS):
	$(Q)mkdir -p $(@D) && echo '#include "bpf_shim.h"' >$@

$(BUILD)/unit/test_probes.o: UNIT_CFLAGS += -I$(BUILD)/unit/libbpf -Wno-attributes -Wno-unused-parameter -Wno-sign-compare \
				     -Wno-missing-prototypes -Wno-strict-prototypes
$(BUILD)/unit/test_probes.o: | $(BPF_SHIMS)

$(BUILD)/unit/make_capture $(BUILD)/unit/print_durations: %: %.o $(UNIT_OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(UNIT_CFLAGS) $(CROSS_LDFLAGS) -o $@ $^ -ljansson

$(BUILD)/unit/bench_%: tests/bench/bench_%.c tests/unit/build_area.c \
		$(UNIT_LIBRARY) $(BUILD)/page/timeline_page.h | $(BUILD)/unit
	$(call say,CC,$@)
	$(Q)$(CC) $(BENCH_CFLAGS) -o $@ $(filter %.c,$^) -ljansson

$(BUILD)/unit:
	$(Q)mkdir -p $@

.SECONDARY: $(UNIT_OBJECTS) $(BUILD)/unit/fixture.o $(UNIT_TESTS:%=%.o)

-include $(wildcard $(BUILD)/unit/*.d $(BUILD)/unit/*/*.d)
