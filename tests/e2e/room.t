#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The room in the area: history costs an update nothing, an update of many files fits, and a lack of room is reported.
#
# CHURN_SECONDS bounds the time for the sessions that are given up, of which there are 100,000 at most. For all of them:
#
#	CHURN_SECONDS=7200 prove -v tests/e2e/room.t
. "$(dirname "$0")/lib.sh"

seconds=${CHURN_SECONDS:-60}

# Sessions that are preserved and given up, four at a time, on the smallest area, which has room for 70 files. Some have the name of
# the session that takes part in the update. Then the new kernel takes the files back, and the next update needs the room again.
guest churn 7.3 7.3 "$({ echo "seconds=$seconds"; cat <<'END'; } | scenario churn
generation_1() {
	insmod /luo_stats.ko area_kib=64
	luoscope record --no-follow
	mount_host
	luo_client churn "$seconds" 25000 vm vm-1 vm-2 vm-3 >/host/sessions
	luoscope status >/host/status || :
	luo_client preserve vm $(seq 60 | sed 's/$/:4/')
	kexec_into 2 rdinit=/bin/luoscope luoscope.init=/init luo_stats.area_kib=64
}

generation_2() {
	luo_client retrieve vm $(seq 60 | sed 's/$/:4/')
	save_capture update-1
	wait_for_probes
	luo_client preserve vm $(seq 11 70 | sed 's/$/:4/')
	kexec_into 3 rdinit=/bin/luoscope luoscope.init=/init luo_stats.area_kib=64
}

generation_3() {
	luo_client retrieve vm $(seq 11 70 | sed 's/$/:4/')
	save_capture update-2
	scenario_done
}
END
)" --chain 3 --timeout "$((seconds + 600))"
sessions=$(awk '{ sum += $1 } END { print sum }' "$out_dir/churn/share/sessions")
echo "# $sessions sessions were preserved and given up before the update"
check "churn: there were many sessions" [ "$sessions" -gt 1000 ]
check "churn: there is room after it" contains "$out_dir/churn/share/status" '^area, outgoing +ok '
for n in 1 2; do
	json=$out_dir/churn/update-$n.json
	check_backbone "churn, update $n" "$json"
	check_json "churn, update $n: all files of this session, and none of an older one" "$json" \
		'([.files[].token | tonumber] | sort) == [range($first; $first + 60)] and ([.files[].session] | unique) == ["vm"] and
		 (.sessions | length) == 1' --argjson first $((n == 1 ? 1 : 11))
	check_json "churn, update $n: every step of every file" "$json" \
		'[.files[] | .preserve, .freeze, .retrieve, .finish | .result == 0] | all'
	check_json "churn, update $n: nothing is lost" "$json" \
		'.dropped == 0 and .wanted_area_kib == null and ([.losses | del(.unfinished)[]] | add) == 0'
done

guest stress 7.3 7.3 "$top_dir/tests/scenarios/stress"
stress_is_survived

# 10,000 files in one update.
guest many 7.3 7.3 "$(scenario many <<'END'
files() { seq 10000 | sed 's/$/:4/'; }

generation_1() {
	insmod /luo_stats.ko area_kib=8192
	luoscope record --no-follow
	ulimit -n 20000
	luo_client preserve vm $(files)
	mount_host
	luoscope status >/host/status || :
	kexec_into 2 rdinit=/bin/luoscope luoscope.init=/init luo_stats.area_kib=8192
}

generation_2() {
	ulimit -n 20000
	luo_client retrieve vm $(files) >/dev/null
	save_capture update
	scenario_done
}
END
)" --timeout 900
json=$out_dir/many/update.json
check "10,000 files: there is room for them" contains "$out_dir/many/share/status" \
	'^area, outgoing +ok .* 8192 KiB, .* an update needs 10001 or more$'
check_json "10,000 files: nothing is lost" "$json" '.dropped == 0 and .wanted_area_kib == null'
check_json "10,000 files: every step of every file" "$json" \
	'(.files | length) == 10000 and ([.files[] | .preserve, .freeze, .retrieve, .finish | .result == 0] | all)'
echo "# $(jq '.files | length' "$json") files took part in one update with area_kib=8192, $(jq .dropped "$json") spans were lost"

# Too little room: status says so before the update, the report after it, each with the size to use.
guest short 7.3 7.3 "$(scenario short <<'END'
generation_1() {
	insmod /luo_stats.ko area_kib=64
	luoscope record --no-follow
	mount_host
	luo_client preserve vm $(seq 300 | sed 's/$/:4/')
	luoscope status >/host/status || :
	if luoscope status --check >/host/check; then fail "status --check does not mind"; fi
	kexec_into 2 rdinit=/bin/luoscope luoscope.init=/init luo_stats.area_kib=64
}

generation_2() {
	luo_client retrieve vm $(seq 300 | sed 's/$/:4/') >/dev/null
	save_capture update
	scenario_done
}
END
)"
json=$out_dir/short/update.json
too_small='found no room: load luo_stats anew, with area_kib=256$'
check "too little room: status says so" contains "$out_dir/short/share/status" "^area, outgoing +missing .*$too_small"
check "too little room: so does status --check" contains "$out_dir/short/share/check" "^area, outgoing +FAIL .*$too_small"
for step in preserve freeze retrieve finish; do
	check_json "too little room: each $step was seen or counted as lost, once" "$json" \
		"([.files[].$step | select(.)] | length) + .dropped_by_kind.$step == 300"
done
check_json "too little room: JSON names the size to use" "$json" '.wanted_area_kib == 256'
check "too little room: so does the report" contains "$out_dir/short/update.txt" 'area_kib=256'
done_testing
