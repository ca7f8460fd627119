#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Updates in one chain, each with memory and devices: each is measured, all reports say the same, and neither luoscope nor the kernel
# needs more memory from one to the next. 'make soak N=100' does a hundred.
. "$(dirname "$0")/lib.sh"

updates=${N:-5}
vmm=$out_dir/vmm
check "the lab's VMM can be built" "$lab_dir/client" "$vmm" vmm
{
	cat <<'END'
# The VM's part: what is opened and bound here is taken over there.
use_devices="irq-on=virtio irq-on=edu use=edu irq-off=virtio irq-off=edu"
keep_devices="preserve=memory,1 preserve=virtio,2 preserve=edu,3 hold"

start() {
	load_luo_stats
	luoscope record --no-follow
	give_to_vfio 0000:02:00.0 0000:00:11.0
	# shellcheck disable=SC2086 # lists of words
	vmm open=virtio,0000:02:00.0 bind=virtio attach=virtio open=edu,0000:00:11.0 bind=edu attach=edu memfd=memory,64 \
		map=memory,0x100000 $use_devices session=vm $keep_devices
	kexec_into 2 $(luoscope_first)
}

# In KiB, a line each: the kernel's slabs; all memory that is in use, with what was preserved; and what luoscope needs. Not in use are
# free pages that a CPU keeps for itself, and what the kernel caches, which is dropped first: both vary by more than a leak.
memory() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	awk '
		/^Slab:/ { print $2 }
		/^MemTotal:/ { used = $2 }
		/^MemFree:/ { used -= $2 }
		/^ +count:/ { used -= $2 * 4 } END { print used }' /proc/meminfo /proc/zoneinfo
	luoscope record >/tmp/recorder &
	recorder=$!
	until_said "already attached" /tmp/recorder
	until_asleep $recorder
	awk '/^Anonymous:/ { print $2 }' /proc/$recorder/smaps_rollup
	kill $recorder
	wait $recorder || :
}

# goes_on LAST: the update has arrived; the next one starts, if there is one.
goes_on() {
	vmm session-retrieve=vm retrieve-memfd=memory,1,64 retrieve=virtio,2 retrieve=edu,3 check=memory bind=virtio attach=virtio \
		bind=edu attach=edu map=memory,0x100000 irq-on=virtio irq-on=edu use=edu finish
	save_capture "update-$((GENERATION - 1))"
	wait_for_probes
	memory >"/host/memory-$((GENERATION - 1))"
	[ "$GENERATION" != "$1" ] || { scenario_done; return; }
	# shellcheck disable=SC2086 # lists of words
	vmm open=virtio,0000:02:00.0 bind=virtio attach=virtio open=edu,0000:00:11.0 bind=edu attach=edu memfd=memory,64 \
		map=memory,0x100000 $use_devices session=vm $keep_devices
	kexec_into $((GENERATION + 1)) $(luoscope_first)
}

generation_1() { start; }
END
	for ((i = 2; i <= updates + 1; i++)); do echo "generation_$i() { goes_on $((updates + 1)); }"; done
} >"$out_dir/soak.scenario"
guest soak 7.3+vfio 7.3+vfio "$out_dir/soak.scenario" --chain $((updates + 1)) --timeout $((600 + 120 * updates)) \
	--add "$vmm:/bin/vmm" --device "edu,addr=11.0"

reports=()
for ((i = 1; i <= updates; i++)); do reports+=("$out_dir/soak/update-$i.json"); done
all=$out_dir/all.json
jq -s . "${reports[@]}" >"$all"
check_json "soak: each update was measured, from its beginning until the last device was in service" "$all" \
	'length == $n and all(.[]; .update.blackout_ns > 0 and ([.phases[].duration_ns] | add) == .update.blackout_ns and
	 all(.phases[]; .duration_ns >= 0) and .phases[-1].name == "resume" and .clock.verdict == "verified")' --argjson n "$updates"
check_json "soak: each report has the same files and devices, all back, and nothing is lost" "$all" \
	'all(.[]; .update.complete and .dropped == 0 and .wanted_area_kib == null and (.losses | del(.unfinished) | add) == 0 and
	 ([.files[].token] == ["1", "2", "3"]) and ([.devices[].device] == ["0000:00:11.0", "0000:02:00.0"]))'
check_json "soak: each is the next one of the same chain" "$all" \
	'[.[].update.generation] == [range(1; length + 1)] and ([.[].update.chain_id] | unique | length) == 1'

# mean_of LINE FIRST COUNT: of so many updates, from that one on.
mean_of() {
	local i
	for ((i = $2; i < $2 + $3; i++)); do sed -n "$1p" "$share/memory-$i"; done | awk '{ sum += $1 } END { printf "%.0f\n", sum / NR }'
}

# Flat from a tenth of them on, or from the second one: means of a tenth.
from=$((updates / 10 > 2 ? updates / 10 : 2))
count=$((updates / 10 > 1 ? updates / 10 : 1))
share=$out_dir/soak/share
# is_flat LINE NAME VARIES_KIB: of what memory() writes.
is_flat() {
	local first last most
	first=$(mean_of "$1" "$from" "$count")
	last=$(mean_of "$1" $((updates - count + 1)) "$count")
	most=$((first * 105 / 100 + $3))
	echo "# $2: $first KiB from update $from on, $last KiB in the end, at most $most"
	check "soak: $2 is flat" [ "$last" -lt "$most" ]
}
is_flat 1 slab 1024
is_flat 2 "memory in use" 1024
is_flat 3 "memory of luoscope record" 64
echo "# $updates updates in one chain"
done_testing
