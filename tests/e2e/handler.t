#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The vfio-pci live update handler by itself, without luoscope: what it does and what it refuses, on both series and from one to
# the other.
. "$(dirname "$0")/lib.sh"

# From one series to the other each scenario has guests of its own, and the longest of those that only concern the old kernel are left out.
both_kernels="update wrong rollback busy resets unbound replaced refusals vetoes touched broken together withheld places unreadable"
for pair in "7.3 7.3" "7.2 7.3" "7.2 7.2"; do
	read -r from to <<<"$pair"
	rc=0
	output=$(ONLY=$([ "$from" = "$to" ] || echo "$both_kernels") "$lab_dir/vfio-selftest" "$from" "$to" 2>&1) || rc=$?
	if [ "$rc" = 3 ]; then
		checks=$((checks + 1))
		echo "ok $checks - the handler works, $from to $to # SKIP there is no kernel source of one of them here"
		continue
	fi
	ok "the handler works, $from to $to" "$rc"
	[ "$rc" = 0 ] || diagnose "vfio-selftest $from $to" <<<"$output"
done
done_testing
