# SPDX-License-Identifier: GPL-2.0
#
# The fuzzers: one program, built by clang with libFuzzer and the address and undefined behaviour sanitizers. Part of the
# top-level Makefile.

COMMA	     := ,
FUZZ_OBJECTS := $(UNIT_LIBRARY:user/%.c=$(BUILD)/fuzz/user/%.o) $(addprefix $(BUILD)/fuzz/user/,commands/cmd_list.o probes/kernel_btf.o) \
		$(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%.o,$(wildcard tests/fuzz/*.c)) $(BUILD)/fuzz/build_area.o
FUZZ_CFLAGS  := -std=gnu11 -D_GNU_SOURCE -g -O1 $(WARNINGS) -Iinclude -Iuser -Itests/unit -I$(BUILD)/page \
		-Wno-missing-field-initializers \
		-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-sanitize-coverage=trace-cmp -fno-omit-frame-pointer
# Seconds, for all fuzzers together.
TIME	     ?= 60

.PHONY: fuzz fuzzers

fuzz:
	$(Q)tests/lab/install-packages build test
	$(Q)$(MAKE) --no-print-directory fuzzers
	$(Q)tests/fuzz/run '$(TIME)'

fuzzers: $(BUILD)/fuzz/fuzz

$(BUILD)/fuzz/fuzz: $(FUZZ_OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(CLANG) $(FUZZ_CFLAGS) -fsanitize=fuzzer -o $@ $^ -ljansson -lbpf -lelf -lz

$(BUILD)/fuzz/user/%.o: user/%.c
	$(call say,CLANG,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(FUZZ_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/fuzz/%.o: tests/fuzz/%.c
	$(call say,CLANG,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(FUZZ_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/fuzz/build_area.o: tests/unit/build_area.c
	$(call say,CLANG,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(FUZZ_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/fuzz/user/timeline/html.o: $(BUILD)/page/timeline_page.h

# What finds no fault is not to be explored.
$(addprefix $(BUILD)/fuzz/,capture_edit.o schema.o): FUZZ_CFLAGS := $(subst fuzzer-no-link$(COMMA),,$(FUZZ_CFLAGS))

# The module's device for marks, with a stand-in for each header of the kernel that it includes.
$(BUILD)/fuzz/marks.o: $(BUILD)/fuzz/kernel/made
$(BUILD)/fuzz/marks.o: FUZZ_CFLAGS += -I$(BUILD)/fuzz/kernel -Itests/fuzz -Wno-unused-parameter
$(BUILD)/fuzz/kernel/made: kernel/luo_stats/mark.c kernel/luo_stats/luo_stats.h
	$(Q)mkdir -p $(@D)/linux
	$(Q)sed -n 's,^#include <linux/\(.*\)>,\1,p' $^ | while read -r name; do \
		[ "$$name" = types.h ] || echo '#include "kernel.h"' >$(@D)/linux/$$name; done
	$(Q)touch $@

-include $(wildcard $(BUILD)/fuzz/*.d $(BUILD)/fuzz/user/*/*.d)
