#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A kernel that finds what is wrong in itself goes through an update. run-scenario fails on any complaint of the kernel.
. "$(dirname "$0")/lib.sh"

kernel=$debug_kernel
vmm=$out_dir/vmm
check "the lab's VMM can be built" "$lab_dir/client" "$vmm" vmm
guest demo "$kernel" "$kernel" "$top_dir/tests/scenarios/demo" --add "$vmm:/bin/vmm" "${debug_machine[@]}" "${no_kmemleak[@]}" \
	--device "pcie-root-port,id=port3,slot=3,addr=7.0" --device "virtio-rng-pci,bus=port3,x-pcie-flr-init=off" \
	--device "pcie-root-port,id=port4,slot=4,addr=8.0" --device "e1000e,bus=port4" \
	--device "pcie-root-port,id=port5,slot=5,addr=9.0" --device "qemu-xhci,bus=port5" --device "edu,addr=11.0"
json=$out_dir/demo/update.json
check_json "built in: the parts of the jump and of the kernel's boot are reported" "$json" \
	'[.phases[] | select(.parts) | [.name, [.parts[].name]]] ==
	 [["jump", ["before_setup_arch", "setup_arch"]],
	  ["kernel_boot", ["before_initcalls", "initcalls", "after_initcalls"]]]'
check_json "each part took time, and they add up to their phase" "$json" \
	'[.phases[] | select(.parts) | ([.parts[].duration_ns] | add) == .duration_ns, (.parts[].duration_ns > 0)] | all'
check_json "B7 is stamped, to a few microseconds" "$json" \
	'.boundaries[7] | .name == "time_zero" and .source == "module" and .error_ns > 0 and .error_ns < 10000'
check_json "each step of each device is reported, with the handler in a module" "$json" \
	'[.devices[] | .preserve.duration_ns, .freeze.duration_ns, .retrieve.duration_ns, .bind.duration_ns, .irq_setup.duration_ns, .finish.duration_ns, .downtime_ns | . > 0] |
	 all and length == 42'
check_json "vfio, a module, came up after init was executed, and vfio-pci was there before it was used" "$json" \
	'.boot | .moments.vfio.start_ns > .moments.pid1.start_ns and .vfio_pci_latest_ns > .moments.vfio.start_ns'
check_json "nothing was dropped and all came back" "$json" '.dropped == 0 and .update.complete'

# With KASAN and lockdep: places change hands while others write and read.
guest stress "$kernel" "$kernel" "$top_dir/tests/scenarios/stress" "${debug_machine[@]}" "${no_kmemleak[@]}" \
	--append luo_stats.area_kib=64
stress_is_survived
done_testing
