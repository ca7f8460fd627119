#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A live update on arm64, emulated, with UEFI: memfds, and the memory and devices of a VM that KVM runs; with those values of the report
# that are known from elsewhere. Where this machine is one of x86, everything for the guest is built by a cross compiler.
ARCH=arm64
export ARCH
. "$(dirname "$0")/lib.sh"

if [ -n "$cross" ]; then
	rc=0
	"$lab_dir/sysroot" >/dev/null || rc=$?
	((rc != 3)) || skip_all "the libraries for arm64 cannot be had here"
	check "luoscope can be built for arm64" make_for_guests all
fi
vmm=$out_dir/vmm
check "the lab's VMM can be built" "$lab_dir/client" "$vmm" vmm

module 7.3+vfio tests/lab/kmod
guest update 7.3+vfio 7.3+vfio "$(scenario update <<'END'
devices="0000:01:00.0 0000:00:11.0"

generation_1() {
	insmod /luo_stats.ko
	stamp_reboot
	luoscope record --no-follow
	# shellcheck disable=SC2086 # a list of words
	give_to_vfio $devices
	vmm open=nvme,0000:01:00.0 bind=nvme attach=nvme open=edu,0000:00:11.0 bind=edu attach=edu memfd=memory,2048 \
		map=memory,0x100000 irq-on=nvme irq-on=edu use=nvme use=edu mmap=edu \
		vm=vm,memory,2 vm-device=vm,edu vm-run=vm vm-check=vm session=vm preserve=memory,1 preserve=nvme,2 preserve=edu,3 \
		wait vm-pause=vm irq-off=nvme irq-off=edu wait >/tmp/vmm 2>&1 &
	pid=$!
	until_said "^preserve=edu,3: ok" /tmp/vmm
	luo_client preserve files 1:1024 2
	kexec_load 2 rdinit=/bin/luoscope luoscope.init=/init
	kill -USR1 "$pid"
	until_said "^irq-off=edu: ok" /tmp/vmm
	kexec_jump
}

generation_2() {
	luo_client retrieve --stamp "$STAMP_ARRIVE" files 1:1024 2
	vmm session-retrieve=vm retrieve-memfd=memory,1,2048 retrieve=nvme,2 retrieve=edu,3 bind=nvme attach=nvme \
		bind=edu attach=edu map=memory,0x100000 irq-on=nvme irq-on=edu use=nvme use=edu mmap=edu \
		vm-restore=vm,memory vm-device=vm,edu vm-run=vm vm-check=vm finish >/tmp/vmm 2>&1 ||
		fail "the VM does not go on: $(tail -n 4 /tmp/vmm | tr '\n' ' ')"
	save_capture update
	cat /sys/kernel/luo_stats/outgoing >/host/new.area
	cp /tmp/vmm /host/vm.txt
	scenario_done
}
END
)" --add "$vmm:/bin/vmm" --add-first "$build/kmod/7.3+vfio/stamp_reboot.ko:/stamp_reboot.ko" --device edu,addr=11.0 --trace --timeout 600
json=$out_dir/update/update.json
share=$out_dir/update/share

# The first kernel gives the interrupt controller its tables, for which UEFI keeps a list of what must be left alone; the second one finds
# them there.
for n in 1 2; do
	check "kernel $n has UEFI's list of memory that the next one must leave alone" contains "$share/dmesg.$n" 'efi: .* MEMRESERVE=0x'
done
check "the first kernel makes the interrupt controller's tables" contains "$share/dmesg.1" 'GICv3: CPU0: using allocated LPI pending table'
check "the second one knows that they are there" contains "$share/dmesg.2" 'GICv3: Using preallocated redistributor tables'
# tables FILE: of all CPUs, and the one that they share.
tables() { sed -nE 's/.*GICv3: (CPU[0-9]+: )?using .*LPI (pending|property) table (@0x[0-9a-f]+)$/\1\2 \3/p' "$1" | sort; }
check "and goes on with them, where they were" sh -c 'test "$1" = "$2" && test "$(echo "$1" | wc -l)" = 3' - \
	"$(tables "$share/dmesg.1")" "$(tables "$share/dmesg.2")"
check_json "the stamps are of arm64's counter, and the clock was verified" "$json" \
	'.clock.counter == "cntvct" and .clock.verdict == "verified" and .clock.error_ppm < 100'
check_json "phases add up to the blackout, and follow one another" "$json" \
	'.update.blackout_ns == ([.phases[].duration_ns] | add) and .phases[0].name == "freeze" and .phases[-1].name == "resume" and
	 ([.phases | range(1; length) as $i | .[$i].start_ns == .[$i-1].start_ns + .[$i-1].duration_ns] | all)'
# What the anchor leaves open is much where the host was busy just then; and the rate's half kHz, over the time to it, comes on top.
known=$(PYTHONPATH=$top_dir/tests python3 -B -c 'import sys; from read_area import *
print(LogClock(Area(open(sys.argv[1], "rb").read()), Log(b"")).error_ns)' "$share/new.area")
check_json "the border between jump and kernel_boot is known as well as the anchor allows ($known ns)" "$json" \
	'.boundaries[7] | .source == "reckoned" and .error_ns >= $known and .error_ns < $known + 50000' --argjson known "${known:-null}"
check_json "nothing was dropped, all came back" "$json" '.dropped == 0 and .update.complete'
check_json "two sessions with their memory and devices" "$json" \
	'[.sessions[].name] == ["files", "vm"] and (.files | length) == 5 and
	 [.devices[] | [.device, .reset.method, .reset.outcome, .second_reset.why]] ==
	 [["0000:00:11.0", null, "none", "not_reset"], ["0000:01:00.0", "flr", "ok", "idle"]]'
check_json "a function level reset takes the 100 ms of the specification" "$json" \
	'[.devices[].reset | select(.method == "flr") | .duration_ns >= 50000000] == [true]'
check_json "the end of the boot's initcalls is known" "$json" \
	'.boot.moments | .memory_freed.start_ns > .initramfs.start_ns and .memory_freed.start_ns <= .pid1.start_ns'
check "the jump is described as it is on arm64" contains "$out_dir/update/update.txt" '^ +kexec copies the new kernel'
check "and not as on x86" lacks "$out_dir/update/update.txt" 'purgatory|SHA-256|decompression'
check "luoscope and the VM itself agree on how long each vCPU was down" vms_agree "$json" "$share/vm.txt" 2

# The host's clock: the reboot, and the retrieve of the last file.
read -r least most < <("$lab_dir/trace-span" "$out_dir/update/trace.log" 0x11 0x22)
check_json "a session's downtime agrees with the host's clock within 1 ms ($least to $most ns)" "$json" \
	'.sessions[] | select(.name == "files") | .downtime_ns > $least - 1e6 and .downtime_ns < $most + 1e6' \
	--argjson least "${least:-null}" --argjson most "${most:-null}"
done_testing
