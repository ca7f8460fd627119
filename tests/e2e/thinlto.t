#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The demo's update on a kernel that clang optimized at link time. There functions are inlined across files and renamed: what cannot be
# watched is named, and all else is measured as ever. The kernel takes long to build, so this runs only on request ('make check-thinlto').
. "$(dirname "$0")/lib.sh"

vmm=$out_dir/vmm
check "the lab's VMM can be built" "$lab_dir/client" "$vmm" vmm
guest thinlto 7.3+vfio+thinlto 7.3+vfio+thinlto "$top_dir/tests/scenarios/demo" --add "$vmm:/bin/vmm" \
	--device pcie-root-port,id=port3,slot=3,addr=7.0 --device virtio-rng-pci,bus=port3,x-pcie-flr-init=off \
	--device pcie-root-port,id=port4,slot=4,addr=8.0 --device e1000e,bus=port4 \
	--device pcie-root-port,id=port5,slot=5,addr=9.0 --device qemu-xhci,bus=port5 --device edu,addr=11.0
json=$out_dir/thinlto/update.json

read -ra words <<<"$(kernel_words 7.3+vfio+thinlto)"
kernel=$("$lab_dir/kernel-build" "${words[@]}")
check "the kernel is such a one" grep -q '^CONFIG_LTO_CLANG_THIN=y' "$kernel/.config"
check_json "what could not be watched is named, in both kernels" "$json" \
	'[.left_out[] | [.kernel, .function]] == [["old", "__luo_file_unfreeze"], ["new", "__luo_file_unfreeze"]]'
check "because there is no such function" lacks "$kernel/System.map" ' __luo_file_unfreeze$'
# Its only caller does not call it.
check "machine_shutdown() is there all the same" contains "$kernel/System.map" ' machine_shutdown$'
check_json "so two boundaries are missing, and nothing else of the blackout" "$json" \
	'[.phases[].name] == ["freeze", "notifiers", "device_shutdown", "system_core_shutdown+machine_shutdown+dumpers", "jump", "kernel_boot",
	  "userspace", "retrieve", "resume"] and .update.blackout_ns == ([.phases[].duration_ns] | add) and .clock.verdict == "verified"'
check_json "all came back, and nothing was dropped" "$json" '.update.complete and .update.devices_missing == 0 and .dropped == 0'
check_json "each file has all its steps" "$json" \
	'(.files | length) == 8 and ([.files[] | .preserve, .freeze, .retrieve, .finish | .duration_ns > 0] | all)'
check_json "each device has its freeze, its reset and its way back" "$json" \
	'(.devices | length) == 6 and ([.devices[] | .freeze.duration_ns > 0 and .downtime_ns > .freeze.duration_ns and (.reset.outcome == "ok" or .reset.outcome == "none")] | all)'
check_json "each session has its steps" "$json" \
	'(.sessions | length) == 2 and ([.sessions[] | .freeze, .retrieve, .finish | .duration_ns > 0] | all)'
check_json "devices in device_shutdown" "$json" '(.shutdowns | length) > 10'
check "the VM itself and luoscope agree on its downtime" vms_agree "$json" "$out_dir/thinlto/share/vm.txt" 2
done_testing
