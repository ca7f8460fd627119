#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# 'make demo' as a user runs it: its results, and what a second one costs.
. "$(dirname "$0")/lib.sh"
own_tree

demo=$build/demo
# demo OUTPUT: its output goes to that file.
demo() { make -s -C "$top_dir" demo >"$1" 2>"$1.errors" || { cat "$1.errors"; return 1; }; }

check "the demo runs" demo "$out_dir/output"
check "the capture lies in build/demo" test -s "$demo/update.luoscope"
check "report.txt shows the blackout" contains "$demo/report.txt" 'blackout +[0-9.]+ s'
check "console.log is a log of two kernels, and the VM counts in both" test "$(grep -c 'vm-check=vm-database: ok' "$demo/console.log")" = 2
json=$demo/report.json
check_json "report.json has its schema" "$json" '.schema == "luoscope.report/3"'
check_json "releases and generation" "$json" \
	'.update.generation == 1 and (.update.from.release | startswith("7.3")) and (.update.to.release | startswith("7.3"))'
check_json "phases add up to the blackout, from the freeze to the resume of the last device" "$json" \
	'.update.blackout_ns == ([.phases[].duration_ns] | add) and .phases[0].name == "freeze" and .phases[-1].name == "resume"'
check_json "the clock was verified, nothing was dropped, all came back" "$json" \
	'.clock.verdict == "verified" and .dropped == 0 and .update.complete'
check_json "two sessions, their memory and six devices" "$json" \
	'([.sessions[].name] == ["vm-database", "vm-webserver"]) and (.files | length) == 8 and (.devices | length) == 6'
check_json "devices of every reset kind" "$json" \
	'[.devices[].reset | .method // .outcome] | unique == ["bus", "flr", "none", "pm"]'
check_json "the VM that runs, with both vCPUs" "$json" \
	'[.vms[] | {session, process, vcpus: [.vcpus[].id]}] == [{session: "vm-database", process: "vmm", vcpus: [0, 1]}]'
check "the VM itself and luoscope agree on its downtime" vms_agree "$json" "$demo/vm.txt" 2
check "and the demo says both" contains "$out_dir/output" \
	'^  vm-database vCPU 1: it did not count for [0-9]+\.[0-9]{3} s; luoscope: [0-9]+\.[0-9]{3} s$'

before=$(stat -c %Y "$tool")
begin=$SECONDS
check "a second demo runs" demo "$out_dir/second"
took=$((SECONDS - begin))
check "and rebuilds nothing" test "$(stat -c %Y "$tool")" = "$before"
# Where the jump, which is nothing but computation, takes longer than the 250 ms of the machine that this is for, so may the rest.
most=$(jq '[30, 30 * (.phases[] | select(.name == "jump") | .duration_ns) / 250e6] | max | floor' "$json")
check "and ends within 30 s (it took $took s, allowed are $most here)" test "$took" -le "$most"
check "FROM and KERNEL_SRC that are nothing are refused with what to do" \
	fails_with 2 'KERNEL_SRC=.* is not a kernel tree' make -s -C "$top_dir" demo KERNEL_SRC=/usr
done_testing
