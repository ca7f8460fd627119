#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# 'make demo' as a user runs it: its results, and what a second one costs.
. "$(dirname "$0")/lib.sh"

demo=$build/demo
check "the demo runs" make -s -C "$top_dir" demo
check "the capture lies in build/demo" test -s "$demo/update.luoscope"
check "report.txt tells the blackout" contains "$demo/report.txt" 'blackout +[0-9.]+ s'
check "console.log is a log of two kernels" test "$(grep -c 'memfd vm-.* ok' "$demo/console.log")" = 5
json=$demo/report.json
check_json "report.json has its schema" "$json" '.schema == "luoscope.report/1"'
check_backbone demo "$json"
check_json "releases and generation" "$json" \
	'.update.generation == 1 and (.update.from.release | startswith("7.3")) and (.update.to.release | startswith("7.3"))'
check_json "two sessions with their own blackouts" "$json" \
	'[.sessions[] | {name, ok: (.blackout_ns > 0 and .freeze.duration_ns > 0 and .finish.duration_ns > 0)}] ==
	 [{name: "vm-database", ok: true}, {name: "vm-webserver", ok: true}]'
check_json "five files, each preserved, frozen, retrieved and finished by the memfd handler" "$json" \
	'(.files | length) == 5 and ([.files[] | .handler == "memfd-v2" and .preserve.result == 0 and .freeze.duration_ns > 0
	  and .retrieve.duration_ns > 0 and .finish.duration_ns > 0 and .dark_ns > 0] | all)'
check_json "devices on the way down: PCI and platform, NVMe with its driver" "$json" \
	'([.shutdowns[] | select(.bus == "pci")] | length) > 3 and any(.shutdowns[]; .bus == "platform")
	 and any(.shutdowns[]; .driver == "nvme" and .duration_ns > 0)'
check_json "no list holds what was not there" "$json" '.devices == [] and .open == []'

before=$(stat -c %Y "$tool")
begin=$SECONDS
check "a second demo runs" make -s -C "$top_dir" demo
took=$((SECONDS - begin))
check "and rebuilds nothing" test "$(stat -c %Y "$tool")" = "$before"
check "and ends within 30 s (it took $took s)" test "$took" -le 30
check "FROM and KERNEL_SRC that are nothing are refused with what to do" \
	fails_with 2 'KERNEL_SRC=.* is not a kernel tree' make -s -C "$top_dir" demo KERNEL_SRC=/usr
done_testing
