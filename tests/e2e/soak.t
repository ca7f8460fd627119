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

# In KiB: the kernel's slabs; all memory that is not free, with what was preserved; and what luoscope needs.
memory() {
	awk '/^(Slab|MemTotal|MemFree):/ { kib[$1] = $2 } END { print kib["Slab:"], kib["MemTotal:"] - kib["MemFree:"] }' /proc/meminfo
	luoscope record >/dev/null &
	recorder=$!
	sleep 1
	awk '/^VmRSS:/ { print $2 }' /proc/$recorder/status
	kill $recorder
	wait $recorder || :
}

# goes_on LAST: the update has arrived; the next one starts, if there is one.
goes_on() {
	vmm session-retrieve=vm retrieve-memfd=memory,1,64 retrieve=virtio,2 retrieve=edu,3 check=memory bind=virtio attach=virtio \
		bind=edu attach=edu map=memory,0x100000 irq-on=virtio irq-on=edu use=edu finish
	save_capture "update-$((GENERATION - 1))"
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
	 ([.files[].token] == ["1", "2", "3"]) and ([.devices[].bdf] == ["0000:00:11.0", "0000:02:00.0"]))'
check_json "soak: each is the next one of the same chain" "$all" \
	'[.[].update.generation] == [range(1; length + 1)] and ([.[].update.chain_id] | unique | length) == 1'

# Flat from a tenth of them on, or from the second one.
from=$((updates / 10 > 2 ? updates / 10 : 2))
share=$out_dir/soak/share
figures=(slab "memory in use" "memory of luoscope record")
for line in 0 1 2; do
	first=$(tr '\n' ' ' <"$share/memory-$from" | cut -d' ' -f$((line + 1)))
	last=$(tr '\n' ' ' <"$share/memory-$updates" | cut -d' ' -f$((line + 1)))
	echo "# ${figures[line]}: $first KiB in update $from, $last KiB in update $updates"
	check "soak: ${figures[line]} is flat" [ "$last" -lt $((first + first / 20 + 1024)) ]
done
echo "# $updates updates in one chain"
done_testing
