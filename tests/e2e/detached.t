#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The probes are detached, or replaced, while files come back, or before an update. What happened meanwhile was not seen, and no
# report says that it did not happen.
. "$(dirname "$0")/lib.sh"

guest chain 7.3 7.3 "$(scenario chain <<'END'
# go_on NEXT SESSION...: each session preserves a file for the next kernel, which 'luoscope init' is to watch, with a small area.
go_on() {
	local next=$1 session
	shift
	for session; do
		luo_client preserve "$session" 1
	done
	kexec_load "$next" rdinit=/bin/luoscope luoscope.init=/init luo_stats.area_kib=64
}

generation_1() {
	insmod /luo_stats.ko
	luoscope record --no-follow
	# Before anything is preserved, it makes no difference.
	luoscope detach
	luoscope record --no-follow
	go_on 2 first meanwhile last
	kexec_jump
}

# Detached for a time.
generation_2() {
	luo_client retrieve first 1
	until_attached
	luoscope detach
	luo_client retrieve meanwhile 1
	luoscope record --no-follow
	luo_client retrieve last 1
	save_capture detached
	luoscope metrics >/host/detached.metrics
	go_on 3 first meanwhile
	kexec_jump
}

# The pins are removed by hand: nobody wrote when that was.
generation_3() {
	luo_client retrieve first 1
	until_attached
	rm -r /sys/fs/bpf/luoscope
	# The kernel detaches and frees the programs after a grace period.
	until_true grep -qx 0 /sys/module/luo_stats/refcnt
	luo_client retrieve meanwhile 1
	luoscope record --no-follow
	save_capture removed
	go_on 4 first second
	kexec_jump
}

# Detached only when all is back, and then before the jump.
generation_4() {
	luo_client retrieve first 1
	luo_client retrieve second 1
	until_attached
	luoscope detach
	save_capture after
	luoscope record --no-follow
	luoscope detach
	go_on 5 first
	kexec_jump
}

generation_5() {
	luo_client retrieve first 1
	until_attached
	save_capture before
	# Again and again: it takes a bounded part of the area, and is said.
	for _ in $(seq 6); do
		luoscope detach
		luoscope record --no-follow >/tmp/said
	done
	grep -q "has no room left to record" /tmp/said || fail "record says: $(tail -n 2 /tmp/said)"
	luo_client preserve next 1
	save_capture often
	scenario_done
}
END
)" --chain 5

share=$out_dir/chain
unknown='.update.files_missing == null and .update.complete == null and .update.blackout_is_lower_bound and
	 (.files | length > 1) and ([.files[] | .not_back == true] | any | not) and
	 ([.outcome.questions[] | select(.topic == "files") | .answer] == ["unknown"])'
check_json "detached: nothing is said not to be back" "$share/detached.json" "$unknown"
check_json "detached: what was seen counts" "$share/detached.json" \
	'[.files[] | select(.session != "meanwhile") | .downtime_ns > 0 and (.downtime_is_lower_bound | not)] == [true, true]'
check_json "detached: it is known for how long" "$share/detached.json" \
	'.detached | length == 2 and (.[1] | .kernel == "new" and .matters and .start_is_known and .start_ns > 0 and .duration_ns > 0)'
check_json "detached: it lies between the two retrieves" "$share/detached.json" \
	'.detached[1] as $d | [.files[].retrieve | select(. != null) | .start_ns] | sort |
	 .[0] < $d.start_ns and .[1] > $d.start_ns + $d.duration_ns'
check "detached: the report says so" contains "$share/detached.txt" 'probes of the new kernel were detached for [0-9]'
check "detached: metrics do" grep -qxF 'luoscope_probe_attached{kernel="new",probe="retrieve"} 0' "$share/share/detached.metrics"
check "detached: a check is inconclusive" fails_with 3 "" "$tool" check "$share/share/detached.luoscope"
check_json "detached in the old kernel before: it matters to no file" "$share/detached.json" \
	'.probes.old.freeze and (.detached[0] | .kernel == "old" and (.matters | not) and .start_ns + .duration_ns < 0)'

check_json "removed: nothing is said not to be back" "$share/removed.json" "$unknown"
check_json "removed: since when is not known" "$share/removed.json" \
	'.detached | length == 2 and .[0].kernel == "old" and (.[0].matters | not) and .[1].kernel == "new" and .[1].matters and
	 (.[1].start_is_known | not) and .[1].duration_ns > 0'
check "removed: the report says so" contains "$share/removed.txt" 'probes of the new kernel were detached for at most [0-9]'

check_json "after: all that was awaited was there" "$share/after.json" \
	'.update.files_missing == 0 and .update.complete and (.update.blackout_is_lower_bound | not) and .probes.new.retrieve and
	 ([.detached[] | select(.kernel == "new")] | length == 1 and (.[0].matters | not) and .[0].duration_ns == null)'
check_json "before: why there is no blackout" "$share/before.json" \
	'.update.blackout_ns == null and .update.blackout_why == "the probes of the old kernel were detached before the update" and
	 .update.files_missing == null and (.probes.old.freeze | not)'
check_json "often: no more than the share of the area is used, and it goes on" "$share/often.json" \
	'[.detached[] | select(.kernel == "new")] | length > 1 and length < 6 and .[-1].duration_ns == null'
done_testing
