#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Each allocation of luo_stats and of the handler fails in turn, in a kernel that finds what is wrong in itself. run-scenario fails on
# any complaint of the kernel.
. "$(dirname "$0")/lib.sh"

kernel=$debug_kernel
vmm=$out_dir/vmm
check "the lab's VMM can be built" "$lab_dir/client" "$vmm" vmm
faults=$out_dir/fault_client
check "the client for faults can be built" "$lab_dir/client" "$faults" fault_client.c
module "$kernel" tests/lab/kmod

# Each allocation of luo_stats itself fails in turn, in its load and in a mark: what has none of its functions on the stack is the
# kernel's own (7.3 reads beyond an array if there is no memory for a module's BTF). The built-in one is kept from starting.
guest stats-faults "$kernel" "$kernel" "$(scenario stats-faults <<'END'
generation_1() {
	[ ! -e /sys/kernel/luo_stats ] || fail "the module that is built in runs"
	luoscope status | grep -q "^luo_stats *missing *built in, but it did not start" || fail "status does not say so"
	echo scan=off >/sys/kernel/debug/kmemleak
	for kind in failslab fail_page_alloc; do
		echo N >/sys/kernel/debug/$kind/ignore-gfp-wait
		echo 0 >/sys/kernel/debug/$kind/verbose
		# Where modules are.
		echo 0xffffffffc0000000 >/sys/kernel/debug/$kind/require-start
		echo 0xffffffffff000000 >/sys/kernel/debug/$kind/require-end
	done
	echo N >/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem
	echo 0 >/sys/kernel/debug/fail_page_alloc/min-order

	# Once without faults, so that what a first load leaves for good is no leak.
	insmod /luo_stats_again.ko
	rmmod luo_stats_again
	echo clear >/sys/kernel/debug/kmemleak
	free_before=$(awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo)
	fault_client /luo_stats_again.ko luo_stats_again area_kib=2048
	free_after=$(awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo)
	# One area that is lost is 2 MiB, and more than a hundred loads fail.
	[ $((free_before - free_after)) -lt 65536 ] || fail "of $free_before KiB of memory $free_after are left"

	insmod /luo_stats_again.ko area_kib=512
	[ "$(stat -c %s /sys/kernel/luo_stats/outgoing)" = 524288 ] || fail "the area has not the size that was asked for"
	luoscope save /tmp/capture || fail "nothing can be saved any more"
	rmmod luo_stats_again
	# What is of no more use is seen in a second look at the latest.
	for _ in 1 2; do echo scan >/sys/kernel/debug/kmemleak; done
	# A module that is gone shows as bare addresses.
	if grep -E "luo_stats|[0-9] 0xf" /sys/kernel/debug/kmemleak; then
		mount_host
		cat /sys/kernel/debug/kmemleak >/host/kmemleak
		fail "memory was lost"
	fi
	grep -q "debug_locks: *1$" /proc/lockdep_stats || fail "lockdep has switched itself off"
	scenario_done
}
END
)" --chain 1 "${debug_machine[@]}" --append initcall_blacklist=luo_stats_init --add "$faults:/bin/fault_client" \
	--add-first "$build/kmod/$kernel/luo_stats_again.ko:/luo_stats_again.ko"
console=$out_dir/stats-faults/console.log
check "each allocation of a load was tried" contains "$console" '^load: [0-9]{2,} allocations, [0-9]{2,} failures'
check "each allocation of a mark was tried" contains "$console" '^mark: [1-9][0-9]* allocations'

# The area that the old kernel handed over is garbled, again and again, and read by the code of luo_stats, within memory that KASAN
# watches.
guest garbled "$kernel" "$kernel" "$(scenario garbled <<'END'
generation_1() {
	luoscope record --no-follow
	luo_client preserve vm 1:4 2:4
	# shellcheck disable=SC2046 # words
	kexec_into 2 $(luoscope_first)
}

generation_2() {
	luo_client retrieve vm 1:4 2:4
	insmod /garbled_areas.ko areas=2000
	mount_host
	dmesg | sed -n 's/.*garbled_areas: //p' >/host/garbled
	scenario_done
}
END
)" "${debug_machine[@]}" "${no_kmemleak[@]}" --add "$build/kmod/$kernel/garbled_areas.ko:/garbled_areas.ko"
check "garbled areas were read, and some were not seen to be garbled" contains "$out_dir/garbled/share/garbled" \
	'^2000 garbled areas were read, [1-9][0-9]+ of them past their headers$'
sed -n 's/^2000/# &/p' "$out_dir/garbled/share/garbled"

# Each allocation of a preserve fails in turn, and of retrieves each its own: a failed retrieve stays failed. edu devices are many
# and quick: 39, three to a slot, for a retrieve makes a dozen allocations, and more where a slab is empty.
edus=()
for slot in 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d; do
	edus+=(--device "edu,addr=$slot.0,multifunction=on" --device "edu,addr=$slot.1" --device "edu,addr=$slot.2")
done
guest handler-faults "$kernel" "$kernel" "$(scenario handler-faults <<'END'
edus=
for slot in 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d; do edus="$edus $slot.0 $slot.1 $slot.2"; done

faults_on() {
	for kind in failslab fail_page_alloc; do
		echo N >/sys/kernel/debug/$kind/ignore-gfp-wait
		echo 0 >/sys/kernel/debug/$kind/verbose
	done
	echo N >/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem
	echo 0 >/sys/kernel/debug/fail_page_alloc/min-order
}

# each STEP: the step for all of them. token EDU: a number of its own.
each() { for edu in $edus; do echo "$1=$edu"; done; }
opens() { for edu in $edus; do echo "open=$edu,0000:00:$edu"; done; }
token() { echo $((0x${1%.*} * 8 + ${1#*.})); }

generation_1() {
	faults_on
	for edu in $edus; do give_to_vfio 0000:00:$edu; done
	nth=0
	: >/tmp/said
	until grep -q "no more allocations" /tmp/said; do
		nth=$((nth + 1))
		[ $nth -lt 300 ] || fail "a preserve has no end of allocations"
		vmm open=edu,0000:00:11.0 bind=edu session=faults nth=$nth preserve=edu,1 session-close \
			session=faults preserve=edu,2 session-close use=edu >/tmp/said || fail "$nth: $(tail -n 2 /tmp/said)"
		grep "^preserve=edu,1" /tmp/said
	done
	# shellcheck disable=SC2046 # words
	vmm $(opens) $(each bind) session=vm $(for edu in $edus; do echo "preserve=$edu,$(token $edu)"; done) hold
	kexec_into 2
}

generation_2() {
	faults_on
	for edu in $edus; do give_to_vfio 0000:00:$edu; done
	nth=0
	# shellcheck disable=SC2046 # words
	vmm session-retrieve=vm $(for edu in $edus; do nth=$((nth + 1)); echo "nth=$nth retrieve=$edu,$(token $edu)"; done) finish
	# They cannot be reset, and nobody has bound them.
	for edu in $edus; do echo 0000:00:$edu >/sys/module/vfio_handover/parameters/release; done
	vmm $(opens) $(each bind) $(each use)
	grep -q "debug_locks: *1$" /proc/lockdep_stats || fail "lockdep has switched itself off"
	scenario_done
}
END
)" --add "$vmm:/bin/vmm" "${debug_machine[@]}" "${no_kmemleak[@]}" "${edus[@]}"
console=$out_dir/handler-faults/console.log
check "each allocation of a preserve was tried" contains "$console" '^preserve=edu,1: ENOMEM, allocation [0-9]+ failed'
# How many a retrieve makes differs by those that a slab makes when it is empty: the end was reached where one has no more.
check "each allocation of a retrieve was tried" contains "$console" '^retrieve=[0-9a-f.]+,[0-9]+: ok, no more allocations'
done_testing
