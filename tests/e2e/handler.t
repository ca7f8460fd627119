#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The vfio-pci live update handler by itself, without luoscope: what it does and what it refuses, on both series and from one to
# the other.
. "$(dirname "$0")/lib.sh"

# All scenarios run in 7.2 alone. In 7.3 alone debug_handler.t and debug_handler_faults.t run all but two, in a kernel that also finds
# what is wrong in itself; vfio is a module there, so a plain update is here. From one series to the other, where each scenario has
# guests of its own, there is what the new kernel makes of what the old one has sent.
declare -A only=(
	["7.3 7.3"]="update replaced together"
	["7.2 7.3"]="update replaced touched broken together withheld places unreadable"
	["7.2 7.2"]=""
)
for pair in "7.3 7.3" "7.2 7.3" "7.2 7.2"; do
	read -r from to <<<"$pair"
	rc=0
	output=$(ONLY=${only[$pair]} "$lab_dir/vfio-selftest" "$from" "$to" 2>&1) || rc=$?
	if [ "$rc" = 3 ]; then
		checks=$((checks + 1))
		echo "ok $checks - the handler works, $from to $to # SKIP there is no kernel source of one of them here"
		continue
	fi
	ok "the handler works, $from to $to" "$rc"
	[ "$rc" = 0 ] || diagnose "vfio-selftest $from $to" <<<"$output"
done
done_testing
