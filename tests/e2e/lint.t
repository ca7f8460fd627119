#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What gcc with W=1 and sparse say of the kernel's part, in a tree of each series.
. "$(dirname "$0")/lib.sh"

for series in 7.3 7.2; do
	rc=0
	output=$("$lab_dir/kernel-lint" "$series" 2>&1) || rc=$?
	if [ "$rc" = 3 ]; then
		checks=$((checks + 1))
		echo "ok $checks - W=1 and sparse, $series # SKIP there is no kernel source of it here, or no sparse for it"
		continue
	fi
	ok "gcc with W=1 and sparse have nothing to say of kernel/, in Linux $series" "$rc"
	[ "$rc" = 0 ] || diagnose "gcc and sparse" <<<"$output"
done
done_testing
