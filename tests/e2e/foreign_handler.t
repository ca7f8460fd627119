#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Devices of somebody else's vfio-pci handler, on an unpatched kernel: it has no tracepoints, so what is known of them comes from
# their files, and from what the PCI core resets. The handler is tests/lab/kmod/foreign_vfio.c.
. "$(dirname "$0")/lib.sh"

vmm=$out_dir/vmm
check "the lab's VMM can be built" "$lab_dir/client" "$vmm" vmm
module 7.3 tests/lab/kmod
machine=(--add "$vmm:/bin/vmm" --add "$build/kmod/7.3/foreign_vfio.ko:/foreign_vfio.ko")
ports=(--device "pcie-root-port,id=port3,slot=3,addr=7.0" --device "e1000e,bus=port3" --device "edu,addr=11.0")

# All that can become of a device: it is reset, it cannot be reset, it is left alone, and nobody retrieves it.
guest each 7.3 7.3 "$(scenario each <<'END'
devices="0000:01:00.0 0000:02:00.0 0000:03:00.0 0000:00:11.0"

generation_1() {
	insmod /luo_stats.ko
	insmod /foreign_vfio.ko keep=0000:02:00.0
	luoscope record --no-follow >/tmp/record
	grep -q "^Preserved vfio-pci devices are known from their files" /tmp/record || fail "record says: $(cat /tmp/record)"
	# shellcheck disable=SC2086 # a list of words
	give_to_vfio $devices
	# The first session is given up, and with it its device.
	vmm open=usb,0000:03:00.0 bind=usb session=tried preserve=usb,1 session-close close=usb
	vmm open=nvme,0000:01:00.0 bind=nvme attach=nvme open=virtio,0000:02:00.0 bind=virtio attach=virtio \
		open=net,0000:03:00.0 bind=net attach=net open=edu,0000:00:11.0 bind=edu attach=edu \
		session=vm preserve=nvme,1 preserve=virtio,2 preserve=net,3 preserve=edu,4 hold
	mount_host
	luoscope status >/host/status.txt
	cat /sys/kernel/luo_stats/outgoing >/host/preserved.area
	kexec_into 2 rdinit=/bin/luoscope luoscope.init=/init
}

generation_2() {
	insmod /foreign_vfio.ko
	# shellcheck disable=SC2086 # a list of words
	give_to_vfio $devices
	vmm session-retrieve=vm retrieve=nvme,1 retrieve=virtio,2 retrieve=edu,4 bind=nvme attach=nvme bind=edu attach=edu \
		irq-on=nvme irq-on=edu use=nvme use=edu finish
	save_capture update
	scenario_done
}
END
)" "${machine[@]}" "${ports[@]}"
share=$out_dir/each/share
json=$out_dir/each/update.json
check "the kernel takes the programs for many functions" lacks "$share/dmesg.2" 'luoscope: cannot attach'
text=$out_dir/each/update.txt
check "status says where they are known from" contains "$share/status.txt" \
	'^tracepoints vfio_pci_\* +ok +not needed: no handler of this kernel has them; .* from their files$'
check "and that nobody can see whether a handler is there" contains "$share/status.txt" '^vfio devices +unknown +4 in use; '
"$top_dir/tests/read_area.py" "$share/preserved.area" >"$out_dir/each/preserved.json"
check_json "what was given up is, and all steps have the driver's name" "$out_dir/each/preserved.json" \
	'[.spans[] | select(.subject.kind == "device" and .subject.name == "0000:03:00.0" and .kind != "plain_reset") | [.kind, .open]] ==
	 [["preserve", false], ["unpreserve", false], ["preserve", false]]'
check_json "the devices have been watched in both kernels" "$json" \
	'[.probes[] | .device_files, .reset, .handler] == [true, true, false, true, true, false]'
check_json "each has its row, with its driver, and its file is known" "$json" \
	'[.devices[] | [.device, .driver, .session, .token]] == [["0000:00:11.0", "vfio-pci", "vm", "4"],
	 ["0000:01:00.0", "vfio-pci", "vm", "1"], ["0000:02:00.0", "vfio-pci", "vm", "2"], ["0000:03:00.0", "vfio-pci", "vm", "3"]]'
check_json "the reset is what the PCI core returns; how it was done nobody says" "$json" \
	'[.devices[].reset | [.outcome, .method, .errno]] == [["none", null, "ENOTTY"], ["ok", null, null], ["none_seen", null, null],
	 ["ok", null, null]]'
check_json "a reset lies in its freeze, and takes the 100 ms of the specification (see devices.t)" "$json" \
	'.devices[1] | .reset.duration_ns >= 50000000 and .freeze.duration_ns > .reset.duration_ns'
check_json "a device that is bound and gets its interrupts is in service" "$json" \
	'[.devices[0, 1] | .not_back, .kept] == [false, false, false, false] and
	 ([.devices[0, 1] | .preserve.duration_ns, .freeze.duration_ns, .retrieve.duration_ns, .bind.duration_ns, .irq_setup.duration_ns, .in_service_ns, .finish.duration_ns, .downtime_ns | . > 0] | all)'
check_json "a device that was left alone was kept" "$json" \
	'.devices[2] | .kept and .not_back == false and .in_service_ns == 0 and .downtime_ns == 0 and .downtime_is_lower_bound == false and
	 .bind.duration_ns == null and .irq_setup.duration_ns == null and .freeze.duration_ns > 0 and .retrieve.duration_ns > 0 and .finish.duration_ns > 0'
check_json "a device that nobody retrieves is not back" "$json" \
	'.devices[3] | .not_back and .kept == false and .retrieve.duration_ns == null and .in_service_ns == null'
check_json "the counts" "$json" \
	'.update.devices_missing == 1 and .update.devices_kept == 1 and .update.files_missing == 1 and .dropped == 0'
check_json "the blackout ends with the last device in service" "$json" '.update.end == "in_service" and .update.blackout_ns > 0'
check "the report says it in words" sh -c '
	grep -q "^  0000:00:11.0 .* none .* [0-9.]* s" "$1" && grep -q "^  0000:02:00.0 .* none seen .* kept *kept" "$1" &&
	grep -q "^  0000:03:00.0 .* not back *not back" "$1"' - "$text"
check "and so does the line at its top" contains "$text" '2 of 3 devices, 1 kept, 3 of 4 files$'

# Nothing is missing, and one device was kept: no question is left open.
guest kept 7.3 7.3 "$(scenario kept <<'END'
generation_1() {
	insmod /luo_stats.ko
	insmod /foreign_vfio.ko keep=0000:02:00.0
	luoscope record --no-follow
	give_to_vfio 0000:01:00.0 0000:02:00.0
	vmm open=nvme,0000:01:00.0 bind=nvme attach=nvme open=virtio,0000:02:00.0 bind=virtio attach=virtio \
		session=vm preserve=nvme,1 preserve=virtio,2 hold
	kexec_into 2 rdinit=/bin/luoscope luoscope.init=/init
}

generation_2() {
	insmod /foreign_vfio.ko
	give_to_vfio 0000:01:00.0 0000:02:00.0
	vmm session-retrieve=vm retrieve=nvme,1 retrieve=virtio,2 bind=nvme attach=nvme irq-on=nvme use=nvme finish
	save_capture update
	luoscope metrics --output /tmp/luoscope.prom
	cp /tmp/luoscope.prom /host/
	scenario_done
}
END
)" "${machine[@]}"
capture=$out_dir/kept/share/update.luoscope
check "the update went well" "$tool" check --outcome "$capture"
check "no budget is inconclusive because of what was kept" "$tool" check -b 'devices_missing<=0' -b 'devices_kept==1' \
	-b 'resets.failed<=0' -b 'resets.none_seen==1' -b 'device.reset.max<=60s' -b 'device.bind.max<=600s' -b 'device.downtime.max<=600s' \
	-b 'device.in_service.max<=600s' -b 'device.0000:02:00.0.downtime<=0s' -b 'blackout<=600s' "$capture"
"$tool" check --json --outcome "$capture" >"$out_dir/kept/check.json"
check_json "check says what was kept" "$out_dir/kept/check.json" \
	'[.. | .text? // empty | strings] | any(test("1 of 1 device is in service again, and 1 was kept"))'
"$tool" timeline --json "$capture" >"$out_dir/kept/timeline.json"
check_json "the timeline has no downtime of it" "$out_dir/kept/timeline.json" \
	'[.lanes[] | select(.name == "0000:02:00.0") | [.kept, .not_back, .downtime]] == [[true, false, null]]'
check "the metrics count it as in service" sh -c '
	grep -qx "luoscope_devices_kept 1" "$1" && grep -qx "luoscope_device_is_in_service{device=\"0000:02:00.0\"} 1" "$1" &&
	grep -qx "luoscope_resets{outcome=\"none_seen\"} 1" "$1"' - "$out_dir/kept/share/luoscope.prom"
done_testing
