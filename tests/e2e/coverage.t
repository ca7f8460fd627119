#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What is seen, and what is reported as not observed, depending on who was running when.
. "$(dirname "$0")/lib.sh"

# The recorder dies, as under systemd-shutdown, which kills every process before the kexec: no span may be lost.
guest killed 7.3 7.3 "$(scenario killed <<'END'
generation_1() {
	insmod /luo_stats.ko
	luoscope record >/dev/null &
	recorder=$!
	until_attached
	luo_client preserve vm-a 1 2 -- vm-b 7
	kill -KILL $recorder
	wait $recorder || true
	kexec_into 2 rdinit=/bin/luoscope luoscope.init=/init
}

generation_2() {
	luo_client retrieve vm-a 1 2 -- vm-b 7
	save_capture update
	scenario_done
}
END
)"
json=$out_dir/killed/update.json
check_backbone "recorder killed" "$json"
check_json "recorder killed: every file has all of its spans" "$json" \
	'(.files | length) == 3 and ([.files[] | .preserve.duration_ns, .freeze.duration_ns, .retrieve.duration_ns,
	  .finish.duration_ns | . > 0] | all)'
check_json "recorder killed: devices up to the end of device_shutdown" "$json" '(.shutdowns | length) > 10'

# Only in the new kernel.
guest new-only 7.3 7.3 "$(scenario new-only <<'END'
generation_1() {
	luo_client preserve vm-a 1 2
	kexec_into 2 rdinit=/bin/luoscope luoscope.init=/init
}

generation_2() {
	luo_client retrieve vm-a 1 2
	save_capture update
	scenario_done
}
END
)"
json=$out_dir/new-only/update.json
check_json "new kernel only: no blackout is reported" "$json" '.update.blackout_ns == null'
check_json "new kernel only: nothing of the old kernel is reported" "$json" \
	'[.files[] | .preserve, .freeze, .downtime_ns | . == null] | all'
check_json "new kernel only: but for what KHO itself hands over" "$json" \
	'.update.from.release == .update.to.release and .update.kexec_count == 1 and .update.generation == 0'
check "new kernel only: which the report shows" contains "$out_dir/new-only/update.txt" '^Live update #1  7\.3.* -> 7\.3'
check_json "new kernel only: its own phases are reported" "$json" \
	'[.phases[] | select(.duration_ns > 0) | .name] == ["kernel_boot", "userspace", "retrieve"]'
check_json "new kernel only: retrieve and finish are reported" "$json" \
	'(.files | length) == 2 and ([.files[] | .retrieve.duration_ns, .finish.duration_ns | . > 0] | all)'
check "new kernel only: the report says not observed" contains "$out_dir/new-only/update.txt" 'not observed'

# Only in the old kernel: the module is loaded late, to bring out what came in.
guest old-only 7.3 7.3 "$(scenario old-only <<'END'
generation_1() {
	insmod /luo_stats.ko
	luoscope record --no-follow
	luo_client preserve vm-a 1 2
	kexec_into 2
}

generation_2() {
	luo_client retrieve vm-a 1 2
	insmod /luo_stats.ko
	save_capture update
	scenario_done
}
END
)"
json=$out_dir/old-only/update.json
check_json "old kernel only: no blackout is reported, because its end was not seen" "$json" '.update.blackout_ns == null'
check_json "old kernel only: phases from the freeze to init are reported" "$json" \
	'[.phases[].name] == ["freeze", "notifiers", "device_shutdown", "system_core_shutdown", "machine_shutdown",
	  "dumpers", "jump", "kernel_boot"] and ([.phases[].duration_ns >= 0] | all)'
check_json "old kernel only: retrieve and finish are null, not 0" "$json" \
	'(.files | length) == 2 and ([.files[] | (.freeze.duration_ns > 0) and .retrieve == null and .finish == null] | all)'

# In both, but in the new one attached by its user space, without 'luoscope init'.
guest late 7.3 7.3 "$(scenario late <<'END'
generation_1() {
	insmod /luo_stats.ko
	luoscope record --no-follow
	luo_client preserve vm-a 1 2
	kexec_into 2
}

generation_2() {
	insmod /luo_stats.ko
	luoscope record --no-follow
	luo_client retrieve vm-a 1 2
	save_capture update
	scenario_done
}
END
)"
json=$out_dir/late/update.json
check_backbone "without init" "$json"
check_json "without init: the kernel log shows when init was executed" "$json" \
	'.phases[] | select(.name == "kernel_boot") | .end_source == "kernel log"'

# Attached after /dev/liveupdate was first opened: a later open must not pass for the first one.
guest after-open 7.3 7.3 "$(scenario after-open <<'END'
generation_1() {
	insmod /luo_stats.ko
	luoscope record --no-follow
	luo_client preserve vm-a 1 -- vm-b 2
	kexec_into 2
}

generation_2() {
	luo_client retrieve vm-a 1
	insmod /luo_stats.ko
	luoscope record --no-follow
	luo_client retrieve vm-b 2
	save_capture update
	scenario_done
}
END
)"
json=$out_dir/after-open/update.json
check_json "attached after the first open: that boundary is not observed, its phases are joined" "$json" \
	'[.phases[].name] | index("userspace+retrieve") != null and index("userspace") == null'
check_json "attached after the first open: the blackout is whole" "$json" \
	'.update.blackout_ns == ([.phases[].duration_ns] | add)'

# A plain kexec, with LUO off: its shutdown and boot are reported, and that nothing shows where its blackout ends.
guest plain 7.3 7.3 "$(scenario plain <<'END'
generation_1() {
	insmod /luo_stats.ko
	luoscope record --no-follow
	# Words that the kernel does not know are init's, even such as are called like commands.
	kexec_into 2 rdinit=/bin/luoscope luoscope.init=/init check --version
}

generation_2() {
	tr '\0' ' ' </proc/1/cmdline | grep -q "/init check --version" || fail "the real init does not get its words"
	save_capture update
	scenario_done
}
END
)" --append liveupdate=off
json=$out_dir/plain/update.json
check_json "plain kexec: phases up to init are reported, the blackout is not" "$json" \
	'.update.blackout_ns == null and ([.phases[].name] | index("jump") != null and index("kernel_boot") != null) and
	 .files == [] and .sessions == []'

# Without the module in either kernel the programs attach, and say what that means.
guest no-module 7.3 7.3 "$(scenario no-module <<'END'
generation_1() {
	luoscope record --no-follow | tee /tmp/said
	grep -q "luo_stats is not loaded" /tmp/said || fail "record does not say that the module is missing"
	luo_client preserve vm-a 1
	if luoscope save /tmp/x.luoscope 2>/tmp/said; then fail "save works without the module"; fi
	grep -q "luo_stats" /tmp/said || fail "save does not name the module: $(cat /tmp/said)"
	luoscope status | grep -E "^luo_stats +missing" || fail "status does not say that the module is missing"
	if luoscope status --check >/dev/null; then fail "status --check does not mind that the module is missing"; fi
	# Loaded later, the module is of no use to programs that are attached already.
	insmod /luo_stats.ko
	luoscope status | grep -E "^probes +missing.*before luo_stats was loaded" || fail "status does not say that the probes are too old"
	luoscope record --no-follow | grep "attaching them again" || fail "record does not attach again"
	luoscope status | grep -E "^probes +ok" || fail "status does not say that the probes are attached"
	luoscope status | grep -E "^a live update +ok" || fail "status does not say that an update would be recorded"
	if luoscope status --check >/tmp/status; then fail "status --check does not mind that no image is loaded"; fi
	grep -E "^kexec image +FAIL +not loaded" /tmp/status || fail "nor does it say so: $(cat /tmp/status)"
	kexec_load 2 rdinit=/bin/luoscope luoscope.init=/init luoscope.module=/nowhere.ko
	luoscope status --check >/tmp/status || fail "this host is not ready: $(cat /tmp/status)"
	grep -E "^kexec image +ok +loaded with kexec_file_load" /tmp/status || fail "how the image was loaded is not seen"
	kexec_jump
}

generation_2() {
	luo_client retrieve vm-a 1
	dmesg | grep -q "luoscope: cannot load /nowhere.ko" || fail "init does not say that the module is missing"
	wait_for_probes
	luoscope status | grep -q "^probes *ok" || fail "init did not attach the probes"
	scenario_done
}
END
)"

# Devices that are shut down at once, in threads of their own. First as in a device_shutdown() that waits for them, then as in a callback
# that does: the wait is that device's time only in the second.
module 7.3 tests/lab/kmod
async() {
	guest "$1" 7.3 7.3 "$(scenario "$1" <<END
generation_1() {
	insmod /luo_stats.ko
	insmod /async_shutdown.ko ms=300 $2
	luoscope record --no-follow
	luo_client preserve vm-a 1
	kexec_into 2 rdinit=/bin/luoscope luoscope.init=/init
}

generation_2() {
	luo_client retrieve vm-a 1
	save_capture update
	scenario_done
}
END
)" --add-first "$build/kmod/7.3/async_shutdown.ko:/async_shutdown.ko"
	json=$out_dir/$1/update.json
	check_json "$1: each device has its own time" "$json" \
		'[.shutdowns[] | select(.driver == "async_shutdown") | [.name, .duration_ns]] | sort | (map(.[0]) ==
		 ["async_shutdown.0", "async_shutdown.1", "async_shutdown.2"]) and
		 ([.[][1]] | .[0] >= 3e8 and .[1] >= 6e8 and .[2] >= 9e8 and .[0] < .[1] and .[1] < .[2])'
	check_json "$1: at the same time" "$json" \
		'[.shutdowns[] | select(.driver == "async_shutdown") | [.start_ns, .start_ns + .duration_ns]] |
		 ([.[][0]] | max) < ([.[][1]] | min)'
	check "$1: each thread has its lane in the picture" contains <("$tool" timeline --json "$out_dir/$1/share/update.luoscope" |
		jq '[.lanes[] | select(.name == "device_shutdown")] | length') '^[4-9]$'
}
async at-once ""
check_json "at-once: device_shutdown takes as long as the slowest, which alone lengthened it" "$json" \
	'(.phases[] | select(.name == "device_shutdown") | .duration_ns) >= 9e8 and
	 ([.long_poles[] | select(.kind == "device_shutdown" and .saved_ns >= 1e8) | .name] | . == ["async_shutdown.2"])'
check_json "at-once: the wait for them is in no device's time" "$json" \
	'.shutdowns[] | select(.name == "async_waits") | .duration_ns < 3e8'
async in-callback keep_lock=1
check_json "in-callback: the wait is in the time of the device whose callback waits" "$json" \
	'.shutdowns[] | select(.name == "async_waits") | .duration_ns >= 9e8'
done_testing
