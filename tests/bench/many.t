#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# How the blackout grows with the number of devices: virtio devices with FLR, each behind a port of its own, in a chain of updates.
# Each number is measured as the handler works by itself (mode N), and with the resets one by one and made again when a device is
# bound (mode Y). The figures are ratios to one device in the same chain, so that the machine's speed does not count. Whatever else
# the machine does only adds to a time: mode N is measured three times, and the shortest counts. 'make bench' prints the table.
#
# QEMU computes its memory map anew whenever the decoding of a device is switched, which takes the longer, the more ports and devices
# it has: some ms for each switch with 48 of them. No real freeze has that, so a chain has no more ports than it needs.
. "$(dirname "$0")/../e2e/lib.sh"

# By the number of ports of a chain: for how many devices.
declare -A chain_numbers=([16]="1 4 16" [48]="1 48")
chains=(16 48)
declare -A rounds=([N]=3 [Y]=1)
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
	local generation=1 before=: mode number round
	for mode in N Y; do
		for number; do
			for ((round = 1; round <= rounds[$mode]; round++)); do
				echo "generation_$generation() { $before; send $((generation += 1)) $number $mode; }"
				before="receive $number $number-$mode-$round"
			done
		done
	done
	echo "generation_$generation() { $before; scenario_done; }"
}

for chain in "${chains[@]}"; do
	# Eight ports to a slot. A virtio device of today needs no I/O ports, which are too few for so many.
	ports=()
	for ((i = 0; i < chain; i++)); do
		ports+=(--device "pcie-root-port,id=many$i,chassis=1,slot=$i,io-reserve=0,multifunction=on,addr=$(printf '%x.%x' $((0x12 + i / 8)) $((i % 8)))"
			--device "virtio-rng-pci,bus=many$i,disable-legacy=on,addr=0.0")
	done
	read -ra numbers <<<"${chain_numbers[$chain]}"
	scenario_of "${numbers[@]}" >"$out_dir/many-$chain.scenario"
	guest "many-$chain" 7.3+vfio 7.3+vfio "$out_dir/many-$chain.scenario" --chain $(((rounds[N] + rounds[Y]) * ${#numbers[@]} + 1)) \
		--add "$vmm:/bin/vmm" "${ports[@]}"
	for number in "${numbers[@]}"; do
		for mode in N Y; do
			for ((round = 1; round <= rounds[$mode]; round++)); do
				check_json "$number devices behind $chain ports, mode $mode, update $round: all were reset by FLR, and are back" \
					"$out_dir/many-$chain/$number-$mode-$round.json" '.update.complete and (.devices | length) == $number and
						all(.devices[]; .reset.outcome == "ok" and .reset.method == "flr")' --argjson number "$number"
			done
		done
	done
done

# row CHAIN NUMBER MODE: in ms, the freeze phase, the resets, the binds, the resume phase, the blackout; each the least of all rounds.
row() {
	jq -rs '
		def ms: . / 1e6 | round;
		def phase(name): first(.phases[] | select(.name == name)).duration_ns | ms;
		map([phase("freeze"), ([.devices[].reset.duration_ns] | add | ms), ([.devices[].bind_ns] | add | ms), phase("resume"),
			(.update.blackout_ns | ms)]) | transpose | map(min) | @tsv' "$out_dir/many-$1/$2-$3"-?.json
}
declare -A freeze resume
for chain in "${chains[@]}"; do
	for mode in N Y; do
		if [ "$mode" = N ]; then echo "# $chain ports, all at once, and none twice:"; else echo "# one by one, and again when bound:"; fi
		echo "#   devices  freeze  resets, summed  binds, summed  resume  blackout (ms)"
		for number in ${chain_numbers[$chain]}; do
			of=$chain-$number-$mode
			read -r freeze["$of"] resets binds resume["$of"] blackout <<<"$(row "$chain" "$number" "$mode")"
			printf '# %9d %7d %15d %14d %7d %9d\n' "$number" "${freeze[$of]}" "$resets" "$binds" "${resume[$of]}" "$blackout"
		done
	done
done

# at_most TEXT VALUE TIMES OF
at_most() {
	printf '# figure: %s: %s ms, %s times %s ms (bar %s)\n' "$1" "$2" "$(awk -v a="$2" -v b="$4" 'BEGIN { printf "%.2f", a / b }')" "$4" "$3"
	local over
	over=$(awk -v a="$2" -v b="$4" -v times="$3" 'BEGIN { print !(a != "" && b > 0 && a <= b * times) }')
	row "$1" "$2" ms "$(awk -v b="$4" -v times="$3" 'BEGIN { print b * times }')" "$([ "$over" = 0 ] && echo true || echo false)"
	ok "$1" "$over"
}
at_most "the freeze of 16 devices, against that of one" "${freeze[16-16-N]}" 2.5 "${freeze[16-1-N]}"
at_most "the freeze of 48 devices, against that of one" "${freeze[48-48-N]}" 6 "${freeze[48-1-N]}"
at_most "the resume phase of 16 devices, against that with every reset made again" "${resume[16-16-N]}" 0.3333 "${resume[16-16-Y]}"
at_most "the resume phase of 48 devices, against that with every reset made again" "${resume[48-48-N]}" 0.3333 "${resume[48-48-Y]}"
done_testing
