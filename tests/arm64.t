#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# luoscope as a program of arm64, run by QEMU's user mode: the unit tests pass, and what it says of the stored captures is the same, byte
# for byte, as what the program of this machine says. tests/e2e/arm64.t is a live update on arm64.
ARCH=arm64
export ARCH
. "$(dirname "$0")/e2e/lib.sh"

[ -n "$cross" ] || skip_all "this machine is one of arm64: all tests are"
root=$("$lab_dir/sysroot") || skip_all "the libraries for arm64 cannot be had here"
emulate=(env "QEMU_LD_PREFIX=/usr/$arch_triplet" qemu-aarch64 -E "LD_LIBRARY_PATH=$root/usr/lib/$arch_triplet")

check "luoscope and its unit tests can be built for arm64" make_for_guests all unit-programs
check "its binary stays below 2,000,000 bytes, too" test "$(stat -c %s "$guest_tool")" -lt 2000000
mapfile -t unit < <(find "$build/unit" -maxdepth 1 -name 'test_*' -type f -executable | sort)
check "as many as on this machine" test "${#unit[@]}" = "$(find "$top_dir/tests/unit" -name 'test_*.c' | wc -l)"
for program in "${unit[@]}"; do
	check "${program##*/} passes on arm64" "${emulate[@]}" "$program"
done

# same CAPTURE WORD...: both programs say the same of it.
same() {
	local capture=$1
	shift
	cmp <("$tool" "$@" "$capture" 2>&1) <("${emulate[@]}" "$guest_tool" "$@" "$capture" 2>&1)
}
for capture in "$top_dir"/tests/captures/*.luoscope; do
	for view in "report --full" "report --json" metrics timeline "timeline --json" "timeline --svg /dev/stdout"; do
		read -ra words <<<"$view"
		check "'$view' of $(basename "$capture") is the same on both" same "$capture" "${words[@]}"
	done
done
done_testing
