# SPDX-License-Identifier: GPL-2.0
#
# Unit tests: every test_*.c is one binary, built with address and undefined behaviour sanitizers. Part of the top-level
# Makefile.

UNIT_LIBRARY := area capture clock collect error model names text view_json view_text
UNIT_TESTS   := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c))
UNIT_OBJECTS := $(UNIT_LIBRARY:%=$(BUILD)/unit/%.o) $(BUILD)/unit/build_area.o
UNIT_CFLAGS  := -std=gnu11 -D_GNU_SOURCE -g -O1 $(WARNINGS) -Iinclude -Iuser -Itests/unit \
		-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
BENCH_CFLAGS := -std=gnu11 -D_GNU_SOURCE -g -O2 $(WARNINGS) -Iinclude -Iuser -Itests/unit

.PHONY: unit-tests check-unit

unit-tests: $(UNIT_TESTS) $(BUILD)/unit/bench_report

check-unit: unit-tests
	$(Q)CMOCKA_MESSAGE_OUTPUT=TAP prove --exec '' $(UNIT_TESTS)

$(BUILD)/unit/%.o: user/%.c | $(BUILD)/unit
	$(call say,CC,$@)
	$(Q)$(CC) $(UNIT_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/unit/%.o: tests/unit/%.c | $(BUILD)/unit
	$(call say,CC,$@)
	$(Q)$(CC) $(UNIT_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/unit/test_%: $(BUILD)/unit/test_%.o $(UNIT_OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(UNIT_CFLAGS) -o $@ $^ -lcmocka -ljansson

$(BUILD)/unit/bench_report: tests/bench/bench_report.c tests/unit/build_area.c \
		$(UNIT_LIBRARY:%=user/%.c) | $(BUILD)/unit
	$(call say,CC,$@)
	$(Q)$(CC) $(BENCH_CFLAGS) -o $@ $^ -ljansson

$(BUILD)/unit:
	$(Q)mkdir -p $@

.SECONDARY: $(UNIT_OBJECTS) $(UNIT_TESTS:%=%.o)

-include $(wildcard $(BUILD)/unit/*.d)
