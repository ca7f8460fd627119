#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# How the blackout grows with the number of devices: virtio devices with FLR, each behind a port of its own, in a chain of updates.
# Each number is measured as the handler works by itself (mode N), and with the resets one by one and made again when a device is
# bound (mode Y). The figures are ratios to one device in the same chain, so that the machine's speed does not count. Whatever else
# the machine does only adds to a time: the shortest of up to three rounds counts, and what is within its bar is not measured again.
# 'make bench' measures four devices, too, always three times, and prints the table.
#
# QEMU computes its memory map anew whenever the decoding of a device is switched, which takes the longer, the more ports and devices
# it has: some ms for each switch with 48 of them. No real freeze has that, so a chain has no more ports than it needs.
. "$(dirname "$0")/../e2e/lib.sh"
. "$(dirname "$0")/lib.sh"

# By the number of ports of a chain: for how many devices.
declare -A chain_numbers=([16]="1 ${FULL:+4 }16" [48]="1 48")
chains=(16 48)
most_rounds=3
least_rounds=${FULL:+$most_rounds}
vmm=$out_dir/vmm
check "the lab's VMM can be built" "$lab_dir/client" "$vmm" vmm

# scenario_of NUMBER...: generation_N of the chain: take over what the one before has sent, if any, and send its own.
scenario_of() {
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
	local generation=1 before=: mode number
	for mode in N Y; do
		for number; do
			echo "generation_$generation() { $before; send $((generation += 1)) $number $mode; }"
			before="receive $number $number-$mode"
		done
	done
	echo "generation_$generation() { $before; scenario_done; }"
}

# measure CHAIN ROUND: each number of devices in both modes, in one guest.
measure() {
	local chain=$1 round=$2 name=many-$1-$2 ports=() numbers number mode i
	# Eight ports to a slot. A virtio device of today needs no I/O ports, which are too few for so many.
	for ((i = 0; i < chain; i++)); do
		ports+=(--device "pcie-root-port,id=many$i,chassis=1,slot=$i,io-reserve=0,multifunction=on,addr=$(printf '%x.%x' $((0x12 + i / 8)) $((i % 8)))"
			--device "virtio-rng-pci,bus=many$i,disable-legacy=on,addr=0.0")
	done
	read -ra numbers <<<"${chain_numbers[$chain]}"
	scenario_of "${numbers[@]}" >"$out_dir/$name.scenario"
	guest "$name" 7.3+vfio 7.3+vfio "$out_dir/$name.scenario" --chain $((2 * ${#numbers[@]} + 1)) --add "$vmm:/bin/vmm" "${ports[@]}"
	for number in "${numbers[@]}"; do
		for mode in N Y; do
			check_json "$number devices behind $chain ports, mode $mode, round $round: all were reset by FLR, and are back" \
				"$out_dir/$name/$number-$mode.json" '.update.complete and (.devices | length) == $number and
					all(.devices[]; .reset.outcome == "ok" and .reset.method == "flr")' --argjson number "$number"
		done
	done
}

# times_of CHAIN NUMBER MODE: in ms, the freeze phase, the resets, the binds, the resume phase, the blackout; each the least of all rounds.
times_of() {
	jq -rs '
		def ms: . / 1e6 | round;
		def phase(name): first(.phases[] | select(.name == name)).duration_ns | ms;
		map([phase("freeze"), ([.devices[].reset.duration_ns] | add | ms), ([.devices[].bind.duration_ns] | add | ms), phase("resume"),
			(.update.blackout_ns | ms)]) | transpose | map(min) | @tsv' "$out_dir/many-$1"-?/"$2-$3.json"
}

# What is compared in each chain: the phases of the most devices, with those of one, and with those in mode Y.
declare -A freeze resume freeze_bar=([16]=2.5 [48]=6)
resume_bar=0.3333

# at_most VALUE TIMES OF
at_most() { awk -v a="$1" -v b="$3" -v times="$2" 'BEGIN { exit !(a != "" && b > 0 && a <= b * times) }'; }

# are_within CHAIN: its figures are within their bars.
are_within() {
	local chain=$1 of mode number _
	for mode in N Y; do
		for number in ${chain_numbers[$chain]}; do
			of=$chain-$number-$mode
			read -r freeze["$of"] _ _ resume["$of"] _ <<<"$(times_of "$chain" "$number" "$mode")"
		done
	done
	at_most "${freeze[$chain-$chain-N]}" "${freeze_bar[$chain]}" "${freeze[$chain-1-N]}" &&
		at_most "${resume[$chain-$chain-N]}" "$resume_bar" "${resume[$chain-$chain-Y]}"
}

for chain in "${chains[@]}"; do
	for ((round = 1; round <= most_rounds; round++)); do
		measure "$chain" "$round"
		if are_within "$chain" && ((round >= ${least_rounds:-1})); then break; fi
	done
	for mode in N Y; do
		if [ "$mode" = N ]; then echo "# $chain ports, all at once, and none twice:"; else echo "# one by one, and again when bound:"; fi
		echo "#   devices  freeze  resets, summed  binds, summed  resume  blackout (ms)"
		for number in ${chain_numbers[$chain]}; do
			read -ra times <<<"$(times_of "$chain" "$number" "$mode")"
			printf '# %9d %7d %15d %14d %7d %9d\n' "$number" "${times[@]}"
		done
	done
done

# within TEXT VALUE TIMES OF
within() {
	local over=0
	at_most "$2" "$3" "$4" || over=1
	printf '# figure: %s: %s ms, %s times %s ms (bar %s)\n' "$1" "$2" "$(awk -v a="$2" -v b="$4" 'BEGIN { printf "%.2f", b ? a / b : 0 }')" "$4" "$3"
	row "$1" "$2" ms "$(awk -v b="$4" -v times="$3" 'BEGIN { print b * times }')" "$([ "$over" = 0 ] && echo true || echo false)"
	ok "$1" "$over"
}
for chain in "${chains[@]}"; do
	within "the freeze of $chain devices, against that of one" "${freeze[$chain-$chain-N]}" "${freeze_bar[$chain]}" "${freeze[$chain-1-N]}"
	within "the resume phase of $chain devices, against that with every reset made again" \
		"${resume[$chain-$chain-N]}" "$resume_bar" "${resume[$chain-$chain-Y]}"
done
done_testing
