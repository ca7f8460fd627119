#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What gcc with W=1 and sparse say of the kernel's part, in a tree of each series; and all of it compiles for arm64.
. "$(dirname "$0")/lib.sh"

for kernel in 7.3 7.2 "7.3 arm64"; do
	rc=0
	read -ra words <<<"$kernel"
	output=$("$lab_dir/kernel-lint" "${words[@]}" 2>&1) || rc=$?
	if [ "$rc" = 3 ]; then
		checks=$((checks + 1))
		echo "ok $checks - W=1 and sparse, $kernel # SKIP there is no kernel source of it here, or no sparse for it"
		continue
	fi
	ok "gcc with W=1 and sparse have nothing to say of kernel/, in Linux $kernel" "$rc"
	[ "$rc" = 0 ] || diagnose "gcc and sparse" <<<"$output"
done

# The libraries' headers are the same for all architectures.
objects=("$top_dir"/user/*/*.c)
objects=("${objects[@]/#"$top_dir"/$out_dir/arm64}")
check "the programs and user space compile for arm64" make -C "$top_dir" -j"$(nproc)" "BUILD=$out_dir/arm64" ARCH=arm64 \
	SYSROOT= "CFLAGS=-O0 -idirafter /usr/include" "${objects[@]/%.c/.o}"
done_testing
