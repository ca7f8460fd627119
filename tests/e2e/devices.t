#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Devices of vfio-pci through a live update: what the report tells of each, of an update that is refused, and of resets that go
# wrong. The kernel has the handler of kernel/vfio.
. "$(dirname "$0")/lib.sh"

vmm=$out_dir/vmm
check "the lab's VMM can be built" "$lab_dir/client" "$vmm" vmm.c
ports=(--device "pcie-root-port,id=port3,slot=3,addr=7.0" --device "virtio-rng-pci,bus=port3,x-pcie-flr-init=off"
	--device "pcie-root-port,id=port4,slot=4,addr=8.0" --device "e1000e,bus=port4"
	--device "pcie-root-port,id=port5,slot=5,addr=9.0" --device "qemu-xhci,bus=port5"
	--device "edu,addr=11.0")

# The demo's scenario: a device of each way to be reset.
guest kinds 7.3+vfio 7.3+vfio "$top_dir/tests/scenarios/demo" --add "$vmm:/bin/vmm" "${ports[@]}"
json=$out_dir/kinds/update.json
check_json "every device is told with the way that it was reset" "$json" \
	'[.devices[] | {bdf, m: .reset.method, o: .reset.outcome, e: .reset.errno}] == [
	 {bdf: "0000:00:11.0", m: null, o: "none", e: null}, {bdf: "0000:01:00.0", m: "flr", o: "ok", e: null},
	 {bdf: "0000:02:00.0", m: "flr", o: "ok", e: null}, {bdf: "0000:03:00.0", m: "pm", o: "ok", e: null},
	 {bdf: "0000:04:00.0", m: "pm", o: "ok", e: null}, {bdf: "0000:05:00.0", m: "bus", o: "ok", e: null}]'
# Linux sleeps by jiffies, which may lag behind by one: 4 ms.
check_json "a function level reset takes the 100 ms of the specification, and the freeze is longer than the reset" "$json" \
	'[.devices[] | select(.reset.method == "flr") | .reset.duration_ns >= 96000000 and .freeze_ns > .reset.duration_ns] | all and length == 2'
check_json "each step of each device is told" "$json" \
	'[.devices[] | .preserve_ns, .freeze_ns, .retrieve_ns, .bind_ns, .irq_setup_ns, .finish_ns, .dark_ns | . > 0] | all'
check_json "the blackout ends when the last device is in service" "$json" \
	'.update.blackout_ns == ([.phases[].duration_ns] | add) and .phases[-1].name == "resume" and .phases[-1].duration_ns > 0 and
	 ([.devices[].dark_ns] | max) < .update.blackout_ns'
check_json "nothing was dropped and all came back" "$json" '.dropped == 0 and .update.complete'
check "the report has a row for each device" contains "$out_dir/kinds/update.txt" '0000:05:00.0 .*bus +ok'

# One of four devices still has its interrupts on: the update is refused, all four work on, and then it is done.
guest refused 7.3+vfio 7.3+vfio "$(scenario refused <<'END'
devices="0000:01:00.0 0000:02:00.0 0000:04:00.0 0000:00:11.0"

generation_1() {
	insmod /luo_stats.ko
	luoscope record --no-follow
	# shellcheck disable=SC2086 # a list of words
	give_to_vfio $devices
	vmm open=nvme,0000:01:00.0 bind=nvme attach=nvme open=virtio,0000:02:00.0 bind=virtio attach=virtio \
		open=net,0000:04:00.0 bind=net attach=net open=edu,0000:00:11.0 bind=edu attach=edu memfd=memory,64 map=memory,0x100000 \
		irq-on=nvme irq-on=virtio irq-on=net irq-on=edu use=nvme use=net use=edu \
		session=vm preserve=nvme,1 preserve=virtio,2 preserve=net,3 preserve=edu,4 preserve=memory,5 \
		irq-off=nvme irq-off=virtio irq-off=net hold \
		log=/tmp/vmm use=nvme use=net use=edu irq-on=nvme irq-on=net use=nvme use=net use=edu \
		irq-off=nvme irq-off=net irq-off=edu hold >/tmp/pid
	kexec_load 2 rdinit=/bin/luoscope luoscope.init=/init
	if (kexec_jump) 2>/tmp/said; then fail "the update was not refused"; fi
	grep -q "Invalid argument" /tmp/said || fail "reboot says: $(cat /tmp/said)"
	dmesg | grep -q "0000:00:11.0.*interrupt" || fail "the log does not name the device"
	mount_host
	luoscope save /host/given-up.luoscope
	luoscope status >/host/status.txt
	kill -USR1 "$(tail -n 1 /tmp/pid)"
	for _ in $(seq 100); do grep -q "^irq-off=edu: ok" /tmp/vmm 2>/dev/null && break; sleep 0.1; done
	if grep -v ": ok" /tmp/vmm | grep :; then fail "a device does not work after the refusal: $(cat /tmp/vmm)"; fi
	grep -q "^irq-off=edu: ok" /tmp/vmm || fail "the devices are not used to the end: $(cat /tmp/vmm)"
	kexec_jump
}

generation_2() {
	# shellcheck disable=SC2086 # a list of words
	give_to_vfio $devices
	vmm session-retrieve=vm retrieve-memfd=memory,5,64 retrieve=nvme,1 retrieve=virtio,2 retrieve=net,3 retrieve=edu,4 \
		bind=nvme attach=nvme bind=virtio attach=virtio bind=net attach=net bind=edu attach=edu map=memory,0x100000 \
		irq-on=nvme irq-on=virtio irq-on=net irq-on=edu use=nvme use=net use=edu check=memory finish
	save_capture update
	scenario_done
}
END
)" --add "$vmm:/bin/vmm" "${ports[@]}"
json=$out_dir/refused/given-up.json
check_json "refused: the attempt is told with its cause" "$json" \
	'.attempts | length == 1 and .[0].error == "EINVAL"'
check_json "refused: no blackout is told" "$json" '.update.blackout_ns == null'
json=$out_dir/refused/update.json
check_json "done after that: all devices are told as of the attempt that went through" "$json" \
	'(.devices | length) == 4 and ([.devices[] | .freeze_error == null and .freeze_ns > 0 and .reset.outcome != null] | all) and
	 .update.complete and .update.blackout_ns > 0 and (.attempts | length) == 1'

# Resets that go wrong: taken away in sysfs, and a lock that somebody else holds.
guest wrong 7.3+vfio 7.3+vfio "$(scenario wrong <<'END'
devices="0000:01:00.0 0000:02:00.0 0000:04:00.0"

generation_1() {
	insmod /luo_stats.ko
	luoscope record --no-follow
	# shellcheck disable=SC2086 # a list of words
	give_to_vfio $devices
	vmm open=nvme,0000:01:00.0 bind=nvme attach=nvme open=virtio,0000:02:00.0 bind=virtio attach=virtio \
		open=net,0000:04:00.0 bind=net attach=net \
		session=vm preserve=nvme,1 preserve=virtio,2 preserve=net,3 hold
	kexec_load 2 rdinit=/bin/luoscope luoscope.init=/init
	echo >/sys/bus/pci/devices/0000:02:00.0/reset_method
	# Each write resets the device, and holds the locks of the bridge above it and its own for 100 ms.
	while :; do echo 1 >/sys/bus/pci/devices/0000:01:00.0/reset; done 2>/dev/null &
	while :; do echo 1 >/sys/bus/pci/devices/0000:01:00.0/reset; done 2>/dev/null &
	sleep 0.3
	kexec_jump
}

generation_2() {
	# shellcheck disable=SC2086 # a list of words
	give_to_vfio $devices
	vmm session-retrieve=vm retrieve=nvme,1 retrieve=virtio,2 retrieve=net,3 bind=nvme bind=virtio bind=net use=nvme use=net \
		irq-on=nvme irq-on=virtio irq-on=net finish
	mount_host
	luoscope status >/host/status.txt
	save_capture update
	scenario_done
}
END
)" --add "$vmm:/bin/vmm" "${ports[@]}"
json=$out_dir/wrong/update.json
check_json "a reset that was taken away is told as failed or none, with its errno" "$json" \
	'.devices[] | select(.bdf == "0000:02:00.0") | .reset | (.outcome == "failed" and .errno == "ENOTTY") or .outcome == "none"'
check_json "a lock that was held is told as busy, with the lock" "$json" \
	'.devices[] | select(.bdf == "0000:01:00.0") | .reset | .outcome == "busy" and .lock == "bridge" and .errno == "EBUSY"'
check_json "the device beside them was reset" "$json" \
	'.devices[] | select(.bdf == "0000:04:00.0") | .reset | .outcome == "ok" and .method == "pm"'
done_testing
