#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Is it true? QEMU's trace shows what is written into a device's configuration space, with the host's clock, which owes nothing to
# the guest's. Stamps, and what resets a device, enclose the moments that luoscope reports spans between. A reported span must be no
# more than 1 ms outside of what they leave open.
. "$(dirname "$0")/lib.sh"

module 7.3 tests/lab/kmod
guest truth 7.3 7.3 "$(scenario truth <<'END'
generation_1() {
	insmod /luo_stats.ko
	stamp_reboot
	luoscope record --no-follow
	kexec_load 2 rdinit=/bin/luoscope luoscope.init=/init
	luo_client preserve --stamp "$STAMP:0x1a" vm-a 1 2 -- vm-b 7
	sleep 2
	kexec_jump
}

generation_2() {
	luo_client retrieve --stamp "$STAMP:0x2a" vm-a 1 2
	sleep 2
	luo_client retrieve --stamp "$STAMP:0x2b" vm-b 7
	save_capture update
	scenario_done
}
END
)" --trace --add-first "$build/kmod/7.3/stamp_reboot.ko:/stamp_reboot.ko"
json=$out_dir/truth/update.json

# is_number TEXT TOLD: luoscope told something; else that is a failure.
is_number() {
	[[ $2 =~ ^-?[0-9]+$ ]] && return
	echo "# $1: luoscope told '$2'"
	ok "$1 is reported" 1
	return 1
}

# within TEXT LEAST MOST TOLD: not more than 1 ms outside of what the trace leaves open.
within() {
	is_number "$1" "$4" || return
	echo "# $1: host $2 to $3 ns, luoscope $4 ns"
	ok "$1 agrees with the host's clock" $(($2 <= 0 || $4 < $2 - 1000000 || $4 > $3 + 1000000))
}

# agree TEXT BEGIN END FILTER: what lies between two moments, and what luoscope says of it.
agree() {
	local least most
	read -r least most < <("$lab_dir/trace-span" "$out_dir/truth/trace.log" "$2" "$3")
	within "$1" "${least:-0}" "${most:-0}" "$(jq "$4" "$json")"
}

check_backbone truth "$json"
agree "the blackout" 0x11 0x2b '.update.blackout_ns'
agree "in the old kernel, last preserve to reboot" 0x1a 0x11 '[.files[].preserve | -(.start_ns + .duration_ns)] | min'
agree "in the new kernel, one session's retrieve to the other's" 0x2a 0x2b \
	'([.files[] | select(.session == "vm-b") | .retrieve | .start_ns + .duration_ns] | max) -
	 ([.files[] | select(.session == "vm-a") | .retrieve | .start_ns + .duration_ns] | max)'
agree "a session's downtime" 0x11 0x2a '.sessions[] | select(.name == "vm-a") | .downtime_ns'
# Devices: what the handler tells of each reset, against the writes that made it.
vmm=$out_dir/vmm
"$lab_dir/client" "$vmm" vmm
guest resets 7.3+vfio 7.3+vfio "$top_dir/tests/scenarios/demo" --add "$vmm:/bin/vmm" --trace \
	--append-second vfio_pci_core.reset_again=1 \
	--device "pcie-root-port,id=port3,slot=3,addr=7.0" --device "virtio-rng-pci,bus=port3,x-pcie-flr-init=off" \
	--device "pcie-root-port,id=port4,slot=4,addr=8.0" --device "e1000e,bus=port4" \
	--device "pcie-root-port,id=port5,slot=5,addr=9.0" --device "qemu-xhci,bus=port5" --device "edu,addr=11.0"
json=$out_dir/resets/update.json
trace=$out_dir/resets/trace.log
left=$("$lab_dir/trace-stamps" "$trace" | awk '$1 == "0x11" { sub(/\./, "", $2); print $2 "000"; exit }')

# resets METHOD BDF [PORT]: the reset in its freeze, and the next one, which is that of its bind; see trace-resets.
resets() { "$lab_dir/trace-resets" "$trace" "$@" | awk -v left="$left" '$2 > left' | head -n 2; }

while read -r method bdf port; do
	mapfile -t seen < <(resets "$method" "$bdf" ${port:+"$port"})
	read -r before begin answer after <<<"${seen[0]:-0 0 0 0}"
	read -r _ _ next_answer next_after <<<"${seen[1]:-0 0 0 0}"
	device=".devices[] | select(.device == \"$bdf\")"
	within "the $method reset of $bdf" $((answer - begin)) $((after - before)) "$(jq "$device | .reset.duration_ns" "$json")"
	within "the time from its end to the end of the next one, in the new kernel" $((next_answer - after)) $((next_after - answer)) \
		"$(jq "([.other_spans[] | select(.kind == \"plain_reset\" and .name == \"$bdf\") | .span][0] |
			.start_ns + .duration_ns) - ($device | .reset.start_ns + .reset.duration_ns)" "$json")"
done <<'END'
flr 0000:01:00.0
flr 0000:02:00.0
pm 0000:03:00.0
pm 0000:04:00.0
bus 0000:05:00.0 0000:00:09.0
END
done_testing
