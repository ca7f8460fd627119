#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A handler that is nobody's: it reserves entries of its own in its freeze, and retrieves other files in its retrieve. The times are
# those of tests/lab/kmod/any_handler.c. What sleeps takes at least as long; how much longer depends on the machine.
. "$(dirname "$0")/lib.sh"

for series in "${all_series[@]}"; do
	kernel=$(kernel_of "$series")
	module "$series" tests/lab/kmod
	guest "any-$series" "$series" "$series" "$(scenario any <<'END'
generation_1() {
	insmod /luo_stats.ko
	insmod /any_handler.ko
	luoscope record --no-follow
	luo_client preserve vm 3=/dev/any_handler 2=/dev/any_handler 1
	kexec_into 2 rdinit=/bin/luoscope luoscope.init=/init
}

generation_2() {
	insmod /any_handler.ko
	luo_client retrieve vm 3=/dev/any_handler 2=/dev/any_handler 1
	save_capture update
	scenario_done
}
END
)" --add "$build/kmod/$series/any_handler.ko:/any_handler.ko"
	json=$out_dir/any-$series/update.json
	check_backbone "any handler ($kernel)" "$json"
	check_json "any handler ($kernel): each file has one row, with all of its steps" "$json" \
		'[.files[] | {token, handler}] == [{token: "1", handler: "memfd-v2"}, {token: "2", handler: "any-v1"},
		  {token: "3", handler: "any-v1"}] and ([.files[] | .preserve, .freeze, .retrieve, .finish | .result == 0] | all)'
	check_json "any handler ($kernel): a freeze is the handler's own, whatever it calls in it" "$json" \
		'[.files[].freeze.duration_ns / 1e6] | .[1] >= 100 and .[2] >= 100'
	check_json "any handler ($kernel): freezes follow one another in the order of the preserves" "$json" \
		'[.files[].freeze | {begin: .start_ns, end: (.start_ns + .duration_ns)}] |
		 .[2].end <= .[1].begin and .[1].end <= .[0].begin'
	check_json "any handler ($kernel): what a retrieve retrieves lies within it" "$json" \
		'[.files[].retrieve | {begin: .start_ns, end: (.start_ns + .duration_ns)}] |
		 .[2].begin < .[1].begin and .[1].begin < .[0].begin and .[0].end < .[1].end and .[1].end < .[2].end'
	check_json "any handler ($kernel): the time of an inner retrieve is in that of the outer one" "$json" \
		'[.files[].retrieve.duration_ns / 1e6] | .[1] >= .[0] + 40 and .[2] >= .[1] + 40'
	check_json "any handler ($kernel): a file is not busy in what it waits for" "$json" \
		'([.long_poles[] | select(.kind == "file") | .busy_ns] | add) <= .update.blackout_ns'
	check_json "any handler ($kernel): finishes" "$json" '[.files[].finish.duration_ns / 1e6] | .[1] >= 30 and .[2] >= 110'
	check_json "any handler ($kernel): what the files share has a row of its own" "$json" \
		'[.flbs[].name] == ["any-shared-v1"] and ([.flbs[0] | .preserve, .retrieve, .finish | .result == 0] | all) and
		 (.flbs[0] | [.preserve, .retrieve, .finish | .duration_ns / 1e6] | .[0] >= 20 and .[1] >= 60 and .[2] >= 80)'
	check_json "any handler ($kernel): it is preserved and retrieved with the first file that needs it, finished with the last" "$json" \
		'def lies_in($around): .start_ns >= $around.start_ns and .start_ns + .duration_ns <= $around.start_ns + $around.duration_ns;
		 .files as $file | .flbs[0] | (.preserve | lies_in($file[2].preserve)) and (.retrieve | lies_in($file[1].retrieve)) and
		 (.finish | lies_in($file[2].finish))'
	check_json "any handler ($kernel): its time is its own, not that of the file around it" "$json" \
		'.files as $file | .flbs[0] as $flb | [.long_poles[] | select(.kind == "flb" and .name == $flb.name) | .busy_ns] == [$flb.retrieve.duration_ns]
		 and ([.long_poles[] | select(.kind == "file" and .token == "2") | .busy_ns] | add) <=
		     $file[1].freeze.duration_ns + $file[1].retrieve.duration_ns - $file[0].retrieve.duration_ns - $flb.retrieve.duration_ns'
	check "any handler ($kernel): the report names it" contains "$out_dir/any-$series/update.txt" '^ +any-shared-v1 +[0-9]'
done
done_testing
