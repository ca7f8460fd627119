#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# An update that is given up and then done, a chain of updates, and an area that is full.
. "$(dirname "$0")/lib.sh"

# The freeze of the third file fails, the two before it are rolled back, reboot(2) returns. Then it goes well.
module 7.3 tests/lab/kmod
guest abort 7.3 7.3 "$(scenario abort <<'END'
generation_1() {
	insmod /luo_stats.ko
	luoscope record --no-follow
	luo_client preserve vm-a 1 2 3
	kexec_load 2 rdinit=/bin/luoscope luoscope.init=/init
	insmod /freeze_fails.ko after=2
	if (kexec_jump) 2>/tmp/said; then fail "the update was not refused"; fi
	grep -q "Device or resource busy" /tmp/said || fail "reboot says: $(cat /tmp/said)"
	rmmod freeze_fails
	save_capture given-up
	kexec_jump
}

generation_2() {
	luo_client retrieve vm-a 1 2 3
	save_capture update
	scenario_done
}
END
)" --add-first "$build/kmod/7.3/freeze_fails.ko:/freeze_fails.ko"
json=$out_dir/abort/given-up.json
check_json "given up: the attempt and its cause are reported in the same kernel" "$json" \
	'.failed_attempts | length == 1 and (.[0] | .number == 1 and .errno == "EBUSY" and .duration_ns > 0)'
check_json "given up: no blackout is reported" "$json" '.update.blackout_ns == null'
check "given up: the report names the error" contains "$out_dir/abort/given-up.txt" 'EBUSY'
json=$out_dir/abort/update.json
check_backbone "done after that" "$json"
check_json "done after that: the attempt that failed is reported by the next kernel too" "$json" \
	'.failed_attempts | length == 1 and (.[0] | .number == 1 and .errno == "EBUSY")'
check_json "done after that: a file's freeze is that of the attempt that worked" "$json" \
	'[.files[].freeze | .result == 0 and .start_ns > 0] == [true, true, true]'

# Given up so often that places must be used again: the last attempt has all of its spans.
guest often 7.3 7.3 "$(scenario often <<'END'
generation_1() {
	insmod /luo_stats.ko area_kib=64
	luoscope record --no-follow
	luo_client preserve vm-a $(seq 45 | sed 's/$/:4/')
	kexec_load 2 rdinit=/bin/luoscope luoscope.init=/init
	for attempt in 1 2 3 4 5 6 7 8 9 10; do
		insmod /freeze_fails.ko after=44
		if luo_client reboot-kexec 2>/dev/null; then fail "attempt $attempt was not refused"; fi
		rmmod freeze_fails
	done
	kexec_jump
}

generation_2() {
	luo_client retrieve vm-a $(seq 45 | sed 's/$/:4/')
	save_capture update
	scenario_done
}
END
)" --add-first "$build/kmod/7.3/freeze_fails.ko:/freeze_fails.ko"
json=$out_dir/often/update.json
check_backbone "done at the eleventh try" "$json"
check_json "done at the eleventh try: every file's freeze is reported" "$json" \
	'(.files | length) == 45 and ([.files[].freeze.duration_ns > 0] | all)'
check_json "done at the eleventh try: what was used again is counted, the latest attempts are reported" "$json" \
	'.losses.spans_recycled > 0 and .losses.attempts_dropped == 3 and [.failed_attempts[].number] == [4, 5, 6, 7, 8, 9, 10]'

# Three updates in a row, over two series where both can be had.
guest chain 7.3 7.3 "$(scenario chain <<'END'
generation_1() {
	insmod /luo_stats.ko
	luoscope record --no-follow
	luo_client preserve vm-a 1
	kexec_into 2 rdinit=/bin/luoscope luoscope.init=/init
}

again() {
	luo_client retrieve vm-a 1
	save_capture "update-$((GENERATION - 1))"
	wait_for_probes
}

generation_2() {
	again
	luo_client preserve vm-a 1
	kexec_into 3 rdinit=/bin/luoscope luoscope.init=/init
}

generation_3() {
	again
	luo_client preserve vm-a 1
	kexec_into 4 rdinit=/bin/luoscope luoscope.init=/init
}

generation_4() {
	again
	scenario_done
}
END
)" --chain 4
for n in 1 2 3; do
	json=$out_dir/chain/update-$n.json
	check_backbone "update $n of a chain" "$json"
	check_json "update $n of a chain: generation" "$json" ".update.generation == $n"
	check_json "update $n of a chain: only what belongs to it" "$json" \
		'(.files | length) == 1 and (.sessions | length) == 1 and .open == [] and
		 (.files[0] | .preserve.start_ns < 0 and .freeze.start_ns > 0 and .retrieve.start_ns > .freeze.start_ns)'
done

# More files than the smallest area has places for: drops are counted and shown, the boundaries are complete.
guest full 7.3 7.3 "$(scenario full <<'END'
generation_1() {
	insmod /luo_stats.ko area_kib=64
	luoscope record --no-follow
	luo_client preserve vm-a $(seq 600 | sed 's/$/:4/')
	kexec_into 2 rdinit=/bin/luoscope luoscope.init=/init
}

generation_2() {
	luo_client retrieve vm-a $(seq 600 | sed 's/$/:4/') >/tmp/said
	[ "$(grep -c ok /tmp/said)" = 600 ] || fail "not all memfds came back"
	save_capture update
	scenario_done
}
END
)"
json=$out_dir/full/update.json
check_json "full area: drops are counted" "$json" '.dropped > 300 and .dropped == ([.dropped_by_kind[]] | add)'
check_json "full area: they are counted by kind" "$json" '.dropped_by_kind.preserve > 0 and .dropped_by_kind.freeze > 0'
check "full area: the report shows it" contains "$out_dir/full/update.txt" '[Dd]ropped'
check_json "full area: the boundaries are complete" "$json" \
	'.update.blackout_ns > 0 and ([.phases[].duration_ns] | add) == .update.blackout_ns and (.phases | length) == 10'
done_testing
