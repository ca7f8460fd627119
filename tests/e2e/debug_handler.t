#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The handler's own test in a kernel that finds what is wrong in itself. run-scenario fails on any complaint of the kernel.
. "$(dirname "$0")/lib.sh"

names="update wrong rollback busy resets unbound module refusals vetoes late bounds mute touched broken places"
export VARIANT="+vfio+luo_stats lab vfio debug" OUT=$out_dir/selftest ONLY=$names
output=$("$lab_dir/vfio-selftest" 7.3 7.3 "${debug_machine[@]}" "${no_kmemleak[@]}" 2>&1)
rc=$?
for name in $names; do
	check "the handler's own test: $name" grep -qxF "  $name: ok" <<<"$output"
done
ok "and what its tracepoints show of the resets" "$rc"
[ "$rc" = 0 ] || diagnose "vfio-selftest" <<<"$output"
# It swaps a device behind its port, and Linux 7.3's pciehp then takes two locks of its own in both orders, of which lockdep
# complains: pci_rescan_remove_lock and the controller's reset_lock, in pciehp_unconfigure_device().
checks=$((checks + 1))
echo "ok $checks - the handler's own test: replaced # SKIP lockdep complains of Linux's own pciehp; handler.t runs it without"
done_testing
