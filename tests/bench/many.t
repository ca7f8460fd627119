#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# How the blackout grows with the number of devices: virtio devices with FLR, each behind a port of its own, in one chain of updates.
# Each number is measured as the handler works by itself, and with the resets one by one and made again when a device is bound. The
# figures are ratios to one device in the same chain, so that the machine's speed does not count. 'make bench' prints the table.
. "$(dirname "$0")/../e2e/lib.sh"

numbers=(1 4 16 48)
vmm=$out_dir/vmm
check "the lab's VMM can be built" "$lab_dir/client" "$vmm" vmm

# Eight ports to a slot. A virtio device of today needs no I/O ports, which are too few for so many.
ports=()
for ((i = 0; i < numbers[-1]; i++)); do
	ports+=(--device "pcie-root-port,id=many$i,chassis=1,slot=$i,io-reserve=0,multifunction=on,addr=$(printf '%x.%x' $((0x12 + i / 8)) $((i % 8)))"
		--device "virtio-rng-pci,bus=many$i,disable-legacy=on,addr=0.0")
done

# generation_N of the chain: take over what the one before has sent, if any, and send its own.
{
	cat <<'END_OF_SCENARIO'
# The virtio devices that are behind a port of a slot from 12 on.
devices() {
	for port in /sys/bus/pci/devices/0000:00:1[2-7].?; do
		for device in "$port"/????:??:??.?; do echo "${device##*/}"; done
	done | head -n "$1"
}

# send GENERATION NUMBER ONE-BY-ONE: with the next kernel's parameter to match.
send() {
	next=$1 steps="" keep="" token=0
	load_luo_stats
	luoscope record --no-follow
	# shellcheck disable=SC2046 # a list of words
	give_to_vfio $(devices "$2")
	for device in $(devices "$2"); do
		steps="$steps open=$device,$device bind=$device attach=$device"
		keep="$keep preserve=$device,$((token += 1))"
	done
	echo "$3" >/sys/module/vfio_pci/parameters/freeze_one_by_one
	# shellcheck disable=SC2086 # a list of words
	vmm $steps session=many $keep hold >/tmp/vmm || fail "vmm: $(tail -n 1 /tmp/vmm)"
	kexec_into "$next" rdinit=/bin/luoscope luoscope.init=/init "vfio_pci_core.reset_again=$3"
}

# receive NUMBER NAME: every device has its file before the first is bound, so that all binds are in the resume phase.
receive() {
	retrieve="" use="" token=0
	for device in $(devices "$1"); do
		retrieve="$retrieve retrieve=$device,$((token += 1))"
		use="$use bind=$device irq-on=$device use=$device"
	done
	# shellcheck disable=SC2086 # a list of words
	vmm session-retrieve=many $retrieve $use finish >/tmp/vmm || fail "vmm: $(tail -n 1 /tmp/vmm)"
	save_capture "$2"
}
END_OF_SCENARIO
	generation=1 before=:
	for mode in N Y; do
		for number in "${numbers[@]}"; do
			echo "generation_$generation() { $before; send $((generation += 1)) $number $mode; }"
			before="receive $number $number-$mode"
		done
	done
	echo "generation_$generation() { $before; scenario_done; }"
} >"$out_dir/many.scenario"
guest many 7.3+vfio 7.3+vfio "$out_dir/many.scenario" --chain "$generation" --add "$vmm:/bin/vmm" "${ports[@]}"

# row NUMBER MODE: number, ms of: the freeze phase, the resets, the binds, the resume phase, the blackout.
row() {
	jq -r --argjson number "$1" '
		def ms: . / 1e6 | round;
		def phase(name): first(.phases[] | select(.name == name)).duration_ns | ms;
		[$number, phase("freeze"), ([.devices[].reset.duration_ns] | add | ms), ([.devices[].bind_ns] | add | ms), phase("resume"),
		 (.update.blackout_ns | ms)] | @tsv' "$out_dir/many/$1-$2.json"
}
declare -A freeze resume
for mode in N Y; do
	if [ "$mode" = N ]; then echo "# all at once, and none twice:"; else echo "# one by one, and again when bound:"; fi
	echo "#   devices  freeze  resets, summed  binds, summed  resume  blackout (ms)"
	for number in "${numbers[@]}"; do
		read -r _ freeze[$number-$mode] resets binds resume[$number-$mode] blackout <<<"$(row "$number" "$mode")"
		printf '# %9d %7d %15d %14d %7d %9d\n' "$number" "${freeze[$number-$mode]}" "$resets" "$binds" "${resume[$number-$mode]}" "$blackout"
	done
done

# at_most TEXT VALUE TIMES OF
at_most() {
	printf '# figure: %s: %s ms, %s times %s ms (bar %s)\n' "$1" "$2" "$(awk -v a="$2" -v b="$4" 'BEGIN { printf "%.2f", a / b }')" "$4" "$3"
	ok "$1" "$(awk -v a="$2" -v b="$4" -v times="$3" 'BEGIN { print !(a != "" && b > 0 && a <= b * times) }')"
}
for number in "${numbers[@]}"; do
	check_json "$number devices: all were reset by FLR at once, and are back" "$out_dir/many/$number-N.json" \
		'.update.complete and (.devices | length) == $number and all(.devices[]; .reset.outcome == "ok" and .reset.method == "flr")' \
		--argjson number "$number"
	check_json "$number devices: and one by one" "$out_dir/many/$number-Y.json" \
		'.update.complete and (.devices | length) == $number and all(.devices[]; .reset.outcome == "ok" and .reset.method == "flr")' \
		--argjson number "$number"
done
at_most "the freeze of 16 devices, against that of one" "${freeze[16-N]}" 2.5 "${freeze[1-N]}"
at_most "the freeze of 48 devices, against that of one" "${freeze[48-N]}" 6 "${freeze[1-N]}"
at_most "the resume phase of 16 devices, against that with every reset made again" "${resume[16-N]}" 0.3333 "${resume[16-Y]}"
at_most "the resume phase of 48 devices, against that with every reset made again" "${resume[48-N]}" 0.3333 "${resume[48-Y]}"
done_testing
